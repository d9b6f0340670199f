import { closeSync, openSync, readSync } from 'node:fs';

const TICK_MS = 1;

/** Milliseconds, each the longest between two turns of the event loop; the tick of 1 ms counts as a delay. */
export interface LongestWork {
  /** Without the time in which the thread waited for a processor. Waits for other threads and processes are in it. */
  readonly maxWorkDelayMs: number;
  /** In which the thread itself was on a processor. */
  readonly maxComputingMs: number;
}

/**
 * What of the delays of this thread's event loop is not due to a want of processors. Linux counts for each thread how
 * long it was on one and how long it waited for one (`schedstat`, the first two numbers, in nanoseconds).
 */
export class WorkDelay {
  readonly #descriptor: number | undefined;
  readonly #text = Buffer.alloc(128);
  readonly #timer: NodeJS.Timeout;
  #last: Counts;
  #maxWorkDelayMs = 0;
  #maxComputingMs = 0;

  constructor() {
    this.#descriptor = openSchedulerCounts();
    this.#last = this.#counts();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Undefined where the system does not count. */
  stop(): LongestWork | undefined {
    clearInterval(this.#timer);
    if (this.#descriptor === undefined) return undefined;
    closeSync(this.#descriptor);
    return { maxWorkDelayMs: this.#maxWorkDelayMs, maxComputingMs: this.#maxComputingMs };
  }

  #tick(): void {
    const now = this.#counts();
    const { nowMs, computedMs, waitedMs } = this.#last;
    this.#maxWorkDelayMs = Math.max(this.#maxWorkDelayMs, now.nowMs - nowMs - (now.waitedMs - waitedMs));
    this.#maxComputingMs = Math.max(this.#maxComputingMs, now.computedMs - computedMs);
    this.#last = now;
  }

  #counts(): Counts {
    const nowMs = performance.now();
    if (this.#descriptor === undefined) return { nowMs, computedMs: 0, waitedMs: 0 };
    const size = readSync(this.#descriptor, this.#text, 0, this.#text.length, 0);
    const [computed, waited] = this.#text.toString('latin1', 0, size).split(' ');
    return { nowMs, computedMs: Number(computed) / 1e6, waitedMs: Number(waited) / 1e6 };
  }
}

interface Counts {
  readonly nowMs: number;
  readonly computedMs: number;
  readonly waitedMs: number;
}

function openSchedulerCounts(): number | undefined {
  try {
    return openSync('/proc/thread-self/schedstat', 'r');
  } catch {
    return undefined;
  }
}
