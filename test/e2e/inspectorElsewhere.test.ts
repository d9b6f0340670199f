// The inspector beside other extensions: files of other file systems, and the hex editor.
import assert from 'node:assert/strict';
import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SegmentBuilder, segmentOf } from '../inspector/segmentBuilder.ts';
import { assertScriptlessAccessible } from './accessible.ts';
import { eventually } from './eventually.ts';
import { openSegment, SegmentEditor } from './segmentEditor.ts';
import { hexEditorStandIn, lineFormat, otherDisk } from './testExtensions.ts';
import { screenshotInThemes } from './themes.ts';
import { workbenchFixture } from './workbenchFixture.ts';

const SMALL = '000000000007.seg';
const LARGE = '000000000008.seg';
const LINES = 'journal.lines';
/** Cannot be read to its end while the other file exists. */
const INTERRUPTED = 'interrupted.lines';
const OBSTACLE = 'obstacle';
const INTERRUPTED_LINES = 20_000;

describe('inspector in a virtual workspace that is not trusted', () => {
  const growing = segmentOf(50, (index) => ({ key: `key/${index}`, value: `value ${index}` }));

  const fixture = workbenchFixture(
    async (directory) => {
      await writeFile(path.join(directory, SMALL), growing.bytes());
      const large = new SegmentBuilder(8);
      large.add({ key: 'large', value: 'x'.repeat(2_000_000) });
      await writeFile(path.join(directory, LARGE), large.bytes());
    },
    { 'strata.inspector.maxVirtualFileSizeMb': 1 },
    {
      furtherExtensions: [otherDisk],
      workspaceTrust: true,
      workspaceFile: async (directory) => {
        const file = path.join(directory, '..', 'elsewhere.code-workspace');
        await writeFile(file, JSON.stringify({ folders: [{ uri: `other-disk:${directory}`, name: 'elsewhere' }] }));
        return file;
      },
    },
  );

  it('opens a segment, filters, sorts, finds and goes to places', async () => {
    const { workbench } = fixture;
    await workbench.statusBarItem('Restricted Mode').waitFor();
    await workbench.openFileInExplorer(SMALL);
    const editor = new SegmentEditor(workbench);
    await eventually(async () => assert.equal(await editor.rowCount(), 51));
    await editor.filter('key:/7$/');
    await eventually(async () => assert.equal(await editor.rowCount(), 5));
    await editor.filter('');
    await eventually(async () => assert.equal(await editor.rowCount(), 51));
    await editor.grid.getByRole('columnheader').getByRole('button', { name: 'Seq' }).dblclick();
    await editor.frame.getByText('Sorted by sequence number, descending.').waitFor();
    await eventually(async () => assert.equal((await editor.visibleRows())[0]?.['Key'], 'key/49'));
    await editor.frame.getByRole('button', { name: 'Show file order' }).focus();
    await workbench.page.keyboard.press('Enter');
    await editor.hasFocus(editor.grid, 'the table, when the note on the order is gone,');
    await workbench.runCommand('Strata: Go to Offset');
    await workbench.answer('Offset (1024', '#20');
    await editor.grid.locator('.rows .row[aria-selected=true]').filter({ hasText: 'key/19' }).waitFor();
    await screenshotInThemes(workbench, 'inspector-virtual-untrusted', (rules) =>
      editor.assertAccessible('a file of another file system', rules),
    );
  });

  it('is followed when it changes, and says when it is gone', async () => {
    const { workbench, directory } = fixture;
    const editor = new SegmentEditor(workbench);
    const before = growing.sizeBytes;
    for (let index = 50; index < 80; index++) growing.add({ key: `key/${index}`, value: 'later' });
    await appendFile(path.join(directory, SMALL), growing.bytes().subarray(before));
    await eventually(async () => assert.equal(await editor.rowCount(), 81));
    await editor.grid.locator('.rows .row[aria-selected=true]').filter({ hasText: 'key/19' }).waitFor();
    await writeFile(path.join(directory, SMALL), segmentOf(3, () => ({ key: 'another', value: 'file' })).bytes());
    await eventually(async () => assert.equal(await editor.rowCount(), 4));
    await rm(path.join(directory, SMALL));
    await editor.frame.getByRole('alert').filter({ hasText: 'This file is gone' }).waitFor();
    await editor.row('another').first().waitFor();
    assert.deepEqual(await readdir(directory), [LARGE], 'nothing was written');
  });

  it('says which setting allows a larger file', async () => {
    const { workbench } = fixture;
    await workbench.openFileInExplorer(LARGE);
    await workbench
      .webview()
      .getByText(/000000000008\.seg has 2 MB.*strata\.inspector\.maxVirtualFileSizeMb allows 1 MB/)
      .waitFor();
    await screenshotInThemes(workbench, 'inspector-virtual-too-large', () =>
      assertScriptlessAccessible(workbench.webview(), workbench.page, 'a file that is too large'),
    );
  });
});

