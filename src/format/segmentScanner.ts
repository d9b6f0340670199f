/**
 * Walks a segment record by record and reports records and damage. Specification: FORMAT.md, "Reading a segment".
 *
 * The scanner does no I/O. It says which bytes it wants next, the caller reads them from wherever they are and feeds
 * them. So one decoder serves the engine (synchronous reads in a loop), the inspector (asynchronous reads of any
 * file system) and tests (arrays). It never throws on bytes, never loops without progress, and never asks for more
 * than the largest possible record.
 */

import type { Crc32 } from './crc32.ts';
import { segmentSalt } from './crc32.ts';
import {
  FILE_HEADER_SIZE,
  KNOWN_RECORD_FLAGS,
  MAX_VALUE_SIZE,
  OPERATION,
  RECORD,
  RECORD_FLAG,
  RECORD_HEADER_SIZE,
} from './layout.ts';
import { readU16, readU32 } from './littleEndian.ts';
import {
  chainChecksum,
  computeRecordChecksum,
  decodeRecord,
  decodeRecordHeader,
  type RecordProblem,
  RecordView,
  recordSize,
} from './record.ts';
import { ZeroRuns } from './zeroRuns.ts';

export interface SegmentDamage {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly reason: RecordProblem | 'search-limit';
  /** No valid record follows: it may be what a crash left of an unfinished write. */
  readonly reachesEnd: boolean;
  /** Only for `bad-checksum`. */
  readonly storedChecksum?: number;
  readonly computedChecksum?: number;
}

/**
 * How a record belongs to a batch: `none`; `member` of the frame before it; `orphan` when it says that it is part
 * of a batch whose frame was not seen.
 */
export type BatchMembership = 'none' | 'member' | 'orphan';

export interface BatchEnd {
  readonly frameOffsetBytes: number;
  /** Offset after the batch's last record, as its frame promised. */
  readonly endOffsetBytes: number;
  /** All records that the frame promised were there and valid. */
  readonly complete: boolean;
}

export interface SegmentSink {
  /** `record` is reused for the next call. Batch frames come as records of operation `batch`. */
  record(record: RecordView, membership: BatchMembership): void;
  damage(damage: SegmentDamage): void;
  /** After the last record of a batch, or when it cannot become complete any more. */
  batchEnd(batch: BatchEnd): void;
  /** The bytes in which records were shown may change from now on. Not called when the sink has thrown. */
  bytesEnd?(): void;
}

export interface SegmentScannerOptions {
  readonly segmentId: number;
  readonly fileSizeBytes: number;
  readonly crc32: Crc32;
  /** Offset of a record's first byte. Default: after the file header. */
  readonly startOffsetBytes?: number;
  /** A record need not start there: the next one is searched for, and what stands before it is not reported. */
  readonly startsAnywhere?: boolean;
}

interface OpenBatch {
  readonly frameOffsetBytes: number;
  readonly endOffsetBytes: number;
  missingRecords: number;
  broken: boolean;
}

interface OpenDamage {
  readonly offsetBytes: number;
  readonly reason: SegmentDamage['reason'];
  readonly storedChecksum?: number;
  readonly computedChecksum?: number;
  /** Nothing is known to be damaged: the scan started here, perhaps within a record. */
  readonly isStart?: boolean;
}

/**
 * A search for the next valid record checksums at most this many times the file's size (and at least
 * `MIN_SEARCH_BUDGET_BYTES`), so that a file made of false record headers cannot keep a reader busy for ever.
 */
const SEARCH_BUDGET_FACTOR = 16;
const MIN_SEARCH_BUDGET_BYTES = 0x1000_0000;

/**
 * Checksums are checked for so many bytes of records at once: few enough that the processor's cache still has them
 * when the records are reported.
 */
const MAX_RUN_SIZE = 64 * 1024;
/** Behind damage runs begin this small and grow again: each damage makes its run be checked twice. */
const MIN_RUN_SIZE = 256;

