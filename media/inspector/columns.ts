/** The columns of the table: what each shows of a row. */

import type { InspectorRow, LogColumn, RecordCells } from '../../src/shared/inspectorRows.ts';
import {
  formatCount,
  formatOffset,
  formatTime,
  formatTimeLeft,
  formatUtc,
  outsideCalendar,
} from '../../src/shared/quantities.ts';
import type { RecordState } from '../../src/shared/recordState.ts';
import type { SortColumn } from '../../src/shared/rowOrder.ts';
import type { IconName } from './icons.ts';

export interface CellText {
  readonly text: string;
  readonly tooltip?: string;
  readonly className?: string;
  readonly icon?: IconName;
  /** What a screen reader says of the icon. */
  readonly iconLabel?: string;
}

export interface Column {
  readonly id: string;
  readonly title: string;
  readonly tooltip: string;
  /** As a sentence names it: `time`. */
  readonly longTitle: string;
  /** Rows can be sorted by it. */
  readonly sort?: SortColumn;
  /** In characters of the editor's font. */
  readonly widthChars: number;
  readonly alignRight: boolean;
  /** Not shown until chosen. */
  readonly optional: boolean;
  /** Needs this of the format; absent: every format has it. */
  readonly needs?: LogColumn;
  cell(row: InspectorRow, state: RecordState | undefined): CellText;
}

const NOTHING: CellText = { text: '' };

interface ColumnOptions {
  readonly alignRight?: boolean;
  readonly optional?: boolean;
  readonly needs?: LogColumn;
  readonly sort?: SortColumn;
  readonly longTitle?: string;
}

function column(
  id: string,
  title: string,
  tooltip: string,
  widthChars: number,
  options: ColumnOptions,
  cell: Column['cell'],
): Column {
  const { alignRight = false, optional = false, longTitle = title.toLowerCase(), needs, sort } = options;
  return {
    ...{ id, title, tooltip, longTitle, widthChars, alignRight, optional, cell },
    ...(needs === undefined ? {} : { needs }),
    ...(sort === undefined ? {} : { sort }),
  };
}

/** A column of what the record's header says. */
function cellsColumn(
  id: string,
  title: string,
  tooltip: string,
  widthChars: number,
  options: ColumnOptions,
  cell: (cells: RecordCells, row: InspectorRow) => CellText,
): Column {
  return column(id, title, tooltip, widthChars, options, (row) =>
    row.cells === undefined ? NOTHING : cell(row.cells, row),
  );
}

export const COLUMNS: readonly Column[] = [
  column(
    'row',
    '#',
    'Number of the row in the file',
    7,
    { alignRight: true, sort: 'row', longTitle: 'number' },
    ({ row }) => ({
      text: formatCount(row),
    }),
  ),
  column('offset', 'Offset', 'Offset of the first byte', 10, {}, ({ offsetBytes }) => ({
    text: formatOffset(offsetBytes),
    tooltip: `${formatCount(offsetBytes)} bytes from the start of the file`,
    className: 'number',
  })),
  column(
    'operation',
    'Op',
    'Operation',
    8,
    { needs: 'operation', sort: 'operation', longTitle: 'operation' },
    operationCell,
  ),
  cellsColumn(
    'sequence',
    'Seq',
    'Sequence number',
    9,
    { alignRight: true, needs: 'sequence', sort: 'sequence', longTitle: 'sequence number' },
    ({ sequence }) => (sequence === undefined ? NOTHING : { text: formatCount(sequence) }),
  ),
  cellsColumn(
    'time',
    'Time',
    'When it was written, in local time',
    18,
    { needs: 'time', sort: 'time' },
    ({ timestampMs }) => (timestampMs === undefined ? NOTHING : timeCell(timestampMs)),
  ),
  cellsColumn(
    'expiry',
    'Expires',
    'When the record expires',
    8,
    { optional: true, needs: 'expiry', sort: 'expiry', longTitle: 'expiry' },
    ({ expiryMs }) => (expiryMs === undefined || expiryMs === 0 ? NOTHING : expiryCell(expiryMs, Date.now())),
  ),
  cellsColumn(
    'key',
    'Key',
    'Key; bytes that are not printable are escaped',
    18,
    { needs: 'key', sort: 'key' },
    ({ key }) =>
      key === undefined
        ? NOTHING
        : {
            text: key.truncated ? `${key.text}…` : key.text,
            tooltip: key.text,
            className: key.escaped ? 'escaped' : 'key',
          },
  ),
  column('value', 'Value', 'The beginning of the value', 14, { needs: 'value' }, valueCell),
  column('size', 'Size', 'Bytes of the whole record', 10, { alignRight: true, sort: 'size' }, ({ sizeBytes }) => ({
    text: formatCount(sizeBytes),
  })),
  column('state', 'State', 'State against the store', 13, { needs: 'state', sort: 'state' }, stateCell),
  cellsColumn(
    'keySize',
    'Key B',
    'Bytes of the key',
    6,
    { alignRight: true, optional: true, needs: 'key', sort: 'keySize', longTitle: 'key size' },
    ({ keySizeBytes }) => (keySizeBytes === undefined ? NOTHING : { text: formatCount(keySizeBytes) }),
  ),
  cellsColumn(
    'valueSize',
    'Value B',
    'Bytes of the value',
    9,
    { alignRight: true, optional: true, needs: 'value', sort: 'valueSize', longTitle: 'value size' },
    ({ valueSizeBytes }) => (valueSizeBytes === undefined ? NOTHING : { text: formatCount(valueSizeBytes) }),
  ),
  cellsColumn('stored', 'Stored', 'Checksum in the record', 8, { needs: 'checksum' }, ({ checksum }) =>
    checksum === undefined ? NOTHING : { text: formatChecksum(checksum.stored), className: 'number' },
  ),
  cellsColumn('computed', 'Computed', 'Checksum of the bytes', 11, { needs: 'checksum' }, ({ checksum }) => {
    if (checksum === undefined) return NOTHING;
    const text = checksum.computed === undefined ? '' : formatChecksum(checksum.computed);
    return checksum.valid
      ? { text, className: 'valid', icon: 'check', iconLabel: 'valid' }
      : { text, className: 'invalid', icon: 'error', iconLabel: 'invalid' };
  }),
];

