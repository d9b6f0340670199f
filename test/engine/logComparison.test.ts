/** The running keydir is compared with the log record by record; what a rebuilt one would say must come out. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Keydir } from '../../src/engine/keydir.ts';
import type { KeydirRecord } from '../../src/engine/keydirEntries.ts';
import { LiveLog } from '../../src/engine/liveLog.ts';
import { LogComparison } from '../../src/engine/logComparison.ts';
import { Pacer } from '../../src/engine/pacer.ts';
import { recoverLog } from '../../src/engine/recovery.ts';
import { compareWithLog, repairKey } from '../../src/engine/replay.ts';
import { SegmentTable } from '../../src/engine/segment.ts';
import { Store } from '../../src/engine/store.ts';
import { StateReader } from '../../src/engine/storeSnapshot.ts';
import { contentsOf, differencesBetween, hex, rebuildKeydir } from '../support/rebuiltKeydir.ts';
import { SimulatedDisk } from '../support/simulatedDisk.ts';
import { applyMutations, compactMasked, QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes, type Mutation } from '../support/storeModel.ts';

const pacer = new Pacer('Comparing');

function logWith(keydir: Keydir, lastSequence: number, now: () => number): LiveLog {
  return new LiveLog({
    storage: new SimulatedDisk(),
    directory: STORE_DIRECTORY,
    segments: new SegmentTable(),
    keydir,
    generation: 1,
    nextSegmentId: 1,
    lastSequence,
    cacheSizeBytes: 0,
    now,
  });
}

/** A put of the record with this sequence number, whose place follows from it. */
function recordOf(sequence: number, more: Partial<KeydirRecord> = {}): KeydirRecord {
  return { slot: 0, offsetBytes: sequence * 100, valueLength: 8, sequence, expiryMs: 0, ...more };
}

/** A keydir, and a log of which the test says in which order its records are read. */
class Scene {
  nowMs = 1000;
  readonly keydir = new Keydir(7);
  readonly log = logWith(this.keydir, 100, () => this.nowMs);
  #reader = new StateReader(this.log);
  #comparison = new LogComparison(this.log, this.#reader);

  /** All that the keydir holds by now is compared. */
  begin(): this {
    this.#reader.close();
    this.#reader = new StateReader(this.log);
    this.keydir.rememberDeletes();
    this.#comparison = new LogComparison(this.log, this.#reader);
    return this;
  }

  put(key: string, record: KeydirRecord): this {
    const bytes = keyBytes(key);
    this.keydir.put(bytes, 0, bytes.length, record);
    return this;
  }

  del(key: string, sequence: number): this {
    const bytes = keyBytes(key);
    this.keydir.del(bytes, 0, bytes.length, sequence, false);
    return this;
  }

  expireAt(nowMs: number): this {
    this.nowMs = nowMs;
    this.keydir.expire(nowMs);
    return this;
  }

  /** The log holds this put, or a delete with this sequence number. */
  reads(key: string, record: KeydirRecord | number, taker = this.#comparison.taker): this {
    const bytes = keyBytes(key);
    const hash = taker.hashOf(bytes, 0, bytes.length);
    if (typeof record === 'number') taker.del(bytes, 0, bytes.length, record, true, hash);
    else taker.put(bytes, 0, bytes.length, record, hash);
    return this;
  }

