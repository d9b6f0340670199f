import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { segmentOf } from '../inspector/segmentBuilder.ts';
import { eventually } from './eventually.ts';
import { openSegment, SegmentEditor } from './segmentEditor.ts';
import { screenshotInThemes } from './themes.ts';
import { workbenchFixture } from './workbenchFixture.ts';

const SMALL = '000000000007.seg';
const MANY = '000000000008.seg';
const OTHER = '000000000009.seg';
const MANY_RECORDS = 260_000;

/** Keys in no order of the file, values of different sizes. */
function keyOf(index: number): string {
  return `place/${String((index * 7919) % 5000).padStart(4, '0')}`;
}

describe('sorting in the inspector', () => {
  const fixture = workbenchFixture(async (directory) => {
    const small = segmentOf(5000, (index) => {
      if (index % 10 === 3) return { key: keyOf(index) };
      return { key: keyOf(index), value: 'v'.repeat(index === 4321 ? 900 : index % 200) };
    });
    await writeFile(path.join(directory, SMALL), small.bytes());
    await writeFile(path.join(directory, OTHER), segmentOf(3, (index) => ({ key: `k${index}`, value: '' })).bytes());
    const many = segmentOf(MANY_RECORDS, (index) => ({ key: `k${index}`, value: '' }));
    await writeFile(path.join(directory, MANY), many.bytes());
  });

  function open(fileName: string): Promise<SegmentEditor> {
    return openSegment(fixture.workbench, fileName);
  }

  function header(editor: SegmentEditor, title: string): Locator {
    return editor.grid.getByRole('columnheader').filter({ has: editor.frame.getByText(title, { exact: true }) });
  }

  /** Filtered, and by size from the largest on, whatever it has shown before. */
  async function openSorted(): Promise<SegmentEditor> {
    const editor = await open(SMALL);
    await editor.filter('op:put');
    await eventually(async () => assert.equal(await editor.rowCount(), 4500));
    const size = header(editor, 'Size');
    for (const order of ['ascending', 'descending']) {
      if ((await size.getAttribute('aria-sort')) === 'descending') break;
      await size.getByRole('button').click();
      await eventually(async () => assert.equal(await size.getAttribute('aria-sort'), order));
    }
    await editor.frame.getByText('Sorted by size, descending.').waitFor();
    return editor;
  }

  async function firstRow(editor: SegmentEditor, column: string): Promise<string | undefined> {
    return (await editor.visibleRows())[0]?.[column];
  }

  it('goes through ascending, descending and the order of the file, by mouse', async () => {
    const editor = await open(SMALL);
    const key = header(editor, 'Key');
    assert.equal(await key.getAttribute('aria-sort'), 'none');
    await key.getByRole('button').click();
    await eventually(async () => assert.equal(await firstRow(editor, 'Key'), 'place/0000'));
    assert.equal(await key.getAttribute('aria-sort'), 'ascending');
    await key.getByRole('button').click();
    await eventually(async () => assert.equal(await firstRow(editor, 'Key'), 'place/4999'));
    assert.equal(await key.getAttribute('aria-sort'), 'descending');
    await editor.frame.getByText('Sorted by key, descending.').waitFor();
    await key.getByRole('button').click();
    await eventually(async () => assert.equal(await key.getAttribute('aria-sort'), 'none'));
    await editor.grid.locator('.rows .row[aria-selected=true]').filter({ hasText: 'place/4999' }).waitFor();
    assert.equal(await editor.rowCount(), 5001);
  });

  it('is worked by keyboard, together with a filter', async () => {
    const { page } = fixture.workbench;
    const editor = await open(SMALL);
    await editor.filter('op:put');
    await eventually(async () => assert.equal(await editor.rowCount(), 4500));
    await header(editor, 'Size').getByRole('button').focus();
    await page.keyboard.press('Enter');
    await eventually(async () => assert.equal(await header(editor, 'Size').getAttribute('aria-sort'), 'ascending'));
    await editor.frame.getByText('Sorted by size, ascending.').waitFor();
    await page.keyboard.press('Enter');
    await editor.frame.getByText('Sorted by size, descending.').waitFor();
    await eventually(async () => assert.equal(await firstRow(editor, 'Key'), keyOf(4321)));
    assert.equal(await editor.rowCount(), 4500);
    await editor.row(keyOf(4321)).first().click();
    await editor.frame
      .locator('tr[data-field=key]')
      .filter({ hasText: keyOf(4321) })
      .waitFor();
  });

  it('looks right and has no accessibility problem in any theme', async () => {
    const { workbench } = fixture;
    const editor = await openSorted();
    await editor.visibleRows();
    await screenshotInThemes(workbench, 'inspector-sorted', (rules) =>
      editor.assertAccessible('a sorted table', rules),
    );
  });

  it('keeps order, position and selection when the tab is hidden and when the window is reloaded', async () => {
    const { workbench } = fixture;
    let editor = await openSorted();
    await editor.grid.focus();
    for (let page = 0; page < 5; page++) await workbench.page.keyboard.press('PageDown');
    await eventually(async () => assert.ok((await editor.firstRowInSight()) > 20));
    const top = await editor.firstRowInSight();
    const selected = await editor.active.innerText();
    const assertSame = async () => {
      await eventually(async () => assert.equal(await editor.firstRowInSight(), top));
      await eventually(async () => assert.equal(await editor.active.innerText(), selected));
    };
    // The state is kept a moment after the last change.
    await workbench.page.waitForTimeout(400);
    await open(OTHER);
    editor = await open(SMALL);
    await assertSame();
    await editor.untilStored(SMALL, 'op:put');
    await workbench.reload();
    await workbench.tab(SMALL).first().click();
    editor = new SegmentEditor(workbench);
    await editor.frame.getByText('Sorted by size, descending.').waitFor({ timeout: 40_000 });
    await assertSame();
    assert.equal(await editor.rowCount(), 4500);
  });

  it('says when there are more rows than it keeps, and shows a row that is not among them in the order of the file', async () => {
    const { workbench } = fixture;
    const editor = await open(MANY);
    const sequence = header(editor, 'Seq').getByRole('button');
    await sequence.click();
    await sequence.click();
    await editor.frame.getByText(/The first 200,000 of 260,001 rows by sequence number, descending/).waitFor();
    await eventually(async () => assert.equal(await firstRow(editor, 'Seq'), '260,000'));
    assert.equal(await editor.rowCount(), 200_000);
    await screenshotInThemes(workbench, 'inspector-sorted-many');
    await workbench.runCommand('Strata: Go to Offset');
    await workbench.answer('Offset (1024', '#1000');
    await editor.grid.locator('.rows .row[aria-selected=true]').filter({ hasText: 'k999' }).waitFor();
    await eventually(async () => assert.equal(await editor.rowCount(), MANY_RECORDS + 1));
    assert.equal(await header(editor, 'Seq').getAttribute('aria-sort'), 'none');
    // Leaving the order looks for the row that was selected in it, too, and may hear of it later.
    await workbench.page.waitForTimeout(1000);
    assert.match(await editor.grid.locator('.rows .row[aria-selected=true]').innerText(), /k999\s/);
    // At once, before the rows are sorted: the button is there only until then.
    await sequence.evaluate((button: HTMLElement) => {
      button.click();
      document.querySelector<HTMLElement>('.sort-note button:not([hidden])')?.focus();
    });
    await workbench.page.keyboard.press('Enter');
    await editor.hasFocus(editor.grid, 'the table, when sorting was stopped,');
  });
});
