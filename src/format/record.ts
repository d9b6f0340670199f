/** One record: header, key, value. Specification: FORMAT.md, "Record". */

import { type Crc32, shiftCrc32 } from './crc32.ts';
import {
  BATCH_FRAME,
  BATCH_FRAME_VALUE_SIZE,
  KNOWN_RECORD_FLAGS,
  MAX_BATCH_BODY_SIZE,
  MAX_RECORD_OFFSET,
  MAX_U53,
  MAX_VALUE_SIZE,
  OPERATION,
  type Operation,
  RECORD,
  RECORD_FLAG,
  RECORD_HEADER_SIZE,
} from './layout.ts';
import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from './littleEndian.ts';

export interface RecordFields {
  readonly operation: Operation;
  readonly flags: number;
  readonly sequence: number;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly timestampMs: number;
  /** Milliseconds since 1970-01-01 UTC; 0: never. */
  readonly expiryMs: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

const EMPTY = new Uint8Array(0);

export function recordSize(keySizeBytes: number, valueSizeBytes: number): number {
  return RECORD_HEADER_SIZE + keySizeBytes + valueSizeBytes;
}

/**
 * Writes a record at `at` and returns the offset after it. The caller has checked the limits of `layout.ts` and
 * made room. `salt` is the segment's `segmentSalt`. The record is valid once `bindToOffset` has been called.
 */
export function encodeRecord(target: Uint8Array, at: number, record: RecordFields, salt: number, crc32: Crc32): number {
  const { key, value } = record;
  writeU16(target, at + RECORD.keyLength, key.length);
  writeU32(target, at + RECORD.valueLength, value.length);
  target[at + RECORD.operation] = record.operation;
  target[at + RECORD.flags] = record.flags;
  writeU64(target, at + RECORD.sequence, record.sequence);
  writeU64(target, at + RECORD.timestamp, record.timestampMs);
  writeU64(target, at + RECORD.expiry, record.expiryMs);
  const keyAt = at + RECORD_HEADER_SIZE;
  copyBytes(key, target, keyAt);
  copyBytes(value, target, keyAt + key.length);
  const end = keyAt + key.length + value.length;
  writeU32(target, at + RECORD.checksum, crc32(target, at + RECORD.keyLength, end, salt));
  return end;
}

/**
 * The last step of encoding, when it is known where in the file the records will stand: mixes the offset of each
 * into its checksum. So a copy of a segment's bytes elsewhere, say within a value, never passes for records.
 * `bytes[0, end)` holds whole records fresh from `encodeRecord`; the first one will stand at `offsetBytes`.
 */
export function bindToOffset(bytes: Uint8Array, end: number, offsetBytes: number): void {
  for (let at = 0; at < end; ) {
    writeU32(bytes, at + RECORD.checksum, readU32(bytes, at + RECORD.checksum) ^ (offsetBytes + at));
    at += recordSize(readU16(bytes, at + RECORD.keyLength), readU32(bytes, at + RECORD.valueLength));
  }
}

/** Writes the frame that makes the next `recordCount` records, of `bodySizeBytes` together, one atomic batch. */
export function encodeBatchFrame(
  target: Uint8Array,
  at: number,
  frame: {
    readonly recordCount: number;
    readonly bodySizeBytes: number;
    readonly flags: number;
    readonly sequence: number;
    readonly timestampMs: number;
  },
  salt: number,
  crc32: Crc32,
): number {
  const value = new Uint8Array(BATCH_FRAME_VALUE_SIZE);
  writeU32(value, BATCH_FRAME.recordCount, frame.recordCount);
  writeU32(value, BATCH_FRAME.bodySize, frame.bodySizeBytes);
  const { flags, sequence, timestampMs } = frame;
  const record = { operation: OPERATION.batch, flags, sequence, timestampMs, expiryMs: 0, key: EMPTY, value };
  return encodeRecord(target, at, record, salt, crc32);
}

/** A loop is faster than `set` for the few bytes of a usual key. */
function copyBytes(source: Uint8Array, target: Uint8Array, at: number): void {
  if (source.length > 48) target.set(source, at);
  else for (let i = 0; i < source.length; i++) target[at + i] = source[i] as number;
}

/** Why the bytes at an offset are not a record. */
export type RecordProblem =
  | 'short-header'
  | 'short-body'
  | 'zeros'
  | 'impossible-length'
  | 'impossible-value'
  | 'unknown-operation'
  | 'unknown-flags'
  | 'bad-checksum';

/**
 * A record seen in a buffer. One view is reused for every record of a scan: whoever keeps anything of it, copies it.
 * `key` and `value` are views into the buffer.
 */
export class RecordView {
  bytes: Uint8Array = EMPTY;
  /** Index of the record's first byte in `bytes`. */
  start = 0;
  /** Offset of the record's first byte in its file. Whoever decodes sets it before, because the checksum covers it. */
  offsetBytes = 0;
  sizeBytes = 0;
  operation: Operation = OPERATION.put;
  flags = 0;
  keyLength = 0;
  valueLength = 0;
  sequence = 0;
  timestampMs = 0;
  expiryMs = 0;
  checksum = 0;

