/** A row as JSON, for the clipboard. */

import { type RecordField, type RowDetail, UNKNOWN_ROW } from '../../src/shared/inspectorRows.ts';
import { textOrNumbers } from './bytesAsText.ts';

/**
 * Every field by its name; key and value in full, as a string where they are text, otherwise as an array of bytes.
 * `bytes` are the row's first ones: what reaches beyond them is named and left out.
 */
export function rowAsJson({ row, fields }: RowDetail, bytes: Uint8Array): string {
  const { offsetBytes, sizeBytes } = row;
  const whole = {
    ...(row.row === UNKNOWN_ROW ? {} : { row: row.row }),
    offsetBytes,
    sizeBytes,
    ...(row.kind === 'damage' ? { damage: row.reason, message: row.message } : {}),
    fields: Object.fromEntries(fields.map((field) => [field.name, fieldValue(field, bytes)])),
  };
  return JSON.stringify(whole, undefined, 2);
}

function fieldValue(field: RecordField, bytes: Uint8Array): unknown {
  const { offsetBytes, sizeBytes, role, type, value } = field;
  if (role !== undefined) {
    if (offsetBytes + sizeBytes > bytes.length) return { omittedBytes: sizeBytes };
    return textOrNumbers(bytes.subarray(offsetBytes, offsetBytes + sizeBytes));
  }
  // A checksum is hexadecimal without a sign of it: some would pass for decimal numbers.
  const mayBeNumber = (type === 'number' || type === 'time' || type === 'flags') && value !== '';
  const number = mayBeNumber ? Number(value.replaceAll(',', '')) : Number.NaN;
  return Number.isSafeInteger(number) ? number : value;
}
