/**
 * The rows of a segment as the lengths in its records tell them. Going from header to header, without checksums and
 * without looking at keys and values, takes a small part of the time that reading and checking the file does. Where
 * the lengths lead to what is no record, the file is damaged: from the record before, which may be to blame, it is
 * scanned as the index does it, checksums and all, until the next valid record is found. Where nothing but zeros seems to
 * follow, it ends: their one row is told by the index, which would have to read them once more.
 */

import { FILE_HEADER_SIZE, OPERATION, RECORD_FLAG, RECORD_HEADER_SIZE } from '../../format/layout.ts';
import { checkBatchFrame, checkRecordFields, decodeRecordHeader, RecordView } from '../../format/record.ts';
import {
  type LogDamage,
  type LogRecord,
  type LogScan,
  type LogSink,
  NONE,
  type QuickRowSink,
  type QuickRows,
  type ScanStart,
} from '../logFormat.ts';
import type { RangedFile } from '../rangedFile.ts';
import { ChunkReader } from '../rowWalk.ts';
import { BatchedRows } from './batchedRows.ts';
import { seemsZeroTail } from './zeroTail.ts';

const PIECE_BYTES = 0x10_0000;
/** Behind damage the lengths can mostly be followed again very soon. */
const SCANNED_PIECE_BYTES = 0x1_0000;
/** After so much damage it is looked again whether only zeros follow. */
const LOOK_AHEAD_EVERY_BYTES = 0x100_0000;

export class LengthRows implements QuickRows {
  readonly source = 'chain of lengths';
  readonly isSeparate = false;
  readonly #file: RangedFile;
  readonly #sizeBytes: number;
  readonly #startScan: (start: ScanStart) => LogScan;
  readonly #piece = new Uint8Array(PIECE_BYTES);
  readonly #view = new RecordView();
  readonly #rows = new BatchedRows();
  /** Where the next record starts. */
  #next = 0;
  /** Where the last record starts that nothing but its header speaks for; `#next` when there is none. */
  #unchecked = FILE_HEADER_SIZE;
  #damaged: DamagedPart | undefined;

  /** `startScan` starts the scan that the file's index is made by. */
  constructor(file: RangedFile, startScan: (start: ScanStart) => LogScan) {
    this.#file = file;
    this.#sizeBytes = file.sizeBytes;
    this.#startScan = startScan;
  }

  get share(): number {
    const readBytes = this.#damaged?.readBytes ?? this.#next;
    return this.#sizeBytes === 0 ? 1 : Math.min(1, readBytes / this.#sizeBytes);
  }

