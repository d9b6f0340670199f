/** Builds segments in memory with the format's own encoders. */

import { crc32, segmentSalt } from '../../src/format/crc32.ts';
import { encodeFileHeader } from '../../src/format/fileHeader.ts';
import {
  FILE_KIND,
  OPERATION,
  type Operation,
  RECORD,
  RECORD_FLAG,
  RECORD_HEADER_SIZE,
} from '../../src/format/layout.ts';
import { writeU16, writeU32 } from '../../src/format/littleEndian.ts';
import { bindToOffset, encodeBatchFrame, encodeRecord, recordSize } from '../../src/format/record.ts';

export interface BuiltRecord {
  readonly key: string | Uint8Array;
  /** Absent: a delete. */
  readonly value?: string | Uint8Array;
  readonly timestampMs?: number;
  readonly expiryMs?: number;
  /** Absent: put or del. */
  readonly operation?: number;
  /** Absent: the next one. */
  readonly sequence?: number;
}

const encoder = new TextEncoder();
export const START_MS = Date.UTC(2026, 10, 22, 20, 14, 31);

export class SegmentBuilder {
  readonly segmentId: number;
  readonly #parts: Uint8Array[] = [];
  readonly #startBytes: number;
  #sizeBytes: number;
  #sequence = 0;

  /** `startBytes`: only what stands from there on is built. */
  constructor(segmentId = 7, createdMs = START_MS, startBytes = 0) {
    this.segmentId = segmentId;
    this.#startBytes = startBytes;
    this.#sizeBytes = startBytes;
    if (startBytes > 0) return;
    this.raw(encodeFileHeader({ kind: FILE_KIND.segment, id: segmentId, createdMs }, crc32));
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Adds bytes as they are and returns their offset. */
  raw(bytes: Uint8Array): number {
    const offset = this.#sizeBytes;
    this.#parts.push(bytes);
    this.#sizeBytes += bytes.length;
    return offset;
  }

  /** Adds a record and returns its offset. */
  add(record: BuiltRecord, flags = 0): number {
    return this.#record(this.#encode(record, flags));
  }

  /** Adds a batch and returns the offset of its frame. */
  batch(records: readonly BuiltRecord[], promisedRecords = records.length): number {
    const bodies = records.map((record) => this.#encode(record, RECORD_FLAG.inBatch));
    const bodySizeBytes = bodies.reduce((sum, body) => sum + body.length, 0) + (promisedRecords - records.length) * 40;
    const frame = new Uint8Array(64);
    const fields = {
      recordCount: promisedRecords,
      bodySizeBytes,
      flags: 0,
      sequence: ++this.#sequence,
      timestampMs: START_MS,
    };
    const end = encodeBatchFrame(frame, 0, fields, segmentSalt(this.segmentId), crc32);
    const offset = this.#record(frame.subarray(0, end));
    for (const body of bodies) this.#record(body);
    return offset;
  }

  bytes(): Uint8Array {
    const out = new Uint8Array(this.#sizeBytes - this.#startBytes);
    let at = 0;
    for (const part of this.#parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }

  #record(bytes: Uint8Array): number {
    bindToOffset(bytes, bytes.length, this.#sizeBytes);
    return this.raw(bytes);
  }

  #encode(built: BuiltRecord, flags: number): Uint8Array {
    const { key, value, timestampMs, expiryMs = 0, operation } = built;
    const keyBytes = typeof key === 'string' ? encoder.encode(key) : key;
    const valueBytes = typeof value === 'string' ? encoder.encode(value) : (value ?? new Uint8Array(0));
    const sequence = built.sequence ?? ++this.#sequence;
    const record = {
      operation: (operation ?? (value === undefined ? OPERATION.del : OPERATION.put)) as Operation,
      flags,
      sequence,
      timestampMs: timestampMs ?? START_MS + sequence * 10,
      expiryMs,
      key: keyBytes,
      value: valueBytes,
    };
    const bytes = new Uint8Array(recordSize(keyBytes.length, valueBytes.length));
    encodeRecord(bytes, 0, record, segmentSalt(this.segmentId), crc32);
    return bytes;
  }
}

export function segmentOf(count: number, build: (index: number) => BuiltRecord): SegmentBuilder {
  const builder = new SegmentBuilder();
  for (let index = 0; index < count; index++) builder.add(build(index));
  return builder;
}

/** So many headers that might be of records, each of which takes reading so many bytes to find out that it is not. */
export function falseHeaders(count: number, valueLength: number): Uint8Array {
  const bytes = new Uint8Array(count * RECORD_HEADER_SIZE);
  for (let at = 0; at < bytes.length; at += RECORD_HEADER_SIZE) {
    writeU16(bytes, at + RECORD.keyLength, 1);
    writeU32(bytes, at + RECORD.valueLength, valueLength);
    bytes[at + RECORD.operation] = OPERATION.put;
  }
  return bytes;
}
