/** Saves the keydir as a snapshot file and loads it again, part by part, straight from and into its arrays. */

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
import { KEY_CHUNK_SIZE } from './keyArena.ts';
import { Keydir } from './keydir.ts';
import { CHUNK_ENTRIES, ENTRY, ENTRY_WORDS, type EntryChunk, FREE_SLOT, PIECE_ENTRIES } from './keydirEntries.ts';
import { referenceIn, SHARD_BITS } from './keyTable.ts';
import type { LoadOrder } from './orderedKeys.ts';
import type { Segment } from './segment.ts';
import {
  bytesOf,
  type PartCheck,
  type PartChecks,
  paddingAfter,
  type SnapshotPart,
  SnapshotReader,
} from './snapshotReader.ts';
import { entriesAreFound } from './snapshotSpotCheck.ts';
import { readFully, replaceFile, type Storage, type StorageFile } from './storage.ts';
import { isSystemError, StrataError } from './strataError.ts';

const ENTRY_SIZE = ENTRY_WORDS * Uint32Array.BYTES_PER_ELEMENT;
const EXPIRY_SIZE = Float64Array.BYTES_PER_ELEMENT;
/** The order is loaded in pieces of so many entries, 256 KiB. */
const ORDER_PIECE = 2 ** 16;
/** A smaller snapshot is loaded at once: memory for it costs less than to come back to it. */
const MIN_SIZE_IN_PARTS = 2 ** 18;

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
  // The same memory for every chunk: each is written before the next one is asked for.
  const scratch = new Uint32Array(CHUNK_ENTRIES * ENTRY_WORDS);
  const indexOfSlot = new Map(segments.map((segment, index) => [segment.slot, index]));
  const sources: Record<SnapshotColumn, () => Iterable<Uint8Array>> = {
    entries: () => column(keydir, ENTRY_WORDS, (chunk) => withSegmentIndexes(chunk.words, indexOfSlot, scratch)),
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
function withSegmentIndexes(
  entries: Uint32Array,
  indexOfSlot: ReadonlyMap<number, number>,
  scratch: Uint32Array,
): Uint32Array {
  const copy = scratch.subarray(0, entries.length);
  copy.set(entries);
  let slot = -1;
  let index = SNAPSHOT_FREE_ENTRY;
  for (let at: number = ENTRY.slot; at < copy.length; at += ENTRY_WORDS) {
    // Neighbours mostly lie in the same segment.
    if (copy[at] !== slot) {
      slot = copy[at] as number;
      index = indexOfSlot.get(slot) ?? SNAPSHOT_FREE_ENTRY;
    }
    copy[at] = index;
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

/** A snapshot file that was read and is sound: where its parts stand. The slots of its entries are indexes of segments. */
export interface PassedSnapshot {
  readonly head: SnapshotHead;
  /** Keeps the file open until it is closed. */
  readonly reader: SnapshotReader;
  /** Of `PIECE_ENTRIES` each. */
  readonly entries: readonly SnapshotPart[];
  readonly expiries: readonly SnapshotPart[];
  readonly table: TableParts;
  readonly order: readonly SnapshotPart[];
  /** Of `KEY_CHUNK_SIZE` each. */
  readonly keys: readonly SnapshotPart[];
  readonly freeEntries: number[];
}

export type SnapshotProblem = { readonly ok: false; readonly reason: string };
export type LoadedSnapshot =
  | { readonly ok: true; readonly head: SnapshotHead; readonly keydir: Keydir }
  | SnapshotProblem;

export interface SnapshotVisitor {
  /**
   * Whether what the parts of a file of this size say is checked when each is loaded, and not in the first reading.
   * Absent: it never is.
   */
  readonly checksLater?: (fileSizeBytes: number) => boolean;
  /** Why the snapshot is of no use for what it covers, or undefined. */
  readonly accept: (head: SnapshotHead) => string | undefined;
  /** This entry expires. */
  readonly expires: (entry: number, expiryMs: number) => void;
}

/** Reads all of the snapshot file and checks it, as far as `checksLater` does not say; undefined when there is none. */
export function passSnapshot(
  storage: Storage,
  directory: string,
  visitor: SnapshotVisitor,
): { readonly ok: true; readonly passed: PassedSnapshot } | SnapshotProblem | undefined {
  const path = storage.join(directory, SNAPSHOT_NAME);
  if (storage.fileSize(path) === undefined) return undefined;
  let file: StorageFile | undefined;
  let isKept = false;
  try {
    file = storage.open(path, 'read');
    const passed = pass(file, visitor);
    if ('reason' in passed) return { ok: false, reason: passed.reason };
    isKept = true;
    return { ok: true, passed };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return { ok: false, reason: 'unreadable' };
  } finally {
    if (!isKept) file?.close();
  }
}

function pass(file: StorageFile, visitor: SnapshotVisitor): PassedSnapshot | { readonly reason: string } {
  const sizeBytes = file.size();
  const headBytes = readHeadBytes(file, sizeBytes);
  const result = decodeSnapshotHead(headBytes, sizeBytes, crc32);
  if (!result.ok) return { reason: result.problem };
  const { head, layout } = result;
  const refusal = visitor.accept(head);
  if (refusal !== undefined) return { reason: refusal };
  return (
    passColumns(new SnapshotReader(file, headBytes, layout), head, layout, visitor) ?? { reason: 'bad-file-checksum' }
  );
}

/**
 * Loads the snapshot file if it is sound and `accept` agrees to what it covers; undefined when there is none. The
 * slots of the loaded keydir are the indexes of `head.segments`.
 *
 * All of the file is read and its checksum is checked, but kept are only the places of its parts: each comes into memory
 * when it is first needed, from the same file, which stays open until then, and is looked at then. New memory costs more
 * than reading and checking: for every page the processor has to ask the operating system. Close the keydir when it is
 * no longer of use.
 */
export function loadSnapshot(
  storage: Storage,
  directory: string,
  accept: (head: SnapshotHead) => string | undefined,
): LoadedSnapshot | undefined {
  let keydir: Keydir | undefined;
  const isInParts = (fileSizeBytes: number) => storage.replacesOpenFiles && fileSizeBytes >= MIN_SIZE_IN_PARTS;
  const result = passSnapshot(storage, directory, {
    checksLater: isInParts,
    accept: (head) => {
      keydir = new Keydir(head.hashSeed);
      return accept(head);
    },
    expires: (entry, expiryMs) => keydir?.queueSaved(entry, expiryMs),
  });
  if (result?.ok !== true || keydir === undefined) return result as SnapshotProblem | undefined;
  const { head, reader } = result.passed;
  restore(keydir, result.passed);
  if (isInParts(reader.fileSizeBytes)) return { ok: true, head, keydir };
  try {
    return isLoadedAtOnce(keydir) ? { ok: true, head, keydir } : { ok: false, reason: 'unreadable' };
  } finally {
    reader.close();
  }
}

function isLoadedAtOnce(keydir: Keydir): boolean {
  try {
    for (const _ of keydir.load());
    return true;
  } catch (error) {
    if (error instanceof StrataError) return false;
    throw error;
  }
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

function passColumns(
  reader: SnapshotReader,
  head: SnapshotHead,
  layout: SnapshotLayout,
  visitor: SnapshotVisitor,
): PassedSnapshot | undefined {
  const freeEntries: number[] = [];
  const isLater = visitor.checksLater?.(layout.fileSizeBytes) ?? false;
  const checksBy = (newCheck: () => PartCheck): PartChecks =>
    isLater ? { whenLoaded: newCheck } : { whenPassed: newCheck() };
  // Which entries are free has to be known from the first one on.
  const entryChecks =
    head.freeCount > 0 ? { whenPassed: entryCheck(head, freeEntries) } : checksBy(() => entryCheck(head, []));
  const entries = reader.passParts('entries', PIECE_ENTRIES * ENTRY_SIZE, entryChecks);
  const expiryChecks = { whenPassed: expiryTeller(visitor, freeEntries) };
  const expiries = reader.passParts('expiries', PIECE_ENTRIES * EXPIRY_SIZE, expiryChecks);
  const table = passTable(reader, head, checksBy);
  const orderChecks = checksBy(() => (words) => highestIn(words, 0, 1) < head.entryCount);
  const order = reader.passParts('order', ORDER_PIECE * Uint32Array.BYTES_PER_ELEMENT, orderChecks);
  const keys = reader.passParts('keyArea', KEY_CHUNK_SIZE, {});
  if (table === undefined || freeEntries.length !== head.freeCount || !reader.isSound()) return undefined;
  if (!entriesAreFound(reader, head, layout, { shards: table.parts, freeEntries })) return undefined;
  return { head, reader, entries, expiries, table, order, keys, freeEntries };
}

/** Has the keydir load from the snapshot what is needed of it. */
function restore(keydir: Keydir, { head, reader, entries, expiries, table, order, keys, freeEntries }: PassedSnapshot) {
  const { parts } = keydir;
  parts.entries.restore(head.entryCount, head.hasExpiries, (index, piece) => {
    reader.load(entries, index, piece.words);
    if (head.hasExpiries) reader.load(expiries, index, piece.expiries as Float64Array);
  });
  parts.table.restore(table.counts, (index) => {
    const shard = new Uint32Array(table.sizes[index] as number);
    return reader.load(table.parts, index, shard);
  });
  const liveCount = head.entryCount - head.freeCount;
  if (head.hasOrder) parts.order.restoreLater(orderLoader(reader, order, liveCount));
  parts.arena.restore(head.keyUnits, (index, target) => reader.load(keys, index, target));
  head.segments.forEach((segment, slot) => {
    Object.assign(keydir.usage(slot), { liveBytes: segment.liveBytes, liveCount: segment.liveCount });
  });
  keydir.restore({ liveCount, freeEntries, close: () => reader.close() });
}

function orderLoader(reader: SnapshotReader, parts: readonly SnapshotPart[], count: number): LoadOrder {
  let order: Uint32Array | undefined;
  let loaded = 0;
  return () => {
    order ??= new Uint32Array(count);
    if (loaded < parts.length) {
      reader.load(parts, loaded, order.subarray(loaded * ORDER_PIECE, (loaded + 1) * ORDER_PIECE));
      loaded++;
    }
    return loaded === parts.length ? order : undefined;
  };
}

export interface TableParts {
  readonly sizes: Uint32Array;
  readonly counts: Uint32Array;
  readonly parts: readonly SnapshotPart[];
}

function passTable(
  reader: SnapshotReader,
  head: SnapshotHead,
  checksBy: (newCheck: () => PartCheck) => PartChecks,
): TableParts | undefined {
  if (head.shardBits !== SHARD_BITS) return undefined;
  const sizes = reader.readWords('shardSizes', 2 ** SHARD_BITS);
  const counts = reader.readWords('shardCounts', 2 ** SHARD_BITS);
  let total = 0;
  for (let i = 0; i < sizes.length; i++) {
    const size = sizes[i] as number;
    const count = counts[i] as number;
    // A shard is a power of two and never full, or probing it would not end.
    if ((size & (size - 1)) !== 0 || (size === 0 ? count > 0 : count >= size)) return undefined;
    total += size;
  }
  if (total !== head.tableSlots) return undefined;
  const parts = Array.from(sizes, (size, i) => {
    return reader.pass(
      size * 4,
      checksBy(() => shardCheck(counts[i] as number, head.entryCount)),
    );
  });
  reader.finish('table');
  return { sizes, counts, parts };
}

/** With more used slots than its count says, a shard could be full, and a search in it would not end. */
function shardCheck(count: number, entryCount: number): PartCheck {
  let used = 0;
  let named = 0;
  return (words, isLast) => {
    let highest = 0;
    for (let at = 0; at < words.length; at++) {
      const stored = words[at] as number;
      const reference = referenceIn(stored);
      // Which slots are empty cannot be guessed: a branch on it would cost more than all of the rest.
      used += oneUnlessZero(stored);
      named += oneUnlessZero(reference);
      highest = Math.max(highest, reference);
    }
    return highest <= entryCount && (!isLast || (used === count && named === count));
  };
}

/** Without a branch; `word` is an integer of 32 bits. */
function oneUnlessZero(word: number): number {
  return (word | -word) >>> 31;
}

/**
 * Checks entries in their order and notes which are free. Every reference stays inside the columns, even in a file
 * whose checksum somebody made right.
 */
function entryCheck({ segments, freeCount, keyUnits }: SnapshotHead, freeEntries: number[]): PartCheck {
  const segmentCount = segments.length;
  let first = 0;
  return (words) => {
    if (highestIn(words, ENTRY.key, ENTRY_WORDS) >= keyUnits) return false;
    // Mostly no entry of a piece is free, and then this is all.
    if (highestIn(words, ENTRY.slot, ENTRY_WORDS) >= segmentCount) {
      for (let at: number = ENTRY.slot; at < words.length; at += ENTRY_WORDS) {
        const slot = words[at] as number;
        if (slot < segmentCount) continue;
        if (slot !== FREE_SLOT || freeCount === 0) return false;
        freeEntries.push(first + (at - ENTRY.slot) / ENTRY_WORDS);
      }
    }
    first += words.length / ENTRY_WORDS;
    return true;
  };
}

/** Tells of the entries that expire, in their order. Free ones may have a time that somebody else's record has left. */
function expiryTeller(visitor: SnapshotVisitor, freeEntries: readonly number[]): PartCheck {
  let first = 0;
  let passedFree = 0;
  return (words) => {
    const count = words.byteLength / EXPIRY_SIZE;
    // Mostly no entry of a piece expires, and then this is all.
    if (highestIn(words, 0, 1) > 0) {
      const expiries = new Float64Array(words.buffer, words.byteOffset, count);
      for (let i = 0; i < count; i++) {
        const expiryMs = expiries[i] as number;
        if (expiryMs === 0) continue;
        const entry = first + i;
        while ((freeEntries[passedFree] ?? entry) < entry) passedFree++;
        if (freeEntries[passedFree] !== entry) visitor.expires(entry, expiryMs);
      }
    }
    first += count;
    return true;
  };
}

/**
 * The highest of every `stride`th word from `start` on. Nearly all checks of a snapshot are this one loop: a process
 * that opens a store has just begun, and the sooner a loop is compiled, the less of it runs slowly.
 */
function highestIn(words: Uint32Array, start: number, stride: number): number {
  let highest = 0;
  for (let at = start; at < words.length; at += stride) {
    const word = words[at] as number;
    if (word > highest) highest = word;
  }
  return highest;
}
