/** Reads one state of a store, whatever is written or compacted meanwhile. */

import { RECORD_HEADER_SIZE } from '../format/layout.ts';
import type { KeyInfo, KeyRange, StoredRecord } from './api.ts';
import { type KeydirRecord, newRecord } from './keydirEntries.ts';
import type { LiveLog } from './liveLog.ts';
import { checkKey } from './options.ts';
import { RangeCursor } from './rangeCursor.ts';
import { ReadAhead } from './recordReader.ts';
import { StrataError } from './strataError.ts';

/** Keeps the state as of one sequence number readable until it is closed. */
export class StateReader {
  readonly log: LiveLog;
  readonly sequence: number;
  #open = true;

  constructor(log: LiveLog) {
    this.log = log;
    this.sequence = log.appliedSequence;
    log.openReader(this);
  }

  get isOpen(): boolean {
    return this.#open && !this.log.isClosed;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.log.closeReader(this);
  }
}

/** What the keydir knows of an entry, in the engine's public form. */
function describeKey(log: LiveLog, key: Uint8Array, record: Readonly<KeydirRecord>): KeyInfo {
  const { slot, offsetBytes, valueLength, sequence, expiryMs } = record;
  const sizeBytes = RECORD_HEADER_SIZE + key.length + valueLength;
  const location = { segmentId: log.segments.at(slot).id, offsetBytes, sizeBytes };
  return { key, location, valueSizeBytes: valueLength, sequence, expiryMs };
}

/**
 * Iterates over one state. The state stays readable until the iterator ends: by its end or limit, by an error, or by
 * `return`, which a `for ... of` loop calls when it is left.
 */
export class StateIterator<T> implements IterableIterator<T>, Disposable {
  readonly #reader: StateReader;
  readonly #ownsReader: boolean;
  readonly #cursor: RangeCursor;
  readonly #make: (entry: number, record: KeydirRecord) => T;
  readonly #record = newRecord();
  #ended = false;

  constructor(
    reader: StateReader,
    range: KeyRange,
    options: {
      readonly ownsReader: boolean;
      readonly make: (entry: number, record: KeydirRecord) => T;
      /** Prepares the processor's caches for a page of entries. */
      readonly touch?: (page: Uint32Array) => void;
    },
  ) {
    this.#reader = reader;
    this.#ownsReader = options.ownsReader;
    this.#make = options.make;
    try {
      this.#cursor = new RangeCursor(reader.log, range, reader.sequence, options.touch);
    } catch (error) {
      // The range is invalid; a reader left open would keep older states for ever.
      this.#end();
      throw error;
    }
  }

