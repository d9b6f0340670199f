/** Tells of rows, one after the other along the file, whether they are at or past a place that somebody wants to see. */

import type { LocateTarget } from '../shared/inspectorMessages.ts';
import { isDamage, type VisitedRow } from './rowWalk.ts';

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
      return ({ entry }) => entry !== undefined && !isDamage(entry) && entry.timestampMs >= target.timeMs;
    case 'sequence':
      return ({ entry }) => entry !== undefined && !isDamage(entry) && entry.sequence >= target.sequence;
  }
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
