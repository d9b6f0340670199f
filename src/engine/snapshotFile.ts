/** Saves the keydir as a snapshot file and loads it again, column by column, straight from and into its arrays. */

import { SNAPSHOT_NAME } from '../format/fileName.ts';
import {
  decodeSnapshotHead,
  encodeSnapshotHead,
  SNAPSHOT_COLUMNS,
  type SnapshotColumn,
  type SnapshotHead,
  type SnapshotLayout,
  type SnapshotSegment,
  snapshotHeadSize,
  snapshotLayout,
} from '../format/keydirSnapshot.ts';
import { FILE_CHECKSUM_SIZE, SNAPSHOT, SNAPSHOT_FIRST_SEGMENT, SNAPSHOT_FREE_ENTRY } from '../format/layout.ts';
import { readU32, writeU32 } from '../format/littleEndian.ts';
import { crc32 } from './checksum.ts';
import { Keydir } from './keydir.ts';
import { ENTRY, ENTRY_WORDS, type EntryChunk, FREE_SLOT, KeydirEntries } from './keydirEntries.ts';
import { entryIn, SHARD_BITS } from './keyTable.ts';
import type { Segment } from './segment.ts';
import { readFully, replaceFile, type Storage, type StorageFile } from './storage.ts';

/**
 * Replaces the snapshot file. The keydir must hold no ghosts; `segments` are the live ones, and their sizes say up
 * to where the snapshot knows them.
 */
export function saveSnapshot(
  storage: Storage,
  directory: string,
  state: {
    readonly keydir: Keydir;
    readonly segments: readonly Segment[];
    readonly lastSequence: number;
    readonly createdMs: number;
  },
): void {
  const { keydir, segments } = state;
  // An ordered view that exists is saved, up to date.
  const order = keydir.parts.order.built ? keydir.order.all() : undefined;
  const { entries, hashSeed, arena, table } = keydir.parts;
  const head: SnapshotHead = {
    createdMs: state.createdMs,
    segments: segments.map((segment) => describeSegment(segment, keydir)),
    entryCount: entries.end,
    freeCount: entries.end - keydir.count,
    keyUnits: arena.usedUnits,
    tableSlots: table.shards.reduce((sum, shard) => sum + shard.length, 0),
    hashSeed,
    lastSequence: state.lastSequence,
    shardBits: SHARD_BITS,
    hasExpiries: entries.hasExpiries,
    hasOrder: order !== undefined,
  };
  replaceFile(storage, directory, SNAPSHOT_NAME, withChecksum(snapshotParts(head, keydir, segments, order)));
}

function describeSegment(segment: Segment, keydir: Keydir): SnapshotSegment {
  const usage = keydir.usage(segment.slot);
  return {
    segmentId: segment.id,
    coveredSizeBytes: segment.sizeBytes,
    recordCount: segment.recordCount,
    tombstoneCount: segment.tombstoneCount,
    liveCount: usage.liveCount,
    liveBytes: usage.liveBytes,
    minSequence: segment.recordCount === 0 ? 0 : segment.minSequence,
    maxSequence: segment.maxSequence,
  };
}

/** The file's bytes in order, without the checksum. */
function* snapshotParts(
  head: SnapshotHead,
  keydir: Keydir,
  segments: readonly Segment[],
  order: Uint32Array | undefined,
): Generator<Uint8Array> {
  const { table, arena } = keydir.parts;
  const layout = snapshotLayout(head);
  yield encodeSnapshotHead(head, crc32);
  const indexOfSlot = new Map(segments.map((segment, index) => [segment.slot, index]));
  const sources: Record<SnapshotColumn, () => Iterable<Uint8Array>> = {
    entries: () => column(keydir, ENTRY_WORDS, (chunk) => withSegmentIndexes(chunk.words, indexOfSlot)),
    expiries: () => column(keydir, 1, (chunk) => chunk.expiries),
    shardSizes: () => [bytesOf(Uint32Array.from(table.shards, (shard) => shard.length))],
    shardCounts: () => [bytesOf(table.counts)],
    table: () => table.shards.map(bytesOf),
    order: () => (order === undefined ? [] : [bytesOf(order)]),
    keyArea: () => arena.usedBytes(),
  };
  for (const name of SNAPSHOT_COLUMNS) {
    yield* sources[name]();
    const padding = paddingAfter(layout, name);
    if (padding > 0) yield new Uint8Array(padding);
  }
}

/** A copy of the entries with the places of their segments in the snapshot instead of their slots. */
function withSegmentIndexes(entries: Uint32Array, indexOfSlot: ReadonlyMap<number, number>): Uint32Array {
  const copy = entries.slice();
  for (let at: number = ENTRY.slot; at < copy.length; at += ENTRY_WORDS) {
    copy[at] = indexOfSlot.get(copy[at] as number) ?? SNAPSHOT_FREE_ENTRY;
  }
  return copy;
}

