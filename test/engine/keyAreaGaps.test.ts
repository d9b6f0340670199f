/** Keys never cross the end of a chunk of the arena: what is left over there is part of the snapshot's key area too. */

import assert from 'node:assert/strict';
import { Store } from '../../src/engine/store.ts';
import { SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';

describe('A keydir snapshot', () => {
  for (const [keySizeBytes, counts] of [
    [65_000, [20, 1, 40]],
    [32_000, [33, 2, 70]],
    [16, [52_428, 100, 52_428]],
    [65_535, [16, 1]],
  ] as const) {
    it(`has every key where it belongs when ${keySizeBytes} bytes do not fit the end of a chunk`, async () => {
      const disk = new SimulatedDisk();
      const keyOf = (index: number) => Buffer.from(String(index).padStart(keySizeBytes, '.'));
      let count = 0;
      for (const added of counts) {
        const store = await Store.open(STORE_DIRECTORY, QUIET_OPTIONS, disk);
        const puts = Array.from({ length: added }, (_, index) => keyOf(count + index));
        for (let at = 0; at < added; at += 1000) {
          const batch = puts.slice(at, at + 1000);
          await store.batch(batch.map((key) => ({ type: 'put', key, value: key.subarray(-8) })));
        }
        count += added;
        await store.close();
        const reopened = await Store.open(STORE_DIRECTORY, QUIET_OPTIONS, disk);
        assert.equal(reopened.recovery.openedBy, 'snapshot');
        const missing = Array.from({ length: count }, (_, index) => index).filter((index) => {
          const value = reopened.get(keyOf(index));
          return value === undefined || !reopened.has(keyOf(index)) || Buffer.compare(value, keyOf(index).subarray(-8));
        });
        assert.deepEqual(missing, []);
        assert.equal(reopened.count(), count);
        let listed = 0;
        for (const key of reopened.keys()) assert.equal(Buffer.compare(key, keyOf(listed++)), 0);
        assert.equal(listed, count);
        assert.deepEqual((await reopened.verify()).problems, []);
        await reopened.close();
      }
    });
  }
});
