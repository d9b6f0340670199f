/**
 * For segments that are about to be rewritten: which entry of the keydir has its record at which offset. One pass over
 * the keydir's entries, as they lie in memory, takes the place of a look-up for every record, each of which would cost
 * several cache misses.
 */

import type { Keydir } from './keydir.ts';
import { CHUNK_ENTRIES, ENTRY, ENTRY_WORDS } from './keydirEntries.ts';
import type { Segment } from './segment.ts';

/** Every record is longer than 32 bytes, so that no two begin in the same 32. */
const CELL_BITS = 5;

/** Entries and keys of so many bytes of small records stay in the processor's caches until each is used. */
export const AHEAD_SIZE = 8 * 1024;
export const CELLS_AHEAD = AHEAD_SIZE / 2 ** CELL_BITS;

/** 64 MiB: for segments of 512 MiB together, or for one if it is larger. */
const MAX_CELLS = 2 ** 24;

export class LivePlaces {
  readonly #keydir: Keydir;
  readonly #pause: () => Promise<void>;
  /** By slot: for every 32 bytes of the segment, the entry's number plus 1 whose record begins there, or 0. */
  #tables: (Uint32Array | undefined)[] = [];

  constructor(keydir: Keydir, pause: () => Promise<void>) {
    this.#keydir = keydir;
    this.#pause = pause;
  }

  /**
   * The table of the first of `segments`, which are sealed, so that from now on entries only leave them. It is marked
   * together with those of as many others, in this order, as there is room for.
   */
  async take(segments: readonly Segment[]): Promise<Uint32Array> {
    const { slot } = segments[0] as Segment;
    if (this.#tables[slot] === undefined) await this.#mark(segments);
    const table = this.#tables[slot] as Uint32Array;
    this.#tables[slot] = undefined;
    return table;
  }

  async #mark(segments: readonly Segment[]): Promise<void> {
    this.#tables = [];
    let cells = 0;
    for (const { slot, sizeBytes } of segments) {
      const count = Math.floor(sizeBytes / 2 ** CELL_BITS) + 1;
      if (cells > 0 && cells + count > MAX_CELLS) break;
      this.#tables[slot] = new Uint32Array(count);
      cells += count;
    }
    const { entries } = this.#keydir.parts;
    for (let first = 0; first < entries.end; first += CHUNK_ENTRIES) {
      this.#markChunk(first);
      await this.#pause();
    }
  }

  #markChunk(first: number): void {
    const tables = this.#tables;
    const { entries } = this.#keydir.parts;
    const words = entries.wordsOfChunk(first / CHUNK_ENTRIES);
    for (let i = 0, at = 0; at < words.length; i++, at += ENTRY_WORDS) {
      const slot = words[at + ENTRY.slot] as number;
      const table = slot < tables.length ? tables[slot] : undefined;
      if (table !== undefined) table[(words[at + ENTRY.offset] as number) >>> CELL_BITS] = first + i + 1;
    }
  }
}

/** The entry whose record may begin at `offsetBytes`, or -1. */
export function entryAt(table: Uint32Array, offsetBytes: number): number {
  return (table[offsetBytes >>> CELL_BITS] as number) - 1;
}

/**
 * The entries whose records may begin in `AHEAD_SIZE` bytes from `offsetBytes` on, into `entries`, which has room for
 * them. Returns how many there are.
 */
export function entriesAhead(table: Uint32Array, offsetBytes: number, entries: Uint32Array): number {
  const first = offsetBytes >>> CELL_BITS;
  const end = Math.min(first + CELLS_AHEAD, table.length);
  let count = 0;
  for (let cell = first; cell < end; cell++) {
    const reference = table[cell] as number;
    if (reference !== 0) entries[count++] = reference - 1;
  }
  return count;
}
