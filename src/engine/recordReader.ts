/**
 * Reads single records of an open store and checks each: checksum, key and sequence number. Nothing here passes a
 * record whose checksum is wrong.
 */

import { RECORD_HEADER_SIZE } from '../format/layout.ts';
import { decodeRecord, decodeRecordHeader, type RecordProblem, RecordView } from '../format/record.ts';
import { BlockCache } from './blockCache.ts';
import { copyAdjacent, copyBytes } from './byteSlab.ts';
import { crc32 } from './checksum.ts';
import type { KeydirRecord } from './keydirEntries.ts';
import type { Segment, SegmentTable } from './segment.ts';
import { readFully } from './storage.ts';
import { StrataError, storageError } from './strataError.ts';

/** Why the bytes at a place are not the record that the keydir says is there. */
type RecordMismatch = RecordProblem | 'another-record';

/** Records up to this size are read through one buffer that is used again. */
const SCRATCH_SIZE = 64 * 1024;

export class RecordReader {
  readonly cache: BlockCache;
  readonly #segments: SegmentTable;
  readonly #scratch = new Uint8Array(SCRATCH_SIZE);
  readonly #view = new RecordView();

  constructor(segments: SegmentTable, cacheSizeBytes: number) {
    this.#segments = segments;
    this.cache = new BlockCache(cacheSizeBytes);
  }

  /** The value of a record, as a copy. Throws `STORE_DAMAGED` when the bytes on disk are not this record. */
  readValue(record: Readonly<KeydirRecord>, key: Uint8Array): Uint8Array {
    const mismatch = this.#read(record, key);
    if (mismatch !== undefined) throw this.#damaged(mismatch, record, key);
    return this.#copyValue();
  }

  /** The same for a record that may be another key's, or damaged: then undefined. */
  readValueIfOf(record: Readonly<KeydirRecord>, key: Uint8Array): Uint8Array | undefined {
    return this.#read(record, key) === undefined ? this.#copyValue() : undefined;
  }

  /** Key and value of a record that is in the cache and sound; undefined for every other one. */
  readCachedEntry(record: Readonly<KeydirRecord>): [Uint8Array, Uint8Array] | undefined {
    const segment = this.#segments.at(record.slot);
    const { cache } = this;
    if (!cache.findStart(segment, record.offsetBytes)) return undefined;
    const view = this.#view;
    view.offsetBytes = record.offsetBytes;
    const problem = decodeRecord(view, cache.bytes, cache.start, segment.salt, crc32);
    // No two records have the same sequence number, so this is the one.
    if (problem !== undefined || view.sequence !== record.sequence) return undefined;
    if (view.sizeBytes > BlockCache.bytesFrom(record.offsetBytes)) return undefined;
    const keyStart = view.start + RECORD_HEADER_SIZE;
    return copyAdjacent(cache.bytes, keyStart, keyStart + view.keyLength, view.start + view.sizeBytes);
  }

