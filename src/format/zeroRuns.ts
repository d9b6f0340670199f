/** Passes over zeros: of a file that was made in advance, or never written, they may be gigabytes. */

export class ZeroRuns {
  readonly #bytes: Uint8Array;
  /** The same bytes by four, from the first one on that lies where a word may. */
  readonly #words: Int32Array;
  readonly #wordsStart: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#wordsStart = Math.min(-bytes.byteOffset & 3, bytes.length);
    const wordCount = (bytes.length - this.#wordsStart) >> 2;
    this.#words = new Int32Array(bytes.buffer, wordCount === 0 ? 0 : bytes.byteOffset + this.#wordsStart, wordCount);
  }

  /** Index of the first byte from `from` on that is not zero, or the number of bytes. */
  end(from: number): number {
    const bytes = this.#bytes;
    let at = from;
    while (at < bytes.length && ((at - this.#wordsStart) & 3) !== 0) {
      if (bytes[at] !== 0) return at;
      at++;
    }
    const words = this.#words;
    let word = (at - this.#wordsStart) >> 2;
    while (word + 3 < words.length) {
      const isZero =
        ((words[word] as number) |
          (words[word + 1] as number) |
          (words[word + 2] as number) |
          (words[word + 3] as number)) ===
        0;
      if (!isZero) break;
      word += 4;
    }
    at = Math.max(at, this.#wordsStart + word * 4);
    while (at < bytes.length && bytes[at] === 0) at++;
    return at;
  }
}
