/**
 * The keydir snapshot: the keydir's columns as they lie in memory, so that opening reads them without work per key.
 * Specification: FORMAT.md, "Keydir snapshot". This file knows where everything stands; who fills or reads the
 * columns decides how to move the bytes.
 */

import type { Crc32 } from './crc32.ts';
import { decodeFileHeader, encodeFileHeader, type FileHeaderProblem } from './fileHeader.ts';
import {
  COLUMN_ALIGNMENT,
  FILE_CHECKSUM_SIZE,
  FILE_HEADER_SIZE,
  FILE_KIND,
  KEY_UNIT,
  MAX_U53,
  SNAPSHOT,
  SNAPSHOT_ENTRY_SIZE,
  SNAPSHOT_FIRST_SEGMENT,
  SNAPSHOT_SEGMENT,
  SNAPSHOT_SEGMENT_SIZE,
} from './layout.ts';
import { readU32, readU64, writeU32, writeU64 } from './littleEndian.ts';

export interface SnapshotSegment {
  readonly segmentId: number;
  /** The snapshot knows the segment's records up to here. */
  readonly coveredSizeBytes: number;
  readonly recordCount: number;
  readonly tombstoneCount: number;
  readonly liveCount: number;
  readonly liveBytes: number;
  /** 0 and 0 for a segment without records. */
  readonly minSequence: number;
  readonly maxSequence: number;
}

export interface SnapshotHead {
  readonly createdMs: number;
  readonly segments: readonly SnapshotSegment[];
  /** Entries, free ones included. */
  readonly entryCount: number;
  readonly freeCount: number;
  /** Four-byte units of the key area. */
  readonly keyUnits: number;
  /** Slots of all shards of the hash table together. */
  readonly tableSlots: number;
  readonly hashSeed: number;
  readonly lastSequence: number;
  /** The hash table has 2 to the power of this many shards. */
  readonly shardBits: number;
  readonly hasExpiries: boolean;
  readonly hasOrder: boolean;
}