  /** The first byte of a record that is in the block cache, otherwise 0. */
  peek({ slot, offsetBytes }: Readonly<KeydirRecord>): number {
    const { cache } = this;
    return cache.findStart(this.#segments.at(slot), offsetBytes) ? (cache.bytes[cache.start] as number) : 0;
  }

  /** Leaves the record in `#view`, or says why the bytes on disk are not this record of this key. */
  #read(record: Readonly<KeydirRecord>, key: Uint8Array): RecordMismatch | undefined {
    const segment = this.#segments.at(record.slot);
    const sizeBytes = RECORD_HEADER_SIZE + key.length + record.valueLength;
    if (this.#isCached(segment, record.offsetBytes, sizeBytes, true)) return this.#decodeCached(segment, record, key);
    const bytes = sizeBytes <= SCRATCH_SIZE ? this.#scratch : new Uint8Array(sizeBytes);
    if (this.#readBytes(segment, bytes, sizeBytes, record.offsetBytes) < sizeBytes) return 'short-body';
    return this.#decode(bytes, 0, segment, record, key);
  }

  /** As `readValue`, for records that are read one after another: what lies close together is read in one go. */
  readValueAhead(ahead: ReadAhead, record: Readonly<KeydirRecord>, key: Uint8Array): Uint8Array {
    const sizeBytes = RECORD_HEADER_SIZE + key.length + record.valueLength;
    if (sizeBytes > ReadAhead.maxRecordSize) return this.readValue(record, key);
    const problem = this.#readAhead(ahead, record, key);
    if (problem !== undefined) throw this.#damaged(problem, record, key);
    return this.#copyValue();
  }

  #readAhead(ahead: ReadAhead, record: Readonly<KeydirRecord>, key: Uint8Array): RecordMismatch | undefined {
    const segment = this.#segments.at(record.slot);
    const { offsetBytes } = record;
    const sizeBytes = RECORD_HEADER_SIZE + key.length + record.valueLength;
    if (ahead.covers(segment, offsetBytes, sizeBytes)) {
      return this.#decode(ahead.bytes, ahead.indexOf(offsetBytes), segment, record, key);
    }
    // What is read in order comes in larger pieces, and does not need a place in the cache.
    const nearness = ahead.nearness(segment, offsetBytes, sizeBytes);
    if (this.#isCached(segment, offsetBytes, sizeBytes, nearness === 'far')) {
      ahead.pass(segment, offsetBytes, sizeBytes);
      return this.#decodeCached(segment, record, key);
    }
    try {
      ahead.fill(segment, offsetBytes, sizeBytes, nearness);
    } catch (error) {
      throw storageError(error, `reading ${segment.fileName}`);
    }
    if (!ahead.covers(segment, offsetBytes, sizeBytes)) return 'short-body';
    return this.#decode(ahead.bytes, ahead.indexOf(offsetBytes), segment, record, key);
  }

  /**
   * As `readValue`, with the time of the record. Of a longer value only the first `maxValueBytes` are read; then its
   * checksum cannot be compared, and key and sequence number alone tell the record from damage.
   */
  readRecord(
    record: Readonly<KeydirRecord>,
    key: Uint8Array,
    maxValueBytes: number,
  ): { readonly value: Uint8Array; readonly timestampMs: number } {
    const view = this.#view;
    if (record.valueLength <= maxValueBytes) {
      const value = this.readValue(record, key);
      return { value, timestampMs: view.timestampMs };
    }
    const segment = this.#segments.at(record.slot);
    const valueStart = RECORD_HEADER_SIZE + key.length;
    const bytes = new Uint8Array(valueStart + maxValueBytes);
    const got = this.#readBytes(segment, bytes, bytes.length, record.offsetBytes);
    const problem = got === bytes.length ? decodeRecordHeader(view, bytes, 0) : 'short-body';
    const mismatch = problem ?? this.#compare(record, key);
    if (mismatch !== undefined) throw this.#damaged(mismatch, record, key);
    return { value: bytes.slice(valueStart), timestampMs: view.timestampMs };
  }

  #isCached(segment: Segment, offsetBytes: number, sizeBytes: number, mayRead: boolean): boolean {
    try {
      return this.cache.find(segment, offsetBytes, sizeBytes, mayRead);
    } catch (error) {
      throw storageError(error, `reading ${segment.fileName}`);
    }
  }

