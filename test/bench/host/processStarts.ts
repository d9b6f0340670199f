import { subscribe, unsubscribe } from 'node:diagnostics_channel';

const START = 'tracing:child_process.spawn:start';
const END = 'tracing:child_process.spawn:end';

/**
 * Processes that this thread starts, and how long a start holds it up: `fork` copies the page tables of the whole
 * process, and libuv waits until the new one runs its program. Both take the longer the more memory the process has.
 */
export class ProcessStarts {
  #count = 0;
  #longestMs = 0;
  #startMs: number | undefined;
  readonly #noteStart = () => {
    this.#startMs = performance.now();
  };
  readonly #noteEnd = () => {
    if (this.#startMs === undefined) return;
    this.#count++;
    this.#longestMs = Math.max(this.#longestMs, performance.now() - this.#startMs);
    this.#startMs = undefined;
  };

  constructor() {
    subscribe(START, this.#noteStart);
    subscribe(END, this.#noteEnd);
  }

  stop(): { readonly startedProcesses: number; readonly longestStartMs: number } {
    unsubscribe(START, this.#noteStart);
    unsubscribe(END, this.#noteEnd);
    return { startedProcesses: this.#count, longestStartMs: this.#longestMs };
  }
}
