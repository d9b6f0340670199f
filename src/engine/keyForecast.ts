/**
 * Makes room in a keydir for the keys of a log while it is being loaded: growing step by step, the hash table would
 * move every key several times, and each move is a cache miss. How many keys are still to come is not known, so that
 * those of the bytes behind are taken for typical of the bytes ahead.
 */

import type { Keydir } from './keydir.ts';

/**
 * How many times as far as it has come the forecast looks. A log whose first keys are many and whose other records are
 * large cannot make the table grow more than this beyond what it needs.
 */
const REACH = 16;
/** Fewer keys tell little, and moving them costs little. So many are in all parts of the table, wherever that is. */
const MIN_KEYS = 4096;

export class KeyForecast {
  readonly #keydir: Keydir;
  readonly #totalBytes: number;
  #doneBytes = 0;
  #nextBytes = 0;
  readonly #countBefore: number;

  /** The keydir is about to take in records of so many bytes of log. */
  constructor(keydir: Keydir, totalBytes: number) {
    this.#keydir = keydir;
    this.#totalBytes = totalBytes;
    this.#countBefore = keydir.count;
  }

  /** It has taken in so many more bytes. */
  advance(bytes: number): void {
    this.#doneBytes += bytes;
    if (this.#doneBytes < this.#nextBytes) return;
    const newKeys = this.#keydir.count - this.#countBefore;
    if (newKeys < MIN_KEYS) return;
    this.#nextBytes = this.#doneBytes * REACH;
    const comingBytes = Math.min(this.#totalBytes, this.#nextBytes) - this.#doneBytes;
    if (comingBytes > 0) this.#keydir.expect(Math.ceil((newKeys / this.#doneBytes) * comingBytes));
  }
}
