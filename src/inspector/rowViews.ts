/**
 * The rows that are looked at: all of a file, those that a filter keeps, and an order of either. One filter and one
 * order are there at a time; a new one takes the place of the one before.
 */

import type { RowFilter } from '../shared/inspectorFilter.ts';
import type { ScanEvents, SortRequest, SortResult, ViewId } from '../shared/inspectorMessages.ts';
import { messageOf } from '../shared/messageOf.ts';
import type { FileVersions } from './fileVersions.ts';
import { FilteredView, type RowStart } from './filteredView.ts';
import type { ViewExtent } from './findRow.ts';
import { NONE } from './logFormat.ts';
import { compileFilter } from './recordFilter.ts';
import { ReportInterval } from './reportInterval.ts';
import {
  PAGE_CHUNK_BYTES,
  ROW_CHUNK_BYTES,
  type RowVisitor,
  RowWalk,
  type RowWalkTask,
  SCAN_CHUNK_BYTES,
  walkPlaces,
} from './rowWalk.ts';
import type { RecordNumber } from './seenOrder.ts';
import { sortRows } from './sortRows.ts';
import type { Checkpoint, SparseIndex } from './sparseIndex.ts';
import type { TopRows } from './topRows.ts';

/** The rows of the file, in its order. */
export const ALL_ROWS: ViewId = 0;
const START_OF_FILE: Checkpoint = { position: 0, row: 0, offsetBytes: 0 };

interface SortedView {
  readonly id: ViewId;
  /** The view whose rows were sorted. */
  readonly base: ViewId;
  readonly rows: TopRows;
}

export class RowViews {
  readonly #versions: FileVersions;
  readonly #events: Pick<ScanEvents, 'filterProgress' | 'sortProgress'>;
  #filtered: FilteredView | undefined;
  #sorted: SortedView | undefined;
  #sort: AbortController | undefined;
  #lastViewId = ALL_ROWS;
  #isClosed = false;

  constructor(versions: FileVersions, events: Pick<ScanEvents, 'filterProgress' | 'sortProgress'>) {
    this.#versions = versions;
    this.#events = events;
  }

  // Filter

