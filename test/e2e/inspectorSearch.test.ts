// Finding, filtering, copying and exporting in the segment editor, and what of it survives.
import assert from 'node:assert/strict';
import { mkdir, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MAX_COPY_BYTES } from '../../src/shared/copyLimit.ts';
import { falseHeaders, SegmentBuilder, START_MS } from '../inspector/segmentBuilder.ts';
import { eventually } from './eventually.ts';
import { openSegment, SegmentEditor } from './segmentEditor.ts';
import { screenshotInThemes } from './themes.ts';
import { workbenchFixture } from './workbenchFixture.ts';

const CITIES = '000000000007.seg';
const OTHER = '000000000008.seg';
/** Behind a hundred records zeros follow that take no room on the disk, and longer to read than any test lasts. */
const ENDLESS = '000000000009.seg';
const ENDLESS_BYTES = 64 * 2 ** 30;
/** As that, until the test shortens it. */
const SHORTENED = '000000000012.seg';
const GO_TO = 'Offset (1024';
/** One record with more than a copy takes. */
const TOO_LARGE = '000000000010.seg';
const TOO_LARGE_BYTES = MAX_COPY_BYTES + 1000;
/** A record that takes seconds to search, and small ones behind it. */
const SLOW = '000000000011.seg';
const SLOW_VALUE_BYTES = 0x80_0000;
/** A few records, what keeps the index from coming farther, and records behind that. */
const BLOCKED = '000000000013.seg';
const BLOCKED_FROM_BYTES = 2 ** 30;
const COUNT = 20_000;
const SIGNATURE = Uint8Array.of(0xde, 0xad, 0x0b, 0xef, 0x42);
const SIGNATURE_ROWS = [5000, 15_000];