  readsAgain(key: string, record: KeydirRecord | number): this {
    return this.reads(key, record, this.#comparison.secondTaker);
  }

  async needsSecondPass(): Promise<boolean> {
    return this.#comparison.hasUnmet(pacer);
  }

  async outcome() {
    this.keydir.expire(this.nowMs);
    const { keyCount, differences } = await this.#comparison.conclude(this.nowMs, pacer);
    return { keyCount, differences: differences.map(({ kind, key }) => `${kind} ${Buffer.from(key)}`) };
  }
}

describe('Comparing a keydir with the log', () => {
  it('finds nothing where each entry is the newest record of its key, in whatever order they are read', async () => {
    const scene = new Scene().put('a', recordOf(3)).put('b', recordOf(4)).begin();
    scene.reads('a', recordOf(3)).reads('b', recordOf(2)).reads('b', 1).reads('b', recordOf(4)).reads('a', recordOf(1));
    assert.equal(await scene.needsSecondPass(), false);
    assert.deepEqual(await scene.outcome(), { keyCount: 2, differences: [] });
  });

  it('finds nothing for keys that were deleted, in whatever order they are read', async () => {
    const scene = new Scene().begin().reads('a', recordOf(1)).reads('a', 2).reads('b', 4).reads('b', recordOf(3));
    assert.equal(await scene.needsSecondPass(), false);
    assert.deepEqual(await scene.outcome(), { keyCount: 0, differences: [] });
  });

  it('names keys that the keydir lacks, or has with an older record', async () => {
    const scene = new Scene().put('b', recordOf(3)).begin();
    scene.reads('a', 1).reads('a', recordOf(2)).reads('b', recordOf(3)).reads('b', recordOf(5));
    assert.deepEqual(await scene.outcome(), { keyCount: 2, differences: ['missing a', 'different b'] });
  });

  it('names keys that the log has deleted or does not know', async () => {
    const scene = new Scene().put('a', recordOf(1)).put('b', recordOf(2)).begin();
    scene.reads('a', recordOf(1)).reads('a', 5);
    assert.equal(await scene.needsSecondPass(), true);
    assert.deepEqual(await scene.outcome(), { keyCount: 0, differences: ['extra a', 'extra b'] });
  });

  it('reads again what it has passed over where an entry is newer than all of the log', async () => {
    const scene = new Scene().put('a', recordOf(9)).put('b', recordOf(9)).put('c', recordOf(3)).begin();
    const log: [string, KeydirRecord | number][] = [
      ['a', recordOf(1)],
      ['a', recordOf(2)],
      ['b', recordOf(4)],
      ['b', 5],
      ['c', recordOf(3)],
    ];
    for (const [key, record] of log) scene.reads(key, record);
    assert.equal(await scene.needsSecondPass(), true);
    for (const [key, record] of log) scene.readsAgain(key, record);
    assert.deepEqual(await scene.outcome(), { keyCount: 2, differences: ['different a', 'extra b'] });
  });

  for (const [what, more] of Object.entries({
    segment: { slot: 1 },
    offset: { offsetBytes: 7 },
    length: { valueLength: 7 },
    expiry: { expiryMs: 5000 },
  })) {
    it(`names a key whose entry differs only in its ${what}`, async () => {
      const scene = new Scene().put('a', recordOf(1, more)).begin().reads('a', recordOf(1));
      assert.deepEqual(await scene.outcome(), { keyCount: 1, differences: ['different a'] });
    });
  }

  it('takes the last of two copies of one record, as loading does', async () => {
    const copy = recordOf(1, { slot: 1 });
    const scene = new Scene().put('a', recordOf(1)).put('b', recordOf(1)).begin();
    scene.reads('a', copy).reads('a', recordOf(1)).reads('b', recordOf(1)).reads('b', copy);
    assert.equal(await scene.needsSecondPass(), false);
    assert.deepEqual(await scene.outcome(), { keyCount: 2, differences: ['different b'] });
  });

  it('finds nothing for keys whose time was over before, or is over while the log is read', async () => {
    const record = recordOf(5, { expiryMs: 2000 });
    const scene = new Scene()
      .put('before', record)
      .expireAt(2000)
      .put('first', recordOf(5, { expiryMs: 3000 }));
    scene.put('second', recordOf(6, { expiryMs: 3000 })).begin();
    scene.reads('before', recordOf(1)).reads('before', record);
    scene.reads('first', recordOf(5, { expiryMs: 3000 })).reads('second', recordOf(2));
    scene.expireAt(3000);
    // An older record in a newer file, as compactions leave them, is not what the key has now.
    scene
      .reads('first', recordOf(1))
      .reads('second', recordOf(6, { expiryMs: 3000 }))
      .reads('second', recordOf(3));
    assert.equal(await scene.needsSecondPass(), false);
    assert.deepEqual(await scene.outcome(), { keyCount: 0, differences: [] });
  });

  it('names a key that the keydir lets expire and the log does not', async () => {
    const scene = new Scene()
      .put('a', recordOf(5, { expiryMs: 2000 }))
      .begin()
      .reads('a', recordOf(1));
    scene.expireAt(2000);
    assert.equal(await scene.needsSecondPass(), true);
    scene.readsAgain('a', recordOf(1));
    assert.deepEqual(await scene.outcome(), { keyCount: 1, differences: ['missing a'] });
  });

  it('compares the state before it began with keys that are written, deleted and come back meanwhile', async () => {
    const scene = new Scene().put('a', recordOf(1)).put('b', recordOf(2)).put('c', recordOf(3)).begin();
    scene.put('a', recordOf(101)).del('b', 102).del('c', 103).put('c', recordOf(104)).put('new', recordOf(105));
    scene.reads('a', recordOf(1)).reads('b', recordOf(2)).reads('c', recordOf(3));
    scene.del('a', 106).del('new', 107);
    assert.equal(await scene.needsSecondPass(), false);
    assert.deepEqual(await scene.outcome(), { keyCount: 3, differences: [] });
  });

  it('names a key that the keydir lacked before it was written meanwhile', async () => {
    const scene = new Scene().begin().put('a', recordOf(101)).reads('a', recordOf(2));
    assert.deepEqual(await scene.outcome(), { keyCount: 1, differences: ['missing a'] });
  });

  it('takes no new key for one whose number it has', async () => {
    const scene = new Scene().put('old', recordOf(1)).put('a', recordOf(2)).del('old', 3).begin();
    scene.put('new', recordOf(101)).reads('old', recordOf(1)).reads('old', 3).reads('a', recordOf(2));
    // One that goes meanwhile keeps its number.
    scene.del('a', 102).put('newer', recordOf(103)).reads('newer', recordOf(4)).reads('newer', 5);
    assert.equal(scene.keydir.entriesEnd, 3);
    assert.equal(await scene.needsSecondPass(), false);
    assert.deepEqual(await scene.outcome(), { keyCount: 1, differences: [] });
  });

  it('takes a number that is free for no entry', async () => {
    const scene = new Scene().put('old', recordOf(1)).del('old', 3).begin();
    assert.equal(await scene.needsSecondPass(), false);
    assert.deepEqual(await scene.outcome(), { keyCount: 0, differences: [] });
  });

  it('finds nothing for a deleted key that somebody still reads', async () => {
    const scene = new Scene().put('a', recordOf(1)).put('b', recordOf(2));
    scene.keydir.openReader(5);
    scene.del('a', 7).del('b', 8).begin();
    scene.reads('a', recordOf(1)).reads('a', 7).reads('b', 8).reads('b', recordOf(2));
    scene.put('b', recordOf(101));
    assert.equal(await scene.needsSecondPass(), false);
    assert.deepEqual(await scene.outcome(), { keyCount: 0, differences: [] });
    scene.keydir.closeReader(5);
  });

  it('can be stopped in each of its passes over the keydir', async () => {
    const abort = new AbortController();
    abort.abort();
    const stopped = new Pacer('Comparing', abort.signal);
    const { log } = new Scene().put('a', recordOf(1));
    const comparison = new LogComparison(log, new StateReader(log));
    await assert.rejects(comparison.hasUnmet(stopped), { code: 'ABORTED' });
    await assert.rejects(comparison.conclude(0, stopped), { code: 'ABORTED' });
  });
});

// Random histories

const KEYS = ['a', 'b', 'ba', 'c', 'cc', '\x00', 'a much longer key than all others'];
const anyKey = fc.constantFrom(...KEYS);
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('put' as const), key: anyKey, value: fc.uint8Array({ maxLength: 9 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('put' as const),
      key: anyKey,
      value: fc.uint8Array({ maxLength: 9 }),
      ttlMs: fc.integer({ min: 1, max: 60 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('del' as const), key: anyKey }) },
);
type Step = { readonly write: readonly Mutation[] } | { readonly compact: number } | { readonly waitMs: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ write: fc.array(mutation, { minLength: 1, maxLength: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ compact: fc.nat(0xff) }) },
  { weight: 1, arbitrary: fc.record({ waitMs: fc.integer({ min: 1, max: 40 }) }) },
);
/** What is wrong with a key of the keydir. */
interface Wrong {
  readonly key: string;
  readonly is: 'gone' | 'elsewhere' | 'older' | 'newer' | 'expiring';
  readonly by: number;
}
const wrong: fc.Arbitrary<Wrong> = fc.record({
  key: fc.oneof(anyKey, fc.constantFrom('never', 'written')),
  is: fc.constantFrom('gone' as const, 'elsewhere' as const, 'older' as const, 'newer' as const, 'expiring' as const),
  by: fc.integer({ min: 1, max: 50 }),
});

