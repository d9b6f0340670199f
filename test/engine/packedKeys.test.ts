/** Where most keys have been deleted, those that are left are laid close together when the store is closed. */

import assert from 'node:assert/strict';
import { Store } from '../../src/engine/store.ts';
import { SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';

const KEY_COUNT = 20_000;
const keyOf = (index: number) => Buffer.from(`key-${String(index).padStart(28, '0')}`);
const indices = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('A store that has lost most of its keys', function () {
  this.timeout(60_000);

  for (const [which, from, to] of [
    ['the first', 0, 15_000],
    ['the last', 5_000, KEY_COUNT],
    ['all', 0, KEY_COUNT],
  ] as const) {
    it(`is opened by its snapshot after ${which} were deleted, and holds what is left`, async () => {
      const disk = new SimulatedDisk();
      const open = () => Store.open(STORE_DIRECTORY, QUIET_OPTIONS, disk);
      const store = await open();
      await store.batch(indices(0, KEY_COUNT).map((i) => ({ type: 'put', key: keyOf(i), value: Buffer.from('v') })));
      await store.batch(indices(from, to).map((i) => ({ type: 'del', key: keyOf(i) })));
      const usedBytes = store.stats().keydirBytes;
      await store.close();
      const left = indices(0, KEY_COUNT).filter((i) => i < from || i >= to);
      const reopened = await open();
      assert.deepEqual(reopened.recovery.ignoredCaches, []);
      assert.equal(reopened.recovery.openedBy, 'snapshot');
      assert.deepEqual((await reopened.verify()).problems, []);
      assert.deepEqual(
        [...reopened.keys()],
        left.map((i) => new Uint8Array(keyOf(i))),
      );
      assert.ok(reopened.stats().keydirBytes < usedBytes);
      // The numbers of the entries that are free are used again.
      await reopened.batch(indices(0, KEY_COUNT).map((i) => ({ type: 'put', key: keyOf(i), value: Buffer.from('w') })));
      await reopened.close();
      const again = await open();
      assert.equal(again.recovery.openedBy, 'snapshot');
      assert.deepEqual((await again.verify()).problems, []);
      assert.equal(again.count(), KEY_COUNT);
      await again.close();
    });
  }
});
