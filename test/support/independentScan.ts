// A second reading of a store, written from FORMAT.md alone and sharing no code with the engine: when both agree on
// what is live, neither believes a mistake of the other. Slow, simple, and only for sound files.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';

export interface IndependentScan {
  /** Keys, as latin1 text, whose newest record is a put that has not expired at `nowMs`. */
  readonly liveKeys: ReadonlySet<string>;
  readonly recordCount: number;
  readonly segmentCount: number;
}

const FILE_HEADER_BYTES = 32;
const RECORD_HEADER_BYTES = 36;
const PUT = 1;
const BATCH = 3;

/** Throws on the first byte that is not as FORMAT.md says. */
export function scanIndependently(directory: string, nowMs = Date.now()): IndependentScan {
  const newest = new Map<string, { sequence: number; isLive: boolean }>();
  const segmentIds = liveSegmentIds(directory);
  let recordCount = 0;
  for (const segmentId of segmentIds) {
    for (const { operation, sequence, expiryMs, key } of readSegmentIndependently(directory, segmentId)) {
      recordCount++;
      if (operation === BATCH || (newest.get(key)?.sequence ?? 0) > sequence) continue;
      newest.set(key, { sequence, isLive: operation === PUT && (expiryMs === 0 || expiryMs > nowMs) });
    }
  }
  const liveKeys = new Set([...newest].filter(([, { isLive }]) => isLive).map(([key]) => key));
  return { liveKeys, recordCount, segmentCount: segmentIds.length };
}

function liveSegmentIds(directory: string): number[] {
  const manifest = readFileSync(path.join(directory, 'MANIFEST'));
  const checksumAt = manifest.length - 4;
  if (manifest.readUInt32LE(checksumAt) !== crc32(manifest.subarray(0, checksumAt))) {
    throw new Error('MANIFEST has a wrong checksum.');
  }
  const count = manifest.readUInt32LE(FILE_HEADER_BYTES + 12);
  return Array.from({ length: count }, (_, index) => manifest.readUInt32LE(FILE_HEADER_BYTES + 24 + index * 32));
}

export interface IndependentRecord {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly operation: number;
  readonly sequence: number;
  readonly expiryMs: number;
  /** As latin1 text, one character for each byte. */
  readonly key: string;
}

/** The records of one segment in the order of the file. Throws on the first byte that is not as FORMAT.md says. */
export function* readSegmentIndependently(directory: string, segmentId: number): Generator<IndependentRecord> {
  const file = readFileSync(path.join(directory, `${String(segmentId).padStart(12, '0')}.seg`));
  const salt = saltOf(segmentId);
  for (let at = FILE_HEADER_BYTES; at < file.length; ) {
    const keyAt = at + RECORD_HEADER_BYTES;
    const keyEnd = keyAt + file.readUInt16LE(at + 4);
    const end = keyEnd + file.readUInt32LE(at + 6);
    if (end > file.length || file.readUInt32LE(at) !== (crc32(file.subarray(at + 4, end), salt) ^ at) >>> 0) {
      throw new Error(`Segment ${segmentId} has no valid record at offset ${at}.`);
    }
    yield {
      offsetBytes: at,
      sizeBytes: end - at,
      operation: file.readUInt8(at + 10),
      sequence: Number(file.readBigUInt64LE(at + 12)),
      expiryMs: Number(file.readBigUInt64LE(at + 28)),
      key: file.toString('latin1', keyAt, keyEnd),
    };
    at = end;
  }
}

function saltOf(segmentId: number): number {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(segmentId);
  return crc32(bytes);
}