const START_MS = 1_000_000;

/** A log that some history has left on a disk, opened without a store around it. */
async function logAfter(steps: readonly Step[], maxSegmentSizeBytes: number) {
  const disk = new SimulatedDisk();
  let nowMs = START_MS;
  const now = () => nowMs;
  const store = await Store.open(STORE_DIRECTORY, { ...QUIET_OPTIONS, maxSegmentSizeBytes, now }, disk);
  // Or no sequence number would be one that the log has reached.
  await store.put(keyBytes('b'), new Uint8Array(0));
  for (const done of steps) {
    if ('write' in done) await applyMutations(store, done.write);
    else if ('compact' in done) await compactMasked(store, done.compact);
    else nowMs += done.waitMs;
  }
  await store.close();
  const recovered = await recoverLog({ storage: disk, directory: STORE_DIRECTORY, salvage: false });
  assert.ok(recovered !== undefined);
  const { segments, keydir, lastSequence, manifest } = recovered;
  const { generation, nextSegmentId } = manifest;
  const state = { segments, keydir, lastSequence, generation, nextSegmentId, now, cacheSizeBytes: 0 };
  return { log: new LiveLog({ ...state, storage: disk, directory: STORE_DIRECTORY }), nowMs };
}

function makeWrong({ keydir, appliedSequence }: LiveLog, { key, is, by }: Wrong): void {
  const bytes = keyBytes(key);
  const entry = keydir.find(bytes, 0, bytes.length);
  const record = recordOf(Math.min(by, appliedSequence));
  if (entry !== -1) keydir.read(entry, record);
  if (is === 'gone') keydir.del(bytes, 0, bytes.length, Number.MAX_SAFE_INTEGER, false);
  else if (is === 'elsewhere') record.offsetBytes += by;
  else if (is === 'older') record.sequence = Math.max(1, record.sequence - by);
  else if (is === 'newer') record.sequence = Math.min(appliedSequence, record.sequence + by);
  else record.expiryMs = START_MS + 100_000 + by;
  if (is !== 'gone') keydir.repair(bytes, record);
}

