/**
 * The data of a benchmark: keys and values made from a number, so that whatever is read can be checked without
 * remembering what was written.
 */

/** `key:` and twelve digits. */
export const KEY_SIZE_BYTES = 16;
const DIGIT_COUNT = 12;
/** Keys between two existing ones are free for lookups that must find nothing. */
const KEY_STEP = 2;
/** Keys that share their first `PREFIX_SIZE_BYTES`. */
export const KEYS_PER_PREFIX = 500;
export const PREFIX_SIZE_BYTES = 13;
/** Far larger than the block of any engine, so that no compressor finds a value twice. */
const POOL_SIZE_BYTES = 32 * 1024 * 1024;
/** Index and version, little-endian, before the random bytes. */
const VALUE_HEADER_SIZE_BYTES = 8;

export class DataSet {
  readonly keyCount: number;
  readonly valueSizeBytes: number;
  readonly #pool: Buffer;

  constructor(keyCount: number, valueSizeBytes: number) {
    if (valueSizeBytes < VALUE_HEADER_SIZE_BYTES) throw new RangeError('Values need 8 bytes or more.');
    this.keyCount = keyCount;
    this.valueSizeBytes = valueSizeBytes;
    this.#pool = randomBytes(POOL_SIZE_BYTES + valueSizeBytes);
  }

  writeKey(index: number, target: Buffer): void {
    writeKeyNumber(index * KEY_STEP, target);
  }

  /** A key that no index has, between those of `index` and its neighbour. */
  writeMissingKey(index: number, target: Buffer): void {
    writeKeyNumber(index * KEY_STEP + 1, target);
  }

  writeValue(index: number, version: number, target: Buffer): void {
    target.writeUInt32LE(index, 0);
    target.writeUInt32LE(version, 4);
    const start = this.#poolOffset(index, version);
    this.#pool.copy(target, VALUE_HEADER_SIZE_BYTES, start, start + this.valueSizeBytes - VALUE_HEADER_SIZE_BYTES);
  }

  /** True when the value is, to the last byte, one that was written for this index. */
  isValueOf(index: number, value: Uint8Array | null | undefined): boolean {
    if (value?.length !== this.valueSizeBytes || valueIndex(value) !== index) return false;
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
    const start = this.#poolOffset(index, bytes.readUInt32LE(4));
    const end = start + this.valueSizeBytes - VALUE_HEADER_SIZE_BYTES;
    return bytes.compare(this.#pool, start, end, VALUE_HEADER_SIZE_BYTES) === 0;
  }

  #poolOffset(index: number, version: number): number {
    return mix32(Math.imul(index, 0x9e3779b1) ^ version) % POOL_SIZE_BYTES;
  }
}

/** The index that a value was written for. */
export function valueIndex(value: Uint8Array): number {
  // biome-ignore format: one expression
  return ((value[0] as number) | ((value[1] as number) << 8) | ((value[2] as number) << 16) | ((value[3] as number) << 24)) >>> 0;
}

function writeKeyNumber(keyNumber: number, target: Buffer): void {
  target[0] = 0x6b;
  target[1] = 0x65;
  target[2] = 0x79;
  target[3] = 0x3a;
  let rest = keyNumber;
  for (let position = 4 + DIGIT_COUNT - 1; position >= 4; position--) {
    const quotient = Math.floor(rest / 10);
    target[position] = 0x30 + (rest - quotient * 10);
    rest = quotient;
  }
}

/** The same numbers in every run: a benchmark repeats its work, not only its kind of work. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = mix32(seed + 1) || 1;
  }

  /** 0 to 4,294,967,295. */
  uint32(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  /** A whole number from 0, below `limit`. */
  below(limit: number): number {
    return Math.floor((this.uint32() / 0x1_0000_0000) * limit);
  }

  /** 0 to 1, without 1. */
  fraction(): number {
    return this.uint32() / 0x1_0000_0000;
  }
}

/** Every number below `count` once, in an order without locality: a bijection of bits, walked until it is in range. */
export function shuffled(count: number): (position: number) => number {
  const bits = Math.max(2, Math.ceil(Math.log2(count)));
  const mask = 2 ** bits - 1;
  const shift = bits >>> 1;
  return (position) => {
    let x = position;
    do {
      x = (Math.imul(x, 0x9e3779b1) & mask) >>> 0;
      x ^= x >>> shift;
      x = (Math.imul(x, 0x85ebca6b) & mask) >>> 0;
      x ^= x >>> shift;
    } while (x >= count);
    return x;
  };
}

function mix32(input: number): number {
  let x = input >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

function randomBytes(sizeBytes: number): Buffer {
  const words = new Uint32Array(Math.ceil(sizeBytes / 4));
  const random = new Random(1);
  for (let position = 0; position < words.length; position++) words[position] = random.uint32();
  return Buffer.from(words.buffer, 0, sizeBytes);
}
