/** What a person is told after an export. */

import type { ExportResult } from '../shared/inspectorMessages.ts';
import { messageOf } from '../shared/messageOf.ts';
import { formatCountOf } from '../shared/quantities.ts';

export function exportedMessage(result: ExportResult, path: string): string {
  const exported = `Exported ${formatCountOf(result.rowCount, 'record')} to ${path}`;
  return [`${exported}${orderNote(result)}.`, ...omittedNote(result), ...formulaNote(result)].join(' ');
}

function orderNote({ firstRows }: ExportResult): string {
  if (firstRows === undefined) return '';
  return `: the first ${formatCountOf(firstRows, 'row')} of the order; the table keeps no more`;
}

function omittedNote({ omittedValues }: ExportResult): string[] {
  if (omittedValues === undefined) return [];
  const verb = omittedValues === 1 ? 'was' : 'were';
  return [`${formatCountOf(omittedValues, 'value')} too large to export ${verb} left out: valueOmitted says which.`];
}

/** Data stay as they are, so that the file can be read back: whoever opens it elsewhere is to know. */
function formulaNote({ formulas }: ExportResult): string[] {
  if (formulas === undefined) return [];
  const records = formatCountOf(formulas, 'record');
  return [`Of ${records} the key or value begins like a formula: have a spreadsheet import the columns as text.`];
}

export function exportFailedMessage(error: unknown): string {
  return `No records were exported. ${messageOf(error)}`;
}
