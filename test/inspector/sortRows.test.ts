import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TopRows } from '../../src/inspector/topRows.ts';
import { parseFilter } from '../../src/shared/inspectorFilter.ts';
import type { RecordState } from '../../src/shared/recordState.ts';
import type { RowOrder, SortColumn } from '../../src/shared/rowOrder.ts';
import { openWhole, type Probe, probe } from './inspectionProbe.ts';
import { SegmentBuilder, segmentOf } from './segmentBuilder.ts';

function place(row: number) {
  return { row, offsetBytes: 100 * row, groupStartBytes: -1, groupEndBytes: -1 };
}

/** Row numbers kept, in order. */
function keptOf(rows: TopRows): number[] {
  return Array.from({ length: rows.count }, (_, at) => rows.at(at).row);
}

/** Sorts and returns the row numbers of the whole sorted view. */
async function sorted(subject: Probe, column: SortColumn, descending = false, view = 0): Promise<number[]> {
  const result = await subject.inspection.sort({ view, order: { column, descending } });
  assert.ok(result);
  const { rows } = await subject.inspection.rows({ view: result.view, first: 0, count: 5000 });
  assert.equal(rows.length, Math.min(5000, result.rowCount));
  return rows.map(({ row }) => row);
}

describe('rows kept in an order', () => {
  it('are exactly the first of a stable sort, whatever the numbers and the limit', () => {
    const number = fc.option(fc.integer({ min: -5, max: 20 }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(number, { maxLength: 200 }), fc.integer({ min: 1, max: 30 }), fc.boolean(), (...drawn) => {
        const [values, limit, descending] = drawn;
        const rows = new TopRows(descending, { rows: limit, keyBytes: 1000 });
        for (const [row, value] of values.entries()) rows.add(place(row), value);
        rows.finish();
        const all = [...values.keys()].sort((one, other) => {
          const [first, second] = [values[one], values[other]];
          if (first === undefined || second === undefined) {
            return Number(first === undefined) - Number(second === undefined) || one - other;
          }
          return (descending ? second - first : first - second) || one - other;
        });
        assert.deepEqual(keptOf(rows), all.slice(0, limit));
        assert.equal(rows.offered, values.length);
        for (const [position, row] of keptOf(rows).entries()) assert.equal(rows.positionOf(row), position);
      }),
    );
  });

  it('compare keys byte by byte, and are fewer where keys are long', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 6 }), { maxLength: 120 }), fc.boolean(), (keys, descending) => {
        const rows = new TopRows(descending, { rows: 1000, keyBytes: 24 });
        for (const [row, key] of keys.entries()) rows.add(place(row), key);
        rows.finish();
        const all = [...keys.keys()].sort((one, other) => {
          const difference = Buffer.compare(keys[one] as Uint8Array, keys[other] as Uint8Array);
          return (descending ? -difference : difference) || one - other;
        });
        const kept = keptOf(rows);
        assert.deepEqual(kept, all.slice(0, kept.length));
        const keptBytes = kept.reduce((sum, row) => sum + (keys[row] as Uint8Array).length, 0);
        assert.ok(keptBytes <= 24, `${keptBytes} bytes of keys`);
        if (keys.reduce((sum, key) => sum + key.length, 0) <= 24) assert.equal(kept.length, keys.length);
      }),
    );
  });

  it('of any length are refused without being kept once the limit is reached', () => {
    const rows = new TopRows(false, { rows: 100, keyBytes: 1000 });
    for (let row = 0; row < 100_000; row++) rows.add(place(row), row % 1000);
    rows.finish();
    assert.equal(rows.count, 100);
    assert.deepEqual(
      keptOf(rows),
      Array.from({ length: 100 }, (_, at) => 1000 * at),
    );
  });
});