  get key(): Uint8Array {
    const at = this.start + RECORD_HEADER_SIZE;
    return this.bytes.subarray(at, at + this.keyLength);
  }

  get value(): Uint8Array {
    const at = this.start + RECORD_HEADER_SIZE + this.keyLength;
    return this.bytes.subarray(at, at + this.valueLength);
  }

  /** Only for batch frames. */
  get batchRecordCount(): number {
    return readU32(this.bytes, this.start + RECORD_HEADER_SIZE + BATCH_FRAME.recordCount);
  }

  /** Only for batch frames. */
  get batchBodySizeBytes(): number {
    return readU32(this.bytes, this.start + RECORD_HEADER_SIZE + BATCH_FRAME.bodySize);
  }
}

/**
 * Fills `view` from the header at `start`, checking nothing but that 36 bytes are there. Returns the problem that
 * the fields alone show, or undefined when they are plausible. Lengths are checked here, before anyone trusts them.
 */
export function decodeRecordHeader(view: RecordView, bytes: Uint8Array, start: number): RecordProblem | undefined {
  if (start + RECORD_HEADER_SIZE > bytes.length) return 'short-header';
  view.bytes = bytes;
  view.start = start;
  view.checksum = readU32(bytes, start + RECORD.checksum);
  const keyLength = readU16(bytes, start + RECORD.keyLength);
  const valueLength = readU32(bytes, start + RECORD.valueLength);
  const operation = bytes[start + RECORD.operation] as number;
  view.keyLength = keyLength;
  view.valueLength = valueLength;
  view.operation = operation as Operation;
  view.flags = bytes[start + RECORD.flags] as number;
  view.sequence = readU64(bytes, start + RECORD.sequence);
  view.timestampMs = readU64(bytes, start + RECORD.timestamp);
  view.expiryMs = readU64(bytes, start + RECORD.expiry);
  view.sizeBytes = RECORD_HEADER_SIZE + keyLength + valueLength;
  if (operation === 0 && keyLength === 0 && isZero(bytes, start, start + RECORD_HEADER_SIZE)) return 'zeros';
  if (valueLength > MAX_VALUE_SIZE) return 'impossible-length';
  return undefined;
}

/**
 * Problems of the fields of a record whose checksum is right: what a later version may have written, or what no
 * writer writes. Separate from the lengths, so that a reader can step over a sound record it does not understand.
 */
export function checkRecordFields(view: RecordView): RecordProblem | undefined {
  const { operation, keyLength, valueLength } = view;
  if (operation < OPERATION.put || operation > OPERATION.batch) return 'unknown-operation';
  if ((view.flags & ~KNOWN_RECORD_FLAGS) !== 0) return 'unknown-flags';
  if (view.sequence < 1 || view.sequence > MAX_U53) return 'impossible-value';
  if (view.timestampMs > MAX_U53 || view.expiryMs > MAX_U53) return 'impossible-value';
  if (operation === OPERATION.put) return keyLength === 0 ? 'impossible-length' : undefined;
  if (view.expiryMs !== 0) return 'impossible-value';
  if (operation === OPERATION.del) return keyLength === 0 || valueLength !== 0 ? 'impossible-length' : undefined;
  if (keyLength !== 0 || valueLength !== BATCH_FRAME_VALUE_SIZE) return 'impossible-length';
  if ((view.flags & RECORD_FLAG.inBatch) !== 0) return 'impossible-value';
  return undefined;
}

/** Problems of a batch frame's value, which must lie in the buffer. */
export function checkBatchFrame(view: RecordView): RecordProblem | undefined {
  const { batchRecordCount, batchBodySizeBytes } = view;
  if (batchRecordCount < 1 || batchBodySizeBytes > MAX_BATCH_BODY_SIZE) return 'impossible-length';
  return batchBodySizeBytes < batchRecordCount * (RECORD_HEADER_SIZE + 1) ? 'impossible-length' : undefined;
}

/** The checksum that the record's bytes have at `view.offsetBytes`; they must lie in the buffer. */
export function computeRecordChecksum(view: RecordView, salt: number, crc32: Crc32): number {
  const ofBytes = crc32(view.bytes, view.start + RECORD.keyLength, view.start + view.sizeBytes, salt);
  return (ofBytes ^ view.offsetBytes) >>> 0;
}

/**
 * For checking the checksums of records that follow each other all at once, which is several times as fast for small
 * ones: `chainChecksum` says what the checksum of all their bytes is if each record's own one is right.
 *
 * With `chain` for the bytes before the record, returns the one for the bytes up to its end. It starts as 0.
 */
export function chainChecksum(
  chain: number,
  storedChecksum: number,
  offsetBytes: number,
  sizeBytes: number,
  salt: number,
): number {
  const ofRecord = storedChecksum ^ offsetBytes;
  // The checksum continues from what the bytes before have left, and not from the salt.
  const seedDifference = ~shiftCrc32(~chain ^ storedChecksum, RECORD.keyLength) ^ salt;
  return (ofRecord ^ shiftCrc32(seedDifference, sizeBytes - RECORD.keyLength)) >>> 0;
}

/**
 * The checksum of a valid record that is copied to another segment and offset with its flags cleared, from the one it
 * has: its bytes need not be read again.
 */
export function rebindChecksum(view: RecordView, fromSalt: number, toSalt: number, toOffsetBytes: number): number {
  const beforeFlags = shiftCrc32(fromSalt ^ toSalt, RECORD.flags - RECORD.keyLength);
  const difference = shiftCrc32(beforeFlags ^ view.flags, view.sizeBytes - RECORD.flags);
  return (view.checksum ^ view.offsetBytes ^ difference ^ toOffsetBytes) >>> 0;
}

/**
 * Decodes and checks the record at `start`, which stands at `view.offsetBytes` of its file: lengths, presence,
 * checksum, fields, in that order. Never throws. Returns undefined when `view` holds a valid record. Without `crc32`
 * its checksum is known to be right.
 */
export function decodeRecord(
  view: RecordView,
  bytes: Uint8Array,
  start: number,
  salt: number,
  crc32: Crc32 | undefined,
): RecordProblem | undefined {
  const problem = decodeRecordHeader(view, bytes, start);
  if (problem !== undefined) return problem;
  if (start + view.sizeBytes > bytes.length) return 'short-body';
  if (view.offsetBytes > MAX_RECORD_OFFSET) return 'impossible-value';
  if (crc32 !== undefined && view.checksum !== computeRecordChecksum(view, salt, crc32)) return 'bad-checksum';
  return checkRecordFields(view) ?? (view.operation === OPERATION.batch ? checkBatchFrame(view) : undefined);
}

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}
