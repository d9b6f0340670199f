/**
 * The keydir: every live key's newest record, in typed arrays outside the JavaScript heap.
 *
 * An entry is a number with fields of fixed size. Keys lie in an arena, a hash table leads from a key to its entry,
 * and an ordered view serves ranges. Sequence numbers decide which record of a key wins, whatever the order in which
 * records arrive.
 *
 * Readers of an older state (snapshots, iterators) name it by the last sequence number they may see. What one of them
 * can see is kept as a version when it is overwritten or deleted, and a deleted key that has versions stays as a ghost.
 */

import { hashKey } from '../format/keyHash.ts';
import { KEY_UNIT, RECORD_HEADER_SIZE } from '../format/layout.ts';
import type { RecordView } from '../format/record.ts';
import { ExpiryQueue } from './expiryQueue.ts';
import { KeyArena } from './keyArena.ts';
import { FREE_SLOT, GHOST_SLOT, KeydirEntries, type KeydirRecord, newRecord } from './keydirEntries.ts';
import { entryIn, KeyTable, MAX_ENTRIES, tagIn, tagOf } from './keyTable.ts';
import { OlderVersions } from './olderVersions.ts';
import { type KeyPosition, OrderedKeys } from './orderedKeys.ts';
import type { Pacer } from './pacer.ts';
import { discard } from './readAheadOfUse.ts';
import { StrataError } from './strataError.ts';
import { UintMap } from './uintMap.ts';

/** There must be room for what is under way already: more entries than the writer's queue can ever hold. */
const MAX_KEYS = MAX_ENTRIES - 2 ** 22;

/** Removed entries wait for the next ordered read, but no more than these or a share of all. */
const MIN_LEAVING = 4096;

/** 256 KiB of keys: below this it is not worth while to look for freed ones. */
const MIN_PACKED_UNITS = 2 ** 16;

/** Visited in well below a millisecond, so that a pause is not looked for more often than is worth while. */
const SLICE_ENTRIES = 1024;

/** Stands in the expiry queue for the sequence number of a record that has not been loaded from the snapshot. */
const SAVED_SEQUENCE = 0;

/** Live records of a segment, counted as the keydir changes. */
export interface SlotUsage {
  liveBytes: number;
  liveCount: number;
}

