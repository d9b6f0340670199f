import {
  type AbstractBatchDelOperation,
  type AbstractBatchOptions,
  type AbstractBatchPutOperation,
  type AbstractChainedBatch,
  type AbstractChainedBatchPutOptions,
  type AbstractChainedBatchWriteOptions,
  type AbstractDatabaseOptions,
  type AbstractDelOptions,
  AbstractLevel,
  type AbstractPutOptions,
} from 'abstract-level';
import type { BatchOperation, KeyRange, PutOptions, StoreOptions } from '../engine/api.ts';
import { Store } from '../engine/store.ts';
import type { StoreSnapshot } from '../engine/storeSnapshot.ts';
import { StrataError, type StrataErrorCode } from '../engine/strataError.ts';
import { fromBytes, type LevelData, type LevelFormat, toBytes, toStoreKey } from './levelData.ts';
import {
  LevelEntryIterator,
  type LevelIteratorOptions,
  LevelKeyIterator,
  LevelValueIterator,
} from './levelIterators.ts';
import { type LevelRangeOptions, restBehind, toStoreRange } from './levelRange.ts';
import { LevelSnapshot } from './levelSnapshot.ts';
import { WritesUnderWay } from './writesUnderWay.ts';

/** Options of abstract-level, and those of the store. */
export type StrataLevelOptions<K, V> = AbstractDatabaseOptions<K, V> & StoreOptions;

/** What abstract-level hands to the private methods that read. */
interface ReadOptions {
  readonly valueEncoding: LevelFormat;
  readonly snapshot?: LevelSnapshot;
}

interface SyncOption {
  /** Resolve only when the write is on disk, whatever the store's durability. */
  readonly sync?: boolean;
}

type WriteOptions = PutOptions & SyncOption;

/** An operation of a batch. A put may have a time to live. */
export type StrataBatchOperation<Database, K, V> =
  | (AbstractBatchPutOperation<Database, K, V> & PutOptions)
  | AbstractBatchDelOperation<Database, K>;

/** A batch that is put together by calls. A put may have a time to live. */
export interface StrataChainedBatch<Database, K, V> extends AbstractChainedBatch<Database, K, V> {
  put(key: K, value: V): this;
  put<K2 = K, V2 = V>(key: K2, value: V2, options: AbstractChainedBatchPutOptions<Database, K2, V2> & PutOptions): this;
  write(): Promise<void>;
  write(options: AbstractChainedBatchWriteOptions & SyncOption): Promise<void>;
}

interface ClearOptions extends LevelRangeOptions {
  readonly limit: number;
  readonly snapshot?: LevelSnapshot;
}

/** All that the contract knows. `getSync` is missing in the types of level-supports. */
const MANIFEST = {
  encodings: { utf8: true, buffer: true, view: true },
  implicitSnapshots: true,
  explicitSnapshots: true,
  has: true,
  getSync: true,
  seek: true,
  permanence: true,
  createIfMissing: true,
  errorIfExists: true,
  signals: { iterators: true },
};

/** A `clear` deletes so many keys at a time. */
const CLEAR_BATCH_SIZE = 1000;

/**
 * A Strata store as an abstract-level database. `location` is the store's directory.
 *
 * Every feature of the contract is there: implicit and explicit snapshots, `seek`, `getSync`, `has`, sublevels,
 * deferred open, the encodings utf8, buffer and view without translation. Besides: a put takes `ttlMs` or `expiryMs`,
 * also in a batch, writes take `sync`, and `store` leads to what abstract-level has no name for, such as `compact`,
 * `history` and `verify`.
 */
export class StrataLevel<K = string, V = string> extends AbstractLevel<LevelData, K, V> {
  readonly location: string;
  #store: Store | undefined;
  #hasFailedToClose = false;
  readonly #writes = new WritesUnderWay();

  constructor(location: string, options?: StrataLevelOptions<K, V>) {
    if (typeof location !== 'string' || location === '') {
      throw new TypeError("The first argument 'location' must be the path of a directory.");
    }
    super(MANIFEST, options);
    this.location = location;
  }

  /** The engine's store, while the database is open. Its keys are those of the database, as bytes. */
  get store(): Store | undefined {
    return this.#store;
  }

  override put(key: K, value: V): Promise<void>;
  override put<K2 = K, V2 = V>(key: K2, value: V2, options: AbstractPutOptions<K2, V2> & WriteOptions): Promise<void>;
  override put(key: unknown, value: unknown, options: object = {}): Promise<void> {
    return super.put(key, value, options);
  }

