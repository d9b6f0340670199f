// The segment editor in little room, as in one half of a split editor.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { segmentOf } from '../inspector/segmentBuilder.ts';
import { eventually } from './eventually.ts';
import { openSegment, type SegmentEditor } from './segmentEditor.ts';
import { screenshotInThemes } from './themes.ts';
import { workbenchFixture } from './workbenchFixture.ts';

const FILE = '000000000007.seg';

describe('inspector in a narrow window', () => {
  const fixture = workbenchFixture(async (directory) => {
    const segment = segmentOf(50, (index) => ({ key: `key/${index}`, value: `value ${index}` }));
    segment.add({ key: 'late', value: 'x'.repeat(2_000_000), expiryMs: Number.MAX_SAFE_INTEGER });
    segment.add({ key: 'damaged', value: '' });
    const bytes = segment.bytes();
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
    await writeFile(path.join(directory, FILE), bytes);
  });

  async function openIn(width: number): Promise<SegmentEditor> {
    await fixture.workbench.page.setViewportSize({ width, height: 900 });
    const editor = await openSegment(fixture.workbench, FILE);
    await editor.detailOf('key/0');
    return editor;
  }

  afterEach(async () => fixture.workbench.page.setViewportSize({ width: 1440, height: 900 }));

  it('shows what fields mean, and every button, where there is no room for fields and bytes side by side', async () => {
    const editor = await openIn(950);
    await editor.button('Salvage…').waitFor();
    await assertInSight(editor.frame.getByRole('columnheader', { name: 'Meaning' }), 'what fields mean');
    await assertInSight(editor.button('JSON'), 'copying as JSON');
    await assertInSight(editor.button('Keyboard shortcuts (?)'), 'the button for the shortcuts');
    const number = await largestNumber(editor);
    await assertInSight(number, 'the number in the other byte order');
    await fixture.workbench.page.setViewportSize({ width: 1440, height: 900 });
    await assertInSight(number, 'the number in the other byte order, beside the fields');
    await fixture.workbench.page.setViewportSize({ width: 950, height: 900 });
    await editor.frame.getByRole('tab', { name: 'Bytes' }).click();
    await screenshotInThemes(fixture.workbench, 'inspector-narrow', (rules) =>
      editor.assertAccessible('a narrow editor', rules),
    );
    await fixture.workbench.page.setViewportSize({ width: 720, height: 900 });
    await assertInSight(editor.button('Keyboard shortcuts (?)'), 'the button for the shortcuts');
  });

  it('shows large numbers and raw bytes whole, and what a time beyond the calendar is, at any width', async () => {
    const editor = await openIn(950);
    await editor.filter('key:late');
    await editor.detailOf('late');
    for (const width of [950, 1440]) {
      await fixture.workbench.page.setViewportSize({ width, height: 900 });
      const cell = (field: string, column: string) => editor.frame.locator(`tr[data-field=${field}] ${column}`);
      const expiry = cell('expiry', '.decoded');
      assert.equal(await expiry.innerText(), '9,007,199,254,740,991');
      await assertWhole(expiry, 'the number of the expiry');
      await assertWhole(cell('time', '.decoded'), 'the number of the time');
      assert.equal(await cell('expiry', '.raw-below').innerText(), 'FF FF FF FF FF FF 1F 00');
      assert.equal(await cell('value', '.raw-below').innerText(), '78 78 78 78 78 78 78 78…');
      for (const field of ['expiry', 'value']) {
        await assertWhole(cell(field, '.raw-below'), `the raw bytes of the ${field}`);
        await assertInSight(cell(field, '.raw-below'), `the raw bytes of the ${field}`);
      }
      await assertWhole(cell('value', '.right:nth-of-type(2)'), 'the length of the value');
      assert.match(await cell('expiry', '.meaning').innerText(), /^beyond year 9999, in 285,\d{3} y$/);
      await cell('value', '.right').first().scrollIntoViewIfNeeded();
      await screenshotInThemes(fixture.workbench, `inspector-large-numbers-${width}`);
    }
  });
});

describe('inspector in large type', () => {
  const fixture = workbenchFixture(
    async (directory) => {
      const bytes = segmentOf(50, (index) => ({ key: `key/${index}`, value: `value ${index}` })).bytes();
      await writeFile(path.join(directory, FILE), bytes);
    },
    { 'editor.fontSize': 22 },
  );

  it('shows what fields mean, and numbers in both byte orders', async () => {
    const editor = await openSegment(fixture.workbench, FILE);
    await editor.detailOf('key/0');
    await assertInSight(editor.frame.getByRole('columnheader', { name: 'Meaning' }), 'what fields mean');
    const number = await largestNumber(editor);
    await assertInSight(number, 'the number in the other byte order');
    await screenshotInThemes(fixture.workbench, 'inspector-large-type', (rules) =>
      editor.assertAccessible('large type', rules),
    );
  });
});

/** Nothing of its text is beyond its own edges. */
async function assertWhole(wanted: Locator, what: string): Promise<void> {
  const [needed, had] = await wanted.evaluate(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth] as const);
  assert.ok(needed <= had, `${what} needs ${needed} of ${had} pixels`);
}

/** Shows the bytes of a time as numbers. Returns the largest one in the other byte order, which stands furthest to the right. */
async function largestNumber({ frame }: SegmentEditor): Promise<Locator> {
  await frame.getByRole('tab', { name: 'Numbers' }).click();
  await frame.locator('tr[data-field=time]').click();
  return frame
    .getByRole('row', { name: /^unsigned 64/ })
    .getByRole('cell')
    .last();
}

/** Within the editor from side to side, and not cut off by what it stands in. */
async function assertInSight(wanted: Locator, what: string): Promise<void> {
  await eventually(async () => {
    const box = await wanted.evaluate((element) => {
      const own = element.getBoundingClientRect();
      let [left, right] = [0, document.documentElement.clientWidth];
      for (let around = element.parentElement; around !== null; around = around.parentElement) {
        if (getComputedStyle(around).overflowX === 'visible') continue;
        const edges = around.getBoundingClientRect();
        [left, right] = [Math.max(left, edges.left), Math.min(right, edges.right)];
      }
      return { own: [own.left, own.right], room: [left, right] };
    });
    const [ownLeft = 0, ownRight = 0] = box.own;
    const [left = 0, right = 0] = box.room;
    assert.ok(ownLeft >= left - 1 && ownRight <= right + 1, `${what} is in sight: ${JSON.stringify(box)}`);
  });
}
