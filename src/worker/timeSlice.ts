/**
 * Long work on the worker's only thread runs in slices: when one is over, the event loop turns once, so that requests
 * that arrived meanwhile are answered before the work goes on. A get waits for at most one slice of each long request.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';

/** Short enough that a click never notices the wait behind it, long enough that turning the loop costs nothing. */
const SLICE_MS = 4;
/** The clock is read once in this many calls of `isOver`. */
const CALLS_PER_CLOCK_READ = 32;

export class TimeSlice {
  #endMs = performance.now() + SLICE_MS;
  #calls = 0;
  #over = false;

  /** To be asked after every small step of the work. */
  isOver(): boolean {
    if (!this.#over && ++this.#calls % CALLS_PER_CLOCK_READ === 0) this.#over = performance.now() >= this.#endMs;
    return this.#over;
  }

  /** Lets everything run that is due, then starts the next slice. */
  async next(): Promise<void> {
    await nextTurn();
    this.#over = false;
    this.#endMs = performance.now() + SLICE_MS;
  }
}
