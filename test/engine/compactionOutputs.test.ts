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

function contentOf(index: number, version: number): Uint8Array {
  const value = new Uint8Array(index % 25 === 7 ? LARGE : 100_000 + index);
  for (let i = 0; i < value.length; i += 50) value[i] = index + version + i / 50;
  return value;
}

/** Every third key has an older version, so that what stays does not stand where it stood. */
async function filled(): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
  for (let i = 0; i < KEY_COUNT; i++) await store.put(keyBytes(`${i}`), contentOf(i, 1));
  for (let i = 0; i < KEY_COUNT; i += 3) await store.put(keyBytes(`${i}`), contentOf(i, 2));
  await store.close();
  return disk;
}

function assertWhole(store: Store): void {
  for (let i = 0; i < KEY_COUNT; i++) {
    const found = store.get(keyBytes(`${i}`));
    assert.ok(found !== undefined && Buffer.compare(found, contentOf(i, i % 3 === 0 ? 2 : 1)) === 0, `key ${i}`);
  }
}

describe('The outputs of a compaction', () => {
  it('are removed when any write of a segment fails, and the store goes on', async () => {
    const image = (await filled()).image();
    for (let nth = 0; ; nth++) {
      const disk = new SimulatedDisk(image);
      const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
      const segmentFiles = () => disk.list(STORE_DIRECTORY)?.filter((name) => name.endsWith('.seg')) ?? [];
      const filesBefore = segmentFiles().length;
      const segmentsBefore = store.stats().segments.length;
      const openBefore = disk.openFileCount;
      let writes = 0;
      disk.fault = ({ kind, path, length = 0 }) =>
        kind === 'write' && path.endsWith('.seg') && writes++ === nth
          ? { code: 'ENOSPC', after: Math.floor(length / 2) }
          : undefined;
      const outcome = await store.compact().catch((error: unknown) => error);
      disk.fault = undefined;
      const isFailed = outcome instanceof Error;
      if (isFailed) {
        assert.ok(outcome instanceof StrataError && outcome.code === 'DISK_FULL', String(outcome));
        // The segment that was being written to may have been sealed, and a new one begun.
        const begun = store.stats().segments.length - segmentsBefore;
        assert.equal(disk.openFileCount - openBefore, begun, `write ${nth}`);
        assert.equal(segmentFiles().length - filesBefore, begun, `write ${nth}`);
      }
      assertWhole(store);
      await store.compact();
      await store.close();
      const again = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
      assertWhole(again);
      await again.close();
      if (!isFailed) {
        assert.ok(nth > 4, `${nth} writes`);
        break;
      }
    }
  });
});
