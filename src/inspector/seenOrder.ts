/** Whether the sequence numbers, and the times, of a file's records ascend along it; equal ones may follow each other. */

import { type LogRecord, NONE } from './logFormat.ts';

export type RecordNumber = 'sequence' | 'time';

export class SeenOrder {
  #lastSequence = Number.NEGATIVE_INFINITY;
  #lastTimeMs = Number.NEGATIVE_INFINITY;
  #sequencesAscend = true;
  #timesAscend = true;

  ascends(number: RecordNumber): boolean {
    return number === 'sequence' ? this.#sequencesAscend : this.#timesAscend;
  }

  /** To be called with each record, in the order of the file. */
  add({ sequence, timestampMs }: LogRecord): void {
    if (sequence !== NONE) {
      if (sequence < this.#lastSequence) this.#sequencesAscend = false;
      this.#lastSequence = sequence;
    }
    if (timestampMs !== NONE) {
      if (timestampMs < this.#lastTimeMs) this.#timesAscend = false;
      this.#lastTimeMs = timestampMs;
    }
  }

  copy(): SeenOrder {
    const copy = new SeenOrder();
    copy.#lastSequence = this.#lastSequence;
    copy.#lastTimeMs = this.#lastTimeMs;
    copy.#sequencesAscend = this.#sequencesAscend;
    copy.#timesAscend = this.#timesAscend;
    return copy;
  }
}
