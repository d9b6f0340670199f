/** Opening and closing when something goes wrong: no descriptor and no lock stays behind, and errors are typed. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Store } from '../../src/engine/store.ts';
import { StrataError, type StrataErrorCode } from '../../src/engine/strataError.ts';
import { hardestCrash } from '../support/crashStates.ts';
import { type DiskImage, SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes } from '../support/storeModel.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';

const VALUE = new Uint8Array(40);
const OPTIONS = { ...QUIET_OPTIONS, maxSegmentSizeBytes: 200, durability: 'os' } as const;

async function filled(): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
  for (const key of ['a', 'b', 'c', 'd', 'e']) await store.put(keyBytes(key), VALUE);
  await store.close();
  return disk;
}

const withCode = (code: StrataErrorCode) => (error: unknown) => error instanceof StrataError && error.code === code;

describe('Opening a store', () => {
  it('that may not exist, but does, leaves no descriptor open', async () => {
    const disk = await filled();
    await assert.rejects(
      Store.open(STORE_DIRECTORY, { ...OPTIONS, errorIfExists: true }, disk),
      withCode('STORE_EXISTS'),
    );
    assert.equal(disk.openFileCount, 0);
  });

  it('says which call failed, gives the lock back and closes every file, at every call', async () => {
    const image = (await filled()).image();
    for (let nth = 0; ; nth++) {
      const disk = new SimulatedDisk(image);
      const start = disk.callCount;
      disk.fault = ({ index, kind }) => (index - start === nth && kind !== 'close' ? { code: 'EACCES' } : undefined);
      const opened = await Store.open(STORE_DIRECTORY, OPTIONS, disk).catch((error: unknown) => {
        assert.ok(withCode('PERMISSION_DENIED')(error) || withCode('STORE_DAMAGED')(error), `call ${nth}: ${error}`);
      });
      const calls = disk.callCount - start;
      disk.fault = undefined;
      await opened?.close();
      assert.equal(disk.openFileCount, 0, `call ${nth}`);
      await (await Store.open(STORE_DIRECTORY, OPTIONS, disk)).close();
      if (nth >= calls) break;
    }
  });
});

describe('Opening a store after a clean close', () => {
  it('writes no segment and no manifest, and syncs no more than the directory', async () => {
    const disk = await filled();
    const files = (image: DiskImage) =>
      [...(image.get(STORE_DIRECTORY) ?? [])].filter(([name]) => /^MANIFEST$|\.seg$/.test(name));
    const before = files(disk.image());
    const writing: string[] = [];
    disk.onChange = ({ kind, path }) => {
      const name = path.slice(path.lastIndexOf('/') + 1);
      if (!/lock/i.test(name)) writing.push(`${kind} ${name}`);
    };
    const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
    disk.onChange = undefined;
    assert.deepEqual(writing, ['syncDirectory store']);
    assert.deepEqual(files(disk.image()), before);
    await store.put(keyBytes('f'), VALUE);
    await store.close();
    assert.ok((await Store.open(STORE_DIRECTORY, OPTIONS, disk)).get(keyBytes('f')));
  });
});

describe('Closing a store', () => {
  it('gives the lock back though a file cannot be closed', async () => {
    const disk = await filled();
    const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
    disk.fault = ({ kind, path }) => (kind === 'close' && path.endsWith('2.seg') ? { code: 'EIO' } : undefined);
    await store.close().catch(() => undefined);
    disk.fault = undefined;
    assert.equal(disk.openFileCount, 0);
    await (await Store.open(STORE_DIRECTORY, OPTIONS, disk)).close();
  });

  it('a second time waits until it is closed', async () => {
    const disk = await filled();
    const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
    await store.put(keyBytes('f'), VALUE);
    void store.close();
    await store.close();
    assert.equal(disk.openFileCount, 0);
    await (await Store.open(STORE_DIRECTORY, OPTIONS, disk)).close();
  });

  for (const [fileName, why] of [
    ['KEYDIR', 'which is a cache'],
    ['MANIFEST', 'without which more of the log is read'],
  ] as const) {
    it(`succeeds without room for a new ${fileName}, ${why}, and leaves no part of it`, async () => {
      const disk = await filled();
      const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
      await store.put(keyBytes('f'), VALUE);
      disk.fault = ({ kind, path }) =>
        kind === 'write' && path.includes(fileName) ? { code: 'ENOSPC', after: 10 } : undefined;
      await store.close();
      disk.fault = undefined;
      assert.deepEqual(
        disk.list(STORE_DIRECTORY)?.filter((name) => name.endsWith('.tmp')),
        [],
      );
      // A crash after that loses nothing either.
      const again = await Store.open(STORE_DIRECTORY, OPTIONS, new SimulatedDisk(hardestCrash(disk.freeze()).image));
      assert.deepEqual(again.get(keyBytes('f')), VALUE);
      assert.deepEqual(again.recovery.damage, []);
      await again.close();
    });
  }

  it('ends its iterators and snapshots with STORE_CLOSED', async () => {
    const store = await Store.open(STORE_DIRECTORY, OPTIONS, await filled());
    const snapshot = store.snapshot();
    const iterators = [store.keys(), store.entries(), snapshot.entries(), store.exportLines()];
    for (const iterator of iterators) assert.equal(iterator.next().done, false);
    await store.close();
    for (const iterator of iterators) assert.throws(() => iterator.next(), withCode('STORE_CLOSED'));
    assert.throws(() => snapshot.get(keyBytes('a')), withCode('STORE_CLOSED'));
    assert.throws(() => snapshot.keys(), withCode('STORE_CLOSED'));
    snapshot.close();
  });
});

describe('Closing when files were deleted meanwhile', function () {
  this.timeout(0);
  const directories = temporaryDirectories();

  async function opened(): Promise<{ directory: string; store: Store }> {
    const directory = path.join(directories.make(), 'store');
    const store = await Store.open(directory, { compaction: 'manual', maxSegmentSizeBytes: 200 });
    for (let i = 0; i < 9; i++) await store.put(keyBytes(String(i)), new Uint8Array(50));
    return { directory, store };
  }

  it('rejects, says what was lost, and makes nothing anew when the directory is gone', async () => {
    const { directory, store } = await opened();
    rmSync(directory, { recursive: true });
    await assert.rejects(store.close(), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'FILES_GONE');
      assert.match(error.message, /^All files of the store .* are gone: .* 9 of its 9 keys/);
      return true;
    });
    assert.equal(existsSync(directory), false);
    await assert.rejects(store.close(), withCode('FILES_GONE'));
    assert.throws(() => store.get(keyBytes('1')), withCode('STORE_CLOSED'));
  });

  it('names the segments that are gone, and leaves the others as they are', async () => {
    const { directory, store } = await opened();
    const [first] = store.stats().segments;
    assert.ok(first);
    rmSync(path.join(directory, first.fileName));
    const message = new RegExp(`^1 of the [2-9] segment files .*${first.fileName}.* ${first.liveCount} of its 9 keys`);
    await assert.rejects(store.close(), { code: 'FILES_GONE', message });
    assert.ok(!readdirSync(directory).includes('LOCK'), 'the lock is given back');
  });

  it('rejects as well when another store has been made in its place', async () => {
    const { directory, store } = await opened();
    rmSync(directory, { recursive: true });
    const other = await Store.open(directory, { compaction: 'manual' });
    await assert.rejects(store.close(), withCode('FILES_GONE'));
    await other.put(keyBytes('of the other'), VALUE);
    await other.close();
    const again = await Store.open(directory, { compaction: 'manual' });
    assert.deepEqual(again.get(keyBytes('of the other')), VALUE);
    await again.close();
  });
});

describe('A listener that throws', () => {
  it('makes no write, read or compaction fail', async () => {
    let nowMs = 1_000;
    const store = await Store.open(STORE_DIRECTORY, { ...OPTIONS, now: () => nowMs }, await filled());
    const thrown: unknown[] = [];
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => thrown.push(error));
    try {
      store.onChange(() => {
        throw new Error('of the listener');
      });
      for (const key of ['f', 'g', 'h']) await store.put(keyBytes(key), VALUE, { ttlMs: 5 });
      nowMs += 10;
      assert.equal(store.get(keyBytes('f')), undefined);
      await store.compact();
      await store.close();
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of others) process.on('uncaughtException', listener);
    }
    assert.ok(thrown.length >= 5 && thrown.every((error) => (error as Error).message === 'of the listener'));
  });
});

describe('Options that make no sense', () => {
  const directories = temporaryDirectories();
  const wrong: readonly object[] = [
    { writeSerialization: 'none' },
    { compaction: 'auto' },
    { compaction: { triggerDeadShare: -1 } },
    { compaction: { includeSmallerThanBytes: Number.NaN } },
    { compaction: { hours: { from: 1, to: 99 } } },
    { maxSegmentSizeBytes: 0 },
    { maxBlockingSyncMs: -1 },
    { durability: 'sometimes' },
    { durability: { intervalMs: 0 } },
  ];
  for (const options of wrong) {
    it(`are refused before anything is made: ${JSON.stringify(options)}`, async () => {
      const directory = path.join(directories.make(), 'store');
      await assert.rejects(Store.open(directory, options), withCode('INVALID_OPTION'));
      assert.deepEqual(readdirSync(path.dirname(directory)), []);
    });
  }

  it('are refused in reads too', async () => {
    const disk = await filled();
    const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
    await store.put(keyBytes('a'), VALUE);
    for (const limit of [Number.NaN, -2, 1.5]) {
      assert.throws(() => store.keys({ limit }), withCode('INVALID_OPTION'));
      assert.throws(() => store.readRecord(keyBytes('a'), { maxValueBytes: limit }), withCode('INVALID_OPTION'));
    }
    await store.compact();
    // An iterator left open by a refused range would keep the old segments' files, and the snapshot from being saved.
    assert.equal(disk.openFileCount, store.stats().segments.length);
    await store.close();
    assert.equal(disk.openFileCount, 0);
  });

  it('such as a file instead of a directory are no fault of the disk', async () => {
    const file = path.join(directories.make(), 'file');
    writeFileSync(file, '');
    for (const readOnly of [true, false]) {
      await assert.rejects(Store.open(file, { readOnly }), withCode('STORE_NOT_FOUND'));
    }
  });
});
