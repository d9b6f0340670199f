/** Finds the next or previous row of a view whose key, value or damaged bytes match. */

import type { FindHit } from '../shared/inspectorMessages.ts';
import type { ByteMatcher } from './byteMatcher.ts';
import { isDamage, type RowVisitor, type VisitedRow } from './rowWalk.ts';

/** How far a view is known. */
export interface ViewExtent {
  /** Rows known so far. */
  readonly count: number;
  /** Rows that a walk visits at most before the one it is to start at. */
  readonly stride: number;
  /** `told`: the file has not been checked, which may show that there are more rows, or fewer. */
  readonly known: 'part' | 'told' | 'all';
}

export interface FindTask {
  /** The rows to look through, as far as they are known now. */
  readonly extent: () => ViewExtent;
  /** Waits until more than a part of the rows is known. False: the search was cancelled. */
  readonly untilEndIsKnown: () => Promise<boolean>;
  /** Waits until the view knows the row of a hit. Undefined: it never will, or the search was cancelled. */
  readonly settle: (hit: FindHit) => Promise<FindHit | undefined>;
  readonly matcher: ByteMatcher;
  /** Position in the view, itself excluded; -1: before the first. */
  readonly from: number;
  readonly direction: 'next' | 'previous';
  /** Visits rows from a position on, or from a little before it, up to the end of the file. */
  readonly walk: (position: number, visit: RowVisitor) => Promise<boolean>;
  readonly readBytes: (offsetBytes: number, sizeBytes: number) => Uint8Array;
  readonly signal: AbortSignal;
  readonly onScanned: (sizeBytes: number) => void;
}

/** Rows that a search backwards reads at once. */
const BACKWARD_BLOCK_ROWS = 4096;
/** Damaged ranges are searched up to here. */
const DAMAGE_SEARCH_BYTES = 0x10_0000;

/**
 * Goes round the whole view once, also while only its beginning is known: forwards the search is ahead of what is
 * known, backwards it waits at the beginning for the end. Undefined: nothing matches, or the search was cancelled.
 */
export async function findRow(task: FindTask): Promise<FindHit | undefined> {
  const { direction, from } = task;
  if (direction === 'next') {
    const hit = await firstIn(task, from + 1, lastOf(task), false);
    if (hit !== undefined || task.signal.aborted) return hit;
    return firstIn(task, 0, Math.min(from, lastOf(task)), true);
  }
  const isWrapped = from >= 0;
  if (isWrapped) {
    const hit = await lastIn(task, 0, from - 1, false);
    if (hit !== undefined || task.signal.aborted) return hit;
  }
  const { known } = task.extent();
  if (known === 'part' && !(await task.untilEndIsKnown())) return undefined;
  // What has come to be known may have given the rows other numbers; then all are looked through.
  const first = known === 'part' ? 0 : Math.max(0, from);
  return lastIn(task, first, task.extent().count - 1, isWrapped);
}

/** How far to walk forwards; without limit where there may be rows that are not known. */
function lastOf(task: FindTask): number {
  const { count, known } = task.extent();
  return known === 'all' ? count - 1 : Number.POSITIVE_INFINITY;
}

async function firstIn(task: FindTask, low: number, high: number, wrapped: boolean): Promise<FindHit | undefined> {
  if (low > high || task.signal.aborted) return undefined;
  let hit: FindHit | undefined;
  await task.walk(low, (visited) => {
    if (visited.position > high) return true;
    task.onScanned(visited.entry.sizeBytes);
    if (visited.position >= low) hit = matchRow(task, visited, wrapped);
    return hit !== undefined || visited.position === high;
  });
  return hit === undefined || task.signal.aborted ? undefined : task.settle(hit);
}

/** A log can only be read forwards, so a search backwards takes it in blocks and keeps the last match of each. */
async function lastIn(task: FindTask, low: number, high: number, wrapped: boolean): Promise<FindHit | undefined> {
  const blockRows = Math.max(BACKWARD_BLOCK_ROWS, task.extent().stride);
  for (let end = high; end >= low && !task.signal.aborted; ) {
    const start = Math.max(low, end - blockRows + 1);
    let hit: FindHit | undefined;
    await task.walk(start, (visited) => {
      if (visited.position > end) return true;
      if (visited.position < start) return false;
      task.onScanned(visited.entry.sizeBytes);
      hit = matchRow(task, visited, wrapped) ?? hit;
      return false;
    });
    if (task.signal.aborted) return undefined;
    if (hit !== undefined) return task.settle(hit);
    end = start - 1;
  }
  return undefined;
}

function matchRow({ matcher, readBytes }: FindTask, visited: VisitedRow, wrapped: boolean): FindHit | undefined {
  const { position, row, entry } = visited;
  const { offsetBytes } = entry;
  const place = { position, row, offsetBytes, wrapped };
  if (isDamage(entry)) {
    const match = matcher(readBytes(offsetBytes, Math.min(entry.sizeBytes, DAMAGE_SEARCH_BYTES)));
    if (match === undefined) return undefined;
    return { ...place, where: 'damage', matchOffsetBytes: match.at, matchSizeBytes: match.sizeBytes };
  }
  const inKey = entry.keyLength > 0 ? matcher(entry.key) : undefined;
  const match = inKey ?? (entry.valueLength > 0 ? matcher(entry.value) : undefined);
  if (match === undefined) return undefined;
  const fieldStart = inKey === undefined ? entry.valueStart : entry.keyStart;
  return {
    ...place,
    where: inKey === undefined ? 'value' : 'key',
    matchOffsetBytes: fieldStart - entry.recordStart + match.at,
    matchSizeBytes: match.sizeBytes,
  };
}
