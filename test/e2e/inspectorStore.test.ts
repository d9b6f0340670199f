// The segment editor beside its store: from key to bytes and back, versions, following, compaction, hint files.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Store } from '../../src/engine/index.ts';
import { crc32 } from '../../src/format/crc32.ts';
import { HINT_ENTRY, HINT_FIRST_ENTRY, SNAPSHOT_FIRST_SEGMENT, SNAPSHOT_SEGMENT } from '../../src/format/layout.ts';
import { readU32, writeU32, writeU64 } from '../../src/format/littleEndian.ts';
import { eventually } from './eventually.ts';
import { openSegment, SegmentEditor } from './segmentEditor.ts';
import { screenshotInThemes } from './themes.ts';
import { VALUE_OF } from './workbench.ts';
import { workbenchFixture } from './workbenchFixture.ts';

const appender = fileURLToPath(new URL('../support/storeAppender.ts', import.meta.url));
const FIRST = '000000000001.seg';
const TWICE = `twice/${FIRST}`;
const TWICE_KEYS = 200;
const ENDLESS_BYTES = 64 * 2 ** 30;

/** Every key has five versions, each in a segment of its own or nearly so. */
async function writeStore(directory: string): Promise<void> {
  const encoder = new TextEncoder();
  const store = await Store.open(directory, { durability: 'os', maxSegmentSizeBytes: 20_000 });
  for (let index = 0; index < 1500; index++) {
    await store.put(encoder.encode(`user/${index % 300}`), encoder.encode(`{"version":${Math.floor(index / 300)}}`));
  }
  await store.close();
}

/** The first half of the records are superseded by the second. */
async function writeTwice(directory: string): Promise<void> {
  const encoder = new TextEncoder();
  const store = await Store.open(directory, { durability: 'os' });
  for (let index = 0; index < 2 * TWICE_KEYS; index++) {
    const key = `item/${String(index % TWICE_KEYS).padStart(3, '0')}`;
    await store.put(encoder.encode(key), encoder.encode(`{"version":${Math.floor(index / TWICE_KEYS)}}`));
  }
  await store.close();
}

/** Moves the first entry of the first hint file by a byte, with the checksum of the file made right again. */
async function misleadHint(directory: string): Promise<void> {
  const file = path.join(directory, '000000000001.hint');
  const bytes = new Uint8Array(await readFile(file));
  const at = HINT_FIRST_ENTRY + HINT_ENTRY.offset;
  writeU32(bytes, at, readU32(bytes, at) + 1);
  writeU32(bytes, bytes.length - 4, crc32(bytes, 0, bytes.length - 4, 0));
  await writeFile(file, bytes);
}

/**
 * Has the snapshot cover zeros behind the first segment's records, which take no room on the disk and longer to read
 * than any test lasts.
 */
async function coverZeros(directory: string): Promise<void> {
  await truncate(path.join(directory, FIRST), ENDLESS_BYTES);
  const file = path.join(directory, 'KEYDIR');
  const bytes = new Uint8Array(await readFile(file));
  assert.equal(readU32(bytes, SNAPSHOT_FIRST_SEGMENT + SNAPSHOT_SEGMENT.segmentId), 1);
  writeU64(bytes, SNAPSHOT_FIRST_SEGMENT + SNAPSHOT_SEGMENT.coveredSize, ENDLESS_BYTES);
  writeU32(bytes, bytes.length - 4, crc32(bytes, 0, bytes.length - 4, 0));
  await writeFile(file, bytes);
}

