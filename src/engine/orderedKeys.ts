/**
 * The keydir's entries in byte order of their keys: leaves of up to 1,024 entry numbers. It is built at the first
 * ordered read, and from then on kept up lazily: additions and removals wait until the next ordered read, which
 * sorts the new ones and puts them into their leaves, or merges everything when there are many.
 */

import type { KeyArena } from './keyArena.ts';

const LEAF_CAPACITY = 1024;
const LEAF_FILL = 768;
/** With more waiting changes than this share of all keys, one merge is cheaper than single insertions. */
const MERGE_SHARE = 1 / 32;
/** Keys that part from each other one by one, word after word, are compared in full from here on: the stack is finite. */
const MAX_SORT_LEVEL = 200;

export interface KeyPosition {
  readonly leaf: number;
  readonly index: number;
}

/** Reads the next piece of the order in a snapshot. Returns the order when that was the last one. */
export type LoadOrder = () => Uint32Array | undefined;

export class OrderedKeys {
  readonly #arena: KeyArena;
  /** Reference of an entry's key in the arena. */
  readonly #keyOf: (entry: number) => number;
  #leaves: Uint32Array[] = [];
  #lengths: number[] = [];
  /** Keys in the leaves before each leaf; made when a rank is asked for. */
  #ranks: Float64Array | undefined;
  #count = 0;
  #built = false;
  /** Reads what is still in the snapshot file. */
  #loadFrom: LoadOrder | undefined;
  #added: number[] = [];
  #removed: number[] = [];
  #version = 0;

  constructor(arena: KeyArena, keyOf: (entry: number) => number) {
    this.#arena = arena;
    this.#keyOf = keyOf;
  }

  get built(): boolean {
    return this.#built;
  }

  /** Changes whenever positions change. */
  get version(): number {
    return this.#version;
  }

  get count(): number {
    return this.#count;
  }

  get allocatedBytes(): number {
    return (
      this.#leaves.reduce((sum, leaf) => sum + leaf.byteLength, 0) + (this.#added.length + this.#removed.length) * 8
    );
  }

