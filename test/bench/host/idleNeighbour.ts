import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** In milliseconds; the end since the epoch. */
export interface Delay {
  readonly endMs: number;
  readonly delayMs: number;
}

/** A Node process without work and with little memory: what its event loop is held up by is the machine's doing. */
export class IdleNeighbour implements Disposable {
  readonly #process: ChildProcess = fork(path.join(import.meta.dirname, 'idleProcess.ts'));

  /** All that it had since this was asked the last time. */
  async takeDelays(): Promise<Delay[]> {
    const answer = once(this.#process, 'message');
    this.#process.send('delays');
    const [delays] = await answer;
    return delays as Delay[];
  }

  [Symbol.dispose](): void {
    this.#process.kill();
  }
}

/** Of those that any part of the span falls into; 0 where there is none. Milliseconds, the span's ends since the epoch. */
export function longestDelayMs(delays: readonly Delay[], startMs: number, endMs: number): number {
  let longestMs = 0;
  for (const { endMs: delayEndMs, delayMs } of delays) {
    const isWithin = delayEndMs > startMs && delayEndMs - delayMs < endMs;
    if (isWithin && delayMs > longestMs) longestMs = delayMs;
  }
  return longestMs;
}
