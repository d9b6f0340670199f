/**
 * The system tells an error of writing pages back to one sync of a file and not to the next, though the pages are gone:
 * after a failed sync nothing counts as durable any more, whatever another sync says.
 */

import assert from 'node:assert/strict';
import { Store } from '../../src/engine/store.ts';
import { SNAPSHOT_NAME } from '../../src/format/fileName.ts';
import { hardestCrash } from '../support/crashStates.ts';
import { settled } from '../support/settled.ts';
import { type DiskCall, SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes } from '../support/storeModel.ts';

const VALUE = new Uint8Array(40);
/** Two records of `VALUE` fill a segment. */
const SMALL_SEGMENTS = { ...QUIET_OPTIONS, maxBlockingSyncMs: 0, maxSegmentSizeBytes: 200 } as const;

const isSyncOf =
  (fileName: string) =>
  ({ kind, path }: DiskCall) =>
    kind === 'sync' && path.endsWith(fileName);

/** Syncs that wait until they are let go, in any order. */
class HeldSyncs {
  readonly #waiting: (() => void)[] = [];

  constructor(disk: SimulatedDisk, isHeld: (call: DiskCall) => boolean) {
    disk.turn = (call) =>
      isHeld(call) ? new Promise<void>((resolve) => void this.#waiting.push(resolve)) : Promise.resolve();
  }

  get count(): number {
    return this.#waiting.length;
  }

  letGo(index = 0): void {
    this.#waiting.splice(index, 1)[0]?.();
  }
}

async function aFewTurns(): Promise<void> {
  for (let i = 0; i < 40; i++) await new Promise((resolve) => setImmediate(resolve));
}

const outcomeOf = (write: Promise<void>): Promise<string> =>
  write.then(
    () => 'resolved',
    (error: { readonly code: string }) => error.code,
  );

/** What is there after a crash that keeps nothing that was not synced. */
function afterCrash(disk: SimulatedDisk): Promise<Store> {
  return Store.open(STORE_DIRECTORY, QUIET_OPTIONS, new SimulatedDisk(hardestCrash(disk.freeze()).image));
}

describe('A failed sync', () => {
  for (const failing of [1, 2]) {
    it(`lets no write resolve whose own sync, beside it, succeeds (sync ${failing})`, async () => {
      const disk = new SimulatedDisk();
      const options = { ...QUIET_OPTIONS, durability: 'fsync', writeSerialization: 'lock' } as const;
      const store = await Store.open(STORE_DIRECTORY, options, disk);
      await store.put(keyBytes('first'), VALUE);
      const held = new HeldSyncs(disk, isSyncOf('.seg'));
      let syncs = 0;
      disk.fault = (call) => (isSyncOf('.seg')(call) && syncs++ === failing ? { code: 'EIO' } : undefined);
      const a = outcomeOf(store.put(keyBytes('a'), VALUE));
      const synced = outcomeOf(store.sync());
      const b = outcomeOf(store.put(keyBytes('b'), VALUE));
      await aFewTurns();
      held.letGo();
      await aFewTurns();
      // The one that was begun last ends first, where there are several.
      while (held.count > 0) {
        held.letGo(held.count - 1);
        await aFewTurns();
      }
      assert.equal(await a, 'resolved');
      const outcomes = [await synced, await b];
      assert.equal(outcomes.includes('STORE_FAILED'), syncs > failing);
      await store.close().catch(() => undefined);
      const recovered = await afterCrash(disk);
      assert.ok(recovered.has(keyBytes('a')));
      assert.ok(outcomes[1] !== 'resolved' || recovered.has(keyBytes('b')), 'what was acknowledged is there');
      await recovered.close();
    });
  }

  it('of the interval seals no segment that a sync beside it takes for durable', async () => {
    const disk = new SimulatedDisk();
    const store = await Store.open(STORE_DIRECTORY, { ...SMALL_SEGMENTS, durability: { intervalMs: 5 } }, disk);
    const first = isSyncOf('000000000001.seg');
    const held = new HeldSyncs(disk, first);
    let syncs = 0;
    disk.fault = (call) => (first(call) && syncs++ === 0 ? { code: 'EIO' } : undefined);
    for (const key of ['1', '2']) await store.put(keyBytes(key), VALUE);
    await settled(() => held.count > 0);
    const third = outcomeOf(store.put(keyBytes('3'), VALUE));
    await aFewTurns();
    while (held.count > 0) {
      held.letGo();
      await aFewTurns();
    }
    assert.equal(await third, 'STORE_FAILED');
    disk.turn = undefined;
    await store.close().catch(() => undefined);
    const recovered = await afterCrash(disk);
    assert.deepEqual([...recovered.keys()], []);
    await recovered.close();
  });

  it('of the keydir’s saving seals no segment that a sync beside it takes for durable', async () => {
    const disk = new SimulatedDisk();
    const options = { ...SMALL_SEGMENTS, durability: 'os', snapshotIntervalMs: 20 } as const;
    const store = await Store.open(STORE_DIRECTORY, options, disk);
    const first = isSyncOf('000000000001.seg');
    const held = new HeldSyncs(disk, first);
    let syncs = 0;
    disk.fault = (call) => (first(call) && syncs++ === 1 ? { code: 'EIO' } : undefined);
    for (const key of ['1', '2', '3']) await store.put(keyBytes(key), VALUE);
    await settled(() => held.count > 0);
    // The keydir would be saved several times.
    await new Promise((resolve) => setTimeout(resolve, 100));
    held.letGo();
    await aFewTurns();
    disk.fault = undefined;
    await store.close().catch(() => undefined);
    const recovered = await afterCrash(disk);
    assert.deepEqual(recovered.recovery.damage, []);
    await recovered.close();
  });

  it('keeps the keydir from being saved, also when its turn comes later', async () => {
    const disk = new SimulatedDisk();
    const store = await Store.open(
      STORE_DIRECTORY,
      { ...QUIET_OPTIONS, maxBlockingSyncMs: 0, durability: 'os', snapshotIntervalMs: 20 },
      disk,
    );
    for (const key of ['old', 'old']) await store.put(keyBytes(key), VALUE);
    const second = isSyncOf('000000000002.seg');
    const held = new HeldSyncs(disk, (call) => second(call) || isSyncOf('.hint.tmp')(call));
    // It begins the second segment, and then waits for the disk.
    const compaction = store.compact().catch(() => undefined);
    await settled(() => held.count > 0);
    await store.put(keyBytes('a'), VALUE);
    let syncs = 0;
    disk.fault = (call) => (second(call) && syncs++ === 0 ? { code: 'EIO' } : undefined);
    const synced = outcomeOf(store.sync());
    await aFewTurns();
    await store.put(keyBytes('b'), VALUE);
    // Its timer fires; its turn comes after the compaction.
    await new Promise((resolve) => setTimeout(resolve, 60));
    while (held.count > 0) {
      held.letGo(held.count - 1);
      await aFewTurns();
    }
    assert.equal(await synced, 'STORE_FAILED');
    disk.turn = undefined;
    await compaction;
    await aFewTurns();
    assert.equal(disk.fileSize(`${STORE_DIRECTORY}/${SNAPSHOT_NAME}`), undefined);
    await store.close().catch(() => undefined);
    const recovered = await afterCrash(disk);
    for (const key of recovered.keys()) assert.deepEqual(recovered.get(key), VALUE);
    await recovered.close();
  });
});
