/**
 * Loads what opening has left in the keydir snapshot, beside everything else: otherwise the first seconds after opening
 * a large store are its slowest, because every new key that is touched waits for its part.
 */

import { performance } from 'node:perf_hooks';
import type { Keydir } from './keydir.ts';

/** A slice lasts about this long: one part at least. */
const SLICE_MS = 4;
const MIN_PAUSE_MS = 1;
/** While the thread has other work, that soon gets ten times as much of the time. */
const MAX_PAUSE_MS = 10 * SLICE_MS;

export class KeydirLoading {
  readonly #steps: Iterator<void>;
  #timer: NodeJS.Timeout | undefined;
  /** Opening is mostly followed by work. */
  #pauseMs = MAX_PAUSE_MS;
  #pauseStart = performance.eventLoopUtilization();

  constructor(keydir: Keydir) {
    this.#steps = keydir.load();
    this.#pause();
  }

  /** What is not loaded by then stays where it is. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #pause(): void {
    this.#pauseStart = performance.eventLoopUtilization();
    // No reason for a process to go on that has nothing else to do.
    this.#timer = setTimeout(() => this.#runSlice(), this.#pauseMs).unref();
  }

  #runSlice(): void {
    const isBusy = performance.eventLoopUtilization(this.#pauseStart).utilization > 0.5;
    // Step by step: a garbage collection alone looks like work.
    this.#pauseMs = isBusy ? Math.min(MAX_PAUSE_MS, this.#pauseMs * 2) : MIN_PAUSE_MS;
    const startMs = performance.now();
    try {
      do {
        if (this.#steps.next().done === true) return;
      } while (performance.now() - startMs < SLICE_MS);
    } catch {
      // Whoever needs that part meets the same error, and is the one to be told: perhaps nobody ever does.
      return;
    }
    this.#pause();
  }
}