describe('inspector with its store', () => {
  const fixture = workbenchFixture(async (directory) => {
    await writeStore(path.join(directory, 'users'));
    await writeStore(path.join(directory, 'misled'));
    await misleadHint(path.join(directory, 'misled'));
    await rm(path.join(directory, 'misled', '000000000002.seg'));
    await writeStore(path.join(directory, 'endless'));
    await coverZeros(path.join(directory, 'endless'));
    await writeTwice(path.join(directory, 'twice'));
    const journal = await Store.open(path.join(directory, 'journal'), { durability: 'os' });
    await journal.put(new TextEncoder().encode('first'), new TextEncoder().encode('1'));
    await journal.close();
  });

  it('shows hint files and snapshots that do not agree with their segments, in every theme', async () => {
    const { workbench } = fixture;
    const hint = await openSegment(workbench, 'misled/000000000001.hint');
    await eventually(async () => assert.equal(await hint.fact('segment').innerText(), '2 differences'));
    const banner = hint.frame.getByRole('alert').filter({ hasText: 'has no entry' });
    await banner.filter({ hasText: 'points at 0x00000021, where no record starts' }).waitFor();
    await screenshotInThemes(workbench, 'inspector-hint-differs', (rules) =>
      hint.assertAccessible('a hint file that differs', rules),
    );
    const snapshot = await openSegment(workbench, 'misled/KEYDIR');
    await snapshot.frame.getByRole('alert').filter({ hasText: 'no 000000000002.seg' }).waitFor();
    await screenshotInThemes(workbench, 'inspector-snapshot-differs', (rules) =>
      snapshot.assertAccessible('a snapshot that differs', rules),
    );
    await workbench.runCommand('View: Close All Editors');
  });

  it('tells what it knows of a snapshot while it looks for records without an entry, until that is stopped', async () => {
    const { workbench } = fixture;
    const editor = await openSegment(workbench, 'endless/KEYDIR');
    const note = editor.frame.getByRole('status').filter({ hasText: /^Looking for records that have no entry: \d/ });
    await note.waitFor();
    assert.equal(await editor.fact('segments').innerText(), 'entries agree');
    await screenshotInThemes(workbench, 'inspector-snapshot-searching', (rules) =>
      editor.assertAccessible('a snapshot whose segments are being read', rules),
    );
    const stop = editor.button('Stop');
    await stop.focus();
    await workbench.page.keyboard.press('Enter');
    await note.waitFor({ state: 'hidden' });
    await stop.waitFor({ state: 'hidden' });
    await editor.hasFocus(editor.grid, 'the table, when the search was stopped,');
    assert.equal(await editor.fact('segments').innerText(), 'entries agree');
    await editor.frame
      .getByTitle('Not all records that have no entry are known: the search for them was stopped.')
      .waitFor();
    await workbench.runCommand('View: Close Editor');
  });

  it('opens the store from the segment, and then knows the state of every record', async () => {
    const { workbench } = fixture;
    const editor = await openSegment(workbench, `users/${FIRST}`);
    await editor.button('Open store to see states').click();
    await editor.row('superseded').first().waitFor();
    await eventually(async () => assert.match(await editor.fact('dead').innerText(), /100/));
    await editor.filter('state:live');
    await eventually(async () => assert.equal(await editor.rowCount(), 0));
    await editor.filter('');
  });

  it('goes from a key in the tree, and from the palette, to its bytes', async () => {
    const { workbench } = fixture;
    await workbench.openViewContainer('Strata');
    const keys = workbench.view('Keys');
    await keys.expand('user/');
    await keys.contextMenu('100', 'Reveal in Segment');
    let editor = new SegmentEditor(workbench);
    await editor.active.filter({ hasText: 'user/100' }).filter({ hasText: '{"version":4}' }).waitFor();
    // The file is left with a filter that lets nothing of the next key through.
    await editor.filter('key:/^user\\/100$/');
    await eventually(async () => assert.equal(await editor.rowCount(), 1));
    await workbench.runCommand('Strata: Reveal in Segment');
    await workbench.answer('Key.', 'user/8');
    await editor.active
      .filter({ hasText: /user\/8\b/ })
      .filter({ hasText: '{"version":4}' })
      .waitFor();
    await editor.filter('key:/^user\\/100$/');
    await eventually(async () => assert.equal(await editor.rowCount(), 1));
    await workbench.runCommand('View: Close All Editors');
    await workbench.runCommand('Strata: Reveal in Segment');
    await workbench.answer('Key.', 'user/7');
    await new SegmentEditor(workbench).active.filter({ hasText: /user\/7\b/ }).waitFor();
    // And now with the tab behind another one.
    await openSegment(workbench, `users/${FIRST}`);
    await workbench.runCommand('Strata: Reveal in Segment');
    await workbench.answer('Key.', 'user/101');
    editor = new SegmentEditor(workbench);
    await editor.active.filter({ hasText: 'user/101' }).filter({ hasText: '{"version":4}' }).waitFor();
  });

  it('goes from a record to the record that superseded it, to its key, and to its history', async () => {
    const { workbench } = fixture;
    await workbench.runCommand('View: Close All Editors');
    const old = await openSegment(workbench, `users/${FIRST}`);
    await old.filter('key:/^user\\/42$/');
    await old.active.filter({ hasText: 'user/42' }).filter({ hasText: 'superseded' }).waitFor();
    await old.frame.locator('.detail h2').filter({ hasText: '#43' }).waitFor();

    await old.button('Reveal the key in the tree').click();
    await workbench.view('Keys').root.locator('.monaco-list-row.selected', { hasText: '42' }).waitFor();

    const versions = workbench.page.locator('.quick-input-widget:visible .monaco-list-row');
    await old.button('Show all versions of the key').click();
    await eventually(async () => assert.match(await workbench.quickInputText(), /History of user\/42/));
    await eventually(async () => assert.equal(await versions.count(), 5));
    await screenshotInThemes(workbench, 'inspector-history');
    const newest = versions.first();
    await newest.hover();
    await newest.getByRole('button', { name: 'Compare with the version before' }).click();
    await workbench.page.locator('.monaco-diff-editor .view-line', { hasText: '4' }).first().waitFor();
    await screenshotInThemes(workbench, 'inspector-compare-versions');

    await workbench.tab(FIRST).first().click();
    await old.button('Go to the record that superseded it').click();
    const nextEditor = new SegmentEditor(workbench);
    await nextEditor.active.filter({ hasText: 'user/42' }).filter({ hasText: '{"version":1}' }).waitFor();
    await nextEditor.active.filter({ hasText: 'superseded' }).waitFor();

    await workbench.tab(FIRST).first().click();
    await old.button('Go to the newest record of the key').click();
    await workbench.tab(/00000000000[2-9]\.seg/).waitFor();
    const newestEditor = new SegmentEditor(workbench);
    await newestEditor.active.filter({ hasText: 'user/42' }).filter({ hasText: '{"version":4}' }).waitFor();
    await newestEditor.active.filter({ hasText: 'live' }).waitFor();
    await screenshotInThemes(workbench, 'inspector-superseding');
    await newestEditor.button('Go to the record that superseded it').click();
    await workbench.notification(/No record supersedes this one/).waitFor();
  });

  it('says why it cannot go from a record to its key', async () => {
    const { workbench } = fixture;
    await workbench.runCommand('View: Close All Editors');
    await workbench.runCommand('Strata: Delete');
    await workbench.answer('Key.', 'user/43');
    await workbench.confirm('Delete');
    const editor = await openSegment(workbench, `users/${FIRST}`);
    await editor.filter('key:/^user\\/43$/');
    await editor.active.filter({ hasText: 'user/43' }).filter({ hasText: 'deleted' }).waitFor();
    await editor.detailOf('user/43');
    await editor.button('Reveal the key in the tree').click();
    await workbench.notification('There is no key user/43. It may have been deleted, or have expired.').waitFor();
    await editor.filter('');
  });

  it('follows the tail while another process appends, and stops when it is told to', async () => {
    const { workbench, directory } = fixture;
    await workbench.runCommand('View: Close All Editors');
    const journal = path.join(directory, 'journal');
    const editor = await openSegment(workbench, `journal/${FIRST}`);
    await workbench.runCommand('Strata: Toggle Follow Tail');
    const follow = editor.frame.getByRole('checkbox', { name: 'Follow' });
    await eventually(async () => assert.ok(await follow.isChecked()));
    await promisify(execFile)(process.execPath, [appender, journal, '300']);
    await editor.active.filter({ hasText: 'later/299' }).waitFor();
    await eventually(async () => assert.equal(await editor.count('records'), 301));
    await follow.uncheck();
    await editor.grid.focus();
    await workbench.page.keyboard.press('Home');
    await promisify(execFile)(process.execPath, [appender, journal, '40']);
    await eventually(async () => assert.equal(await editor.count('records'), 341));
    await editor.active.filter({ hasText: 'header' }).waitFor();
  });

  it('says so when a compaction has removed the file that is shown, and still shows it', async () => {
    const { workbench, directory } = fixture;
    await workbench.runCommand('View: Close All Editors');
    await workbench.runCommand('Strata: Reveal in Segment');
    await workbench.answer('Key.', 'user/42');
    await new SegmentEditor(workbench).active.filter({ hasText: 'user/42' }).filter({ hasText: 'live' }).waitFor();
    const editor = await openSegment(workbench, `users/${FIRST}`);
    await editor.filter('');
    await eventually(async () => assert.ok((await editor.rowCount()) > 300));
    await workbench.runCommand('Strata: Compact');
    await workbench.notification(/Compacted users/).waitFor();
    await editor.frame.getByRole('alert').filter({ hasText: 'This file is gone: a compaction' }).waitFor();
    assert.ok(!(await readdir(path.join(directory, 'users'))).includes(FIRST));
    await editor.grid.focus();
    await workbench.page.keyboard.press('End');
    await editor.active.filter({ hasText: /user\/\d+/ }).waitFor();
    await screenshotInThemes(workbench, 'inspector-compacted-away', (rules) =>
      editor.assertAccessible('a file that is gone', rules),
    );

    // A live record was moved by it, and nothing has superseded it.
    await workbench.runCommand('Notifications: Clear All Notifications');
    await workbench.tab(/00000000000[2-9]\.seg/).click();
    const moved = new SegmentEditor(workbench);
    await moved.frame.getByRole('alert').filter({ hasText: 'This file is gone: a compaction' }).waitFor();
    await moved.active.filter({ hasText: 'user/42' }).waitFor();
    await moved.detailOf('user/42');
    await moved.button('Go to the record that superseded it').click();
    await workbench.notification(/No record supersedes this one/).waitFor();
  });

  async function putAgain(key: string): Promise<void> {
    const { workbench } = fixture;
    await workbench.runCommand('Strata: Put');
    await workbench.answer('Key.', key);
    await workbench.answer(VALUE_OF, '{"version":2}');
    await workbench.answer('Time to live', '');
  }

  /** The rows in sight, by a column. */
  async function assertStates(editor: SegmentEditor, expected: readonly string[]): Promise<void> {
    await eventually(async () => {
      const states = new Set((await editor.visibleRows()).map((row) => row['State']));
      assert.deepEqual([...states], expected);
    });
  }

  const sortByState = (editor: SegmentEditor) =>
    editor.grid.getByRole('columnheader').getByRole('button', { name: 'State', exact: true });

  it('filters by state again once the store is open, and on demand once it has changed', async () => {
    const { workbench } = fixture;
    await workbench.runCommand('View: Close All Editors');
    const editor = await openSegment(workbench, TWICE);
    await editor.filter('state:live');
    const none = editor.frame.getByText('States are known once the store is open: "Open store to see states" above.');
    await none.waitFor();
    await editor.button('Open store to see states').click();
    await eventually(async () => assert.equal(await editor.rowCount(), TWICE_KEYS));
    assert.ok(await none.isHidden());
    await editor.active.filter({ hasText: 'item/000' }).waitFor();
    await editor.row('item/005').click();
    await editor.detailOf('item/005');

    const note = editor.frame.getByText('States may have changed since these rows were filtered.');
    assert.ok(await note.isHidden());
    await putAgain('item/003');
    await note.waitFor();
    // The record that is superseded now stays among the rows until they are filtered again.
    await eventually(async () => assert.equal(await editor.rowCount(), TWICE_KEYS + 1));
    await editor.active.filter({ hasText: 'item/005' }).waitFor();
    await editor.detailOf('item/005');
    await screenshotInThemes(workbench, 'inspector-filter-outdated', (rules) =>
      editor.assertAccessible('a filter by states that may have changed', rules),
    );
    await editor.button('Filter again').click();
    await note.waitFor({ state: 'hidden' });
    await editor.hasFocus(editor.grid, 'the table, when it was filtered again,');
    await assertStates(editor, ['live']);
    await editor.active.filter({ hasText: 'item/005' }).waitFor();
    await editor.detailOf('item/005');

    await putAgain('item/004');
    await note.waitFor();
    await editor.frame.getByRole('textbox', { name: 'Filter' }).press('Enter');
    await note.waitFor({ state: 'hidden' });
    await assertStates(editor, ['live']);
    await editor.active.filter({ hasText: 'item/005' }).waitFor();
    await editor.filter('');
  });

  it('sorts by state again once the store is open, and on demand once it has changed', async () => {
    const { workbench } = fixture;
    await workbench.openViewContainer('Strata');
    const editor = await openSegment(workbench, TWICE);
    await sortByState(editor).click();
    await editor.frame.getByText('Sorted by state, ascending.').waitFor();
    await assertStates(editor, ['live']);
    await putAgain('item/005');
    // The file, too, has grown, and what comes first is told.
    const note = editor.frame.getByText(/^Sorted by state( before the file grew|\. States may have changed since)\.$/);
    await note.waitFor();
    await editor.button('Sort again').click();
    await note.waitFor({ state: 'hidden' });
    await assertStates(editor, ['live']);
    await editor.row('item/010').click();
    await workbench.view('Stores').contextMenu('twice', 'Close Store');
    await editor.button('Open store to see states').waitFor();
    await assertStates(editor, ['unknown']);
    await editor.button('Open store to see states').click();
    await assertStates(editor, ['live']);
    await editor.active.filter({ hasText: 'item/010' }).filter({ hasText: 'live' }).waitFor();
  });

  it('brings back a filter and an order by state when the window is reloaded, before the store is open again', async () => {
    const { workbench } = fixture;
    let editor = await openSegment(workbench, TWICE);
    await editor.filter('state:superseded');
    // The order that was chosen before stays.
    const sorted = editor.frame.getByText(/^Sorted by state, (?:ascending|descending)\.$/);
    await eventually(async () => {
      if (!(await sorted.isVisible())) await sortByState(editor).click();
      await sorted.waitFor({ timeout: 2000 });
    });
    await eventually(async () => assert.equal(await editor.rowCount(), TWICE_KEYS + 3));
    await editor.grid.focus();
    await workbench.page.keyboard.press('End');
    await eventually(async () => assert.ok((await editor.firstRowInSight()) > TWICE_KEYS / 2));
    await editor.active.filter({ hasText: 'superseded' }).waitFor();
    const selected = await editor.active.innerText();
    const top = await editor.firstRowInSight();
    await editor.untilStored(TWICE, 'state:superseded');
    await workbench.reload();
    await workbench.tab(FIRST).first().click();
    editor = new SegmentEditor(workbench);
    await eventually(async () => assert.equal(await editor.rowCount(), TWICE_KEYS + 3), 40_000);
    await eventually(async () => assert.equal(await editor.active.innerText(), selected));
    await eventually(async () => assert.equal(await editor.firstRowInSight(), top));
  });
});
