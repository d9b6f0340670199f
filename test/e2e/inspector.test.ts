import assert from 'node:assert/strict';
import { appendFile, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Store } from '../../src/engine/index.ts';
import { FILE_HEADER, FORMAT_VERSION } from '../../src/format/layout.ts';
import { hintOfSegment } from '../inspector/hintOfSegment.ts';
import { SegmentBuilder, segmentOf } from '../inspector/segmentBuilder.ts';
import type { AxeRules } from './accessible.ts';
import { eventually } from './eventually.ts';
import { openSegment, SegmentEditor } from './segmentEditor.ts';
import { inThemes, screenshotInThemes } from './themes.ts';
import { workbenchFixture } from './workbenchFixture.ts';

const GO_TO = 'Offset (1024';
const TYPICAL = '000000000007.seg';
const DAMAGED = '000000000008.seg';
const HOSTILE = '000000000009.seg';
const EMPTY = '000000000010.seg';
const GROWING = '000000000011.seg';
const HINTED = '000000000012.seg';
const JOURNAL = '000000000014.seg';
const LATER_VERSION = '000000000013.seg';
/** A hundred rows of it are too many bytes to be read before they are scrolled to. */
const LARGE_VALUES = '000000000015.seg';
/** Its rows are more than an editor keeps of those that it has shown. */
const FAR_APART = '000000000016.seg';
const FAR_APART_ROWS = 10_001;
const TYPICAL_ROWS = 30_000;
const BIG_VALUE_BYTES = 10_000_000;

function typicalSegment(): SegmentBuilder {
  return segmentOf(TYPICAL_ROWS - 1, (index) => {
    const key = `place/${String(index).padStart(6, '0')}`;
    if (index % 41 === 7) return { key };
    return { key, value: JSON.stringify({ index, name: `Name ${index}` }) };
  });
}

function damagedSegment(): Uint8Array {
  const builder = new SegmentBuilder(8);
  const offsets = Array.from({ length: 400 }, (_, index) =>
    builder.add({ key: `key/${index}`, value: 'value '.repeat(9) }),
  );
  const bytes = builder.bytes();
  for (const index of [20, 200])
    bytes[(offsets[index] as number) + 50] = (bytes[(offsets[index] as number) + 50] as number) ^ 1;
  bytes.fill(0, offsets[300], offsets[303]);
  return bytes.subarray(0, bytes.length - 7);
}

/** Damage near the beginning and near the end. */
function farApartSegment(): Uint8Array {
  const builder = new SegmentBuilder(16);
  const offsets = Array.from({ length: FAR_APART_ROWS - 1 }, (_, index) =>
    builder.add({ key: `key/${index}`, value: 'value' }),
  );
  const bytes = builder.bytes();
  for (const index of [10, 9990]) bytes.fill(0xff, (offsets[index] as number) + 40, (offsets[index] as number) + 42);
  return bytes;
}

function hostileSegment(): Uint8Array {
  const builder = new SegmentBuilder(9);
  builder.add({
    key: '<img src=x onerror="document.title=1">',
    value: '<script>document.body.innerHTML = "owned"</script>',
  });
  builder.add({ key: 'right\u202eto left\u202c \u0007', value: 'in\u200bvisible \u2066marks\u2069' });
  builder.add({ key: 'big', value: 'x'.repeat(BIG_VALUE_BYTES) });
  builder.add({ key: Uint8Array.of(0xc3, 0x28, 0xff), value: Uint8Array.of(0xf0, 0x28, 10, 13, 0) });
  builder.add({ key: 'k'.repeat(65_535), value: '' });
  builder.add({ key: 'deep', value: '['.repeat(9000) });
  return builder.bytes();
}

/** No control characters, no bidirectional marks, nothing invisible. */
function assertNothingHidden(text: string): void {
  assert.doesNotMatch(text.replaceAll(/\s/g, ' '), /[\p{Cc}\p{Cf}]/u);
}

async function writeStore(directory: string): Promise<void> {
  const encoder = new TextEncoder();
  const store = await Store.open(directory, { durability: 'os', maxSegmentSizeBytes: 40_000 });
  for (let index = 0; index < 2000; index++) {
    await store.put(encoder.encode(`user/${index % 700}`), encoder.encode(`{"version":${index}}`));
  }
  await store.close();
}

