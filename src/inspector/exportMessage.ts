/** What a person is told after an export. */

import type { ExportResult } from '../shared/inspectorMessages.ts';
import { formatCountOf } from '../shared/quantities.ts';

export function exportedMessage({ rowCount, firstRows, omittedValues }: ExportResult, path: string): string {
  const exported = `Exported ${formatCountOf(rowCount, 'record')} to ${path}`;
  const order =
    firstRows === undefined
      ? ''
      : `: the first ${formatCountOf(firstRows, 'row')} of the order; the table keeps no more`;
  if (omittedValues === undefined) return `${exported}${order}.`;
  const verb = omittedValues === 1 ? 'was' : 'were';
  const omitted = `${formatCountOf(omittedValues, 'value')} too large to export ${verb} left out`;
  return `${exported}${order}. ${omitted}: valueOmitted says which.`;
}

export function exportFailedMessage(error: unknown): string {
  return `No records were exported. ${error instanceof Error ? error.message : String(error)}`;
}
