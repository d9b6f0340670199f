import assert from 'node:assert/strict';
import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from '../../src/format/littleEndian.ts';

describe('little-endian integers', () => {
  const bytes = new Uint8Array(12).fill(0xee);
  const view = new DataView(bytes.buffer);

  it('are written and read as a DataView does', () => {
    for (const value of [0, 1, 0xff, 0x100, 0x7fff, 0x8000, 0xffff]) {
      writeU16(bytes, 1, value);
      assert.equal(view.getUint16(1, true), value);
      assert.equal(readU16(bytes, 1), value);
    }
    for (const value of [0, 1, 0x7fff_ffff, 0x8000_0000, 0xfedc_ba98, 0xffff_ffff]) {
      writeU32(bytes, 1, value);
      assert.equal(view.getUint32(1, true), value);
      assert.equal(readU32(bytes, 1), value);
    }
    for (const value of [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 52 + 12345, 2 ** 53 - 1]) {
      writeU64(bytes, 1, value);
      assert.equal(view.getBigUint64(1, true), BigInt(value));
      assert.equal(readU64(bytes, 1), value);
    }
    assert.deepEqual([bytes[0], bytes[9]], [0xee, 0xee]);
  });

  it('above 2^53 - 1 read as more than that', () => {
    for (const value of [2n ** 53n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]) {
      view.setBigUint64(1, value, true);
      assert.ok(readU64(bytes, 1) > Number.MAX_SAFE_INTEGER, String(value));
    }
  });
});
