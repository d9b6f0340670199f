/**
 * The keydir's entries: fields of fixed size in typed arrays, 65,536 entries a chunk, so that growing never copies.
 * The fields of an entry lie side by side, because a look-up needs them all and each place of its own would cost a
 * cache miss of its own. The snapshot file has the same order.
 */

const CHUNK_BITS = 16;
export const CHUNK_ENTRIES = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_ENTRIES - 1;
const FIRST_CHUNK_ENTRIES = 64;

/**
 * A chunk of a snapshot is loaded in pieces of 4,096 entries, 112 KiB: whoever needs one entry of a store that was just
 * opened waits for memory that is new to the process, and for a whole chunk that takes milliseconds.
 */
const PIECE_BITS = 12;
export const PIECE_ENTRIES = 1 << PIECE_BITS;
const PIECES = 1 << (CHUNK_BITS - PIECE_BITS);
const TWO_TO_32 = 0x1_0000_0000;

/** Where the fields of an entry stand, in 32-bit words. */
export const ENTRY = { hash: 0, slot: 1, offset: 2, valueLength: 3, key: 4, sequenceLow: 5, sequenceHigh: 6 } as const;
export const ENTRY_WORDS = 7;

/** In the slot: the entry's number is free. */
export const FREE_SLOT = 0xffff_ffff;
/** In the slot: the key is deleted, as of the entry's sequence number. */
export const GHOST_SLOT = 0xffff_fffe;

/** A record's place and what is known of it without reading it. */
export interface KeydirRecord {
  /** Index of the segment in the store's segment table. */
  slot: number;
  offsetBytes: number;
  valueLength: number;
  sequence: number;
  /** Milliseconds since 1970-01-01 UTC; 0: never. */
  expiryMs: number;
}

/** To be filled, and used again. */
export function newRecord(): KeydirRecord {
  return { slot: 0, offsetBytes: 0, valueLength: 0, sequence: 0, expiryMs: 0 };
}

export interface EntryChunk {
  readonly words: Uint32Array;
  /** Only once some key of the store expires. */
  readonly expiries: Float64Array | undefined;
}

/** Fills a piece of the entries from a snapshot: the one with this index, of them all. */
export type LoadEntries = (index: number, piece: EntryChunk) => void;

/** A chunk of which only some pieces were needed yet. */
interface PartialChunk {
  chunk: EntryChunk;
  readonly isLoaded: boolean[];
  missing: number;
}

export class KeydirEntries {
  /** Undefined: in the snapshot file, all of it or some pieces, which were not needed yet. */
  #chunks: (EntryChunk | undefined)[] = [newChunk(FIRST_CHUNK_ENTRIES, false)];
  #partial: (PartialChunk | undefined)[] = [];
  #loadFrom: LoadEntries | undefined;
  #savedEnd = 0;
  /** First entry number that was never used. */
  #end = 0;
  #hasExpiries = false;

  get end(): number {
    return this.#end;
  }

  get hasExpiries(): boolean {
    return this.#hasExpiries;
  }