describe('sorting a segment', () => {
  const builder = new SegmentBuilder();
  builder.add({ key: 'mm', value: 'four', timestampMs: 5000 }); // row 1
  builder.add({ key: 'z', value: 'x'.repeat(3000), timestampMs: 4000, expiryMs: 9000 });
  builder.add({ key: 'mm', timestampMs: 6000 });
  const damaged = builder.add({ key: 'bad', value: 'y'.repeat(100) });
  builder.batch([
    { key: 'aaaaa', value: '', timestampMs: 1000, expiryMs: 8000 },
    { key: Uint8Array.of(0xff), value: 'last', timestampMs: 2000 },
  ]); // rows 5, 6 and 7
  const bytes = builder.bytes();
  bytes[damaged + 60] = (bytes[damaged + 60] as number) ^ 1;
  const states: RecordState[] = ['superseded', 'live', 'tombstone'];
  const subject = probe(bytes, { states: (offsets) => offsets.map((_, at) => states[at] ?? 'unknown') });

  before(() => openWhole(subject));

  // Row 0 is the file header, 4 the damaged record and 5 the batch frame.
  for (const [column, descending, expected] of [
    ['row', true, [7, 6, 5, 4, 3, 2, 1, 0]],
    ['operation', false, [5, 4, 3, 0, 1, 2, 6, 7]],
    ['operation', true, [1, 2, 6, 7, 0, 3, 4, 5]],
    ['sequence', true, [5, 7, 6, 3, 2, 1, 0, 4]],
    ['time', false, [6, 7, 2, 1, 3, 5, 0, 4]],
    ['time', true, [5, 3, 1, 2, 7, 6, 0, 4]],
    ['expiry', false, [6, 2, 0, 1, 3, 4, 5, 7]],
    ['expiry', true, [2, 6, 0, 1, 3, 4, 5, 7]],
    // A delete has no value, so that it has no size either.
    ['valueSize', true, [2, 5, 1, 7, 6, 0, 3, 4]],
    ['keySize', true, [6, 1, 3, 2, 7, 5, 0, 4]],
  ] as const) {
    it(`by ${column}, ${descending ? 'descending' : 'ascending'}`, async () => {
      assert.deepEqual(await sorted(subject, column, descending), expected);
    });
  }

  it('by key orders bytes, with what has no key at the end in both directions', async () => {
    const ascending = await sorted(subject, 'key');
    assert.deepEqual(
      ascending.filter((row) => [1, 2, 3, 6, 7].includes(row)),
      [6, 1, 3, 2, 7],
    );
    const descending = await sorted(subject, 'key', true);
    assert.deepEqual(
      descending.filter((row) => [1, 2, 3, 6, 7].includes(row)),
      [7, 2, 1, 3, 6],
    );
    for (const order of [ascending, descending]) assert.deepEqual(order.slice(-2), [0, 4]);
  });

  it('by size and state, which the store says', async () => {
    const bySize = await sorted(subject, 'size', true);
    assert.deepEqual(bySize.slice(0, 2), [2, 4]);
    const byState = await sorted(subject, 'state');
    assert.equal(byState[0], 4, 'damaged comes first');
    assert.equal(byState.length, 8);
  });

  it('shows the rows as they are in the order of the file, batches included', async () => {
    const result = await subject.inspection.sort({ view: 0, order: { column: 'row', descending: true } });
    assert.ok(result);
    const backwards = await subject.inspection.rows({ view: result.view, first: 0, count: 100 });
    const forwards = await subject.inspection.rows({ view: 0, first: 0, count: 100 });
    assert.deepEqual(backwards.rows.toReversed(), forwards.rows);
    assert.equal(backwards.rowCount, 8);
  });

  it('sorts only what the filter keeps, finds and locates in the sorted rows, and ends with the filter', async () => {
    const { inspection } = subject;
    const parsed = parseFilter('op:put');
    assert.ok(parsed.ok);
    const filtered = subject.filtered();
    const view = await inspection.setFilter(parsed.filter);
    await filtered;
    // Row 4 is damaged, and its header still tells of a put.
    assert.deepEqual(await sorted(subject, 'time', true, view), [1, 2, 7, 6, 4]);
    const result = await inspection.sort({ view, order: { column: 'time', descending: true } });
    assert.ok(result);
    const pattern = { kind: 'text' as const, pattern: 'last', matchCase: true };
    const hit = await inspection.find({ pattern, view: result.view, from: -1, direction: 'next' });
    assert.deepEqual([hit?.position, hit?.row], [2, 7]);
    const back = await inspection.find({ pattern, view: result.view, from: 0, direction: 'previous' });
    assert.deepEqual([back?.position, back?.row, back?.wrapped], [2, 7, true]);
    assert.equal((await inspection.locate({ kind: 'row', row: 6 }, result.view))?.position, 3);
    await inspection.setFilter(undefined);
    await assert.rejects(inspection.rows({ view: result.view, first: 0, count: 1 }), /has changed/);
  });

  it('can be cancelled, and gives way to the next sort', async () => {
    const large = probe(segmentOf(40_000, (index) => ({ key: `k${index}`, value: 'v'.repeat(200) })).bytes());
    await openWhole(large);
    const order: RowOrder = { column: 'size', descending: true };
    const cancelled = large.inspection.sort({ view: 0, order });
    large.inspection.cancelSort();
    assert.equal(await cancelled, undefined);
    const overtaken = large.inspection.sort({ view: 0, order });
    const winner = large.inspection.sort({ view: 0, order: { column: 'row', descending: true } });
    assert.equal(await overtaken, undefined);
    const result = await winner;
    assert.equal(result?.rowCount, 40_001);
    const { rows } = await large.inspection.rows({ view: result.view, first: 0, count: 1 });
    assert.equal(rows[0]?.row, 40_000);
  });
});
