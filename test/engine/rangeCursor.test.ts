import assert from 'node:assert/strict';
import { Keydir } from '../../src/engine/keydir.ts';
import { newRecord } from '../../src/engine/keydirEntries.ts';
import type { LiveLog } from '../../src/engine/liveLog.ts';
import { RangeCursor } from '../../src/engine/rangeCursor.ts';

const KEY_COUNT = 100;

describe('The cursor of a range', () => {
  const keydir = new Keydir(1);
  for (let index = 0; index < KEY_COUNT; index++) {
    const key = Buffer.from([index]);
    keydir.put(key, 0, key.length, { ...newRecord(), sequence: KEY_COUNT - index });
  }
  const log = { keydir, hasExpired: () => false } as Partial<LiveLog> as LiveLog;

  /** How many entries each of its pages has, and how many it finds, as of a sequence number. */
  function read(range: { limit?: number; reverse?: boolean }, sequence = KEY_COUNT) {
    const pages: number[] = [];
    const cursor = new RangeCursor(log, range, sequence, (page) => pages.push(page.length));
    let count = 0;
    while (cursor.next(newRecord()) !== -1) count++;
    return { pages, count };
  }

  it('reads no more entries at first than its limit asks for', () => {
    for (const reverse of [false, true]) {
      assert.deepEqual(read({ limit: 1, reverse }), { pages: [1], count: 1 });
      assert.deepEqual(read({ limit: 10, reverse }), { pages: [10], count: 10 });
      assert.deepEqual(read({ limit: 20, reverse }), { pages: [16, 16], count: 20 });
      assert.deepEqual(read({ reverse }), { pages: [16, 84], count: KEY_COUNT });
      assert.deepEqual(read({ limit: 0, reverse }), { pages: [], count: 0 });
    }
  });

  it('reads on a few at a time where its reader cannot see all of them', () => {
    // The first two keys came later.
    assert.deepEqual(read({ limit: 2 }, KEY_COUNT - 2), { pages: [2, 16], count: 2 });
    assert.deepEqual(read({ limit: 2, reverse: true }, KEY_COUNT - 2), { pages: [2], count: 2 });
  });
});