function* column(
  keydir: Keydir,
  wordsPerEntry: number,
  pick: (chunk: EntryChunk) => Uint32Array | Float64Array | undefined,
): Generator<Uint8Array> {
  const { chunks, end } = keydir.parts.entries;
  let left = end * wordsPerEntry;
  for (const chunk of chunks) {
    const values = left > 0 ? pick(chunk) : undefined;
    if (values === undefined) return;
    yield bytesOf(values.subarray(0, Math.min(left, values.length)));
    left -= values.length;
  }
}

function* withChecksum(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  let checksum = 0;
  for (const part of parts) {
    if (part.length === 0) continue;
    checksum = crc32(part, 0, part.length, checksum);
    yield part;
  }
  const bytes = new Uint8Array(FILE_CHECKSUM_SIZE);
  writeU32(bytes, 0, checksum);
  yield bytes;
}

export type LoadedSnapshot =
  | { readonly ok: true; readonly head: SnapshotHead; readonly keydir: Keydir }
  | { readonly ok: false; readonly reason: string };

/**
 * Loads the snapshot file if it is sound and `accept` agrees to what it covers; undefined when there is none. The
 * slots of the loaded keydir are the indexes of `head.segments`.
 */
export function loadSnapshot(
  storage: Storage,
  directory: string,
  accept: (head: SnapshotHead) => string | undefined,
): LoadedSnapshot | undefined {
  const path = storage.join(directory, SNAPSHOT_NAME);
  if (storage.fileSize(path) === undefined) return undefined;
  const file = storage.open(path, 'read');
  try {
    return load(file, accept);
  } finally {
    file.close();
  }
}

function load(file: StorageFile, accept: (head: SnapshotHead) => string | undefined): LoadedSnapshot {
  const sizeBytes = file.size();
  const headBytes = readHeadBytes(file, sizeBytes);
  const result = decodeSnapshotHead(headBytes, sizeBytes, crc32);
  if (!result.ok) return { ok: false, reason: result.problem };
  const refusal = accept(result.head);
  if (refusal !== undefined) return { ok: false, reason: refusal };
  const reader = new ColumnReader(file, headBytes, result.layout);
  const keydir = readColumns(reader, result.head);
  if (keydir === undefined || !reader.checksumIsRight()) return { ok: false, reason: 'bad-file-checksum' };
  return { ok: true, head: result.head, keydir };
}

function readHeadBytes(file: StorageFile, sizeBytes: number): Uint8Array {
  const first = new Uint8Array(Math.min(SNAPSHOT_FIRST_SEGMENT, sizeBytes));
  readFully(file, first, 0, first.length, 0);
  if (first.length < SNAPSHOT_FIRST_SEGMENT) return first;
  const wanted = snapshotHeadSize(readU32(first, SNAPSHOT.segmentCount));
  if (wanted > sizeBytes) return first;
  const bytes = new Uint8Array(wanted);
  readFully(file, bytes, 0, wanted, 0);
  return bytes;
}

/** Reads columns in the file's order and keeps the checksum of all that was read. */
class ColumnReader {
  readonly #file: StorageFile;
  readonly #layout: SnapshotLayout;
  #checksum: number;
  #position: number;
  #complete = true;

  constructor(file: StorageFile, headBytes: Uint8Array, layout: SnapshotLayout) {
    this.#file = file;
    this.#layout = layout;
    this.#checksum = crc32(headBytes, 0, headBytes.length, 0);
    this.#position = headBytes.length;
  }

