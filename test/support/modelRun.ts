/**
 * A store on a simulated disk beside a plain map that does the same, compared after every step: contents in both
 * directions, ranges, statistics against a scan of the files, and every snapshot and iterator that is still open.
 */

import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Durability, StoreOptions } from '../../src/engine/api.ts';
import { Store } from '../../src/engine/store.ts';
import type { StateIterator, StoreSnapshot } from '../../src/engine/storeSnapshot.ts';
import { segmentFileName } from '../../src/format/fileName.ts';
import { FILE_HEADER_SIZE } from '../../src/format/layout.ts';
import { randomCrash } from './crashStates.ts';
import { scanToLog } from './scanLog.ts';
import { SeededRandom } from './seededRandom.ts';
import { SimulatedDisk } from './simulatedDisk.ts';
import {
  applyMutations,
  compactMasked,
  fingerprint,
  QUIET_OPTIONS,
  type RecoveryPath,
  removeCaches,
  STORE_DIRECTORY,
} from './storeHistory.ts';
import { type Mutation, StoreModel } from './storeModel.ts';

export type ModelStep =
  | { readonly do: 'write'; readonly calls: readonly (readonly Mutation[])[] }
  | { readonly do: 'compact'; readonly mask: number | undefined }
  | { readonly do: 'sync' | 'replay' | 'snapshot' | 'iterate' | 'release' | 'advance' }
  /** One of the open snapshots closes, while the others stay. */
  | { readonly do: 'close'; readonly index: number }
  /** The clock steps on, or back where negative. */
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'reopen'; readonly by: RecoveryPath }
  | { readonly do: 'crash'; readonly seed: number };

export interface ModelOptions {
  readonly durability: Durability;
  readonly maxSegmentSizeBytes: number;
  readonly cacheSizeBytes: number;
  readonly maxBlockingSyncMs: number;
  readonly writeSerialization: 'queue' | 'lock';
}

interface OpenSnapshot {
  readonly snapshot: StoreSnapshot;
  readonly state: StoreModel;
}

interface OpenIterator {
  readonly iterator: StateIterator<[Uint8Array, Uint8Array]>;
  /** What it still has to show. Keys that have expired meanwhile may be missing. */
  readonly left: [string, Uint8Array][];
  readonly state: StoreModel;
}

export class ModelRun {
  readonly #options: ModelOptions;
  #disk = new SimulatedDisk();
  #store: Store | undefined;
  /** Since the last opening: what the store held after each call. */
  #states: StoreModel[] = [new StoreModel()];
  #durableCount = 0;
  #clockMs = 1_700_000_000_000;
  /** The latest time that the store has seen when it looked: its own clock does not run backwards. */
  #latestMs = this.#clockMs;
  #snapshots: OpenSnapshot[] = [];
  #iterators: OpenIterator[] = [];

  constructor(options: ModelOptions) {
    this.#options = options;
  }

