/**
 * The bytes of all keys, outside the JavaScript heap: chunks of 1 MiB, keys at multiples of four bytes, each after
 * its length in two bytes. A reference is the number of the four-byte unit, so 32 bits address 16 GiB of keys.
 *
 * Freed places go to a list for their size and are used again for keys of that size. The lists live in the freed
 * places themselves: the first four bytes hold the reference of the next.
 */

import { KEY_UNIT } from '../format/layout.ts';
import { copyBytes } from './byteSlab.ts';

const CHUNK_UNITS_BITS = 18;
const CHUNK_UNITS = 1 << CHUNK_UNITS_BITS;
const CHUNK_MASK = CHUNK_UNITS - 1;
export const KEY_CHUNK_SIZE = CHUNK_UNITS * KEY_UNIT;
const FIRST_CHUNK_SIZE = 4096;
const LENGTH_SIZE = 2;
const NO_REFERENCE = 0xffff_ffff;
/** References have 32 bits, and `NO_REFERENCE` is none. */
const MAX_UNITS = 2 ** 32 - CHUNK_UNITS;
/** 2 GiB: the largest batch and all that waits to be written bring fewer bytes of keys. */
const RESERVED_UNITS = 2 ** 29;

/** Fills the chunk with this index from a snapshot. */
export type LoadKeys = (index: number, target: Uint8Array) => void;

export class KeyArena {
  /** Undefined: in the snapshot file, and not needed yet. */
  #chunks: (Uint8Array | undefined)[] = [new Uint8Array(FIRST_CHUNK_SIZE)];
  #loadFrom: LoadKeys | undefined;
  #savedUnits = 0;
  /** First unit that was never used. */
  #endUnit = 0;
  #freeUnits = 0;
  readonly #freeHeads = new Map<number, number>();

