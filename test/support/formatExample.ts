/** The store that FORMAT.md shows byte by byte, made by the format's encoders. */

import { crc32 } from '../../src/format/crc32.ts';
import { FILE_HEADER, OPERATION, RECORD_FLAG } from '../../src/format/layout.ts';
import { readU32 } from '../../src/format/littleEndian.ts';
import { encodeManifest } from '../../src/format/manifest.ts';
import { hintFileBytes } from './hintFileBytes.ts';
import { buildSegment, CREATED_MS, toBytes } from './segmentBytes.ts';

const EXPIRY_MS = CREATED_MS + 60_000;

export function exampleSegment(): Uint8Array {
  return buildSegment(1, [
    { key: 'k', value: 'v', sequence: 1, flags: RECORD_FLAG.afterSync },
    {
      batch: [
        { key: Uint8Array.of(0xff, 0x00), value: '', sequence: 2, expiryMs: EXPIRY_MS },
        { key: 'k', sequence: 3 },
      ],
    },
  ]).bytes;
}

export function exampleHintFile(): Uint8Array {
  const segment = exampleSegment();
  const summary = {
    segmentId: 1,
    segmentSizeBytes: segment.length,
    segmentHeaderChecksum: readU32(segment, FILE_HEADER.checksum),
    createdMs: CREATED_MS,
  };
  return hintFileBytes(summary, (encoder) => {
    const put = OPERATION.put;
    encoder.add({ operation: put, offsetBytes: 32, valueLength: 1, sequence: 1, expiryMs: 0, key: toBytes('k') });
    const key = Uint8Array.of(0xff, 0x00);
    encoder.add({ operation: put, offsetBytes: 114, valueLength: 0, sequence: 2, expiryMs: EXPIRY_MS, key });
    encoder.add({
      operation: OPERATION.del,
      offsetBytes: 152,
      valueLength: 0,
      sequence: 3,
      expiryMs: 0,
      key: toBytes('k'),
    });
  });
}

export function exampleManifest(): Uint8Array {
  return encodeManifest(
    {
      generation: 3,
      nextSegmentId: 3,
      sequenceFloor: 3,
      createdMs: CREATED_MS,
      segments: [
        {
          segmentId: 1,
          state: 'sealed',
          durableSizeBytes: exampleSegment().length,
          minSequence: 1,
          maxSequence: 3,
        },
        { segmentId: 2, state: 'unsealed', durableSizeBytes: 32, minSequence: 0, maxSequence: 0 },
      ],
    },
    crc32,
  );
}
