/** Finds the next or previous row of a view whose key, value or damaged bytes match. */

import type { FindHit } from '../shared/inspectorMessages.ts';
import type { ByteMatcher } from './byteMatcher.ts';
import { isDamage, type RowVisitor, type VisitedRow } from './rowWalk.ts';

export interface FindTask {
  /** The rows to look through: how many, and how many at most a walk visits before the one it is to start at. */
  readonly index: { readonly count: number; readonly stride: number };
  readonly matcher: ByteMatcher;
  /** Position in the view, itself excluded; -1: before the first. */
  readonly from: number;
  readonly direction: 'next' | 'previous';
  /** Visits rows from a position on, or from a little before it. */
  readonly walk: (position: number, visit: RowVisitor) => Promise<boolean>;
  readonly readBytes: (offsetBytes: number, sizeBytes: number) => Uint8Array;
  readonly signal: AbortSignal;
  readonly onScanned: (sizeBytes: number) => void;
}

/** Rows that a search backwards reads at once. */
const BACKWARD_BLOCK_ROWS = 4096;
/** Damaged ranges are searched up to here. */
const DAMAGE_SEARCH_BYTES = 0x10_0000;

/** Goes round the whole view once. Undefined: nothing matches, or the search was cancelled. */
export async function findRow(task: FindTask): Promise<FindHit | undefined> {
  const { index, direction, from } = task;
  const last = index.count - 1;
  if (direction === 'next') {
    const hit = await firstIn(task, from + 1, last, false);
    return hit ?? firstIn(task, 0, Math.min(from, last), true);
  }
  const start = from < 0 ? last + 1 : from;
  const hit = await lastIn(task, 0, start - 1, false);
  return hit ?? lastIn(task, start, last, true);
}

async function firstIn(task: FindTask, low: number, high: number, wrapped: boolean): Promise<FindHit | undefined> {
  if (low > high || task.signal.aborted) return undefined;
  let hit: FindHit | undefined;
  await task.walk(low, (visited) => {
    if (visited.position > high) return true;
    task.onScanned(visited.entry.sizeBytes);
    if (visited.position >= low) hit = matchRow(task, visited, wrapped);
    return hit !== undefined;
  });
  return task.signal.aborted ? undefined : hit;
}

/** A log can only be read forwards, so a search backwards takes it in blocks and keeps the last match of each. */
async function lastIn(task: FindTask, low: number, high: number, wrapped: boolean): Promise<FindHit | undefined> {
  const blockRows = Math.max(BACKWARD_BLOCK_ROWS, task.index.stride);
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
    if (hit !== undefined) return hit;
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