describe('inspector', () => {
  const growing = new SegmentBuilder(11);
  growing.add({ key: 'first', value: 'v' });

  const journal = new SegmentBuilder(14);
  for (let index = 0; index < 100; index++) journal.add({ key: `entry/${index}`, value: 'v' });

  const fixture = workbenchFixture(async (directory) => {
    await writeFile(path.join(directory, TYPICAL), typicalSegment().bytes());
    await writeFile(path.join(directory, DAMAGED), damagedSegment());
    await writeFile(path.join(directory, HOSTILE), hostileSegment());
    await writeFile(path.join(directory, EMPTY), new SegmentBuilder(10).bytes());
    await writeFile(path.join(directory, GROWING), growing.bytes());
    await writeFile(path.join(directory, JOURNAL), journal.bytes());
    const later = new SegmentBuilder(13);
    for (let index = 0; index < 20; index++) later.add({ key: `key/${index}`, value: 'of a later version' });
    const laterBytes = later.bytes();
    laterBytes[FILE_HEADER.version] = FORMAT_VERSION + 1;
    await writeFile(path.join(directory, LATER_VERSION), laterBytes);
    const largeValues = new SegmentBuilder(15);
    for (let index = 0; index < 130; index++) largeValues.add({ key: `large/${index}`, value: 'v'.repeat(65_536) });
    await writeFile(path.join(directory, LARGE_VALUES), largeValues.bytes());
    await writeFile(path.join(directory, FAR_APART), farApartSegment());
    const hinted = new SegmentBuilder(12);
    for (let index = 0; index < 5000; index++) hinted.add({ key: `hinted/${index}`, value: 'v'.repeat(100) });
    await writeFile(path.join(directory, HINTED), hinted.bytes());
    await writeFile(path.join(directory, '000000000012.hint'), hintOfSegment(hinted.bytes(), 12));
    await writeStore(path.join(directory, 'users'));
  });

  function open(fileName: string): Promise<SegmentEditor> {
    return openSegment(fixture.workbench, fileName);
  }

  const assertAccessible = (state: string, rules?: AxeRules) =>
    new SegmentEditor(fixture.workbench).assertAccessible(state, rules);

  it('shows damage, an empty segment, an unknown version and hostile content in every theme, without accessibility problems', async () => {
    const { workbench } = fixture;
    const editor = await open(DAMAGED);
    await workbench.runCommand('Strata: Go to Next Damage');
    await editor.active.filter({ hasText: 'damaged' }).waitFor();
    await screenshotInThemes(workbench, 'inspector-damaged', (rules) => assertAccessible('a damaged segment', rules));
    // The next but one are zeros.
    const nothing = editor.frame.getByText('Nothing in this range can be decoded into fields.', { exact: true });
    assert.ok(await nothing.isHidden());
    for (let step = 0; step < 2; step++) await workbench.runCommand('Strata: Go to Next Damage');
    await nothing.waitFor();
    await open(EMPTY);
    await screenshotInThemes(workbench, 'inspector-empty', (rules) => assertAccessible('an empty segment', rules));
    const later = await open(LATER_VERSION);
    await later.row('unknown version').waitFor();
    await later.frame.getByText(/^unknown version\. .* does not know\. It says version 2\.$/).waitFor();
    await screenshotInThemes(workbench, 'inspector-unknown-version', (rules) =>
      assertAccessible('an unknown version', rules),
    );
    await open(HOSTILE);
    await screenshotInThemes(workbench, 'inspector-hostile', (rules) => assertAccessible('hostile content', rules));
  });

  it('shows value, columns, find, help and places in every theme, without accessibility problems', async () => {
    const { workbench } = fixture;
    const editor = await open(TYPICAL);
    await editor.frame.getByRole('tab', { name: 'Value' }).click();
    await editor.button('Choose columns').click();
    await screenshotInThemes(workbench, 'inspector-columns', (rules) =>
      assertAccessible('the value and the choice of columns', rules),
    );
    await workbench.page.keyboard.press('Escape');
    await editor.frame.getByRole('tab', { name: 'Numbers' }).click();
    await editor.button(/^Find \(/).click();
    await editor.frame.getByRole('textbox', { name: 'Find', exact: true }).fill('place/00004');
    await workbench.page.keyboard.press('Enter');
    await editor.detailOf('place/00004');
    await screenshotInThemes(workbench, 'inspector-find');
    await editor.filter('state:nonsense');
    await inThemes(workbench, (rules) => assertAccessible('numbers, find, and a wrong filter', rules));
    await editor.filter('');
    await editor.button('Close (Escape)').click();
    await editor.button(/^Keyboard shortcuts/).click();
    await inThemes(workbench, (rules) => assertAccessible('the help', rules));
    await workbench.page.keyboard.press('Escape');
    await editor.frame.getByRole('tab', { name: 'Bytes' }).click();
    await screenshotInThemes(workbench, 'inspector');
    await workbench.runCommand('Strata: Go to Offset');
    await workbench.typeAnswer(GO_TO, '50%');
    await screenshotInThemes(workbench, 'inspector-go-to');
    await workbench.dismissQuickInput();
  });

  it('goes to an offset, a row, a share of the file, a time and a sequence number', async () => {
    const { workbench } = fixture;
    const editor = await open(TYPICAL);
    for (const [place, expected] of [
      ['#12345', /12,345/],
      ['0', /header/],
      ['-1', new RegExp((TYPICAL_ROWS - 1).toLocaleString('en-US'))],
      // Keys grow longer by a few bytes only.
      ['50%', /^15,\d\d\d/],
      ['2026-11-22T20:14:36.000Z', /place\/000499/],
      ['seq:777', /place\/000776/],
    ] as const) {
      await workbench.runCommand('Strata: Go to Offset');
      await workbench.answer(GO_TO, place);
      await editor.active.filter({ hasText: expected }).waitFor();
    }
  });

  it('goes to the very byte, and says so when another row is shown than was asked for', async () => {
    const { workbench } = fixture;
    const editor = await open(TYPICAL);
    const goTo = async (place: string) => {
      await workbench.runCommand('Strata: Go to Offset');
      await workbench.answer(GO_TO, place);
    };
    const note = editor.frame.locator('.place-note');
    await goTo('0x2A');
    await editor.active.filter({ hasText: '0x00000020' }).waitFor();
    await editor.frame.locator('#byte-10.selected').waitFor();
    await goTo('#999,999');
    await note
      .filter({ hasText: 'None of these rows has number 999,999 or a higher one: this is the last one.' })
      .waitFor();
    await editor.active.filter({ hasText: (TYPICAL_ROWS - 1).toLocaleString('en-US') }).waitFor();
    await screenshotInThemes(workbench, 'inspector-beyond', (rules) =>
      editor.assertAccessible('a place beyond the end', rules),
    );
    await goTo('#7');
    await editor.active.filter({ hasText: 'place/000006' }).waitFor();
    await note.waitFor({ state: 'hidden' });
    await editor.filter('key:place/00001');
    await eventually(async () => assert.equal(await editor.rowCount(), 10));
    await goTo('#5');
    await editor.active.filter({ hasText: 'place/000010' }).waitFor();
    await note.filter({ hasText: 'Row #5 is not among these rows' }).waitFor();
    await editor.filter('');
  });

  it('goes where the overview strip is clicked, and moves along it by keyboard', async () => {
    const { page } = fixture.workbench;
    const editor = await open(TYPICAL);
    const firstRow = async () => Number((await editor.visibleRows())[0]?.['#']?.replaceAll(',', ''));
    const strip = editor.frame.getByRole('slider', { name: /^Overview of the file/ });
    const box = await strip.boundingBox();
    assert.ok(box !== null);
    await page.mouse.click(box.x + box.width * 0.75, box.y + box.height / 2);
    await eventually(async () => assert.ok(Math.abs((await firstRow()) - 0.75 * TYPICAL_ROWS) < 0.02 * TYPICAL_ROWS));
    await strip.focus();
    await page.keyboard.press('Home');
    await eventually(async () => assert.equal(await firstRow(), 0));
    await page.keyboard.press('End');
    await eventually(async () => assert.ok((await firstRow()) > 0.99 * TYPICAL_ROWS));
  });

  it('asks for every row that it draws, wherever it is scrolled to', async () => {
    const editor = await open(LARGE_VALUES);
    const loading = editor.grid.locator('.rows .row.loading:not([hidden])');
    const { rowPx, gridPx } = await editor.grid.evaluate((grid) => ({
      rowPx: grid.querySelector('.rows .row:not([hidden])')?.getBoundingClientRect().height ?? 0,
      gridPx: grid.clientHeight,
    }));
    // Rows come by the hundred; row 100 is drawn a few rows before it is in sight.
    const endPx = 100 * rowPx - gridPx;
    for (let topPx = endPx - 10 * rowPx; topPx < endPx; topPx += rowPx / 3) {
      await editor.grid.evaluate((grid, px) => grid.scrollTo({ top: px, behavior: 'instant' }), topPx);
      await editor.grid.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => resolve(undefined))));
      await eventually(async () => assert.equal(await loading.count(), 0, `rows are missing at ${topPx} px`));
    }
    assert.ok((await editor.firstRowInSight()) > 70);
  });

  it('knows the selected row however much has been scrolled through since', async () => {
    const { workbench } = fixture;
    const editor = await open(FAR_APART);
    const scrollThrough = async () => {
      const loading = editor.grid.locator('.rows .row.loading:not([hidden])');
      const heightPx = await editor.grid.evaluate((grid) => grid.scrollHeight);
      for (let topPx = heightPx * 0.3; topPx < heightPx; topPx += heightPx / 50) {
        await editor.grid.evaluate((grid, px) => grid.scrollTo({ top: px, behavior: 'instant' }), topPx);
        await editor.grid.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => resolve(undefined))));
        await eventually(async () => assert.equal(await loading.count(), 0));
      }
    };
    const select = async (key: string, place: string) => {
      await workbench.runCommand('Strata: Go to Offset');
      await workbench.answer(GO_TO, place);
      await editor.detailOf(key);
    };
    await select('key/999', '#1000');
    await scrollThrough();
    await editor.grid.focus();
    await workbench.page.keyboard.press('F8');
    await editor.frame.locator('.damage-steps').filter({ hasText: '2 of 2' }).waitFor();
    await editor.filter('key:key');
    await eventually(async () => assert.equal(await editor.rowCount(), FAR_APART_ROWS - 1));
    await select('key/1999', '#2000');
    await scrollThrough();
    const input = editor.frame.getByRole('textbox', { name: 'Filter' });
    await input.focus();
    await editor.filter('');
    await editor.active.filter({ hasText: 'key/1999' }).waitFor();
    await eventually(async () => assert.ok(await editor.activeIsInSight()));
    await editor.row('key/1998').waitFor();
    await editor.row('key/2000').waitFor();
    await editor.hasFocus(input, 'the filter that was cleared');
  });

  it('says what is wrong with a place while it is typed', async () => {
    const { workbench } = fixture;
    await workbench.runCommand('Strata: Go to Offset');
    await workbench.typeAnswer(GO_TO, 'nowhere');
    await eventually(async () => assert.match(await workbench.quickInputText(), /is no place in a file/));
    await workbench.dismissQuickInput();
  });

  it('filters while typing, shows how many, and brings the selected record back among its neighbours', async () => {
    const editor = await open(TYPICAL);
    await editor.filter('key:/0001\\d\\d$/ op:put');
    await eventually(async () => assert.equal(await editor.rowCount(), 98));
    assert.match(await editor.frame.locator('.filter-status').innerText(), /98 of 30,000/);
    await editor.row('place/000105').click();
    await editor.filter('');
    await eventually(async () => assert.equal(await editor.rowCount(), TYPICAL_ROWS));
    await editor.active.filter({ hasText: 'place/000105' }).waitFor();
    await editor.row('place/000106').waitFor();
  });

  it('shows filtered rows from the first on, however late the page draws them', async () => {
    const editor = await open(TYPICAL);
    await editor.grid.press('End');
    await editor.row('place/029998').waitFor();
    const atOnce = await editor.grid.evaluateHandle(() => window.requestAnimationFrame.bind(window));
    await editor.grid.evaluate((_, requestFrame) => {
      window.requestAnimationFrame = (draw) => window.setTimeout(() => requestFrame(draw), 1000);
    }, atOnce);
    await editor.filter('place/0001');
    await eventually(async () => assert.equal(await editor.rowCount(), 100));
    await editor.grid.evaluate((_, requestFrame) => {
      window.requestAnimationFrame = requestFrame;
    }, atOnce);
    await editor.row('place/000105').waitFor();
    assert.equal(await editor.firstRowInSight(), 0);
    await editor.filter('');
  });

  it('finds text and marks it in the bytes', async () => {
    const editor = await open(TYPICAL);
    await editor.frame.getByRole('button', { name: /^Find \(/ }).click();
    const input = editor.frame.getByRole('textbox', { name: 'Find', exact: true });
    await input.fill('Name 20000');
    await input.press('Enter');
    await editor.active.filter({ hasText: 'place/020000' }).waitFor();
    await eventually(async () => {
      const marked = await editor.frame.locator('.ascii .byte.match').allInnerTexts();
      assert.equal(marked.join(''), 'Name20000'.replace('Name', 'Name '));
    });
    await input.press('Escape');
  });

  it('marks the bytes of a field that is pointed at, and the field of a byte', async () => {
    const editor = await open(TYPICAL);
    const field = editor.frame.locator('tr[data-field=sequence]');
    await field.hover();
    await eventually(async () => assert.equal(await editor.frame.locator('.hex .byte.highlighted').count(), 8));
    await editor.frame.locator('.hex .byte[data-at="11"]').hover();
    await eventually(async () => {
      const marked = await editor.frame.locator('tr.field.highlighted').getAttribute('data-field');
      assert.equal(marked, 'flags');
    });
  });

  it('is worked by keyboard alone: rows, fields, bytes, and back', async () => {
    const { page } = fixture.workbench;
    const editor = await open(TYPICAL);
    await editor.grid.focus();
    await page.keyboard.press('Home');
    for (let step = 0; step < 3; step++) await page.keyboard.press('ArrowDown');
    await editor.active.filter({ hasText: 'place/000002' }).waitFor();
    const selected = await editor.active.getAttribute('id');
    assert.equal(await editor.grid.getAttribute('aria-activedescendant'), selected);
    await page.keyboard.press('End');
    await editor.active.filter({ hasText: 'place/029998' }).waitFor();
    await page.keyboard.press('Enter');
    await eventually(async () => assert.equal(await editor.frame.locator('tr.field:focus').count(), 1));
    await page.keyboard.press('ArrowDown');
    await eventually(async () => {
      assert.equal(await editor.frame.locator('tr.field:focus').getAttribute('data-field'), 'key length');
    });
    await page.keyboard.press('Escape');
    await eventually(async () => assert.equal(await editor.frame.locator('.grid:focus').count(), 1));

    const damaged = await open(DAMAGED);
    await damaged.grid.focus();
    await page.keyboard.press('Home');
    const steps = damaged.frame.locator('.damage-steps');
    for (const [key, place] of [
      ['F8', '1 of 4'],
      ['Shift+F8', '4 of 4'],
      ['F8', '1 of 4'],
    ] as const) {
      await page.keyboard.press(key);
      await steps.filter({ hasText: place }).waitFor();
      await damaged.hasFocus(damaged.grid, 'the table');
    }
    // Without waiting for what the first one shows.
    for (let step = 0; step < 3; step++) await page.keyboard.press('F8');
    await steps.filter({ hasText: '4 of 4' }).waitFor();
    await page.keyboard.press('?');
    await damaged.frame.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor();
    // Nothing behind the help can be worked, in the rest of VS Code neither.
    for (const key of ['Tab', 'Shift+Tab']) {
      await page.keyboard.press(key);
      await damaged.hasFocus(damaged.button('Close'), `the help's button, after ${key},`);
    }
    await page.keyboard.press('Escape');
    await damaged.hasFocus(damaged.grid, 'the table, when the help is closed,');

    // Tab leads through all there is, and shows where it is.
    const inspector = damaged.frame.locator('#inspector');
    const reached: string[] = [];
    const nameOfFocused = () =>
      inspector.evaluate(() => {
        const focused = document.activeElement;
        const name = focused?.getAttribute('aria-label') ?? focused?.textContent ?? '';
        // A grid shows its active row or byte instead, the filter its frame; a bar that is moved is coloured.
        const { outlineStyle, backgroundColor } = getComputedStyle(focused ?? document.body);
        const isElsewhere = focused?.matches('[role=grid], .filter-box input') === true;
        const isColoured = focused?.role === 'separator' && backgroundColor !== 'rgba(0, 0, 0, 0)';
        const isShown = isElsewhere || isColoured || outlineStyle !== 'none';
        return isShown ? name : `${name} without a visible focus`;
      });
    const all = await inspector.evaluate((root) => {
      const found = [...root.querySelectorAll<HTMLElement>('button, input, select, [tabindex="0"]')].filter(
        (element) => element.tabIndex === 0 && element.checkVisibility({ visibilityProperty: true }),
      );
      found[0]?.focus();
      return found.map((element) => element.getAttribute('aria-label') ?? element.textContent);
    });
    for (let step = 0; step < all.length; step++) {
      if (step > 0) await page.keyboard.press('Tab');
      reached.push(await nameOfFocused());
    }
    assert.deepEqual(reached, all);
  });

  it('copies a field as hex', async () => {
    const { page } = fixture.workbench;
    const editor = await open(TYPICAL);
    await editor.grid.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await editor.detailOf('place/000000');
    await editor.frame.locator('tr[data-field=key]').click();
    await editor.frame.getByRole('button', { name: 'Hex', exact: true }).click();
    const expected = Buffer.from('place/000000')
      .toString('hex')
      .toUpperCase()
      .replace(/(..)(?=.)/g, '$1 ');
    await eventually(async () => assert.equal(await page.evaluate(() => navigator.clipboard.readText()), expected));
  });

  it('keeps position and selection when the tab is hidden', async () => {
    const { workbench } = fixture;
    let editor = await open(TYPICAL);
    await workbench.runCommand('Strata: Go to Offset');
    await workbench.answer(GO_TO, '#20000');
    await editor.active.filter({ hasText: '20,000' }).waitFor();
    const centred = await editor.firstRowInSight();
    await editor.grid.hover();
    await workbench.page.mouse.wheel(0, 4000);
    let scrolled = centred;
    await eventually(async () => {
      const before = scrolled;
      scrolled = await editor.firstRowInSight();
      assert.ok(scrolled > centred + 100 && scrolled === before, 'the wheel has come to rest');
    });
    // The state is kept a moment after the last change.
    await workbench.page.waitForTimeout(400);
    await open(EMPTY);
    editor = await open(TYPICAL);
    await eventually(async () => assert.equal(await editor.firstRowInSight(), scrolled));
    await editor.frame.getByRole('heading', { name: '#20,000' }).waitFor();
  });

  it('follows a file that grows, and says when it is gone', async () => {
    const { workbench, directory } = fixture;
    const file = path.join(directory, GROWING);
    const editor = await open(GROWING);
    assert.equal(await editor.rowCount(), 2);
    await editor.frame.getByRole('checkbox', { name: 'Follow' }).check();
    const before = growing.sizeBytes;
    for (let index = 0; index < 200; index++) growing.add({ key: `later/${index}`, value: 'v' });
    await appendFile(file, growing.bytes().subarray(before));
    await eventually(async () => assert.equal(await editor.rowCount(), 202));
    await editor.active.filter({ hasText: 'later/199' }).waitFor();
    await screenshotInThemes(workbench, 'inspector-follow', (rules) =>
      assertAccessible('a file that is followed', rules),
    );
    await editor.filter('/^later\\/1\\d$/');
    await editor.active.filter({ hasText: 'later/19' }).waitFor();
    await editor.filter('');
    await eventually(async () => assert.equal(await editor.rowCount(), 202));
    await editor.frame.getByRole('checkbox', { name: 'Follow' }).uncheck();
    await truncate(file, before);
    await editor.frame.locator('.detail[data-empty^="No record starts at"]').waitFor();
    await appendFile(file, growing.bytes().subarray(before));
    await eventually(async () => assert.equal(await editor.rowCount(), 202));

    // Another file takes its place, in which the selected record has another position among the matches.
    await editor.filter('/^later\\/1\\d$/');
    await eventually(async () => assert.equal(await editor.rowCount(), 10));
    await editor.row('later/15').click();
    await editor.detailOf('later/15');
    const other = new SegmentBuilder(11);
    other.add({ key: 'first', value: 'v' });
    for (let index = 0; index < 200; index++) {
      other.add({ key: index === 10 ? 'other/10' : `later/${index}`, value: 'v' });
    }
    await writeFile(`${file}.other`, other.bytes());
    await rename(`${file}.other`, file);
    await eventually(async () => assert.equal(await editor.rowCount(), 9));
    await editor.active.filter({ hasText: 'later/15' }).waitFor();
    await editor.detailOf('later/15');
    await editor.filter('');
    await eventually(async () => assert.equal(await editor.rowCount(), 202));

    await editor.frame.getByRole('checkbox', { name: 'Follow' }).check();
    await editor.active.filter({ hasText: 'later/199' }).waitFor();
    await rm(file);
    await editor.frame.getByRole('alert').filter({ hasText: 'This file is gone' }).waitFor();
    await eventually(async () => assert.ok(await editor.activeIsInSight(), 'the last row is still in sight'));
    await screenshotInThemes(workbench, 'inspector-gone', (rules) => assertAccessible('a file that is gone', rules));
    await editor.button('Dismiss').focus();
    await workbench.page.keyboard.press('Enter');
    await editor.hasFocus(editor.grid, 'the table, when the banner is dismissed,');
    await open(EMPTY);
    await workbench.tab(GROWING).click();
    await editor.row('later/198').waitFor();
    await editor.frame.getByRole('alert').filter({ hasText: 'This file is gone' }).waitFor();
  });

  it('follows a filter in the order of the file, the only one that has a tail', async () => {
    const { directory } = fixture;
    const editor = await open(JOURNAL);
    await editor.filter('key:/9$/');
    await eventually(async () => assert.equal(await editor.rowCount(), 10));
    await editor.grid.getByRole('columnheader').getByRole('button', { name: 'Seq' }).dblclick();
    await editor.frame.getByText('Sorted by sequence number, descending.').waitFor();
    const follow = editor.frame.getByRole('checkbox', { name: 'Follow' });
    await follow.check();
    await editor.active.filter({ hasText: 'entry/99' }).waitFor();
    const append = async (key: string) => {
      const before = journal.sizeBytes;
      journal.add({ key, value: 'v' });
      await appendFile(path.join(directory, JOURNAL), journal.bytes().subarray(before));
    };
    await append('entry/109');
    await editor.active.filter({ hasText: 'entry/109' }).waitFor();
    await editor.frame.getByText('11 of 102', { exact: true }).waitFor();
    await append('another');
    await editor.frame.getByText('11 of 103', { exact: true }).waitFor();

    await editor.grid.getByRole('columnheader').getByRole('button', { name: 'Seq' }).click();
    await editor.frame.getByText('Sorted by sequence number, ascending.').waitFor();
    assert.ok(!(await follow.isChecked()), 'an order ends following');
    await editor.button('Show file order').click();
    await editor.filter('');
  });

  it('shows hostile content harmlessly', async () => {
    const { workbench } = fixture;
    const editor = await open(HOSTILE);
    await editor.row('<img src=x onerror=').waitFor();
    assert.equal(await editor.frame.locator('img, main script').count(), 0);
    assertNothingHidden(await editor.grid.innerText());
    await editor.row('right\\xe2\\x80\\xaeto left').first().click();
    await editor.detailOf('right\\xe2\\x80\\xaeto left\\xe2\\x80\\xac');
    const detail = editor.frame.locator('.detail');
    for (const tab of ['Bytes', 'Value', 'Text']) {
      await editor.frame.getByRole('tab', { name: tab }).click();
      assertNothingHidden(await detail.innerText());
    }
    const tooltips = await detail
      .locator('[title], [aria-label]')
      .evaluateAll((marked) => marked.map((one) => `${one.getAttribute('title')} ${one.getAttribute('aria-label')}`));
    assertNothingHidden(tooltips.join(' '));
    await editor.frame.getByRole('tab', { name: 'Bytes' }).click();
    await editor.row('big').first().click();
    await editor.frame.locator('.detail h2').filter({ hasText: '10,000,039 bytes' }).waitFor();
    await editor.frame.getByRole('tab', { name: 'Value' }).click();
    await editor.frame
      .locator('.value-kind')
      .filter({ hasText: 'first 65,536 characters · first 1,048,576 of 10,000,000 bytes' })
      .waitFor();
    await editor.frame.getByRole('tab', { name: 'Text' }).click();
    const asText = editor.frame.getByRole('region', { name: 'Text', exact: true });
    await asText.locator('.value-kind').filter({ hasText: 'text · first 65,536 characters' }).waitFor();
    await editor.frame.getByRole('tab', { name: 'Bytes' }).click();
    assert.equal(await workbench.tab(HOSTILE).count(), 1);
  });

  it('says that the rows which the hint file told were read and are the same', async () => {
    const { workbench } = fixture;
    const editor = await open(HINTED);
    await eventually(async () => assert.equal(await editor.fact('index').innerText(), 'checked'));
    await eventually(async () => assert.equal(await editor.fact('damage').innerText(), 'none'));
    assert.equal(await editor.rowCount(), 5001);
    await screenshotInThemes(workbench, 'inspector-index-from-hint');
  });

  it('opens hint files, the keydir snapshot and the manifest, checked against the segments', async () => {
    const { workbench } = fixture;
    const hint = await open('000000000001.hint');
    await eventually(async () => assert.equal(await hint.fact('segment').innerText(), 'agrees'));
    await eventually(async () => assert.equal(await hint.fact('damage').innerText(), 'none'));
    await screenshotInThemes(workbench, 'inspector-hint', (rules) => assertAccessible('a hint file', rules));
    const snapshot = await open('KEYDIR');
    await eventually(async () => assert.equal(await snapshot.fact('segments').innerText(), 'agree'));
    assert.equal(await snapshot.count('keys'), 700);
    await screenshotInThemes(workbench, 'inspector-snapshot', (rules) => assertAccessible('a snapshot', rules));
    const manifest = await open('MANIFEST');
    await manifest.row('generation').waitFor();
    const cutNames = await manifest.frame
      .locator('.fields tbody th')
      .evaluateAll((cells) =>
        cells.filter((cell) => cell.scrollWidth > cell.clientWidth).map(({ textContent }) => textContent),
      );
    assert.deepEqual(cutNames, []);
    await screenshotInThemes(workbench, 'inspector-manifest', (rules) => assertAccessible('the manifest', rules));
  });

  it("compares two records in VS Code's diff editor", async () => {
    const { workbench } = fixture;
    const editor = await open(TYPICAL);
    await editor.filter('');
    await workbench.runCommand('Strata: Go to Offset');
    await workbench.answer(GO_TO, '#100');
    await editor.detailOf('place/000099');
    await editor.frame.getByRole('button', { name: 'Select for compare' }).click();
    await workbench
      .statusBarItem('Selected place/000099 #100 for comparison. Choose "Compare with selected"')
      .waitFor();
    await editor.row('place/000100').click();
    await editor.frame.locator('.detail h2').filter({ hasText: '#101' }).waitFor();
    await editor.frame.getByRole('button', { name: 'Compare with selected' }).click();
    await workbench.tab(/place\/000099 #100 ↔ place\/000100 #101/).waitFor();
    await workbench.page.locator('.monaco-diff-editor').first().waitFor();
    await screenshotInThemes(workbench, 'inspector-compare');

    // What was selected is still there for another one.
    await workbench.runCommand('View: Close Editor');
    await editor.row('place/000101').click();
    await editor.frame.locator('.detail h2').filter({ hasText: '#102' }).waitFor();
    await editor.frame.getByRole('button', { name: 'Compare with selected' }).click();
    await workbench.tab(/place\/000099 #100 ↔ place\/000101 #102/).waitFor();
    const original = workbench.page.locator('.monaco-diff-editor .original .view-line').filter({ hasText: /\w/ });
    await original.first().waitFor();
    assert.doesNotMatch((await original.allInnerTexts()).join(' '), /editor.that.is.closed/);
  });

  it('has changed no file', async () => {
    const { directory } = fixture;
    assert.ok((await readFile(path.join(directory, TYPICAL))).equals(typicalSegment().bytes()));
    assert.ok((await readFile(path.join(directory, DAMAGED))).equals(damagedSegment()));
  });
});
