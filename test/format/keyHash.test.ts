import assert from 'node:assert/strict';
import { hashKey } from '../../src/format/keyHash.ts';
import { SeededRandom } from '../support/seededRandom.ts';

const SEEDS = [0, 1, 0xdead_beef, 0xffff_ffff];

/**
 * Keys that all collide in MurmurHash3, whatever its seed: of each pair of words either may be taken, because the
 * difference in the first, moved to the uppermost bit, is cancelled by the second.
 */
function keysOfEqualMurmurHash(pairs: number): Uint8Array[] {
  const word = (mixed: number) => {
    const before = Math.imul(mixed, inverse(0x1b873593));
    return Math.imul((before >>> 15) | (before << 17), inverse(0xcc9e2d51));
  };
  const one = [word(0x1234567), word(0x89abcdef)];
  const other = [word(0x1234567 ^ (1 << 18)), word(0x89abcdef ^ (1 << 31))];
  return Array.from({ length: 2 ** pairs }, (_, choice) => {
    const words = Array.from({ length: pairs }, (_, pair) => ((choice >> pair) & 1 ? one : other)).flat();
    return new Uint8Array(Int32Array.from(words).buffer);
  });
}

/** Modulo 2^32, of an odd number, by Newton's iteration. */
function inverse(odd: number): number {
  let result = odd;
  for (let i = 0; i < 5; i++) result = Math.imul(result, 2 - Math.imul(odd, result));
  return result;
}

describe('hash of a key', () => {
  it('depends on every bit of the key, on its length and on the seed', () => {
    const key = new SeededRandom(3).bytes(21);
    for (let length = 1; length <= key.length; length++) {
      const seen = new Set(SEEDS.map((seed) => hashKey(key, 0, length, seed)));
      assert.equal(seen.size, SEEDS.length);
      for (let bit = 0; bit < 8 * length; bit++) {
        const changed = key.slice();
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        seen.add(hashKey(changed, 0, length, 1));
      }
      seen.add(hashKey(key, 0, length - 1, 1));
      assert.equal(seen.size, SEEDS.length + 8 * length + 1, `${length} bytes`);
    }
  });

  it('is the same wherever the key stands', () => {
    const key = new SeededRandom(4).bytes(40);
    for (let length = 0; length <= 20; length++) {
      const moved = new Uint8Array(60).fill(0xee);
      moved.set(key.subarray(0, length), 13);
      assert.equal(hashKey(moved, 13, length, 9), hashKey(key, 0, length, 9));
    }
  });

  it('tells keys apart that were made to collide whatever the seed is', () => {
    const keys = keysOfEqualMurmurHash(12);
    for (const seed of SEEDS) {
      const hashes = new Set(keys.map((key) => hashKey(key, 0, key.length, seed)));
      // Of 4096 random numbers of 32 bits, two are equal once in 512 times; ten pairs never.
      assert.ok(hashes.size > keys.length - 10, `${hashes.size} hashes of ${keys.length} keys`);
    }
  });
});