  /** What `#isCached` has found. */
  #decodeCached(segment: Segment, record: Readonly<KeydirRecord>, key: Uint8Array): RecordMismatch | undefined {
    return this.#decode(this.cache.bytes, this.cache.start, segment, record, key);
  }

  #readBytes(segment: Segment, bytes: Uint8Array, sizeBytes: number, offsetBytes: number): number {
    try {
      return readFully(segment.file, bytes, 0, sizeBytes, offsetBytes);
    } catch (error) {
      throw storageError(error, `reading ${segment.fileName}`);
    }
  }

  #decode(
    bytes: Uint8Array,
    start: number,
    segment: Segment,
    record: Readonly<KeydirRecord>,
    key: Uint8Array,
  ): RecordMismatch | undefined {
    this.#view.offsetBytes = record.offsetBytes;
    return decodeRecord(this.#view, bytes, start, segment.salt, crc32) ?? this.#compare(record, key);
  }

  #compare(record: Readonly<KeydirRecord>, key: Uint8Array): RecordMismatch | undefined {
    return this.#view.sequence === record.sequence && isKey(this.#view, key) ? undefined : 'another-record';
  }

  #copyValue(): Uint8Array {
    const { bytes, start, keyLength, sizeBytes } = this.#view;
    return copyBytes(bytes, start + RECORD_HEADER_SIZE + keyLength, start + sizeBytes);
  }

  #damaged(reason: RecordMismatch, record: Readonly<KeydirRecord>, key: Uint8Array): StrataError {
    const { fileName } = this.#segments.at(record.slot);
    const { offsetBytes } = record;
    const sizeBytes = RECORD_HEADER_SIZE + key.length + record.valueLength;
    return new StrataError(
      'STORE_DAMAGED',
      `The record at offset ${offsetBytes} of ${fileName} is damaged (${reason}). ` +
        `Verify the store to see what else is, and copy its readable records into a new one.`,
      { damage: [{ fileName, offsetBytes, sizeBytes, reason }] },
    );
  }
}

function isKey(view: RecordView, key: Uint8Array): boolean {
  if (view.keyLength !== key.length) return false;
  const start = view.start + RECORD_HEADER_SIZE;
  for (let i = 0; i < key.length; i++) if (view.bytes[start + i] !== key[i]) return false;
  return true;
}

/** Where a record lies, seen from what was read last. */
type Nearness = 'behind' | 'before' | 'far';

const FIRST_WINDOW_SIZE = 4096;
const MAX_WINDOW_SIZE = 128 * 1024;

/** The bytes around the record that an iterator read last. Each iterator has its own. */
export class ReadAhead {
  static readonly maxRecordSize = MAX_WINDOW_SIZE;
  bytes = new Uint8Array(0);
  #segment: Segment | undefined;
  #start = 0;
  #end = 0;
  /** What was read last, from here or from the cache. */
  #lastSegment: Segment | undefined;
  #lastStart = 0;
  #lastEnd = 0;
  /** Grows as long as reading goes on in order, so that a short scan reads little. */
  #windowSize = FIRST_WINDOW_SIZE;

  covers(segment: Segment, offsetBytes: number, sizeBytes: number): boolean {
    return segment === this.#segment && offsetBytes >= this.#start && offsetBytes + sizeBytes <= this.#end;
  }

  indexOf(offsetBytes: number): number {
    return offsetBytes - this.#start;
  }

  /** Whether the record lies close to what was read last: then the keys were written in about the order of reading. */
  nearness(segment: Segment, offsetBytes: number, sizeBytes: number): Nearness {
    if (segment !== this.#lastSegment) return 'far';
    if (offsetBytes >= this.#lastStart) return offsetBytes < this.#lastEnd + this.#windowSize ? 'behind' : 'far';
    return offsetBytes + sizeBytes > this.#lastStart - this.#windowSize ? 'before' : 'far';
  }

  /** The record was read elsewhere. */
  pass(segment: Segment, offsetBytes: number, sizeBytes: number): void {
    this.#lastSegment = segment;
    this.#lastStart = offsetBytes;
    this.#lastEnd = offsetBytes + sizeBytes;
  }

  /** Reads the record, and with it what follows (or, backwards, precedes) when it is near. */
  fill(segment: Segment, offsetBytes: number, sizeBytes: number, nearness: Nearness): void {
    let start = offsetBytes;
    let end = offsetBytes + sizeBytes;
    if (nearness === 'behind') end = Math.max(end, Math.min(segment.sizeBytes, start + this.#windowSize));
    if (nearness === 'before') start = Math.max(0, Math.min(start, end - this.#windowSize));
    if (nearness !== 'far') this.#windowSize = Math.min(MAX_WINDOW_SIZE, this.#windowSize * 2);
    if (this.bytes.length < end - start) this.bytes = new Uint8Array(Math.max(end - start, this.#windowSize));
    const got = readFully(segment.file, this.bytes, 0, end - start, start);
    this.#segment = segment;
    this.#start = start;
    this.#end = start + got;
    this.pass(segment, start, got);
  }
}