  next(): IteratorResult<T> {
    if (this.#ended) return { done: true, value: undefined };
    try {
      return this.#next();
    } catch (error) {
      // No loop calls `return` after an error of `next`.
      this.#end();
      throw error;
    }
  }

  #next(): IteratorResult<T> {
    if (!this.#reader.isOpen)
      throw new StrataError('STORE_CLOSED', 'The snapshot or store of this iterator is closed.');
    const entry = this.#cursor.next(this.#record);
    if (entry === -1) {
      this.#end();
      return { done: true, value: undefined };
    }
    const value = this.#make(entry, this.#record);
    if (this.#cursor.hasReachedLimit) this.#end();
    return { done: false, value };
  }

  return(): IteratorResult<T> {
    this.#end();
    return { done: true, value: undefined };
  }

  [Symbol.iterator](): this {
    return this;
  }

  [Symbol.dispose](): void {
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#ownsReader) this.#reader.close();
  }
}

/** Keys that `getMany` looks up together: enough for their cache misses to overlap, few enough to stay in the cache. */
const SIDE_BY_SIDE = 64;

/** Reading methods that a store and a snapshot share. */
export class StateView {
  readonly #log: LiveLog;
  readonly #record = newRecord();
  readonly #hashes = new Uint32Array(SIDE_BY_SIDE);
  readonly #found = new Int32Array(SIDE_BY_SIDE);

  constructor(log: LiveLog) {
    this.#log = log;
  }

  get(key: Uint8Array, sequence: number): Uint8Array | undefined {
    const entry = this.#log.keydir.findByHash(this.#log.keydir.hashOf(key));
    return entry === -1 ? undefined : this.#getFrom(entry, key, sequence);
  }

  /** The values of the keys, in their order. */
  getMany(keys: readonly Uint8Array[], sequence: number): (Uint8Array | undefined)[] {
    const values = new Array<Uint8Array | undefined>(keys.length);
    for (let start = 0; start < keys.length; start += SIDE_BY_SIDE) {
      const count = Math.min(SIDE_BY_SIDE, keys.length - start);
      this.#locate(keys, start, count);
      for (let i = 0; i < count; i++) {
        const entry = this.#found[i] as number;
        values[start + i] = entry === -1 ? undefined : this.#getFrom(entry, keys[start + i] as Uint8Array, sequence);
      }
    }
    return values;
  }

  /** `entry` is where the key's hash leads; its record tells whether it is the key's. */
  #getFrom(entry: number, key: Uint8Array, sequence: number): Uint8Array | undefined {
    const { keydir, records } = this.#log;
    if (keydir.readAt(entry, sequence, this.#record) && !this.#log.hasExpired(this.#record)) {
      const value = records.readValueIfOf(this.#record, key);
      if (value !== undefined) return value;
    }
    // Gone, another key with the same hash, or damaged: the key itself decides.
    return this.has(key, sequence) ? records.readValue(this.#record, key) : undefined;
  }

  /** Fills `#found`, and has what `#getFrom` reads in the processor's caches. */
  #locate(keys: readonly Uint8Array[], start: number, count: number): void {
    const { keydir } = this.#log;
    for (let i = 0; i < count; i++) this.#hashes[i] = keydir.hashOf(keys[start + i] as Uint8Array);
    keydir.findAllByHash(this.#hashes, this.#found, count);
    this.#log.touchRecords(this.#found, count);
  }

  /** Its record is in `#record` then. */
  has(key: Uint8Array, sequence: number): boolean {
    const { keydir } = this.#log;
    const entry = keydir.find(key, 0, key.length);
    return entry !== -1 && keydir.readAt(entry, sequence, this.#record) && !this.#log.hasExpired(this.#record);
  }

  info(key: Uint8Array, sequence: number): KeyInfo | undefined {
    if (!this.has(key, sequence)) return undefined;
    return describeKey(this.#log, key, this.#record);
  }

  readRecord(key: Uint8Array, sequence: number, maxValueBytes: number): StoredRecord | undefined {
    if (!this.has(key, sequence)) return undefined;
    const info = describeKey(this.#log, key, this.#record);
    return { ...info, ...this.#log.records.readRecord(this.#record, key, maxValueBytes) };
  }

  keys(reader: StateReader, range: KeyRange, ownsReader: boolean): StateIterator<Uint8Array> {
    const { keydir } = this.#log;
    const make = (entry: number): Uint8Array => keydir.key(entry);
    return new StateIterator(reader, range, { ownsReader, make, touch: (page) => keydir.touchKeys(page, page.length) });
  }

  entries(reader: StateReader, range: KeyRange, ownsReader: boolean): StateIterator<[Uint8Array, Uint8Array]> {
    const log = this.#log;
    const ahead = new ReadAhead();
    const make = (entry: number, record: KeydirRecord): [Uint8Array, Uint8Array] => {
      const cached = log.records.readCachedEntry(record);
      if (cached !== undefined) return cached;
      const key = log.keydir.key(entry);
      return [key, log.records.readValueAhead(ahead, record, key)];
    };
    return new StateIterator(reader, range, { ownsReader, make, touch: (page) => log.touchRecords(page, page.length) });
  }

  keyInfos(reader: StateReader, range: KeyRange, ownsReader: boolean): StateIterator<KeyInfo> {
    const log = this.#log;
    const make = (entry: number, record: KeydirRecord): KeyInfo => describeKey(log, log.keydir.key(entry), record);
    return new StateIterator(reader, range, { ownsReader, make });
  }
}

/** An explicit snapshot: the store as it was when `store.snapshot()` was called. Close it when done. */
export class StoreSnapshot implements Disposable {
  readonly #reader: StateReader;
  readonly #view: StateView;

  constructor(log: LiveLog) {
    this.#reader = new StateReader(log);
    this.#view = new StateView(log);
  }

  /** Sequence number of the newest record it sees. */
  get sequence(): number {
    return this.#reader.sequence;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#check();
    checkKey(key);
    return this.#view.get(key, this.sequence);
  }

  getMany(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    this.#check();
    for (const key of keys) checkKey(key);
    return this.#view.getMany(keys, this.sequence);
  }

  has(key: Uint8Array): boolean {
    this.#check();
    checkKey(key);
    return this.#view.has(key, this.sequence);
  }

  keys(range: KeyRange = {}): StateIterator<Uint8Array> {
    this.#check();
    return this.#view.keys(this.#reader, range, false);
  }

  entries(range: KeyRange = {}): StateIterator<[Uint8Array, Uint8Array]> {
    this.#check();
    return this.#view.entries(this.#reader, range, false);
  }

  close(): void {
    this.#reader.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #check(): void {
    if (!this.#reader.isOpen) throw new StrataError('STORE_CLOSED', 'This snapshot or its store is closed.');
  }
}
