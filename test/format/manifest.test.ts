import assert from 'node:assert/strict';
import { crc32 } from '../../src/format/crc32.ts';
import { encodeFileHeader } from '../../src/format/fileHeader.ts';
import {
  FILE_HEADER_SIZE,
  FILE_KIND,
  MANIFEST,
  MANIFEST_ENTRY,
  MANIFEST_FIRST_ENTRY,
} from '../../src/format/layout.ts';
import { writeU32 } from '../../src/format/littleEndian.ts';
import { decodeManifest, encodeManifest, type Manifest, type ManifestProblem } from '../../src/format/manifest.ts';
import { everyByteChange, everyTruncation } from '../support/byteMutations.ts';

const MANIFEST_OF_THREE: Manifest = {
  generation: 2 ** 53 - 1,
  nextSegmentId: 0xffff_ffff,
  sequenceFloor: 2 ** 53 - 1,
  createdMs: 1_767_225_600_000,
  segments: [
    { segmentId: 1, state: 'sealed', durableSizeBytes: 32, minSequence: 0, maxSequence: 0 },
    { segmentId: 5, state: 'sealed', durableSizeBytes: 2 ** 40, minSequence: 3, maxSequence: 2 ** 53 - 1 },
    { segmentId: 0xffff_fffe, state: 'unsealed', durableSizeBytes: 0, minSequence: 0, maxSequence: 0 },
  ],
};

describe('manifest', () => {
  const bytes = encodeManifest(MANIFEST_OF_THREE, crc32);

  it('comes back as it was written', () => {
    assert.deepEqual(decodeManifest(bytes, crc32), { ok: true, manifest: MANIFEST_OF_THREE });
    const empty = { ...MANIFEST_OF_THREE, segments: [] };
    assert.deepEqual(decodeManifest(encodeManifest(empty, crc32), crc32), { ok: true, manifest: empty });
  });

  it('is refused when it is cut anywhere', () => {
    for (const cut of everyTruncation(bytes)) {
      const problem = cut.length < MANIFEST_FIRST_ENTRY + 4 ? 'too-short' : 'wrong-length';
      assert.deepEqual(decodeManifest(cut, crc32), { ok: false, problem }, `${cut.length} bytes`);
    }
  });

  it('is refused with a byte too many', () => {
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    assert.deepEqual(decodeManifest(longer, crc32), { ok: false, problem: 'wrong-length' });
  });

  it('is refused with any byte changed', () => {
    for (const { bytes: changed, at, description } of everyByteChange(bytes)) {
      const result = decodeManifest(changed, crc32);
      assert.ok(!result.ok, description);
      if (at < FILE_HEADER_SIZE) continue;
      const isCount = at >= MANIFEST.segmentCount && at < MANIFEST.sequenceFloor;
      assert.equal(result.problem, isCount ? 'wrong-length' : 'bad-file-checksum', description);
    }
  });

  it('is refused when it is another kind of file', () => {
    const header = encodeFileHeader({ kind: FILE_KIND.hint, id: 1, createdMs: 0 }, crc32);
    assert.deepEqual(decodeManifest(header, crc32), { ok: false, problem: 'wrong-kind' });
  });

  const entry = (index: number, field: number) => MANIFEST_FIRST_ENTRY + index * 32 + field;
  const impossible: [string, number, number[]][] = [
    ['generation above 2^53 - 1', MANIFEST.generation, [0, 0, 0, 0, 0, 0, 0x20, 0]],
    ['sequence floor above 2^53 - 1', MANIFEST.sequenceFloor, [0, 0, 0, 0, 0, 0, 0x20, 0]],
    ['segment id 0', entry(0, MANIFEST_ENTRY.segmentId), [0, 0, 0, 0]],
    ['the same id twice', entry(0, MANIFEST_ENTRY.segmentId), [5, 0, 0, 0]],
    ['ids out of order', entry(0, MANIFEST_ENTRY.segmentId), [6, 0, 0, 0]],
    ['an id that is the next one', entry(2, MANIFEST_ENTRY.segmentId), [0xff, 0xff, 0xff, 0xff]],
    ['a state of a later version', entry(1, MANIFEST_ENTRY.state), [2, 0, 0, 0]],
    ['a state whose first byte is known', entry(1, MANIFEST_ENTRY.state), [1, 0, 0, 1]],
    ['a durable size above 2^53 - 1', entry(2, MANIFEST_ENTRY.durableSize), [0, 0, 0, 0, 0, 0, 0x20, 0]],
    ['a sealed segment shorter than a header', entry(0, MANIFEST_ENTRY.durableSize), [31, 0, 0, 0]],
    ['a smallest number above the largest', entry(0, MANIFEST_ENTRY.minSequence), [1, 0, 0, 0]],
    ['a largest number above 2^53 - 1', entry(1, MANIFEST_ENTRY.maxSequence), [0, 0, 0, 0, 0, 0, 0x20, 0]],
  ];
  for (const [title, at, replacement] of impossible) {
    it(`is refused with a right checksum and ${title}`, () => {
      assert.deepEqual(decodeManifest(bytes, crc32).ok, true);
      const forged = bytes.slice();
      forged.set(replacement, at);
      writeU32(forged, forged.length - 4, crc32(forged, 0, forged.length - 4, 0));
      const problem: ManifestProblem = 'impossible-entry';
      assert.deepEqual(decodeManifest(forged, crc32), { ok: false, problem });
    });
  }
});
