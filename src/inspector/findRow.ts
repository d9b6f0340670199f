/** Finds the next or previous match in the keys, values and damaged bytes of a view's rows. */

import type { FindHit } from '../shared/inspectorMessages.ts';
import type { ByteMatcher } from './byteMatcher.ts';
import { RowMatches, type SearchedField } from './rowMatches.ts';
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
  /** The row at `from`, when a search before this one has looked for the same in it. */
  readonly kept: SearchedRow | undefined;
  /** Called with the row of a hit, for a search that goes on from there. */
  readonly keep: (row: SearchedRow) => void;
  /** Position in the view, itself excluded; -1: before the first. */
  readonly from: number;
  /** The match in that row to go on from, by its offset in the row; undefined: the row is left out. */
  readonly fromMatchOffsetBytes: number | undefined;
  readonly direction: 'next' | 'previous';
  /**
   * Visits rows from a position on, or from a little before it, up to the end of the file. `afterChunk` is called after
   * some rows, also when the visitor has stopped, and may take its time; true stops as well.
   */
  readonly walk: (
    position: number,
    visit: RowVisitor,
    afterChunk?: () => Promise<boolean> | undefined,
  ) => Promise<boolean>;
  readonly readBytes: (offsetBytes: number, sizeBytes: number) => Uint8Array;
  readonly signal: AbortSignal;
  readonly onScanned: (sizeBytes: number) => void;
}

/** Rows that a search backwards reads at once. */
const BACKWARD_BLOCK_ROWS = 4096;
/** Damaged ranges are searched up to here. */
const DAMAGE_SEARCH_BYTES = 0x10_0000;
/** A row with more to search is searched in pieces, between which the search can be stopped. */
const LARGE_ROW_BYTES = 0x4_0000;

/**
 * Goes round the whole view once, also while only its beginning is known: forwards the search is ahead of what is
 * known, backwards it waits at the beginning for the end. Undefined: nothing matches, or the search was cancelled.
 */
