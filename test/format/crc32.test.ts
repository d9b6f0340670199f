import assert from 'node:assert/strict';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { crc32 as engineCrc32 } from '../../src/engine/checksum.ts';
import { crc32, segmentSalt, shiftCrc32 } from '../../src/format/crc32.ts';
import { SeededRandom } from '../support/seededRandom.ts';

describe('CRC-32', () => {
  it('has the known check value', () => {
    const digits = new TextEncoder().encode('123456789');
    assert.equal(crc32(digits, 0, 9, 0), 0xcbf43926);
    assert.equal(crc32(digits, 0, 0, 0), 0);
  });

  it('is that of zlib for every length, place and seed; so is the one that the engine uses', () => {
    const random = new SeededRandom(1);
    const bytes = random.bytes(1200);
    for (let length = 0; length <= 600; length++) {
      const start = random.below(bytes.length - length);
      const seed = random.below(2 ** 32);
      const expected = zlibCrc32(bytes.subarray(start, start + length), seed);
      assert.equal(crc32(bytes, start, start + length, seed), expected, `${length} bytes`);
      assert.equal(engineCrc32(bytes, start, start + length, seed), expected, `${length} bytes`);
    }
  });

  it('continues where another ended', () => {
    const bytes = new SeededRandom(2).bytes(100);
    const whole = crc32(bytes, 0, 100, 0);
    for (let at = 0; at <= 100; at++) assert.equal(crc32(bytes, at, 100, crc32(bytes, 0, at, 0)), whole);
  });

  it('differs with another seed by what the number of bytes makes of the difference', () => {
    const random = new SeededRandom(3);
    const bytes = random.bytes(70_000);
    const lengths = [...Array.from({ length: 300 }, (_, length) => length), 4096, 65_535, 65_536, bytes.length];
    for (const length of lengths) {
      const [one, other] = [random.below(2 ** 32), random.below(2 ** 32)];
      const difference = (crc32(bytes, 0, length, one) ^ crc32(bytes, 0, length, other)) >>> 0;
      assert.equal(shiftCrc32(one ^ other, length), difference, `${length} bytes`);
    }
  });

  it('salts by the id as four little-endian bytes', () => {
    assert.equal(segmentSalt(1), zlibCrc32(Uint8Array.of(1, 0, 0, 0)));
    assert.equal(segmentSalt(0xfedcba98), zlibCrc32(Uint8Array.of(0x98, 0xba, 0xdc, 0xfe)));
  });
});
