/**
 * The rows of a segment as the lengths in its records tell them. Going from header to header, without checksums and
 * without looking at keys and values, takes a small part of the time that reading and checking the file does.
 */

import { FILE_HEADER_SIZE, OPERATION, RECORD_HEADER_SIZE } from '../../format/layout.ts';
import { checkRecordFields, decodeRecordHeader, RecordView } from '../../format/record.ts';
import { NONE, type QuickRowSink, type QuickRows } from '../logFormat.ts';
import type { RangedFile } from '../rangedFile.ts';
import { BatchedRows } from './batchedRows.ts';

const PIECE_BYTES = 0x10_0000;

/** Fails at the first header that makes no sense, as there is in a damaged file and at a torn tail. */
export class LengthRows implements QuickRows {
  readonly source = 'chain of lengths';
  readonly isSeparate = false;
  readonly #file: RangedFile;
  readonly #sizeBytes: number;
  readonly #piece = new Uint8Array(PIECE_BYTES);
  readonly #view = new RecordView();
  /** Where the next record starts. */
  #next = 0;
  readonly #rows = new BatchedRows();

  constructor(file: RangedFile) {
    this.#file = file;
    this.#sizeBytes = file.sizeBytes;
  }

  get share(): number {
    return this.#sizeBytes === 0 ? 1 : Math.min(1, this.#next / this.#sizeBytes);
  }

  step(sink: QuickRowSink): 'more' | 'done' | 'failed' {
    if (this.#next === 0) {
      sink.row(0, NONE, NONE);
      this.#next = FILE_HEADER_SIZE;
    }
    const base = this.#next;
    const bytes = this.#piece.subarray(0, this.#file.read(this.#piece, base));
    for (let at = 0; at + RECORD_HEADER_SIZE <= bytes.length; at = this.#next - base) {
      const view = this.#view;
      if (decodeRecordHeader(view, bytes, at) !== undefined || checkRecordFields(view) !== undefined) return 'failed';
      // What a frame says of its batch stands behind its header.
      if (view.operation === OPERATION.batch && at + view.sizeBytes > bytes.length) break;
      if (view.operation === OPERATION.batch) this.#rows.frame(base + at, view, sink);
      else this.#rows.record(base + at, sink);
      this.#next = base + at + view.sizeBytes;
    }
    if (this.#next === this.#sizeBytes) return 'done';
    return this.#next > base && this.#next < this.#sizeBytes ? 'more' : 'failed';
  }

  close(): void {}
}
