/** An iterator keeps older states and their files only while somebody may still read them. */

import assert from 'node:assert/strict';
import { Store } from '../../src/engine/store.ts';
import { SNAPSHOT_NAME } from '../../src/format/fileName.ts';
import { SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes } from '../support/storeModel.ts';

const KEYS = Array.from({ length: 20 }, (_, index) => keyBytes(`key ${index}`));
const VALUE = new Uint8Array(40);

describe('An iterator keeps no file open', () => {
  let disk: SimulatedDisk;
  let store: Store;

  beforeEach(async () => {
    disk = new SimulatedDisk();
    store = await Store.open(STORE_DIRECTORY, { ...QUIET_OPTIONS, durability: 'os' }, disk);
    for (const key of KEYS) await store.put(key, VALUE);
  });

  /** Nothing is kept open but the files of the store as it is, and closing saves the keydir. */
  async function assertNothingIsKept(): Promise<void> {
    for (const key of KEYS) await store.put(key, VALUE);
    await store.compact();
    assert.equal(disk.openFileCount, store.stats().segments.length);
    await store.close();
    assert.notEqual(disk.fileSize(`${STORE_DIRECTORY}/${SNAPSHOT_NAME}`), undefined);
  }

  it('after a read of it has failed', async () => {
    disk.fault = ({ kind }) => (kind === 'read' ? { code: 'EIO' } : undefined);
    const iterator = store.entries();
    assert.throws(() => [...iterator], { code: 'IO_ERROR' });
    disk.fault = undefined;
    assert.deepEqual(iterator.next(), { done: true, value: undefined });
    await assertNothingIsKept();
  });

  it('after it has given as many as its limit says, though nobody has asked for more', async () => {
    const first = store.keys({ limit: 1 });
    assert.deepEqual(first.next(), { done: false, value: KEYS[0] });
    const [empty, two] = [store.keys({ limit: 0 }), store.entries({ limit: 2 })];
    assert.equal(empty.next().done, true);
    for (const _ of [1, 2]) assert.equal(two.next().done, false);
    await assertNothingIsKept();
    assert.deepEqual(first.next(), { done: true, value: undefined });
    assert.deepEqual(two.next(), { done: true, value: undefined });
  });
});
