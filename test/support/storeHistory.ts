/** Histories of a store: what is done to it step by step, and runs of them on a simulated disk. */

import assert from 'node:assert/strict';
import type { Durability, StoreOptions } from '../../src/engine/api.ts';
import { Store } from '../../src/engine/store.ts';
import { HINT_EXTENSION, SNAPSHOT_NAME, TEMPORARY_EXTENSION } from '../../src/format/fileName.ts';
import type { SeededRandom } from './seededRandom.ts';
import { type DiskCall, type FrozenDisk, SimulatedDisk } from './simulatedDisk.ts';
import { keyBytes, type Mutation, StoreModel } from './storeModel.ts';

export const STORE_DIRECTORY = '/store';

/** Nothing happens by itself, what is read was on the disk, and other things go on during a sync. */
export const QUIET_OPTIONS: StoreOptions = {
  compaction: 'manual',
  snapshotIntervalMs: 0,
  cacheSizeBytes: 0,
  maxBlockingSyncMs: 0,
};

export type RecoveryPath = 'snapshot' | 'hints' | 'mixed' | 'scan';

export type HistoryStep =
  /** Issued together, without waiting in between. Each inner list is one call: several mutations are a batch. */
  | { readonly do: 'write'; readonly calls: readonly (readonly Mutation[])[] }
  /** Bit i of `mask` takes the i-th sealed segment (and the 32nd after it); undefined: all. */
  | { readonly do: 'compact'; readonly mask?: number }
  | { readonly do: 'sync' }
  | { readonly do: 'reopen'; readonly by: RecoveryPath }
  | { readonly do: 'checkpoint' }
  | { readonly do: 'wait'; readonly ms: number };

export interface History {
  readonly durability: Durability;
  readonly maxSegmentSizeBytes: number;
  /** Default `queue`. */
  readonly writeSerialization?: 'queue' | 'lock';
  readonly steps: readonly HistoryStep[];
}

/** The disk after one of its operations, with what was promised by then. */
export interface Moment {
  readonly disk: FrozenDisk;
  readonly description: string;
  /** The first so many calls were acknowledged as durable. */
  readonly durableCount: number;
  /** So many calls were made. */
  readonly issuedCount: number;
  readonly nowMs: number;
  /** Checkpoints that are complete, and the state that each holds. */
  readonly checkpoints: readonly Checkpoint[];
}

export interface Checkpoint {
  readonly directory: string;
  readonly state: StoreModel;
}

/** Runs a history and remembers every state of model and disk. */
export class HistoryRun {
  readonly history: History;
  /** `states[n]` is what the store holds after n calls. */
  readonly states: StoreModel[] = [new StoreModel()];
  readonly moments: Moment[] = [];
  readonly disk = new SimulatedDisk();
  nowMs = 1_700_000_000_000;
  #durableCount = 0;
  #step = 'opening';
  readonly #checkpoints: Checkpoint[] = [];

  /** `random` decides how long the disk takes for what it does beside the program. */
  constructor(history: History, random: SeededRandom) {
    this.history = history;
    this.disk.turn = async () => {
      for (let turns = random.below(4); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
    };
  }

  async run(): Promise<void> {
    this.disk.onChange = (call) => {
      if (!isWorthAMoment(call)) return;
      this.moments.push({
        disk: this.disk.freeze(),
        description: `${this.#step}, after ${call.kind} ${call.path}`,
        durableCount: this.#durableCount,
        issuedCount: this.states.length - 1,
        nowMs: this.nowMs,
        checkpoints: this.#checkpoints.slice(),
      });
    };
    let store = await this.#open();
    for (const [index, step] of this.history.steps.entries()) {
      this.#step = `step ${index} (${step.do})`;
      this.nowMs++;
      store = await this.#take(store, step);
      assert.equal(fingerprint(store), this.#state.fingerprint(this.nowMs), `${this.#step}: the store differs`);
    }
    this.#step = 'closing';
    await store.close();
    assert.equal(this.disk.openFileCount, 0, 'descriptors were left open');
  }

  get #state(): StoreModel {
    return this.states.at(-1) as StoreModel;
  }

  #open(): Promise<Store> {
    const { durability, maxSegmentSizeBytes, writeSerialization = 'queue' } = this.history;
    const now = () => this.nowMs;
    const options = { ...QUIET_OPTIONS, durability, maxSegmentSizeBytes, writeSerialization, now };
    return Store.open(STORE_DIRECTORY, options, this.disk);
  }

  async #take(store: Store, step: HistoryStep): Promise<Store> {
    if (step.do === 'write') await Promise.all(step.calls.map((call) => this.#write(store, call)));
    else if (step.do === 'compact') await compactMasked(store, step.mask);
    else if (step.do === 'wait') this.nowMs += step.ms;
    else if (step.do === 'sync') {
      await store.sync();
      this.#durableCount = this.states.length - 1;
    } else if (step.do === 'checkpoint') await this.#checkpoint(store);
    else return this.#reopen(store, step.by);
    return store;
  }

  async #write(store: Store, mutations: readonly Mutation[]): Promise<void> {
    this.states.push(this.#state.with(mutations, this.nowMs));
    const count = this.states.length - 1;
    await applyMutations(store, mutations);
    const { durability } = this.history;
    if (durability === 'fsync' || durability === 'dsync') this.#durableCount = Math.max(this.#durableCount, count);
  }

  async #checkpoint(store: Store): Promise<void> {
    const directory = `/checkpoint-${this.#checkpoints.length}`;
    await store.checkpoint(directory);
    this.#checkpoints.push({ directory, state: this.#state });
  }

