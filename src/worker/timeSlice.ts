/**
 * Long work on a thread that also answers, a store's or an inspector's, runs in slices: when one is over, the event loop
 * turns once, so that requests that arrived meanwhile are answered before the work goes on. A get waits for at most one
 * slice of each long request.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';

/** Short enough that a click never notices the wait behind it, long enough that turning the loop costs nothing. */
const SLICE_MS = 4;
/** For steps of a microsecond or less, beside which reading the clock each time would cost too much. */
const SMALL_STEPS_PER_CLOCK_READ = 32;

export class TimeSlice {
  #endMs = performance.now() + SLICE_MS;
  #steps = 0;
  #over = false;
  readonly #stepsPerClockRead: number;

  /** 1 for steps that read from a disk. */
  constructor(stepsPerClockRead = SMALL_STEPS_PER_CLOCK_READ) {
    this.#stepsPerClockRead = stepsPerClockRead;
  }

  /** To be asked after every step of the work. */
  isOver(): boolean {
    if (!this.#over && ++this.#steps % this.#stepsPerClockRead === 0) this.#over = performance.now() >= this.#endMs;
    return this.#over;
  }

  /** Lets everything run that is due, then starts the next slice. */
  async next(): Promise<void> {
    await nextTurn();
    this.#over = false;
    this.#endMs = performance.now() + SLICE_MS;
  }
}