  async run(steps: readonly ModelStep[]): Promise<void> {
    await this.#open();
    for (const step of steps) {
      this.#clockMs += step.do === 'wait' ? step.ms : 1;
      await this.#take(step);
      this.#check();
    }
    this.#release();
    assert.deepEqual((await this.#opened.verify()).problems, []);
    await this.#opened.close();
    assert.equal(this.#disk.openFileCount, 0, 'descriptors were left open');
  }

  get #opened(): Store {
    assert.ok(this.#store);
    return this.#store;
  }

  get #state(): StoreModel {
    return this.#states.at(-1) as StoreModel;
  }

  async #open(): Promise<void> {
    const options: StoreOptions = { ...QUIET_OPTIONS, ...this.#options, now: () => this.#look() };
    this.#clockMs = this.#latestMs;
    this.#store = await Store.open(STORE_DIRECTORY, options, this.#disk);
  }

  /** The store, or the model in its place, looks at the clock. */
  #look(): number {
    this.#latestMs = Math.max(this.#latestMs, this.#clockMs);
    return this.#clockMs;
  }

  /** The time that the store will know when it looks. */
  get #seenMs(): number {
    return Math.max(this.#latestMs, this.#clockMs);
  }

  async #take(step: ModelStep): Promise<void> {
    const store = this.#opened;
    if (step.do === 'write') await Promise.all(step.calls.map((call) => this.#write(store, call)));
    else if (step.do === 'compact') await compactMasked(store, step.mask);
    else if (step.do === 'sync') await this.#sync(store);
    else if (step.do === 'replay') assert.deepEqual((await store.replay()).differences, []);
    else if (step.do === 'snapshot') this.#snapshots.push({ snapshot: store.snapshot(), state: this.#state });
    else if (step.do === 'iterate') this.#iterate(store);
    else if (step.do === 'advance') this.#advance();
    else if (step.do === 'release') this.#release();
    else if (step.do === 'close') this.#closeOne(step.index);
    else if (step.do === 'reopen') await this.#reopen(store, step.by);
    else if (step.do === 'crash') await this.#crash(step.seed);
  }

  async #write(store: Store, mutations: readonly Mutation[]): Promise<void> {
    this.#states.push(this.#state.with(mutations, this.#seenMs));
    const count = this.#states.length - 1;
    await applyMutations(store, mutations);
    const { durability } = this.#options;
    if (durability === 'fsync' || durability === 'dsync') this.#durableCount = Math.max(this.#durableCount, count);
  }

  async #sync(store: Store): Promise<void> {
    await store.sync();
    this.#durableCount = this.#states.length - 1;
  }

