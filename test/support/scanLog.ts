/** What a scan of a segment reports, as plain values that can be compared. */

import { crc32 } from '../../src/format/crc32.ts';
import { MAX_KEY_SIZE, MAX_VALUE_SIZE, RECORD_HEADER_SIZE } from '../../src/format/layout.ts';
import type { RecordView } from '../../src/format/record.ts';
import {
  type BatchEnd,
  type SegmentDamage,
  SegmentScanner,
  type SegmentSink,
} from '../../src/format/segmentScanner.ts';

export interface LoggedRecord {
  readonly offset: number;
  readonly size: number;
  readonly operation: string;
  readonly flags: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly expiry: number;
  readonly key: string;
  readonly value: string;
  readonly membership: string;
}

export interface ScanLog {
  readonly records: LoggedRecord[];
  readonly damages: SegmentDamage[];
  readonly batches: BatchEnd[];
  readonly validEnd: number;
}

/** A scanner must never want more than this, whatever the bytes say. */
export const LARGEST_RECORD_BYTES = RECORD_HEADER_SIZE + MAX_KEY_SIZE + MAX_VALUE_SIZE;

const OPERATION_NAMES = ['', 'put', 'del', 'batch'];

export interface ScanLogOptions {
  readonly segmentId: number;
  /** The scanner gets this many bytes at a time, or as many as it wants if that is more. Default: all. */
  readonly windowBytes?: number;
  /** The scan starts here, where no record need start. Default: with the first record. */
  readonly anywhereBytes?: number;
}

/**
 * Scans the bytes of a segment file. Throws when the scanner stops making progress, wants bytes that the file does
 * not have, or wants more than a record can need.
 */
export function scanToLog(bytes: Uint8Array, options: ScanLogOptions): ScanLog {
  const { segmentId, windowBytes = bytes.length, anywhereBytes } = options;
  const log = { records: [] as LoggedRecord[], damages: [] as SegmentDamage[], batches: [] as BatchEnd[] };
  const sink: SegmentSink = {
    record: (view, membership) => log.records.push({ ...describeRecord(view), membership }),
    damage: (damage) => log.damages.push(damage),
    batchEnd: (batch) => log.batches.push(batch),
  };
  const scanner = new SegmentScanner({
    ...{ segmentId, fileSizeBytes: bytes.length, crc32 },
    ...(anywhereBytes === undefined ? {} : { startOffsetBytes: anywhereBytes, startsAnywhere: true }),
  });
  while (!scanner.done) {
    const { wantOffsetBytes, wantBytes } = scanner;
    if (wantBytes < 1 || wantOffsetBytes + wantBytes > bytes.length || wantBytes > LARGEST_RECORD_BYTES) {
      throw new Error(`the scanner wants ${wantBytes} bytes at ${wantOffsetBytes} of ${bytes.length}`);
    }
    const end = wantOffsetBytes + Math.max(windowBytes, wantBytes);
    scanner.feed(bytes.subarray(wantOffsetBytes, end), sink);
    if (!scanner.done && scanner.wantOffsetBytes === wantOffsetBytes && scanner.wantBytes <= end - wantOffsetBytes) {
      throw new Error(`the scanner makes no progress at ${wantOffsetBytes} of ${bytes.length}`);
    }
  }
  return { ...log, validEnd: scanner.validEndBytes };
}

function describeRecord(view: RecordView): Omit<LoggedRecord, 'membership'> {
  return {
    offset: view.offsetBytes,
    size: view.sizeBytes,
    operation: OPERATION_NAMES[view.operation] as string,
    flags: view.flags,
    sequence: view.sequence,
    timestamp: view.timestampMs,
    expiry: view.expiryMs,
    key: Buffer.from(view.key).toString('hex'),
    value: Buffer.from(view.value).toString('hex'),
  };
}
