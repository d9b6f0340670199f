/** Finds the next or previous match in the keys, values and damaged bytes of a view's rows. */

import type { FindHit } from '../shared/inspectorMessages.ts';
import type { ByteMatch, ByteMatcher } from './byteMatcher.ts';
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
  /** The match in that row to go on from, by its offset in the row; undefined: the row is left out. */
  readonly fromMatchOffsetBytes: number | undefined;
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
  const { direction, from, fromMatchOffsetBytes } = task;
  if (from >= 0 && fromMatchOffsetBytes !== undefined) {
    const inSameRow = await matchBeside(task, from, fromMatchOffsetBytes, false);
    if (inSameRow !== undefined || task.signal.aborted) return inSameRow;
  }
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

/** The match of a row that follows an offset in it, or the one before, as the search goes. */
async function matchBeside(
  task: FindTask,
  position: number,
  rowOffsetBytes: number,
  wrapped: boolean,
): Promise<FindHit | undefined> {
  const isNext = task.direction === 'next';
  let hit: FindHit | undefined;
  await task.walk(position, (visited) => {
    if (visited.position < position) return false;
    if (visited.position > position) return true;
    for (const match of matchesIn(task, fieldsOf(task, visited.entry))) {
      if (match.matchOffsetBytes === rowOffsetBytes) continue;
      const isAfter = match.matchOffsetBytes > rowOffsetBytes;
      if (isAfter === isNext) hit = hitOf(visited, match, wrapped);
      if (isAfter) break;
    }
    return true;
  });
  return hit === undefined || task.signal.aborted ? undefined : task.settle(hit);
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
    if (hit !== undefined) {
      // Of all rows that match, the last match is looked for in this one alone.
      const last = await matchBeside(task, hit.position, Number.POSITIVE_INFINITY, wrapped);
      return last ?? (task.signal.aborted ? undefined : task.settle(hit));
    }
    end = start - 1;
  }
  return undefined;
}

type MatchInRow = Pick<FindHit, 'where' | 'matchOffsetBytes' | 'matchSizeBytes'>;

interface SearchedField {
  readonly where: FindHit['where'];
  readonly bytes: Uint8Array;
  /** Offset in the row. */
  readonly start: number;
}

/** The first match of a row. */
function matchRow(task: FindTask, visited: VisitedRow, wrapped: boolean): FindHit | undefined {
  const found = firstMatchIn(task, fieldsOf(task, visited.entry));
  return found === undefined ? undefined : hitOf(visited, found, wrapped);
}

function hitOf({ position, row, entry }: VisitedRow, match: MatchInRow, wrapped: boolean): FindHit {
  return { position, row, offsetBytes: entry.offsetBytes, wrapped, ...match };
}

/** Most rows have none, and are done with sooner than by `matchesIn`. */
function firstMatchIn({ matcher }: FindTask, fields: readonly SearchedField[]): MatchInRow | undefined {
  for (const field of fields) {
    const match = matcher(field.bytes);
    if (match !== undefined) return placed(field, match);
  }
  return undefined;
}

/** All matches of a row, by ascending offset. */
function* matchesIn({ matcher }: FindTask, fields: readonly SearchedField[]): Generator<MatchInRow> {
  for (const field of fields) for (const match of matcher.all(field.bytes)) yield placed(field, match);
}

function placed({ where, start }: SearchedField, { at, sizeBytes }: ByteMatch): MatchInRow {
  return { where, matchOffsetBytes: start + at, matchSizeBytes: sizeBytes };
}

/** What of a row is searched, as it stands in the row. An empty field has nothing to find, whatever the pattern. */
function fieldsOf({ readBytes }: FindTask, entry: VisitedRow['entry']): SearchedField[] {
  if (isDamage(entry)) {
    const bytes = readBytes(entry.offsetBytes, Math.min(entry.sizeBytes, DAMAGE_SEARCH_BYTES));
    return [{ where: 'damage', bytes, start: 0 }];
  }
  const { key, keyStart, value, valueStart, recordStart } = entry;
  const fields: SearchedField[] = [];
  if (key.length > 0) fields.push({ where: 'key', bytes: key, start: keyStart - recordStart });
  if (value.length > 0) fields.push({ where: 'value', bytes: value, start: valueStart - recordStart });
  return keyStart <= valueStart ? fields : fields.reverse();
}
