/** Bugs that other log-structured stores really had, each as the test that would have caught it. */

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import type { Durability } from '../../src/engine/api.ts';
import { Store } from '../../src/engine/store.ts';
import { FILE_HEADER_SIZE, RECORD_HEADER_SIZE } from '../../src/format/layout.ts';
import { CrashExplorer } from '../support/crashExplorer.ts';
import { hardestCrash } from '../support/crashStates.ts';
import { ModelRun } from '../support/modelRun.ts';
import { SeededRandom } from '../support/seededRandom.ts';
import { type DiskImage, SimulatedDisk } from '../support/simulatedDisk.ts';
import { fingerprint, type HistoryStep, QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes, type Mutation } from '../support/storeModel.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const put = (key: string, value: string): Mutation => ({ type: 'put', key, value: utf8(value) });
const del = (key: string): Mutation => ({ type: 'del', key });
const ONE_RECORD_A_SEGMENT = 1;

interface SmallStoreOptions {
  readonly durability?: Durability;
  readonly maxSegmentSizeBytes?: number;
  readonly salvage?: boolean;
  readonly now?: () => number;
}

function openOn(disk: SimulatedDisk, options: SmallStoreOptions = {}): Promise<Store> {
  return Store.open(STORE_DIRECTORY, { ...QUIET_OPTIONS, ...options }, disk);
}

async function explore(steps: readonly HistoryStep[], maxSegmentSizeBytes: number): Promise<number> {
  const explorer = new CrashExplorer({ thoroughness: 'every', recoveryThoroughness: 1, recoveryMoments: 1 });
  await explorer.explore({ durability: 'fsync', maxSegmentSizeBytes, steps }, new SeededRandom(1));
  return explorer.stateCount;
}

/** The same disk with one file's bytes changed. */
function withFile(image: DiskImage, name: string, change: (bytes: Uint8Array) => Uint8Array): DiskImage {
  return new Map(
    [...image].map(([directory, files]) => [
      directory,
      new Map([...files].map(([file, bytes]) => [file, file === name ? change(bytes) : bytes])),
    ]),
  );
}

/** A closed store of three records of one segment, none of them in the caches. */
async function threeRecords(): Promise<{ readonly image: DiskImage; readonly ends: readonly number[] }> {
  const disk = new SimulatedDisk();
  const store = await openOn(disk);
  const ends: number[] = [];
  for (const key of ['first', 'second', 'third']) {
    await store.put(keyBytes(key), utf8('value'));
    ends.push(store.stats().totalBytes);
  }
  await store.sync();
  return { image: hardestCrash(disk.freeze()).image, ends };
}

const FIRST_SEGMENT = '000000000001.seg';