  /** Bytes of memory held. */
  get allocatedBytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + (chunk?.length ?? 0), 0);
  }

  get usedUnits(): number {
    return this.#endUnit;
  }

  /** What is under way already finds room, but nothing else is to begin. */
  get isNearlyFull(): boolean {
    return this.#endUnit > MAX_UNITS - RESERVED_UNITS;
  }

  /** There may be no room for a key of that many bytes. */
  isTooFullFor(length: number): boolean {
    return this.#endUnit + CHUNK_UNITS + unitsOf(length) > MAX_UNITS;
  }

  /** Units that freed keys left behind and that wait for a key of their size. */
  get freeUnits(): number {
    return this.#freeUnits;
  }

  /** Copies `bytes[start, start + length)` in and returns its reference. */
  add(bytes: Uint8Array, start: number, length: number): number {
    const reference = this.#allocate(unitsOf(length));
    const chunk = this.#chunk(reference >>> CHUNK_UNITS_BITS);
    let at = (reference & CHUNK_MASK) * KEY_UNIT;
    chunk[at] = length;
    chunk[at + 1] = length >>> 8;
    at += LENGTH_SIZE;
    for (let i = 0; i < length; i++) chunk[at + i] = bytes[start + i] as number;
    return reference;
  }

  free(reference: number): void {
    const units = unitsOf(this.length(reference));
    this.#writeUnit(reference, this.#freeHeads.get(units) ?? NO_REFERENCE);
    this.#freeHeads.set(units, reference);
    this.#freeUnits += units;
  }

  length(reference: number): number {
    const chunk = this.#chunk(reference >>> CHUNK_UNITS_BITS);
    const at = (reference & CHUNK_MASK) * KEY_UNIT;
    return (chunk[at] as number) | ((chunk[at + 1] as number) << 8);
  }

  /** Units that a key takes up. */
  units(reference: number): number {
    return unitsOf(this.length(reference));
  }

  /** The key as a view that is valid until the key is freed. */
  view(reference: number): Uint8Array {
    const chunk = this.#chunk(reference >>> CHUNK_UNITS_BITS);
    const at = (reference & CHUNK_MASK) * KEY_UNIT;
    const length = (chunk[at] as number) | ((chunk[at + 1] as number) << 8);
    return chunk.subarray(at + LENGTH_SIZE, at + LENGTH_SIZE + length);
  }

  copy(reference: number): Uint8Array {
    const chunk = this.#chunk(reference >>> CHUNK_UNITS_BITS);
    const start = (reference & CHUNK_MASK) * KEY_UNIT + LENGTH_SIZE;
    return copyBytes(chunk, start, start + this.length(reference));
  }

  equals(reference: number, bytes: Uint8Array, start: number, length: number): boolean {
    const chunk = this.#chunk(reference >>> CHUNK_UNITS_BITS);
    const at = (reference & CHUNK_MASK) * KEY_UNIT;
    if (((chunk[at] as number) | ((chunk[at + 1] as number) << 8)) !== length) return false;
    const keyAt = at + LENGTH_SIZE;
    for (let i = 0; i < length; i++) if (chunk[keyAt + i] !== bytes[start + i]) return false;
    return true;
  }

  /** Order of the key and `other` by bytes: negative, 0 or positive. */
  compare(reference: number, other: Uint8Array): number {
    const chunk = this.#chunk(reference >>> CHUNK_UNITS_BITS);
    const at = (reference & CHUNK_MASK) * KEY_UNIT;
    const length = (chunk[at] as number) | ((chunk[at + 1] as number) << 8);
    const keyAt = at + LENGTH_SIZE;
    const shared = Math.min(length, other.length);
    for (let i = 0; i < shared; i++) {
      const difference = (chunk[keyAt + i] as number) - (other[i] as number);
      if (difference !== 0) return difference;
    }
    return length - other.length;
  }

  /** Four bytes of the key from `depth` on as a big-endian number, zeros after its end. */
  wordAt(reference: number, depth: number): number {
    const chunk = this.#chunk(reference >>> CHUNK_UNITS_BITS);
    const at = (reference & CHUNK_MASK) * KEY_UNIT;
    const left = ((chunk[at] as number) | ((chunk[at + 1] as number) << 8)) - depth;
    if (left <= 0) return 0;
    const p = at + LENGTH_SIZE + depth;
    let word = (chunk[p] as number) << 24;
    if (left > 1) word |= (chunk[p + 1] as number) << 16;
    if (left > 2) word |= (chunk[p + 2] as number) << 8;
    if (left > 3) word |= chunk[p + 3] as number;
    return word >>> 0;
  }

  /**
   * Lays keys close together and forgets the others. `moveAll` gets a function that takes a key's reference and
   * returns its new one, and calls it for every key that stays. There is a unit with the reference 0 afterwards.
   */
  repack(moveAll: (move: (reference: number) => number) => void): void {
    const old = Array.from(this.#chunks, (_, index) => this.#chunk(index));
    this.#clear();
    moveAll((reference) => {
      const chunk = old[reference >>> CHUNK_UNITS_BITS] as Uint8Array;
      const at = (reference & CHUNK_MASK) * KEY_UNIT;
      return this.add(chunk, at + LENGTH_SIZE, (chunk[at] as number) | ((chunk[at + 1] as number) << 8));
    });
    if (this.#endUnit === 0) this.#allocate(1);
  }

  #clear(): void {
    this.#chunks = [new Uint8Array(FIRST_CHUNK_SIZE)];
    this.#endUnit = 0;
    this.#freeUnits = 0;
    this.#freeHeads.clear();
  }

  /** The used bytes, chunk by chunk, for the keydir snapshot: each byte where its reference says. */
  *usedBytes(): Generator<Uint8Array> {
    let left = this.#endUnit * KEY_UNIT;
    for (let index = 0; index < this.#chunks.length && left > 0; index++) {
      const chunk = this.#chunk(index);
      const sizeBytes = Math.min(left, KEY_CHUNK_SIZE);
      yield chunk.subarray(0, sizeBytes);
      // A chunk stays shorter than the others when the key that followed its last one did not fit its end.
      if (chunk.length < sizeBytes) yield new Uint8Array(sizeBytes - chunk.length);
      left -= sizeBytes;
    }
  }

  /** Takes over the keys of a snapshot. Each chunk is loaded when it is first needed. */
  restore(usedUnits: number, load: LoadKeys): void {
    this.#clear();
    if (usedUnits === 0) return;
    this.#endUnit = usedUnits;
    this.#loadFrom = load;
    this.#savedUnits = usedUnits;
    this.#chunks = new Array<undefined>(Math.ceil(usedUnits / CHUNK_UNITS)).fill(undefined);
  }

  /** Loads what was not needed yet, a chunk at a step. */
  *load(): Generator<void> {
    for (let index = 0; index < this.#chunks.length; index++) {
      if (this.#chunks[index] !== undefined) continue;
      this.#loadChunk(index);
      yield;
    }
  }

  #chunk(index: number): Uint8Array {
    return this.#chunks[index] ?? this.#loadChunk(index);
  }

  #loadChunk(index: number): Uint8Array {
    const sizeBytes = Math.min(KEY_CHUNK_SIZE, this.#savedUnits * KEY_UNIT - index * KEY_CHUNK_SIZE);
    const chunk = new Uint8Array(Math.max(sizeBytes, FIRST_CHUNK_SIZE));
    this.#loadFrom?.(index, chunk.subarray(0, sizeBytes));
    this.#chunks[index] = chunk;
    return chunk;
  }

  #allocate(units: number): number {
    const head = this.#freeHeads.get(units);
    if (head !== undefined && head !== NO_REFERENCE) {
      this.#freeHeads.set(units, this.#readUnit(head));
      this.#freeUnits -= units;
      return head;
    }
    // A key never crosses the end of a chunk; what is left over there stays unused.
    if ((this.#endUnit & CHUNK_MASK) + units > CHUNK_UNITS) {
      this.#endUnit = Math.ceil(this.#endUnit / CHUNK_UNITS) * CHUNK_UNITS;
    }
    const reference = this.#endUnit;
    this.#endUnit += units;
    this.#reserve(reference, units);
    return reference;
  }

  /** A chunk that is not full-sized grows by doubling, so that a small store stays small. */
  #reserve(reference: number, units: number): void {
    const index = reference >>> CHUNK_UNITS_BITS;
    if (index >= this.#chunks.length) {
      this.#chunks.push(new Uint8Array(KEY_CHUNK_SIZE));
      return;
    }
    const chunk = this.#chunk(index);
    const needed = ((reference & CHUNK_MASK) + units) * KEY_UNIT;
    if (needed <= chunk.length) return;
    const larger = new Uint8Array(Math.min(KEY_CHUNK_SIZE, Math.max(needed, chunk.length * 2)));
    larger.set(chunk);
    this.#chunks[index] = larger;
  }

  #readUnit(reference: number): number {
    const chunk = this.#chunk(reference >>> CHUNK_UNITS_BITS);
    const at = (reference & CHUNK_MASK) * KEY_UNIT;
    return new DataView(chunk.buffer, chunk.byteOffset).getUint32(at, true);
  }

  #writeUnit(reference: number, value: number): void {
    const chunk = this.#chunk(reference >>> CHUNK_UNITS_BITS);
    const at = (reference & CHUNK_MASK) * KEY_UNIT;
    new DataView(chunk.buffer, chunk.byteOffset).setUint32(at, value, true);
  }
}

function unitsOf(keyLength: number): number {
  return (LENGTH_SIZE + keyLength + KEY_UNIT - 1) >>> 2;
}
