import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { exportedMessage } from '../../src/inspector/exportMessage.ts';
import type { ExportFormat } from '../../src/shared/inspectorMessages.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';
import { hintOfSegment } from './hintOfSegment.ts';
import { openWhole, probe } from './inspectionProbe.ts';
import { SegmentBuilder } from './segmentBuilder.ts';

describe('exported lines', () => {
  const temporary = temporaryDirectories();

  /** Of a put with an empty value, of a delete and of a put, without what says where and when they were written. */
  async function exported(format: ExportFormat): Promise<string[]> {
    const builder = new SegmentBuilder();
    for (const value of ['', undefined, 'v']) builder.add({ key: 'k', ...(value === undefined ? {} : { value }) });
    const subject = probe(builder.bytes());
    await openWhole(subject);
    const target = path.join(temporary.make(), 'rows');
    await subject.inspection.exportRows({ view: 0, format, path: target, partialPath: `${target}.partial` });
    return readFileSync(target, 'utf8').trimEnd().split(/\r?\n/);
  }

  it('have a value in JSON where the record has one, be it empty, and none where it deletes', async () => {
    const records = (await exported('jsonl')).map((line): Record<string, unknown> => JSON.parse(line));
    const common = ['row', 'offsetBytes', 'sizeBytes', 'operation', 'sequence', 'time', 'key'];
    assert.deepEqual(
      records.map((record) => [record['operation'], Object.keys(record), record['value']]),
      [
        ['put', [...common, 'value', 'checksum'], ''],
        ['del', [...common, 'checksum'], undefined],
        ['put', [...common, 'value', 'checksum'], 'v'],
      ],
    );
  });

  it('have all columns in CSV, and tell a delete from an empty value by the operation', async () => {
    const [head = '', ...lines] = await exported('csv');
    const columns = head.split(',');
    const records = lines
      .map((line) => line.split(','))
      .map((cells) => {
        assert.equal(cells.length, columns.length);
        return Object.fromEntries(columns.map((column, index) => [column, cells[index]]));
      });
    assert.deepEqual(
      records.map(({ operation, sequence, key, keyBase64, value, valueBase64, valueOmitted }) => ({
        ...{ operation, sequence, key, keyBase64, value, valueBase64, valueOmitted },
      })),
      [
        { operation: 'put', sequence: '1', value: '' },
        { operation: 'del', sequence: '2', value: '' },
        { operation: 'put', sequence: '3', value: 'v' },
      ].map((cells) => ({ ...cells, key: 'k', keyBase64: '', valueBase64: '', valueOmitted: '' })),
    );
  });

  it('have what rows say that only their format understands', async () => {
    const builder = new SegmentBuilder();
    builder.add({ key: 'k', value: 'value' });
    const subject = probe(hintOfSegment(builder.bytes()), { fileName: '000000000007.hint' });
    await openWhole(subject);
    const target = path.join(temporary.make(), 'rows');
    for (const format of ['jsonl', 'csv'] as const) {
      await subject.inspection.exportRows({ view: 0, format, path: target, partialPath: `${target}.partial` });
      assert.match(readFileSync(target, 'utf8'), /at 0x00000020, value 5 bytes/, format);
    }
  });

  it('keep what a spreadsheet takes for a formula, and say of how many records', async () => {
    const builder = new SegmentBuilder();
    const texts = ['=1+1', '+cmd', '-x', '@sum', '\t=1', '-5.5', '+1', 'a=1', ''];
    for (const value of texts) builder.add({ key: 'k', value });
    builder.add({ key: '=key', value: 'v' });
    const subject = probe(builder.bytes());
    await openWhole(subject);
    const target = path.join(temporary.make(), 'rows');
    const exportAs = (format: ExportFormat) =>
      subject.inspection.exportRows({ view: 0, format, path: target, partialPath: `${target}.partial` });
    const result = await exportAs('csv');
    assert.equal(result.formulas, 6);
    for (const text of texts) assert.ok(readFileSync(target, 'utf8').includes(`,k,,${text},,`), text);
    assert.match(
      exportedMessage(result, 'a.csv'),
      /^Exported 10 records to a\.csv\. Of 6 records the key or value begins/,
    );
    assert.equal((await exportAs('jsonl')).formulas, undefined);
  });
});
