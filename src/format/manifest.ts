/** The manifest: which segments are live. Specification: FORMAT.md, "Manifest". */

import type { Crc32 } from './crc32.ts';
import { decodeFileHeader, encodeFileHeader, type FileHeaderProblem } from './fileHeader.ts';
import {
  FILE_CHECKSUM_SIZE,
  FILE_HEADER_SIZE,
  FILE_KIND,
  MANIFEST,
  MANIFEST_ENTRY,
  MANIFEST_ENTRY_SIZE,
  MANIFEST_FIRST_ENTRY,
  MAX_U53,
  SEGMENT_STATE,
} from './layout.ts';
import { readU32, readU64, writeU32, writeU64 } from './littleEndian.ts';

export interface ManifestSegment {
  readonly segmentId: number;
  /**
   * `sealed`: complete and synced, never written again. `unsealed`: being written, or written but not synced as a
   * whole yet. The unsealed segment with the largest id is the active one.
   */
  readonly state: 'unsealed' | 'sealed';
  /** Sealed: the file's size. Unsealed: bytes from the start that were synced when this manifest was written. */
  readonly durableSizeBytes: number;
  /** Smallest sequence number of a sealed segment's records; 0 when it has none or is unsealed. */
  readonly minSequence: number;
  /** Largest sequence number of the segment's records; 0 when it has none or is the active one. */
  readonly maxSequence: number;
}

export interface Manifest {
  /** Counts the manifests of a store, from 1. */
  readonly generation: number;
  /** No segment of the store ever had this id or a larger one. */
  readonly nextSegmentId: number;
  /** The next record gets a larger sequence number than this, whatever the segments hold. */
  readonly sequenceFloor: number;
  /** In ascending order of id. */
  readonly segments: readonly ManifestSegment[];
  readonly createdMs: number;
}

export type ManifestProblem =
  | FileHeaderProblem
  | 'wrong-kind'
  | 'wrong-length'
  | 'bad-file-checksum'
  | 'impossible-entry';

export type ManifestResult =
  | { readonly ok: true; readonly manifest: Manifest }
  | { readonly ok: false; readonly problem: ManifestProblem };

export function encodeManifest(manifest: Manifest, crc32: Crc32): Uint8Array {
  const end = MANIFEST_FIRST_ENTRY + manifest.segments.length * MANIFEST_ENTRY_SIZE;
  const bytes = new Uint8Array(end + FILE_CHECKSUM_SIZE);
  bytes.set(encodeFileHeader({ kind: FILE_KIND.manifest, id: 0, createdMs: manifest.createdMs }, crc32));
  writeU64(bytes, MANIFEST.generation, manifest.generation);
  writeU32(bytes, MANIFEST.nextSegmentId, manifest.nextSegmentId);
  writeU32(bytes, MANIFEST.segmentCount, manifest.segments.length);
  writeU64(bytes, MANIFEST.sequenceFloor, manifest.sequenceFloor);
  let at = MANIFEST_FIRST_ENTRY;
  for (const segment of manifest.segments) {
    writeU32(bytes, at + MANIFEST_ENTRY.segmentId, segment.segmentId);
    writeU32(bytes, at + MANIFEST_ENTRY.state, SEGMENT_STATE[segment.state]);
    writeU64(bytes, at + MANIFEST_ENTRY.durableSize, segment.durableSizeBytes);
    writeU64(bytes, at + MANIFEST_ENTRY.minSequence, segment.minSequence);
    writeU64(bytes, at + MANIFEST_ENTRY.maxSequence, segment.maxSequence);
    at += MANIFEST_ENTRY_SIZE;
  }
  writeU32(bytes, end, crc32(bytes, 0, end, 0));
  return bytes;
}

/** Never throws; a manifest is believed entirely or not at all. */
export function decodeManifest(bytes: Uint8Array, crc32: Crc32): ManifestResult {
  const header = decodeFileHeader(bytes, crc32);
  if (!header.ok) return { ok: false, problem: header.problem };
  if (header.header.kind !== FILE_KIND.manifest) return { ok: false, problem: 'wrong-kind' };
  if (bytes.length < MANIFEST_FIRST_ENTRY + FILE_CHECKSUM_SIZE) return { ok: false, problem: 'too-short' };
  const end = bytes.length - FILE_CHECKSUM_SIZE;
  const count = readU32(bytes, MANIFEST.segmentCount);
  if (MANIFEST_FIRST_ENTRY + count * MANIFEST_ENTRY_SIZE !== end) return { ok: false, problem: 'wrong-length' };
  if (readU32(bytes, end) !== crc32(bytes, 0, end, 0)) return { ok: false, problem: 'bad-file-checksum' };
  const segments: ManifestSegment[] = [];
  for (let at = MANIFEST_FIRST_ENTRY; at < end; at += MANIFEST_ENTRY_SIZE) {
    if (readU32(bytes, at + MANIFEST_ENTRY.state) > SEGMENT_STATE.sealed)
      return { ok: false, problem: 'impossible-entry' };
    segments.push(readEntry(bytes, at));
  }
  const manifest: Manifest = {
    generation: readU64(bytes, MANIFEST.generation),
    nextSegmentId: readU32(bytes, MANIFEST.nextSegmentId),
    sequenceFloor: readU64(bytes, MANIFEST.sequenceFloor),
    segments,
    createdMs: header.header.createdMs,
  };
  return isSound(manifest) ? { ok: true, manifest } : { ok: false, problem: 'impossible-entry' };
}

function readEntry(bytes: Uint8Array, at: number): ManifestSegment {
  return {
    segmentId: readU32(bytes, at + MANIFEST_ENTRY.segmentId),
    state: readU32(bytes, at + MANIFEST_ENTRY.state) === SEGMENT_STATE.sealed ? 'sealed' : 'unsealed',
    durableSizeBytes: readU64(bytes, at + MANIFEST_ENTRY.durableSize),
    minSequence: readU64(bytes, at + MANIFEST_ENTRY.minSequence),
    maxSequence: readU64(bytes, at + MANIFEST_ENTRY.maxSequence),
  };
}

function isSound(manifest: Manifest): boolean {
  if (manifest.generation > MAX_U53 || manifest.sequenceFloor > MAX_U53) return false;
  let previousId = 0;
  for (const segment of manifest.segments) {
    if (segment.segmentId <= previousId || segment.segmentId >= manifest.nextSegmentId) return false;
    if (segment.durableSizeBytes > MAX_U53 || segment.maxSequence > MAX_U53) return false;
    if (segment.minSequence > segment.maxSequence) return false;
    if (segment.state === 'sealed' && segment.durableSizeBytes < FILE_HEADER_SIZE) return false;
    previousId = segment.segmentId;
  }
  return true;
}
