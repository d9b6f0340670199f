/** Records that a compaction copied from one segment to another, in the order of their copies: 12 bytes for each. */

import type { Segment } from './segment.ts';

const WORDS = 3;
const CHUNK_WORDS = WORDS * 2 ** 14;
const NO_ENTRY = 0xffff_ffff;

export class MovedRecords {
  readonly from: Segment;
  readonly to: Segment;
  /** Of each: its entry in the keydir, its old and its new offset. */
  readonly #chunks: Uint32Array[] = [];
  #end = CHUNK_WORDS;
  #endOffsetBytes = 0;

  constructor(from: Segment, to: Segment) {
    this.from = from;
    this.to = to;
  }

  add(entry: number, fromOffsetBytes: number, toOffsetBytes: number, sizeBytes: number): void {
    // Something else stands between this record and the one before.
    if (toOffsetBytes !== this.#endOffsetBytes && this.#chunks.length > 0)
      this.#push(NO_ENTRY, 0, this.#endOffsetBytes);
    this.#push(entry, fromOffsetBytes, toOffsetBytes);
    this.#endOffsetBytes = toOffsetBytes + sizeBytes;
  }

  /** Visits them in slices, between which the caller may let others run. */
  *visit(move: (entry: number, fromOffsetBytes: number, toOffsetBytes: number, sizeBytes: number) => void) {
    for (const [index, chunk] of this.#chunks.entries()) {
      const isLast = index === this.#chunks.length - 1;
      const end = isLast ? this.#end : CHUNK_WORDS;
      const afterChunk = isLast ? this.#endOffsetBytes : (this.#chunks[index + 1]?.[2] as number);
      for (let at = 0; at < end; at += WORDS) {
        const entry = chunk[at] as number;
        if (entry === NO_ENTRY) continue;
        const toOffset = chunk[at + 2] as number;
        const next = at + WORDS < end ? (chunk[at + WORDS + 2] as number) : afterChunk;
        move(entry, chunk[at + 1] as number, toOffset, next - toOffset);
      }
      yield;
    }
  }

  #push(entry: number, fromOffsetBytes: number, toOffsetBytes: number): void {
    if (this.#end === CHUNK_WORDS) {
      this.#chunks.push(new Uint32Array(CHUNK_WORDS));
      this.#end = 0;
    }
    const chunk = this.#chunks.at(-1) as Uint32Array;
    chunk[this.#end] = entry;
    chunk[this.#end + 1] = fromOffsetBytes;
    chunk[this.#end + 2] = toOffsetBytes;
    this.#end += WORDS;
  }
}
