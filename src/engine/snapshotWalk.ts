/**
 * Visits the entries of a snapshot file with their keys, as they stand in it: little of the file is in memory at a time.
 *
 * Entries come in pieces, into the same memory. A chunk of keys stays from the first entry that needs it to the last
 * one; mostly keys stand in the order of their entries, so that one or two chunks are there together. The hash table
 * is needed in all of its places at any time, and stays.
 */

import { hashKey } from '../format/keyHash.ts';
import { KEY_UNIT } from '../format/layout.ts';
import { KEY_CHUNK_SIZE } from './keyArena.ts';
import { ENTRY, ENTRY_WORDS, FREE_SLOT, type KeydirRecord, newRecord, PIECE_ENTRIES } from './keydirEntries.ts';
import { entryIn, SHARD_SHIFT, tagIn, tagOf } from './keyTable.ts';
import type { Pacer } from './pacer.ts';
import { discard } from './readAheadOfUse.ts';
import type { PassedSnapshot } from './snapshotFile.ts';
import { GROUP_SIZE } from './waitingRecords.ts';

const TWO_TO_32 = 0x1_0000_0000;
const CHUNK_UNITS = KEY_CHUNK_SIZE / KEY_UNIT;
const LENGTH_SIZE = 2;

/** An entry while it is visited. Its key is `bytes[start, start + length)`. */
export interface SavedEntry {
  bytes: Uint8Array;
  start: number;
  length: number;
  /** The key's hash by the seed that the walk was given. */
  hash: number;
  /** Its slot is an index of the snapshot's segments. */
  readonly record: KeydirRecord;
  /** A search for the key in the snapshot finds the entry. */
  isFound: boolean;
}

export class SnapshotWalk {
  readonly #snapshot: PassedSnapshot;
  readonly #hashSeed: number;
  readonly #words = new Uint32Array(PIECE_ENTRIES * ENTRY_WORDS);
  readonly #expiries = new Float64Array(PIECE_ENTRIES);
  readonly #shards: (Uint32Array | undefined)[] = [];
  /** Of each chunk of keys: the last piece whose entries need it. */
  readonly #lastPieces: Uint32Array;
  readonly #chunks: (Uint8Array | undefined)[] = [];
  readonly #loadedChunks = new Set<number>();
  /** Memory of chunks that are not needed any more. */
  readonly #spareChunks: Uint8Array[] = [];
  readonly #group = Array.from({ length: GROUP_SIZE }, newEntry);
  /** Hashes of the group's keys: by the walk's seed, and by the snapshot's. */
  readonly #hashes = new Uint32Array(GROUP_SIZE);
  readonly #savedHashes = new Uint32Array(GROUP_SIZE);

  constructor(snapshot: PassedSnapshot, hashSeed: number) {
    this.#snapshot = snapshot;
    this.#hashSeed = hashSeed;
    this.#lastPieces = new Uint32Array(snapshot.keys.length);
  }

