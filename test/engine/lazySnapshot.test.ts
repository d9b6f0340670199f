/** What opening leaves in the snapshot file until it is needed. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Store } from '../../src/engine/store.ts';
import type { StrataErrorCode } from '../../src/engine/strataError.ts';
import { SNAPSHOT_NAME } from '../../src/format/fileName.ts';
import { type DiskCall, type DiskFault, SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes } from '../support/storeModel.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';

const OPTIONS = { ...QUIET_OPTIONS, durability: 'os' } as const;
/** More than one chunk of entries and of keys. */
const KEY_COUNT = 70_000;
const EMPTY = new Uint8Array(0);
const keyOf = (index: number) => keyBytes(`a key that is long enough ${index}`);

class OtherSystemsDisk extends SimulatedDisk {
  override readonly replacesOpenFiles = false;
}

async function filled(): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
  const operations = Array.from({ length: KEY_COUNT }, (_, index) => {
    return { type: 'put', key: keyOf(index), value: EMPTY } as const;
  });
  await store.batch(operations);
  await store.del(keyOf(3));
  assert.equal(store.count(), KEY_COUNT - 1);
  await store.close();
  return disk;
}

/** A fault of the disk: the snapshot cannot be read. */
function unreadable({ kind, path }: DiskCall): DiskFault | undefined {
  return kind === 'read' && path.endsWith(SNAPSHOT_NAME) ? { code: 'EIO' } : undefined;
}

/** A disk that takes its time for each part of the snapshot, longer than a slice of work in the background lasts. */
function slowly(onRead: () => void): (call: DiskCall) => undefined {
  return ({ kind, path }) => {
    if (kind !== 'read' || !path.endsWith(SNAPSHOT_NAME)) return;
    onRead();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  };
}

function hasCode(code: StrataErrorCode) {
  return (error: unknown) => (error as { code?: unknown }).code === code;
}

/** Shorter to compare, and to read where they differ. */
function textsOf(keys: Iterable<Uint8Array>): string[] {
  return Array.from(keys, (key) => new TextDecoder().decode(key));
}

/** Whether it throws an error of that code. */
function throwsCode(run: () => unknown, code: StrataErrorCode): boolean {
  try {
    run();
    return false;
  } catch (error) {
    assert.ok(hasCode(code)(error), String(error));
    return true;
  }
}

