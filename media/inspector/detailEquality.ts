/** Whether two readings of a record say the same, whatever its number, and whether or not its group is known. */

import type { InspectorRow, RowDetail } from '../../src/shared/inspectorRows.ts';
import { sameBytes } from '../../src/shared/sameBytes.ts';

export function isSameDetail(a: RowDetail, b: RowDetail): boolean {
  return textOf(a) === textOf(b) && sameBytes(a.bytes, b.bytes);
}

function textOf({ row, fields }: RowDetail): string {
  const { row: _, cells, ...others }: InspectorRow = row;
  return JSON.stringify([others, { ...cells, group: undefined }, fields]);
}
