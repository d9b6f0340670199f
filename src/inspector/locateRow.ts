/** Finds the row of a view that an offset, a row number, a share, a time or a sequence number leads to. */

import type { Located, LocateTarget, ViewId } from '../shared/inspectorMessages.ts';
import type { RowViews } from './rowViews.ts';
import { isDamage } from './rowWalk.ts';
import type { Checkpoint } from './sparseIndex.ts';
import { type TargetTest, targetTest } from './targetTest.ts';

export interface LocateOptions {
  readonly views: RowViews;
  readonly view: ViewId;
  readonly fileSizeBytes: number;
}

/** Undefined: the view is empty; in a sorted view: the row is not among those that it keeps. */
export async function locateRow(target: LocateTarget, options: LocateOptions): Promise<Located | undefined> {
  const { views, view } = options;
  const sorted = views.sorted(view);
  if (sorted === undefined) return locateInFileOrder(target, options);
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
  const { views, view, fileSizeBytes } = options;
  const rows = views.rows(view);
  const reaches = targetTest(target, fileSizeBytes);
  // Entries of the index tell row and offset; times and sequence numbers have to be read from the records there.
  const from =
    target.kind === 'time' || target.kind === 'sequence'
      ? await searchBySample(options, reaches)
      : rows.search(({ row, offsetBytes }) => !reaches({ row, offsetBytes, sizeBytes: 0, entry: undefined }));
  let found: Located | undefined;
  let last: Located | undefined;
  await views.walkFrom(view, from, ({ position, row, entry }) => {
    if (position >= rows.count) return true;
    last = { position, row, offsetBytes: entry.offsetBytes };
    // What follows the last row known may be gigabytes without another one.
    if (!reaches({ row, offsetBytes: entry.offsetBytes, sizeBytes: entry.sizeBytes, entry })) {
      return position + 1 >= rows.count;
    }
    found = last;
    return true;
  });
  if (found !== undefined || last === undefined) return found;
  return { ...last, isBefore: true };
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