describe('A store opened by its snapshot', function () {
  this.timeout(60_000);
  const directories = temporaryDirectories();
  let image: ReturnType<SimulatedDisk['image']>;

  before(async () => {
    image = (await filled()).image();
  });

  const open = (disk = new SimulatedDisk(image)) => Store.open(STORE_DIRECTORY, OPTIONS, disk);

  /** The snapshot that closing has left is believed, and is what the log says. */
  async function assertSnapshotIsSound(disk: SimulatedDisk): Promise<void> {
    const store = await open(disk);
    assert.equal(store.recovery.openedBy, 'snapshot');
    assert.deepEqual((await store.replay()).differences, []);
    await store.close();
  }

  it('holds little of it in memory until it is asked, and then all', async () => {
    const store = await open();
    assert.equal(store.recovery.openedBy, 'snapshot');
    const atFirstBytes = store.stats().keydirBytes;
    assert.equal(store.stats().keyCount, KEY_COUNT - 1);
    let count = 0;
    for (const key of store.keys()) if (store.has(key)) count++;
    assert.equal(count, KEY_COUNT - 1);
    assert.ok(atFirstBytes * 3 < store.stats().keydirBytes * 2, `${atFirstBytes} of ${store.stats().keydirBytes}`);
    await store.close();
  });

  it('holds no more of it in memory for a few keys that expire, and lets go of each when its time is over', async () => {
    const disk = new SimulatedDisk(image);
    let nowMs = 1000;
    const openAt = (ms: number) => {
      nowMs = ms;
      return Store.open(STORE_DIRECTORY, { ...OPTIONS, now: () => nowMs }, disk);
    };
    const expiring = [7, 40_000, 69_000, 69_001];
    const first = await openAt(1000);
    const keyCount = first.stats().keyCount;
    for (const index of expiring) await first.put(keyOf(index), EMPTY, { expiryMs: 5000 + index });
    // One that another key takes the place of, one that is gone for good, one that lives on.
    for (const index of [8, 9, 10]) await first.put(keyOf(index), EMPTY, { expiryMs: 3000 });
    await first.del(keyOf(8));
    await first.put(keyBytes('in the place of another'), EMPTY);
    await first.del(keyOf(9));
    await first.put(keyOf(10), EMPTY);
    await first.close();

    const store = await openAt(1000);
    assert.equal(store.recovery.openedBy, 'snapshot');
    assert.equal(store.nextExpiryMs, 5007);
    const atFirstBytes = store.stats().keydirBytes;
    assert.ok(atFirstBytes < 64 * 1024, `${atFirstBytes} bytes`);
    await store.put(keyOf(69_001), EMPTY);
    nowMs = 5007;
    assert.equal(store.stats().keyCount, keyCount - 2);
    assert.equal(store.has(keyOf(7)), false);
    assert.equal(store.nextExpiryMs, 45_000);
    nowMs = 80_000;
    assert.equal(store.stats().keyCount, keyCount - 4);
    assert.deepEqual(
      expiring.map((index) => store.has(keyOf(index))),
      [false, false, false, true],
    );
    assert.equal(store.nextExpiryMs, Number.POSITIVE_INFINITY);
    const report = await store.replay();
    assert.deepEqual(report.differences, []);
    await store.close();

    // As far as the log tells: an opening by it alone gives the same.
    disk.remove(`${STORE_DIRECTORY}/${SNAPSHOT_NAME}`);
    const byLog = await openAt(80_000);
    assert.equal(byLog.stats().keyCount, keyCount - 4);
    await byLog.close();
  });

  it('finds, changes, adds and deletes keys of parts that were not loaded, and keeps that', async () => {
    const disk = new SimulatedDisk(image);
    const store = await open(disk);
    await store.put(keyOf(KEY_COUNT - 1), Uint8Array.of(1));
    await store.put(keyOf(KEY_COUNT), Uint8Array.of(2));
    await store.put(keyOf(3), Uint8Array.of(3));
    await store.del(keyOf(40_000));
    assert.deepEqual([...store.keys({ gte: keyOf(40_000), limit: 1 })], [keyOf(40_001)]);
    await store.close();
    const again = await open(disk);
    assert.equal(again.recovery.openedBy, 'snapshot');
    assert.deepEqual(again.get(keyOf(KEY_COUNT - 1)), Uint8Array.of(1));
    assert.deepEqual(again.get(keyOf(KEY_COUNT)), Uint8Array.of(2));
    assert.deepEqual(again.get(keyOf(3)), Uint8Array.of(3));
    assert.equal(again.get(keyOf(40_000)), undefined);
    const report = await again.replay();
    assert.deepEqual(report.differences, []);
    await again.close();
  });

  it('is not saved again when nothing has changed', async () => {
    const disk = new SimulatedDisk(image);
    const saved = disk.readFile(`${STORE_DIRECTORY}/${SNAPSHOT_NAME}`);
    let renames = 0;
    disk.fault = ({ kind, path }) => {
      if (kind === 'rename' && path.includes(SNAPSHOT_NAME)) renames++;
      return undefined;
    };
    const store = await open(disk);
    assert.notEqual(store.get(keyOf(1)), undefined);
    await store.close();
    assert.equal(renames, 0);
    assert.deepEqual(disk.readFile(`${STORE_DIRECTORY}/${SNAPSHOT_NAME}`), saved);
    const changed = await open(disk);
    await changed.put(keyOf(1), EMPTY);
    await changed.close();
    assert.equal(renames, 1);
  });

  it('says what to do when a part cannot be read any more, and takes no write that its keydir lacks', async () => {
    const disk = new SimulatedDisk(image);
    const store = await open(disk);
    disk.fault = unreadable;
    const last = keyOf(KEY_COUNT - 1);
    assert.throws(() => store.get(last), hasCode('IO_ERROR'));
    await assert.rejects(store.put(last, Uint8Array.of(1)), hasCode('STORE_FAILED'));
    await assert.rejects(store.put(keyOf(0), Uint8Array.of(1)), hasCode('STORE_FAILED'));
    await store.close().catch(() => undefined);
    disk.fault = undefined;
    assert.equal(disk.openFileCount, 0);
    const again = await open(disk);
    assert.deepEqual(again.get(last), Uint8Array.of(1), 'the write was in the log');
    await again.close();
  });

  it('does not believe a part that is another than when it was opened', async () => {
    const disk = new SimulatedDisk(image);
    const store = await open(disk);
    const file = disk.open(`${STORE_DIRECTORY}/${SNAPSHOT_NAME}`, 'write');
    // In the key area, which comes last.
    file.write(Uint8Array.of(0xff), 0, 1, file.size() - 1000);
    file.close();
    assert.throws(() => [...store.keys()], hasCode('STORE_DAMAGED'));
    await store.close();
    const again = await open(disk);
    assert.deepEqual(again.recovery.ignoredCaches, [{ fileName: SNAPSHOT_NAME, reason: 'bad-file-checksum' }]);
    assert.equal([...again.keys()].length, KEY_COUNT - 1);
    await again.close();
  });

  it('lists all keys in order, and saves them so, whichever read of an ordered read has failed', async () => {
    const added = ['a key between', 'a keyhole'].map(keyBytes);
    const last = keyBytes('the last');
    const kept = Array.from({ length: KEY_COUNT }, (_, index) => keyOf(index)).filter(
      (_, i) => i !== 3 && i !== 40_000,
    );
    const expected = [...kept, ...added].sort(Buffer.compare);
    let failed = true;
    for (let readsBefore = 0; failed; readsBefore++) {
      const disk = new SimulatedDisk(image);
      const store = await open(disk);
      for (const key of added) await store.put(key, EMPTY);
      await store.del(keyOf(40_000));
      let reads = 0;
      disk.fault = (call) => (unreadable(call) !== undefined && reads++ === readsBefore ? { code: 'EIO' } : undefined);
      failed = throwsCode(() => [...store.keys({ limit: 1 })], 'IO_ERROR');
      disk.fault = undefined;
      assert.deepEqual(textsOf(store.keys()), textsOf(expected), `after ${readsBefore} reads`);
      await store.put(last, EMPTY);
      assert.deepEqual(textsOf(store.keys()), textsOf([...expected, last]));
      await store.close();
      const again = await open(disk);
      assert.equal(again.recovery.openedBy, 'snapshot');
      assert.deepEqual(textsOf(again.keys()), textsOf([...expected, last]));
      await again.close();
    }
  });

  it('is ignored and named when it is loaded at once and cannot be read again', async () => {
    const disk = new OtherSystemsDisk(image);
    let reads = 0;
    disk.fault = ({ kind, path }) => {
      if (kind === 'read' && path.endsWith(SNAPSHOT_NAME)) reads++;
      return undefined;
    };
    await (await open(disk)).close();
    disk.fault = (call) => {
      const fault = unreadable(call);
      if (fault !== undefined) reads--;
      return reads === 0 ? fault : undefined;
    };
    const store = await open(disk);
    disk.fault = undefined;
    assert.deepEqual(store.recovery.ignoredCaches, [{ fileName: SNAPSHOT_NAME, reason: 'unreadable' }]);
    assert.equal([...store.keys()].length, KEY_COUNT - 1);
    await store.close();
    assert.equal(disk.openFileCount, 0);
  });

  it('is loaded in full without any call, and then closed', async () => {
    const disk = new SimulatedDisk(image);
    const asked = await open();
    for (const key of asked.keys()) asked.has(key);
    for (const options of [OPTIONS, { ...OPTIONS, readOnly: true }]) {
      const store = await Store.open(STORE_DIRECTORY, options, disk);
      const segmentCount = store.stats().segments.length;
      assert.equal(disk.openFileCount, segmentCount + 1);
      while (disk.openFileCount > segmentCount) await pause(1);
      assert.equal(store.stats().keydirBytes, asked.stats().keydirBytes);
      disk.fault = unreadable;
      assert.equal([...store.keys()].length, KEY_COUNT - 1);
      disk.fault = undefined;
      await store.close();
    }
    await asked.close();
  });

  it('is loaded in the background beside changes of it', async () => {
    const disk = new SimulatedDisk(image);
    const store = await open(disk);
    let steps = 0;
    // So long that each slice loads one part.
    disk.fault = slowly(() => steps++);
    for (let i = 0; steps < 20 && i < KEY_COUNT; i++) {
      await store.put(keyOf(KEY_COUNT + i), EMPTY);
      await store.put(keyOf((i * 7919) % KEY_COUNT), Uint8Array.of(1), { expiryMs: Number.MAX_SAFE_INTEGER });
      await store.del(keyOf(KEY_COUNT - 1 - i));
    }
    disk.fault = undefined;
    await store.compact();
    const report = await store.replay();
    assert.deepEqual(report.differences, []);
    await store.close();
    await assertSnapshotIsSound(disk);
  });

  it('is left alone by the background once the store is being closed', async () => {
    const disk = new SimulatedDisk(image);
    const store = await open(disk);
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    let reads = 0;
    disk.fault = slowly(() => {
      reads++;
      resolve();
    });
    await begun;
    await store.put(keyOf(1), EMPTY);
    // Closing waits for the disk, long enough for many slices.
    let readsWhileWaiting: number | undefined;
    disk.turn = async () => {
      const before = reads;
      await pause(100);
      readsWhileWaiting ??= reads - before;
      disk.fault = undefined;
    };
    await store.close();
    assert.equal(readsWhileWaiting, 0);
    assert.equal(disk.openFileCount, 0);
    disk.turn = undefined;
    await assertSnapshotIsSound(disk);
  });

  it('tells who needs a part that the background could not load, and nobody else', async () => {
    const disk = new SimulatedDisk(image);
    const store = await open(disk);
    const { promise: met, resolve } = Promise.withResolvers<void>();
    disk.fault = (call) => {
      const fault = unreadable(call);
      if (fault !== undefined) resolve();
      return fault;
    };
    await met;
    await pause(1);
    assert.equal(store.stats().keyCount, KEY_COUNT - 1);
    assert.throws(() => store.get(keyOf(1)), hasCode('IO_ERROR'));
    disk.fault = undefined;
    assert.notEqual(store.get(keyOf(1)), undefined, 'it can be read again');
    disk.fault = unreadable;
    await assert.rejects(store.put(keyOf(KEY_COUNT - 1), EMPTY), hasCode('STORE_FAILED'));
    disk.fault = undefined;
    await store.close().catch(() => undefined);
    assert.equal(disk.openFileCount, 0);
  });

  it('keeps no process alive to be loaded', () => {
    const directory = path.join(directories.make(), 'store');
    const script = `
      import { Store } from ${JSON.stringify(new URL('../../src/engine/store.ts', import.meta.url).href)};
      const [, directory, keyCount] = process.argv;
      const store = await Store.open(directory, { compaction: 'manual' });
      const key = (i) => Buffer.from('a key that is long enough ' + i);
      const operations = Array.from({ length: keyCount }, (_, i) => ({ type: 'put', key: key(i), value: Buffer.alloc(0) }));
      if (keyCount > 0) await store.batch(operations).then(() => store.close());
      else process.on('exit', () => console.log(store.recovery.openedBy, store.stats().keydirBytes));`;
    const run = (keyCount: number) =>
      execFileSync(process.execPath, ['--input-type=module', '--eval', script, directory, String(keyCount)], {
        encoding: 'utf8',
        timeout: 30_000,
      });
    run(KEY_COUNT);
    const [openedBy, bytes] = run(0).split(' ');
    assert.equal(openedBy, 'snapshot');
    assert.ok(Number(bytes) < KEY_COUNT, `${bytes} bytes were loaded before the process ended`);
  });

  it('loads all of it at once where an open file cannot be replaced', async () => {
    const disk = new OtherSystemsDisk(image);
    const store = await open(disk);
    assert.equal(disk.openFileCount, store.stats().segments.length);
    disk.fault = unreadable;
    assert.equal([...store.keys()].length, KEY_COUNT - 1);
    await store.put(keyOf(3), EMPTY);
    disk.fault = undefined;
    await store.close();
  });
});