describe('Lessons of other engines', function () {
  this.timeout(0);
  const temporary = temporaryDirectories();

  it('Bitcask #82, #156: a partial merge that drops a tombstone brings the key back', async () => {
    const segmentCount = 5;
    for (let mask = 0; mask < 2 ** segmentCount; mask++) {
      const run = new ModelRun({
        durability: 'fsync',
        maxSegmentSizeBytes: ONE_RECORD_A_SEGMENT,
        cacheSizeBytes: 0,
        maxBlockingSyncMs: 0,
        writeSerialization: 'queue',
      });
      await run.run([
        { do: 'write', calls: [[put('a', '1')], [put('b', '1')], [del('a')], [put('a', '2')], [del('a')]] },
        { do: 'compact', mask },
        { do: 'reopen', by: 'scan' },
        { do: 'compact', mask: mask >>> 1 },
        { do: 'reopen', by: 'mixed' },
        { do: 'compact', mask: undefined },
        { do: 'reopen', by: 'hints' },
      ]);
    }
  });

  it('Bitcask #148: a put beside a merge that writes a higher file id must win', async () => {
    const disk = new SimulatedDisk();
    const store = await openOn(disk, { maxSegmentSizeBytes: ONE_RECORD_A_SEGMENT });
    await store.put(keyBytes('a'), utf8('old'));
    await store.put(keyBytes('b'), utf8('b'));
    const compacted = store.compact();
    const written = store.put(keyBytes('a'), utf8('new'));
    await Promise.all([compacted, written]);
    await store.compact({ segmentIds: store.stats().segments.map(({ segmentId }) => segmentId) });
    const live = store.info(keyBytes('a'));
    assert.ok(live);
    await store.close();
    disk.remove(`${STORE_DIRECTORY}/KEYDIR`);
    const reopened = await openOn(disk);
    assert.deepEqual(reopened.get(keyBytes('a')), utf8('new'));
    await reopened.close();
  });

  it('Bitcask #152: a stale statistic makes the merge delete a live file', async () => {
    const run = new ModelRun({
      durability: 'os',
      maxSegmentSizeBytes: 150,
      cacheSizeBytes: 0,
      maxBlockingSyncMs: 0,
      writeSerialization: 'queue',
    });
    await run.run([
      { do: 'write', calls: [[put('a', '1'), put('b', '1')], [put('a', '2')], [del('b')], [put('b', '3')]] },
      { do: 'snapshot' },
      { do: 'write', calls: [[put('a', '4')], [put('a', '5')]] },
      { do: 'compact', mask: 5 },
      { do: 'release' },
      { do: 'compact', mask: undefined },
      { do: 'reopen', by: 'snapshot' },
      { do: 'compact', mask: undefined },
    ]);
  });

  it('rosedb, prologic, kvstorage: a crash in the middle of installing merged files, or in its recovery', async () => {
    const steps: HistoryStep[] = [
      { do: 'write', calls: [[put('a', '1')], [put('b', '2')], [del('a')]] },
      { do: 'compact' },
    ];
    assert.ok((await explore(steps, ONE_RECORD_A_SEGMENT)) > 1000);
  });

  it('nutsdb #569: appending after a torn tail loses acknowledged writes, or opening fails', async () => {
    const { image, ends } = await threeRecords();
    for (let size = FILE_HEADER_SIZE; size <= (ends[2] as number); size++) {
      const cut = new SimulatedDisk(withFile(image, FIRST_SEGMENT, (bytes) => bytes.slice(0, size)));
      const store = await openOn(cut);
      const survivors = ends.filter((end) => end <= size).length;
      assert.equal(store.stats().keyCount, survivors, `cut to ${size} bytes`);
      await store.put(keyBytes('after'), utf8('acknowledged'));
      const crashed = new SimulatedDisk(hardestCrash(cut.freeze()).image);
      const again = await openOn(crashed);
      assert.deepEqual(again.get(keyBytes('after')), utf8('acknowledged'), `cut to ${size} bytes`);
      assert.equal(again.stats().keyCount, survivors + 1);
      await again.close();
    }
  });

  it('RocksDB 6.16, badger #434: damage in the middle must not be taken for the tail', async () => {
    const { image, ends } = await threeRecords();
    const secondRecord = { start: ends[0] as number, end: ends[1] as number };
    for (let at = secondRecord.start; at < secondRecord.end; at++) {
      const flipped = withFile(image, FIRST_SEGMENT, (bytes) => bytes.with(at, (bytes[at] as number) ^ 0x10));
      await assert.rejects(openOn(new SimulatedDisk(flipped)), (error: Error & { code?: string; damage?: unknown }) => {
        assert.equal(error.code, 'STORE_DAMAGED', `byte ${at}`);
        return Array.isArray(error.damage) && error.damage.length > 0;
      });
      const salvaged = await openOn(new SimulatedDisk(flipped), { salvage: true });
      assert.deepEqual(salvaged.get(keyBytes('first')), utf8('value'));
      assert.deepEqual(salvaged.get(keyBytes('third')), utf8('value'));
      assert.notEqual(salvaged.recovery.damage.length, 0);
      await salvaged.close();
    }
  });

  it('LevelDB #251: a tail of zeros or garbage is not records', async () => {
    const { image, ends } = await threeRecords();
    const random = new SeededRandom(251);
    const firstSegment = image.get(STORE_DIRECTORY)?.get(FIRST_SEGMENT);
    assert.ok(firstSegment);
    const tails = [
      new Uint8Array(4096),
      random.bytes(4096),
      new Uint8Array(RECORD_HEADER_SIZE - 1),
      firstSegment.slice(FILE_HEADER_SIZE, ends[0]),
    ];
    for (const tail of tails) {
      const disk = new SimulatedDisk(withFile(image, FIRST_SEGMENT, (bytes) => Uint8Array.of(...bytes, ...tail)));
      const store = await openOn(disk);
      assert.deepEqual(
        [...store.keys()].map((key) => Buffer.from(key).toString()),
        ['first', 'second', 'third'],
      );
      assert.equal(store.stats().lastSequence, 3);
      await store.close();
    }
  });

  it('LevelDB #195, RocksDB #10573: a directory that is never synced loses new files', async () => {
    const disk = new SimulatedDisk();
    const store = await openOn(disk, { maxSegmentSizeBytes: ONE_RECORD_A_SEGMENT });
    for (let i = 0; i < 5; i++) {
      await store.put(keyBytes(`${i}`), utf8('acknowledged'));
      const crashed = await openOn(new SimulatedDisk(hardestCrash(disk.freeze()).image));
      assert.equal(crashed.stats().keyCount, i + 1, 'with every unsynced directory entry lost');
      await crashed.close();
    }
    await store.compact();
    const crashed = await openOn(new SimulatedDisk(hardestCrash(disk.freeze()).image));
    assert.equal(crashed.stats().keyCount, 5);
    await crashed.close();
    await store.close();
  });

  it("ATC'20: after a failed fsync nothing is acknowledged until the store is reopened", async () => {
    for (let nth = 0; nth < 8; nth++) {
      const disk = new SimulatedDisk();
      let store = await openOn(disk);
      let syncs = 0;
      disk.fault = ({ kind }) => (kind === 'sync' && syncs++ === nth ? { code: 'EIO' } : undefined);
      for (let i = 0; i < 12; i++) {
        const written = store.put(keyBytes(`${i}`), utf8('value'));
        if (i < nth) await written;
        else await assert.rejects(written, { code: 'STORE_FAILED' }, 'acknowledged after a failed sync');
      }
      await assert.rejects(store.close(), { code: 'STORE_FAILED' });
      store = await openOn(new SimulatedDisk(hardestCrash(disk.freeze()).image));
      assert.equal(store.stats().keyCount, nth, 'what was acknowledged, and nothing else');
      await store.put(keyBytes('again'), utf8('value'));
      await store.close();
    }
  });

  it('LevelDB #1180: a full disk in the middle of a record corrupts nothing', async () => {
    const disk = new SimulatedDisk();
    const store = await openOn(disk);
    await store.put(keyBytes('first'), utf8('value'));
    const recordSize = RECORD_HEADER_SIZE + 'torn'.length + 'value'.length;
    for (let room = 0; room < recordSize; room++) {
      disk.fault = ({ kind }) => (kind === 'write' ? { code: 'ENOSPC', after: room } : undefined);
      await assert.rejects(store.put(keyBytes('torn'), utf8('value')), { code: 'DISK_FULL' });
      disk.fault = undefined;
      await store.put(keyBytes(`after ${room}`), utf8('value'));
      const crashed = await openOn(new SimulatedDisk(hardestCrash(disk.freeze()).image));
      assert.equal(fingerprint(crashed), fingerprint(store));
      await crashed.close();
    }
    assert.equal(store.stats().keyCount, 1 + recordSize);
    await store.close();
  });

  it('Bitcask: keys of records with a bad checksum, and truncated hint files, are not believed', async () => {
    const disk = new SimulatedDisk();
    const store = await openOn(disk);
    await store.put(keyBytes('a'), utf8('1'));
    await store.put(keyBytes('b'), utf8('2'));
    await store.compact();
    const expected = fingerprint(store);
    await store.close();
    disk.remove(`${STORE_DIRECTORY}/KEYDIR`);
    const image = disk.image();
    const hintName = [...(image.get(STORE_DIRECTORY) as ReadonlyMap<string, Uint8Array>).keys()].find((name) =>
      name.endsWith('.hint'),
    ) as string;
    const hintSize = image.get(STORE_DIRECTORY)?.get(hintName)?.length as number;
    const check = async (change: (bytes: Uint8Array) => Uint8Array, what: string) => {
      const reopened = await openOn(new SimulatedDisk(withFile(image, hintName, change)));
      assert.equal(fingerprint(reopened), expected, what);
      assert.equal(reopened.recovery.ignoredCaches.length, 1, what);
      await reopened.close();
    };
    for (let at = 0; at < hintSize; at++) {
      await check((bytes) => bytes.slice(0, at), `cut to ${at} bytes`);
      for (const mask of [0x01, 0x80, 0xff]) {
        await check((bytes) => bytes.with(at, (bytes[at] as number) ^ mask), `byte ${at}`);
      }
    }
  });

  it('Bitcask e3ae214: files of exactly the size of a buffer are read whole', async () => {
    const chunkSize = 1024 * 1024;
    const keySize = 1;
    for (const difference of [-1, 0, 1]) {
      for (const chunks of [1, 2]) {
        const disk = new SimulatedDisk();
        const store = await openOn(disk);
        const firstSize = FILE_HEADER_SIZE + RECORD_HEADER_SIZE + keySize;
        const lastSize = RECORD_HEADER_SIZE + keySize;
        const valueSize = chunks * chunkSize + difference - firstSize - lastSize;
        await store.put(keyBytes('a'), new Uint8Array(valueSize).fill(1));
        await store.put(keyBytes('b'), utf8(''));
        assert.equal(store.stats().totalBytes, chunks * chunkSize + difference);
        const crashed = new SimulatedDisk(hardestCrash(disk.freeze()).image);
        const random = new SeededRandom(chunks);
        crashed.fault = ({ kind, length = 0 }) =>
          kind === 'read' && length > 1 && random.oneIn(2) ? { shortTo: 1 + random.below(length) } : undefined;
        const reopened = await openOn(crashed);
        assert.equal(reopened.get(keyBytes('a'))?.length, valueSize);
        assert.deepEqual(reopened.get(keyBytes('b')), utf8(''));
        assert.deepEqual((await reopened.verify()).problems, []);
        await reopened.close();
        await store.close();
      }
    }
  });

  it('Bitcask #113, #249: iterating beside merges reads no deleted file and leaks no descriptor', async () => {
    const disk = new SimulatedDisk();
    const store = await openOn(disk, { maxSegmentSizeBytes: 100 });
    for (let i = 0; i < 30; i++) await store.put(keyBytes(`${i % 10} ${i}`), utf8(`${i}`));
    const expected = fingerprint(store);
    for (let round = 0; round < 5; round++) {
      const iterator = store.entries();
      let shown = '';
      for (const [key, value] of iterator) {
        shown += `${Buffer.from(key).toString('hex')}=${Buffer.from(value).toString('hex')};`;
        if (shown.length % 7 === 0) await store.compact();
      }
      assert.equal(shown, expected);
    }
    const abandoned = store.entries();
    abandoned.next();
    await store.compact();
    abandoned.return();
    assert.equal(disk.openFileCount, store.stats().segments.length);
    // Readers that overlap without end: there is always one, but never for long the same.
    let reader = store.snapshot();
    let seen = expected;
    for (let round = 0; round < 10; round++) {
      await store.put(keyBytes('x'), utf8(`${round}`));
      await store.compact();
      const next = store.snapshot();
      assert.equal(fingerprint(reader), seen);
      reader.close();
      reader = next;
      seen = fingerprint(reader);
      assert.equal(disk.openFileCount, store.stats().segments.length);
    }
    reader.close();
    assert.equal(disk.openFileCount, store.stats().segments.length);
    await store.close();
    assert.equal(disk.openFileCount, 0);
  });

  it('Bitcask #163: an empty lock file, or one with a pid that is used again, blocks nobody', async () => {
    const self = `"pid":${process.pid}`;
    for (const text of ['', '\0\0\0\0', '{', '{"pid":1', `{${self},"host":"","startTime":"before the last boot"}`]) {
      const directory = path.join(temporary.make(), 'store');
      mkdirSync(directory);
      const host = hostname();
      writeFileSync(path.join(directory, 'LOCK'), text.replace('"host":""', `"host":${JSON.stringify(host)}`));
      const store = await Store.open(directory);
      await store.put(keyBytes('a'), utf8('1'));
      await assert.rejects(Store.open(directory), { code: 'STORE_LOCKED' });
      await store.close();
      assert.deepEqual(
        readdirSync(directory).filter((name) => name.startsWith('LOCK')),
        [],
      );
    }
  });

  it('Bitcask #140: a clock that steps back loses no newer data', async () => {
    let nowMs = 1_700_000_000_000;
    const now = () => {
      nowMs -= 1000;
      return nowMs;
    };
    const disk = new SimulatedDisk();
    let store = await openOn(disk, { now, maxSegmentSizeBytes: 120 });
    for (let i = 0; i < 20; i++) {
      await store.put(keyBytes('a'), utf8(`${i}`));
      if (i % 4 === 0) await store.del(keyBytes('b'));
      else await store.put(keyBytes('b'), utf8(`${i}`));
      if (i % 5 === 0) await store.compact();
      if (i % 3 === 0) {
        await store.close();
        if (i % 2 === 0) disk.remove(`${STORE_DIRECTORY}/KEYDIR`);
        store = await openOn(disk, { now, maxSegmentSizeBytes: 120 });
      }
      assert.deepEqual(store.get(keyBytes('a')), utf8(`${i}`));
      assert.equal(store.has(keyBytes('b')), i % 4 !== 0);
    }
    await store.close();
  });
});
