/** What an open store keeps in memory, and rewrites on disk, does not grow with what is over. */

import assert from 'node:assert/strict';
import { ExpiryQueue } from '../../src/engine/expiryQueue.ts';
import { Store } from '../../src/engine/store.ts';
import { hardestCrash } from '../support/crashStates.ts';
import { SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes } from '../support/storeModel.ts';

describe('The expiry queue', () => {
  it('does not grow with times to live of records that were overwritten', () => {
    const latest = new Map<number, number>();
    const queue = new ExpiryQueue((entry, sequence) => latest.get(entry) === sequence);
    for (let i = 0; i < 100_000; i++) {
      const entry = i % 100;
      latest.set(entry, i);
      queue.add(1_000_000 - i, entry, i);
    }
    assert.ok(queue.size < 1000, `${queue.size} items`);
    const popped: number[] = [];
    while (queue.soonestMs <= 1_000_000) {
      queue.pop((entry, sequence) => {
        if (latest.get(entry) === sequence) popped.push(entry);
      });
    }
    assert.deepEqual(
      popped,
      Array.from({ length: 100 }, (_, i) => 99 - i),
    );
  });
});

describe('Compaction by policy', () => {
  /** Looks for something to compact all the time. */
  const openCompacting = () =>
    Store.open(
      STORE_DIRECTORY,
      { ...QUIET_OPTIONS, durability: 'os', maxSegmentSizeBytes: 4096, compaction: { checkIntervalMs: 1 } },
      new SimulatedDisk(),
    );

  it('does not rewrite a store of small segments again and again', async () => {
    const store = await openCompacting();
    for (let i = 0; i < 400; i++) await store.put(keyBytes(`key ${i}`), new Uint8Array(400));
    await store.sync();
    const before = store.stats().segments.map(({ segmentId }) => segmentId);
    assert.ok(before.length > 30);
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.deepEqual(
      store.stats().segments.map(({ segmentId }) => segmentId),
      before,
    );
    await store.close();
  });

  it('rewrites tombstones that an older segment needs once, and drops them when that one is gone', async () => {
    const store = await openCompacting();
    const put = async (from: number, to: number) => {
      for (let i = from; i < to; i++) await store.put(keyBytes(`key ${i}`), new Uint8Array(400));
    };
    const settled = async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return store.stats().segments.map(({ segmentId }) => segmentId);
    };
    // Two full segments, and one whose only needed records are two tombstones for the first of them.
    await put(10, 29);
    await store.del(keyBytes('key 10'));
    await store.del(keyBytes('key 11'));
    await put(30, 38);
    await put(28, 60);
    const before = await settled();
    const ofTombstones = store.stats().segments.filter(({ tombstoneCount }) => tombstoneCount > 0);
    assert.deepEqual(
      ofTombstones.map(({ recordCount, tombstoneCount }) => [recordCount, tombstoneCount]),
      [[2, 2]],
    );
    assert.deepEqual(await settled(), before);
    for (let i = 12; i < 28; i++) await store.del(keyBytes(`key ${i}`));
    await put(60, 90);
    const after = await settled();
    assert.ok(!after.includes(ofTombstones[0]?.segmentId ?? 0), 'what needed them is gone');
    assert.deepEqual(await settled(), after);
    await store.close();
  });
});

describe('The keydir snapshot', () => {
  it('is saved again by itself after a compaction, which has no sequence number of its own', async () => {
    const disk = new SimulatedDisk();
    const store = await Store.open(STORE_DIRECTORY, { ...QUIET_OPTIONS, snapshotIntervalMs: 5 }, disk);
    for (let i = 0; i < 20; i++) await store.put(keyBytes(`key ${i % 10}`), new Uint8Array(10));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await store.compact();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const crashed = await Store.open(
      STORE_DIRECTORY,
      QUIET_OPTIONS,
      new SimulatedDisk(hardestCrash(disk.freeze()).image),
    );
    assert.deepEqual(crashed.recovery.ignoredCaches, []);
    assert.equal(crashed.recovery.openedBy, 'snapshot');
    assert.equal(crashed.stats().keyCount, 10);
    await crashed.close();
    await store.close();
  });
});
