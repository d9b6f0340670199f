import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { DiskWait } from '../../src/engine/diskWait.ts';

/** Which of the two ways each of several waits took, where a wait takes as long as `milliseconds` says, exactly. */
async function waysOf(maxBlockingMs: number, milliseconds: readonly number[]): Promise<string> {
  const wait = new DiskWait(maxBlockingMs);
  let ways = '';
  let nowMs = 0;
  const clock = mock.method(performance, 'now', () => nowMs);
  try {
    for (const ms of milliseconds) {
      const way = (name: string) => {
        ways += name;
        nowMs += ms;
      };
      await wait.run({ blocking: () => way('b'), inBackground: async () => way('-') });
    }
  } finally {
    clock.mock.restore();
  }
  return ways;
}

describe('Waiting for the disk', () => {
  it('is done on the calling thread while the disk is quick', async () => {
    assert.equal(await waysOf(1000, [0, 0, 0, 0]), 'bbbb');
  });

  it('goes to the background when the disk turns slow, and comes back when it is quick again', async () => {
    assert.equal(await waysOf(5, [0, 60, 0, 0, 0, 0, 0, 0, 0, 0]), 'bb----bbbb');
  });

  it('never holds the thread up where that is not wanted', async () => {
    assert.equal(await waysOf(0, [0, 0, 0, 0]), '----');
  });

  it('passes on what fails', async () => {
    const fail = () => {
      throw new Error('no disk');
    };
    for (const maxBlockingMs of [0, 1]) {
      const wait = new DiskWait(maxBlockingMs);
      await assert.rejects(wait.run({ blocking: fail, inBackground: async () => fail() }), /no disk/);
    }
  });
});