  /** Throws when the filter is not valid; then the one before it stays. */
  setFilter(filter: RowFilter | undefined): ViewId {
    const { operations } = this.#versions.current.logFile;
    const compiled = filter === undefined ? undefined : compileFilter(filter, operations);
    this.#dropFilter();
    this.endSort();
    if (compiled === undefined) return ALL_ROWS;
    const view = new FilteredView(++this.#lastViewId, compiled);
    this.#filtered = view;
    // The answer goes first: a report of a view that its reader does not know yet would be dropped, and in a small
    // file it is the only one.
    setImmediate(() => {
      if (this.#filtered === view && !this.#isClosed) void this.#runFilter(view);
    });
    return view.id;
  }

  cancelFilter(): void {
    this.#filtered?.abort.abort();
  }

  /** Whether that is the filter there is. */
  isFilter(view: ViewId): boolean {
    return this.#filtered?.id === view;
  }

  reportFilter(): void {
    if (this.#filtered !== undefined) this.#reportFilter(this.#filtered, this.#versions.current.sizeBytes);
  }

  /** What stopped the filter, if something did, may be over. */
  readOn(): void {
    if (this.#filtered?.problem !== undefined) this.#restartFilter(this.#filtered);
  }

  /** The file grew; rows from there on may be others than before. */
  goOn(changedFrom: RowStart): void {
    const filtered = this.#filtered;
    if (filtered === undefined) return;
    if (!filtered.done) {
      const before = filtered.changedFrom;
      if (before === undefined || changedFrom.offsetBytes < before.offsetBytes) filtered.changedFrom = changedFrom;
    } else if (filtered.problem !== undefined) {
      // It may have ended within a group, or a damaged range.
      this.#restartFilter(filtered);
    } else {
      filtered.cutBack(changedFrom);
      void this.#runFilter(filtered);
    }
  }

  /** Another file has taken the place of the one before. */
  startOver(): void {
    if (this.#filtered !== undefined) this.#restartFilter(this.#filtered);
  }

  /** Ends order and filter; that filter stays, if it is it. */
  leave(keptFilter: ViewId | undefined): void {
    this.endSort();
    if (this.#filtered?.id !== keptFilter) this.#dropFilter();
  }

  close(): void {
    this.#isClosed = true;
    this.cancelFilter();
    this.endSort();
  }

  // Order

  /** Undefined: it was cancelled. */
  async sort({ view, order }: SortRequest): Promise<SortResult | undefined> {
    this.endSort();
    const abort = new AbortController();
    this.#sort = abort;
    const version = this.#versions.current;
    const { sizeBytes } = version;
    const report = new ReportInterval();
    const walk = new RowWalk({
      ...version.walkOptions(SCAN_CHUNK_BYTES),
      from: START_OF_FILE,
      ...this.#filterOf(view),
      withStates: order.column === 'state',
    });
    const rows = await sortRows({
      walk,
      order,
      operations: version.logFile.operations,
      signal: abort.signal,
      onProgress: (scannedBytes) => {
        if (report.isOver()) this.#events.sortProgress({ scannedBytes, sizeBytes });
      },
    });
    if (rows === undefined) return undefined;
    this.#sorted = { id: ++this.#lastViewId, base: view, rows };
    return { view: this.#sorted.id, rowCount: rows.count, sortedRows: rows.offered };
  }

  cancelSort(): void {
    this.#sort?.abort();
  }

  endSort(): void {
    this.#sort?.abort();
    this.#sorted = undefined;
  }

  sorted(view: ViewId): SortedView | undefined {
    return this.#sorted?.id === view ? this.#sorted : undefined;
  }

  // Any view

  /** How far it is known. Throws when it is gone. */
  extent(view: ViewId): ViewExtent {
    const sorted = this.sorted(view);
    if (sorted !== undefined) return { count: sorted.rows.count, stride: 1, known: 'all' };
    const { count, stride } = this.rows(view);
    const version = this.#versions.current;
    const isDone = view === ALL_ROWS ? version.index.done : this.#filter(view).done;
    if (isDone) return { count, stride, known: 'all' };
    return { count, stride, known: view === ALL_ROWS && version.isTold ? 'told' : 'part' };
  }

  /** Whether the filter keeps that row; undefined: it has not come there. Throws when it is gone. */
  isKept(view: ViewId, row: number): boolean | undefined {
    return this.#filter(view).isKept(row);
  }

  /** Where the rows of a view in the file's order start. Throws when it is gone. */
  rows(view: ViewId): SparseIndex {
    return view === ALL_ROWS ? this.#versions.current.rows : this.#filter(view).matches;
  }

  /** Whether these numbers are known to ascend along the rows of a view that are known. */
  ascends(view: ViewId, number: RecordNumber): boolean {
    const { index, isTold } = this.#versions.current;
    // A filter may be ahead of the index, and so is what tells all rows.
    const isRead = index.done || (view === ALL_ROWS && !isTold);
    return isRead && index.ascends(number);
  }

  /** Visits the rows of any view from a position on, or from a little before it. */
  async walk(
    view: ViewId,
    position: number,
    visit: RowVisitor,
    chunkBytes: number = PAGE_CHUNK_BYTES,
    task: RowWalkTask = {},
  ): Promise<boolean> {
    const sorted = this.sorted(view);
    if (sorted !== undefined) {
      const places = placesFrom(sorted.rows, position);
      return walkPlaces(places, this.#versions.current.walkOptions(ROW_CHUNK_BYTES), visit, task);
    }
    // A view may have rows before it knows any.
    const start = this.extent(view).known === 'part' ? START_OF_FILE : undefined;
    return this.walkFrom(view, this.rows(view).before(position) ?? start, visit, chunkBytes, task);
  }

  /** The same from a place in the file's order. */
  async walkFrom(
    view: ViewId,
    from: Checkpoint | undefined,
    visit: RowVisitor,
    chunkBytes: number = PAGE_CHUNK_BYTES,
    task: RowWalkTask = {},
  ): Promise<boolean> {
    return this.#versions.current.walkRows({ from, ...this.#filterOf(view) }, visit, chunkBytes, task);
  }

  // Below: the pass of a filter

  #filter(view: ViewId): FilteredView {
    if (this.#filtered?.id !== view) throw new Error('The filter has changed; these rows are gone.');
    return this.#filtered;
  }

  #filterOf(view: ViewId): Pick<FilteredView, 'filter' | 'kept'> | undefined {
    if (view === ALL_ROWS) return undefined;
    const { filter, kept } = this.#filter(view);
    return { filter, kept };
  }

  #dropFilter(): void {
    this.cancelFilter();
    this.#filtered = undefined;
  }

  #restartFilter(filtered: FilteredView): void {
    filtered.abort.abort();
    const fresh = new FilteredView(filtered.id, filtered.filter);
    this.#filtered = fresh;
    void this.#runFilter(fresh);
  }

  async #runFilter(view: FilteredView): Promise<void> {
    const version = this.#versions.current;
    const { sizeBytes } = version;
    view.done = false;
    view.problem = undefined;
    const report = new ReportInterval();
    const from = { position: view.matches.count, row: view.nextRow, offsetBytes: view.scannedBytes };
    const walk = new RowWalk({ ...version.walkOptions(SCAN_CHUNK_BYTES), from, filter: view.filter });
    try {
      await walk.run(
        ({ row, entry, group }) => {
          view.matches.add(row, entry.offsetBytes, group?.startBytes ?? NONE, group?.endBytes ?? NONE);
          view.kept.keep(row);
          return false;
        },
        {
          signal: view.abort.signal,
          onProgress: (offsetBytes) => {
            view.scannedBytes = offsetBytes;
            view.nextRow = walk.nextRow;
            view.kept.decideUpTo(walk.nextRow);
            if (report.isOver()) this.#reportFilter(view, sizeBytes);
          },
        },
      );
    } catch (error) {
      view.problem = messageOf(error);
    }
    if (this.#filtered !== view || this.#isClosed) return;
    const reachedEnd = view.problem === undefined && !view.abort.signal.aborted;
    if (reachedEnd) view.scannedBytes = sizeBytes;
    const hasGrown = version.sizeBytes > sizeBytes && reachedEnd;
    view.done = !hasGrown;
    if (view.changedFrom !== undefined) view.cutBack(view.changedFrom);
    view.changedFrom = undefined;
    this.#reportFilter(view, sizeBytes);
    if (hasGrown) void this.#runFilter(view);
  }

  #reportFilter({ id, matches, scannedBytes, done, abort, problem }: FilteredView, sizeBytes: number): void {
    const { aborted: cancelled } = abort.signal;
    const progress = { view: id, matchCount: matches.count, scannedBytes, sizeBytes, done, cancelled };
    this.#events.filterProgress(problem === undefined ? progress : { ...progress, problem });
  }
}

function* placesFrom(rows: TopRows, position: number): Generator<Checkpoint> {
  for (let at = position; at < rows.count; at++) yield rows.at(at);
}
