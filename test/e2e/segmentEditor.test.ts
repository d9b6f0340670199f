import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type IndependentRecord, readSegmentIndependently } from '../support/independentScan.ts';
import { eventually } from './eventually.ts';
import { copySample } from './sampleCopy.ts';
import { SegmentEditor } from './segmentEditor.ts';
import { workbenchFixture } from './workbenchFixture.ts';

const PUT = 1;
const soundSegment = { id: 2, name: '000000000002.seg' };
const damagedSegment = { id: 3, name: '000000000003.seg' };

describe('segment editor', () => {
  let victim: IndependentRecord;
  let successor: IndependentRecord;
  let damagedRecordCount: number;

  const fixture = workbenchFixture(async (directory) => {
    await copySample(directory);
    const store = path.join(directory, 'cities');
    const records = [...readSegmentIndependently(store, damagedSegment.id)];
    const index = records.findIndex(({ operation }, at) => operation === PUT && at > records.length / 2);
    victim = records[index] as IndependentRecord;
    successor = records[index + 1] as IndependentRecord;
    damagedRecordCount = records.length;
    flipOneBit(path.join(store, damagedSegment.name), victim.offsetBytes + victim.sizeBytes - 1);
  });

  it('shows every record of a segment, with its offset and checksum', async () => {
    const { workbench, directory } = fixture;
    const records = [...readSegmentIndependently(path.join(directory, 'cities'), soundSegment.id)];
    await workbench.openFile(soundSegment.name);
    const editor = new SegmentEditor(workbench);
    await eventually(async () => assert.equal(await editor.count('records'), records.length));
    await eventually(async () => assert.equal(await editor.fact('damage').innerText(), 'none'));
    const shown = await editor.visibleRows();
    const [header, first, second] = shown;
    assert.equal(header?.['Op'], 'header');
    assert.equal(Number(first?.['Offset']), records[0]?.offsetBytes);
    assert.equal(second?.['Key'], utf8(records[1]?.key));
    assert.equal(Number(second?.['Size']), records[1]?.sizeBytes);
    assert.match(second?.['Stored'] ?? '', /^[0-9A-F]{8}$/);
    assert.ok(second?.['Computed']?.endsWith(second['Stored'] ?? ''), 'the computed checksum is the stored one');
    await workbench.screenshot('segment-editor-sound');
    // VS Code shows a webview only once it has all that it names.
    const page = ['inspector.css', 'inspector.js'].map((name) => ({ name, status: 200 }));
    assert.deepEqual(await loadedFiles(editor), page);

    // Loads the compiler of regular expressions, a file of its own.
    await editor.filter('key:/(/');
    await editor.frame.locator('.filter-problem').filter({ hasText: 'not a regular expression' }).waitFor();
    // Where the webview cannot load it, the scan says the same.
    assert.deepEqual(await loadedFiles(editor), [...page, { name: 'regularExpression.js', status: 200 }]);
    await editor.filter('');

    // The focus that the palette gave back when it closed arrives when the next input box has it already.
    await workbench.page.keyboard.press('F1');
    await workbench.quickInputText();
    await editor.grid.evaluate(() => window.dispatchEvent(new Event('focus')));
    await workbench.page.keyboard.type('Strata: Co');
    await eventually(async () => assert.match(await workbench.quickInputText(), /Strata: Compact/));
    await workbench.dismissQuickInput();
  });

  it('marks exactly the record with a flipped bit, and shows all others', async () => {
    const { workbench, directory } = fixture;
    const file = path.join(directory, 'cities', damagedSegment.name);
    const before = readFileSync(file);
    await workbench.openFile(damagedSegment.name);
    const editor = new SegmentEditor(workbench);
    await eventually(async () => assert.equal(await editor.count('records'), damagedRecordCount - 1));
    assert.match(await editor.fact('damage').innerText(), /^1\b/);

    await workbench.runCommand('Strata: Go to Next Damage');
    const mark = `0x${victim.offsetBytes.toString(16).toUpperCase().padStart(8, '0')}`;
    await editor.row(mark).waitFor();
    const rows = await editor.visibleRows();
    const at = rows.findIndex((row) => row['Offset'] === mark);
    assert.equal(Number(rows[at]?.['Size']), victim.sizeBytes);
    assert.equal(Number(rows[at + 1]?.['Offset']), successor.offsetBytes);
    assert.equal(rows[at + 1]?.['Key'], utf8(successor.key));
    await workbench.screenshot('segment-editor');

    await editor.filter('op:damage');
    await editor.row(mark).waitFor();
    await eventually(async () => assert.equal(await editor.rowCount(), 1));
    assert.deepEqual(readFileSync(file), before, 'opening a file never changes it');
  });
});

function flipOneBit(file: string, offsetBytes: number): void {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(offsetBytes) ^ 1, offsetBytes);
  writeFileSync(file, bytes);
}

function utf8(latin1: string | undefined): string {
  return Buffer.from(latin1 ?? '', 'latin1').toString('utf8');
}

/** What the page has loaded besides itself. */
async function loadedFiles(editor: SegmentEditor): Promise<{ readonly name: string; readonly status: number }[]> {
  return editor.frame.locator('body').evaluate(() => {
    const loaded = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
    return loaded.map(({ name, responseStatus }) => ({ name: name.replace(/.*\//, ''), status: responseStatus }));
  });
}