export class SegmentScanner {
  /** Offset of the next byte to be looked at. */
  #position: number;
  #fileSizeBytes: number;
  #wantBytes = RECORD_HEADER_SIZE;
  readonly #salt: number;
  readonly #crc32: Crc32;
  readonly #view = new RecordView();
  #batch: OpenBatch | undefined;
  #damage: OpenDamage | undefined;
  #searchBudgetBytes: number;
  #validEndBytes: number;
  /** Records that end here or before have been checked together, with the outcome `#runIsSound`. */
  #runEndBytes = 0;
  #runIsSound = false;
  #runSize = MAX_RUN_SIZE;

  constructor(options: SegmentScannerOptions) {
    this.#position = options.startOffsetBytes ?? FILE_HEADER_SIZE;
    this.#validEndBytes = this.#position;
    this.#fileSizeBytes = options.fileSizeBytes;
    this.#crc32 = options.crc32;
    this.#salt = segmentSalt(options.segmentId);
    this.#searchBudgetBytes = Math.max(MIN_SEARCH_BUDGET_BYTES, options.fileSizeBytes * SEARCH_BUDGET_FACTOR);
    if (options.startsAnywhere === true) {
      this.#damage = { offsetBytes: this.#position, reason: 'impossible-value', isStart: true };
    }
  }

  get done(): boolean {
    return this.#position >= this.#fileSizeBytes;
  }

  /** Offset of the first byte that `feed` must get. */
  get wantOffsetBytes(): number {
    return this.#position;
  }