  /**
   * Visits all entries, by groups of `GROUP_SIZE` at most: `touch` hears of the hashes of one before its entries. Throws
   * `STORE_DAMAGED` when the file has changed since it was passed, what the disk says, and `ABORTED` as the pacer does.
   */
  async forEach(
    pacer: Pacer,
    touch: (hashes: Uint32Array, count: number) => void,
    visit: (entry: SavedEntry) => void,
  ): Promise<void> {
    const pieceCount = this.#snapshot.entries.length;
    for (let piece = 0; piece < pieceCount; piece++) {
      await pacer.pause();
      this.#noteChunks(piece);
    }
    for (let piece = 0; piece < pieceCount; piece++) {
      const words = this.#loadPiece(piece);
      if (this.#snapshot.head.hasExpiries) this.#loadExpiries(piece, words.length / ENTRY_WORDS);
      for (let first = 0; first < words.length; first += GROUP_SIZE * ENTRY_WORDS) {
        await pacer.pause();
        const count = this.#loadGroup(piece, words, first);
        touch(this.#hashes, count);
        for (let i = 0; i < count; i++) visit(this.#group[i] as SavedEntry);
      }
      this.#dropChunks(piece);
    }
  }

  #loadPiece(piece: number): Uint32Array {
    const { reader, entries } = this.#snapshot;
    const count = (entries[piece]?.sizeBytes as number) / Uint32Array.BYTES_PER_ELEMENT;
    return reader.load(entries, piece, this.#words.subarray(0, count));
  }

  #loadExpiries(piece: number, count: number): void {
    const { reader, expiries } = this.#snapshot;
    reader.load(expiries, piece, this.#expiries.subarray(0, count));
  }

  #noteChunks(piece: number): void {
    const words = this.#loadPiece(piece);
    for (let at = 0; at < words.length; at += ENTRY_WORDS) {
      if (words[at + ENTRY.slot] === FREE_SLOT) continue;
      this.#lastPieces[Math.floor((words[at + ENTRY.key] as number) / CHUNK_UNITS)] = piece;
    }
  }

  /** Makes ready the entries at `first` of the piece's words and after it; returns how many there are. */
  #loadGroup(piece: number, words: Uint32Array, first: number): number {
    const end = Math.min(words.length, first + GROUP_SIZE * ENTRY_WORDS);
    const { hashSeed } = this.#snapshot.head;
    let count = 0;
    let touched = 0;
    for (let at = first; at < end; at += ENTRY_WORDS) {
      if (words[at + ENTRY.slot] === FREE_SLOT) continue;
      const entry = this.#group[count] as SavedEntry;
      this.#read(words, at, entry);
      const { bytes, start, length } = entry;
      entry.hash = hashKey(bytes, start, length, this.#hashSeed) >>> 0;
      this.#hashes[count] = entry.hash;
      const savedHash = hashSeed === this.#hashSeed ? entry.hash : hashKey(bytes, start, length, hashSeed) >>> 0;
      this.#savedHashes[count++] = savedHash;
      const shard = this.#shard(savedHash);
      touched ^= shard[savedHash & (shard.length - 1)] ?? 0;
    }
    discard(touched);
    for (let at = first, i = 0; at < end; at += ENTRY_WORDS) {
      if (words[at + ENTRY.slot] === FREE_SLOT) continue;
      const hash = this.#savedHashes[i] as number;
      const number = piece * PIECE_ENTRIES + at / ENTRY_WORDS;
      (this.#group[i++] as SavedEntry).isFound = words[at + ENTRY.hash] === hash && this.#isInTable(hash, number);
    }
    return count;
  }

  #read(words: Uint32Array, at: number, entry: SavedEntry): void {
    const { record } = entry;
    record.slot = words[at + ENTRY.slot] as number;
    record.offsetBytes = words[at + ENTRY.offset] as number;
    record.valueLength = words[at + ENTRY.valueLength] as number;
    record.sequence =
      (words[at + ENTRY.sequenceLow] as number) + (words[at + ENTRY.sequenceHigh] as number) * TWO_TO_32;
    record.expiryMs = this.#snapshot.head.hasExpiries ? (this.#expiries[at / ENTRY_WORDS] as number) : 0;
    const key = words[at + ENTRY.key] as number;
    const chunk = this.#chunk(Math.floor(key / CHUNK_UNITS));
    const keyAt = (key % CHUNK_UNITS) * KEY_UNIT;
    entry.bytes = chunk;
    entry.start = keyAt + LENGTH_SIZE;
    // The file's checksum says that somebody wrote this, not that it makes sense.
    const length = (chunk[keyAt] as number) | ((chunk[keyAt + 1] as number) << 8);
    entry.length = Math.min(length, chunk.length - entry.start);
  }

  #chunk(index: number): Uint8Array {
    const loaded = this.#chunks[index];
    if (loaded !== undefined) return loaded;
    const { reader, keys } = this.#snapshot;
    const memory = this.#spareChunks.pop() ?? new Uint8Array(KEY_CHUNK_SIZE);
    const chunk = reader.load(keys, index, memory.subarray(0, keys[index]?.sizeBytes));
    this.#chunks[index] = chunk;
    this.#loadedChunks.add(index);
    return chunk;
  }

  #dropChunks(piece: number): void {
    for (const index of this.#loadedChunks) {
      if ((this.#lastPieces[index] as number) > piece) continue;
      const chunk = this.#chunks[index] as Uint8Array;
      this.#spareChunks.push(new Uint8Array(chunk.buffer));
      this.#chunks[index] = undefined;
      this.#loadedChunks.delete(index);
    }
  }

  #shard(hash: number): Uint32Array {
    const index = hash >>> SHARD_SHIFT;
    const loaded = this.#shards[index];
    if (loaded !== undefined) return loaded;
    const { reader, table } = this.#snapshot;
    const shard = reader.load(table.parts, index, new Uint32Array(table.sizes[index] as number));
    this.#shards[index] = shard;
    return shard;
  }

  /** A shard is never full, so that the search ends. */
  #isInTable(hash: number, entry: number): boolean {
    const shard = this.#shard(hash);
    const mask = shard.length - 1;
    if (mask < 0) return false;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const stored = shard[at] as number;
      if (stored === 0) return false;
      if (entryIn(stored) === entry) return tagIn(stored) === tagOf(hash);
    }
  }
}

function newEntry(): SavedEntry {
  return { bytes: new Uint8Array(0), start: 0, length: 0, hash: 0, record: newRecord(), isFound: false };
}
