/** Long work runs in slices, so that reads, writes and timers get their turn in between. */

import { abortedError } from './strataError.ts';

/** A slice lasts about this long. */
const SLICE_MS = 8;

export class Pacer {
  readonly #signal: AbortSignal | undefined;
  readonly #doing: string;
  readonly #outcomeOfAbort: string | undefined;
  #sliceStart = performance.now();

  constructor(doing: string, signal?: AbortSignal, outcomeOfAbort?: string) {
    this.#doing = doing;
    this.#outcomeOfAbort = outcomeOfAbort;
    this.#signal = signal;
  }

  /** Lets others run if this slice was long enough. Throws `ABORTED` when the signal says so. */
  async pause(): Promise<void> {
    if (performance.now() - this.#sliceStart >= SLICE_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      this.#sliceStart = performance.now();
    }
    this.check();
  }

  check(): void {
    if (this.#signal?.aborted === true) throw abortedError(this.#doing, this.#outcomeOfAbort);
  }
}
