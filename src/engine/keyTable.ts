/**
 * Hash table from a key's hash to its entry number: open addressing with linear probing in 256 shards, chosen by
 * the hash's upper bits. Each shard grows by itself, so that growing never moves more than 1/256 of the entries at
 * once. Removal shifts entries back instead of leaving markers.
 *
 * A slot also holds five bits of the hash, so that probing past another key's entry seldom has to look at that entry,
 * which would cost a cache miss. The other 27 bits limit the number of entries.
 */

import { TABLE_ENTRY_BITS, TABLE_TAG_SHIFT } from '../format/layout.ts';

export const SHARD_BITS = 8;
const SHARD_COUNT = 1 << SHARD_BITS;
/** A hash shifted right by this is the index of its shard. */
export const SHARD_SHIFT = 32 - SHARD_BITS;
const FIRST_CAPACITY = 8;
const EMPTY = 0;
const ENTRY_MASK = 2 ** TABLE_ENTRY_BITS - 1;
const TAG_MASK = 2 ** (32 - TABLE_ENTRY_BITS) - 1;

/** Entry numbers are below this: 134,217,727. */
export const MAX_ENTRIES = ENTRY_MASK;

/** The bits of a hash that a slot repeats. */
export function tagOf(hash: number): number {
  return (hash >>> TABLE_TAG_SHIFT) & TAG_MASK;
}

/** The tag in a slot that is not empty. */
export function tagIn(stored: number): number {
  return stored >>> TABLE_ENTRY_BITS;
}

/** The entry in a slot, -1 for an empty one. */
export function entryIn(stored: number): number {
  return referenceIn(stored) - 1;
}

/** The entry in a slot plus 1, 0 for an empty one. */
export function referenceIn(stored: number): number {
  return stored & ENTRY_MASK;
}

/** The shard with this index, from a snapshot. */
export type LoadShard = (index: number) => Uint32Array;

export class KeyTable {
  /** Undefined: in the snapshot file, and not needed yet. */
  #shards: (Uint32Array | undefined)[];
  #loadFrom: LoadShard | undefined;
  #counts: Uint32Array;
  /** The hash of an entry, from the keydir's column. */
  readonly #hashOf: (entry: number) => number;

  constructor(hashOf: (entry: number) => number) {
    this.#hashOf = hashOf;
    const none = new Uint32Array(0);
    this.#shards = new Array<Uint32Array>(SHARD_COUNT).fill(none);
    this.#counts = new Uint32Array(SHARD_COUNT);
  }

  get allocatedBytes(): number {
    return this.#shards.reduce((sum, shard) => sum + (shard?.byteLength ?? 0), 0);
  }

  /** The shard in which `hash` is looked for; the caller probes by itself, without a call per step. */
  shard(hash: number): Uint32Array {
    return this.#shardAt(hash >>> SHARD_SHIFT);
  }

  /** What stands where the search for `hash` begins. */
  peek(hash: number): number {
    const shard = this.shard(hash);
    return shard[hash & (shard.length - 1)] ?? EMPTY;
  }

  add(hash: number, entry: number): void {
    const index = hash >>> SHARD_SHIFT;
    const count = (this.#counts[index] as number) + 1;
    let shard = this.#shardAt(index);
    if (isTooFull(count, shard.length)) shard = this.#resize(index, Math.max(FIRST_CAPACITY, shard.length * 2));
    place(shard, hash, entry);
    this.#counts[index] = count;
  }

  /** Makes room for `count` entries, if their hashes are spread evenly over the shards. */
  reserve(count: number): void {
    const each = Math.ceil(count / SHARD_COUNT);
    let capacity = FIRST_CAPACITY;
    while (isTooFull(each, capacity)) capacity *= 2;
    for (let index = 0; index < SHARD_COUNT; index++) {
      if (this.#shardAt(index).length < capacity) this.#resize(index, capacity);
    }
  }

  remove(hash: number, entry: number): void {
    const index = hash >>> SHARD_SHIFT;
    const shard = this.#shardAt(index);
    const mask = shard.length - 1;
    let hole = hash & mask;
    while (entryIn(shard[hole] as number) !== entry) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; shard[at] !== EMPTY; at = (at + 1) & mask) {
      const home = this.#hashOf(entryIn(shard[at] as number)) & mask;
      // An entry may move into the hole unless its home lies cyclically after the hole.
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        shard[hole] = shard[at] as number;
        hole = at;
      }
    }
    shard[hole] = EMPTY;
    this.#counts[index] = (this.#counts[index] as number) - 1;
  }

  /** The shards as they are, for the keydir snapshot. */
  get shards(): readonly Uint32Array[] {
    return Array.from(this.#shards, (_, index) => this.#shardAt(index));
  }

  get counts(): Uint32Array {
    return this.#counts;
  }

  /** Takes over the shards of a snapshot. Each is loaded when it is first needed. */
  restore(counts: Uint32Array, load: LoadShard): void {
    this.#shards = new Array<undefined>(SHARD_COUNT).fill(undefined);
    this.#counts = counts;
    this.#loadFrom = load;
  }

  /** Loads what was not needed yet, a shard at a step. */
  *load(): Generator<void> {
    for (let index = 0; index < SHARD_COUNT; index++) {
      if (this.#shards[index] !== undefined) continue;
      this.#loadShard(index);
      yield;
    }
  }

  #shardAt(index: number): Uint32Array {
    return this.#shards[index] ?? this.#loadShard(index);
  }

  #loadShard(index: number): Uint32Array {
    const shard = this.#loadFrom?.(index) ?? new Uint32Array(0);
    this.#shards[index] = shard;
    return shard;
  }

  #resize(index: number, capacity: number): Uint32Array {
    const old = this.#shardAt(index);
    const larger = new Uint32Array(capacity);
    for (const stored of old) {
      if (stored !== EMPTY) place(larger, this.#hashOf(entryIn(stored)), entryIn(stored));
    }
    this.#shards[index] = larger;
    return larger;
  }
}

/** Above three quarters, searches become long. */
function isTooFull(count: number, capacity: number): boolean {
  return count * 4 > capacity * 3;
}

function place(shard: Uint32Array, hash: number, entry: number): void {
  const mask = shard.length - 1;
  let at = hash & mask;
  while (shard[at] !== EMPTY) at = (at + 1) & mask;
  shard[at] = (tagOf(hash) << TABLE_ENTRY_BITS) | (entry + 1);
}
