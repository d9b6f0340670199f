/**
 * Puts, deletes, batches, compactions and readers of older states at the same time, with the disk answering in an
 * order that a seed decides. Then the store is reopened.
 */

import assert from 'node:assert/strict';
import type { Durability } from '../../src/engine/api.ts';
import { Store } from '../../src/engine/store.ts';
import { SeededRandom } from '../support/seededRandom.ts';
import { SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS, type RecoveryPath, removeCaches, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes } from '../support/storeModel.ts';

const SEEDS = 150;
const CLIENTS = 4;
const CALLS_OF_A_CLIENT = 25;

const utf8 = (text: string) => new TextEncoder().encode(text);

/** Answers the disk's waiting calls one at a time, in random order. */
class RandomTurns {
  readonly #waiting: (() => void)[] = [];
  readonly #random: SeededRandom;
  #isRunning = false;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  wait(): Promise<void> {
    this.#start();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    setImmediate(() => this.#answer());
  }

  #answer(): void {
    if (this.#random.oneIn(2)) this.#waiting.splice(this.#random.below(this.#waiting.length), 1)[0]?.();
    this.#isRunning = false;
    if (this.#waiting.length > 0) this.#start();
  }
}

/** A client with keys of its own, and a pair of keys that it always writes together. */
async function client(store: Store, id: number, random: SeededRandom): Promise<Map<string, string | undefined>> {
  const last = new Map<string, string | undefined>();
  for (let i = 0; i < CALLS_OF_A_CLIENT; i++) {
    const key = `${id} ${random.below(4)}`;
    const value = `${i}`.repeat(1 + random.below(20));
    const kind = random.below(4);
    if (kind === 0) {
      last.set(key, undefined);
      await store.del(keyBytes(key));
    } else if (kind === 1) {
      const pair = [`${id} pair a`, `${id} pair b`];
      for (const name of pair) last.set(name, value);
      await store.batch(pair.map((name) => ({ type: 'put' as const, key: keyBytes(name), value: utf8(value) })));
    } else {
      last.set(key, value);
      await store.put(keyBytes(key), utf8(value));
    }
    const shown = store.get(keyBytes(key));
    if (kind !== 1)
      assert.deepEqual(shown, kind === 0 ? undefined : utf8(value), 'a client does not see its own write');
  }
  return last;
}

/** Reads snapshots again and again: each must stay the same, and never show half of a pair. */
async function readSnapshots(store: Store, isOver: () => boolean, random: SeededRandom): Promise<void> {
  while (!isOver()) {
    const snapshot = store.snapshot();
    const read = () =>
      [...snapshot.entries()].map(([key, value]) => `${Buffer.from(key)}=${Buffer.from(value)}`).join();
    const first = read();
    for (let rounds = random.below(6); rounds >= 0; rounds--) {
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(read(), first, 'a snapshot changed');
    }
    for (let id = 0; id < CLIENTS; id++) {
      assert.deepEqual(snapshot.get(keyBytes(`${id} pair a`)), snapshot.get(keyBytes(`${id} pair b`)), 'half a batch');
    }
    snapshot.close();
  }
}

async function compactAgainAndAgain(store: Store, isOver: () => boolean, random: SeededRandom): Promise<void> {
  while (!isOver()) {
    const sealed = store.stats().segments.filter(({ state }) => state === 'sealed');
    const some = random.subset(sealed).map(({ segmentId }) => segmentId);
    await store.compact(random.oneIn(3) ? {} : { segmentIds: some });
    const report = random.oneIn(2) ? await store.verify() : undefined;
    if (report !== undefined) assert.deepEqual(report.problems, [], 'verify finds problems beside writers');
    assert.deepEqual((await store.replay()).differences, [], 'replay finds differences beside writers');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function runSeed(seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const disk = new SimulatedDisk();
  const turns = new RandomTurns(random);
  disk.turn = () => turns.wait();
  const options = {
    ...QUIET_OPTIONS,
    durability: random.pick<Durability>(['fsync', 'dsync', 'os', { intervalMs: 3 }]),
    maxSegmentSizeBytes: random.pick([1, 150, 600, 1_000_000]),
    writeSerialization: random.pick(['queue', 'lock'] as const),
    cacheSizeBytes: random.pick([0, 16_384, 1_000_000]),
    maxBlockingSyncMs: random.pick([0, 1]),
  };
  const store = await Store.open(STORE_DIRECTORY, options, disk);
  let isOver = false;
  const others = [
    compactAgainAndAgain(store, () => isOver, random),
    readSnapshots(store, () => isOver, random),
    readSnapshots(store, () => isOver, random),
  ];
  const clients = Array.from({ length: CLIENTS }, (_, id) => client(store, id, random));
  const expected = await Promise.all(clients).finally(() => {
    isOver = true;
  });
  await Promise.all(others);
  await store.close();
  assert.equal(disk.openFileCount, 0, 'descriptors were left open');
  removeCaches(disk, random.pick<RecoveryPath>(['snapshot', 'hints', 'mixed', 'scan']));
  const reopened = await Store.open(STORE_DIRECTORY, options, disk);
  for (const keys of expected) {
    for (const [key, value] of keys) {
      assert.deepEqual(reopened.get(keyBytes(key)), value === undefined ? undefined : utf8(value), `the key "${key}"`);
    }
  }
  assert.deepEqual((await reopened.verify()).problems, []);
  await reopened.close();
}

describe('Interleavings of writes, compactions and readers', function () {
  this.timeout(0);
  const realNow = performance.now;

  // Long work lets others run when its slice of time is over: here every slice is over at once.
  before(() => {
    let fakeMs = 0;
    performance.now = () => {
      fakeMs += 100;
      return fakeMs;
    };
  });
  after(() => {
    performance.now = realNow;
  });

  it(`leave what every client wrote last, in ${SEEDS} orders`, async () => {
    const chosenSeed = process.env['STRATA_INTERLEAVING_SEED'];
    const firstSeed = chosenSeed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(chosenSeed);
    for (let seed = firstSeed; seed < firstSeed + (chosenSeed === undefined ? SEEDS : 1); seed++) {
      try {
        await runSeed(seed);
      } catch (error) {
        throw new Error(`STRATA_INTERLEAVING_SEED=${seed} replays this: ${(error as Error).message}`, { cause: error });
      }
    }
  });
});
