import assert from 'node:assert/strict';
import { bytesOfTab } from '../../media/inspector/tabBytes.ts';
import { toFields } from '../../src/inspector/formats/fieldSpans.ts';
import type { InspectorRow, RowDetail } from '../../src/shared/inspectorRows.ts';

const TEXT = { text: '', escaped: false, truncated: false };
const CHECKSUM = { name: 'checksum', at: 0, end: 4, colourGroup: 0, value: '' };
const KEY = { name: 'key', at: 4, end: 10, colourGroup: 1, value: '', role: 'key' } as const;
const VALUE = { name: 'value', at: 10, end: 30, colourGroup: 2, value: '', role: 'value' } as const;
const PUT = { operation: 'put', key: TEXT, value: TEXT };

function detailOf(row: object, ...spans: Parameters<typeof toFields>[0]): RowDetail {
  const fields = toFields(spans);
  const sizeBytes = Math.max(12, ...spans.map(({ end }) => end));
  return { row: { row: 1, offsetBytes: 99, sizeBytes, ...row } as InspectorRow, fields, bytes: new Uint8Array(0) };
}

describe('the bytes that a tab of the detail shows', () => {
  const put = detailOf({ kind: 'record', cells: PUT }, CHECKSUM, KEY, VALUE);
  const empty = detailOf({ kind: 'record', cells: PUT }, CHECKSUM, KEY);
  const deletion = detailOf({ kind: 'record', cells: { operation: 'del', key: TEXT } }, CHECKSUM, KEY);
  const hintEntry = detailOf({ kind: 'record', cells: { operation: 'put', key: TEXT } }, CHECKSUM, KEY);
  const readsValue = ['value', 'text', 'numbers'] as const;

  it('are all of the row in the byte view', () => {
    for (const detail of [put, empty, deletion]) {
      const { sizeBytes } = detail.row;
      const shown = { start: 0, end: sizeBytes, label: `whole row, ${sizeBytes} bytes` };
      assert.deepEqual(bytesOfTab('bytes', detail, undefined), shown);
    }
  });

  for (const tab of readsValue) {
    it(`are those of the value: ${tab}`, () =>
      assert.deepEqual(bytesOfTab(tab, put, undefined), { start: 10, end: 30, label: 'value, 20 bytes' }));

    it(`are none where the value is empty, or there is none: ${tab}`, () => {
      const none = { start: 10, end: 10 };
      const saidOf = (detail: RowDetail) => bytesOfTab(tab, detail, undefined);
      const isEmpty = { ...none, label: 'value, 0 bytes', noneBecause: 'The value is empty.' };
      assert.deepEqual(saidOf(empty), isEmpty);
      assert.deepEqual(saidOf(deletion), { ...none, label: 'no value', noneBecause: 'A delete has no value.' });
      assert.deepEqual(saidOf(hintEntry), { ...none, label: 'no value', noneBecause: 'This row has no value.' });
      // Another format may have a field for it.
      assert.deepEqual(saidOf(detailOf({ kind: 'record', cells: PUT }, KEY, { ...VALUE, end: 10 })), isEmpty);
    });

    it(`are all of a row that has neither key nor value, or is damaged: ${tab}`, () => {
      const header = detailOf({ kind: 'header', cells: { operation: 'header' } }, CHECKSUM);
      const frame = detailOf({ kind: 'record', cells: { operation: 'batch', key: TEXT, value: TEXT } }, CHECKSUM);
      const damage = detailOf({ kind: 'damage', reason: 'torn tail', message: '', cells: PUT }, CHECKSUM, KEY);
      for (const detail of [header, frame, damage])
        assert.match(bytesOfTab(tab, detail, undefined).label, /^whole row, /);
    });
  }

  it('are those that are selected, in every tab', () => {
    for (const tab of ['bytes', ...readsValue] as const) {
      const key = { start: 4, end: 10 };
      assert.deepEqual(bytesOfTab(tab, deletion, key), { ...key, label: 'key, 6 bytes' });
      const part = { start: 5, end: 6 };
      assert.deepEqual(bytesOfTab(tab, put, part), { ...part, label: '+5, 1 byte' });
      const all = { start: 0, end: 30 };
      assert.deepEqual(bytesOfTab(tab, put, all), { ...all, label: 'whole row, 30 bytes' });
    }
  });
});
