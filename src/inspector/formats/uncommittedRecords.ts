/** Where the records stand that count as never written: members of incomplete batches, and those without a frame. */

const WORD = 2 ** 32;
/** Of neighbours. What is beyond that many is not remembered. */
const MAX_RANGES = 20_000;

export class UncommittedRecords {
  /** Of each range of neighbours where it starts and where it ends, with the index of the segment above. */
  #starts: number[] = [];
  #ends: number[] = [];

  clear(): void {
    this.#starts = [];
    this.#ends = [];
  }

  /** In the order of segments and offsets. */
  add(segmentIndex: number, offsetBytes: number, sizeBytes: number): void {
    const place = segmentIndex * WORD + offsetBytes;
    const last = this.#ends.length - 1;
    if (this.#ends[last] === place) {
      this.#ends[last] = place + sizeBytes;
    } else if (this.#ends.length < MAX_RANGES) {
      this.#starts.push(place);
      this.#ends.push(place + sizeBytes);
    }
  }

  /** Whether the byte is one of such a record. */
  has(segmentIndex: number, offsetBytes: number): boolean {
    const place = segmentIndex * WORD + offsetBytes;
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] as number) <= place) low = middle + 1;
      else high = middle;
    }
    return low > 0 && place < (this.#ends[low - 1] as number);
  }
}