  get chunks(): readonly EntryChunk[] {
    return Array.from(this.#chunks, (_, index) => this.#wholeChunk(index));
  }

  /** The fields of the entries from `index * CHUNK_ENTRIES` on, as many as there are. */
  wordsOfChunk(index: number): Uint32Array {
    const count = Math.min(CHUNK_ENTRIES, this.#end - index * CHUNK_ENTRIES);
    return this.#wholeChunk(index).words.subarray(0, count * ENTRY_WORDS);
  }

  /** Loads what was not needed yet, a piece at a step. */
  *load(): Generator<void> {
    for (let index = 0; index < this.#chunks.length; index++) {
      const first = index * CHUNK_ENTRIES;
      for (let piece = 0; this.#chunks[index] === undefined; piece++) {
        if (this.#partial[index]?.isLoaded[piece] === true) continue;
        this.#loadPiece(first + piece * PIECE_ENTRIES);
        yield;
      }
    }
  }

  get allocatedBytes(): number {
    const sizeOf = ({ words, expiries }: EntryChunk) => words.byteLength + (expiries?.byteLength ?? 0);
    let sum = 0;
    for (const chunk of this.#chunks) if (chunk !== undefined) sum += sizeOf(chunk);
    // The system gives memory to what is filled of the others.
    for (const partial of this.#partial) {
      if (partial !== undefined) sum += sizeOf(partial.chunk) * (1 - partial.missing / partial.isLoaded.length);
    }
    return Math.round(sum);
  }

  /** The number of a new entry; its fields are 0. */
  add(): number {
    const entry = this.#end++;
    const index = entry >>> CHUNK_BITS;
    if (index === this.#chunks.length) {
      this.#chunks.push(newChunk(CHUNK_ENTRIES, this.#hasExpiries));
      return entry;
    }
    const chunk = this.#wholeChunk(index);
    if ((entry & CHUNK_MASK) * ENTRY_WORDS === chunk.words.length) this.#chunks[index] = grownChunk(chunk);
    return entry;
  }

  hash(entry: number): number {
    return this.#word(entry, ENTRY.hash);
  }

  slot(entry: number): number {
    return this.#word(entry, ENTRY.slot);
  }

  offsetBytes(entry: number): number {
    return this.#word(entry, ENTRY.offset);
  }

  valueLength(entry: number): number {
    return this.#word(entry, ENTRY.valueLength);
  }

  /** Reference of the entry's key in the arena. */
  key(entry: number): number {
    return this.#word(entry, ENTRY.key);
  }

  sequence(entry: number): number {
    const { words } = this.#chunkOf(entry);
    const at = (entry & CHUNK_MASK) * ENTRY_WORDS;
    return (words[at + ENTRY.sequenceLow] as number) + (words[at + ENTRY.sequenceHigh] as number) * TWO_TO_32;
  }

  expiryMs(entry: number): number {
    return this.#chunkOf(entry).expiries?.[entry & CHUNK_MASK] ?? 0;
  }

  /** Whether the entry's newest record is the one with this sequence number, at this place. */
  isAt(entry: number, slot: number, offsetBytes: number, sequence: number): boolean {
    const { words } = this.#chunkOf(entry);
    const at = (entry & CHUNK_MASK) * ENTRY_WORDS;
    return (
      words[at + ENTRY.slot] === slot &&
      words[at + ENTRY.offset] === offsetBytes &&
      (words[at + ENTRY.sequenceLow] as number) + (words[at + ENTRY.sequenceHigh] as number) * TWO_TO_32 === sequence
    );
  }

  read(entry: number, target: KeydirRecord): void {
    const { words, expiries } = this.#chunkOf(entry);
    const at = (entry & CHUNK_MASK) * ENTRY_WORDS;
    target.slot = words[at + ENTRY.slot] as number;
    target.offsetBytes = words[at + ENTRY.offset] as number;
    target.valueLength = words[at + ENTRY.valueLength] as number;
    target.sequence =
      (words[at + ENTRY.sequenceLow] as number) + (words[at + ENTRY.sequenceHigh] as number) * TWO_TO_32;
    target.expiryMs = expiries === undefined ? 0 : (expiries[entry & CHUNK_MASK] as number);
  }

  write(entry: number, record: Readonly<KeydirRecord>): void {
    if (record.expiryMs !== 0 && !this.#hasExpiries) this.#addExpiries();
    const { words, expiries } = this.#chunkOf(entry);
    const at = (entry & CHUNK_MASK) * ENTRY_WORDS;
    words[at + ENTRY.slot] = record.slot;
    words[at + ENTRY.offset] = record.offsetBytes;
    words[at + ENTRY.valueLength] = record.valueLength;
    words[at + ENTRY.sequenceLow] = record.sequence;
    words[at + ENTRY.sequenceHigh] = record.sequence / TWO_TO_32;
    if (expiries !== undefined) expiries[entry & CHUNK_MASK] = record.expiryMs;
  }

  setKey(entry: number, hash: number, key: number): void {
    const { words } = this.#chunkOf(entry);
    const at = (entry & CHUNK_MASK) * ENTRY_WORDS;
    words[at + ENTRY.hash] = hash;
    words[at + ENTRY.key] = key;
  }

  setPlace(entry: number, slot: number, offsetBytes: number): void {
    const { words } = this.#chunkOf(entry);
    const at = (entry & CHUNK_MASK) * ENTRY_WORDS;
    words[at + ENTRY.slot] = slot;
    words[at + ENTRY.offset] = offsetBytes;
  }

  /** Takes over the `end` entries of a snapshot. Each piece is loaded when it is first needed. */
  restore(end: number, hasExpiries: boolean, load: LoadEntries): void {
    this.#end = end;
    this.#hasExpiries = hasExpiries;
    if (end === 0) return;
    this.#loadFrom = load;
    this.#savedEnd = end;
    this.#chunks = new Array<undefined>(Math.ceil(end / CHUNK_ENTRIES)).fill(undefined);
  }

  /** The chunk of an entry, in which at least the piece of that entry is loaded. */
  #chunkOf(entry: number): EntryChunk {
    return this.#chunks[entry >>> CHUNK_BITS] ?? this.#loadPiece(entry);
  }

  #wholeChunk(index: number): EntryChunk {
    for (let piece = 0; this.#chunks[index] === undefined; piece++) {
      this.#loadPiece(index * CHUNK_ENTRIES + piece * PIECE_ENTRIES);
    }
    return this.#chunks[index] as EntryChunk;
  }

  #loadPiece(entry: number): EntryChunk {
    const index = entry >>> CHUNK_BITS;
    this.#partial[index] ??= this.#newPartial(index);
    const partial = this.#partial[index];
    const piece = (entry & CHUNK_MASK) >>> PIECE_BITS;
    if (partial.isLoaded[piece] === true) return partial.chunk;
    const start = piece * PIECE_ENTRIES;
    const end = Math.min(start + PIECE_ENTRIES, this.#savedEnd - index * CHUNK_ENTRIES);
    const { words, expiries } = partial.chunk;
    this.#loadFrom?.(index * PIECES + piece, {
      words: words.subarray(start * ENTRY_WORDS, end * ENTRY_WORDS),
      expiries: expiries?.subarray(start, end),
    });
    partial.isLoaded[piece] = true;
    partial.missing--;
    if (partial.missing === 0) {
      this.#chunks[index] = partial.chunk;
      this.#partial[index] = undefined;
    }
    return partial.chunk;
  }

  #newPartial(index: number): PartialChunk {
    const count = Math.min(CHUNK_ENTRIES, this.#savedEnd - index * CHUNK_ENTRIES);
    const missing = Math.ceil(count / PIECE_ENTRIES);
    const chunk = newChunk(Math.max(FIRST_CHUNK_ENTRIES, count), this.#hasExpiries);
    return { chunk, isLoaded: new Array<boolean>(missing).fill(false), missing };
  }

  #word(entry: number, field: number): number {
    const { words } = this.#chunkOf(entry);
    return words[(entry & CHUNK_MASK) * ENTRY_WORDS + field] as number;
  }

  #addExpiries(): void {
    this.#hasExpiries = true;
    this.#chunks = this.#chunks.map((chunk) => chunk && withExpiries(chunk));
    for (const partial of this.#partial) if (partial !== undefined) partial.chunk = withExpiries(partial.chunk);
  }
}

function withExpiries({ words }: EntryChunk): EntryChunk {
  return { words, expiries: new Float64Array(words.length / ENTRY_WORDS) };
}

function newChunk(entries: number, hasExpiries: boolean): EntryChunk {
  return {
    words: new Uint32Array(entries * ENTRY_WORDS),
    expiries: hasExpiries ? new Float64Array(entries) : undefined,
  };
}

/** The first chunk, and the last one of a loaded snapshot, start small and grow to their full size. */
function grownChunk(chunk: EntryChunk): EntryChunk {
  const entries = Math.min(CHUNK_ENTRIES, (chunk.words.length / ENTRY_WORDS) * 4);
  const larger = newChunk(entries, chunk.expiries !== undefined);
  larger.words.set(chunk.words);
  if (chunk.expiries !== undefined) larger.expiries?.set(chunk.expiries);
  return larger;
}
