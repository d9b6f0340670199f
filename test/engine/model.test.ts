/** Random histories against a plain map: fast-check makes them, shrinks what fails, and prints seed and path. */

import fc from 'fast-check';
import type { Durability } from '../../src/engine/api.ts';
import { type ModelOptions, ModelRun, type ModelStep } from '../support/modelRun.ts';
import type { RecoveryPath } from '../support/storeHistory.ts';
import type { Mutation } from '../support/storeModel.ts';

const KEYS = ['a', 'b', 'ba', 'bb', 'c', '\x00', '\x00\x00', '\xff', 'a much longer key than all others'];
/** Only these get a time to live, so that what else an older state shows is certain. */
const EXPIRING_KEYS = ['x', 'xy', 'z'];

const value = fc.oneof(
  { weight: 8, arbitrary: fc.uint8Array({ maxLength: 24 }) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 500, maxLength: 1100 }) },
);
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('put' as const), key: fc.constantFrom(...KEYS), value }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('put' as const),
      key: fc.constantFrom(...EXPIRING_KEYS),
      value,
      ttlMs: fc.integer({ min: 1, max: 120 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('del' as const), key: fc.constantFrom(...KEYS, ...EXPIRING_KEYS) }),
  },
);
const call = fc.oneof(
  { weight: 3, arbitrary: mutation.map((single) => [single]) },
  { weight: 1, arbitrary: fc.array(mutation, { minLength: 2, maxLength: 5 }) },
);

const step: fc.Arbitrary<ModelStep> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ do: fc.constant('write' as const), calls: fc.array(call, { minLength: 1, maxLength: 4 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('compact' as const), mask: fc.option(fc.nat(0xffff), { nil: undefined }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'sync' as const,
        'replay' as const,
        'snapshot' as const,
        'iterate' as const,
        'release' as const,
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('advance' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), index: fc.nat(7) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: -100, max: 100 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('reopen' as const),
      by: fc.constantFrom<RecoveryPath>('snapshot', 'hints', 'mixed', 'scan'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), seed: fc.nat() }) },
);

const options: fc.Arbitrary<ModelOptions> = fc.record({
  durability: fc.constantFrom<Durability>('fsync', 'dsync', 'os', { intervalMs: 1_000_000 }),
  maxSegmentSizeBytes: fc.constantFrom(1, 40, 90, 200, 700, 5000, 1_000_000),
  // None, one that is too small for what is read, and one for everything.
  cacheSizeBytes: fc.constantFrom(0, 16 * 1024, 64 * 1024 * 1024),
  maxBlockingSyncMs: fc.constantFrom(0, 1),
  writeSerialization: fc.constantFrom('queue' as const, 'lock' as const),
});

const RUNS = 1000;

/** Snapshots stay open until they are closed one by one, while writes and compactions go on. */
const snapshotStep: fc.Arbitrary<ModelStep> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('write' as const), calls: fc.array(call, { minLength: 1, maxLength: 3 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('snapshot' as const, 'iterate' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('close' as const), index: fc.nat(7) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('advance' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('compact' as const), mask: fc.constant(undefined) }) },
);

describe('A store and a plain map', function () {
  this.timeout(0);

  it(`hold the same after every step of ${RUNS} random histories`, async () => {
    const property = fc.asyncProperty(
      options,
      fc.array(step, { maxLength: 40, size: 'max' }),
      async (chosen, steps) => {
        const run = new ModelRun(chosen);
        run.expectExpiryOf(EXPIRING_KEYS);
        await run.run(steps);
      },
    );
    await fc.assert(property, { numRuns: RUNS, interruptAfterTimeLimit: 15 * 60_000, markInterruptAsFailure: true });
  });

  it('part where the same value was written again with a later end, and a crash took the second', async () => {
    const run = new ModelRun({
      durability: 'os',
      maxSegmentSizeBytes: 1,
      cacheSizeBytes: 0,
      maxBlockingSyncMs: 0,
      writeSerialization: 'queue',
    });
    run.expectExpiryOf(EXPIRING_KEYS);
    const put = { type: 'put', key: 'x', value: new Uint8Array(0), ttlMs: 2 } as const;
    const first = [
      [put, { ...put, key: 'xy', ttlMs: 1 }],
      [{ type: 'put', key: 'a', value: new Uint8Array(600) }],
    ] as const;
    await run.run([
      { do: 'write', calls: first },
      { do: 'write', calls: [[put]] },
      { do: 'crash', seed: 0 },
      { do: 'wait', ms: 1 },
    ]);
  });

  it('hold the same in every snapshot of many that open and close on their own', async () => {
    const steps = fc.array(snapshotStep, { minLength: 30, maxLength: 60, size: 'max' });
    const property = fc.asyncProperty(options, steps, async (chosen, history) => {
      const run = new ModelRun(chosen);
      run.expectExpiryOf(EXPIRING_KEYS);
      await run.run(history);
    });
    await fc.assert(property, { numRuns: 200 });
  });
});
