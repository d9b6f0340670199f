/** What a person is told after an export. */

import type { ExportResult } from '../shared/inspectorMessages.ts';
import { formatCountOf } from '../shared/quantities.ts';

export function exportedMessage({ rowCount, firstRows }: ExportResult, path: string): string {
  const exported = `Exported ${formatCountOf(rowCount, 'record')} to ${path}`;
  if (firstRows === undefined) return `${exported}.`;
  return `${exported}: the first ${formatCountOf(firstRows, 'row')} of the order; the table keeps no more.`;
}

export function exportFailedMessage(error: unknown): string {
  return `No records were exported. ${error instanceof Error ? error.message : String(error)}`;
}