  async #reopen(store: Store, by: RecoveryPath): Promise<Store> {
    await store.close();
    this.#durableCount = this.states.length - 1;
    removeCaches(this.disk, by);
    return this.#open();
  }
}

/** What a temporary file holds counts for nothing until it is renamed: a few of its many writes are enough. */
export function isWorthAMoment(call: DiskCall): boolean {
  return call.kind !== 'write' || !call.path.endsWith(TEMPORARY_EXTENSION) || call.index % 64 === 0;
}

/** Deletes the caches that would let the store be opened in a quicker way than `by`. */
export function removeCaches(disk: SimulatedDisk, by: RecoveryPath): void {
  if (by === 'snapshot') return;
  disk.remove(disk.join(STORE_DIRECTORY, SNAPSHOT_NAME));
  const hints = (disk.list(STORE_DIRECTORY) ?? []).filter((name) => name.endsWith(HINT_EXTENSION));
  const doomed = by === 'hints' ? [] : hints.filter((_, index) => by === 'scan' || index % 2 === 0);
  for (const name of doomed) disk.remove(disk.join(STORE_DIRECTORY, name));
  disk.syncDirectory(STORE_DIRECTORY);
}

export async function applyMutations(store: Store, mutations: readonly Mutation[]): Promise<void> {
  const [first] = mutations;
  if (first === undefined) return;
  if (mutations.length > 1) {
    await store.batch(mutations.map((mutation) => ({ ...mutation, key: keyBytes(mutation.key) })));
  } else if (first.type === 'del') {
    await store.del(keyBytes(first.key));
  } else {
    await store.put(keyBytes(first.key), first.value, first.ttlMs === undefined ? {} : { ttlMs: first.ttlMs });
  }
}

export async function compactMasked(store: Store, mask: number | undefined): Promise<void> {
  if (mask === undefined) {
    await store.compact();
    return;
  }
  const sealed = store.stats().segments.filter(({ state }) => state === 'sealed');
  const chosen = sealed.filter((_, index) => ((mask >>> (index % 32)) & 1) === 1);
  await store.compact({ segmentIds: chosen.map(({ segmentId }) => segmentId) });
}

/** What the store shows, in the form of `StoreModel.fingerprint`. */
export function fingerprint(store: Pick<Store, 'entries'>): string {
  let text = '';
  for (const [key, value] of store.entries()) {
    text += `${Buffer.from(key).toString('hex')}=${Buffer.from(value).toString('hex')};`;
  }
  return text;
}

const KEYS = ['a', 'b', 'ba', 'c', '\x00', '\xff\xff', 'a much longer key than all others'];
const SEGMENT_SIZES = [1, 60, 120, 300, 1000, 4096, 1_000_000];

/** A history of about `length` steps, everything in it chosen at random. */
export function randomHistory(random: SeededRandom, length: number): History {
  const durability = random.pick<Durability>(['fsync', 'fsync', 'dsync', 'os', 'os', { intervalMs: 1_000_000 }]);
  const steps = Array.from({ length }, () => randomStep(random));
  const writeSerialization = random.oneIn(4) ? 'lock' : 'queue';
  return { durability, maxSegmentSizeBytes: random.pick(SEGMENT_SIZES), writeSerialization, steps };
}

function randomStep(random: SeededRandom): HistoryStep {
  const number = random.below(20);
  if (number < 12) {
    return { do: 'write', calls: Array.from({ length: 1 + random.below(4) }, () => randomCall(random)) };
  }
  if (number < 15) return random.oneIn(3) ? { do: 'compact' } : { do: 'compact', mask: random.below(256) };
  if (number < 16) return { do: 'sync' };
  if (number < 18) {
    return { do: 'reopen', by: random.pick<RecoveryPath>(['snapshot', 'hints', 'mixed', 'scan']) };
  }
  return number < 19 ? { do: 'wait', ms: random.below(60) } : { do: 'checkpoint' };
}

function randomCall(random: SeededRandom): Mutation[] {
  const count = random.oneIn(4) ? 2 + random.below(3) : 1;
  return Array.from({ length: count }, () => randomMutation(random));
}

function randomMutation(random: SeededRandom): Mutation {
  const key = random.pick(KEYS);
  if (random.oneIn(3)) return { type: 'del', key };
  const value = random.bytes(random.oneIn(6) ? 400 + random.below(900) : random.below(30));
  return random.oneIn(5) ? { type: 'put', key, value, ttlMs: 1 + random.below(100) } : { type: 'put', key, value };
}
