import assert from 'node:assert/strict';
import { crc32 } from '../../src/format/crc32.ts';
import { decodeHintFile, type HintSummary } from '../../src/format/hintFile.ts';
import { HintFileStream } from '../../src/format/hintFileStream.ts';
import { OPERATION, RECORD_HEADER_SIZE } from '../../src/format/layout.ts';
import { everyByteChange, everyTruncation } from '../support/byteMutations.ts';
import { hintFileBytes } from '../support/hintFileBytes.ts';

const SEGMENT = { segmentId: 9, segmentSizeBytes: 2000, segmentHeaderChecksum: 0xdeadbeef, createdMs: 5 };

function sample(): Uint8Array {
  return hintFileBytes(SEGMENT, (encoder) => {
    for (let index = 0; index < 12; index++) {
      const key = new TextEncoder().encode(`key ${index}`);
      encoder.add({
        ...{ operation: OPERATION.put, offsetBytes: 32 + 100 * index, valueLength: index },
        ...{ sequence: index + 1, expiryMs: 0, key },
      });
    }
  });
}

interface Streamed {
  readonly sound: boolean;
  readonly places: readonly (readonly [number, number])[];
  readonly summaries: readonly HintSummary[];
}

function stream(bytes: Uint8Array, pieceBytes: number, accept = true): Streamed {
  const places: [number, number][] = [];
  const summaries: HintSummary[] = [];
  const subject = new HintFileStream(bytes.length, crc32, {
    accept: (summary) => {
      summaries.push(summary);
      return accept;
    },
    place: (offsetBytes, sizeBytes) => places.push([offsetBytes, sizeBytes]),
  });
  for (let step = 0; !subject.done; step++) {
    assert.ok(step <= bytes.length, 'every piece makes progress');
    subject.feed(bytes.subarray(subject.wantOffsetBytes, subject.wantOffsetBytes + pieceBytes));
  }
  return { sound: subject.sound, places, summaries };
}

function places(bytes: Uint8Array): [number, number][] {
  const found: [number, number][] = [];
  decodeHintFile(bytes, crc32, {
    entry: ({ offsetBytes, key, valueLength }) =>
      found.push([offsetBytes, RECORD_HEADER_SIZE + key.length + valueLength]),
  });
  return found;
}

describe('a hint file read in pieces', () => {
  const bytes = sample();

  for (const pieceBytes of [64, 65, 100, 127, bytes.length - 1, bytes.length, 100_000]) {
    it(`of ${pieceBytes} bytes tells the same as one read whole`, () => {
      const { sound, places: streamed, summaries } = stream(bytes, pieceBytes);
      assert.ok(sound);
      assert.deepEqual(streamed, places(bytes));
      assert.deepEqual(summaries, [{ ...SEGMENT, entryCount: 12 }]);
    });
  }

  it('is sound exactly when the whole file is, for every changed byte and every length', () => {
    for (const { bytes: changed, description } of everyByteChange(bytes))
      assert.equal(stream(changed, 128).sound, decodeHintFile(changed, crc32, { entry: () => {} }).ok, description);
    for (const cut of everyTruncation(bytes)) assert.equal(stream(cut, 128).sound, false);
  });

  it('is read no further when its summary is not accepted', () => {
    const { sound, places: streamed } = stream(bytes, 128, false);
    assert.equal(sound, false);
    assert.deepEqual(streamed, []);
  });
});
