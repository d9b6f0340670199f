/**
 * Feeds changed files to every decoder. An input is made from one number, its seed: a failure names it, and
 * `STRATA_FUZZ_SEED=<seed> STRATA_FUZZ_INPUTS=1` runs it again, in the test that failed.
 */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { loadSnapshot } from '../../src/engine/snapshotFile.ts';
import { type Crc32, crc32, segmentSalt } from '../../src/format/crc32.ts';
import { decodeFileHeader } from '../../src/format/fileHeader.ts';
import { decodeHintFile } from '../../src/format/hintFile.ts';
import { decodeSnapshotHead } from '../../src/format/keydirSnapshot.ts';
import {
  FILE_HEADER,
  FILE_HEADER_SIZE,
  HINT_ENTRY_HEADER_SIZE,
  HINT_FIRST_ENTRY,
  MANIFEST_ENTRY_SIZE,
  MANIFEST_FIRST_ENTRY,
  RECORD,
  RECORD_HEADER_SIZE,
} from '../../src/format/layout.ts';
import { readU16, readU32, writeU32 } from '../../src/format/littleEndian.ts';
import { decodeManifest } from '../../src/format/manifest.ts';
import { SegmentScanner } from '../../src/format/segmentScanner.ts';
import { measureAllocation } from '../support/allocationMeter.ts';
import { mutate } from '../support/byteFuzzer.ts';
import { exampleHintFile, exampleManifest, exampleSegment } from '../support/formatExample.ts';
import { LARGEST_RECORD_BYTES } from '../support/scanLog.ts';
import { SeededRandom } from '../support/seededRandom.ts';
import { soleFileStorage } from '../support/soleFileStorage.ts';
import {
  assertHeadersAgree,
  assertHintFilesAgree,
  assertManifestsAgree,
  assertSegmentsAgree,
  assertSnapshotsAgree,
} from './decodersAgree.ts';

/** Bytes of typed arrays that a decoder may ask for, beside the file's own; no decoder needs more. */
const SCRATCH_BYTES = 64 * 1024;
/** One input in so many also goes to the second decoder, which is slow. */
const COMPARED_INPUTS = 16;

