/** Tells where rows of a segment start, in their order, each with the batch that it stands in. */

import { NONE, type QuickRowSink } from '../logFormat.ts';

export class BatchedRows {
  #batchStart = NONE;
  #batchEnd = NONE;

  /** The frame of a batch whose last record ends at `batchEndBytes`. */
  frame(offsetBytes: number, batchEndBytes: number, sink: QuickRowSink): void {
    sink.row(offsetBytes, NONE, NONE);
    this.#batchStart = offsetBytes;
    this.#batchEnd = batchEndBytes;
  }

  /** A record that says that it is in no batch: the one before it ends here, whatever its frame has promised. */
  single(offsetBytes: number, sink: QuickRowSink): void {
    this.#forgetBatch();
    sink.row(offsetBytes, NONE, NONE);
  }

  /** Any other record, or a damaged range: it is in the batch that reaches as far. */
  record(offsetBytes: number, sink: QuickRowSink): void {
    if (offsetBytes >= this.#batchEnd) this.#forgetBatch();
    sink.row(offsetBytes, this.#batchStart, this.#batchEnd);
  }

  /** What was taken for a frame is none. */
  noFrame(offsetBytes: number): void {
    if (this.#batchStart === offsetBytes) this.#forgetBatch();
  }

  /** The batch that the row at `offsetBytes`, the last one or the next, stands in. */
  batchAt(offsetBytes: number): { readonly startBytes: number; readonly endBytes: number } | undefined {
    if (offsetBytes <= this.#batchStart || offsetBytes >= this.#batchEnd) return undefined;
    return { startBytes: this.#batchStart, endBytes: this.#batchEnd };
  }

  #forgetBatch(): void {
    this.#batchStart = NONE;
    this.#batchEnd = NONE;
  }
}