export async function findRow(task: FindTask): Promise<FindHit | undefined> {
  const { direction, from, fromMatchOffsetBytes } = task;
  if (from >= 0 && fromMatchOffsetBytes !== undefined) {
    const inSameRow = await matchBeside(task, from, fromMatchOffsetBytes);
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
async function matchBeside(task: FindTask, position: number, rowOffsetBytes: number): Promise<FindHit | undefined> {
  let found = task.kept;
  if (found === undefined) {
    await task.walk(position, (visited) => {
      if (visited.position < position) return false;
      if (visited.position === position) found = searchedRow(task, visited, fieldsOf(task, visited.entry));
      return true;
    });
  }
  return settleMatch(task, found, rowOffsetBytes, false);
}

/** How far to walk forwards; without limit where there may be rows that are not known. */
function lastOf(task: FindTask): number {
  const { count, known } = task.extent();
  return known === 'all' ? count - 1 : Number.POSITIVE_INFINITY;
}

async function firstIn(task: FindTask, low: number, high: number, wrapped: boolean): Promise<FindHit | undefined> {
  if (low > high || task.signal.aborted) return undefined;
  const candidates = new Candidates(task);
  await task.walk(
    low,
    (visited) => {
      if (visited.position > high) return true;
      task.onScanned(visited.entry.sizeBytes);
      const isHit = visited.position >= low && candidates.offer(visited);
      return isHit || visited.position === high;
    },
    () => candidates.search(),
  );
  return settleMatch(task, candidates.found, Number.NEGATIVE_INFINITY, wrapped);
}

/** A log can only be read forwards, so a search backwards takes it in blocks and keeps the last match of each. */
async function lastIn(task: FindTask, low: number, high: number, wrapped: boolean): Promise<FindHit | undefined> {
  const blockRows = Math.max(BACKWARD_BLOCK_ROWS, task.extent().stride);
  for (let end = high; end >= low && !task.signal.aborted; ) {
    const start = Math.max(low, end - blockRows + 1);
    const candidates = new Candidates(task);
    await task.walk(
      start,
      (visited) => {
        if (visited.position > end) return true;
        if (visited.position < start) return false;
        task.onScanned(visited.entry.sizeBytes);
        candidates.offer(visited);
        return false;
      },
      () => candidates.search(),
    );
    if (candidates.found !== undefined) return settleMatch(task, candidates.found, Number.POSITIVE_INFINITY, wrapped);
    end = start - 1;
  }
  return undefined;
}

/** Finds the first of the rows offered that has a match, or the last, as the search goes. */
class Candidates {
  readonly #task: FindTask;
  /** In these a match may be. */
  #large: SearchedRow[] = [];
  /** In this there is one: it was offered after all large ones, or before all. */
  #sure: SearchedRow | undefined;
  found: SearchedRow | undefined;

  constructor(task: FindTask) {
    this.#task = task;
  }

  /** True: the row has a match. A large one is searched later. */
  offer(visited: VisitedRow): boolean {
    const { matcher, direction } = this.#task;
    const fields = fieldsOf(this.#task, visited.entry);
    if (fields.reduce((sum, { bytes }) => sum + bytes.length, 0) > LARGE_ROW_BYTES) {
      this.#large.push(searchedRow(this.#task, visited, fields));
      return false;
    }
    if (!fields.some(({ bytes }) => matcher.test(bytes))) return false;
    if (direction === 'previous') this.#large = [];
    this.#sure = searchedRow(this.#task, visited, fields);
    return true;
  }

  /** True: no further rows need be offered. */
  search(): Promise<boolean> | undefined {
    return this.#large.length === 0 && this.#sure === undefined ? undefined : this.#search();
  }

  async #search(): Promise<boolean> {
    const { direction, signal } = this.#task;
    const [large, sure] = [this.#large, this.#sure];
    this.#large = [];
    this.#sure = undefined;
    if (direction === 'next') {
      this.found = (await this.#firstOf(large)) ?? sure;
    } else {
      this.found = (await this.#firstOf(large.toReversed())) ?? sure ?? this.found;
    }
    return signal.aborted || (direction === 'next' && this.found !== undefined);
  }

  async #firstOf(rows: readonly SearchedRow[]): Promise<SearchedRow | undefined> {
    for (const row of rows) {
      const match = await row.matches.beside(Number.NEGATIVE_INFINITY, 'next', this.#task.signal);
      if (match !== undefined) return row;
    }
    return undefined;
  }
}

/** A row whose matches can be asked for after its visit. */
export interface SearchedRow extends Pick<FindHit, 'position' | 'row' | 'offsetBytes'> {
  readonly matches: RowMatches;
}

function searchedRow({ matcher }: FindTask, visited: VisitedRow, fields: readonly SearchedField[]): SearchedRow {
  const { position, row, entry } = visited;
  // The bytes of a visited row are good until the end of the visit only.
  const kept = fields.map((field) => ({ ...field, bytes: field.bytes.slice() }));
  return { position, row, offsetBytes: entry.offsetBytes, matches: new RowMatches(matcher, kept) };
}

/** The match beyond an offset in the row, as the search goes; infinite at the end that it comes from. */
async function settleMatch(
  task: FindTask,
  found: SearchedRow | undefined,
  rowOffsetBytes: number,
  wrapped: boolean,
): Promise<FindHit | undefined> {
  if (found === undefined || task.signal.aborted) return undefined;
  const { position, row, offsetBytes, matches } = found;
  const match = await matches.beside(rowOffsetBytes, task.direction, task.signal);
  if (match === undefined || task.signal.aborted) return undefined;
  task.keep(found);
  return task.settle({ position, row, offsetBytes, wrapped, ...match });
}

/** What of a row is searched, as it stands in the row. An empty field has nothing to find, whatever the pattern. */
function fieldsOf({ readBytes }: FindTask, entry: VisitedRow['entry']): SearchedField[] {
  if (isDamage(entry)) {
    const bytes = readBytes(entry.offsetBytes, Math.min(entry.sizeBytes, DAMAGE_SEARCH_BYTES));
    return [{ where: 'damage', bytes, start: 0 }];
  }
  const { key, keyStart, keyReference, value, valueStart, recordStart } = entry;
  const fields: SearchedField[] = [];
  if (keyReference !== undefined) {
    const { start, sizeBytes } = keyReference;
    return key.length === 0 ? [] : [{ where: 'key', bytes: key, start, referenceSizeBytes: sizeBytes }];
  }
  if (key.length > 0) fields.push({ where: 'key', bytes: key, start: keyStart - recordStart });
  if (value.length > 0) fields.push({ where: 'value', bytes: value, start: valueStart - recordStart });
  return keyStart <= valueStart ? fields : fields.reverse();
}
