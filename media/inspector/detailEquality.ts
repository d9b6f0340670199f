/** Whether two readings of a record say the same. */

import type { RowDetail } from '../../src/shared/inspectorRows.ts';

export function isSameDetail(a: RowDetail, b: RowDetail): boolean {
  return (
    JSON.stringify([a.row, a.fields]) === JSON.stringify([b.row, b.fields]) &&
    a.bytes.length === b.bytes.length &&
    a.bytes.every((byte, at) => byte === b.bytes[at])
  );
}
