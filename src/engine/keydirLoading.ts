/**
 * Loads what opening has left in the keydir snapshot, beside everything else: otherwise the first seconds after opening
 * a large store are its slowest, because every new key that is touched waits for its part.
 */

import { performance } from 'node:perf_hooks';
import type { Keydir } from './keydir.ts';

/** A slice lasts about this long: one part at least. */
const SLICE_MS = 4;
const IDLE_PAUSE_MS = 1;
/** While the thread has other work, that gets ten times as much of the time. */
const BUSY_PAUSE_MS = 10 * SLICE_MS;

export class KeydirLoading {
  readonly #steps: Iterator<void>;
  #timer: NodeJS.Timeout | undefined;
  #pauseStart = performance.eventLoopUtilization();

  constructor(keydir: Keydir) {
    this.#steps = keydir.load();
    this.#pause(BUSY_PAUSE_MS);
  }

  /** What is not loaded by then stays where it is. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #pause(ms: number): void {
    this.#pauseStart = performance.eventLoopUtilization();
    // No reason for a process to go on that has nothing else to do.
    this.#timer = setTimeout(() => this.#runSlice(), ms).unref();
  }

  #runSlice(): void {
    const isBusy = performance.eventLoopUtilization(this.#pauseStart).utilization > 0.5;
    const startMs = performance.now();
    try {
      do {
        if (this.#steps.next().done === true) return;
      } while (performance.now() - startMs < SLICE_MS);
    } catch {
      // Whoever needs that part meets the same error, and is the one to be told: perhaps nobody ever does.
      return;
    }
    this.#pause(isBusy ? BUSY_PAUSE_MS : IDLE_PAUSE_MS);
  }
}
