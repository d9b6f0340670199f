/**
 * The keydir's entries: fields of fixed size in typed arrays, 65,536 entries a chunk, so that growing never copies.
 * The fields of an entry lie side by side, because a look-up needs them all and each place of its own would cost a
 * cache miss of its own. The snapshot file has the same order.
 */

const CHUNK_BITS = 16;
export const CHUNK_ENTRIES = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_ENTRIES - 1;
const FIRST_CHUNK_ENTRIES = 64;
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

export interface EntryChunk {
  readonly words: Uint32Array;
  /** Only once some key of the store expires. */
  readonly expiries: Float64Array | undefined;
}

/** Fills the first `count` entries of the chunk with this index from a snapshot. */
export type LoadEntries = (index: number, chunk: EntryChunk, count: number) => void;

export class KeydirEntries {
  /** Undefined: in the snapshot file, and not needed yet. */
  #chunks: (EntryChunk | undefined)[] = [newChunk(FIRST_CHUNK_ENTRIES, false)];
  #load: LoadEntries | undefined;
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
    return Array.from(this.#chunks, (_, index) => this.#chunk(index));
  }

  /** The fields of the entries from `index * CHUNK_ENTRIES` on, as many as there are. */
  wordsOfChunk(index: number): Uint32Array {
    const count = Math.min(CHUNK_ENTRIES, this.#end - index * CHUNK_ENTRIES);
    return this.#chunk(index).words.subarray(0, count * ENTRY_WORDS);
  }

  /** Loads what was not needed yet. */
  loadAll(): void {
    for (let index = 0; index < this.#chunks.length; index++) this.#chunk(index);
  }

  get allocatedBytes(): number {
    const sizeOf = ({ words, expiries }: EntryChunk) => words.byteLength + (expiries?.byteLength ?? 0);
    return this.#chunks.reduce((sum, chunk) => sum + (chunk === undefined ? 0 : sizeOf(chunk)), 0);
  }

  /** The number of a new entry; its fields are 0. */
  add(): number {
    const entry = this.#end++;
    const index = entry >>> CHUNK_BITS;
    if (index === this.#chunks.length) {
      this.#chunks.push(newChunk(CHUNK_ENTRIES, this.#hasExpiries));
      return entry;
    }
    const chunk = this.#chunk(index);
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
    const { words } = this.#chunk(entry >>> CHUNK_BITS);
    const at = (entry & CHUNK_MASK) * ENTRY_WORDS;
    return (words[at + ENTRY.sequenceLow] as number) + (words[at + ENTRY.sequenceHigh] as number) * TWO_TO_32;
  }

  expiryMs(entry: number): number {
    return this.#chunk(entry >>> CHUNK_BITS).expiries?.[entry & CHUNK_MASK] ?? 0;
  }

  /** Whether the entry's newest record is the one with this sequence number, at this place. */
  isAt(entry: number, slot: number, offsetBytes: number, sequence: number): boolean {
    const { words } = this.#chunk(entry >>> CHUNK_BITS);
    const at = (entry & CHUNK_MASK) * ENTRY_WORDS;
    return (
      words[at + ENTRY.slot] === slot &&
      words[at + ENTRY.offset] === offsetBytes &&
      (words[at + ENTRY.sequenceLow] as number) + (words[at + ENTRY.sequenceHigh] as number) * TWO_TO_32 === sequence
    );
  }

  read(entry: number, target: KeydirRecord): void {
    const { words, expiries } = this.#chunk(entry >>> CHUNK_BITS);
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
    const { words, expiries } = this.#chunk(entry >>> CHUNK_BITS);
    const at = (entry & CHUNK_MASK) * ENTRY_WORDS;
    words[at + ENTRY.slot] = record.slot;
    words[at + ENTRY.offset] = record.offsetBytes;
    words[at + ENTRY.valueLength] = record.valueLength;
    words[at + ENTRY.sequenceLow] = record.sequence;
    words[at + ENTRY.sequenceHigh] = record.sequence / TWO_TO_32;
    if (expiries !== undefined) expiries[entry & CHUNK_MASK] = record.expiryMs;
  }

  setKey(entry: number, hash: number, key: number): void {
    const { words } = this.#chunk(entry >>> CHUNK_BITS);
    const at = (entry & CHUNK_MASK) * ENTRY_WORDS;
    words[at + ENTRY.hash] = hash;
    words[at + ENTRY.key] = key;
  }

  setPlace(entry: number, slot: number, offsetBytes: number): void {
    const { words } = this.#chunk(entry >>> CHUNK_BITS);
    const at = (entry & CHUNK_MASK) * ENTRY_WORDS;
    words[at + ENTRY.slot] = slot;
    words[at + ENTRY.offset] = offsetBytes;
  }

  /** Takes over the `end` entries of a snapshot. Each chunk is loaded when it is first needed. */
  restore(end: number, hasExpiries: boolean, load: LoadEntries): void {
    this.#end = end;
    this.#hasExpiries = hasExpiries;
    if (end === 0) return;
    this.#load = load;
    this.#savedEnd = end;
    this.#chunks = new Array<undefined>(Math.ceil(end / CHUNK_ENTRIES)).fill(undefined);
  }

  #chunk(index: number): EntryChunk {
    return this.#chunks[index] ?? this.#loadChunk(index);
  }

  #loadChunk(index: number): EntryChunk {
    const count = Math.min(CHUNK_ENTRIES, this.#savedEnd - index * CHUNK_ENTRIES);
    const chunk = newChunk(Math.max(FIRST_CHUNK_ENTRIES, count), this.#hasExpiries);
    this.#load?.(index, chunk, count);
    this.#chunks[index] = chunk;
    return chunk;
  }

  #word(entry: number, field: number): number {
    const { words } = this.#chunk(entry >>> CHUNK_BITS);
    return words[(entry & CHUNK_MASK) * ENTRY_WORDS + field] as number;
  }

  #addExpiries(): void {
    this.#hasExpiries = true;
    this.#chunks = this.#chunks.map((chunk) => chunk && withExpiries(chunk));
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