const FIXTURES = fileURLToPath(new URL('../fixtures/v1/', import.meta.url));
const baseSeed = Number(process.env['STRATA_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const inputLimit = Number(process.env['STRATA_FUZZ_INPUTS'] ?? Number.POSITIVE_INFINITY);

interface Sample {
  readonly bytes: Uint8Array;
  readonly segmentId: number;
}

/** The files of the frozen stores whose names end so. */
function samplesOf(ending: string): Sample[] {
  const samples: Sample[] = [];
  for (const store of readdirSync(FIXTURES, { withFileTypes: true })) {
    if (!store.isDirectory()) continue;
    for (const name of readdirSync(path.join(FIXTURES, store.name))) {
      if (!name.endsWith(ending)) continue;
      const bytes = new Uint8Array(readFileSync(path.join(FIXTURES, store.name, name)));
      samples.push({ bytes, segmentId: Number.parseInt(name, 10) || 0 });
    }
  }
  assert.ok(samples.length > 0);
  return samples;
}

/** Makes `count` inputs and checks each. */
function fuzz(
  count: number,
  samples: readonly Sample[],
  repair: (bytes: Uint8Array, segmentId: number, random: SeededRandom) => void,
  check: (bytes: Uint8Array, segmentId: number, isCompared: boolean) => void,
): void {
  for (let index = 0; index < Math.min(count, inputLimit); index++) {
    const seed = baseSeed + index;
    const random = new SeededRandom(seed);
    const { bytes: original, segmentId } = random.pick(samples);
    const bytes = mutate(original, random);
    // Half of the inputs get right checksums, or nothing behind those would ever be reached.
    if (random.oneIn(2)) repair(bytes, segmentId, random);
    try {
      check(bytes, segmentId, index % COMPARED_INPUTS === 0);
    } catch (error) {
      const hint = `STRATA_FUZZ_SEED=${seed} STRATA_FUZZ_INPUTS=1`;
      throw new Error(`input ${seed} failed; run it again with ${hint}. The input: ${hexOf(bytes)}`, { cause: error });
    }
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Runs a decoder and checks what memory it asks for. */
function bounded<T>(sizeBytes: number, factor: number, run: () => T): T {
  const { result, bytes } = measureAllocation(run);
  const bound = factor * sizeBytes + SCRATCH_BYTES;
  assert.ok(bytes <= bound, `asked for ${bytes} bytes to decode ${sizeBytes}; the bound is ${bound}`);
  return result;
}

function repairHeader(bytes: Uint8Array): void {
  if (bytes.length < FILE_HEADER_SIZE) return;
  writeU32(bytes, FILE_HEADER.checksum, crc32(bytes, 0, FILE_HEADER.checksum, 0));
}

function repairFile(bytes: Uint8Array): void {
  repairHeader(bytes);
  const end = bytes.length - 4;
  if (end >= FILE_HEADER_SIZE) writeU32(bytes, end, crc32(bytes, 0, end, 0));
}

/** Gives some of what lies where records lie a right checksum. */
function repairRecords(bytes: Uint8Array, segmentId: number, random: SeededRandom): void {
  const salt = segmentSalt(segmentId);
  for (let at = FILE_HEADER_SIZE; at + RECORD_HEADER_SIZE <= bytes.length; ) {
    const end =
      at + RECORD_HEADER_SIZE + readU16(bytes, at + RECORD.keyLength) + readU32(bytes, at + RECORD.valueLength);
    if (end > bytes.length) return;
    if (!random.oneIn(4)) writeU32(bytes, at, crc32(bytes, at + RECORD.keyLength, end, salt) ^ at);
    at = end;
  }
}

describe('fuzzing', function () {
  this.timeout(600_000);

  it('segment scanner: records and damage cover every byte once, and every record is sound', () => {
    fuzz(600_000, [...samplesOf('.seg'), { bytes: exampleSegment(), segmentId: 1 }], repairRecords, checkScan);
  });

  it('hint file: all or nothing', () => {
    fuzz(
      150_000,
      [...samplesOf('.hint'), { bytes: exampleHintFile(), segmentId: 1 }],
      repairFile,
      (bytes, _segmentId, isCompared) => {
        let entries = 0;
        const result = bounded(bytes.length, 0, () =>
          decodeHintFile(bytes, crc32, {
            entry: ({ key }) => {
              entries++;
              assert.equal(key.buffer, bytes.buffer);
              assert.ok(key.length >= 1);
            },
          }),
        );
        assert.ok(entries * (HINT_ENTRY_HEADER_SIZE + 1) <= Math.max(0, bytes.length - HINT_FIRST_ENTRY));
        assert.equal(entries, result.ok ? result.summary.entryCount : 0);
        if (isCompared) assertHintFilesAgree(bytes);
      },
    );
  });

  it('manifest: all or nothing', () => {
    fuzz(
      150_000,
      [...samplesOf('MANIFEST'), { bytes: exampleManifest(), segmentId: 0 }],
      repairFile,
      (bytes, _segmentId, isCompared) => {
        const result = bounded(bytes.length, 0, () => decodeManifest(bytes, crc32));
        if (result.ok) {
          const { segments } = result.manifest;
          assert.equal(bytes.length, MANIFEST_FIRST_ENTRY + segments.length * MANIFEST_ENTRY_SIZE + 4);
        }
        if (isCompared) assertManifestsAgree(bytes);
      },
    );
  });

  it('file header', () => {
    const samples = [...samplesOf('.seg'), ...samplesOf('MANIFEST')].map(({ bytes, segmentId }) => {
      return { bytes: bytes.subarray(0, FILE_HEADER_SIZE), segmentId };
    });
    fuzz(100_000, samples, repairHeader, (bytes) => {
      bounded(bytes.length, 0, () => decodeFileHeader(bytes, crc32));
      assertHeadersAgree(bytes);
    });
  });

  it('keydir snapshot: head', () => {
    fuzz(60_000, samplesOf('KEYDIR'), repairHeader, (bytes) => {
      const result = bounded(bytes.length, 0, () => decodeSnapshotHead(bytes, bytes.length, crc32));
      if (result.ok) assert.equal(result.layout.fileSizeBytes, bytes.length);
    });
  });

  it('keydir snapshot: loading, and looking keys up in what was loaded', () => {
    fuzz(40_000, samplesOf('KEYDIR'), repairFile, (bytes, _segmentId, isCompared) => {
      const storage = soleFileStorage('KEYDIR', bytes);
      const loaded = bounded(bytes.length, 4, () => loadSnapshot(storage, '', () => undefined));
      assert.ok(loaded !== undefined);
      if (loaded.ok) {
        const { keydir } = loaded;
        for (const text of ['empty', 'deleted', 'last', 'batch/a', 'x']) {
          const key = new TextEncoder().encode(text);
          const entry = keydir.find(key, 0, key.length);
          if (entry !== -1) assert.equal(hexOf(keydir.key(entry)), hexOf(key));
        }
      }
      if (isCompared) assertSnapshotsAgree(bytes);
    });
  });
});

function checkScan(bytes: Uint8Array, segmentId: number, isCompared: boolean): void {
  let covered = FILE_HEADER_SIZE;
  let checksummedBytes = 0;
  const counting: Crc32 = (data, start, end, seed) => {
    checksummedBytes += end - start;
    return crc32(data, start, end, seed);
  };
  const salt = segmentSalt(segmentId);
  bounded(bytes.length, 0, () => {
    const scanner = new SegmentScanner({ segmentId, fileSizeBytes: bytes.length, crc32: counting });
    let feeds = 0;
    while (!scanner.done) {
      const { wantOffsetBytes, wantBytes } = scanner;
      assert.ok(wantBytes >= 1 && wantBytes <= LARGEST_RECORD_BYTES && wantOffsetBytes + wantBytes <= bytes.length);
      // Every feed takes at least a byte in, or is followed by one with all that a record needs.
      assert.ok(++feeds <= 2 * bytes.length, 'the scanner does not end');
      scanner.feed(bytes.subarray(wantOffsetBytes, wantOffsetBytes + Math.max(wantBytes, 128)), {
        record: ({ offsetBytes, sizeBytes }) => {
          assert.equal(offsetBytes, covered);
          covered += sizeBytes;
          const body = bytes.subarray(offsetBytes + RECORD.keyLength, covered);
          assert.equal(readU32(bytes, offsetBytes), (zlibCrc32(body, salt) ^ offsetBytes) >>> 0);
        },
        damage: ({ offsetBytes, sizeBytes }) => {
          assert.equal(offsetBytes, covered);
          assert.ok(sizeBytes >= 1);
          covered += sizeBytes;
        },
        batchEnd: ({ frameOffsetBytes, endOffsetBytes, complete }) => {
          assert.ok(frameOffsetBytes < endOffsetBytes && (!complete || endOffsetBytes <= bytes.length));
        },
      });
    }
  });
  assert.equal(covered, Math.max(FILE_HEADER_SIZE, bytes.length));
  assert.ok(checksummedBytes <= 2 ** 28 + 2 * bytes.length);
  if (isCompared) assertSegmentsAgree(bytes, segmentId);
}