describe('The comparison of random logs with keydirs that are wrong', function () {
  this.timeout(0);

  /** Damages a byte of the log where the index points into it. */
  function damage(log: LiveLog, at: number): void {
    let left = at;
    for (const segment of log.segments.live()) {
      if (left < segment.sizeBytes - 64) {
        const byte = new Uint8Array(1);
        segment.file.read(byte, 0, 1, 64 + left);
        const file = log.storage.open(log.storage.join(log.directory, segment.fileName), 'write');
        file.write(Uint8Array.of((byte[0] as number) ^ 0x55), 0, 1, 64 + left);
        file.close();
        return;
      }
      left -= segment.sizeBytes - 64;
    }
  }

  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 25, size: 'max' }),
    fc.constantFrom(1, 120, 400, 1_000_000),
    fc.array(wrong, { maxLength: 4 }),
    fc.option(fc.nat(1500), { nil: undefined }),
    async (steps, maxSegmentSizeBytes, wrongs, damagedAt) => {
      const { log, nowMs } = await logAfter(steps, maxSegmentSizeBytes);
      try {
        for (const each of wrongs) makeWrong(log, each);
        if (damagedAt !== undefined) damage(log, damagedAt);
        log.keydir.expire(nowMs);
        const rebuilt = rebuildKeydir(log, nowMs);
        const expected = differencesBetween(contentsOf(log.keydir), contentsOf(rebuilt));
        const reader = new StateReader(log);
        log.keydir.rememberDeletes();
        const { comparison } = await compareWithLog(log, reader, 'Comparing', {});
        const found = await comparison.conclude(nowMs, pacer, (key, record) => repairKey(log, key, record, reader));
        const lines = found.differences.map(({ kind, key }) => `${kind} ${hex(key)}`);
        assert.deepEqual(lines.sort(), expected);
        assert.equal(found.keyCount, rebuilt.count);
        reader.close();
        log.keydir.dropGhosts();
        assert.deepEqual(contentsOf(log.keydir), contentsOf(rebuilt));
        assert.equal(log.keydir.count, rebuilt.count);
      } finally {
        log.close();
      }
    },
  );

  it('finds what a keydir rebuilt from the log shows, and repairs it', async () => {
    await fc.assert(property, { numRuns: 500 });
  });
});
