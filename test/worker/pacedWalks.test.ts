import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PacedWalks } from '../../src/worker/pacedWalks.ts';

describe('walks that are asked for again and again', () => {
  function paced() {
    let nowMs = 1000;
    const pauses: number[] = [];
    const walks = new PacedWalks<number>({
      now: () => nowMs,
      sleep: async (milliseconds) => {
        pauses.push(milliseconds);
        nowMs += milliseconds;
      },
    });
    let begun = 0;
    const walk = async () => {
      const number = ++begun;
      await nextTurn();
      nowMs += 50;
      return number;
    };
    return { walks, walk, pauses, begun: () => begun };
  }

  it('are answered by one that begins after they were asked for', async () => {
    const { walks, walk, begun } = paced();
    const first = walks.run('a', walk);
    await nextTurn();
    assert.equal(begun(), 1);
    const others = Array.from({ length: 20 }, () => walks.run('a', walk));
    assert.equal(await first, 1);
    assert.deepEqual(await Promise.all(others), new Array(20).fill(2));
    assert.equal(begun(), 2);
  });

  it('pause in proportion to what they took, whatever is asked', async () => {
    const { walks, walk, pauses } = paced();
    assert.deepEqual(await Promise.all([walks.run('a', walk), walks.run('b', walk), walks.run('c', walk)]), [1, 2, 3]);
    assert.deepEqual(pauses, [150, 150]);
  });

  it('go on after one that failed', async () => {
    const { walks, walk } = paced();
    await assert.rejects(
      walks.run('a', () => Promise.reject(new Error('closed'))),
      /closed/,
    );
    assert.equal(await walks.run('a', walk), 1);
  });
});
