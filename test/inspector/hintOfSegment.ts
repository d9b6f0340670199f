/** Makes the hint file of a segment in memory, as a store would. */

import { crc32 } from '../../src/format/crc32.ts';
import { FILE_HEADER, OPERATION } from '../../src/format/layout.ts';
import { readU32 } from '../../src/format/littleEndian.ts';
import { SegmentScanner } from '../../src/format/segmentScanner.ts';
import { hintFileBytes } from '../support/hintFileBytes.ts';

export function hintOfSegment(segment: Uint8Array, segmentId = 7): Uint8Array {
  const segmentHeaderChecksum = readU32(segment, FILE_HEADER.checksum);
  const summary = { segmentId, segmentSizeBytes: segment.length, segmentHeaderChecksum, createdMs: 1 };
  return hintFileBytes(summary, (encoder) => {
    const scanner = new SegmentScanner({ segmentId, fileSizeBytes: segment.length, crc32 });
    scanner.feed(segment.subarray(scanner.wantOffsetBytes), {
      record: (record) => {
        if (record.operation !== OPERATION.batch) encoder.add(record);
      },
      damage: ({ reason }) => {
        throw new Error(`A damaged segment has no hint file: ${reason}`);
      },
      batchEnd: () => {},
    });
  });
}
