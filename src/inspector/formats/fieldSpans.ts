/** How formats write down the fields of a record: by where they begin and end. */

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

export function formatChecksum(checksum: number): string {
  return checksum.toString(16).toUpperCase().padStart(8, '0');
}
