import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Delay, IdleNeighbour, longestDelayMs } from './idleNeighbour.ts';
import { ProcessStarts } from './processStarts.ts';
import { stolenMsOf } from './stolenTime.ts';

describe('what an extension host is held up by', () => {
  it('counts processes that are started, not those that cannot be, until it is stopped', async () => {
    const starts = new ProcessStarts();
    await once(spawn(process.execPath, ['--version']), 'exit');
    await once(spawn(path.join(tmpdir(), 'no such program')), 'error');
    const { startedProcesses, longestStartMs } = starts.stop();
    await once(spawn(process.execPath, ['--version']), 'exit');
    assert.equal(startedProcesses, 1);
    assert.ok(longestStartMs > 0);
    assert.deepEqual(starts.stop(), { startedProcesses, longestStartMs });
  });

  it('reads the stolen time of all processors, where it is counted', () => {
    const lines = (total: string) => `${total}\ncpu0 1 1 1 1 1 1 1 1 0 0\n`;
    assert.equal(stolenMsOf(lines('cpu  2878 0 3994 69145 318 0 56 59 0 0')), 590);
    assert.equal(stolenMsOf(lines('cpu  2878 0 3994 69145')), undefined);
  });

  it('finds the longest delay of a span, which may reach beyond it', () => {
    const delays: Delay[] = [
      { endMs: 1000, delayMs: 90 },
      { endMs: 1030, delayMs: 20 },
      { endMs: 1100, delayMs: 30 },
      { endMs: 1300, delayMs: 80 },
    ];
    assert.equal(longestDelayMs(delays, 1000, 1050), 20);
    assert.equal(longestDelayMs(delays, 1020, 1080), 30);
    assert.equal(longestDelayMs(delays, 999, 1001), 90);
    assert.equal(longestDelayMs(delays, 1000, 1220), 30);
    assert.equal(longestDelayMs(delays, 1110, 1200), 0);
  });

  it('hears of each delay of an idle process once', async () => {
    using neighbour = new IdleNeighbour();
    const [first, second] = [await neighbour.takeDelays(), await neighbour.takeDelays()];
    const endOfFirst = first.at(-1)?.endMs ?? 0;
    assert.ok([...first, ...second].every(({ endMs, delayMs }) => delayMs > 0 && endMs <= Date.now() + 1));
    assert.ok(second.every(({ endMs }) => endMs > endOfFirst));
  });
});
