// Rows at places that the index has not come to: the same as the index finds, but for their numbers.
import assert from 'node:assert/strict';
import type { LocateTarget } from '../../src/shared/inspectorMessages.ts';
import type { RowDetail } from '../../src/shared/inspectorRows.ts';
import { UNKNOWN_ROW } from '../../src/shared/inspectorRows.ts';
import { SeededRandom } from '../support/seededRandom.ts';
import { openWhole, probe } from './inspectionProbe.ts';
import { SegmentBuilder, START_MS, segmentOf } from './segmentBuilder.ts';

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
  });

  it('is given up where nothing is found for long', async () => {
    const bytes = new Uint8Array(80 * 2 ** 20);
    bytes.set(segmentOf(100, (index) => ({ key: `key/${index}`, value: 'v' })).bytes());
    const { inspection } = probe(bytes);
    assert.equal(await inspection.peek({ kind: 'percent', percent: 25 }), undefined);
    assert.equal(await inspection.peek({ kind: 'time', timeMs: START_MS + 500 }), undefined);
    assert.equal((await inspection.peek({ kind: 'offset', offsetBytes: 40 }))?.row.offsetBytes, 32);
  });
});
