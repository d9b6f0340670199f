/** Iterators of entries, keys and values. Each reads one state of the store: its own, or that of a given snapshot. */

import { AbstractIterator, AbstractKeyIterator, AbstractValueIterator } from 'abstract-level';
import type { KeyRange } from '../engine/api.ts';
import { Pacer } from '../engine/pacer.ts';
import type { Store } from '../engine/store.ts';
import type { StoreSnapshot } from '../engine/storeSnapshot.ts';
import { fromBytes, fromStoreKey, type LevelData, type LevelFormat, toStoreKey } from './levelData.ts';
import { type LevelRangeOptions, restFrom, toStoreRange } from './levelRange.ts';
import type { LevelSnapshot } from './levelSnapshot.ts';

/** What abstract-level hands to the private constructors of iterators. */
export interface LevelIteratorOptions extends LevelRangeOptions {
  readonly keyEncoding: LevelFormat;
  readonly valueEncoding: LevelFormat;
  readonly keys?: boolean;
  readonly values?: boolean;
  readonly snapshot?: LevelSnapshot;
  readonly signal?: AbortSignal;
}

type Entry = [Uint8Array, Uint8Array];
type LevelEntry = [LevelData | undefined, LevelData | undefined];

/** What an iterator reads of a state, and what it makes of it. */
interface Source<Read, Item> {
  read(state: StoreSnapshot, range: KeyRange): Iterator<Read>;
  make(read: Read): Item;
}

/** The event loop gets a chance after this many single reads. */
const READS_PER_PAUSE = 128;

/** What the three kinds of iterators share. */
class Walk<Read, Item> {
  readonly #state: StoreSnapshot;
  readonly #ownsState: boolean;
  readonly #range: KeyRange;
  readonly #source: Source<Read, Item>;
  readonly #signal: AbortSignal | undefined;
  readonly #pacer = new Pacer('Iteration');
  /** What is still to be read; undefined: nothing. Reading starts late, for the snapshot may be closed already. */
  #rest: KeyRange | undefined;
  #reading: Iterator<Read> | undefined;
  #readCount = 0;

  constructor(store: Store, options: LevelIteratorOptions, source: Source<Read, Item>) {
    this.#state = options.snapshot?.state ?? store.snapshot();
    this.#ownsState = options.snapshot === undefined;
    this.#range = toStoreRange(options);
    this.#signal = options.signal;
    this.#source = source;
    this.#rest = this.#range;
  }

  async next(): Promise<Item | undefined> {
    const item = this.#readOne();
    if (++this.#readCount % READS_PER_PAUSE === 0) await this.#pacer.pause();
    if (this.#signal !== undefined) await refuseIfAborted(this.#signal);
    return item;
  }

  async nextMany(size: number): Promise<Item[]> {
    const items: Item[] = [];
    while (items.length < size) {
      const item = this.#readOne();
      if (item === undefined) break;
      items.push(item);
    }
    await this.#pacer.pause();
    if (this.#signal !== undefined) await refuseIfAborted(this.#signal);
    return items;
  }

  seek(target: LevelData): void {
    this.#reading?.return?.();
    this.#reading = undefined;
    this.#rest = restFrom(this.#range, toStoreKey(target));
  }

  close(): void {
    this.#reading?.return?.();
    if (this.#ownsState) this.#state.close();
  }

  #readOne(): Item | undefined {
    if (this.#rest === undefined) return undefined;
    this.#reading ??= this.#source.read(this.#state, this.#rest);
    const result = this.#reading.next();
    return result.done === true ? undefined : this.#source.make(result.value);
  }
}

/** Reads are synchronous: whoever aborts while one is under way does so before this turn is over. */
async function refuseIfAborted(signal: AbortSignal): Promise<void> {
  await undefined;
  if (!signal.aborted) return;
  const error = new Error('Operation has been aborted', { cause: signal.reason });
  throw Object.assign(error, { name: 'AbortError', code: 'LEVEL_ABORTED' });
}

/** Entries; the side that was not asked for is undefined and, if it is the value, not read. */
function walkEntries(
  store: Store,
  options: LevelIteratorOptions,
): Walk<Entry, LevelEntry> | Walk<Uint8Array, LevelEntry> {
  const { keyEncoding, valueEncoding, keys, values } = options;
  const makeKey = (key: Uint8Array) => (keys === false ? undefined : fromStoreKey(key, keyEncoding));
  if (values === false) {
    return new Walk(store, options, {
      read: (state, range) => state.keys(range),
      make: (key): LevelEntry => [makeKey(key), undefined],
    });
  }
  return new Walk(store, options, {
    read: (state, range) => state.entries(range),
    make: ([key, value]): LevelEntry => [makeKey(key), fromBytes(value, valueEncoding)],
  });
}

export class LevelEntryIterator<Database, K, V> extends AbstractIterator<Database, K, V> {
  readonly #walk: Walk<Entry, LevelEntry> | Walk<Uint8Array, LevelEntry>;

  constructor(db: Database, store: Store, options: LevelIteratorOptions) {
    super(db, options as object);
    this.#walk = walkEntries(store, options);
  }

  _next(): Promise<LevelEntry | undefined> {
    return this.#walk.next();
  }

  _nextv(size: number): Promise<LevelEntry[]> {
    return this.#walk.nextMany(size);
  }

  _seek(target: LevelData): void {
    this.#walk.seek(target);
  }

  async _close(): Promise<void> {
    this.#walk.close();
  }
}

export class LevelKeyIterator<Database, K> extends AbstractKeyIterator<Database, K> {
  readonly #walk: Walk<Uint8Array, LevelData>;

  constructor(db: Database, store: Store, options: LevelIteratorOptions) {
    super(db, options as object);
    this.#walk = new Walk(store, options, {
      read: (state, range) => state.keys(range),
      make: (key) => fromStoreKey(key, options.keyEncoding),
    });
  }

  _next(): Promise<LevelData | undefined> {
    return this.#walk.next();
  }

  _nextv(size: number): Promise<LevelData[]> {
    return this.#walk.nextMany(size);
  }

  _seek(target: LevelData): void {
    this.#walk.seek(target);
  }

  async _close(): Promise<void> {
    this.#walk.close();
  }
}

export class LevelValueIterator<Database, K, V> extends AbstractValueIterator<Database, K, V> {
  readonly #walk: Walk<Entry, LevelData>;

  constructor(db: Database, store: Store, options: LevelIteratorOptions) {
    super(db, options as object);
    this.#walk = new Walk(store, options, {
      read: (state, range) => state.entries(range),
      make: ([, value]) => fromBytes(value, options.valueEncoding),
    });
  }

  _next(): Promise<LevelData | undefined> {
    return this.#walk.next();
  }

  _nextv(size: number): Promise<LevelData[]> {
    return this.#walk.nextMany(size);
  }

  _seek(target: LevelData): void {
    this.#walk.seek(target);
  }

  async _close(): Promise<void> {
    this.#walk.close();
  }
}
