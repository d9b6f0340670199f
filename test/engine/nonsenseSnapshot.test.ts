/** A large snapshot whose checksum is right and whose references are not: each part is looked at when it is loaded. */

import assert from 'node:assert/strict';
import { crc32 } from '../../src/engine/checksum.ts';
import { Store } from '../../src/engine/store.ts';
import type { StrataError } from '../../src/engine/strataError.ts';
import { SNAPSHOT_NAME } from '../../src/format/fileName.ts';
import { decodeSnapshotHead, type SnapshotColumn, type SnapshotLayout } from '../../src/format/keydirSnapshot.ts';
import { FILE_CHECKSUM_SIZE, SNAPSHOT_ENTRY, SNAPSHOT_ENTRY_SIZE } from '../../src/format/layout.ts';
import { readU32, writeU32 } from '../../src/format/littleEndian.ts';
import { SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes } from '../support/storeModel.ts';

const OPTIONS = { ...QUIET_OPTIONS, durability: 'os' } as const;
/** More than one chunk of entries and of keys. */
const KEY_COUNT = 70_000;
const SNAPSHOT_PATH = `${STORE_DIRECTORY}/${SNAPSHOT_NAME}`;
const EMPTY = new Uint8Array(0);
const keyOf = (index: number) => keyBytes(`a key that is long enough ${String(index).padStart(6, '0')}`);
/** Not among the few that opening looks up. */
const ENTRY_NUMBER = 40_001;
const ALL_BITS = 0xffff_ffff;

type Forge = (bytes: Uint8Array, place: (column: SnapshotColumn) => number) => void;

function wordOfEntry(field: number): Forge {
  return (bytes, place) => writeU32(bytes, place('entries') + ENTRY_NUMBER * SNAPSHOT_ENTRY_SIZE + field, ALL_BITS - 2);
}

/** The last shard, whose slots end the table. */
function lastShard(bytes: Uint8Array, place: (column: SnapshotColumn) => number): { start: number; end: number } {
  const size = readU32(bytes, place('shardCounts') - 4);
  let end = place('shardSizes');
  let slots = 0;
  for (; end < place('shardCounts'); end += 4) slots += readU32(bytes, end);
  const tableEnd = place('table') + slots * 4;
  return { start: tableEnd - size * 4, end: tableEnd };
}

const FORGERIES: readonly (readonly [string, Forge])[] = [
  ['an entry whose key lies outside of the key area', wordOfEntry(SNAPSHOT_ENTRY.key)],
  ['an entry of a segment that there is not', wordOfEntry(SNAPSHOT_ENTRY.segment)],
  [
    'a free entry, although none is free',
    (bytes, place) =>
      writeU32(bytes, place('entries') + ENTRY_NUMBER * SNAPSHOT_ENTRY_SIZE + SNAPSHOT_ENTRY.segment, ALL_BITS),
  ],
  [
    'a shard without an empty slot',
    (bytes, place) => {
      const { start, end } = lastShard(bytes, place);
      for (let at = start; at < end; at += 4) if (readU32(bytes, at) === 0) writeU32(bytes, at, 1);
    },
  ],
  [
    'a shard that lacks an entry',
    (bytes, place) => {
      const { start } = lastShard(bytes, place);
      let at = start;
      while (readU32(bytes, at) === 0) at += 4;
      writeU32(bytes, at, 0);
    },
  ],
  ['an order that names an entry that there is not', (bytes, place) => writeU32(bytes, place('order'), KEY_COUNT)],
];

function layoutOf(bytes: Uint8Array): SnapshotLayout {
  const result = decodeSnapshotHead(bytes, bytes.length, crc32);
  assert.ok(result.ok);
  assert.ok(result.head.hasOrder);
  assert.equal(result.head.freeCount, 0);
  return result.layout;
}

function isNonsense(error: unknown): boolean {
  const { code, message } = error as StrataError;
  return code === 'STORE_DAMAGED' && message.includes(`delete the file ${SNAPSHOT_NAME}`);
}

describe('A large snapshot with a right checksum', function () {
  this.timeout(60_000);
  let image: ReturnType<SimulatedDisk['image']>;

  before(async () => {
    const disk = new SimulatedDisk();
    const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
    await store.batch(
      Array.from({ length: KEY_COUNT }, (_, index) => ({ type: 'put', key: keyOf(index), value: EMPTY }) as const),
    );
    assert.equal([...store.keys({ limit: 1 })].length, 1);
    await store.close();
    image = disk.image();
  });

  for (const [title, forge] of FORGERIES) {
    it(`and ${title} opens, says what to do when that is needed, and is told of by verifying`, async () => {
      const disk = new SimulatedDisk(image);
      const bytes = (disk.readFile(SNAPSHOT_PATH) as Uint8Array).slice();
      const { columns, checksumOffsetBytes } = layoutOf(bytes);
      forge(bytes, (column) => columns[column].offsetBytes);
      writeU32(bytes, checksumOffsetBytes, crc32(bytes, 0, bytes.length - FILE_CHECKSUM_SIZE, 0));
      const file = disk.open(SNAPSHOT_PATH, 'write');
      file.write(bytes, 0, bytes.length, 0);
      file.close();

      const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
      assert.equal(store.recovery.openedBy, 'snapshot');
      assert.throws(() => {
        for (let index = 0; index < KEY_COUNT; index++) store.get(keyOf(index));
        for (const _ of store.keys());
      }, isNonsense);
      await store.close();
      assert.equal(disk.openFileCount, 0);

      disk.remove(SNAPSHOT_PATH);
      const mended = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
      assert.equal([...mended.keys()].length, KEY_COUNT);
      assert.equal((await mended.verify()).ok, true);
      // The forged file in the place of the sound one, beside a keydir that is sound.
      const forged = disk.open(SNAPSHOT_PATH, 'create');
      forged.write(bytes, 0, bytes.length, 0);
      forged.close();
      const report = await mended.verify();
      assert.deepEqual(
        report.problems.map(({ fileName }) => fileName),
        [SNAPSHOT_NAME],
      );
      await mended.close();
    });
  }
});
