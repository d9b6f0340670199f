/** A key is absent from the moment it expires, also for snapshots and iterators that began before. */

import assert from 'node:assert/strict';
import { Store } from '../../src/engine/store.ts';
import { SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes } from '../support/storeModel.ts';

const VALUE = new Uint8Array(4);
const texts = (keys: Iterable<Uint8Array>) => Array.from(keys, (key) => Buffer.from(key).toString('latin1'));

describe('A key that expires', () => {
  it('leaves snapshots and iterators at once, whether or not somebody reads the store meanwhile', async () => {
    for (const looksBetween of [false, true]) {
      let nowMs = 1000;
      const store = await Store.open(STORE_DIRECTORY, { ...QUIET_OPTIONS, now: () => nowMs }, new SimulatedDisk());
      await store.put(keyBytes('a'), VALUE);
      await store.put(keyBytes('b'), VALUE, { ttlMs: 10 });
      await store.put(keyBytes('c'), VALUE, { ttlMs: 10 });
      await store.put(keyBytes('d'), VALUE);
      const snapshot = store.snapshot();
      const iterator = store.keys();
      const limited = store.keys({ limit: 2 });
      iterator.next();
      // The snapshot still sees the version with a time to live.
      await store.put(keyBytes('c'), VALUE);
      nowMs += 9;
      assert.deepEqual(snapshot.get(keyBytes('b')), VALUE);
      nowMs += 1;
      if (looksBetween) assert.equal(store.has(keyBytes('b')), false);
      for (const key of ['b', 'c']) {
        assert.equal(snapshot.get(keyBytes(key)), undefined, key);
        assert.equal(snapshot.has(keyBytes(key)), false, key);
      }
      assert.deepEqual(texts(snapshot.keys()), ['a', 'd']);
      assert.deepEqual(texts(iterator), ['d']);
      assert.deepEqual(texts(limited), ['a', 'd']);
      assert.deepEqual(texts(store.keys()), ['a', 'c', 'd']);
      snapshot.close();
      await store.close();
    }
  });
});