export class Keydir {
  readonly #entries = new KeydirEntries();
  #freeEntries: number[] = [];
  #liveCount = 0;
  #hashSeed: number;
  readonly #maxKeys: number;
  #usage: SlotUsage[] = [];
  readonly #arena = new KeyArena();
  readonly #table = new KeyTable((entry) => this.#entries.hash(entry));
  readonly #order = new OrderedKeys(this.#arena, (entry) => this.#entries.key(entry));
  readonly #expiring = new ExpiryQueue((entry, sequence, expiryMs) => this.#isExpiring(entry, sequence, expiryMs));
  /** Entries whose removal the ordered view has not taken in yet. */
  #leaving: number[] = [];
  /** Deleted keys that older readers may still see, or that loading has to remember. */
  readonly #ghosts = new UintMap<true>();
  readonly #older = new OlderVersions();
  readonly #copyOf = (entry: number): KeydirRecord => {
    const record = newRecord();
    this.#entries.read(entry, record);
    return record;
  };
  /** Records arrive in any order: a deleted key stays, so that an older put that arrives later loses. */
  #remembersDeletes = false;
  #isSaved = false;
  #closeSource = (): void => undefined;

  constructor(hashSeed: number, maxKeys = MAX_KEYS) {
    this.#hashSeed = hashSeed;
    this.#maxKeys = maxKeys;
  }

  /** Nothing has changed since it was loaded from a snapshot, or saved as one. */
  get isSaved(): boolean {
    return this.#isSaved;
  }

  markSaved(): void {
    this.#isSaved = true;
  }

  /** Live keys. */
  get count(): number {
    return this.#liveCount;
  }

  /** Whether so many new keys may be written, when the numbers of all deleted ones are used again. */
  hasRoomFor(count: number): boolean {
    if (this.#arena.isNearlyFull) return false;
    if (!this.#hasEntriesFor(count) && this.#leaving.length > 0) this.#settleOrder();
    return this.#hasEntriesFor(count);
  }

  #hasEntriesFor(count: number): boolean {
    return this.#entries.end - this.#freeEntries.length + count - 1 <= this.#maxKeys;
  }

  get allocatedBytes(): number {
    return (
      this.#entries.allocatedBytes +
      this.#arena.allocatedBytes +
      this.#table.allocatedBytes +
      this.#order.allocatedBytes
    );
  }

  usage(slot: number): SlotUsage {
    let usage = this.#usage[slot];
    if (usage === undefined) {
      usage = { liveBytes: 0, liveCount: 0 };
      this.#usage[slot] = usage;
    }
    return usage;
  }

  /** What the keydir finds the key `bytes[start, start + length)` by. */
  hashOf(bytes: Uint8Array, start = 0, length = bytes.length): number {
    return hashKey(bytes, start, length, this.#hashSeed);
  }

  /**
   * The first entry with this hash, or -1: then no such key is there, not even a deleted one. It nearly always is the
   * entry sought. Whoever reads the record anyway learns there whether it is, and so spares a look at the key, which
   * would cost a cache miss more.
   */
  findByHash(hash: number): number {
    const shard = this.#table.shard(hash);
    if (shard.length === 0) return -1;
    const mask = shard.length - 1;
    const tag = tagOf(hash);
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const stored = shard[at] as number;
      if (stored === 0) return -1;
      if (tagIn(stored) === tag && this.#entries.hash(entryIn(stored)) === hash) return entryIn(stored);
    }
  }

  /**
   * `findByHash` for many at once, into `entries`. One look-up waits for its cache misses one after another; many side
   * by side wait for theirs together.
   */
  findAllByHash(hashes: Uint32Array, entries: Int32Array, count: number): void {
    this.touchPlaces(hashes, count);
    for (let i = 0; i < count; i++) entries[i] = this.findByHash(hashes[i] as number);
  }

  /** Brings the places where keys with these hashes are looked for, or put, into the processor's caches. */
  touchPlaces(hashes: Uint32Array, count: number): void {
    let touched = 0;
    for (let i = 0; i < count; i++) touched ^= this.#table.peek(hashes[i] as number);
    discard(touched);
  }

  /** Brings entries into the processor's caches, whose misses are waited for together then. */
  touchEntries(entries: Uint32Array, count: number): void {
    let touched = 0;
    for (let i = 0; i < count; i++) touched ^= this.#entries.hash(entries[i] as number);
    discard(touched);
  }

  /** As `touchEntries`, with their keys. */
  touchKeys(entries: Uint32Array, count: number): void {
    this.touchEntries(entries, count);
    let touched = 0;
    for (let i = 0; i < count; i++) touched ^= this.#arena.length(this.#entries.key(entries[i] as number));
    discard(touched);
  }

  /** The entry of a key, deleted ones included, or -1. */
  find(bytes: Uint8Array, start: number, length: number, hash = this.hashOf(bytes, start, length)): number {
    const shard = this.#table.shard(hash);
    if (shard.length === 0) return -1;
    const mask = shard.length - 1;
    const tag = tagOf(hash);
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const stored = shard[at] as number;
      if (stored === 0) return -1;
      if (tagIn(stored) !== tag) continue;
      const entry = entryIn(stored);
      if (this.#entries.hash(entry) !== hash) continue;
      if (this.#arena.equals(this.#entries.key(entry), bytes, start, length)) return entry;
    }
  }

  /** Copies an entry's newest record into `target`; false when the key is deleted. */
  read(entry: number, target: KeydirRecord): boolean {
    this.#entries.read(entry, target);
    return target.slot < GHOST_SLOT;
  }

  /** The same as of `sequence`; false when the key was not there then. */
  readAt(entry: number, sequence: number, target: KeydirRecord): boolean {
    if (this.#entries.sequence(entry) <= sequence) return this.read(entry, target);
    const version = this.#older.at(entry, sequence);
    if (version === undefined) return false;
    Object.assign(target, version);
    return version.slot !== GHOST_SLOT;
  }

  sequenceOf(entry: number): number {
    return this.#entries.sequence(entry);
  }

  keyLength(entry: number): number {
    return this.#arena.length(this.#entries.key(entry));
  }

  /** A copy of the entry's key. */
  key(entry: number): Uint8Array {
    return this.#arena.copy(this.#entries.key(entry));
  }

  /** The entry's key as a view, valid until the keydir changes. */
  keyView(entry: number): Uint8Array {
    return this.#arena.view(this.#entries.key(entry));
  }

  /**
   * A put of the key `bytes[start, start + length)` at this place. It wins over a record with a smaller sequence
   * number; an equal one means that the same record stands in another place now. Returns false when it lost.
   * Who knows the key's hash already, passes it on.
   */
  put(
    bytes: Uint8Array,
    start: number,
    length: number,
    record: Readonly<KeydirRecord>,
    hash = this.hashOf(bytes, start, length),
  ): boolean {
    const entry = this.find(bytes, start, length, hash);
    if (entry === -1) {
      this.#write(this.#insert(hash, bytes, start, length), record, length);
      this.#liveCount++;
      return true;
    }
    if (this.sequenceOf(entry) > record.sequence) return false;
    if (this.#retire(entry, length, record.sequence)) this.#liveCount++;
    this.#write(entry, record, length);
    return true;
  }

  /**
   * A delete of the key. With `remember`, it leaves a ghost, so that an older put that arrives later loses.
   * Returns false when it lost or when there was nothing to delete.
   */
  del(
    bytes: Uint8Array,
    start: number,
    length: number,
    sequence: number,
    remember: boolean,
    hash = this.hashOf(bytes, start, length),
  ): boolean {
    if (remember) this.#remembersDeletes = true;
    const entry = this.find(bytes, start, length, hash);
    if (entry === -1) {
      if (remember) this.#makeGhost(this.#insert(hash, bytes, start, length), sequence);
      return false;
    }
    if (this.sequenceOf(entry) > sequence) return false;
    const wasGhost = this.#retire(entry, length, sequence);
    if (!wasGhost) this.#liveCount--;
    this.#makeGone(entry, sequence);
    return !wasGhost;
  }

  /** Makes room for so many more keys at once: growing step by step moves each of them several times. */
  expect(count: number): void {
    this.#table.reserve(Math.min(this.#entries.end + count, MAX_ENTRIES));
  }

  /** Puts an entry right that contradicts the log, whatever its sequence number says. */
  repair(key: Uint8Array, record: Readonly<KeydirRecord>): void {
    const entry = this.find(key, 0, key.length);
    if (entry === -1) {
      this.put(key, 0, key.length, record);
      return;
    }
    if (this.#retire(entry, key.length, record.sequence)) this.#liveCount++;
    this.#write(entry, record, key.length);
  }

  /** Whether the entry's newest record is this one. */
  isNewest(
    entry: number,
    place: { readonly slot: number },
    { bytes, start, offsetBytes, keyLength, sequence }: Readonly<RecordView>,
  ): boolean {
    if (!this.#entries.isAt(entry, place.slot, offsetBytes, sequence)) return false;
    return this.#arena.equals(this.#entries.key(entry), bytes, start + RECORD_HEADER_SIZE, keyLength);
  }

  /**
   * The record of `sizeBytes` at one place stands at another now. False when it is not the entry's newest any more:
   * an entry whose number was given to another key meanwhile points elsewhere too.
   */
  relocate(
    entry: number,
    from: { readonly slot: number; readonly offsetBytes: number },
    to: { readonly slot: number; readonly offsetBytes: number },
    sizeBytes: number,
  ): boolean {
    if (this.#entries.slot(entry) !== from.slot || this.#entries.offsetBytes(entry) !== from.offsetBytes) return false;
    // A reader of an older state may see this record too; either place serves it.
    this.#entries.setPlace(entry, to.slot, to.offsetBytes);
    this.#count(from.slot, -sizeBytes, -1);
    this.#count(to.slot, sizeBytes, 1);
    this.#isSaved = false;
    return true;
  }

  /** Removes keys whose time is over. Returns how many there were. */
  expire(nowMs: number): number {
    let count = 0;
    while (this.#expiring.soonestMs <= nowMs) {
      this.#expiring.pop((entry, queuedSequence, expiryMs) => {
        if (!this.#isExpiring(entry, queuedSequence, expiryMs)) return;
        const sequence = this.#entries.sequence(entry);
        this.#retire(entry, this.keyLength(entry), sequence);
        this.#liveCount--;
        this.#makeGone(entry, sequence);
        count++;
      });
    }
    return count;
  }

  /** Milliseconds since 1970-01-01 UTC when the next key expires; infinity: none does. */
  get nextExpiryMs(): number {
    return this.#expiring.soonestMs;
  }

  /** Removes, as of `sequence`, the keys whose newest record lies in one of these segments, which are gone. */
  removeSlots(slots: ReadonlySet<number>, sequence: number): void {
    for (let entry = 0; entry < this.#entries.end; entry++) {
      if (!slots.has(this.#entries.slot(entry))) continue;
      this.#retire(entry, this.keyLength(entry), sequence);
      this.#liveCount--;
      this.#makeGone(entry, sequence);
    }
    for (const slot of slots) delete this.#usage[slot];
  }

  /** Until `dropGhosts`, every deleted or expired key is remembered: records arrive in any order. */
  rememberDeletes(): void {
    this.#remembersDeletes = true;
  }

  /** Forgets the deleted keys that loading had to remember, but for those that older readers may still see. */
  dropGhosts(): void {
    this.#remembersDeletes = false;
    for (const entry of this.#ghosts.keys()) {
      if (!this.#older.has(entry)) this.#forget(entry);
    }
  }

  // Readers of one state

  /** From now on the state as of `sequence` stays readable, until `closeReader`. */
  openReader(sequence: number): void {
    this.#older.open(sequence);
  }

  closeReader(sequence: number): void {
    this.#older.close(
      sequence,
      (entry) => this.sequenceOf(entry),
      (entry) => {
        if (!this.#remembersDeletes && this.#ghosts.has(entry)) this.#forget(entry);
      },
    );
  }

  get readerCount(): number {
    return this.#older.readerCount;
  }

  // Order

  /** The ordered view, up to date. */
  get order(): OrderedKeys {
    if (!this.#order.built) {
      this.#order.build(this.#usedEntries());
      this.#isSaved = false;
    }
    this.#settleOrder();
    return this.#order;
  }

  /** Lets the ordered view take in what has changed, and gives the numbers and keys of removed entries free. */
  #settleOrder(): void {
    this.#order.update();
    for (const entry of this.#leaving) this.#release(entry);
    this.#leaving = [];
  }

  /** Entries in the ordered view between two positions that are no live keys. Only while older states are read. */
  countGhosts(from: KeyPosition, to: KeyPosition): number {
    if (this.#ghosts.isEmpty) return 0;
    const order = this.order;
    const start = order.rank(from);
    const end = order.rank(to);
    let count = 0;
    for (const entry of this.#ghosts.keys()) {
      const rank = order.rank(order.seek(this.keyView(entry), false));
      if (rank >= start && rank < end) count++;
    }
    return count;
  }

  /**
   * Lays the keys close together when most of the memory held for them belongs to keys that are gone: a snapshot would
   * hand their places on for ever. Nobody may be reading an older state.
   */
  packKeys(): void {
    const { usedUnits } = this.#arena;
    if (usedUnits < MIN_PACKED_UNITS) return;
    if (this.#order.built) this.#settleOrder();
    let liveUnits = 0;
    this.forEach((entry) => {
      liveUnits += this.#arena.units(this.#entries.key(entry));
    });
    if (liveUnits * 2 >= usedUnits) return;
    this.#arena.repack((move) =>
      this.forEach((entry) => {
        this.#entries.setKey(entry, this.#entries.hash(entry), move(this.#entries.key(entry)));
      }),
    );
    // A snapshot is refused when any reference in it leads outside of the keys.
    for (const entry of this.#freeEntries) this.#entries.setKey(entry, 0, 0);
  }

  /** Calls back for every live entry, in no particular order. */
  forEach(visit: (entry: number) => void): void {
    for (let entry = 0; entry < this.#entries.end; entry++) {
      if (this.#entries.slot(entry) < GHOST_SLOT) visit(entry);
    }
  }

  /** Entry numbers are below this: those of keys, of deleted ones that are remembered, and free ones. */
  get entriesEnd(): number {
    return this.#entries.end;
  }

  /**
   * Calls back for each entry below `end` whose key was there as of `sequence`, with its record at that time, in slices.
   * The keydir may change between them. Throws `ABORTED` as the pacer does.
   */
  async forEachAsOf(
    sequence: number,
    end: number,
    pacer: Pacer,
    visit: (entry: number, record: Readonly<KeydirRecord>) => void,
  ): Promise<void> {
    const record = newRecord();
    for (let start = 0; start < end; start += SLICE_ENTRIES) {
      await pacer.pause();
      const sliceEnd = Math.min(start + SLICE_ENTRIES, end);
      for (let entry = start; entry < sliceEnd; entry++) {
        if (this.readAt(entry, sequence, record)) visit(entry, record);
      }
    }
  }

  // Parts of it, for the keydir snapshot

  get parts() {
    return {
      entries: this.#entries,
      hashSeed: this.#hashSeed,
      arena: this.#arena,
      table: this.#table,
      order: this.#order,
    };
  }

  /** Takes over the entries of a snapshot, after its other parts are filled. */
  restore(state: {
    readonly liveCount: number;
    readonly freeEntries: number[];
    /** Ends the loading of parts that were not needed yet. */
    readonly close: () => void;
  }): void {
    this.#isSaved = true;
    this.#liveCount = state.liveCount;
    this.#freeEntries = state.freeEntries;
    this.#closeSource = state.close;
  }

  /** For a snapshot that is being read: this entry expires. It is not loaded for that before its time is over. */
  queueSaved(entry: number, expiryMs: number): void {
    this.#expiring.addCurrent(expiryMs, entry, SAVED_SEQUENCE);
  }

  /** Loads what was not needed yet, a little at a step, in the order in which it is most likely to be missed. */
  *load(): Generator<void> {
    yield* this.#table.load();
    yield* this.#entries.load();
    yield* this.#arena.load();
    yield* this.#order.load();
    this.close();
  }

  /** Closes the snapshot file. If parts of it were never needed, the keydir is of no use afterwards. */
  close(): void {
    this.#closeSource();
  }

  // Below: one entry

  #insert(hash: number, bytes: Uint8Array, start: number, length: number): number {
    if (this.#entries.end >= MAX_ENTRIES || this.#arena.isTooFullFor(length)) throw this.#tooManyKeys();
    const entry = this.#freeEntries.pop() ?? this.#entries.add();
    this.#entries.setKey(entry, hash, this.#arena.add(bytes, start, length));
    this.#table.add(hash, entry);
    this.#order.add(entry);
    return entry;
  }

  /** Only where nobody could ask `hasRoomFor` before: when a log is read that holds more keys, deleted ones included. */
  #tooManyKeys(): StrataError {
    return new StrataError(
      'TOO_MANY_KEYS',
      `The log holds more keys than an index can: ${this.#entries.end}, deleted ones included, of ` +
        `${this.#arena.usedUnits * KEY_UNIT} bytes. Nothing was changed. Split the store, or compact a copy of it in parts.`,
    );
  }

  #write(entry: number, record: Readonly<KeydirRecord>, keyLength: number): void {
    this.#isSaved = false;
    this.#entries.write(entry, record);
    this.#count(record.slot, RECORD_HEADER_SIZE + keyLength + record.valueLength, 1);
    if (record.expiryMs !== 0) this.#expiring.add(record.expiryMs, entry, record.sequence);
  }

  /** The entry's record is superseded as of `nextSequence`. Returns whether the key was deleted already. */
  #retire(entry: number, keyLength: number, nextSequence: number): boolean {
    this.#isSaved = false;
    const slot = this.#entries.slot(entry);
    const isGhost = slot === GHOST_SLOT;
    this.#older.keep(entry, this.#entries.sequence(entry), nextSequence, this.#copyOf);
    if (isGhost) this.#ghosts.delete(entry);
    else this.#count(slot, -(RECORD_HEADER_SIZE + keyLength + this.#entries.valueLength(entry)), -1);
    return isGhost;
  }

  /** The entry's key is gone as of `sequence`, and its record retired. */
  #makeGone(entry: number, sequence: number): void {
    if (this.#remembersDeletes || this.#older.has(entry)) this.#makeGhost(entry, sequence);
    else this.#remove(entry);
  }

  #makeGhost(entry: number, sequence: number): void {
    this.#entries.write(entry, { slot: GHOST_SLOT, offsetBytes: 0, valueLength: 0, sequence, expiryMs: 0 });
    this.#ghosts.set(entry, true);
  }

  /** The entry's record is still the one with this sequence number; of a saved one, one that expires at this time. */
  #isExpiring(entry: number, sequence: number, expiryMs: number): boolean {
    if (this.#entries.slot(entry) >= GHOST_SLOT) return false;
    if (sequence === SAVED_SEQUENCE) return this.#entries.expiryMs(entry) === expiryMs;
    return this.#entries.sequence(entry) === sequence;
  }

  #forget(entry: number): void {
    this.#ghosts.delete(entry);
    this.#remove(entry);
  }

  #remove(entry: number): void {
    this.#table.remove(this.#entries.hash(entry), entry);
    this.#entries.setPlace(entry, FREE_SLOT, 0);
    this.#order.remove(entry);
    // Its number and key must stay until the ordered view has let go of them.
    if (!this.#order.hasWaitingRemovals) this.#release(entry);
    else if (this.#leaving.push(entry) > Math.max(MIN_LEAVING, this.#liveCount / 8)) this.#settleOrder();
  }

  #release(entry: number): void {
    this.#arena.free(this.#entries.key(entry));
    this.#freeEntries.push(entry);
  }

  #count(slot: number, bytes: number, records: number): void {
    const usage = this.usage(slot);
    usage.liveBytes += bytes;
    usage.liveCount += records;
  }

  #usedEntries(): Uint32Array {
    const entries = new Uint32Array(this.#entries.end);
    let count = 0;
    for (let entry = 0; entry < this.#entries.end; entry++) {
      if (this.#entries.slot(entry) !== FREE_SLOT) entries[count++] = entry;
    }
    return entries.subarray(0, count);
  }
}