  /** `feed` needs at least this many bytes to make progress; never past the end of the file. More is faster. */
  get wantBytes(): number {
    return Math.max(0, Math.min(this.#wantBytes, this.#fileSizeBytes - this.#position));
  }

  /** Offset after the last valid record (or complete batch) that stands before any damage at the end. */
  get validEndBytes(): number {
    return this.#validEndBytes;
  }

  /** The file turned out to end here: it shrank, or a read came back short. */
  truncate(fileSizeBytes: number): void {
    this.#fileSizeBytes = Math.min(this.#fileSizeBytes, Math.max(fileSizeBytes, this.#position));
  }

  /**
   * Takes the file's bytes from `wantOffsetBytes` on and reports what they hold. When `done` is set afterwards, all
   * has been reported; otherwise read again from the new `wantOffsetBytes`.
   */
  feed(bytes: Uint8Array, sink: SegmentSink): void {
    this.#report(bytes, sink);
    sink.bytesEnd?.();
  }

  #report(bytes: Uint8Array, sink: SegmentSink): void {
    const base = this.#position;
    const usable = Math.min(bytes.length, this.#fileSizeBytes - base);
    const window = usable === bytes.length ? bytes : bytes.subarray(0, usable);
    this.#wantBytes = RECORD_HEADER_SIZE;
    this.#runEndBytes = 0;
    while (!this.done) {
      const start = this.#position - base;
      const progressed =
        this.#damage === undefined ? this.#readRecord(window, start, sink) : this.#search(window, start, sink);
      if (!progressed) return;
    }
    this.#finish(sink);
  }

  /** Ends the scan of an empty rest: what is open is reported. Called by `feed`; harmless to call again. */
  #finish(sink: SegmentSink): void {
    if (this.#damage !== undefined) this.#closeDamage(this.#fileSizeBytes, true, sink);
    if (this.#batch !== undefined) this.#closeBatch(sink);
  }

  /** One record at `start`; false when the window holds too little. */
  #readRecord(window: Uint8Array, start: number, sink: SegmentSink): boolean {
    const view = this.#view;
    const remaining = this.#fileSizeBytes - this.#position;
    view.offsetBytes = this.#position;
    if (this.#position >= this.#runEndBytes) this.#checkRun(window, start);
    const problem = decodeRecord(view, window, start, this.#salt, this.#runIsSound ? undefined : this.#crc32);
    if (problem === 'short-header' || problem === 'short-body') {
      const needed = problem === 'short-header' ? RECORD_HEADER_SIZE : view.sizeBytes;
      if (needed <= remaining) {
        this.#wantBytes = needed;
        return false;
      }
    }
    if (problem === undefined) this.#emit(view, sink);
    else if (problem === 'unknown-operation' || problem === 'unknown-flags') this.#stepOver(problem, sink);
    else this.#openDamage(problem);
    return true;
  }

  /**
   * Checks the checksums of the next records together. If one of them is wrong, so is the checksum of all; then, and
   * when there are fewer than two, each is checked by itself.
   */
  #checkRun(window: Uint8Array, start: number): void {
    const limit = Math.min(window.length, start + this.#runSize);
    const toOffset = this.#position - start;
    let chain = 0;
    let at = start;
    let count = 0;
    while (at + RECORD_HEADER_SIZE <= limit) {
      const size = recordSize(readU16(window, at + RECORD.keyLength), readU32(window, at + RECORD.valueLength));
      if (at + size > limit) break;
      chain = chainChecksum(chain, readU32(window, at + RECORD.checksum), toOffset + at, size, this.#salt);
      at += size;
      count++;
    }
    this.#runEndBytes = toOffset + Math.max(at, start + 1);
    this.#runIsSound = count > 1 && this.#crc32(window, start, at, 0) === chain;
    if (this.#runIsSound || count < 2) this.#runSize = Math.min(MAX_RUN_SIZE, this.#runSize * 2);
  }

  #emit(view: RecordView, sink: SegmentSink): void {
    const inBatch = (view.flags & RECORD_FLAG.inBatch) !== 0;
    if (this.#batch !== undefined && (!inBatch || this.#position >= this.#batch.endOffsetBytes)) this.#closeBatch(sink);
    const batch = this.#batch;
    if (view.operation === OPERATION.batch) {
      this.#position += view.sizeBytes;
      this.#batch = {
        frameOffsetBytes: view.offsetBytes,
        endOffsetBytes: this.#position + view.batchBodySizeBytes,
        missingRecords: view.batchRecordCount,
        broken: false,
      };
      sink.record(view, 'none');
      return;
    }
    this.#position += view.sizeBytes;
    if (batch === undefined) {
      sink.record(view, inBatch ? 'orphan' : 'none');
      this.#validEndBytes = this.#position;
      return;
    }
    batch.missingRecords--;
    sink.record(view, 'member');
    if (this.#position >= batch.endOffsetBytes) this.#closeBatch(sink);
  }

  #closeBatch(sink: SegmentSink): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    const { frameOffsetBytes, endOffsetBytes } = batch;
    const complete = !batch.broken && batch.missingRecords === 0 && this.#position === endOffsetBytes;
    if (complete) this.#validEndBytes = endOffsetBytes;
    sink.batchEnd({ frameOffsetBytes, endOffsetBytes, complete });
  }

  /** A sound record of an operation or flags that this version does not know: its frame can be trusted. */
  #stepOver(reason: RecordProblem, sink: SegmentSink): void {
    const { sizeBytes } = this.#view;
    if (this.#batch !== undefined) this.#batch.broken = true;
    sink.damage({ offsetBytes: this.#position, sizeBytes, reason, reachesEnd: false });
    this.#position += sizeBytes;
  }

  #openDamage(problem: RecordProblem): void {
    // What is found behind it need not begin where the run's records do.
    this.#runEndBytes = 0;
    this.#runIsSound = false;
    this.#runSize = MIN_RUN_SIZE;
    if (this.#batch !== undefined) this.#batch.broken = true;
    const offsetBytes = this.#position;
    if (problem === 'bad-checksum') {
      const storedChecksum = this.#view.checksum;
      const computedChecksum = computeRecordChecksum(this.#view, this.#salt, this.#crc32);
      this.#damage = { offsetBytes, reason: problem, storedChecksum, computedChecksum };
    } else {
      this.#damage = { offsetBytes, reason: problem };
    }
    this.#position++;
  }

  #closeDamage(endOffsetBytes: number, reachesEnd: boolean, sink: SegmentSink): void {
    const damage = this.#damage;
    if (damage === undefined) return;
    this.#damage = undefined;
    this.#position = endOffsetBytes;
    if (damage.isStart === true) return;
    sink.damage({ ...damage, sizeBytes: endOffsetBytes - damage.offsetBytes, reachesEnd });
  }

  /** Looks for the next valid record from `start` on; false when the window holds too little to decide. */
  #search(window: Uint8Array, start: number, sink: SegmentSink): boolean {
    const base = this.#position - start;
    const view = this.#view;
    const zeros = new ZeroRuns(window);
    for (let at = start; at + RECORD_HEADER_SIZE <= window.length; at++) {
      if (window[at + RECORD.operation] === 0) {
        // No operation is zero: the next header has its own at the end of these zeros or later.
        at = zeros.end(at + RECORD.operation) - RECORD.operation - 1;
        continue;
      }
      if (!isPlausibleHeader(window, at)) continue;
      decodeRecordHeader(view, window, at);
      if (base + at + view.sizeBytes > this.#fileSizeBytes) continue;
      if (view.sizeBytes > this.#searchBudgetBytes) return this.#giveUp(sink);
      if (at + view.sizeBytes > window.length) {
        this.#position = base + at;
        this.#wantBytes = view.sizeBytes;
        return false;
      }
      this.#searchBudgetBytes -= view.sizeBytes;
      view.offsetBytes = base + at;
      if (decodeRecord(view, window, at, this.#salt, this.#crc32) === undefined) {
        this.#closeDamage(base + at, false, sink);
        return true;
      }
    }
    return this.#searchFurther(window, base);
  }

  /** Nothing in this window: go on with the bytes after it that could still start a header. */
  #searchFurther(window: Uint8Array, base: number): boolean {
    const next = Math.max(this.#position, base + window.length - RECORD_HEADER_SIZE + 1);
    if (this.#fileSizeBytes - next < RECORD_HEADER_SIZE) {
      this.#position = this.#fileSizeBytes;
      return true;
    }
    this.#position = next;
    this.#wantBytes = RECORD_HEADER_SIZE;
    return false;
  }

  #giveUp(sink: SegmentSink): boolean {
    if (this.#damage !== undefined) this.#damage = { ...this.#damage, reason: 'search-limit' };
    this.#closeDamage(this.#fileSizeBytes, false, sink);
    return true;
  }
}

/** A cheap filter before a checksum is computed: one random position in about 2^31 passes. */
function isPlausibleHeader(bytes: Uint8Array, at: number): boolean {
  const operation = bytes[at + RECORD.operation] as number;
  if (operation < OPERATION.put || operation > OPERATION.batch) return false;
  if (((bytes[at + RECORD.flags] as number) & ~KNOWN_RECORD_FLAGS) !== 0) return false;
  if (!isU53(bytes, at + RECORD.sequence) || !isU53(bytes, at + RECORD.timestamp)) return false;
  if (!isU53(bytes, at + RECORD.expiry) || readU32(bytes, at + RECORD.valueLength) > MAX_VALUE_SIZE) return false;
  return (readU16(bytes, at + RECORD.keyLength) === 0) === (operation === OPERATION.batch);
}

function isU53(bytes: Uint8Array, at: number): boolean {
  return bytes[at + 7] === 0 && (bytes[at + 6] as number) < 0x20;
}

/** Scans bytes that are all in memory, for tests and small files. */
export function scanSegmentBytes(
  bytes: Uint8Array,
  options: Omit<SegmentScannerOptions, 'fileSizeBytes'>,
  sink: SegmentSink,
): void {
  const scanner = new SegmentScanner({ ...options, fileSizeBytes: bytes.length });
  while (!scanner.done) scanner.feed(bytes.subarray(scanner.wantOffsetBytes), sink);
}