/** Where a column stands: offset of its first byte, and its bytes without padding. */
export interface ColumnPlace {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

export const SNAPSHOT_COLUMNS = [
  'entries',
  'expiries',
  'shardSizes',
  'shardCounts',
  'table',
  'order',
  'keyArea',
] as const;
export type SnapshotColumn = (typeof SNAPSHOT_COLUMNS)[number];

export interface SnapshotLayout {
  readonly columns: Readonly<Record<SnapshotColumn, ColumnPlace>>;
  readonly checksumOffsetBytes: number;
  readonly fileSizeBytes: number;
}

export type SnapshotProblem =
  | FileHeaderProblem
  | 'wrong-kind'
  | 'wrong-length'
  | 'impossible-entry'
  | 'bad-file-checksum';

export type SnapshotHeadResult =
  | { readonly ok: true; readonly head: SnapshotHead; readonly layout: SnapshotLayout }
  | { readonly ok: false; readonly problem: SnapshotProblem };

const MAX_SHARD_BITS = 16;

/** Bytes of everything before the first column. */
export function snapshotHeadSize(segmentCount: number): number {
  return align(SNAPSHOT_FIRST_SEGMENT + segmentCount * SNAPSHOT_SEGMENT_SIZE);
}

export function snapshotLayout(head: SnapshotHead): SnapshotLayout {
  const shards = 2 ** head.shardBits;
  const sizes: Record<SnapshotColumn, number> = {
    entries: head.entryCount * SNAPSHOT_ENTRY_SIZE,
    expiries: head.hasExpiries ? head.entryCount * 8 : 0,
    shardSizes: shards * 4,
    shardCounts: shards * 4,
    table: head.tableSlots * 4,
    order: head.hasOrder ? (head.entryCount - head.freeCount) * 4 : 0,
    keyArea: head.keyUnits * KEY_UNIT,
  };
  let at = snapshotHeadSize(head.segments.length);
  const columns = {} as Record<SnapshotColumn, ColumnPlace>;
  for (const name of SNAPSHOT_COLUMNS) {
    columns[name] = { offsetBytes: at, sizeBytes: sizes[name] };
    at = align(at + sizes[name]);
  }
  return { columns, checksumOffsetBytes: at, fileSizeBytes: at + FILE_CHECKSUM_SIZE };
}

export function encodeSnapshotHead(head: SnapshotHead, crc32: Crc32): Uint8Array {
  const bytes = new Uint8Array(snapshotHeadSize(head.segments.length));
  bytes.set(encodeFileHeader({ kind: FILE_KIND.snapshot, id: 0, createdMs: head.createdMs }, crc32));
  writeU32(bytes, SNAPSHOT.segmentCount, head.segments.length);
  writeU32(bytes, SNAPSHOT.entryCount, head.entryCount);
  writeU32(bytes, SNAPSHOT.freeCount, head.freeCount);
  writeU32(bytes, SNAPSHOT.keyUnits, head.keyUnits);
  writeU32(bytes, SNAPSHOT.tableSlots, head.tableSlots);
  writeU32(bytes, SNAPSHOT.hashSeed, head.hashSeed);
  writeU64(bytes, SNAPSHOT.lastSequence, head.lastSequence);
  bytes[SNAPSHOT.shardBits] = head.shardBits;
  bytes[SNAPSHOT.hasExpiries] = head.hasExpiries ? 1 : 0;
  bytes[SNAPSHOT.hasOrder] = head.hasOrder ? 1 : 0;
  let at = SNAPSHOT_FIRST_SEGMENT;
  for (const segment of head.segments) {
    writeU32(bytes, at + SNAPSHOT_SEGMENT.segmentId, segment.segmentId);
    writeU32(bytes, at + SNAPSHOT_SEGMENT.recordCount, segment.recordCount);
    writeU32(bytes, at + SNAPSHOT_SEGMENT.tombstoneCount, segment.tombstoneCount);
    writeU32(bytes, at + SNAPSHOT_SEGMENT.liveCount, segment.liveCount);
    writeU64(bytes, at + SNAPSHOT_SEGMENT.coveredSize, segment.coveredSizeBytes);
    writeU64(bytes, at + SNAPSHOT_SEGMENT.liveBytes, segment.liveBytes);
    writeU64(bytes, at + SNAPSHOT_SEGMENT.minSequence, segment.minSequence);
    writeU64(bytes, at + SNAPSHOT_SEGMENT.maxSequence, segment.maxSequence);
    at += SNAPSHOT_SEGMENT_SIZE;
  }
  return bytes;
}

/**
 * Decodes the head. `bytes` holds at least `snapshotHeadSize` of what its segment count says, or the whole file;
 * `fileSizeBytes` bounds every count before it is believed. Never throws. The caller checks the file's checksum,
 * which covers everything before its last four bytes.
 */
export function decodeSnapshotHead(bytes: Uint8Array, fileSizeBytes: number, crc32: Crc32): SnapshotHeadResult {
  const header = decodeFileHeader(bytes, crc32);
  if (!header.ok) return { ok: false, problem: header.problem };
  if (header.header.kind !== FILE_KIND.snapshot) return { ok: false, problem: 'wrong-kind' };
  if (bytes.length < SNAPSHOT_FIRST_SEGMENT) return { ok: false, problem: 'too-short' };
  const segmentCount = readU32(bytes, SNAPSHOT.segmentCount);
  if (snapshotHeadSize(segmentCount) > bytes.length) return { ok: false, problem: 'wrong-length' };
  const shardBits = bytes[SNAPSHOT.shardBits] as number;
  const head: SnapshotHead = {
    createdMs: header.header.createdMs,
    segments: readSegments(bytes, segmentCount),
    entryCount: readU32(bytes, SNAPSHOT.entryCount),
    freeCount: readU32(bytes, SNAPSHOT.freeCount),
    keyUnits: readU32(bytes, SNAPSHOT.keyUnits),
    tableSlots: readU32(bytes, SNAPSHOT.tableSlots),
    hashSeed: readU32(bytes, SNAPSHOT.hashSeed),
    lastSequence: readU64(bytes, SNAPSHOT.lastSequence),
    shardBits: Math.min(shardBits, MAX_SHARD_BITS),
    hasExpiries: bytes[SNAPSHOT.hasExpiries] === 1,
    hasOrder: bytes[SNAPSHOT.hasOrder] === 1,
  };
  const layout = snapshotLayout(head);
  if (layout.fileSizeBytes !== fileSizeBytes) return { ok: false, problem: 'wrong-length' };
  if (head.freeCount > head.entryCount || shardBits > MAX_SHARD_BITS || head.lastSequence > MAX_U53) {
    return { ok: false, problem: 'impossible-entry' };
  }
  if (!switchesAreSound(bytes) || !head.segments.every(isSoundSegment) || !idsDiffer(head.segments)) {
    return { ok: false, problem: 'impossible-entry' };
  }
  return { ok: true, head, layout };
}

/** Each is 0 or 1, and what is reserved is 0. */
function switchesAreSound(bytes: Uint8Array): boolean {
  if ((bytes[SNAPSHOT.hasExpiries] as number) > 1 || (bytes[SNAPSHOT.hasOrder] as number) > 1) return false;
  for (let at: number = SNAPSHOT.reserved; at < SNAPSHOT_FIRST_SEGMENT; at++) if (bytes[at] !== 0) return false;
  return true;
}

function isSoundSegment(segment: SnapshotSegment): boolean {
  const { segmentId, coveredSizeBytes, recordCount, liveCount, tombstoneCount, minSequence, maxSequence } = segment;
  if (segmentId === 0 || coveredSizeBytes < FILE_HEADER_SIZE || coveredSizeBytes > MAX_U53) return false;
  if (liveCount + tombstoneCount > recordCount || segment.liveBytes > coveredSizeBytes) return false;
  return minSequence <= maxSequence && maxSequence <= MAX_U53;
}

/** A segment that stood in the table twice would cover two sizes at once. */
function idsDiffer(segments: readonly SnapshotSegment[]): boolean {
  return new Set(segments.map(({ segmentId }) => segmentId)).size === segments.length;
}

function readSegments(bytes: Uint8Array, count: number): SnapshotSegment[] {
  const segments: SnapshotSegment[] = [];
  for (let i = 0, at = SNAPSHOT_FIRST_SEGMENT; i < count; i++, at += SNAPSHOT_SEGMENT_SIZE) {
    segments.push({
      segmentId: readU32(bytes, at + SNAPSHOT_SEGMENT.segmentId),
      coveredSizeBytes: readU64(bytes, at + SNAPSHOT_SEGMENT.coveredSize),
      recordCount: readU32(bytes, at + SNAPSHOT_SEGMENT.recordCount),
      tombstoneCount: readU32(bytes, at + SNAPSHOT_SEGMENT.tombstoneCount),
      liveCount: readU32(bytes, at + SNAPSHOT_SEGMENT.liveCount),
      liveBytes: readU64(bytes, at + SNAPSHOT_SEGMENT.liveBytes),
      minSequence: readU64(bytes, at + SNAPSHOT_SEGMENT.minSequence),
      maxSequence: readU64(bytes, at + SNAPSHOT_SEGMENT.maxSequence),
    });
  }
  return segments;
}

function align(sizeBytes: number): number {
  return Math.ceil(sizeBytes / COLUMN_ALIGNMENT) * COLUMN_ALIGNMENT;
}
