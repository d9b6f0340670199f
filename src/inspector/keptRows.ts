/**
 * What the pass of a filter has decided, a bit for each row of the file. Where the rows of a filter are read again, that
 * is what chooses them: the states of records change, and a row must not come or go between two looks at a view.
 */

/** For 8,192 rows; doubled when they are more. */
const FIRST_SIZE_BYTES = 1024;

export class KeptRows {
  #bits = new Uint8Array(FIRST_SIZE_BYTES);
  #decidedCount = 0;
  #keptCount = 0;

  /** Rows kept so far. */
  get keptCount(): number {
    return this.#keptCount;
  }

  /** Keeps a row, and none of those between the one kept last and this one. */
  keep(row: number): void {
    const at = row >>> 3;
    if (at >= this.#bits.length) this.#grow(at + 1);
    this.#bits[at] = (this.#bits[at] as number) | (1 << (row & 7));
    this.#decidedCount = row + 1;
    this.#keptCount++;
  }

  /** All rows before that one are decided. */
  decideUpTo(row: number): void {
    this.#decidedCount = row;
  }

  /** A copy in which that row and those behind it are not decided. Who reads these goes on with what they say. */
  upTo(row: number): KeptRows {
    const copy = new KeptRows();
    copy.#bits = this.#bits.slice();
    copy.#keptCount = this.#keptCount;
    copy.#decidedCount = this.#decidedCount;
    for (let at = row; at < this.#decidedCount; at++) copy.#drop(at);
    copy.#decidedCount = Math.min(row, this.#decidedCount);
    return copy;
  }

  /** Undefined: that row has not been decided. */
  isKept(row: number): boolean | undefined {
    if (row >= this.#decidedCount) return undefined;
    return (((this.#bits[row >>> 3] ?? 0) >>> (row & 7)) & 1) === 1;
  }

  #drop(row: number): void {
    if (!this.isKept(row)) return;
    this.#bits[row >>> 3] = (this.#bits[row >>> 3] as number) & ~(1 << (row & 7));
    this.#keptCount--;
  }

  #grow(sizeBytes: number): void {
    const bits = new Uint8Array(Math.max(sizeBytes, 2 * this.#bits.length));
    bits.set(this.#bits);
    this.#bits = bits;
  }
}
