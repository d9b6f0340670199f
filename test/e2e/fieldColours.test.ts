import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import Color from 'colorjs.io';
import { SegmentBuilder, START_MS } from '../inspector/segmentBuilder.ts';
import { openSegment, type SegmentEditor } from './segmentEditor.ts';
import { THEMES } from './themes.ts';
import { workbenchFixture } from './workbenchFixture.ts';

const SEGMENT = '000000000007.seg';
const COLOUR_COUNT = 11;
/** By CIEDE2000, in which 2 is seen where colours touch. Those of fields are thin lines that stand apart. */
const LEAST_DISTANCE = 20;
/** What WCAG 2.2 asks of graphics (1.4.11). */
const LEAST_CONTRAST = 3;

/** The colours that bytes of the fields 0, 1 and so on are underlined with, and what is behind them. */
async function colours(editor: SegmentEditor): Promise<{ fields: Color[]; background: Color }> {
  const found = await editor.frame.locator('.byte-lines').evaluate((lines, count) => {
    const byte = document.createElement('span');
    lines.append(byte);
    const fields = Array.from({ length: count }, (_, index) => {
      byte.className = `byte colour-${index}`;
      return getComputedStyle(byte).borderBottomColor;
    });
    byte.remove();
    return { fields, background: getComputedStyle(document.body).backgroundColor };
  }, COLOUR_COUNT);
  return { fields: found.fields.map((text) => new Color(text)), background: new Color(found.background) };
}

describe('the colours of fields in the segment editor', () => {
  const fixture = workbenchFixture(async (directory) => {
    const builder = new SegmentBuilder(7);
    builder.add({ key: 'a key', value: '{"a":"value"}', expiryMs: START_MS + 1e11 });
    await writeFile(path.join(directory, SEGMENT), builder.bytes());
  });

  for (const [theme, themeName] of [...THEMES, ['Light High Contrast', 'light-contrast'] as const]) {
    it(`are told apart, and from the background, in ${theme}`, async () => {
      const { workbench } = fixture;
      await workbench.setTheme(theme);
      const editor = await openSegment(workbench, SEGMENT);
      await editor.row('a key').first().click();
      await editor.detailOf('a key');
      await workbench.screenshot(`field-colours-${themeName}`);
      const { fields, background } = await colours(editor);
      const alike: string[] = [];
      for (const [index, field] of fields.entries()) {
        const contrast = field.contrastWCAG21(background);
        if (field.alpha < 1 || contrast < LEAST_CONTRAST) alike.push(`${index} and the background: ${contrast}`);
        for (const [other, otherField] of fields.slice(0, index).entries()) {
          const distance = field.deltaE2000(otherField);
          if (distance < LEAST_DISTANCE) alike.push(`${other} and ${index}: ${distance}`);
        }
      }
      assert.deepEqual(alike, []);
    });
  }
});
