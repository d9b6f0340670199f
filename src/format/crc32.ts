/**
 * CRC-32 as in IEEE 802.3 and zlib: reflected polynomial 0xEDB88320, initial value and final XOR 0xFFFFFFFF.
 *
 * The format layer knows no Node, so the function is a parameter everywhere; the engine passes one that hands large
 * inputs to `zlib.crc32`, a webview uses this table (method: Sarwate 1988, eight tables at once as in Intel's
 * "slicing-by-8" of 2006).
 */

/** Checksum of `bytes[start, end)`, continuing from `seed` (the checksum of what came before, 0 for nothing). */
export type Crc32 = (bytes: Uint8Array, start: number, end: number, seed: number) => number;

const SLICES = 8;
const TABLE = makeTable();

function makeTable(): Uint32Array {
  const table = new Uint32Array(256 * SLICES);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
    table[byte] = crc;
  }
  for (let at = 256; at < table.length; at++) {
    const previous = table[at - 256] as number;
    table[at] = (previous >>> 8) ^ (table[previous & 0xff] as number);
  }
  return table;
}

export const crc32: Crc32 = (bytes, start, end, seed) => {
  const t = TABLE;
  let crc = ~seed;
  let at = start;
  for (; at + SLICES <= end; at += SLICES) {
    const low =
      crc ^
      ((bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24));
    crc =
      (t[1792 + (low & 0xff)] as number) ^
      (t[1536 + ((low >>> 8) & 0xff)] as number) ^
      (t[1280 + ((low >>> 16) & 0xff)] as number) ^
      (t[1024 + (low >>> 24)] as number) ^
      (t[768 + (bytes[at + 4] as number)] as number) ^
      (t[512 + (bytes[at + 5] as number)] as number) ^
      (t[256 + (bytes[at + 6] as number)] as number) ^
      (t[bytes[at + 7] as number] as number);
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ (t[(crc ^ (bytes[at] as number)) & 0xff] as number);
  return ~crc >>> 0;
};

/** The salt of a segment's record checksums: the checksum of its id as four little-endian bytes. */
export function segmentSalt(segmentId: number): number {
  const id = Uint8Array.of(segmentId, segmentId >>> 8, segmentId >>> 16, segmentId >>> 24);
  return crc32(id, 0, id.length, 0);
}

/**
 * What becomes of a difference between two seeds after any `byteCount` equal bytes: CRC-32 is linear, so
 * `crc32(bytes, a) ^ crc32(bytes, b)` depends on `a ^ b` and on how many bytes there are, not on the bytes.
 */
export function shiftCrc32(difference: number, byteCount: number): number {
  let value = difference;
  for (let left = byteCount, power = 0; left !== 0; left >>>= 1, power++) {
    if ((left & 1) === 0) continue;
    const t = SHIFTS[power] ?? addShift(power);
    value =
      (t[value & 0xff] as number) ^
      (t[256 + ((value >>> 8) & 0xff)] as number) ^
      (t[512 + ((value >>> 16) & 0xff)] as number) ^
      (t[768 + (value >>> 24)] as number);
  }
  return value >>> 0;
}

/** For each power of two, tables that shift by as many bytes: one for each byte of the difference. */
const SHIFTS: Uint32Array[] = [];

function addShift(power: number): Uint32Array {
  const shifts = new Uint32Array(256 * 4);
  for (let at = 0; at < shifts.length; at++) {
    const difference = ((at & 0xff) << ((at >>> 8) * 8)) >>> 0;
    shifts[at] =
      power === 0
        ? (difference >>> 8) ^ (TABLE[difference & 0xff] as number)
        : shiftCrc32(shiftCrc32(difference, 2 ** (power - 1)), 2 ** (power - 1));
  }
  SHIFTS[power] = shifts;
  return shifts;
}
