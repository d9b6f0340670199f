import assert from 'node:assert/strict';
import path from 'node:path';
import type { FrameLocator, Locator } from 'playwright-core';
import { type AxeRules, assertAccessible } from './accessible.ts';
import { eventually } from './eventually.ts';
import type { Workbench } from './workbench.ts';

/** One row of the segment editor, by the titles of its columns; the checksum columns are `Stored` and `Computed`. */
export type SegmentRow = Readonly<Record<string, string>>;

/**
 * Opens a file of the workspace by its name, and waits until it has been read and has the keyboard focus: what is opened
 * next, as a quick pick, would be closed by an editor that gets it late.
 */
export async function openSegment(workbench: Workbench, fileName: string): Promise<SegmentEditor> {
  await workbench.openFile(fileName);
  const editor = new SegmentEditor(workbench);
  await editor.untilRead(fileName);
  const hasFocus = () => editor.grid.evaluate(() => document.hasFocus() && document.activeElement !== document.body);
  // VS Code gives none to the first webview of a window that is still busy starting.
  await eventually(async () => assert.ok(await hasFocus()), 1000).catch(() => editor.grid.focus());
  await eventually(async () => assert.ok(await hasFocus(), `the editor of ${fileName} has the keyboard focus`));
  return editor;
}

/** The segment editor in the active tab. */
export class SegmentEditor {
  readonly frame: FrameLocator;
  readonly grid: Locator;
  readonly #workbench: Workbench;

  constructor(workbench: Workbench) {
    this.#workbench = workbench;
    this.frame = workbench.webview();
    this.grid = this.frame.getByRole('grid', { name: 'Records' });
  }

  /** Waits until this file is shown, and has been read to its end. */
  async untilRead(fileName: string): Promise<void> {
    // The editor that was there before stays in sight for a moment.
    await this.frame.getByRole('heading', { name: path.posix.basename(fileName), exact: true, level: 1 }).waitFor();
    await this.grid.locator('.rows .row:not([hidden])').first().waitFor();
    await eventually(async () => {
      assert.doesNotMatch((await this.fact('index').allInnerTexts()).join(), /%/, `${fileName} is still being read`);
    });
  }

  /** What the line at the top says about something: `records`, `damage`, `dead`. */
  fact(label: string): Locator {
    return this.frame
      .locator('.header-line dt', { hasText: new RegExp(`^${label}$`) })
      .locator('xpath=following-sibling::dd[1]');
  }

  /** A number among the facts, with its thousands separators taken out. */
  async count(label: string): Promise<number> {
    return Number((await this.fact(label).innerText()).replaceAll(',', ''));
  }

  /** Rows that the table has in all, of which only those in sight exist in the page. */
  async rowCount(): Promise<number> {
    return Number(await this.grid.getAttribute('aria-rowcount')) - 1;
  }

  /** Types into the filter; an empty text shows all rows again. */
  async filter(text: string): Promise<void> {
    await this.frame.getByRole('textbox', { name: 'Filter' }).fill(text);
  }

  /** Waits until VS Code and the extension have stored what the editor of a file shows, with this filter. */
  async untilStored(fileName: string, query: string): Promise<void> {
    await eventually(async () => {
      const { 'strata.inspector.views': views = [] } = JSON.parse(await this.#workbench.stored('strata.strata'));
      const [, state] = (views as [string, { query?: string }][]).find(([uri]) => uri.endsWith(fileName)) ?? [];
      assert.equal(state?.query, query);
      // It is text within text there.
      const editors = (await this.#workbench.stored('memento/workbench.parts.editor')).replaceAll('\\', '');
      assert.ok(editors.includes(JSON.stringify(state).replaceAll('\\', '')), 'VS Code has stored the same state');
    });
  }

  /** Asks for an export of the rows shown of the file with this name, and answers the dialog with a path. */
  async exportTo(fileName: string, target: string): Promise<void> {
    await this.button('Export the rows shown').click();
    // The dialog proposes a name when it is ready, in place of whatever has been typed until then.
    const input = this.#workbench.page.locator('.quick-input-widget:visible .quick-input-box input');
    await eventually(async () => assert.ok((await input.inputValue()).endsWith(`${fileName}.jsonl`)));
    await this.#workbench.answer('Export Records', target);
  }

  /** The row with a keyboard focus in the table. */
  get active(): Locator {
    return this.grid.locator('.rows .row[aria-selected=true]');
  }

  /** Waits until the detail shows the record with this key, which it does a moment after the record is selected. */
  async detailOf(key: string): Promise<void> {
    await this.frame.locator('tr[data-field=key]').filter({ hasText: key }).waitFor();
  }

  button(name: string | RegExp): Locator {
    return this.frame.getByRole('button', { name, exact: typeof name === 'string' });
  }

  /** Runs axe on the inspector. */
  async assertAccessible(state: string, rules?: AxeRules): Promise<void> {
    await assertAccessible(this.frame, '#inspector', state, rules);
  }

  /** Waits until something of the page has the keyboard focus. */
  async hasFocus(wanted: Locator, what: string): Promise<void> {
    await eventually(async () =>
      assert.ok(await wanted.evaluate((element) => element === document.activeElement), `${what} has the focus`),
    );
  }

  /** Whether the selected row is in sight as a whole. */
  async activeIsInSight(): Promise<boolean> {
    const row = await this.active.boundingBox();
    const grid = await this.grid.boundingBox();
    return row !== null && grid !== null && row.y >= grid.y && row.y + row.height <= grid.y + grid.height + 1;
  }

  row(text: string | RegExp): Locator {
    return this.grid.getByRole('row').filter({ hasText: text });
  }

  /** Number in the table of the first row below the titles, which may be scrolled half out of sight. */
  async firstRowInSight(): Promise<number> {
    return this.grid.evaluate((grid) => {
      const top = grid.querySelector('.header-rows')?.getBoundingClientRect().bottom ?? 0;
      const numbers = [...grid.querySelectorAll('.rows .row:not([hidden])')]
        .filter((row) => row.getBoundingClientRect().bottom > top + 1)
        .map((row) => Number(row.getAttribute('aria-rowindex')) - 2);
      return Math.min(...numbers);
    });
  }

  /** The rows in sight, once all of them have been read. */
  async visibleRows(): Promise<SegmentRow[]> {
    await this.grid.locator('.rows .row:not([hidden])').first().waitFor();
    await this.grid.locator('.rows .row.loading:not([hidden])').first().waitFor({ state: 'detached' });
    const titles = await this.grid.getByRole('columnheader').locator('.text').allInnerTexts();
    const rows = await this.grid
      .locator('.rows .row:not([hidden])')
      .evaluateAll((elements) =>
        elements
          .toSorted((a, b) => Number(a.getAttribute('aria-rowindex')) - Number(b.getAttribute('aria-rowindex')))
          .map((element) => [...element.querySelectorAll('[role=gridcell]')].map((cell) => cell.textContent.trim())),
      );
    return rows.map((cells) => Object.fromEntries(titles.map((title, at) => [title, cells[at] ?? ''])));
  }
}
