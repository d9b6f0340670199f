/** Whether two readings of a record say the same. */

import type { RowDetail } from '../../src/shared/inspectorRows.ts';
import { sameBytes } from '../../src/shared/sameBytes.ts';

export function isSameDetail(a: RowDetail, b: RowDetail): boolean {
  return JSON.stringify([a.row, a.fields]) === JSON.stringify([b.row, b.fields]) && sameBytes(a.bytes, b.bytes);
}
