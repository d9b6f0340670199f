/** Sorts the rows of a view by one pass over the file. */

import type { RecordState } from '../shared/recordState.ts';
import type { RowOrder } from '../shared/rowOrder.ts';
import { type LogRecord, NONE } from './logFormat.ts';
import { isDamage, type RowWalk, type VisitedRow } from './rowWalk.ts';
import { type SortValue, TopRows } from './topRows.ts';

export interface SortTask {
  /** Visits the rows of the view from the start of the file; with their states, when these are sorted by. */
  readonly walk: RowWalk;
  readonly order: RowOrder;
  /** Names of the format's operations. */
  readonly operations: readonly string[];
  readonly signal: AbortSignal;
  readonly onProgress: (offsetBytes: number) => void;
}

/** Undefined: it was cancelled. */
export async function sortRows({
  walk,
  order,
  operations,
  signal,
  onProgress,
}: SortTask): Promise<TopRows | undefined> {
  const rows = new TopRows(order.descending);
  const sortValue = sortValueOf(order, operations);
  await walk.run(
    (visited) => {
      const { row, entry, group } = visited;
      const place = {
        row,
        offsetBytes: entry.offsetBytes,
        groupStartBytes: group?.startBytes ?? NONE,
        groupEndBytes: group?.endBytes ?? NONE,
      };
      rows.add(place, sortValue(visited));
      return false;
    },
    { signal, onProgress },
  );
  if (signal.aborted) return undefined;
  rows.finish();
  return rows;
}

/** Names sort by the alphabet. */
const STATE_RANKS: Readonly<Record<RecordState | 'damaged', number>> = {
  damaged: 0,
  deleted: 1,
  expired: 2,
  live: 3,
  superseded: 4,
  tombstone: 5,
  uncommitted: 6,
  unknown: 7,
};

function sortValueOf({ column }: RowOrder, operations: readonly string[]): (row: VisitedRow) => SortValue {
  switch (column) {
    case 'row':
      return ({ row }) => row;
    case 'size':
      return ({ entry }) => entry.sizeBytes;
    case 'operation': {
      const names = [...operations, 'damage'];
      const sorted = names.toSorted();
      const ranks = names.map((name) => sorted.indexOf(name));
      return ({ entry }) => ranks[isDamage(entry) ? operations.length : entry.operation];
    }
    case 'state':
      return ({ entry, state }) => {
        if (isDamage(entry)) return STATE_RANKS.damaged;
        return state === undefined || entry.kind === 'header' ? undefined : STATE_RANKS[state];
      };
    case 'key':
      return ofRecord((record) => (record.keyLength === NONE ? undefined : record.key));
    case 'sequence':
      return ofRecord(({ sequence }) => known(sequence));
    case 'time':
      return ofRecord(({ timestampMs }) => known(timestampMs));
    case 'expiry':
      // 0 means never, which is shown as nothing.
      return ofRecord(({ expiryMs }) => (expiryMs === 0 ? undefined : known(expiryMs)));
    case 'keySize':
      return ofRecord(({ keyLength }) => known(keyLength));
    case 'valueSize':
      return ofRecord(({ valueLength }) => known(valueLength));
  }
}

function ofRecord(value: (record: LogRecord) => SortValue): (row: VisitedRow) => SortValue {
  return ({ entry }) => (isDamage(entry) || entry.kind === 'header' ? undefined : value(entry));
}

function known(number: number): SortValue {
  return number === NONE ? undefined : number;
}