  step(sink: QuickRowSink): 'more' | 'done' {
    if (this.#next === 0) {
      sink.row(0, NONE, NONE);
      this.#next = FILE_HEADER_SIZE;
    }
    if (this.#damaged !== undefined) return this.#passDamage(this.#damaged, sink);
    if (this.#follow(sink)) return this.#next === this.#sizeBytes ? 'done' : 'more';
    this.#damaged = this.#startDamage(this.#unchecked);
    return 'more';
  }

  close(): void {}

  /** Reads one piece and goes from header to header; false when something there is no record. */
  #follow(sink: QuickRowSink): boolean {
    const base = this.#next;
    const bytes = this.#piece.subarray(0, this.#file.read(this.#piece, base));
    const view = this.#view;
    for (let at = 0; at + RECORD_HEADER_SIZE <= bytes.length; at = this.#next - base) {
      if (decodeRecordHeader(view, bytes, at) !== undefined || checkRecordFields(view) !== undefined) return false;
      if (this.#next + view.sizeBytes > this.#sizeBytes) return false;
      // What a frame says of its batch stands behind its header.
      if (view.operation === OPERATION.batch && at + view.sizeBytes > bytes.length) break;
      if (view.operation === OPERATION.batch && checkBatchFrame(view) !== undefined) return false;
      this.#unchecked = this.#next;
      this.#next += view.sizeBytes;
      if (view.operation === OPERATION.batch) {
        this.#rows.frame(this.#unchecked, this.#next + view.batchBodySizeBytes, sink);
      } else if ((view.flags & RECORD_FLAG.inBatch) === 0) this.#rows.single(this.#unchecked, sink);
      else this.#rows.record(this.#unchecked, sink);
    }
    return this.#next > base || this.#next === this.#sizeBytes;
  }

  #startDamage(offsetBytes: number): DamagedPart {
    const group = this.#rows.batchAt(offsetBytes);
    const start = { offsetBytes, fileSizeBytes: this.#sizeBytes, ...(group === undefined ? {} : { group }) };
    const toldBytes = offsetBytes === this.#next ? NONE : offsetBytes;
    return new DamagedPart(this.#file, this.#startScan(start), toldBytes, this.#rows);
  }

  #passDamage(damaged: DamagedPart, sink: QuickRowSink): 'more' | 'done' {
    const state = damaged.step(sink);
    if (state === 'passed') {
      this.#next = damaged.endBytes;
      this.#unchecked = damaged.endBytes;
      this.#damaged = undefined;
    }
    return state === 'end of file' || this.#next === this.#sizeBytes ? 'done' : 'more';
  }
}

/** A scan from a record up to where damage has been passed. The row at `toldOffset` was told already. */
class DamagedPart implements LogSink {
  readonly #file: RangedFile;
  readonly #scan: LogScan;
  readonly #reader: ChunkReader;
  readonly #toldOffset: number;
  readonly #rows: BatchedRows;
  #sink: QuickRowSink | undefined;
  #sawDamage = false;
  #endBytes = 0;
  #nextLookBytes = 0;

  constructor(file: RangedFile, scan: LogScan, toldOffset: number, rows: BatchedRows) {
    this.#file = file;
    this.#scan = scan;
    this.#reader = new ChunkReader(file, scan, SCANNED_PIECE_BYTES);
    this.#toldOffset = toldOffset;
    this.#rows = rows;
  }

  /** Bytes of the file up to where it has been read. */
  get readBytes(): number {
    return this.#scan.wantOffsetBytes;
  }

  /** Where the last row ends that was told. */
  get endBytes(): number {
    return this.#endBytes;
  }

  step(sink: QuickRowSink): 'within' | 'passed' | 'end of file' {
    this.#sink = sink;
    this.#reader.step(this);
    if (this.#scan.done) return 'end of file';
    const atBytes = this.#scan.wantOffsetBytes;
    // With a gap between the two, damage has begun and its end is not found.
    if (this.#endBytes === atBytes) return this.#sawDamage ? 'passed' : 'within';
    if (atBytes < this.#nextLookBytes) return 'within';
    this.#nextLookBytes = atBytes + LOOK_AHEAD_EVERY_BYTES;
    return seemsZeroTail(this.#file, atBytes) ? 'end of file' : 'within';
  }

  record({ offsetBytes, sizeBytes, groupRole, groupEndBytes }: LogRecord): void {
    this.#endBytes = offsetBytes + sizeBytes;
    if (this.#sink === undefined || offsetBytes <= this.#toldOffset) return;
    if (groupRole === 'frame') this.#rows.frame(offsetBytes, groupEndBytes, this.#sink);
    else if (groupRole === 'none') this.#rows.single(offsetBytes, this.#sink);
    else this.#rows.record(offsetBytes, this.#sink);
  }

  damage({ offsetBytes, sizeBytes }: LogDamage): void {
    this.#sawDamage = true;
    this.#endBytes = offsetBytes + sizeBytes;
    if (offsetBytes === this.#toldOffset) this.#rows.noFrame(offsetBytes);
    else if (this.#sink !== undefined) this.#rows.record(offsetBytes, this.#sink);
  }

  groupEnd(): void {}
}
