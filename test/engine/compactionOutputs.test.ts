/** The segments that a compaction writes. */

import assert from 'node:assert/strict';
import { Store } from '../../src/engine/store.ts';
import { StrataError } from '../../src/engine/strataError.ts';
import { SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes } from '../support/storeModel.ts';

const OPTIONS = { ...QUIET_OPTIONS, maxSegmentSizeBytes: 2_500_000, durability: 'os' } as const;
const KEY_COUNT = 60;
/** Longer than a buffer of the compaction. */
const LARGE = 1_200_000;

function contentOf(index: number, version: number, size: number): Uint8Array {
  const value = new Uint8Array(size);
  for (let i = 0; i < value.length; i += 50) value[i] = index + version + i / 50;
  return value;
}

function longKey(index: number): Uint8Array {
  return new Uint8Array(60_000 + index).fill(index + 1);
}

/** Every third key has an older version, so that what stays does not stand where it stood. */
async function filled(keyOf: (index: number) => Uint8Array, sizeOf: (index: number) => number): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
  const put = (i: number, version: number) => store.put(keyOf(i), contentOf(i, version, sizeOf(i)));
  for (let i = 0; i < KEY_COUNT; i++) await put(i, 1);
  for (let i = 0; i < KEY_COUNT; i += 3) await put(i, 2);
  await store.close();
  return disk;
}

const FILES = [
  {
    what: 'segment',
    extension: '.seg',
    keyOf: (index: number) => keyBytes(`${index}`),
    sizeOf: (index: number) => (index % 25 === 7 ? LARGE : 100_000 + index),
  },
  // Keys make hint files large: each has several pieces.
  { what: 'hint file', extension: '.hint.tmp', keyOf: longKey, sizeOf: (index: number) => index },
];

describe('The outputs of a compaction', () => {
  for (const { what, extension, keyOf, sizeOf } of FILES) {
    it(`are removed when any write of a ${what} fails, and the store goes on`, async () => {
      const assertWhole = (store: Store) => {
        for (let i = 0; i < KEY_COUNT; i++) {
          const found = store.get(keyOf(i));
          const expected = contentOf(i, i % 3 === 0 ? 2 : 1, sizeOf(i));
          assert.ok(found !== undefined && Buffer.compare(found, expected) === 0, `key ${i}`);
        }
      };
      const image = (await filled(keyOf, sizeOf)).image();
      let failures = 0;
      for (let nth = 0; ; nth++) {
        const disk = new SimulatedDisk(image);
        const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
        const namesWith = (end: string) => disk.list(STORE_DIRECTORY)?.filter((name) => name.endsWith(end)) ?? [];
        const filesBefore = namesWith('.seg').length;
        const segmentsBefore = store.stats().segments.length;
        const openBefore = disk.openFileCount;
        let writes = 0;
        disk.fault = ({ kind, path, length = 0 }) =>
          kind === 'write' && path.endsWith(extension) && writes++ === nth
            ? { code: 'ENOSPC', after: Math.floor(length / 2) }
            : undefined;
        const outcome = await store.compact().catch((error: unknown) => error);
        disk.fault = undefined;
        const isFailed = outcome instanceof Error;
        if (isFailed) {
          assert.ok(outcome instanceof StrataError && outcome.code === 'DISK_FULL', String(outcome));
          // The segment that was being written to may have been sealed, and a new one begun.
          const begun = store.stats().segments.length - segmentsBefore;
          if (extension === '.seg') assert.equal(disk.openFileCount - openBefore, begun, `write ${nth}`);
          assert.equal(namesWith('.seg').length - filesBefore, begun, `write ${nth}`);
        }
        assertWhole(store);
        await store.compact();
        await store.close();
        assert.deepEqual(namesWith('.tmp'), [], `write ${nth}`);
        assert.equal(disk.openFileCount, 0, `write ${nth}`);
        const again = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
        assertWhole(again);
        await again.close();
        if (writes <= nth) {
          assert.ok(nth > 4, `${nth} writes`);
          break;
        }
        failures += isFailed ? 1 : 0;
      }
      // A segment that the compaction sealed gets a hint file too; that one may fail, because it is a cache.
      assert.ok(failures > 4, `${failures} failures`);
    });
  }
});
