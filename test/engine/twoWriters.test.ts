/** Two processes that write to one store, because somebody has deleted the lock of the first. */

import assert from 'node:assert/strict';
import { Store } from '../../src/engine/store.ts';
import { LOCK_NAME } from '../../src/format/fileName.ts';
import { SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes } from '../support/storeModel.ts';

const VALUE = new Uint8Array(40);
/** Two records of `VALUE` fill a segment. */
const OPTIONS = { ...QUIET_OPTIONS, durability: 'fsync', maxSegmentSizeBytes: 200 } as const;

describe('A store that two processes write to', () => {
  it('stops the one that comes later with its next segment, before it takes anything of the other away', async () => {
    const disk = new SimulatedDisk();
    const open = () => Store.open(STORE_DIRECTORY, OPTIONS, disk);
    const made = await open();
    await made.put(keyBytes('made'), VALUE);
    await made.close();
    const first = await open();
    disk.remove(`${STORE_DIRECTORY}/${LOCK_NAME}`);
    const second = await open();
    const keys = Array.from({ length: 10 }, (_, index) => keyBytes(`of the second ${index}`));
    for (const key of keys) await second.put(key, VALUE);
    await second.compact();
    const writes = async () => {
      for (let i = 0; i < 4; i++) await first.put(keyBytes(`of the first ${i}`), VALUE);
    };
    await assert.rejects(writes, { code: 'STORE_FAILED', message: /^Another process has written to the store/ });
    await assert.rejects(first.close(), { code: 'STORE_FAILED' });
    await second.close();
    const reopened = await open();
    for (const key of keys) assert.deepEqual(reopened.get(key), VALUE);
    await reopened.close();
  });
});
