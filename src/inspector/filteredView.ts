/** The rows that a filter keeps, found by one pass over the file; where they start is remembered sparsely. */

import type { ViewId } from '../shared/inspectorMessages.ts';
import { KeptRows } from './keptRows.ts';
import type { CompiledFilter } from './recordFilter.ts';
import { SparseIndex } from './sparseIndex.ts';

export class FilteredView {
  readonly id: ViewId;
  readonly filter: CompiledFilter;
  /** Passes for the same filter have ascending numbers; the rows of one need not be those of another. */
  readonly pass: number;
  readonly kept = new KeptRows();
  readonly matches = new SparseIndex();
  readonly abort = new AbortController();
  /** The pass has come this far. */
  scannedBytes = 0;
  /** What the pass saw from here on has changed since, because the end of the file was read anew. */
  changedFromBytes = Number.POSITIVE_INFINITY;
  /** Number of the row that comes next. */
  nextRow = 0;
  done = false;
  /** Why the pass ended early, when nobody stopped it. */
  problem: string | undefined;

  constructor(id: ViewId, filter: CompiledFilter, pass = 1) {
    this.id = id;
    this.filter = filter;
    this.pass = pass;
  }
}
