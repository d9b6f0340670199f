/** A segment that could not be begun, because the disk or the process had no room for it. */

import assert from 'node:assert/strict';
import { Store } from '../../src/engine/store.ts';
import { SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes } from '../support/storeModel.ts';

const VALUE = new Uint8Array(40);
const KEYS = ['a', 'b', 'c'].map(keyBytes);

describe('A checkpoint', () => {
  for (const writeSerialization of ['queue', 'lock'] as const) {
    for (const [code, told] of [
      ['ENOSPC', 'DISK_FULL'],
      ['EMFILE', 'TOO_MANY_OPEN_FILES'],
    ] as const) {
      it(`has every key when a new segment could not be begun before (${code}, ${writeSerialization})`, async () => {
        const disk = new SimulatedDisk();
        const store = await Store.open(STORE_DIRECTORY, { ...QUIET_OPTIONS, writeSerialization }, disk);
        for (const key of KEYS) await store.put(key, VALUE);
        await store.put(keyBytes('deleted'), VALUE);
        await store.del(keyBytes('deleted'));
        disk.fault = ({ kind, path }) => (kind === 'open' && path.endsWith('2.seg') ? { code } : undefined);
        await assert.rejects(store.checkpoint('/first'), { code: told });
        await assert.rejects(store.compact(), { code: told });
        disk.fault = undefined;
        await store.checkpoint('/second');
        const copy = await Store.open('/second', QUIET_OPTIONS, disk);
        assert.deepEqual([...copy.keys()], KEYS);
        await copy.close();
        await store.put(keyBytes('later'), VALUE);
        await store.close();
        const reopened = await Store.open(STORE_DIRECTORY, QUIET_OPTIONS, disk);
        assert.equal(reopened.count(), KEYS.length + 1);
        await reopened.close();
      });
    }
  }
});