  override del(key: K): Promise<void>;
  override del<K2 = K>(key: K2, options: AbstractDelOptions<K2> & SyncOption): Promise<void>;
  override del(key: unknown, options: object = {}): Promise<void> {
    return super.del(key, options);
  }

  override batch(operations: StrataBatchOperation<this, K, V>[]): Promise<void>;
  override batch<K2 = K, V2 = V>(
    operations: StrataBatchOperation<this, K2, V2>[],
    options: AbstractBatchOptions<K2, V2> & SyncOption,
  ): Promise<void>;
  override batch(): StrataChainedBatch<this, K, V>;
  override batch(...args: unknown[]): Promise<void> & StrataChainedBatch<this, K, V> {
    // Without arguments it is another function.
    return (super.batch as (...args: unknown[]) => Promise<void> & StrataChainedBatch<this, K, V>)(...args);
  }

  async _open(options: StoreOptions): Promise<void> {
    try {
      this.#store = await Store.open(this.location, options);
    } catch (error) {
      throw inTermsOfLevel(error, this.location);
    }
  }

  async _close(): Promise<void> {
    try {
      if (!this.#hasFailedToClose) await this.#open.close();
    } catch (error) {
      // The store has given up its files and its lock all the same, but to abstract-level the database is open still.
      this.#hasFailedToClose = true;
      throw inTermsOfLevel(error, this.location);
    }
    this.#hasFailedToClose = false;
    this.#store = undefined;
  }

  async _put(key: LevelData, value: LevelData, options: WriteOptions): Promise<void> {
    const bytes = toStoreKey(key);
    const put = this.#open.put(bytes, toBytes(value), expiryOptions(options));
    const { sync } = options;
    await this.#writes.note(() => [bytes], put);
    if (sync === true) await this.#open.sync();
  }

  async _get(key: LevelData, options: ReadOptions): Promise<LevelData | undefined> {
    return this._getSync(key, options);
  }

  _getSync(key: LevelData, options: ReadOptions): LevelData | undefined {
    const value = this.#stateOf(options).get(toStoreKey(key));
    return value === undefined ? undefined : fromBytes(value, options.valueEncoding);
  }

  async _getMany(keys: readonly LevelData[], options: ReadOptions): Promise<(LevelData | undefined)[]> {
    const values = this.#stateOf(options).getMany(keys.map(toStoreKey));
    return values.map((value) => (value === undefined ? undefined : fromBytes(value, options.valueEncoding)));
  }

  async _has(key: LevelData, options: ReadOptions): Promise<boolean> {
    return this.#stateOf(options).has(toStoreKey(key));
  }

  async _hasMany(keys: readonly LevelData[], options: ReadOptions): Promise<boolean[]> {
    const state = this.#stateOf(options);
    return keys.map((key) => state.has(toStoreKey(key)));
  }

  async _del(key: LevelData, { sync }: WriteOptions): Promise<void> {
    await this.#open.del(toStoreKey(key));
    if (sync === true) await this.#open.sync();
  }

  async _batch(operations: readonly LevelOperation[], { sync }: WriteOptions): Promise<void> {
    const batch = operations.map(toStoreOperation);
    await this.#writes.note(() => keysPutBy(batch), this.#open.batch(batch));
    if (sync === true) await this.#open.sync();
  }

  /** What is put from here on stays. What the engine's store is told past the database may be cleared too. */
  async _clear(options: ClearOptions): Promise<void> {
    const { snapshot, limit } = options;
    const range = toStoreRange(options);
    const { lastSequence } = this.#open;
    await this.#writes.watch(async () => {
      if (snapshot === undefined) await this.#clearUntil(lastSequence, range, limit);
      else await this.#clearKeysOf(snapshot.state.keys({ ...range, limit }), lastSequence);
    });
  }

  /**
   * A page of keys is in memory at a time, whatever the size of the range, and its deletes are in the log before the next
   * page is read. No state is kept open for that: it would keep every record that is deleted.
   */
  async #clearUntil(lastSequence: number, range: KeyRange, limit: number): Promise<void> {
    let left = limit === -1 ? Number.POSITIVE_INFINITY : limit;
    for (let rest = range; left > 0; ) {
      const page = [...this.#open.keys({ ...rest, limit: Math.min(left, CLEAR_BATCH_SIZE) })];
      const last = page.at(-1);
      if (last === undefined) return;
      left -= await this.#clearPage(page, lastSequence);
      rest = restBehind(rest, last);
    }
  }

  async #clearKeysOf(keys: Iterable<Uint8Array>, lastSequence: number): Promise<void> {
    let page: Uint8Array[] = [];
    for (const key of keys) {
      page.push(key);
      if (page.length < CLEAR_BATCH_SIZE) continue;
      await this.#clearPage(page, lastSequence);
      page = [];
    }
    await this.#clearPage(page, lastSequence);
  }

  /**
   * Deletes those of the keys that are as they were at `lastSequence`, and returns how many these are. A delete that is
   * queued behind a put would win over it: where one is under way, its outcome decides.
   */
  async #clearPage(keys: readonly Uint8Array[], lastSequence: number): Promise<number> {
    const isOld = (key: Uint8Array) => (this.#open.info(key)?.sequence ?? Number.POSITIVE_INFINITY) <= lastSequence;
    const isFree = (key: Uint8Array) => this.#writes.of(key) === undefined;
    let count = 0;
    for (let old = keys.filter(isOld); old.length > 0; ) {
      const cleared = old.filter(isFree);
      const waiting = old.filter((key) => !isFree(key));
      const writes = waiting.map((key) => this.#writes.of(key));
      await this.#open.batch(cleared.map((key) => ({ type: 'del', key })));
      await Promise.allSettled(writes);
      count += cleared.length;
      old = waiting.filter(isOld);
    }
    return count;
  }

  _iterator(options: LevelIteratorOptions): LevelEntryIterator<this, K, V> {
    return new LevelEntryIterator(this, this.#open, options);
  }

  _keys(options: LevelIteratorOptions): LevelKeyIterator<this, K> {
    return new LevelKeyIterator(this, this.#open, options);
  }

  _values(options: LevelIteratorOptions): LevelValueIterator<this, K, V> {
    return new LevelValueIterator(this, this.#open, options);
  }

  _snapshot(options: object): LevelSnapshot {
    return new LevelSnapshot(this.#open.snapshot(), options);
  }

  #stateOf({ snapshot }: { readonly snapshot?: LevelSnapshot }): Store | StoreSnapshot {
    return snapshot === undefined ? this.#open : snapshot.state;
  }

  /** abstract-level calls the private methods only while the database is open. */
  get #open(): Store {
    return this.#store as Store;
  }
}

type LevelOperation =
  | ({ readonly type: 'put'; readonly key: LevelData; readonly value: LevelData } & PutOptions)
  | { readonly type: 'del'; readonly key: LevelData };

function toStoreOperation(operation: LevelOperation): BatchOperation {
  const key = toStoreKey(operation.key);
  if (operation.type === 'del') return { type: 'del', key };
  return { type: 'put', key, value: toBytes(operation.value), ...expiryOptions(operation) };
}

/** Without what else abstract-level hands over. */
function expiryOptions({ ttlMs, expiryMs }: PutOptions): PutOptions {
  return { ...(ttlMs === undefined ? {} : { ttlMs }), ...(expiryMs === undefined ? {} : { expiryMs }) };
}

function keysPutBy(operations: readonly BatchOperation[]): Uint8Array[] {
  return operations.filter(({ type }) => type === 'put').map(({ key }) => key);
}

/** Codes that people who use several databases ask for. */
const LEVEL_CODES: Partial<Record<StrataErrorCode, string>> = {
  STORE_LOCKED: 'LEVEL_LOCKED',
  STORE_DAMAGED: 'LEVEL_CORRUPTION',
  IO_ERROR: 'LEVEL_IO_ERROR',
  DISK_FULL: 'LEVEL_IO_ERROR',
  PERMISSION_DENIED: 'LEVEL_IO_ERROR',
  TOO_MANY_OPEN_FILES: 'LEVEL_IO_ERROR',
};

/** What failed at opening or closing, with the store's error as its cause. Two things have to be said in certain words. */
function inTermsOfLevel(error: unknown, location: string): unknown {
  if (!(error instanceof StrataError)) return error;
  if (error.code === 'STORE_NOT_FOUND') {
    return new StrataError(error.code, `${location} does not exist (createIfMissing is false).`, { cause: error });
  }
  if (error.code === 'STORE_EXISTS') {
    return new StrataError(error.code, `${location} exists already (errorIfExists is true).`, { cause: error });
  }
  const code = LEVEL_CODES[error.code];
  return code === undefined ? error : Object.assign(new Error(error.message, { cause: error }), { code });
}
