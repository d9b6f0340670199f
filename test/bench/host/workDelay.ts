import { closeSync, openSync, readSync } from 'node:fs';

const TICK_MS = 1;

/**
 * The longest time between two turns of this thread's event loop in which the thread was not waiting for a processor.
 * On a machine with few of them most of a delay can be such a wait, which Linux counts (`schedstat`, the second number,
 * in nanoseconds).
 */
export class WorkDelay {
  readonly #descriptor: number | undefined;
  readonly #text = Buffer.alloc(128);
  readonly #timer: NodeJS.Timeout;
  #lastMs: number;
  #lastWaitMs: number;
  #maxMs = 0;

  constructor() {
    this.#descriptor = openSchedulerCounts();
    this.#lastMs = performance.now();
    this.#lastWaitMs = this.#waitMs();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Milliseconds, the tick of 1 ms included; undefined where the system does not count the waits. */
  stop(): number | undefined {
    clearInterval(this.#timer);
    if (this.#descriptor === undefined) return undefined;
    closeSync(this.#descriptor);
    return this.#maxMs;
  }

  #tick(): void {
    const nowMs = performance.now();
    const waitMs = this.#waitMs();
    this.#maxMs = Math.max(this.#maxMs, nowMs - this.#lastMs - (waitMs - this.#lastWaitMs));
    this.#lastMs = nowMs;
    this.#lastWaitMs = waitMs;
  }

  #waitMs(): number {
    if (this.#descriptor === undefined) return 0;
    const size = readSync(this.#descriptor, this.#text, 0, this.#text.length, 0);
    return Number(this.#text.toString('latin1', 0, size).split(' ')[1]) / 1e6;
  }
}

function openSchedulerCounts(): number | undefined {
  try {
    return openSync('/proc/thread-self/schedstat', 'r');
  } catch {
    return undefined;
  }
}
