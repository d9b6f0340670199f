/**
 * Hash of a key for the keydir: 32 bits, four bytes a step, with the mixing of MurmurHash3 (Austin Appleby, public
 * domain). The seed is random per store, so that nobody can choose keys that all collide.
 */
export function hashKey(bytes: Uint8Array, start: number, length: number, seed: number): number {
  let hash = seed ^ length;
  let at = start;
  const wholeEnd = start + (length & ~3);
  for (; at < wholeEnd; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    hash = mixWord(hash, word);
  }
  let rest = 0;
  for (let shift = 0; at < start + length; at++, shift += 8) rest |= (bytes[at] as number) << shift;
  return finish(mixWord(hash, rest));
}

function mixWord(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  const mixed = hash ^ Math.imul(k, 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
