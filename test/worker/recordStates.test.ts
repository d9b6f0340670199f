import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { Store } from '../../src/engine/store.ts';
import { crc32 } from '../../src/format/crc32.ts';
import { parseSegmentFileName } from '../../src/format/fileName.ts';
import { OPERATION } from '../../src/format/layout.ts';
import { scanSegmentBytes } from '../../src/format/segmentScanner.ts';
import type { RecordState } from '../../src/shared/recordState.ts';
import { DeadKeys } from '../../src/worker/deadKeys.ts';
import { recordStates } from '../../src/worker/recordStates.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

interface SeenRecord {
  readonly key: string;
  readonly isPut: boolean;
  readonly sequence: number;
  readonly expiryMs: number;
  readonly segmentId: number;
  readonly offsetBytes: number;
}

/** Every put and delete in the segment files of a directory. */
function readLog(directory: string): SeenRecord[] {
  const records: SeenRecord[] = [];
  for (const name of readdirSync(directory).sort()) {
    const segmentId = parseSegmentFileName(name);
    if (segmentId === undefined) continue;
    const sink = {
      record: (view: Parameters<Parameters<typeof scanSegmentBytes>[2]['record']>[0]) => {
        if (view.operation === OPERATION.batch) return;
        const { sequence, expiryMs, offsetBytes } = view;
        const key = Buffer.from(view.key).toString();
        records.push({ key, isPut: view.operation === OPERATION.put, sequence, expiryMs, segmentId, offsetBytes });
      },
      damage: () => assert.fail('a sound log has no damage'),
      batchEnd: () => undefined,
    };
    scanSegmentBytes(readFileSync(path.join(directory, name)), { segmentId, crc32 }, sink);
  }
  return records;
}

/** By definition: only the newest record of the key counts. */
function stateByDefinition(record: SeenRecord, log: readonly SeenRecord[], nowMs: number): RecordState {
  const ofKey = log.filter(({ key }) => key === record.key);
  const newest = ofKey.reduce((a, b) => (b.sequence > a.sequence ? b : a));
  if (newest.sequence !== record.sequence) return record.isPut && !newest.isPut ? 'deleted' : 'superseded';
  if (!record.isPut) return 'tombstone';
  return record.expiryMs !== 0 && record.expiryMs <= nowMs ? 'expired' : 'live';
}

type Step =
  | { readonly type: 'put' | 'batch'; readonly key: string; readonly ttlMs: number | undefined }
  | { readonly type: 'del'; readonly key: string }
  | { readonly type: 'wait' | 'compact' | 'ask' };

const keys = fc.constantFrom('a', 'b', 'c', 'd');
const ttls = fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined });
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constantFrom('put' as const, 'batch' as const), key: keys, ttlMs: ttls }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('del' as const), key: keys }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('wait' as const, 'compact' as const, 'ask' as const) }) },
);

describe('record states', function () {
  this.timeout(60_000);
  let directory: string;
  let nowMs: number;
  let store: Store;
  let deadKeys: DeadKeys;

  beforeEach(async () => {
    await openStore();
  });

  afterEach(async () => {
    await closeStore();
  });

  async function openStore(): Promise<void> {
    directory = await mkdtemp(path.join(tmpdir(), 'strata states-'));
    nowMs = 1_000_000;
    store = await Store.open(directory, { durability: 'os', maxSegmentSizeBytes: 300, now: () => nowMs });
    deadKeys = new DeadKeys({
      directory,
      lastSequence: () => store.lastSequence,
      extents: () => store.stats().segments,
      livesForever: (key) => store.info(key)?.expiryMs === 0,
    });
  }

  async function closeStore(): Promise<void> {
    await store.close();
    await rm(directory, { recursive: true });
  }

  function ask(segmentId: number, offsets: readonly number[]): Promise<RecordState[]> {
    const lastSequence = () => store.lastSequence;
    return recordStates({ directory, deadKeys, info: (key) => store.info(key), lastSequence }, segmentId, offsets);
  }

  async function run(step: Step): Promise<void> {
    switch (step.type) {
      case 'put':
        return store.put(bytes(step.key), bytes('v'), ttlOf(step));
      case 'batch': {
        const put = { type: 'put', key: bytes(step.key), value: bytes('b'), ...ttlOf(step) } as const;
        return store.batch([put, { type: 'del', key: bytes('d') }]);
      }
      case 'del':
        return store.del(bytes(step.key));
      case 'wait':
        nowMs += 10;
        return;
      case 'compact':
        await store.compact();
        return;
      case 'ask':
        return checkAll();
    }
  }

  async function checkAll(): Promise<void> {
    const log = readLog(directory);
    for (const segmentId of new Set(log.map((record) => record.segmentId))) {
      const records = log.filter((record) => record.segmentId === segmentId);
      const states = await ask(
        segmentId,
        records.map((record) => record.offsetBytes),
      );
      assert.deepEqual(
        states,
        records.map((record) => stateByDefinition(record, log, nowMs)),
      );
    }
  }

  it('tells what made a record old', async () => {
    await store.put(bytes('a'), bytes('1'));
    await store.put(bytes('a'), bytes('2'));
    await store.put(bytes('b'), bytes('1'));
    await store.del(bytes('b'));
    await store.put(bytes('c'), bytes('1'), { ttlMs: 5 });
    nowMs += 5;
    const states = readLog(directory).map((record) => ask(record.segmentId, [record.offsetBytes]));
    assert.deepEqual((await Promise.all(states)).flat(), ['superseded', 'live', 'deleted', 'tombstone', 'expired']);
  });

  it('is unknown where no record starts, and in segments that are gone', async () => {
    await store.put(bytes('a'), bytes('1'));
    assert.deepEqual(await ask(1, [0, 33, 1_000_000]), ['unknown', 'unknown', 'unknown']);
    assert.deepEqual(await ask(77, [36]), ['unknown']);
  });

  it('finds the tombstone of a key', async () => {
    await store.put(bytes('a'), bytes('1'));
    await store.del(bytes('a'));
    await deadKeys.catchUp();
    const [, tombstone] = readLog(directory);
    const newest = deadKeys.newest(bytes('a'));
    assert.equal(newest?.operation, 'del');
    assert.equal(newest?.location.segmentId, tombstone?.segmentId);
    assert.equal(newest?.location.offsetBytes, tombstone?.offsetBytes);
  });

  it('agrees with the definition after any history', async () => {
    const property = fc.asyncProperty(fc.array(steps, { maxLength: 40 }), async (history) => {
      await closeStore();
      await openStore();
      for (const step of history) await run(step);
      await checkAll();
    });
    await fc.assert(property, { numRuns: 60 });
  });
});

function ttlOf({ ttlMs }: { readonly ttlMs: number | undefined }): { ttlMs?: number } {
  return ttlMs === undefined ? {} : { ttlMs };
}