describe('inspector on a file system that is no disk', () => {
  const fixture = workbenchFixture(
    async (directory) => {
      await writeFile(
        path.join(directory, SMALL),
        segmentOf(50, (index) => ({ key: `key/${index}`, value: '' })).bytes(),
      );
      // As JSON, each of its bytes takes six.
      const large = segmentOf(5, (index) => ({ key: `large/${index}`, value: '\0'.repeat(0x28_0000) }));
      await writeFile(path.join(directory, LARGE), large.bytes());
    },
    {},
    {
      furtherExtensions: [otherDisk],
      workspaceFile: async (directory) => {
        const file = path.join(directory, '..', 'elsewhere.code-workspace');
        await writeFile(file, JSON.stringify({ folders: [{ uri: `writable-disk:${directory}`, name: 'elsewhere' }] }));
        return file;
      },
    },
  );

  it('exports into it up to a size, and says where there is no room for more', async () => {
    const { workbench, directory } = fixture;
    await workbench.openFileInExplorer(SMALL);
    const editor = new SegmentEditor(workbench);
    await eventually(async () => assert.equal(await editor.rowCount(), 51));
    const target = path.join(directory, 'rows.jsonl');
    await editor.exportTo(SMALL, target);
    await workbench.notification(`Exported 50 records to writable-disk:${target}.`).waitFor();
    assert.equal((await readFile(target, 'utf8')).trimEnd().split('\n').length, 50);
    await workbench.openFileInExplorer(LARGE);
    await eventually(async () => assert.equal(await editor.rowCount(), 6));
    await editor.exportTo(LARGE, path.join(directory, 'large.jsonl'));
    await workbench.notification(/No records were exported\. They take more than 64\.0 MB/).waitFor();
    await screenshotInThemes(workbench, 'inspector-export-too-large');
    assert.deepEqual((await readdir(directory)).sort(), [SMALL, LARGE, 'rows.jsonl']);
  });
});