  #iterate(store: Store): void {
    const left = this.#state.visible(this.#seenMs);
    this.#iterators.push({ iterator: store.entries(), left, state: this.#state });
  }

  /** Every open iterator shows its next key. */
  #advance(): void {
    this.#iterators = this.#iterators.filter(({ iterator, left }) => {
      const step = iterator.next();
      if (step.done === true) {
        assert.deepEqual(this.#unexpired(left), [], 'an iterator ended early');
        return false;
      }
      const key = Buffer.from(step.value[0]).toString('latin1');
      const at = left.findIndex(([name]) => name === key);
      assert.notEqual(at, -1, `an iterator shows the key ${JSON.stringify(key)}, which is not next`);
      assert.deepEqual(this.#unexpired(left.slice(0, at)), [], 'an iterator left out keys');
      assert.deepEqual(step.value[1], left[at]?.[1], 'an iterator shows another value');
      left.splice(0, at + 1);
      return true;
    });
  }

  /** Those of an older state that cannot have expired since. */
  #unexpired(entries: readonly [string, Uint8Array][]): string[] {
    return entries.filter(([key]) => !this.#mayExpire.has(key)).map(([key]) => key);
  }

  readonly #mayExpire = new Set<string>();

  /** Keys that are ever written with a time to live. */
  expectExpiryOf(keys: Iterable<string>): void {
    for (const key of keys) this.#mayExpire.add(key);
  }

  #release(): void {
    for (const { iterator } of this.#iterators) iterator.return();
    for (const { snapshot } of this.#snapshots) snapshot.close();
    this.#iterators = [];
    this.#snapshots = [];
  }

  #closeOne(index: number): void {
    const [closed] = this.#snapshots.splice(index % Math.max(1, this.#snapshots.length), 1);
    closed?.snapshot.close();
  }

  async #reopen(store: Store, by: RecoveryPath): Promise<void> {
    this.#release();
    await store.close();
    assert.equal(this.#disk.openFileCount, 0, 'descriptors were left open');
    removeCaches(this.#disk, by);
    await this.#open();
    this.#startFrom(this.#state);
  }

  async #crash(seed: number): Promise<void> {
    this.#snapshots = [];
    this.#iterators = [];
    this.#disk = new SimulatedDisk(randomCrash(this.#disk.freeze(), new SeededRandom(seed)).image);
    await this.#open();
    const found = fingerprint(this.#opened);
    // States that show the same now may part later.
    const expiries = [...this.#opened.keyInfos()].map(({ expiryMs }) => expiryMs);
    const kept = this.#states.findLastIndex(
      (state) => state.fingerprint(this.#seenMs) === found && isDeepStrictEqual(state.expiries(this.#seenMs), expiries),
    );
    assert.ok(kept >= this.#durableCount, `the state after ${this.#durableCount} calls was durable; ${kept} are left`);
    this.#startFrom(this.#states[kept] as StoreModel);
  }

  #startFrom(state: StoreModel): void {
    this.#states = [state];
    this.#durableCount = 0;
  }

  #check(): void {
    const store = this.#opened;
    const expected = this.#state.visible(this.#seenMs);
    assert.equal(fingerprint(store), this.#state.fingerprint(this.#seenMs));
    const backwards = [...store.keys({ reverse: true })].map((key) => Buffer.from(key).toString('latin1'));
    assert.deepEqual(backwards, expected.map(([key]) => key).reverse());
    assert.equal(store.count(), expected.length);
    const middle = expected[Math.floor(expected.length / 2)]?.[0] ?? 'b';
    const bound = new Uint8Array(Buffer.from(middle, 'latin1'));
    assert.equal(store.count({ gte: bound }), expected.filter(([key]) => key >= middle).length);
    assert.deepEqual(store.get(bound), this.#state.get(middle, this.#seenMs));
    for (const { snapshot, state } of this.#snapshots) this.#checkSnapshot(snapshot, state);
    this.#checkStatistics(store, expected);
  }

  #checkSnapshot(snapshot: StoreSnapshot, state: StoreModel): void {
    const shown = new Map([...snapshot.entries()].map(([key, value]) => [Buffer.from(key).toString('latin1'), value]));
    for (const [key, value] of state.visible(this.#seenMs)) {
      assert.deepEqual(shown.get(key), value, `a snapshot lost ${JSON.stringify(key)}`);
      shown.delete(key);
    }
    assert.deepEqual(this.#unexpired([...shown]), [], 'a snapshot shows keys of another state');
  }

  /** The statistics must be what a scan of the files counts, whose newest records the model decides. */
  #checkStatistics(store: Store, expected: readonly [string, Uint8Array][]): void {
    const stats = store.stats();
    const files = this.#disk.image().get(STORE_DIRECTORY);
    assert.equal(stats.keyCount, expected.length);
    const live = new Map(expected.map(([key]) => [key, { sequence: 0, size: 0, segmentId: 0 }]));
    for (const { segmentId, sizeBytes, recordCount, tombstoneCount } of stats.segments) {
      const bytes = files?.get(segmentFileName(segmentId));
      assert.ok(bytes, `segment ${segmentId} has no file`);
      assert.equal(bytes.length, sizeBytes);
      const records = scanToLog(bytes, { segmentId }).records.filter(({ operation }) => operation !== 'batch');
      assert.equal(recordCount, records.length, `records of segment ${segmentId}`);
      assert.equal(tombstoneCount, records.filter(({ operation }) => operation === 'del').length);
      for (const { key, sequence, size } of records) {
        const newest = live.get(Buffer.from(key, 'hex').toString('latin1'));
        if (newest !== undefined && newest.sequence < sequence) Object.assign(newest, { sequence, size, segmentId });
      }
    }
    for (const { segmentId, sizeBytes, liveBytes, liveCount, deadBytes } of stats.segments) {
      const own = [...live.values()].filter((record) => record.segmentId === segmentId);
      assert.equal(liveCount, own.length, `live records of segment ${segmentId}`);
      const bytes = own.reduce((sum, { size }) => sum + size, 0);
      assert.equal(liveBytes, bytes, `live bytes of segment ${segmentId}`);
      assert.equal(deadBytes, sizeBytes - FILE_HEADER_SIZE - bytes);
    }
  }
}
