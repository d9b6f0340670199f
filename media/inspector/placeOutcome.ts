/** What came of going to a place, where that is not simply the row there. */

import type { Located, LocateTarget } from '../../src/shared/inspectorMessages.ts';
import { formatCount, formatCountOf, formatOffset } from '../../src/shared/quantities.ts';
import { localTime } from './columns.ts';

/** As a sentence names it: `row #12`. */
export function placeName(target: LocateTarget): string {
  switch (target.kind) {
    case 'row':
      return `row #${formatCount(target.row)}`;
    case 'offset':
      return target.offsetBytes < 0
        ? `the place ${formatCountOf(-target.offsetBytes, 'byte')} before the end`
        : `offset ${formatOffset(target.offsetBytes)}`;
    case 'percent':
      return `the place at ${target.percent} %`;
    case 'time':
      return `the first record from ${localTime(target.timeMs)} on`;
    case 'sequence':
      return `sequence number ${formatCount(target.sequence)}`;
  }
}

/** Where in its row the byte is that was asked for; undefined when it is the row's first one, or no byte was asked for. */
export function askedByte(target: LocateTarget, rowOffsetBytes: number, fileSizeBytes: number): number | undefined {
  if (target.kind !== 'offset') return undefined;
  const at = (target.offsetBytes < 0 ? fileSizeBytes : 0) + target.offsetBytes - rowOffsetBytes;
  return at > 0 ? at : undefined;
}

/** Why another row is shown than was asked for, as a sentence; undefined: it is the right one. */
export function placeRemark(target: LocateTarget, located: Located, fileSizeBytes: number): string | undefined {
  if (located.isBefore === true) return `None of these rows ${condition(target)}: this is the last one.`;
  if (target.kind === 'row' && located.row > target.row) {
    return `Row #${formatCount(target.row)} is not among these rows: this is the next one that is.`;
  }
  if (target.kind === 'sequence' && located.isNextNumber === true) {
    return `Sequence number ${formatCount(target.sequence)} is not among these rows: this is the next higher one that is.`;
  }
  if (target.kind !== 'offset') return undefined;
  if (target.offsetBytes < -fileSizeBytes) return 'The file has fewer bytes than that: this is its beginning.';
  const at = askedByte(target, 0, fileSizeBytes) ?? 0;
  if (located.offsetBytes <= at) return undefined;
  return `Offset ${formatOffset(at)} is not among these rows: this is the next one that is.`;
}

function condition(target: LocateTarget): string {
  switch (target.kind) {
    case 'row':
      return `has number ${formatCount(target.row)} or a higher one`;
    case 'sequence':
      return `has sequence number ${formatCount(target.sequence)} or a higher one`;
    case 'time':
      return 'is of that time or later';
    default:
      return `is at ${placeName(target)} or behind it`;
  }
}