  fill(target: Uint8Array): void {
    const got = readFully(this.#file, target, 0, target.length, this.#position);
    if (got < target.length) this.#complete = false;
    this.#checksum = crc32(target, 0, target.length, this.#checksum);
    this.#position += target.length;
  }

  /** Skips the padding after a column. */
  finish(name: SnapshotColumn): void {
    const padding = paddingAfter(this.#layout, name);
    if (padding > 0) this.fill(new Uint8Array(padding));
  }

  checksumIsRight(): boolean {
    const stored = new Uint8Array(FILE_CHECKSUM_SIZE);
    const got = readFully(this.#file, stored, 0, stored.length, this.#layout.checksumOffsetBytes);
    return this.#complete && got === stored.length && readU32(stored, 0) === this.#checksum;
  }
}

function readColumns(reader: ColumnReader, head: SnapshotHead): Keydir | undefined {
  const chunks = KeydirEntries.newChunks(head.entryCount, head.hasExpiries);
  const keydir = new Keydir(head.hashSeed);
  readColumn(reader, 'entries', head.entryCount * ENTRY_WORDS, chunks, (chunk) => chunk.words);
  if (head.hasExpiries) {
    readColumn(reader, 'expiries', head.entryCount, chunks, (chunk) => chunk.expiries as Float64Array);
  }
  if (!readTable(reader, keydir, head)) return undefined;
  const order = new Uint32Array(head.hasOrder ? head.entryCount - head.freeCount : 0);
  reader.fill(bytesOf(order));
  reader.finish('order');
  for (const part of keydir.parts.arena.restore(head.keyUnits)) reader.fill(part);
  reader.finish('keyArea');
  if (!referencesAreSound(chunks, head, order)) return undefined;
  keydir.restore({ end: head.entryCount, chunks, freeCount: head.freeCount });
  if (head.hasOrder) keydir.parts.order.restore(order);
  head.segments.forEach((segment, slot) => {
    Object.assign(keydir.usage(slot), { liveBytes: segment.liveBytes, liveCount: segment.liveCount });
  });
  return entriesAreFound(keydir) ? keydir : undefined;
}

/** How many entries are looked up after loading. */
const SPOT_CHECKS = 64;

/**
 * A sound file may still come from a build whose hash was another: then no key would be found, though all are there.
 * A few look-ups tell.
 */
function entriesAreFound(keydir: Keydir): boolean {
  const { entries } = keydir.parts;
  const step = Math.max(1, Math.floor(entries.end / SPOT_CHECKS));
  for (let entry = 0; entry < entries.end; entry += step) {
    if (entries.slot(entry) === FREE_SLOT) continue;
    const key = keydir.keyView(entry);
    if (keydir.find(key, 0, key.length) !== entry) return false;
  }
  return true;
}

function readColumn(
  reader: ColumnReader,
  name: SnapshotColumn,
  words: number,
  chunks: readonly EntryChunk[],
  pick: (chunk: EntryChunk) => Uint32Array | Float64Array,
): void {
  let left = words;
  for (const chunk of chunks) {
    const values = pick(chunk);
    reader.fill(bytesOf(values.subarray(0, Math.min(left, values.length))));
    left -= values.length;
  }
  reader.finish(name);
}

function readTable(reader: ColumnReader, keydir: Keydir, head: SnapshotHead): boolean {
  if (head.shardBits !== SHARD_BITS) return false;
  const sizes = new Uint32Array(2 ** SHARD_BITS);
  const counts = new Uint32Array(2 ** SHARD_BITS);
  reader.fill(bytesOf(sizes));
  reader.finish('shardSizes');
  reader.fill(bytesOf(counts));
  reader.finish('shardCounts');
  let total = 0;
  for (let i = 0; i < sizes.length; i++) {
    const size = sizes[i] as number;
    // A shard is a power of two and never full, or probing it would not end.
    if ((size & (size - 1)) !== 0 || (size > 0 && (counts[i] as number) >= size)) return false;
    total += size;
  }
  if (total !== head.tableSlots) return false;
  const shards = Array.from(sizes, (size) => new Uint32Array(size));
  for (const shard of shards) reader.fill(bytesOf(shard));
  reader.finish('table');
  keydir.parts.table.restore(shards, counts);
  return shards.every((shard, index) => shardIsSound(shard, counts[index] as number, head.entryCount));
}

/** With more used slots than its count says, a shard could be full, and a search in it would not end. */
function shardIsSound(shard: Uint32Array, count: number, entryCount: number): boolean {
  let used = 0;
  for (const stored of shard) {
    if (stored === 0) continue;
    const entry = entryIn(stored);
    if (entry < 0 || entry >= entryCount) return false;
    used++;
  }
  return used === count;
}

/** Every reference stays inside the columns, even in a file whose checksum somebody made right. */
function referencesAreSound(chunks: readonly EntryChunk[], head: SnapshotHead, order: Uint32Array): boolean {
  let left = head.entryCount * ENTRY_WORDS;
  for (const { words } of chunks) {
    const end = Math.min(left, words.length);
    for (let at = 0; at < end; at += ENTRY_WORDS) {
      const slot = words[at + ENTRY.slot] as number;
      if ((slot !== FREE_SLOT && slot >= head.segments.length) || (words[at + ENTRY.key] as number) >= head.keyUnits)
        return false;
    }
    left -= end;
  }
  return order.every((entry) => entry < head.entryCount);
}

function paddingAfter(layout: SnapshotLayout, name: SnapshotColumn): number {
  const { offsetBytes, sizeBytes } = layout.columns[name];
  const next = SNAPSHOT_COLUMNS[SNAPSHOT_COLUMNS.indexOf(name) + 1];
  const nextOffset = next === undefined ? layout.checksumOffsetBytes : layout.columns[next].offsetBytes;
  return nextOffset - offsetBytes - sizeBytes;
}

function bytesOf(values: Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
