/**
 * Decides where a thread waits for the disk. The way through Node's thread pool and back costs about 0.1 ms: a quarter
 * of a sync on a quick disk, during which nothing else happens than that this thread sleeps. So what is expected to take
 * less than a bound is waited for on the calling thread, and everything else in the background. The expectation
 * follows what was measured, so that a disk that turns slow holds the event loop up once and not for long.
 */

/** Share of the newest measurement in the expectation. */
const NEWEST_SHARE = 0.25;

export class DiskWait {
  readonly #maxBlockingMs: number;
  #expectedMs = 0;

  /** Up to `maxBlockingMs` are waited for on the calling thread; 0: nothing is. */
  constructor(maxBlockingMs: number) {
    this.#maxBlockingMs = maxBlockingMs;
  }

  /** Runs one of the two, which do the same. */
  async run(action: { readonly blocking: () => void; readonly inBackground: () => Promise<void> }): Promise<void> {
    const startMs = performance.now();
    if (this.#expectedMs < this.#maxBlockingMs) action.blocking();
    else await action.inBackground();
    this.#expectedMs += (performance.now() - startMs - this.#expectedMs) * NEWEST_SHARE;
  }
}
