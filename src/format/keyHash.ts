/**
 * Hash of a key, as the table of a keydir snapshot has it: HalfSipHash-1-3 (Jean-Philippe Aumasson and Daniel J.
 * Bernstein, "SipHash: a fast short-input PRF", 2012), 32 bits. The seed is random per store, so that nobody can choose
 * keys that collide and make every look-up walk through all of them. Quicker hashes such as MurmurHash do not give
 * that: keys can be made that collide in them whatever the seed is. The round stands here twice, because a call would
 * have to return four numbers.
 */
export function hashKey(bytes: Uint8Array, start: number, length: number, seed: number): number {
  let v0 = seed | 0;
  let v1 = ~seed;
  let v2 = v0 ^ 0x6c796765;
  let v3 = v1 ^ 0x74656462;
  let at = start;
  const wholeEnd = start + (length & ~3);
  for (; at < wholeEnd; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  let rest = length << 24;
  for (let shift = 0; at < start + length; at++, shift += 8) rest |= (bytes[at] as number) << shift;
  v3 ^= rest;
  for (let round = 0; round < 4; round++) {
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    if (round === 0) {
      v0 ^= rest;
      v2 ^= 0xff;
    }
  }
  return (v1 ^ v3) >>> 0;
}
