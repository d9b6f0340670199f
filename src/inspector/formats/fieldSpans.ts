/** How formats write down the fields of a record: by where they begin and end. */

import { FILE_CHECKSUM_SIZE } from '../../format/layout.ts';
import { readU32 } from '../../format/littleEndian.ts';
import type { RecordField } from '../../shared/inspectorRows.ts';

export interface FieldSpan {
  readonly name: string;
  readonly at: number;
  readonly end: number;
  readonly colourGroup: number;
  readonly value: string;
  readonly meaning?: string;
  readonly problem?: boolean;
  readonly type?: RecordField['type'];
  readonly timeMs?: number;
  readonly covers?: RecordField['covers'];
  readonly role?: 'key' | 'value';
}

export function toFields(spans: readonly FieldSpan[]): RecordField[] {
  return spans.map(
    ({ name, at, end, colourGroup, value, meaning = '', problem = false, type = 'number', timeMs, covers, role }) => ({
      name,
      offsetBytes: at,
      sizeBytes: end - at,
      value,
      meaning,
      problem,
      colourGroup,
      type,
      ...(timeMs === undefined ? {} : { timeMs }),
      ...(covers === undefined ? {} : { covers }),
      ...(role === undefined ? {} : { role }),
    }),
  );
}

/** None where the file ends before them all. */
export function fieldsWithin(
  bytes: Uint8Array,
  sizeBytes: number,
  spansOf: (bytes: Uint8Array) => FieldSpan[],
): RecordField[] {
  return bytes.length < sizeBytes ? [] : toFields(spansOf(bytes));
}

export function formatChecksum(checksum: number): string {
  return checksum.toString(16).toUpperCase().padStart(8, '0');
}

/** The checksum at the end of hint files, manifests and snapshots. */
export function fileChecksumFields(bytes: Uint8Array, computedChecksum: number | undefined): RecordField[] {
  if (bytes.length < FILE_CHECKSUM_SIZE) return [];
  const stored = readU32(bytes, 0);
  const wrong = computedChecksum !== undefined && computedChecksum !== stored;
  const meaning = wrong ? `computed ${formatChecksum(computedChecksum)}` : 'CRC-32 of everything before it';
  return toFields([
    {
      name: 'checksum',
      at: 0,
      end: FILE_CHECKSUM_SIZE,
      colourGroup: 0,
      type: 'checksum',
      value: formatChecksum(stored),
      meaning,
      problem: wrong,
    },
  ]);
}
