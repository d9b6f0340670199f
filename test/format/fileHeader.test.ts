import assert from 'node:assert/strict';
import { crc32 } from '../../src/format/crc32.ts';
import { decodeFileHeader, encodeFileHeader } from '../../src/format/fileHeader.ts';
import { FILE_HEADER, FILE_HEADER_SIZE, FILE_KIND, type FileKind } from '../../src/format/layout.ts';
import { writeU32 } from '../../src/format/littleEndian.ts';
import { everyByteChange, everyTruncation } from '../support/byteMutations.ts';

const FIELDS = { kind: FILE_KIND.segment, id: 0xfedcba98, createdMs: 2 ** 53 - 1 };

/** The header with some bytes replaced, and a checksum that fits. */
function forged(at: number, ...bytes: number[]): Uint8Array {
  const header = encodeFileHeader(FIELDS, crc32);
  header.set(bytes, at);
  writeU32(header, FILE_HEADER.checksum, crc32(header, 0, FILE_HEADER.checksum, 0));
  return header;
}

describe('file header', () => {
  const bytes = encodeFileHeader(FIELDS, crc32);

  it('comes back as it was written', () => {
    const result = decodeFileHeader(bytes, crc32);
    assert.ok(result.ok);
    const { checksum, ...fields } = result.header;
    assert.deepEqual(fields, { ...FIELDS, version: 1 });
    assert.equal(checksum, crc32(bytes, 0, 28, 0));
  });

  it('is found in front of other bytes', () => {
    const longer = new Uint8Array(100).fill(0xaa);
    longer.set(bytes);
    assert.deepEqual(decodeFileHeader(longer, crc32), decodeFileHeader(bytes, crc32));
  });

  it('is too short when any of its bytes are missing', () => {
    for (const cut of everyTruncation(bytes)) {
      assert.deepEqual(decodeFileHeader(cut, crc32), { ok: false, problem: 'too-short' });
    }
  });

  it('is refused with any byte changed, for the reason that the place of the byte gives', () => {
    for (const { bytes: changed, at, description } of everyByteChange(bytes)) {
      const result = decodeFileHeader(changed, crc32);
      const problem =
        at < FILE_HEADER.kind ? 'bad-magic' : at === FILE_HEADER.version ? 'unknown-version' : 'bad-checksum';
      assert.ok(!result.ok, description);
      assert.equal(result.problem, problem, description);
      if (at === FILE_HEADER.version) assert.equal(result.version, changed[at]);
    }
  });

  it('is refused when it is sound and of a later version, with other flags, or of another kind', () => {
    assert.deepEqual(decodeFileHeader(forged(FILE_HEADER.version, 2), crc32), {
      ok: false,
      problem: 'unknown-version',
      version: 2,
    });
    for (const bit of [0, 7, 8, 15]) {
      const flags = 1 << bit;
      const result = decodeFileHeader(forged(FILE_HEADER.flags, flags & 0xff, flags >> 8), crc32);
      assert.deepEqual(result, { ok: false, problem: 'unknown-flags', version: 1 });
    }
    for (const at of [0, 1, 2, 3]) {
      const result = decodeFileHeader(forged(FILE_HEADER.reserved + at, 1), crc32);
      assert.deepEqual(result, { ok: false, problem: 'unknown-flags', version: 1 });
    }
    for (let kind = 0; kind < 256; kind++) {
      const result = decodeFileHeader(forged(FILE_HEADER.kind, kind), crc32);
      if (kind >= 1 && kind <= 4) assert.equal(result.ok && result.header.kind, kind as FileKind);
      else assert.deepEqual(result, { ok: false, problem: 'unknown-kind', version: 1 });
    }
  });

  it('is refused with a time above 2^53 - 1', () => {
    const result = decodeFileHeader(forged(FILE_HEADER.created, 0, 0, 0, 0, 0, 0, 0x20, 0), crc32);
    assert.deepEqual(result, { ok: false, problem: 'impossible-value', version: 1 });
  });

  it('has 32 bytes', () => assert.equal(FILE_HEADER_SIZE, 32));
});
