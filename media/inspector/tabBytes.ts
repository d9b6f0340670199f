/** Which bytes of a row a tab of the detail shows and copies. */

import type { RecordField, RowDetail } from '../../src/shared/inspectorRows.ts';
import type { DetailTab } from '../../src/shared/inspectorViewState.ts';
import { formatCount, formatCountOf } from '../../src/shared/quantities.ts';
import type { ByteRange } from './byteView.ts';

export interface TabBytes extends ByteRange {
  /** `value, 21 bytes`. */
  readonly label: string;
  /** Why there are none, as a sentence. */
  readonly noneBecause?: string;
}

/**
 * What is selected. Without a selection, the byte view shows the whole row and the others the record's value: a row that
 * has neither key nor value is shown whole by them too.
 */
export function bytesOfTab(tab: DetailTab, detail: RowDetail, selection: ByteRange | undefined): TabBytes {
  if (selection !== undefined) return labelled(selection, detail);
  const { row, fields } = detail;
  const whole = { start: 0, end: row.sizeBytes };
  if (tab === 'bytes') return labelled(whole, detail);
  const value = fieldWith('value', fields);
  if (value !== undefined) return ofField(value);
  const key = fieldWith('key', fields);
  if (row.kind !== 'record' || key === undefined) return labelled(whole, detail);
  const start = key.offsetBytes + key.sizeBytes;
  const nothing = { start, end: start };
  if (row.cells.value !== undefined) return { ...nothing, label: 'value, 0 bytes', noneBecause: isEmpty('value') };
  const what = row.cells.operation === 'del' ? 'A delete' : 'This row';
  return { ...nothing, label: 'no value', noneBecause: `${what} has no value.` };
}

/** The field whose bytes these are. */
export function fieldOf({ start, end }: ByteRange, fields: readonly RecordField[]): RecordField | undefined {
  return fields.find(({ offsetBytes, sizeBytes }) => offsetBytes === start && offsetBytes + sizeBytes === end);
}

function labelled(range: ByteRange, { row, fields }: RowDetail): TabBytes {
  const { start, end } = range;
  const size = formatCountOf(end - start, 'byte');
  if (start === 0 && end === row.sizeBytes) return { start, end, label: `whole row, ${size}` };
  const field = fieldOf(range, fields);
  return field === undefined ? { start, end, label: `+${formatCount(start)}, ${size}` } : ofField(field);
}

function ofField({ name, offsetBytes: start, sizeBytes }: RecordField): TabBytes {
  const label = `${name}, ${formatCountOf(sizeBytes, 'byte')}`;
  return { start, end: start + sizeBytes, label, ...(sizeBytes === 0 ? { noneBecause: isEmpty(name) } : {}) };
}

function fieldWith(role: RecordField['role'], fields: readonly RecordField[]): RecordField | undefined {
  return fields.find((field) => field.role === role);
}

function isEmpty(name: string): string {
  return `The ${name} is empty.`;
}
