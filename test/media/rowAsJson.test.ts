import assert from 'node:assert/strict';
import { rowAsJson } from '../../media/inspector/rowAsJson.ts';
import { type RecordField, type RowDetail, UNKNOWN_ROW } from '../../src/shared/inspectorRows.ts';

const KEY = 'k'.repeat(300);
const VALUE = [0xff, 0, 7];

function field(name: string, offsetBytes: number, sizeBytes: number, more: Partial<RecordField>): RecordField {
  return {
    name,
    offsetBytes,
    sizeBytes,
    value: '',
    meaning: '',
    problem: false,
    colourGroup: 0,
    type: 'bytes',
    ...more,
  };
}

describe('a row as JSON', () => {
  const bytes = Uint8Array.from([...new Uint8Array(8), ...new TextEncoder().encode(KEY), ...VALUE]);
  const detail = {
    row: { row: 5, kind: 'record', offsetBytes: 32, sizeBytes: bytes.length },
    fields: [
      field('sequence', 0, 8, { type: 'number', value: '1,234,567' }),
      field('operation', 8, 0, { type: 'number', value: 'put' }),
      field('key', 8, KEY.length, { role: 'key', value: `${KEY.slice(0, 200)}…` }),
      field('value', 8 + KEY.length, VALUE.length, { role: 'value', value: '\\xFF' }),
    ],
    bytes: bytes.subarray(0, 10),
  } as unknown as RowDetail;

  it('has no number where none is known', () => {
    const unnumbered = { ...detail, row: { ...detail.row, row: UNKNOWN_ROW } };
    assert.ok(!('row' in JSON.parse(rowAsJson(unnumbered, bytes))));
  });

  it('has key and value in full, as text or as bytes, and numbers as numbers', () => {
    assert.deepEqual(JSON.parse(rowAsJson(detail, bytes)), {
      row: 5,
      offsetBytes: 32,
      sizeBytes: bytes.length,
      fields: { sequence: 1_234_567, operation: 'put', key: KEY, value: VALUE },
    });
  });

  it('has times and flags as numbers, and what is not a number as it is shown', () => {
    const shown = {
      time: field('time', 0, 8, { type: 'time', value: '1,795,378,471,050' }),
      never: field('never', 0, 8, { type: 'time', value: '0' }),
      flags: field('flags', 0, 1, { type: 'flags', value: '0x02' }),
      checksum: field('checksum', 0, 4, { type: 'checksum', value: '01020304' }),
      words: field('words', 0, 1, { type: 'flags', value: 'in batch' }),
      beyond: field('beyond', 0, 8, { type: 'time', value: '9,007,199,254,740,993' }),
      nothing: field('nothing', 0, 0, { type: 'number', value: '' }),
    };
    assert.deepEqual(JSON.parse(rowAsJson({ ...detail, fields: Object.values(shown) }, bytes)).fields, {
      ...{ time: 1_795_378_471_050, never: 0, flags: 2 },
      ...{ checksum: '01020304', words: 'in batch', beyond: '9,007,199,254,740,993', nothing: '' },
    });
  });

  it('names what was too large to be read', () => {
    const { fields } = JSON.parse(rowAsJson(detail, bytes.subarray(0, -1)));
    assert.deepEqual([fields.key, fields.value], [KEY, { omittedBytes: VALUE.length }]);
  });
});