function cities(): SegmentBuilder {
  const builder = new SegmentBuilder(7);
  for (let index = 1; index <= COUNT; index++) {
    const key = `city/${String(index).padStart(5, '0')}`;
    if (SIGNATURE_ROWS.includes(index)) builder.add({ key, value: SIGNATURE });
    else if (index % 1000 === 0) builder.add({ key });
    else builder.add({ key, value: `{"name":"Place, ${index}"}` });
  }
  return builder;
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

async function writeBlocked(file: string): Promise<void> {
  const first = new SegmentBuilder(13);
  for (let index = 0; index < 10; index++) first.add({ key: `first/${index}`, value: '' });
  first.raw(falseHeaders(10_000, 0x100_0000));
  await writeFile(file, first.bytes());
  const last = new SegmentBuilder(13, START_MS, BLOCKED_FROM_BYTES);
  for (let index = 0; index < 10; index++) last.add({ key: `last/${index}`, value: `"last ${index}"` });
  await using handle = await open(file, 'r+');
  await handle.write(last.bytes(), 0, last.sizeBytes - BLOCKED_FROM_BYTES, BLOCKED_FROM_BYTES);
  await handle.truncate(ENDLESS_BYTES);
}

describe('inspector search', () => {
  const fixture = workbenchFixture(async (directory) => {
    await writeFile(path.join(directory, CITIES), cities().bytes());
    await writeFile(path.join(directory, OTHER), new SegmentBuilder(8).bytes());
    const tooLarge = new SegmentBuilder(10);
    tooLarge.add({ key: 'large', value: 'x'.repeat(TOO_LARGE_BYTES) });
    await writeFile(path.join(directory, TOO_LARGE), tooLarge.bytes());
    const slow = new SegmentBuilder(11);
    slow.add({ key: 'slow', value: 'x'.repeat(SLOW_VALUE_BYTES) });
    for (let index = 0; index < 10; index++) slow.add({ key: `small/${index}`, value: '' });
    await writeFile(path.join(directory, SLOW), slow.bytes());
    await writeBlocked(path.join(directory, BLOCKED));
    for (const [file, id] of [
      [ENDLESS, 9],
      [SHORTENED, 12],
    ] as const) {
      const endless = new SegmentBuilder(id);
      for (let index = 0; index < 100; index++) {
        endless.add({ key: `city/${String(index).padStart(5, '0')}`, value: `Place, ${index}` });
      }
      await writeFile(path.join(directory, file), endless.bytes());
      // Without what is no zero at their end, the zeros would be told sooner than they are read.
      await using handle = await open(path.join(directory, file), 'r+');
      await handle.write(Uint8Array.of(1), 0, 1, ENDLESS_BYTES - 1);
    }
  });

  async function openAtStart(): Promise<SegmentEditor> {
    const editor = await openSegment(fixture.workbench, CITIES);
    await editor.filter('');
    await eventually(async () => assert.equal(await editor.rowCount(), COUNT + 1));
    await eventually(async () => {
      // An editor that is just opening gets the focus once more when it is ready.
      await editor.grid.focus();
      await fixture.workbench.page.keyboard.press('Home');
      await editor.active.filter({ hasText: 'header' }).waitFor({ timeout: 1000 });
    });
    return editor;
  }

  /** Opens Find by its key and types a pattern, with the toggles that are named. */
  async function find(editor: SegmentEditor, pattern: string, toggle?: RegExp): Promise<void> {
    const { keyboard } = fixture.workbench.page;
    await editor.grid.focus();
    await keyboard.press('ControlOrMeta+F');
    const input = editor.frame.getByRole('textbox', { name: 'Find', exact: true });
    await input.waitFor();
    for (const pressed of await editor.frame.locator('.find-bar [aria-pressed=true]').all()) await pressed.click();
    if (toggle !== undefined) await editor.button(toggle).click();
    await input.fill(pattern);
  }

  function matchedText(editor: SegmentEditor): Promise<string> {
    return editor.frame
      .locator('.ascii .byte.match')
      .allInnerTexts()
      .then((characters) => characters.join('').replaceAll('\u00a0', ' '));
  }

  it('finds text forwards, backwards and round the end, by keyboard', async () => {
    const { keyboard } = fixture.workbench.page;
    const editor = await openAtStart();
    await find(editor, 'place, 1234');
    await keyboard.press('Enter');
    await editor.active.filter({ hasText: 'city/01234' }).waitFor();
    await keyboard.press('Enter');
    await editor.active.filter({ hasText: 'city/12340' }).waitFor();
    await keyboard.press('Shift+Enter');
    await editor.active.filter({ hasText: 'city/01234' }).waitFor();
    await keyboard.press('Escape');
    await eventually(async () => assert.equal(await editor.frame.locator('.grid:focus').count(), 1));
    // The keys work from the table as well, where the widget is closed.
    await keyboard.press('Shift+F3');
    await editor.active.filter({ hasText: 'city/12349' }).waitFor();
    await keyboard.press('F3');
    await editor.active.filter({ hasText: 'city/01234' }).waitFor();
    assert.equal(await matchedText(editor), 'Place, 1234');
    // Two matches in one record: in "name" and in "Place".
    await find(editor, 'e');
    await keyboard.press('Enter');
    const status = editor.frame.locator('.find-status');
    await status.filter({ hasText: ', row 1,235, ' }).waitFor();
    const first = await status.innerText();
    await keyboard.press('Enter');
    await eventually(async () => assert.notEqual(await status.innerText(), first));
    await status.filter({ hasText: ', row 1,235, ' }).waitFor();
    await editor.active.filter({ hasText: 'city/01235' }).waitFor();
    await eventually(async () => assert.equal(await matchedText(editor), 'e'));
    await keyboard.press('Enter');
    await editor.active.filter({ hasText: 'city/01236' }).waitFor();
  });

  it('tells upper from lower case when asked to, and says when there is nothing', async () => {
    const { keyboard } = fixture.workbench.page;
    const editor = await openAtStart();
    await find(editor, 'place, 77', /^Match case/);
    await keyboard.press('Enter');
    await editor.frame.locator('.find-status').filter({ hasText: 'No results' }).waitFor();
    await editor.active.filter({ hasText: 'header' }).waitFor();
    await screenshotInThemes(fixture.workbench, 'inspector-find-none', (rules) =>
      editor.assertAccessible('a search without results', rules),
    );
    // Stop goes away by itself when the search has ended.
    await editor.button('Next match (F3)').evaluate((button: HTMLElement) => {
      button.click();
      document.querySelector<HTMLElement>('.find-bar [aria-label="Stop searching"]')?.focus();
    });
    await editor.frame.locator('.find-status').filter({ hasText: 'No results' }).waitFor();
    await editor.hasFocus(editor.frame.getByRole('textbox', { name: 'Find', exact: true }), 'Find, without Stop,');
  });

  it('finds bytes in hexadecimal with wildcards', async () => {
    const { keyboard } = fixture.workbench.page;
    const editor = await openAtStart();
    await find(editor, 'DE ?? 0? ef', /^Bytes in hexadecimal/);
    await keyboard.press('Enter');
    await editor.active.filter({ hasText: 'city/05000' }).waitFor();
    await eventually(async () => assert.equal(await editor.frame.locator('.hex .byte.match').count(), 4));
    await keyboard.press('Enter');
    await editor.active.filter({ hasText: 'city/15000' }).waitFor();
    await screenshotInThemes(fixture.workbench, 'inspector-find-hex');
    await find(editor, 'DE Q', /^Bytes in hexadecimal/);
    await keyboard.press('Enter');
    await eventually(async () => assert.notEqual(await editor.frame.locator('.find-status.problem').innerText(), ''));
  });

  it('finds a regular expression in keys and values, and says what is wrong with one', async () => {
    const { keyboard } = fixture.workbench.page;
    const editor = await openAtStart();
    await find(editor, 'city/0(7|8)[0-9]{2}9', /^Regular expression/);
    await keyboard.press('Enter');
    await editor.active.filter({ hasText: 'city/07009' }).waitFor();
    await keyboard.press('Shift+Enter');
    await editor.active.filter({ hasText: 'city/08999' }).waitFor();
    await find(editor, '(', /^Regular expression/);
    await keyboard.press('Enter');
    await editor.frame.locator('.find-status.problem').waitFor();
    await keyboard.press('Escape');
  });

  it('says of a filter that the scan refuses why, and goes on showing what was shown, also when its tab comes back', async () => {
    let editor = await openAtStart();
    const tooLong = 'ä'.repeat(1_500_000);
    await editor.filter(`key:${tooLong}`);
    await editor.frame
      .locator('.filter-problem')
      .filter({ hasText: 'too long: at most 1,398,101' })
      .waitFor({ timeout: 40_000 });
    await editor.active.filter({ hasText: 'header' }).waitFor();
    assert.equal(await editor.rowCount(), COUNT + 1);
    await screenshotInThemes(fixture.workbench, 'inspector-filter-refused');
    // Asked for once more, it is refused once more.
    const problem = await editor.frame.getByRole('textbox', { name: 'Filter' }).evaluate(async (input) => {
      input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }));
      await new Promise((resolve) => setTimeout(resolve));
      return `${input.getAttribute('aria-invalid')}: ${document.querySelector('.filter-problem')?.textContent}`;
    });
    assert.match(problem, /^true: This is too long/);
    await openSegment(fixture.workbench, OTHER);
    editor = await openSegment(fixture.workbench, CITIES);
    await eventually(async () => assert.equal(await editor.rowCount(), COUNT + 1));
    assert.equal(await editor.frame.getByRole('textbox', { name: 'Filter' }).inputValue(), '');
  });

  for (const [query, problem] of [
    ['state:outdated', 'state: knows live'],
    ['key:/(/', 'not a regular expression'],
  ] as const) {
    it(`shows all rows and what is wrong with a filter that an older version has stored: ${query}`, async () => {
      let editor = await openAtStart();
      await editor.filter('prefix:city/00');
      await eventually(async () => assert.equal(await editor.rowCount(), 999));
      // From now on, what VS Code is given to keep is what that version would have given it.
      await editor.grid.evaluate((_grid, stored) => {
        const write = JSON.stringify;
        JSON.stringify = (value: unknown) => write(value).replace('prefix:city/00', stored);
      }, query);
      await editor.row('city/00003').click();
      await editor.detailOf('city/00003');
      // The state is kept a moment after the last change.
      await fixture.workbench.page.waitForTimeout(400);
      await openSegment(fixture.workbench, OTHER);
      editor = await openSegment(fixture.workbench, CITIES);
      await editor.frame.locator('.filter-problem').filter({ hasText: problem }).waitFor();
      assert.equal(await editor.frame.getByRole('textbox', { name: 'Filter' }).inputValue(), query);
      await eventually(async () => assert.equal(await editor.rowCount(), COUNT + 1));
      await editor.active.filter({ hasText: 'city/00003' }).waitFor();
    });
  }

  it('selects no row of a filter that is set while a search goes on', async () => {
    const { keyboard } = fixture.workbench.page;
    const editor = await openSegment(fixture.workbench, SLOW);
    // Each of the characters begins a match that only the end of the value contradicts.
    await find(editor, '(?:x|xx|xxx)*y|x', /^Regular expression/);
    const filter = editor.frame.getByRole('textbox', { name: 'Filter' });
    await keyboard.press('Enter');
    await editor.button('Stop searching').waitFor();
    await filter.fill('key:small');
    await eventually(async () => assert.equal(await editor.rowCount(), 10));
    await editor.active.filter({ hasText: 'small/0' }).waitFor();
    await editor.frame.locator('.find-status').filter({ hasText: 'Stopped: other rows are shown now' }).waitFor();
    await editor.active.filter({ hasText: 'small/0' }).waitFor();
  });

  it('shows filters with hits, without hits, and with a mistake, and the help, in every theme', async () => {
    const { workbench } = fixture;
    const editor = await openAtStart();
    const status = (expected: RegExp) =>
      eventually(async () => assert.match(await editor.frame.locator('.filter-status').innerText(), expected));
    await editor.filter('prefix:city/000 op:put size:<200');
    await status(/^99 of 20,001$/);
    await editor.active.filter({ hasText: 'city/00001' }).waitFor();
    await screenshotInThemes(workbench, 'inspector-filter-hits', (rules) =>
      editor.assertAccessible('a filter with hits', rules),
    );
    await editor.filter('key:nowhere');
    await status(/^0 of 20,001$/);
    await editor.frame.getByText('No record matches the filter').waitFor();
    await screenshotInThemes(workbench, 'inspector-filter-none', (rules) =>
      editor.assertAccessible('a filter without hits', rules),
    );
    await editor.filter('size:>much');
    await editor.frame.locator('.filter-problem').filter({ hasText: /./ }).waitFor();
    await screenshotInThemes(workbench, 'inspector-filter-wrong');
    await editor.filter('');
    await workbench.runCommand('Strata: Show Inspector Shortcuts');
    await editor.frame.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor();
    await screenshotInThemes(workbench, 'inspector-help');
    await workbench.page.keyboard.press('Escape');
  });

  it('shows what it has found while a file is being read, and keeps it when filter and find are cancelled', async () => {
    const { workbench } = fixture;
    const editor = new SegmentEditor(workbench);
    await workbench.openFile(ENDLESS);
    await editor.row('city/00001').first().waitFor();
    const filterStatus = editor.frame.locator('.filter-status');
    await editor.filter('key:/9$/');
    await filterStatus.filter({ hasText: /^10 of .*%$/ }).waitFor();
    await screenshotInThemes(workbench, 'inspector-in-progress', (rules) =>
      editor.assertAccessible('a file that is being read and filtered', rules),
    );
    await editor.button('Stop filtering').click();
    await filterStatus.filter({ hasText: /^10 of .* · stopped$/ }).waitFor();
    assert.equal(await editor.rowCount(), 10);
    assert.deepEqual(
      (await editor.visibleRows()).map((row) => row['Key']),
      Array.from({ length: 10 }, (_, index) => `city/000${index}9`),
    );
    assert.match(await editor.fact('index').innerText(), /read$/);

    await editor.filter('');
    await editor.row('city/00002').first().click();
    await find(editor, 'nowhere');
    await workbench.page.keyboard.press('Enter');
    await editor.frame.locator('.find-status').filter({ hasText: 'Searching' }).waitFor();
    await editor.button('Stop searching').click();
    await editor.frame.locator('.find-status').filter({ hasText: 'Stopped' }).waitFor();
    await editor.active.filter({ hasText: 'city/00002' }).waitFor();
    assert.ok((await editor.rowCount()) > 100, 'all rows known so far are still there');
    // Nor does it go on for rows that give way to others.
    await find(editor, 'nowhere');
    await workbench.page.keyboard.press('Enter');
    await editor.button('Stop searching').waitFor();
    await editor.filter('key:/9$/');
    await editor.frame.locator('.find-status').filter({ hasText: 'Stopped: other rows are shown now' }).waitFor();
    assert.ok(await editor.button('Stop searching').isHidden());
    // What is left of it need not be read.
    await workbench.runCommand('View: Close Editor');
  });

  it('explains the record at a place that waits for the index', async () => {
    const { workbench, directory } = fixture;
    const editor = new SegmentEditor(workbench);
    await workbench.openFile(BLOCKED);
    await editor.detailOf('first/0');
    await workbench.runCommand('Strata: Go to Offset');
    await workbench.answer(GO_TO, `${BLOCKED_FROM_BYTES}`);
    await editor.detailOf('last/0');
    const note = editor.frame.locator('.place-note');
    await note.filter({ hasText: 'Offset 0x40000000 is explained below' }).waitFor();
    const title = editor.frame.locator('.detail h2');
    assert.match(await title.innerText(), /^Record\s*0x40000000/, 'the number of its row is not known');
    await editor.active.filter({ hasText: 'first/0' }).waitFor();
    await screenshotInThemes(workbench, 'inspector-place-waits', (rules) =>
      editor.assertAccessible('a place that waits for the index', rules),
    );
    await editor.button('Open the value in an editor').click();
    await eventually(async () => assert.equal(await workbench.editorText(), '"last 0"'));
    await workbench.runCommand('View: Close Editor');

    // The page is another one now.
    await editor.detailOf('first/0');
    await workbench.runCommand('Strata: Go to Offset');
    await workbench.answer(GO_TO, `${BLOCKED_FROM_BYTES + 60}`);
    await editor.detailOf('last/1');
    await editor.button('Stay here').click();
    await editor.detailOf('first/0');
    await note.waitFor({ state: 'hidden' });
    await editor.hasFocus(editor.grid, 'the table, when the note is gone,');

    // Among the matches of a filter it would be another place.
    await editor.filter('key:first');
    await eventually(async () => assert.equal(await editor.rowCount(), 10));
    await workbench.runCommand('Strata: Go to Offset');
    await workbench.answer(GO_TO, `${BLOCKED_FROM_BYTES}`);
    await note.filter({ hasText: 'Offset 0x40000000 is shown as soon as the index has come there.' }).waitFor();
    await editor.detailOf('first/0');
    await editor.filter('');
    await editor.detailOf('last/0');
    // What somebody chooses to see goes before.
    await editor.row('first/3').first().click();
    await editor.detailOf('first/3');
    await note.filter({ hasText: 'Offset 0x40000000 is shown as soon as the index has come there.' }).waitFor();
    // All has been read now.
    await truncate(path.join(directory, BLOCKED), 0x100);
    await note.waitFor({ state: 'hidden' });
    await workbench.runCommand('View: Close Editor');
  });

  it('forgets a place that waits for the index once a filter is typed', async () => {
    const { workbench, directory } = fixture;
    const editor = new SegmentEditor(workbench);
    await workbench.openFile(SHORTENED);
    await editor.row('city/00001').first().waitFor();
    await workbench.runCommand('Strata: Go to Offset');
    await workbench.answer(GO_TO, '100%');
    await editor.frame.getByText('the place is shown as soon as it has').waitFor({ state: 'attached' });
    await editor.filter('key:/9$/');
    await editor.active.filter({ hasText: 'city/00009' }).waitFor();
    // The index comes to the end at once, because there it is.
    await truncate(path.join(directory, SHORTENED), 2 ** 20);
    await eventually(async () => {
      assert.equal(await editor.frame.locator('.filter-status').innerText(), '10 of 102');
      assert.deepEqual(await editor.fact('index').allInnerTexts(), [], 'all of it has been read');
    });
    await editor.active.filter({ hasText: 'city/00009' }).waitFor();
    await editor.filter('');
    await editor.active.filter({ hasText: 'city/00009' }).waitFor();
    await eventually(async () => assert.equal(await editor.rowCount(), 102));
    await workbench.runCommand('View: Close Editor');
  });

  it('filters by each of its conditions', async () => {
    const editor = await openAtStart();
    for (const [query, count] of [
      ['op:del', 18],
      ['seq:100..200', 101],
      ['seq:>19990', 10],
      ['checksum:valid prefix:city/1999', 10],
      ['checksum:invalid', 0],
      ['value:"Place, 1234"', 11],
      ['/^city\\/0000\\d$/', 9],
      ['state:damaged', 0],
      ['time:2026-11-22T20:14:31.010Z..2026-11-22T20:14:31.100Z', 10],
      ['time:2026-11-22 20:14:31Z', 99],
    ] as const) {
      await editor.filter(query);
      await eventually(async () =>
        assert.equal(await editor.frame.locator('.filter-status').innerText(), `${count} of 20,001`, query),
      );
    }
    await editor.filter('op:nonsense');
    const problem = editor.frame.locator('.filter-problem');
    await problem.filter({ hasText: 'op: knows put, del, batch, damage.' }).waitFor();
    // A list beside the line writes its word into it, and leaves the others as they are typed.
    await editor.filter('value:"Place,  1234"');
    await editor.frame.getByRole('combobox', { name: 'Operation' }).selectOption('put');
    await eventually(async () => assert.equal(await editor.rowCount(), 0));
    const line = editor.frame.getByRole('textbox', { name: 'Filter' });
    assert.equal(await line.inputValue(), 'value:"Place,  1234" op:put');
    await editor.button('Clear the filter (Escape)').focus();
    await fixture.workbench.page.keyboard.press('Enter');
    await editor.hasFocus(line, 'the filter, when it is cleared,');
  });

  it('copies a field, the record and a selection in every notation', async () => {
    const { page } = fixture.workbench;
    const editor = await openAtStart();
    await editor.filter('key:city/01000');
    await editor.detailOf('city/01000');
    const openValue = editor.button('Open the value in an editor');
    assert.ok(await openValue.isHidden(), 'a delete has no value');
    await editor.filter('key:city/05000');
    await editor.detailOf('city/05000');
    assert.ok(await openValue.isVisible());
    await editor.frame.locator('tr[data-field=value]').click();
    const copied = async (notation: string, expected: string | RegExp) => {
      await editor.button(notation).click();
      await eventually(async () => {
        const text = await page.evaluate(() => navigator.clipboard.readText());
        if (typeof expected === 'string') assert.equal(text, expected);
        else assert.match(text, expected);
      });
    };
    await copied('Hex', 'DE AD 0B EF 42');
    await copied('Base64', Buffer.from(SIGNATURE).toString('base64'));
    await copied('C array', /0x[dD][eE],\s*0x[aA][dD],\s*0x0[bB]/);
    await copied('JSON', JSON.stringify([...SIGNATURE]));
    await editor.frame.locator('tr[data-field=key]').click();
    await copied('Text', 'city/05000');
    await copied('JSON', '"city/05000"');
    await copied('Hex', hexOf(Buffer.from('city/05000')));

    // A selection of the bytes, by keyboard: three bytes from the key on.
    await editor.frame.locator('.hex .byte').first().click();
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    await editor.frame.locator('.selection-text').filter({ hasText: '3 bytes' }).waitFor();
    await copied('Hex', /^([0-9A-F]{2} ){2}[0-9A-F]{2}$/);
    const selected = bytesOf(await page.evaluate(() => navigator.clipboard.readText()));
    await copied('Base64', selected.toString('base64'));
    await copied('JSON', /^(\[\d+,\d+,\d+\]|".+")$/);
    await copied('C array', /data\[3\]/);
    // Where the cursor is, and not the pointer, a field is marked too.
    await editor.frame.getByRole('grid', { name: 'Bytes' }).focus();
    for (let step = 0; step < 3; step++) await page.keyboard.press('ArrowRight');
    await editor.frame.locator('tr.field.highlighted[data-field="key length"]').waitFor();

    await editor.filter('key:city/00002');
    await editor.active.filter({ hasText: 'city/00002' }).waitFor();
    await editor.frame.locator('.selection-text').filter({ hasText: 'whole row' }).waitFor();
    await copied('Hex', /^[0-9A-F ]+$/);
    const record = bytesOf(await page.evaluate(() => navigator.clipboard.readText()));
    assert.ok(record.includes('city/00002'));
    await copied('Base64', record.toString('base64'));
    await copied('C array', new RegExp(`data\\[${record.length}\\]`));
    await copied('Text', /city\/00002/);
    await editor.button('JSON').click();
    await eventually(async () => {
      const record = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
      assert.equal(record.row, 2);
      assert.equal(record.fields.key, 'city/00002');
    });
    await editor.filter('');
  });

  it('says that it has copied the beginning of what is too long', async () => {
    const { page } = fixture.workbench;
    const editor = await openSegment(fixture.workbench, TOO_LARGE);
    await editor.detailOf('large');
    await editor.frame.locator('tr[data-field=value]').click();
    await editor.button('Text').click();
    const note = editor.frame.getByText('Copied the first 16,777,216 of 16,778,216 bytes');
    await note.waitFor();
    const length = await page.evaluate(async () => (await navigator.clipboard.readText()).length);
    assert.equal(length, MAX_COPY_BYTES);
    await screenshotInThemes(fixture.workbench, 'inspector-copy-cut', (rules) =>
      editor.assertAccessible('a copy that was cut', rules),
    );
    await editor.button('Dismiss').click();
    await note.waitFor({ state: 'hidden' });
    await editor.frame.locator('tr[data-field=key]').click();
    await editor.button('Text').click();
    await eventually(async () => assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'large'));
    assert.ok(await note.isHidden(), 'of what is short all is copied, and nothing is said');
    // The longest notation: a hundred million characters.
    await editor.frame.locator('tr[data-field=value]').click();
    await editor.button('C array').click();
    await note.waitFor();
    const isWhole = await page.evaluate(async (count) => {
      const array = await navigator.clipboard.readText();
      return array.startsWith(`const unsigned char data[${count}] = {`) && array.endsWith('0x78,\n};\n');
    }, MAX_COPY_BYTES);
    assert.ok(isWhole);
  });

  it('reads the bytes of a field as numbers in both byte orders', async () => {
    const editor = await openAtStart();
    await editor.filter('key:city/05000');
    await editor.detailOf('city/05000');
    await editor.frame.getByRole('tab', { name: 'Numbers' }).click();
    const region = editor.frame.getByRole('region', { name: 'Numbers' });
    const reads = (name: string, bytes: Buffer) =>
      eventually(async () => {
        const cells = await region.getByRole('row', { name }).getByRole('cell').allInnerTexts();
        const numbers = cells.map((cell) => Number(cell.replaceAll(',', '')));
        assert.deepEqual(numbers, [bytes.readUIntLE(0, bytes.length), bytes.readUIntBE(0, bytes.length)]);
      });
    // Those of the value, as long as nothing is selected.
    await region.getByText('value, 5 bytes', { exact: true }).waitFor();
    await reads('unsigned 32', Buffer.from(SIGNATURE.subarray(0, 4)));
    await editor.frame.locator('tr[data-field="key length"]').click();
    await region.getByText('key length, 2 bytes', { exact: true }).waitFor();
    await reads('unsigned 16', Buffer.of(10, 0));
    await editor.frame.getByRole('tab', { name: 'Bytes' }).click();
    await editor.filter('');
  });

  it('shows and copies the value in the tabs that show it, and says so where there is none', async () => {
    const { page } = fixture.workbench;
    const editor = await openAtStart();
    const bar = editor.frame.getByRole('group', { name: 'Copy what is shown as' });
    const label = bar.locator('.selection-text');
    await editor.filter('key:city/00002');
    await editor.detailOf('city/00002');
    await label.filter({ hasText: /^whole row, / }).waitFor();
    for (const tab of ['Value', 'Text', 'Numbers']) {
      await editor.frame.getByRole('tab', { name: tab }).click();
      await label.filter({ hasText: /^value, 19 bytes$/ }).waitFor();
    }
    await editor.button('Base64').click();
    await eventually(async () => {
      const copied = Buffer.from(await page.evaluate(() => navigator.clipboard.readText()), 'base64');
      assert.equal(copied.toString(), '{"name":"Place, 2"}');
    });
    await editor.filter('key:city/01000');
    await editor.detailOf('city/01000');
    for (const tab of ['Numbers', 'Text', 'Value']) {
      await editor.frame.getByRole('tab', { name: tab }).click();
      const shown = editor.frame.getByRole('region', { name: tab, exact: true });
      await eventually(async () => assert.equal((await shown.innerText()).trim(), 'A delete has no value.'));
    }
    assert.equal((await bar.innerText()).trim(), 'no value');
    await editor.frame.locator('tr[data-field=key]').click();
    await label.filter({ hasText: 'key, 10 bytes' }).waitFor();
    assert.ok(await editor.button('Hex').isVisible());
    await editor.filter('');
    const empty = await openSegment(fixture.workbench, SLOW);
    await empty.filter('key:small/0');
    await empty.detailOf('small/0');
    await empty.frame.getByRole('tab', { name: 'Value' }).click();
    await empty.frame.getByText('The value is empty.', { exact: true }).waitFor();
    await empty.frame.getByRole('tab', { name: 'Bytes' }).click();
    await label.filter({ hasText: /^whole row, / }).waitFor();
    await empty.filter('');
  });

  it('exports the filtered records as JSON Lines and as CSV', async () => {
    const { workbench, directory } = fixture;
    const editor = await openAtStart();
    await editor.filter('op:put');
    const puts = COUNT - 18;
    await eventually(async () => assert.equal(await editor.rowCount(), puts));
    for (const [fileName, read] of [
      [
        'export.jsonl',
        (text: string) =>
          text
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line).key as string),
      ],
      [
        'export.csv',
        (text: string) =>
          text
            .trimEnd()
            .split('\r\n')
            .slice(1)
            .map((line) => line.split(',')[7] as string),
      ],
    ] as const) {
      const file = path.join(directory, fileName);
      await editor.exportTo(CITIES, file);
      await workbench.notification(`Exported ${puts.toLocaleString('en-US')} records to ${file}`).waitFor();
      // Between the two exports: VS Code shows no more than three notifications within 800 ms.
      if (fileName.endsWith('jsonl')) await screenshotInThemes(workbench, 'inspector-export');
      const text = await readFile(file, 'utf8');
      const keys = read(text);
      assert.equal(keys.length, puts);
      assert.equal(keys[0], 'city/00001');
      assert.equal(keys.at(-1), 'city/19999');
      if (fileName.endsWith('csv')) assert.ok(text.includes('"{""name"":""Place, 3""}"'), 'quoted as RFC 4180 says');
      else assert.ok(text.includes(`"valueBase64":"${Buffer.from(SIGNATURE).toString('base64')}"`));
    }
    await editor.filter('');
  });

  it('shows and hides columns and changes their width, for every file and by keyboard too', async () => {
    const { workbench } = fixture;
    const { keyboard } = workbench.page;
    const editor = await openAtStart();
    const titles = () => editor.grid.getByRole('columnheader').locator('.text').allInnerTexts();
    assert.ok((await titles()).includes('Time'));
    await editor.button('Choose columns').click();
    await editor.frame.getByRole('checkbox', { name: 'Time' }).uncheck();
    await keyboard.press('Escape');
    assert.ok(!(await titles()).includes('Time'));

    const handle = editor.grid.getByRole('separator', { name: 'Width of Key', exact: true });
    const width = async () => Number(await handle.getAttribute('aria-valuenow'));
    const before = await width();
    await handle.focus();
    await keyboard.press('ArrowRight');
    await eventually(async () => assert.equal(await width(), before + 16));
    const box = await handle.boundingBox();
    assert.ok(box !== null);
    await workbench.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await workbench.page.mouse.down();
    await workbench.page.mouse.move(box.x + 100, box.y + 5, { steps: 4 });
    await workbench.page.mouse.up();
    await eventually(async () => assert.ok((await width()) > before + 80));
    const wide = await width();

    const other = await openSegment(workbench, OTHER);
    assert.ok(!(await other.grid.getByRole('columnheader').locator('.text').allInnerTexts()).includes('Time'));
    assert.equal(
      Number(
        await other.grid.getByRole('separator', { name: 'Width of Key', exact: true }).getAttribute('aria-valuenow'),
      ),
      wide,
    );
    await other.button('Choose columns').click();
    await other.frame.getByRole('checkbox', { name: 'Time' }).check();
    await keyboard.press('Escape');
  });

  it('brings back filter, position, selected record, tab and detail when the editor comes to the front again and after a reload', async () => {
    const { workbench } = fixture;
    let editor = await openAtStart();
    await editor.filter('prefix:city/1');
    await eventually(async () => assert.equal(await editor.rowCount(), 10_000));
    await editor.row('city/10007').click();
    await editor.frame.getByRole('tab', { name: 'Value' }).click();
    await editor.grid.focus();
    for (let page = 0; page < 5; page++) await workbench.page.keyboard.press('PageDown');
    await eventually(async () => assert.ok((await editor.firstRowInSight()) > 20));
    const top = await editor.firstRowInSight();
    const key = /city\/\d+/.exec(await editor.active.innerText())?.[0] ?? '';
    await editor.detailOf(key);
    const assertBack = async () => {
      await eventually(async () => assert.equal(await editor.rowCount(), 10_000), 40_000);
      await editor.active.filter({ hasText: key }).waitFor();
      await editor.detailOf(key);
      await eventually(async () => assert.equal(await editor.firstRowInSight(), top));
      assert.equal(await editor.frame.getByRole('tab', { name: 'Value' }).getAttribute('aria-selected'), 'true');
    };
    // The state is kept a moment after the last change.
    await workbench.page.waitForTimeout(400);
    await openSegment(workbench, OTHER);
    editor = await openSegment(workbench, CITIES);
    await assertBack();
    await editor.untilStored(CITIES, 'prefix:city/1');
    await workbench.reload();
    await workbench.tab(CITIES).first().click();
    editor = new SegmentEditor(workbench);
    await assertBack();
    await screenshotInThemes(workbench, 'inspector-restored');
  });

  it('takes font and size from the settings of the editor', async () => {
    const { workbench } = fixture;
    const editor = await openSegment(workbench, OTHER);
    const font = () =>
      editor.grid.evaluate((grid) => {
        const { fontSize, fontFamily } = getComputedStyle(grid);
        return `${fontSize} ${fontFamily}`;
      });
    const rowHeight = async () => (await editor.row('header').boundingBox())?.height ?? 0;
    const before = await rowHeight();
    const settings = path.join(fixture.directory, '.vscode');
    await mkdir(settings);
    await writeFile(
      path.join(settings, 'settings.json'),
      JSON.stringify({ 'editor.fontSize': 22, 'editor.fontFamily': 'DejaVu Serif' }),
    );
    await eventually(async () => assert.equal(await font(), '22px "DejaVu Serif"'));
    await eventually(async () => assert.ok((await rowHeight()) > before * 1.3));
    // Columns and byte lines grow with the font, so that nothing is cut off or lies on top of something else.
    await eventually(async () => assert.ok((await editor.row('0x00000000').count()) === 1));
    const lines = await editor.frame.locator('.hex .byte[data-at="0"], .hex .byte[data-at="16"]').all();
    const tops = await Promise.all(lines.map(async (line) => (await line.boundingBox())?.y ?? 0));
    assert.ok((tops[1] ?? 0) - (tops[0] ?? 0) > 28, `lines of bytes at ${tops}`);
    const offset = editor.grid.locator('.rows .row:not([hidden]) [role=gridcell]').nth(1);
    assert.ok(await offset.evaluate((cell) => cell.scrollWidth <= cell.clientWidth), 'the offset is not cut off');
    await screenshotInThemes(workbench, 'inspector-font');
    await rm(settings, { recursive: true });
    await eventually(async () => assert.doesNotMatch(await font(), /22px/));
  });

  it('moves nothing by itself where motion is to be reduced', async () => {
    const { workbench } = fixture;
    await workbench.page.emulateMedia({ reducedMotion: 'reduce' });
    const editor = await openAtStart();
    await fixture.workbench.page.keyboard.press('Escape');
    await editor.frame.locator('.detail').waitFor({ state: 'hidden' });
    await screenshotInThemes(workbench, 'inspector-detail-closed', (rules) =>
      editor.assertAccessible('a table without detail', rules),
    );
    await fixture.workbench.page.keyboard.press('Enter');
    await editor.frame.locator('.detail').waitFor();
    const moving = await editor.frame.locator('#inspector *').evaluateAll((elements) =>
      elements
        // What the detail has replaced meanwhile has no style.
        .filter(({ isConnected }) => isConnected)
        .map((element) => getComputedStyle(element))
        .filter(({ animationName, transitionDuration, scrollBehavior }) => {
          const seconds = transitionDuration.split(',').map((duration) => Number.parseFloat(duration));
          return animationName !== 'none' || seconds.some((each) => each > 0.001) || scrollBehavior === 'smooth';
        })
        .map(({ animationName, transitionProperty }) => `${animationName} ${transitionProperty}`),
    );
    assert.deepEqual(moving, []);
    await workbench.page.emulateMedia({ reducedMotion: null });
  });

  it('says that the hex editor is missing and offers to show it', async () => {
    const { workbench } = fixture;
    const editor = await openAtStart();
    await workbench.page.keyboard.press('ArrowDown');
    await editor.detailOf('city/00001');
    await editor.button('Open in hex editor').click();
    const notification = workbench.notification('not installed here: ms-vscode.hexeditor');
    await notification.waitFor();
    await screenshotInThemes(workbench, 'inspector-hex-editor-missing');
    await notification.getByRole('button', { name: 'Show Extension' }).click();
    await workbench.page.getByText('@id:ms-vscode.hexeditor').first().waitFor();
  });
});
