/** Verifying compares the keydir snapshot with the log, not only with its own checksum. */

import assert from 'node:assert/strict';
import { Store } from '../../src/engine/store.ts';
import { crc32 } from '../../src/format/crc32.ts';
import { SNAPSHOT_NAME } from '../../src/format/fileName.ts';
import { decodeSnapshotHead } from '../../src/format/keydirSnapshot.ts';
import { writeU32 } from '../../src/format/littleEndian.ts';
import { SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes } from '../support/storeModel.ts';

const SNAPSHOT_PATH = `${STORE_DIRECTORY}/${SNAPSHOT_NAME}`;
const OPTIONS = { ...QUIET_OPTIONS, now: () => 1_000_000 };
const VALUE = new Uint8Array(8);

async function closedStoreWith(keys: readonly string[]): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
  for (const key of keys) await store.put(keyBytes(key), VALUE);
  await store.close();
  return disk;
}

/** Problems of a sound store after somebody has put another store's snapshot in its place. */
async function problemsWithSnapshotOf(keys: readonly string[], foreignKeys: readonly string[]): Promise<string[]> {
  const disk = await closedStoreWith(keys);
  const foreign = (await closedStoreWith(foreignKeys)).readFile(SNAPSHOT_PATH) as Uint8Array;
  const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
  disk.replaceFile(SNAPSHOT_PATH, foreign);
  const { problems } = await store.verify();
  await store.close();
  assert.ok(problems.every(({ fileName }) => fileName === SNAPSHOT_NAME));
  return problems.map(({ message }) => message);
}

describe('Verifying the keydir snapshot', () => {
  it('finds nothing in one that fits, also after more was written, deleted and overwritten', async () => {
    const disk = await closedStoreWith(['a', 'b', 'c', 'a']);
    const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
    assert.deepEqual((await store.verify()).problems, []);
    await store.put(keyBytes('a'), VALUE);
    await store.del(keyBytes('b'));
    await store.put(keyBytes('d'), VALUE);
    assert.deepEqual((await store.verify()).problems, []);
    await store.compact();
    assert.deepEqual((await store.verify()).problems, []);
    await store.close();
  });

  it('names keys that the log does not hold, and those that the snapshot lacks', async () => {
    assert.deepEqual(await problemsWithSnapshotOf(['a', 'b'], ['a', 'x']), [
      'it holds the key 78 (hex), which the log does not',
      'it lacks the newest record of the key 62 (hex)',
    ]);
  });

  it('names entries that stand elsewhere or are older than what they cover', async () => {
    assert.deepEqual(await problemsWithSnapshotOf(['a', 'b', 'a'], ['a', 'b', 'b']), [
      'its entry for the key 62 (hex) is not what the log says',
      'it lacks the newest record of the key 61 (hex)',
      'it lacks the newest record of the key 62 (hex)',
    ]);
  });

  it('says when its order does not name each key once', async () => {
    const disk = await closedStoreWith(['a', 'b', 'c', 'd']);
    const ordered = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
    assert.equal([...ordered.keys()].length, 4);
    await ordered.del(keyBytes('c'));
    await ordered.close();
    const bytes = disk.readFile(SNAPSHOT_PATH) as Uint8Array;
    const decoded = decodeSnapshotHead(bytes, bytes.length, crc32);
    assert.ok(decoded.ok && decoded.head.hasOrder);
    const { columns, checksumOffsetBytes } = decoded.layout;
    const orderAt = columns.order.offsetBytes;
    // The second key is named once more instead of the first.
    bytes.copyWithin(orderAt, orderAt + 4, orderAt + 8);
    writeU32(bytes, checksumOffsetBytes, crc32(bytes, 0, checksumOffsetBytes, 0));
    disk.replaceFile(SNAPSHOT_PATH, bytes);
    const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
    const { problems } = await store.verify();
    assert.deepEqual(problems, [{ fileName: SNAPSHOT_NAME, message: 'its order does not name each of its keys once' }]);
    await store.close();
  });

  it('lets one be that is newer or older than the segments', async () => {
    assert.deepEqual(await problemsWithSnapshotOf(['a'], ['x', 'y', 'z']), []);
  });
});
