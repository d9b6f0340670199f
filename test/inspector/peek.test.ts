// Rows at places that the index has not come to: the same as the index finds, but for their numbers.
import assert from 'node:assert/strict';
import type { LocateTarget } from '../../src/shared/inspectorMessages.ts';
import type { RowDetail } from '../../src/shared/inspectorRows.ts';
import { UNKNOWN_ROW } from '../../src/shared/inspectorRows.ts';
import { SeededRandom } from '../support/seededRandom.ts';
import { openWhole, probe } from './inspectionProbe.ts';
import { falseHeaders, SegmentBuilder, START_MS, segmentOf } from './segmentBuilder.ts';

const MIB = 2 ** 20;

/** What the index says of a place, without what cannot be known before. */
async function indexedAt(subject: ReturnType<typeof probe>, target: LocateTarget): Promise<RowDetail | undefined> {
  const located = await subject.inspection.locate(target, 0);
  const detail = located === undefined ? undefined : await subject.inspection.detail(located);
  if (detail === undefined) return undefined;
  const row = { ...detail.row, row: UNKNOWN_ROW };
  if (row.kind === 'damage') return { ...detail, row };
  const { group: _, ...cells } = row.cells;
  return { ...detail, row: { ...row, cells } };
}

describe('a row that the index has not come to', () => {
  it('is found at any byte: of single records, batches, large values and damage', async () => {
    const random = new SeededRandom(11);
    const builder = new SegmentBuilder();
    for (let index = 0; index < 2500; index++) {
      const value = random.bytes(index % 400 === 9 ? 150_000 : random.below(600));
      if (index % 9 === 4) {
        const members = 1 + random.below(index % 500 === 4 ? 900 : 5);
        builder.batch(
          Array.from({ length: members }, (_, at) => ({ key: `batch/${index}/${at}`, value: 'of a batch' })),
        );
      } else builder.add({ key: `key/${index}`, value });
    }
    const bytes = builder.bytes();
    for (let count = 0; count < 60; count++) {
      const at = 100 + random.below(bytes.length - 2000);
      if (count % 3 === 0) bytes.fill(0, at, at + random.below(1500));
      else bytes[at] = (bytes[at] as number) ^ 1;
    }
    const whole = probe(bytes);
    const { damage } = await openWhole(whole);
    assert.ok(damage.ranges > 8);
    const targets = Array.from({ length: 120 }, (): LocateTarget => {
      const offsetBytes = random.below(bytes.length);
      return { kind: 'offset', offsetBytes };
    });
    targets.push(
      { kind: 'offset', offsetBytes: 0 },
      { kind: 'offset', offsetBytes: 31 },
      { kind: 'offset', offsetBytes: 32 },
      { kind: 'offset', offsetBytes: -1 },
      { kind: 'offset', offsetBytes: bytes.length + 5 },
      { kind: 'percent', percent: 0 },
      { kind: 'percent', percent: 50 },
      { kind: 'percent', percent: 100 },
    );
    const { inspection } = probe(bytes);
    for (const target of targets) {
      assert.deepEqual(await inspection.peek(target), await indexedAt(whole, target), JSON.stringify(target));
    }
  });

  it('is found by its time or sequence number', async () => {
    const bytes = segmentOf(9000, (index) => ({
      key: `key/${index}`,
      value: 'v'.repeat(index % 900 === 1 ? 150_000 : index % 300),
    })).bytes();
    const whole = probe(bytes);
    await openWhole(whole);
    const { inspection } = probe(bytes);
    const targets: LocateTarget[] = [1, 2, 900, 901, 902, 903, 4567, 8998, 9000].flatMap((sequence) => [
      { kind: 'sequence', sequence },
      { kind: 'time', timeMs: START_MS + sequence * 10 - 3 },
    ]);
    for (const target of targets) {
      assert.deepEqual(await inspection.peek(target), await indexedAt(whole, target), JSON.stringify(target));
    }
    assert.equal(await inspection.peek({ kind: 'sequence', sequence: 9001 }), undefined, 'none is so late');
  });

  it('is described in full when its place is known, and not taken for another one', async () => {
    const bytes = segmentOf(9000, (index) => ({ key: `key/${index}`, value: 'v'.repeat(300) })).bytes();
    const whole = probe(bytes);
    await openWhole(whole);
    const last = await whole.inspection.locate({ kind: 'percent', percent: 100 }, 0);
    const offsetBytes = last?.offsetBytes ?? 0;
    const { inspection } = probe(bytes);
    const detail = await inspection.detail({ row: UNKNOWN_ROW, offsetBytes });
    assert.deepEqual(detail, await indexedAt(whole, { kind: 'offset', offsetBytes }));
    assert.equal(await inspection.detail({ row: UNKNOWN_ROW, offsetBytes: offsetBytes - 1 }), undefined);
  });

  it('is not looked for by its number, nor in what no scan can start within', async () => {
    const bytes = segmentOf(100, (index) => ({ key: `key/${index}`, value: 'v' })).bytes();
    assert.equal(await probe(bytes).inspection.peek({ kind: 'row', row: 50 }), undefined);
    const manifest = new TextEncoder().encode('{}');
    const { inspection } = probe(manifest, { fileName: 'MANIFEST' });
    assert.equal(await inspection.peek({ kind: 'percent', percent: 50 }), undefined);
    assert.equal(await probe(new Uint8Array(0)).inspection.peek({ kind: 'percent', percent: 50 }), undefined);
  });

  it('is found in records of megabytes, but not far within one that is too large', async () => {
    const builder = new SegmentBuilder();
    builder.add({ key: 'small', value: 'v' });
    const large = builder.add({ key: 'large', value: new Uint8Array(3 * MIB).fill(7) });
    const huge = builder.add({ key: 'huge', value: new Uint8Array(20 * MIB).fill(7) });
    builder.add({ key: 'last', value: 'v'.repeat(200_000) });
    const bytes = builder.bytes();
    const { inspection } = probe(bytes);
    const startOf = async (target: LocateTarget) => (await inspection.peek(target))?.row.offsetBytes;
    assert.equal(await startOf({ kind: 'offset', offsetBytes: large + 2 * MIB }), large);
    assert.equal(await startOf({ kind: 'offset', offsetBytes: huge + 15 * MIB }), huge);
    assert.equal(await startOf({ kind: 'offset', offsetBytes: huge + 19 * MIB }), undefined);
    const last = await startOf({ kind: 'sequence', sequence: 4 });
    assert.ok(last !== undefined && last > huge, 'the last record, though it is larger than a piece');
    assert.equal(await startOf({ kind: 'sequence', sequence: 2 }), large);
  });

  it('is found before zeros at the end of a file', async () => {
    const bytes = new Uint8Array(80 * MIB);
    const builder = segmentOf(100, (index) => ({ key: `key/${index}`, value: 'v' }));
    bytes.set(builder.bytes());
    const whole = probe(bytes);
    await openWhole(whole);
    const { inspection } = probe(bytes);
    for (const target of [
      { kind: 'time', timeMs: START_MS + 500 },
      { kind: 'sequence', sequence: 100 },
      { kind: 'offset', offsetBytes: 40 },
    ] as const) {
      assert.deepEqual(await inspection.peek(target), await indexedAt(whole, target), target.kind);
    }
    assert.equal(await inspection.peek({ kind: 'percent', percent: 25 }), undefined, 'too far behind the last record');
  });

  it('takes no more memory where a scan begins within bytes that say nothing', async () => {
    const random = new SeededRandom(5);
    const bytes = segmentOf(30_000, (index) => ({ key: `key/${index}`, value: random.bytes(100) })).bytes();
    const { inspection, file } = probe(bytes);
    let largest = 0;
    const read = file.read.bind(file);
    file.read = (target, offsetBytes) => {
      largest = Math.max(largest, target.length);
      return read(target, offsetBytes);
    };
    for (let count = 0; count < 60; count++) {
      const sequence = 1 + random.below(30_000);
      const detail = await inspection.peek({ kind: 'sequence', sequence });
      assert.equal(detail?.row.kind === 'record' && detail.row.cells.sequence, sequence);
    }
    assert.ok(largest <= 0x1_0000, `${largest} bytes at once`);
  });

  it('is given up among what looks like records and is none, and when nobody waits for it any more', async () => {
    const builder = segmentOf(10, (index) => ({ key: `key/${index}`, value: 'v' }));
    const start = builder.raw(falseHeaders(10_000, 4 * MIB));
    builder.raw(new Uint8Array(8 * MIB));
    const { inspection, file } = probe(builder.bytes());
    let readBytes = 0;
    let onRead = () => {};
    const read = file.read.bind(file);
    file.read = (target, offsetBytes) => {
      readBytes += target.length;
      onRead();
      return read(target, offsetBytes);
    };
    assert.equal(await inspection.peek({ kind: 'offset', offsetBytes: start + 100_000 }), undefined);
    assert.ok(readBytes > 60 * MIB && readBytes < 150 * MIB, `${readBytes} bytes`);
    for (const end of [() => inspection.leave(), () => void inspection.peek({ kind: 'row', row: 1 })]) {
      readBytes = 0;
      onRead = () => {
        if (readBytes > 20 * MIB) end();
      };
      assert.equal(await inspection.peek({ kind: 'offset', offsetBytes: start + 100_000 }), undefined);
      assert.ok(readBytes < 30 * MIB, `${readBytes} bytes`);
    }
  });

  it('keeps the number by which a filter knows it', async () => {
    const bytes = segmentOf(9000, (index) => ({ key: `key/${index}`, value: 'v'.repeat(300) })).bytes();
    const { inspection } = probe(bytes);
    const offsetBytes = (await inspection.peek({ kind: 'sequence', sequence: 8000 }))?.row.offsetBytes ?? 0;
    assert.equal((await inspection.detail({ row: 8000, offsetBytes }))?.row.row, 8000);
  });
});
