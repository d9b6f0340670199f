/**
 * Explores what crashes leave of a store: for the states of `crashStates.ts` it recovers, checks, crashes again
 * within the recovery, recovers again, writes and goes on.
 *
 * What must hold after every crash: everything acknowledged as durable is there; the store holds the state after some
 * number of calls, in their order, with batches whole and no deleted key back; the keydir, whichever way it was
 * loaded, equals a full scan; `verify` finds nothing; the store takes writes, and they are there at the next opening.
 */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Store } from '../../src/engine/store.ts';
import { type CrashState, everyCrash, hardestCrash, randomCrash } from './crashStates.ts';
import { SeededRandom } from './seededRandom.ts';
import { type DiskImage, type FrozenDisk, SimulatedDisk } from './simulatedDisk.ts';
import {
  applyMutations,
  fingerprint,
  type History,
  HistoryRun,
  isWorthAMoment,
  type Moment,
  QUIET_OPTIONS,
  randomHistory,
  STORE_DIRECTORY,
} from './storeHistory.ts';
import type { Mutation, StoreModel } from './storeModel.ts';

/** How many states of a moment are tried: all of them, or so many at random (besides the hardest one). */
export type Thoroughness = 'every' | number;

export interface ExplorerOptions {
  readonly thoroughness: Thoroughness;
  /** The same for each operation of a recovery at which it crashes again. */
  readonly recoveryThoroughness: Thoroughness;
  /** At how many operations of each recovery it crashes again, and of the writing and closing that follow. */
  readonly recoveryMoments: Thoroughness;
}

/** What a store that survived a crash may hold. */
interface Expectation {
  readonly states: readonly StoreModel[];
  readonly minimum: number;
  readonly maximum: number;
  readonly nowMs: number;
  readonly history: History;
}

interface Recovered {
  readonly state: StoreModel;
  /** The disk after each operation of the opening. */
  readonly duringOpening: readonly FrozenDisk[];
  /** And after each operation of going on. */
  readonly goingOn: readonly FrozenDisk[];
}

const MARK: Mutation = { type: 'put', key: 'written after the crash', value: Uint8Array.of(1, 2, 3) };

export class CrashExplorer {
  /** Different states explored: those that a history left, and those that a recovery left. */
  historyStateCount = 0;
  recoveryStateCount = 0;
  readonly #options: ExplorerOptions;
  readonly #seen = new Set<string>();

  constructor(options: ExplorerOptions) {
    this.#options = options;
  }

  get stateCount(): number {
    return this.historyStateCount + this.recoveryStateCount;
  }

  /** `random` decides which states are tried where not all are. */
  async explore(history: History, random: SeededRandom): Promise<void> {
    const run = new HistoryRun(history, random);
    await run.run();
    this.#seen.clear();
    for (const [index, moment] of run.moments.entries()) {
      for (const crash of choose(moment.disk, this.#options.thoroughness, random)) {
        try {
          await this.#exploreCrash(crash, run, moment, random);
        } catch (error) {
          const place = `operation ${index} of ${run.moments.length}, ${moment.description}`;
          throw describeFailure(error, `${place}; ${crash.description}`, history);
        }
      }
    }
  }

  async #exploreCrash(crash: CrashState, run: HistoryRun, moment: Moment, random: SeededRandom): Promise<void> {
    const { durableCount, issuedCount, nowMs } = moment;
    const key = `${durableCount} ${issuedCount} ${nowMs}`;
    if (this.#wasSeen(crash.image, key)) return;
    this.historyStateCount++;
    const expectation: Expectation = {
      states: run.states,
      minimum: durableCount,
      maximum: issuedCount,
      nowMs,
      history: run.history,
    };
    for (const { directory, state } of moment.checkpoints) await checkCheckpoint(crash.image, directory, state, nowMs);
    const recovered = await recoverAndGoOn(crash.image, expectation);
    for (const disk of this.#sample(recovered.duringOpening, random)) {
      await this.#crashAgain(disk, expectation, random, 'opening');
    }
    const afterwards: Expectation = {
      ...expectation,
      states: [recovered.state, recovered.state.with([MARK], nowMs)],
      minimum: 0,
      maximum: 1,
    };
    for (const disk of this.#sample(recovered.goingOn, random)) {
      await this.#crashAgain(disk, afterwards, random, 'going on');
    }
  }

  #sample(disks: readonly FrozenDisk[], random: SeededRandom): readonly FrozenDisk[] {
    const count = this.#options.recoveryMoments;
    return count === 'every' ? disks : Array.from({ length: count }, () => random.pick(disks));
  }

