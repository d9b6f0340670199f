/** The rows of a segment as its hint file tells them. */

import { segmentSalt } from '../../format/crc32.ts';
import { hintFileName } from '../../format/fileName.ts';
import type { HintSummary } from '../../format/hintFile.ts';
import { HintFileStream } from '../../format/hintFileStream.ts';
import { BATCH_FRAME_SIZE, FILE_HEADER, FILE_HEADER_SIZE, OPERATION } from '../../format/layout.ts';
import { readU32 } from '../../format/littleEndian.ts';
import { decodeRecord, RecordView } from '../../format/record.ts';
import { type FileContext, NONE, type QuickRowSink, type QuickRows } from '../logFormat.ts';
import { nodeCrc32 } from '../nodeCrc32.ts';
import type { RangedFile } from '../rangedFile.ts';
import { BatchedRows } from './batchedRows.ts';

/** Hint files are read in pieces of this size: it holds the longest entry many times over. */
export const HINT_PIECE_BYTES = 0x8_0000;

export function hintRowsOf(segmentId: number, { file, openBeside }: FileContext): QuickRows | undefined {
  const hint = openBeside?.(hintFileName(segmentId));
  return hint === undefined ? undefined : new HintRows(segmentId, file, hint);
}

/**
 * A hint file lists puts and deletes but no batch frames. A segment that has one holds nothing else, so a gap between
 * two records must be a frame, which is read from the segment. With any other gap the hint file is not believed.
 */
class HintRows implements QuickRows {
  readonly source = 'hint file';
  readonly isSeparate = true;
  readonly #segmentId: number;
  readonly #segment: RangedFile;
  readonly #hint: RangedFile;
  readonly #stream: HintFileStream;
  readonly #piece = new Uint8Array(HINT_PIECE_BYTES);
  readonly #frame = new Uint8Array(BATCH_FRAME_SIZE);
  readonly #view = new RecordView();
  readonly #salt: number;
  #sink: QuickRowSink | undefined;
  /** Where the next record or frame starts. */
  #nextOffset = FILE_HEADER_SIZE;
  readonly #rows = new BatchedRows();
  #contradicts = false;

  constructor(segmentId: number, segment: RangedFile, hint: RangedFile) {
    this.#segmentId = segmentId;
    this.#salt = segmentSalt(segmentId);
    this.#segment = segment;
    this.#hint = hint;
    this.#stream = new HintFileStream(hint.sizeBytes, nodeCrc32, {
      accept: (summary) => this.#isOfSegment(summary),
      place: (offsetBytes, sizeBytes) => this.#place(offsetBytes, sizeBytes),
    });
  }

  get share(): number {
    return this.#hint.sizeBytes === 0 ? 1 : this.#stream.wantOffsetBytes / this.#hint.sizeBytes;
  }

  step(sink: QuickRowSink): 'more' | 'done' | 'failed' {
    this.#sink = sink;
    const stream = this.#stream;
    if (stream.wantOffsetBytes === 0) sink.row(0, NONE, NONE);
    if (!stream.done) {
      const count = this.#hint.read(this.#piece, stream.wantOffsetBytes);
      stream.feed(this.#piece.subarray(0, count));
    }
    if (!stream.done && !this.#contradicts) return 'more';
    return stream.sound && !this.#contradicts && this.#nextOffset === this.#segment.sizeBytes ? 'done' : 'failed';
  }

  close(): void {
    this.#hint.close();
  }

  #isOfSegment({ segmentId, segmentSizeBytes, segmentHeaderChecksum }: HintSummary): boolean {
    const head = new Uint8Array(FILE_HEADER_SIZE);
    if (this.#segment.read(head, 0) < FILE_HEADER_SIZE) return false;
    return (
      segmentId === this.#segmentId &&
      segmentSizeBytes === this.#segment.sizeBytes &&
      segmentHeaderChecksum === readU32(head, FILE_HEADER.checksum)
    );
  }

  #place(offsetBytes: number, sizeBytes: number): void {
    if (this.#contradicts) return;
    if (offsetBytes !== this.#nextOffset && !this.#readFrame(offsetBytes)) {
      this.#contradicts = true;
      return;
    }
    if (this.#sink !== undefined) this.#rows.record(offsetBytes, this.#sink);
    this.#nextOffset = offsetBytes + sizeBytes;
  }

  /** Whether the gap before a record is a batch frame and no more. */
  #readFrame(recordOffsetBytes: number): boolean {
    const start = this.#nextOffset;
    if (recordOffsetBytes - start !== BATCH_FRAME_SIZE) return false;
    const count = this.#segment.read(this.#frame, start);
    const view = this.#view;
    view.offsetBytes = start;
    const problem = decodeRecord(view, this.#frame.subarray(0, count), 0, this.#salt, nodeCrc32);
    if (problem !== undefined || view.operation !== OPERATION.batch) return false;
    if (this.#sink !== undefined) this.#rows.frame(start, start + view.sizeBytes + view.batchBodySizeBytes, this.#sink);
    return true;
  }
}
