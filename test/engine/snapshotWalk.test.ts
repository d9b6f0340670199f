/** A snapshot that is read a part at a time says what one says that is loaded. */

import assert from 'node:assert/strict';
import { Pacer } from '../../src/engine/pacer.ts';
import { loadSnapshot, type PassedSnapshot, passSnapshot } from '../../src/engine/snapshotFile.ts';
import { SnapshotWalk } from '../../src/engine/snapshotWalk.ts';
import { Store } from '../../src/engine/store.ts';
import { SNAPSHOT_NAME } from '../../src/format/fileName.ts';
import { hashKey } from '../../src/format/keyHash.ts';
import { contentsOf, hex } from '../support/rebuiltKeydir.ts';
import { SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes } from '../support/storeModel.ts';

/** More than one chunk of keys, and many pieces of entries. */
const KEY_COUNT = 70_000;
const EMPTY = new Uint8Array(0);
const SEED = 5;
const OPTIONS = { ...QUIET_OPTIONS, durability: 'os', now: () => 1_000_000 } as const;

/** Keys of several lengths come and go, so that new keys take places all over the key area and free numbers are left. */
async function churned(): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
  const keyOf = (index: number) => keyBytes(`${'a longer key '.repeat(index % 4)}${index}`);
  const batch = (from: number, to: number, type: 'put' | 'del', step: number) => {
    const operations = [];
    for (let index = from; index < to; index += step) {
      const ttl = index % 5 === 0 ? { ttlMs: 1000 + index } : {};
      operations.push(type === 'del' ? { type, key: keyOf(index) } : { type, key: keyOf(index), value: EMPTY, ...ttl });
    }
    return store.batch(operations);
  };
  await batch(0, KEY_COUNT, 'put', 1);
  await batch(0, KEY_COUNT, 'del', 3);
  await batch(KEY_COUNT, KEY_COUNT * 1.25, 'put', 1);
  await batch(1, KEY_COUNT, 'del', 7);
  await store.close();
  return disk;
}

function pass(disk: SimulatedDisk): PassedSnapshot {
  const result = passSnapshot(disk, STORE_DIRECTORY, { accept: () => undefined, expires: () => undefined });
  assert.ok(result?.ok === true);
  return result.passed;
}

describe('A walk over a snapshot', () => {
  let image: ReturnType<SimulatedDisk['image']>;

  before(async () => {
    image = (await churned()).image();
  });

  it('visits each entry with its key, and finds each by its hash table', async () => {
    const disk = new SimulatedDisk(image);
    const loaded = loadSnapshot(disk, STORE_DIRECTORY, () => undefined);
    assert.ok(loaded?.ok === true);
    const passed = pass(disk);
    assert.ok(passed.keys.length > 1, 'one chunk of keys only');
    assert.ok(passed.freeEntries.length > 0, 'no entry is free');
    const visited: Record<string, unknown> = {};
    let touched = 0;
    let count = 0;
    await new SnapshotWalk(passed, SEED).forEach(
      new Pacer('Walking'),
      (_, inGroup) => {
        touched += inGroup;
      },
      ({ bytes, start, length, hash, record, isFound }) => {
        const key = bytes.subarray(start, start + length);
        assert.ok(isFound);
        assert.equal(hash, hashKey(key, 0, length, SEED) >>> 0);
        visited[hex(key)] = { ...record };
        count++;
      },
    );
    assert.equal(count, loaded.keydir.count);
    assert.equal(touched, count);
    assert.deepEqual(visited, contentsOf(loaded.keydir));
    passed.reader.close();
    loaded.keydir.close();
  });

  it('can be stopped', async () => {
    const abort = new AbortController();
    const passed = pass(new SimulatedDisk(image));
    let count = 0;
    const walking = new SnapshotWalk(passed, SEED).forEach(
      new Pacer('Walking', abort.signal),
      () => undefined,
      () => {
        if (++count === 1000) abort.abort();
      },
    );
    await assert.rejects(walking, { code: 'ABORTED' });
    assert.ok(count < 2000);
    passed.reader.close();
  });

  it('is named by verify when the file cannot be read any more', async () => {
    const disk = new SimulatedDisk(image);
    const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
    // All of it is in memory, so that only verify reads the file.
    assert.deepEqual((await store.replay()).differences, []);
    const sizeBytes = disk.fileSize(`${STORE_DIRECTORY}/${SNAPSHOT_NAME}`) as number;
    let passedBytes = 0;
    disk.fault = ({ kind, path, length = 0 }) => {
      if (kind !== 'read' || !path.endsWith(SNAPSHOT_NAME)) return undefined;
      // The file is read once as a whole before.
      passedBytes += length;
      return passedBytes > sizeBytes * 1.5 ? { code: 'EIO' } : undefined;
    };
    const { problems } = await store.verify();
    assert.deepEqual(
      problems.map(({ fileName, message }) => `${fileName}: ${message.slice(0, 24)}`),
      [`${SNAPSHOT_NAME}: the file cannot be read:`],
    );
    disk.fault = () => undefined;
    await store.close();
  });
});