  async #crashAgain(disk: FrozenDisk, expectation: Expectation, random: SeededRandom, during: string): Promise<void> {
    for (const crash of choose(disk, this.#options.recoveryThoroughness, random)) {
      if (this.#wasSeen(crash.image, `${during} ${expectation.minimum} ${expectation.maximum}`)) continue;
      this.recoveryStateCount++;
      try {
        await recoverAndGoOn(crash.image, expectation);
      } catch (error) {
        (error as Error).message =
          `after a second crash while ${during} (${crash.description}): ${(error as Error).message}`;
        throw error;
      }
    }
  }

  #wasSeen(image: DiskImage, key: string): boolean {
    const hash = createHash('sha1').update(key);
    for (const [path, files] of image) {
      for (const [name, bytes] of files) hash.update(`${path}/${name} ${bytes.length} `).update(bytes);
    }
    const digest = hash.digest('base64');
    if (this.#seen.has(digest)) return true;
    this.#seen.add(digest);
    return false;
  }
}

function choose(disk: FrozenDisk, thoroughness: Thoroughness, random: SeededRandom): Iterable<CrashState> {
  if (thoroughness === 'every') return everyCrash(disk);
  return [hardestCrash(disk), ...Array.from({ length: thoroughness }, () => randomCrash(disk, random))];
}

/** Opens what a crash left, checks it, writes, closes, and opens and checks it again. */
async function recoverAndGoOn(image: DiskImage, expectation: Expectation): Promise<Recovered> {
  const disk = new SimulatedDisk(image);
  const moments: FrozenDisk[] = [];
  disk.onChange = (call) => {
    if (isWorthAMoment(call)) moments.push(disk.freeze());
  };
  const store = await open(disk, expectation);
  const openingCount = moments.length;
  const state = matchingState(fingerprint(store), expectation);
  await checkSound(store);
  await applyMutations(store, [MARK]);
  await store.close();
  assert.equal(disk.openFileCount, 0, 'descriptors were left open');
  disk.onChange = undefined;
  const again = await open(disk, expectation);
  const expected = state.with([MARK], expectation.nowMs).fingerprint(expectation.nowMs);
  assert.equal(fingerprint(again), expected, 'after the recovery, a write and a closing the store differs');
  await again.close();
  return { state, duringOpening: moments.slice(0, openingCount), goingOn: moments.slice(openingCount) };
}

function open(disk: SimulatedDisk, { history, nowMs }: Expectation): Promise<Store> {
  const { durability, maxSegmentSizeBytes } = history;
  const options = { ...QUIET_OPTIONS, durability, maxSegmentSizeBytes, now: () => nowMs };
  return Store.open(STORE_DIRECTORY, options, disk);
}

function matchingState(shown: string, { states, minimum, maximum, nowMs }: Expectation): StoreModel {
  for (let count = maximum; count >= minimum; count--) {
    const state = states[count] as StoreModel;
    if (state.fingerprint(nowMs) === shown) return state;
  }
  const elsewhere = states.findIndex((state) => state.fingerprint(nowMs) === shown);
  const detail = elsewhere === -1 ? 'no state of the history' : `the state after ${elsewhere} calls`;
  assert.fail(`the store must hold the state after ${minimum} to ${maximum} calls; it holds ${detail}: ${shown}`);
}

async function checkSound(store: Store): Promise<void> {
  const report = await store.verify();
  assert.deepEqual(report.problems, [], 'verify finds problems');
  assert.equal(report.ok, true);
}

async function checkCheckpoint(image: DiskImage, directory: string, state: StoreModel, nowMs: number): Promise<void> {
  const copy = await Store.open(directory, { readOnly: true, now: () => nowMs }, new SimulatedDisk(image));
  assert.equal(fingerprint(copy), state.fingerprint(nowMs), `the checkpoint ${directory} differs`);
  await checkSound(copy);
  await copy.close();
}

function describeFailure(error: unknown, place: string, history: History): Error {
  const short = JSON.stringify(history, (_, value) =>
    value instanceof Uint8Array
      ? value.length > 40
        ? `${value.length} bytes`
        : Buffer.from(value).toString('hex')
      : value,
  );
  return new Error(`${(error as Error).message}\n  at ${place}\n  history: ${short}`, { cause: error });
}

/** Explores the random history that a seed stands for; a failure names the seed. */
export async function exploreSeed(explorer: CrashExplorer, seed: number, length: number): Promise<void> {
  const random = new SeededRandom(seed);
  try {
    await explorer.explore(randomHistory(random, length), random);
  } catch (error) {
    throw new Error(`STRATA_CRASH_SEED=${seed} replays this: ${(error as Error).message}`, { cause: error });
  }
}