describe('inspector beside other extensions', () => {
  const fixture = workbenchFixture(
    async (directory) => {
      const segment = segmentOf(50, (index) => ({ key: `key/${index}`, value: `value ${index}` }));
      await writeFile(path.join(directory, SMALL), segment.bytes());
      const lines = Array.from({ length: 3000 }, (_, index) => `name${index}=value ${index}`);
      lines[1500] = 'no line of this format';
      lines[1501] = '-name7';
      await writeFile(path.join(directory, LINES), `${lines.join('\n')}\n`);
      const obstacle = path.join(directory, OBSTACLE);
      await writeFile(obstacle, '');
      const interrupted = Array.from({ length: INTERRUPTED_LINES - 1 }, (_, index) => `name${index}=value ${index}`);
      await writeFile(path.join(directory, INTERRUPTED), `unreadable-while=${obstacle}\n${interrupted.join('\n')}\n`);
    },
    { 'workbench.editorAssociations': { '*.lines': 'strata.inspector' } },
    { furtherExtensions: [hexEditorStandIn, lineFormat] },
  );

  it('hands the offset of a record over', async () => {
    const { workbench } = fixture;
    const { page } = workbench;
    await workbench.runCommand('View: Close All Editors');
    const editor = await openSegment(workbench, SMALL);
    await editor.row('key/20').first().click();
    await editor.detailOf('key/20');
    const offset = Number(await editor.row('key/20').first().locator('[aria-colindex="2"]').innerText());
    await editor.frame.getByRole('button', { name: 'Open in hex editor' }).click();
    await workbench
      .webview()
      .getByRole('heading', { name: `bytes of ${SMALL}` })
      .waitFor();
    const notification = workbench.notification(`The record starts at 0x${offset.toString(16)}.`);
    await notification.waitFor();
    await screenshotInThemes(workbench, 'inspector-hex-editor');
    await notification.getByRole('button', { name: 'Copy Offset and Go There' }).click();
    await page.locator('.quick-input-widget:visible input[placeholder="Enter offset to go to"]').waitFor();
    await page.keyboard.press('ControlOrMeta+V');
    await page.keyboard.press('Enter');
    await workbench
      .webview()
      .getByRole('heading', { name: `at 0x${offset.toString(16)}`, exact: true })
      .waitFor();
  });

  it('knows a format that another extension teaches it, and nothing of Strata in its files', async () => {
    const { workbench, directory } = fixture;
    const editor = await openSegment(workbench, LINES);
    await eventually(async () => assert.equal(await editor.rowCount(), 3000));
    // The same extension has registered one before it that fails whenever it is asked.
    const problem = workbench.notification(/The log format Odd of .*oddFormat\.cjs cannot tell .*: Out of order\./);
    await problem.waitFor();
    await problem.hover();
    await problem.getByRole('button', { name: /^Clear Notification/ }).click();
    await problem.waitFor({ state: 'detached' });
    assert.equal(await editor.fact('damage').innerText(), '1 range, 23 B');
    assert.deepEqual(
      [await editor.count('records'), await editor.count('set'), await editor.count('unset')],
      [2999, 2998, 1],
    );
    assert.deepEqual(Object.keys((await editor.visibleRows())[3] ?? {}), ['#', 'Offset', 'Op', 'Key', 'Value', 'Size']);
    const operations = editor.frame.getByRole('combobox', { name: 'Operation' }).locator('option');
    assert.deepEqual(await operations.allInnerTexts(), ['op: all', 'set', 'unset', 'damage']);
    assert.equal(await editor.frame.getByRole('combobox', { name: /^(State|Checksum)$/ }).count(), 0);
    const filter = editor.frame.getByRole('textbox', { name: 'Filter' });
    assert.equal(await filter.getAttribute('placeholder'), 'Filter: text, /regex/, key: prefix: value: op: size:');
    assert.match((await filter.getAttribute('title')) ?? '', /^op:set {2}op:set,unset {3}operation$/m);
    assert.match((await editor.frame.locator('dialog.help').textContent()) ?? '', /op:set {2}op:set,unset/);
    await workbench.page.keyboard.press('F8');
    await editor.active.filter({ hasText: 'a line without =' }).waitFor();
    await editor.row('name1502').first().click();
    await editor.frame.locator('tr[data-field=name]').filter({ hasText: 'name1502' }).waitFor();
    const fields = editor.frame.locator('.fields tbody tr');
    assert.deepEqual(await fields.locator('th').allInnerTexts(), ['name', 'content']);
    await fields.last().hover();
    const marked = editor.frame.locator('.ascii .byte.highlighted');
    await eventually(async () =>
      assert.equal((await marked.allInnerTexts()).join('').replaceAll('\u00a0', ' '), 'value 1502'),
    );
    await screenshotInThemes(workbench, 'inspector-second-format', (rules) =>
      editor.assertAccessible('a file of another format', rules),
    );
    await editor.filter('op:set key:/^name1[12]$/');
    await eventually(async () => assert.equal(await editor.rowCount(), 2));
    const target = path.join(directory, 'lines.csv');
    await editor.exportTo(LINES, target);
    await eventually(async () =>
      assert.match(await readFile(target, 'utf8'), /name11,,value 11,.*\r\n.*name12,,value 12,/),
    );
  });

  it('shows what it has read of a file that cannot be read to its end, and reads on when asked to', async () => {
    const { workbench, directory } = fixture;
    await workbench.openFile(INTERRUPTED);
    const editor = new SegmentEditor(workbench);
    const alert = editor.frame.getByRole('alert').filter({ hasText: 'The file could not be read to its end: EIO' });
    await alert.waitFor();
    await editor.row('name0').first().click();
    await editor.frame.locator('tr[data-field=name]').filter({ hasText: 'name0' }).waitFor();
    assert.ok((await editor.rowCount()) < INTERRUPTED_LINES);
    await editor.button('Try Again').click();
    await alert.waitFor();
    await screenshotInThemes(workbench, 'inspector-unreadable', (rules) =>
      editor.assertAccessible('a file that cannot be read', rules),
    );
    await rm(path.join(directory, OBSTACLE));
    await editor.button('Try Again').click();
    await alert.waitFor({ state: 'hidden' });
    await eventually(async () => assert.equal(await editor.rowCount(), INTERRUPTED_LINES));
  });
});
