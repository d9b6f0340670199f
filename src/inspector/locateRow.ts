/** Finds the row of a view that an offset, a row number, a share, a time or a sequence number leads to. */

import type { Located, LocateTarget, ViewId } from '../shared/inspectorMessages.ts';
import type { RowViews } from './rowViews.ts';
import { isDamage, PAGE_CHUNK_BYTES, SCAN_CHUNK_BYTES, type VisitedRow } from './rowWalk.ts';
import type { Checkpoint } from './sparseIndex.ts';
import {
  isNumberTarget,
  type NumberTarget,
  numberOf,
  type TargetTest,
  targetTest,
  wantedNumber,
} from './targetTest.ts';

export interface LocateOptions {
  readonly views: RowViews;
  readonly view: ViewId;
  readonly fileSizeBytes: number;
  /** Aborted: nobody waits for a row that takes a walk through the view. The answer then is undefined. */
  readonly signal?: AbortSignal;
}

/** Undefined: the view is empty; in a sorted view: the row is not among those that it keeps. */
export async function locateRow(target: LocateTarget, options: LocateOptions): Promise<Located | undefined> {
  const { views, view } = options;
  const sorted = views.sorted(view);
  if (sorted === undefined) return locateInFileOrder(target, options);
  // An order may be there before the index or the filter has come to all of its rows.
  const exact = sorted.rows.find(target);
  if (exact !== undefined) return exact;
  const located = await locateInFileOrder(target, { ...options, view: sorted.base });
  const position = located === undefined ? -1 : sorted.rows.positionOf(located.row);
  return located === undefined || position < 0 ? undefined : { ...located, position };
}

/** Undefined: no row of the view starts there, as far as it is known. */
export async function positionOf(rowOffsetBytes: number, options: LocateOptions): Promise<number | undefined> {
  const located = await locateRow({ kind: 'offset', offsetBytes: rowOffsetBytes }, options);
  return located?.offsetBytes === rowOffsetBytes ? located.position : undefined;
}

/** As `locateRow`, for views that are in the file's order. */
export async function locateInFileOrder(target: LocateTarget, options: LocateOptions): Promise<Located | undefined> {
  // Entries of the index tell row and offset; times and sequence numbers have to be read from the records there.
  if (isNumberTarget(target)) return locateNumber(target, options);
  const reaches = targetTest(target, options.fileSizeBytes);
  const from = options.views
    .rows(options.view)
    .search(({ row, offsetBytes }) => !reaches({ row, offsetBytes, sizeBytes: 0, entry: undefined }));
  let isReached = false;
  const last = await lastVisited(options, { from }, ({ row, entry }) => {
    isReached = reaches({ row, offsetBytes: entry.offsetBytes, sizeBytes: entry.sizeBytes, entry });
    return isReached;
  });
  return last === undefined || isReached ? last : { ...last, isBefore: true };
}

/**
 * The row with that number or, without one, with the next higher. Where numbers do not ascend, as in segments that
 * compaction wrote, only a walk through the view can tell, unless halving happens to lead to the very number.
 */
async function locateNumber(target: NumberTarget, options: LocateOptions): Promise<Located | undefined> {
  const { views, view } = options;
  const ascends = views.ascends(view, target.kind);
  if (ascends || target.kind === 'sequence') {
    const from = await searchBySample(options, targetTest(target, options.fileSizeBytes));
    // Halving ends within a stride of the row, at an entry of the index within a stride of that.
    const rows = ascends ? Number.POSITIVE_INFINITY : 2 * views.rows(view).stride + 1;
    const { signal: _, ...withoutEnd } = options;
    const halved = await leastNumber(target, withoutEnd, { from, rows, takesFirst: true });
    const isExact = halved !== undefined && halved.isBefore !== true && halved.isNextNumber !== true;
    if (ascends || isExact) return halved;
  }
  const from = views.rows(view).before(0);
  return leastNumber(target, options, { from, chunkBytes: SCAN_CHUNK_BYTES, takesFirst: false });
}

/** Halves the view by reading one record at each step; right when what is looked for grows along the file. */
async function searchBySample({ views, view }: LocateOptions, reaches: TargetTest): Promise<Checkpoint | undefined> {
  const rows = views.rows(view);
  let low = 0;
  let high = rows.count - 1;
  while (high - low > rows.stride) {
    const middle = Math.floor((low + high) / 2);
    let reached = false;
    await views.walkFrom(view, rows.before(middle), ({ row, entry }) => {
      if (isDamage(entry) || entry.kind === 'header') return false;
      reached = reaches({ row, offsetBytes: entry.offsetBytes, sizeBytes: entry.sizeBytes, entry });
      return true;
    });
    if (reached) high = middle - 1;
    else low = middle;
  }
  return rows.before(low);
}

interface VisitedRows {
  readonly from: Checkpoint | undefined;
  /** At most so many; absent: all that are known. */
  readonly rows?: number;
  readonly chunkBytes?: number;
}

/** Of the rows visited, the one whose number is the least that is not below the wanted one. */
async function leastNumber(
  target: NumberTarget,
  options: LocateOptions,
  { takesFirst, ...visited }: VisitedRows & { readonly takesFirst: boolean },
): Promise<Located | undefined> {
  const wanted = wantedNumber(target);
  let least = Number.POSITIVE_INFINITY;
  let found: Located | undefined;
  const last = await lastVisited(options, visited, (row) => {
    const number = numberOf(row.entry, target.kind);
    if (number !== undefined && number >= wanted && number < least) {
      least = number;
      found = placeOf(row);
    }
    return least === wanted || (takesFirst && found !== undefined);
  });
  if (options.signal?.aborted || last === undefined) return undefined;
  if (found === undefined) return { ...last, isBefore: true };
  return target.kind === 'sequence' && least !== wanted ? { ...found, isNextNumber: true } : found;
}

/** Visits rows until the visitor stops it, and returns the last one. */
async function lastVisited(
  { views, view, signal }: LocateOptions,
  { from, rows = Number.POSITIVE_INFINITY, chunkBytes = PAGE_CHUNK_BYTES }: VisitedRows,
  visit: (row: VisitedRow) => boolean,
): Promise<Located | undefined> {
  let last: Located | undefined;
  const visitKnown = (row: VisitedRow) => {
    // The index may come farther meanwhile, or replace rows that were told.
    const end = Math.min(views.rows(view).count, (from?.position ?? 0) + rows);
    if (row.position >= end) return true;
    last = placeOf(row);
    // What follows the last row known may be gigabytes without another one.
    return visit(row) || row.position + 1 >= end;
  };
  await views.walkFrom(view, from, visitKnown, chunkBytes, signal === undefined ? {} : { signal });
  return last;
}

function placeOf({ position, row, entry }: VisitedRow): Located {
  return { position, row, offsetBytes: entry.offsetBytes };
}
