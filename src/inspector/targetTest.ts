/** Tells of rows, one after the other along the file, whether they are at or past a place that somebody wants to see. */

import type { LocateTarget } from '../shared/inspectorMessages.ts';
import { NONE } from './logFormat.ts';
import { isDamage, type VisitedRow } from './rowWalk.ts';
import type { RecordNumber } from './seenOrder.ts';

export type TargetTest = (place: {
  readonly row: number;
  readonly offsetBytes: number;
  /** 0 when only the place is known. */
  readonly sizeBytes: number;
  readonly entry: VisitedRow['entry'] | undefined;
}) => boolean;

export function targetTest(target: LocateTarget, fileSizeBytes: number): TargetTest {
  switch (target.kind) {
    case 'row':
      return ({ row }) => row >= target.row;
    case 'offset':
    case 'percent':
      return atOffset(byteOf(target, fileSizeBytes));
    case 'time':
    case 'sequence': {
      const wanted = wantedNumber(target);
      return ({ entry }) => {
        const number = entry === undefined ? undefined : numberOf(entry, target.kind);
        return number !== undefined && number >= wanted;
      };
    }
  }
}

/** A place that is known by what a record says, and not by where it stands. */
export type NumberTarget = LocateTarget & { readonly kind: RecordNumber };

export function isNumberTarget(target: LocateTarget): target is NumberTarget {
  return target.kind === 'time' || target.kind === 'sequence';
}

export function wantedNumber(target: NumberTarget): number {
  return target.kind === 'time' ? target.timeMs : target.sequence;
}

/** Undefined: the row has none. */
export function numberOf(entry: VisitedRow['entry'], number: RecordNumber): number | undefined {
  if (isDamage(entry)) return undefined;
  const value = number === 'time' ? entry.timestampMs : entry.sequence;
  return value === NONE ? undefined : value;
}

/** The byte of the file that a place is about. */
export function byteOf(target: LocateTarget & { kind: 'offset' | 'percent' }, fileSizeBytes: number): number {
  if (target.kind === 'percent') return Math.min(fileSizeBytes - 1, Math.floor((target.percent / 100) * fileSizeBytes));
  return target.offsetBytes < 0 ? Math.max(0, fileSizeBytes + target.offsetBytes) : target.offsetBytes;
}

/** The row that holds the byte, or the first after it. */
function atOffset(wantedBytes: number): TargetTest {
  return ({ offsetBytes, sizeBytes }) =>
    sizeBytes === 0 ? offsetBytes > wantedBytes : offsetBytes + sizeBytes > wantedBytes;
}