  /** The entry got into the keydir. */
  add(entry: number): void {
    if (this.#built) this.#added.push(entry);
  }

  /** The entry left the keydir. Its number and key must stay as they are until `update` has run. */
  remove(entry: number): void {
    if (this.#built) this.#removed.push(entry);
  }

  get hasWaitingRemovals(): boolean {
    return this.#removed.length > 0;
  }

  /** Builds from all entries. */
  build(entries: Uint32Array): void {
    this.#sort(entries, 0, entries.length, 0);
    this.restore(entries);
  }

  /** Takes entries that are in order already, and the array with them: leaves are parts of it until they grow. */
  restore(entries: Uint32Array): void {
    this.#leaves = [];
    this.#lengths = [];
    for (let at = 0; at < entries.length; at += LEAF_FILL) {
      const leaf = entries.subarray(at, at + LEAF_FILL);
      this.#leaves.push(leaf);
      this.#lengths.push(leaf.length);
    }
    this.#count = entries.length;
    this.#built = true;
    this.#added = [];
    this.#removed = [];
    this.#ranks = undefined;
    this.#version++;
  }

  /** Takes over the order of a snapshot, which `load` reads when it is first needed. */
  restoreLater(load: LoadOrder): void {
    this.#built = true;
    this.#loadFrom = load;
  }

  /** Loads the order that `restoreLater` was told of, if it was not needed yet, a piece at a step. */
  *load(): Generator<void> {
    while (this.#loadFrom !== undefined) {
      const order = this.#loadFrom();
      if (order !== undefined) this.#restoreLoaded(order);
      yield;
    }
  }

  #restoreLoaded(order: Uint32Array): void {
    const added = this.#added;
    const removed = this.#removed;
    this.restore(order);
    this.#loadFrom = undefined;
    this.#added = added;
    this.#removed = removed;
  }

  /**
   * Takes in what waits. Afterwards the removed entries' numbers and keys may be used again. When it throws, because a
   * key cannot be loaded or there is no memory, it is not `built` any more, unless the order itself was not loaded.
   */
  update(): void {
    for (const _ of this.load());
    if (this.#added.length === 0 && this.#removed.length === 0) return;
    try {
      this.#takeInWaiting();
    } catch (error) {
      // Some of it may have been taken in.
      this.restore(new Uint32Array(0));
      this.#built = false;
      throw error;
    }
  }

  #takeInWaiting(): void {
    const gone = new Set(this.#removed);
    const added = Uint32Array.from(gone.size === 0 ? this.#added : this.#added.filter((entry) => !gone.delete(entry)));
    this.#added = [];
    this.#removed = [];
    this.#ranks = undefined;
    this.#version++;
    this.#sort(added, 0, added.length, 0);
    if (added.length + gone.size > Math.max(16, this.#count * MERGE_SHARE)) {
      this.#merge(added, gone);
      return;
    }
    for (const entry of gone) this.#removeOne(entry);
    for (const entry of added) this.#addOne(entry);
  }

  /** All entries in order. */
  all(): Uint32Array {
    const entries = new Uint32Array(this.#count);
    let at = 0;
    for (let i = 0; i < this.#leaves.length; i++) {
      const part = (this.#leaves[i] as Uint32Array).subarray(0, this.#lengths[i]);
      entries.set(part, at);
      at += part.length;
    }
    return entries;
  }

  /** Position of the first key that is not less than `key` (with `after`: that is greater). */
  seek(key: Uint8Array, after: boolean): KeyPosition {
    const limit = after ? 0 : -1;
    let low = 0;
    let high = this.#leaves.length;
    // The last leaf whose first key still lies before the sought position.
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare((this.#leaves[middle] as Uint32Array)[0] as number, key) <= limit) low = middle + 1;
      else high = middle;
    }
    const leaf = Math.max(0, low - 1);
    if (leaf >= this.#leaves.length) return { leaf: 0, index: 0 };
    const entries = this.#leaves[leaf] as Uint32Array;
    let first = 0;
    let last = this.#lengths[leaf] as number;
    while (first < last) {
      const middle = (first + last) >>> 1;
      if (this.#compare(entries[middle] as number, key) <= limit) first = middle + 1;
      else last = middle;
    }
    return this.#normal({ leaf, index: first });
  }

  start(): KeyPosition {
    return { leaf: 0, index: 0 };
  }

  end(): KeyPosition {
    return { leaf: this.#leaves.length, index: 0 };
  }

  /** Number of keys before a position. */
  rank(position: KeyPosition): number {
    this.#ranks ??= this.#computeRanks();
    return (this.#ranks[position.leaf] as number) + position.index;
  }

  /** The position that has `rank` keys before it; `rank` is at most `count`. */
  positionOf(rank: number): KeyPosition {
    this.#ranks ??= this.#computeRanks();
    let low = 0;
    let high = this.#leaves.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranks[middle + 1] as number) <= rank) low = middle + 1;
      else high = middle;
    }
    return { leaf: low, index: rank - (this.#ranks[low] as number) };
  }

  /** Copies up to `target.length` entries from `position` on (or before it, backwards) and returns how many. */
  read(position: KeyPosition, reverse: boolean, target: Uint32Array): number {
    return reverse ? this.#readBackward(position, target) : this.#readForward(position, target);
  }

  #readForward(position: KeyPosition, target: Uint32Array): number {
    let { leaf, index } = position;
    let filled = 0;
    while (filled < target.length && leaf < this.#leaves.length) {
      const take = Math.min((this.#lengths[leaf] as number) - index, target.length - filled);
      target.set((this.#leaves[leaf] as Uint32Array).subarray(index, index + take), filled);
      filled += take;
      leaf++;
      index = 0;
    }
    return filled;
  }

  #readBackward(position: KeyPosition, target: Uint32Array): number {
    let { leaf, index } = position;
    let filled = 0;
    while (filled < target.length) {
      if (index === 0) {
        if (leaf === 0) break;
        leaf--;
        index = this.#lengths[leaf] as number;
        continue;
      }
      index--;
      target[filled++] = (this.#leaves[leaf] as Uint32Array)[index] as number;
    }
    return filled;
  }

  #normal(position: KeyPosition): KeyPosition {
    if (position.leaf >= this.#leaves.length) return this.end();
    return position.index < (this.#lengths[position.leaf] as number) ? position : { leaf: position.leaf + 1, index: 0 };
  }

  #compare(entry: number, key: Uint8Array): number {
    return this.#arena.compare(this.#keyOf(entry), key);
  }

  #computeRanks(): Float64Array {
    const ranks = new Float64Array(this.#leaves.length + 1);
    for (let i = 0; i < this.#leaves.length; i++) ranks[i + 1] = (ranks[i] as number) + (this.#lengths[i] as number);
    return ranks;
  }

  #addOne(entry: number): void {
    const key = this.#arena.view(this.#keyOf(entry));
    if (this.#leaves.length === 0) {
      this.#leaves.push(new Uint32Array(LEAF_CAPACITY));
      this.#lengths.push(0);
    }
    let { leaf, index } = this.seek(key, false);
    if (index === 0 && leaf > 0) {
      leaf--;
      index = this.#lengths[leaf] as number;
    }
    if ((this.#lengths[leaf] as number) === LEAF_CAPACITY) {
      this.#split(leaf);
      const half = this.#lengths[leaf] as number;
      if (index > half) {
        leaf++;
        index -= half;
      }
    }
    const length = this.#lengths[leaf] as number;
    const entries = this.#leafWithRoom(leaf, length);
    entries.copyWithin(index + 1, index, length);
    entries[index] = entry;
    this.#lengths[leaf] = length + 1;
    this.#count++;
  }

  /** A leaf that is full but small is a part of a larger array, and gets an array of its own. */
  #leafWithRoom(leaf: number, length: number): Uint32Array {
    const entries = this.#leaves[leaf] as Uint32Array;
    if (length < entries.length) return entries;
    const larger = new Uint32Array(LEAF_CAPACITY);
    larger.set(entries);
    this.#leaves[leaf] = larger;
    return larger;
  }

  #split(leaf: number): void {
    const entries = this.#leaves[leaf] as Uint32Array;
    const half = LEAF_CAPACITY / 2;
    const upper = new Uint32Array(LEAF_CAPACITY);
    upper.set(entries.subarray(half));
    this.#leaves.splice(leaf + 1, 0, upper);
    this.#lengths.splice(leaf + 1, 0, LEAF_CAPACITY - half);
    this.#lengths[leaf] = half;
  }

  #removeOne(entry: number): void {
    const { leaf, index } = this.seek(this.#arena.view(this.#keyOf(entry)), false);
    const length = (this.#lengths[leaf] as number) - 1;
    if (length === 0) {
      this.#leaves.splice(leaf, 1);
      this.#lengths.splice(leaf, 1);
    } else {
      (this.#leaves[leaf] as Uint32Array).copyWithin(index, index + 1, length + 1);
      this.#lengths[leaf] = length;
    }
    this.#count--;
  }

  #merge(added: Uint32Array, gone: Set<number>): void {
    const merged = new Uint32Array(this.#count - gone.size + added.length);
    let end = 0;
    let next = 0;
    for (const entry of this.all()) {
      if (gone.has(entry)) continue;
      while (next < added.length && this.#precedes(added[next] as number, entry))
        merged[end++] = added[next++] as number;
      merged[end++] = entry;
    }
    while (next < added.length) merged[end++] = added[next++] as number;
    this.restore(merged);
  }

  #precedes(a: number, b: number): boolean {
    return this.#compare(a, this.#arena.view(this.#keyOf(b))) < 0;
  }

  /**
   * Sorts by four bytes at a time: a word of the key above the entry's number in one 64-bit integer, so that the
   * engine's native sort moves numbers instead of calling back. Runs that agree in this word are sorted by the next
   * (most significant digit first).
   */
  #sort(entries: Uint32Array, start: number, end: number, depth: number, level = 0): void {
    if (end - start < 2) return;
    if (end - start < 24) {
      this.#insertionSort(entries, start, end);
      return;
    }
    if (level > MAX_SORT_LEVEL) {
      entries.subarray(start, end).sort((a, b) => this.#compare(a, this.#arena.view(this.#keyOf(b))));
      return;
    }
    const sharedDepth = this.#skipSharedWords(entries, start, end, depth);
    if (sharedDepth > depth) {
      this.#sortFrom(entries, start, end, sharedDepth, level);
      return;
    }
    const pairs = new Uint32Array((end - start) * 2);
    for (let i = start, p = 0; i < end; i++, p += 2) {
      pairs[p] = entries[i] as number;
      pairs[p + 1] = this.#arena.wordAt(this.#keyOf(entries[i] as number), depth);
    }
    new BigUint64Array(pairs.buffer).sort();
    for (let i = start, p = 0; i < end; i++, p += 2) entries[i] = pairs[p] as number;
    this.#sortEqualRuns(entries, pairs, { start, depth, level });
  }

  /** The depth up to which all keys agree, word by word, and none of them has ended. */
  #skipSharedWords(entries: Uint32Array, start: number, end: number, depth: number): number {
    const first = this.#keyOf(entries[start] as number);
    for (let at = depth; ; at += 4) {
      const word = this.#arena.wordAt(first, at);
      for (let i = start; i < end; i++) {
        const key = this.#keyOf(entries[i] as number);
        if (this.#arena.length(key) < at + 4 || this.#arena.wordAt(key, at) !== word) return at;
      }
    }
  }

  #sortEqualRuns(
    entries: Uint32Array,
    pairs: Uint32Array,
    { start, depth, level }: { readonly start: number; readonly depth: number; readonly level: number },
  ): void {
    const count = pairs.length / 2;
    for (let from = 0, to = 1; from < count; from = to, to = from + 1) {
      const word = pairs[from * 2 + 1];
      while (to < count && pairs[to * 2 + 1] === word) to++;
      if (to - from > 1) this.#sortFrom(entries, start + from, start + to, depth + 4, level);
    }
  }

  /** Sorts keys that agree in `depth` padded bytes. */
  #sortFrom(entries: Uint32Array, start: number, end: number, depth: number, level: number): void {
    // Keys that have ended compare by length with those padded by real zeros: leave these to full comparison; longer
    // keys go on with the next word.
    const shortEnd = this.#moveShortFirst(entries, start, end, depth);
    this.#insertionSort(entries, start, shortEnd);
    this.#sort(entries, shortEnd, end, depth, level + 1);
  }

  /** Keys of at most `depth` bytes come before all longer ones that agree with them in `depth` padded bytes. */
  #moveShortFirst(entries: Uint32Array, start: number, end: number, depth: number): number {
    let shortEnd = start;
    for (let i = start; i < end; i++) {
      const entry = entries[i] as number;
      if (this.#arena.length(this.#keyOf(entry)) > depth) continue;
      entries[i] = entries[shortEnd] as number;
      entries[shortEnd++] = entry;
    }
    return shortEnd;
  }

  #insertionSort(entries: Uint32Array, start: number, end: number): void {
    for (let i = start + 1; i < end; i++) {
      const entry = entries[i] as number;
      const key = this.#arena.view(this.#keyOf(entry));
      let at = i;
      while (at > start && this.#compare(entries[at - 1] as number, key) > 0) {
        entries[at] = entries[at - 1] as number;
        at--;
      }
      entries[at] = entry;
    }
  }
}