function formatChecksum(checksum: number): string {
  return checksum.toString(16).toUpperCase().padStart(8, '0');
}

function operationCell(row: InspectorRow): CellText {
  if (row.kind === 'damage') {
    const text = row.cells?.operation ?? 'damage';
    return { text, className: 'op-damage', icon: 'error', iconLabel: 'damaged' };
  }
  const { operation, group } = row.cells;
  if (group === undefined) return { text: operation };
  const incomplete = group.complete ? '' : ', which is incomplete and therefore never happened';
  const tooltip = {
    frame: `opens the ${group.name} that follows${incomplete}`,
    member: `in the ${group.name} at ${formatOffset(group.startBytes)}${incomplete}`,
    orphan: `says that it belongs to the ${group.name} before it, whose beginning is missing`,
  }[group.role];
  return {
    text: operation,
    className: `group-${group.role}${group.complete ? '' : ' incomplete'}`,
    tooltip,
  };
}

function valueCell(row: InspectorRow): CellText {
  // What the record seems to have said is explained in the detail.
  if (row.kind === 'damage') {
    return { text: `${row.reason} — ${row.message}`, tooltip: row.message, className: 'damage-message' };
  }
  const note = row.cells?.note;
  if (note !== undefined) return { text: note, className: 'quiet' };
  const value = row.cells?.value;
  if (value === undefined) return NOTHING;
  if (row.cells?.valueSizeBytes === 0) return { text: 'empty', className: 'quiet' };
  return { text: value.text, tooltip: value.text, className: value.escaped ? 'escaped' : 'value' };
}

function stateCell(row: InspectorRow, state: RecordState | undefined): CellText {
  if (row.kind === 'damage') return { text: 'damaged', className: 'state-damaged' };
  if (row.kind === 'header') return NOTHING;
  const { group } = row.cells;
  if (group?.complete === false) {
    return { text: 'uncommitted', className: 'state-uncommitted', tooltip: `Its ${group.name} is not complete` };
  }
  if (group?.role === 'frame') return NOTHING;
  if (state === undefined) return { text: '…', className: 'quiet' };
  if (state === 'unknown') return { text: 'unknown', className: 'quiet', tooltip: 'No open store knows this file' };
  return { text: state, className: `state-${state}` };
}

function timeCell(timeMs: number): CellText {
  return { text: shortTime(timeMs), tooltip: timeInBoth(timeMs), className: 'number' };
}

function expiryCell(expiryMs: number, nowMs: number): CellText {
  const leftMs = expiryMs - nowMs;
  const tooltip = timeInBoth(expiryMs);
  if (leftMs > 0) return { text: `in ${formatTimeLeft(leftMs)}`, tooltip };
  return { text: `${formatTimeLeft(-leftMs)} ago`, tooltip, className: 'quiet' };
}

/** In local time and in UTC, or as the number that it is. */
function timeInBoth(timeMs: number): string {
  const outside = outsideCalendar(timeMs);
  if (outside !== undefined) return `${outside} (${formatCount(timeMs)} ms since 1970)`;
  return `${localTime(timeMs)} (${formatUtc(timeMs)})`;
}

/** Without the year while it is this one: the column is narrow. */
function shortTime(timeMs: number): string {
  const full = localTime(timeMs);
  return full.startsWith(`${new Date().getFullYear()}-`) ? full.slice(5) : full;
}

/** With milliseconds, because records of one second are told apart by them. */
export function localTime(timeMs: number): string {
  const outside = outsideCalendar(timeMs);
  return outside ?? `${formatTime(timeMs)}.${String(new Date(timeMs).getMilliseconds()).padStart(3, '0')}`;
}
