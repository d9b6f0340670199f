/** The rows that a filter keeps, found by one pass over the file; where they start is remembered sparsely. */

import type { ViewId } from '../shared/inspectorMessages.ts';
import { KeptRows } from './keptRows.ts';
import type { CompiledFilter } from './recordFilter.ts';
import { SparseIndex } from './sparseIndex.ts';

/** Where a row starts that is in no group, or opens one. */
export interface RowStart {
  readonly offsetBytes: number;
  /** Number of the row in the file. */
  readonly row: number;
}

export class FilteredView {
  readonly id: ViewId;
  readonly filter: CompiledFilter;
  kept = new KeptRows();
  readonly matches = new SparseIndex();
  readonly abort = new AbortController();
  /** The pass has come this far. */
  scannedBytes = 0;
  /** What the pass saw from here on has changed since, because the end of the file was read anew. */
  changedFrom: RowStart | undefined;
  /** Number of the row that comes next. */
  nextRow = 0;
  done = false;
  /** Why the pass ended early, when nobody stopped it. */
  problem: string | undefined;

  constructor(id: ViewId, filter: CompiledFilter) {
    this.id = id;
    this.filter = filter;
  }

  /** Whether the filter keeps that row. Undefined: it has not come there, or the row may be another one by now. */
  isKept(row: number): boolean | undefined {
    return this.changedFrom !== undefined && row >= this.changedFrom.row ? undefined : this.kept.isKept(row);
  }

  /** The file has changed from there on. Rows before that stay as they are, and the pass is to go on there. */
  cutBack({ offsetBytes, row }: RowStart): void {
    // Who stopped the pass may have done so within a piece of the file, of which some rows are decided.
    if (this.kept.isKept(row) !== undefined) {
      this.kept = this.kept.upTo(row);
      this.matches.truncate(this.kept.keptCount);
    }
    if (this.scannedBytes <= offsetBytes) return;
    this.scannedBytes = offsetBytes;
    this.nextRow = row;
  }
}
