/** What people call a row of a file. */

import { type InspectorRow, UNKNOWN_ROW } from '../shared/inspectorRows.ts';
import { formatOffset } from '../shared/quantities.ts';

/** `#12`, or where it starts while its number is not known. */
export function rowName({ row, offsetBytes }: InspectorRow): string {
  return row === UNKNOWN_ROW ? formatOffset(offsetBytes) : `#${row}`;
}
