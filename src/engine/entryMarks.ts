/** A mark of two bits for each entry of a keydir, 0 at first. */

const MARKS_PER_BYTE_BITS = 2;
const INDEX_MASK = 2 ** MARKS_PER_BYTE_BITS - 1;
const MARK_MASK = 3;

export class EntryMarks {
  /** Entries below this have a mark. */
  readonly end: number;
  readonly #bytes: Uint8Array;

  constructor(end: number) {
    this.end = end;
    this.#bytes = new Uint8Array(Math.ceil(end / 2 ** MARKS_PER_BYTE_BITS));
  }

  get(entry: number): number {
    const byte = this.#bytes[entry >>> MARKS_PER_BYTE_BITS] as number;
    return (byte >>> ((entry & INDEX_MASK) * 2)) & MARK_MASK;
  }

  set(entry: number, mark: number): void {
    const shift = (entry & INDEX_MASK) * 2;
    const index = entry >>> MARKS_PER_BYTE_BITS;
    this.#bytes[index] = ((this.#bytes[index] as number) & ~(MARK_MASK << shift)) | (mark << shift);
  }
}
