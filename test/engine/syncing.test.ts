/** `sync` and compaction while segments are begun and sealed beside them. */

import assert from 'node:assert/strict';
import type { OpenMode, StorageFile } from '../../src/engine/storage.ts';
import { Store } from '../../src/engine/store.ts';
import { StrataError } from '../../src/engine/strataError.ts';
import { hardestCrash } from '../support/crashStates.ts';
import { SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes } from '../support/storeModel.ts';

const VALUE = new Uint8Array(40);
/** Two records of `VALUE` fill a segment. */
const OPTIONS = { ...QUIET_OPTIONS, durability: 'os', maxSegmentSizeBytes: 200 } as const;

interface Gate {
  open(): void;
}

/** Syncs of this file wait until the gate is opened. */
function holdSyncsOf(disk: SimulatedDisk, fileName: string, others?: SimulatedDisk['turn']): Gate {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  disk.turn = async (call) => {
    if (call.kind === 'sync' && call.path.endsWith(fileName)) await opened;
    else await others?.(call);
  };
  return { open };
}

const aFewTurns = async () => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe('sync beside the beginning of new segments', () => {
  it('does not resolve before the segment is durable that ended meanwhile', async () => {
    const disk = new SimulatedDisk();
    const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
    let first: Gate | undefined;
    const second = holdSyncsOf(disk, '000000000002.seg', (call) => {
      if (call.kind !== 'sync' || !call.path.endsWith('000000000001.seg')) return Promise.resolve();
      return new Promise((resolve) => {
        first = { open: resolve };
      });
    });
    for (const key of ['1', '2', 'in the second segment']) await store.put(keyBytes(key), VALUE);
    let isSynced = false;
    const synced = store.sync().then(() => {
      isSynced = true;
    });
    for (const key of ['4', '5', '6', '7']) await store.put(keyBytes(key), VALUE);
    assert.ok(first !== undefined, 'the first segment is being sealed');
    first.open();
    await aFewTurns();
    assert.equal(isSynced, false, 'the second segment is not durable yet');
    second.open();
    await synced;
    const after = new SimulatedDisk(hardestCrash(disk.freeze()).image);
    const recovered = await Store.open(STORE_DIRECTORY, OPTIONS, after);
    for (const key of ['1', '2', 'in the second segment']) assert.deepEqual(recovered.get(keyBytes(key)), VALUE, key);
    await recovered.close();
    await store.close();
  });
});

/** Keeps nothing of a segment but its header, and takes its time for a sync. */
class SlowSink extends SimulatedDisk {
  override open(path: string, mode: OpenMode): StorageFile {
    const file = super.open(path, mode);
    if (!path.endsWith('.seg')) return file;
    const write = file.write.bind(file);
    file.write = (source, start, length, position) =>
      position === 0 ? write(source, start, length, position) : length;
    file.sync = () => new Promise((resolve) => setTimeout(resolve, 5));
    return file;
  }
}

describe('sync beside more writes than there is room for', () => {
  it('resolves, though others always wait', async () => {
    const options = { ...QUIET_OPTIONS, durability: 'fsync', maxSegmentSizeBytes: 2 ** 31 } as const;
    const store = await Store.open(STORE_DIRECTORY, options, new SlowSink());
    // Together more than the queue holds.
    const value = new Uint8Array(9 * 1024 * 1024);
    let isSynced = false;
    let puts = 0;
    const clients = Array.from({ length: 12 }, async (_, client) => {
      for (; !isSynced && puts < 200; puts++) await store.put(keyBytes(`key ${client}`), value);
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const putsBefore = puts;
    await store.sync();
    isSynced = true;
    assert.ok(puts - putsBefore < 60, `${puts - putsBefore} puts came before`);
    await Promise.all(clients);
    await store.close().catch(() => undefined);
  }).timeout(30_000);
});

describe('a compaction that cannot read a segment', () => {
  it('loses nothing, at every read that fails', async () => {
    let failures = 0;
    for (let nth = 0; ; nth++) {
      const disk = new SimulatedDisk();
      const store = await Store.open(STORE_DIRECTORY, { ...OPTIONS, durability: 'fsync' }, disk);
      for (const key of ['a', 'b', 'c', 'd', 'a', 'c']) await store.put(keyBytes(key), VALUE);
      let reads = 0;
      disk.fault = ({ kind }) => (kind === 'read' && reads++ === nth ? { code: 'EIO' } : undefined);
      const failed = await store.compact().then(
        () => false,
        (error: unknown) => error instanceof StrataError,
      );
      if (failed) failures++;
      disk.fault = undefined;
      for (const key of ['a', 'b', 'c', 'd']) assert.deepEqual(store.get(keyBytes(key)), VALUE, `${key}, read ${nth}`);
      await store.close().catch(() => undefined);
      const again = await Store.open(STORE_DIRECTORY, OPTIONS, new SimulatedDisk(disk.image()));
      assert.equal(again.stats().keyCount, 4, `read ${nth}`);
      for (const key of ['a', 'b', 'c', 'd']) assert.deepEqual(again.get(keyBytes(key)), VALUE, `${key}, read ${nth}`);
      await again.close();
      if (reads <= nth) break;
    }
    // Each of the three segments that it rewrites; what it writes is not read again.
    assert.equal(failures, 3);
  });
});
