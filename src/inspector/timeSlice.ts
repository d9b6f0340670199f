/** Long work on a thread that also answers runs in slices, so that no answer waits longer than one of them. */

import { setImmediate as nextTurn } from 'node:timers/promises';

const SLICE_MS = 8;

export class TimeSlice {
  #endMs = performance.now() + SLICE_MS;

  get isOver(): boolean {
    return performance.now() >= this.#endMs;
  }

  /** Lets the other work of the thread go on, and begins another slice. */
  async next(): Promise<void> {
    await nextTurn();
    this.#endMs = performance.now() + SLICE_MS;
  }
}
