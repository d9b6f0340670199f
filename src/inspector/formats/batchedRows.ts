/** Tells where rows of a segment start, in their order, each with the batch that it stands in. */

import type { RecordView } from '../../format/record.ts';
import { NONE, type QuickRowSink } from '../logFormat.ts';

export class BatchedRows {
  #batchStart = NONE;
  #batchEnd = NONE;

  /** The frame of a batch, which must lie in the view's buffer. */
  frame(offsetBytes: number, view: RecordView, sink: QuickRowSink): void {
    sink.row(offsetBytes, NONE, NONE);
    this.#batchStart = offsetBytes;
    this.#batchEnd = offsetBytes + view.sizeBytes + view.batchBodySizeBytes;
  }

  /** Any other record. */
  record(offsetBytes: number, sink: QuickRowSink): void {
    if (offsetBytes >= this.#batchEnd) {
      this.#batchStart = NONE;
      this.#batchEnd = NONE;
    }
    sink.row(offsetBytes, this.#batchStart, this.#batchEnd);
  }
}
