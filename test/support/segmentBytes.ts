/** Makes the bytes of a segment from a list of what stands in it, with the format's own encoder. */

import { crc32, segmentSalt } from '../../src/format/crc32.ts';
import { encodeFileHeader } from '../../src/format/fileHeader.ts';
import { FILE_HEADER_SIZE, FILE_KIND, OPERATION, type Operation, RECORD_FLAG } from '../../src/format/layout.ts';
import { bindToOffset, encodeBatchFrame, encodeRecord, recordSize } from '../../src/format/record.ts';

export interface PlannedRecord {
  /** Absent in a batch: `put` when there is a value, otherwise `del`. */
  readonly operation?: Operation;
  readonly key: string | Uint8Array;
  readonly value?: string | Uint8Array;
  readonly sequence: number;
  readonly flags?: number;
  readonly timestampMs?: number;
  readonly expiryMs?: number;
}

export interface PlannedBatch {
  readonly batch: readonly PlannedRecord[];
  readonly flags?: number;
  /** What the frame promises, when that is not what follows it. */
  readonly promisedRecords?: number;
  readonly promisedBytes?: number;
}

/** Bytes that stand there as they are. */
export interface PlannedBytes {
  readonly raw: Uint8Array;
}

export type Planned = PlannedRecord | PlannedBatch | PlannedBytes;

/** 2026-01-01T00:00:00Z. */
export const CREATED_MS = 1_767_225_600_000;

export interface BuiltSegment {
  readonly bytes: Uint8Array;
  /** Where each item of the plan begins, and after them the file's size. */
  readonly offsets: readonly number[];
}

export function buildSegment(segmentId: number, plan: readonly Planned[]): BuiltSegment {
  const parts = [encodeFileHeader({ kind: FILE_KIND.segment, id: segmentId, createdMs: CREATED_MS }, crc32)];
  const offsets: number[] = [];
  let end = FILE_HEADER_SIZE;
  for (const item of plan) {
    offsets.push(end);
    const bytes = 'raw' in item ? item.raw : boundItem(segmentId, item, end);
    parts.push(bytes);
    end += bytes.length;
  }
  offsets.push(end);
  return { bytes: concatenate(parts), offsets };
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export function toBytes(text: string | Uint8Array): Uint8Array {
  return typeof text === 'string' ? new TextEncoder().encode(text) : text;
}

function boundItem(segmentId: number, item: PlannedRecord | PlannedBatch, offsetBytes: number): Uint8Array {
  const salt = segmentSalt(segmentId);
  const bytes = 'batch' in item ? batchBytes(item, salt) : recordBytes(item, 0, salt);
  bindToOffset(bytes, bytes.length, offsetBytes);
  return bytes;
}

function batchBytes(item: PlannedBatch, salt: number): Uint8Array {
  const body = concatenate(item.batch.map((record) => recordBytes(record, RECORD_FLAG.inBatch, salt)));
  const frame = {
    recordCount: item.promisedRecords ?? item.batch.length,
    bodySizeBytes: item.promisedBytes ?? body.length,
    flags: item.flags ?? 0,
    sequence: item.batch[0]?.sequence ?? 1,
    timestampMs: CREATED_MS,
  };
  const head = new Uint8Array(64);
  const end = encodeBatchFrame(head, 0, frame, salt, crc32);
  return concatenate([head.subarray(0, end), body]);
}

function recordBytes(record: PlannedRecord, flags: number, salt: number): Uint8Array {
  const key = toBytes(record.key);
  const value = toBytes(record.value ?? '');
  const bytes = new Uint8Array(recordSize(key.length, value.length));
  const fields = {
    operation: record.operation ?? (record.value === undefined ? OPERATION.del : OPERATION.put),
    flags: flags | (record.flags ?? 0),
    sequence: record.sequence,
    timestampMs: record.timestampMs ?? CREATED_MS + record.sequence,
    expiryMs: record.expiryMs ?? 0,
    key,
    value,
  };
  encodeRecord(bytes, 0, fields, salt, crc32);
  return bytes;
}
