/** Changes the bytes of a file at random, as disks, crashes, editors and enemies do. */

import type { SeededRandom } from './seededRandom.ts';

const MOST_CHANGES = 4;
const MOST_ADDED_BYTES = 80;
/** What breaks sums, signs and limits. */
const INTERESTING: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  4n,
  7n,
  8n,
  31n,
  32n,
  36n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x1000_0000n,
  0x1000_0001n,
  0x4000_0000n,
  0x4000_0001n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_fffen,
  0xffff_ffffn,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** A changed copy; never the original array. */
export function mutate(original: Uint8Array, random: SeededRandom): Uint8Array {
  let bytes: Uint8Array = original.slice();
  for (let changes = 1 + random.below(MOST_CHANGES); changes > 0; changes--) bytes = changeOnce(bytes, random);
  return bytes;
}

function changeOnce(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  if (bytes.length === 0) return random.bytes(random.below(MOST_ADDED_BYTES));
  const at = random.below(bytes.length);
  switch (random.below(10)) {
    case 0:
      return replaceRange(bytes, at, at, random.bytes(1 + random.below(MOST_ADDED_BYTES)));
    case 1:
      return replaceRange(bytes, at, at + 1 + random.below(MOST_ADDED_BYTES), new Uint8Array(0));
    case 2:
      return bytes.slice(0, at);
    case 3:
      return replaceRange(bytes, bytes.length, bytes.length, someBytes(random));
    case 4: {
      const from = random.below(bytes.length);
      return replaceRange(bytes, at, at, bytes.slice(from, from + random.below(MOST_ADDED_BYTES)));
    }
    case 5: {
      const end = Math.min(bytes.length, at + 1 + random.below(MOST_ADDED_BYTES));
      bytes.fill(random.pick([0, 0xff, 1]), at, end);
      return bytes;
    }
    case 6:
    case 7:
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
      return bytes;
    case 8:
      bytes[at] = random.below(256);
      return bytes;
    default:
      return setNumber(bytes, at, random);
  }
}

function someBytes(random: SeededRandom): Uint8Array {
  const size = 1 + random.below(MOST_ADDED_BYTES);
  return random.oneIn(2) ? new Uint8Array(size) : random.bytes(size);
}

function setNumber(bytes: Uint8Array, at: number, random: SeededRandom): Uint8Array {
  let value = random.pick(INTERESTING);
  for (let left = random.pick([1, 2, 4, 8]), to = at; left > 0 && to < bytes.length; left--, to++) {
    bytes[to] = Number(value & 0xffn);
    value >>= 8n;
  }
  return bytes;
}

function replaceRange(bytes: Uint8Array, from: number, to: number, by: Uint8Array): Uint8Array {
  const rest = bytes.subarray(Math.min(to, bytes.length));
  const out = new Uint8Array(from + by.length + rest.length);
  out.set(bytes.subarray(0, from));
  out.set(by, from);
  out.set(rest, from + by.length);
  return out;
}
