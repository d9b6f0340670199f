import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type CompareOptions, compare } from './compareCommand.ts';
import { DataSet, KEY_SIZE_BYTES, Random, shuffled, valueIndex } from './dataSet.ts';
import type { BenchEngine, ScanRange } from './engines/benchEngine.ts';
import { Bench } from './measurement.ts';
import { comparisonTable } from './report/comparisonTable.ts';
import { formatQuantity, formatRatio } from './report/quantities.ts';
import { readResults } from './report/writeReport.ts';
import { type RunPlan, runRounds, type Series } from './runner.ts';
import { loadInOrder } from './workloads/load.ts';
import { readWorkloads } from './workloads/reads.ts';
import { Zipfian } from './zipfian.ts';

const SILENT = { log: () => undefined };

describe('benchmark', () => {
  describe('its data', () => {
    const data = new DataSet(1000, 100);

    it('has keys that ascend as their indices do, with room between them', () => {
      const keys = [7, 8, 999_999_999].map((index) => {
        const [key, missing] = [Buffer.alloc(KEY_SIZE_BYTES), Buffer.alloc(KEY_SIZE_BYTES)];
        data.writeKey(index, key);
        data.writeMissingKey(index, missing);
        return [key.toString(), missing.toString()];
      });
      assert.deepEqual(keys.flat(), [
        'key:000000000014',
        'key:000000000015',
        'key:000000000016',
        'key:000000000017',
        'key:001999999998',
        'key:001999999999',
      ]);
    });

    it('knows a value from every other, and from a damaged one', () => {
      const value = Buffer.alloc(100);
      data.writeValue(70_000, 3, value);
      assert.equal(valueIndex(value), 70_000);
      assert.equal(data.isValueOf(70_000, value), true);
      assert.equal(data.isValueOf(70_001, value), false);
      value[99] = (value[99] as number) ^ 1;
      assert.equal(data.isValueOf(70_000, value), false);
      assert.equal(data.isValueOf(70_000, undefined), false);
    });

    it('visits every index once in random order', () => {
      for (const count of [1, 2, 1000, 4096]) {
        const order = shuffled(count);
        const seen = new Set(Array.from({ length: count }, (_, position) => order(position)));
        assert.equal(seen.size, count);
        assert.equal(Math.max(...seen), count - 1);
      }
    });

    it('draws from a Zipf distribution with the constant of YCSB', () => {
      const count = 1000;
      const draws = 200_000;
      const zipfian = new Zipfian(count, new Random(5));
      const frequency = Array.from({ length: count }, () => 0);
      for (let draw = 0; draw < draws; draw++) {
        const rank = zipfian.next();
        frequency[rank] = (frequency[rank] as number) + 1;
      }
      const weights = Array.from({ length: count }, (_, rank) => 1 / (rank + 1) ** 0.99);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (const rank of [0, 1]) {
        const expected = (draws * (weights[rank] as number)) / total;
        assert.ok(Math.abs((frequency[rank] as number) / expected - 1) < 0.03, `rank ${rank}`);
      }
      // The method is exact for the first two ranks and close for the others.
      const share = (values: readonly number[]) => values.slice(0, 100).reduce((sum, value) => sum + value, 0);
      assert.ok(Math.abs(share(frequency) / draws / (share(weights) / total) - 1) < 0.05);
    });
  });

  describe('its runs', function () {
    this.timeout(120_000);
    let parentDirectory: string;

    before(async () => {
      parentDirectory = await mkdtemp(path.join(tmpdir(), 'strata bench '));
    });

    after(async () => {
      await rm(parentDirectory, { recursive: true });
    });

    /** A small one; what a test is about stands in the test. */
    function planWith(changes: Partial<RunPlan>): RunPlan {
      return {
        contestants: [{ name: 'limit', engine: 'limit' }],
        keyCount: 1000,
        valueSizeBytes: 100,
        cacheSizeBytes: 1024 * 1024,
        rounds: 1,
        seconds: 0.01,
        warmUpSeconds: 0.01,
        groups: ['load'],
        parentDirectory,
        timeoutSeconds: 60,
        ...changes,
      };
    }

    it('measures every workload of its groups, checks what was read, and leaves nothing behind', async () => {
      const result = await runRounds(
        planWith({
          contestants: ['strata', 'limit'].map((engine) => ({ name: engine, engine })),
          keyCount: 2500,
          groups: ['load', 'read', 'write', 'compaction'],
        }),
        SILENT,
      );
      assert.deepEqual(result.failures, []);
      const strata = result.series.filter(({ contestant }) => contestant === 'strata');
      assert.deepEqual(
        strata.map(({ workload }) => workload),
        [
          'bulk load, random keys',
          'scan, keys, the first after a load',
          'close after a load',
          'get, all keys',
          'get, 10,000 hot keys',
          'get, value valid until the next call',
          'getMany, 100 keys each',
          'get, missing keys',
          'scan, keys',
          'scan, keys and values',
          'scan, prefix of 500 keys',
          'put, 8,192 keys just after opening',
          'put, new keys',
          'overwrite',
          'delete',
          'compaction',
        ],
      );
      for (const { values, median } of result.series) {
        assert.equal(values.length, 1);
        assert.ok(median > 0 && Number.isFinite(median));
      }
      assert.deepEqual(await readdir(parentDirectory), []);
      const rows = comparisonTable(result).split('\n');
      assert.equal(rows.length, 2 + strata.length);
      assert.match(
        rows[2] as string,
        /^\| bulk load, random keys \| ops\/s \| [\d.,]+(?: [kM])? \| [\d.,]+(?: [kM])? \| — \| [\d.]+ x \|$/,
      );
    });

    it('begins no further round with an engine that has used up its patience', async () => {
      const result = await runRounds(planWith({ rounds: 3, patienceSeconds: 0.001 }), SILENT);
      assert.ok(result.series.length > 0);
      for (const { values } of result.series) assert.equal(values.length, 1);
    });

    it('goes on with the rounds of an earlier run, which keep their figures', async () => {
      const before = await runRounds(planWith({ rounds: 1 }), SILENT);
      const [first] = before.series;
      const earlier = { ...before, series: [first as Series] };
      const rounds: number[] = [];
      const result = await runRounds(planWith({ rounds: 3 }), {
        ...SILENT,
        earlier,
        onRound: async ({ roundsDone }) => void rounds.push(roundsDone),
      });
      assert.deepEqual(rounds, [2, 3]);
      const { values, median } = result.series[0] as Series;
      assert.equal(values.length, 3);
      assert.equal(values[0], first?.values[0]);
      assert.equal(median, values.toSorted((a, b) => a - b)[1]);
      assert.ok(Number(result.secondsTaken['limit']) > Number(earlier.secondsTaken['limit']));
    });

    it('keeps what was measured of other sizes when it goes on with one', async () => {
      const output = path.join(parentDirectory, 'results');
      const options: CompareOptions = {
        keys: [100, 200],
        values: [10],
        engines: ['limit'],
        groups: ['load'],
        cache: 1,
        rounds: 1,
        seconds: 0.01,
        warmUp: 0.01,
        timeout: 60,
        data: parentDirectory,
        output,
      };
      const roundsBySize = () =>
        readResults(output, 'compare')?.results.map(({ plan, roundsDone }) => [plan.keyCount, roundsDone]);
      const { log, error } = console;
      console.log = () => undefined;
      console.error = () => undefined;
      try {
        await compare(options);
        assert.deepEqual(roundsBySize(), [
          [100, 1],
          [200, 1],
        ]);
        await compare({ ...options, keys: [100], rounds: 2, resume: true });
        assert.deepEqual(roundsBySize(), [
          [100, 2],
          [200, 1],
        ]);
      } finally {
        Object.assign(console, { log, error });
        await rm(output, { recursive: true, force: true });
      }
    });

    it('refuses the figures of an engine that loses a value', async () => {
      const { engine, forget } = forgetfulEngine();
      const bench = new Bench(engine, {
        engine: 'forgetful',
        group: 'read',
        directory: parentDirectory,
        keyCount: 200,
        valueSizeBytes: 20,
        cacheSizeBytes: 1024 * 1024,
        seconds: 0.01,
        warmUpSeconds: 0.01,
        state: { indexCount: 0, deletedEvery: 0 },
      });
      await loadInOrder(bench);
      await readWorkloads(bench);
      forget('key:000000000200');
      await assert.rejects(readWorkloads(bench), /the number of values is 199 and should be 200/);
    });

    it('says which process failed, and why', async () => {
      const result = await runRounds(
        planWith({
          contestants: [{ name: 'strata', engine: 'strata', settings: { durability: 'sometimes' } }],
          keyCount: 10,
          valueSizeBytes: 10,
          rounds: 2,
          groups: ['load', 'read'],
        }),
        SILENT,
      );
      assert.deepEqual(result.series, []);
      assert.deepEqual(
        result.failures.map(({ contestant, group }) => ({ contestant, group })),
        [{ contestant: 'strata', group: 'load' }],
      );
      assert.match(result.failures[0]?.message ?? '', /durability/);
    });
  });

  it('writes quantities with three digits', () => {
    assert.deepEqual([0, 0.01234, 7.1, 999.6, 9994, 9999.6, 123_456, 999_499, 999_500, 2.5e9].map(formatQuantity), [
      '0',
      '0.0123',
      '7.1',
      '1,000',
      '9,994',
      '10 k',
      '123 k',
      '999 k',
      '1 M',
      '2500 M',
    ]);
    assert.deepEqual([0.0333, 0.995, 1.25, 12.4].map(formatRatio), ['0.033 x', '0.99 x', '1.3 x', '12 x']);
  });
});

/** An engine in memory that can be made to lose a key. */
function forgetfulEngine(): { readonly engine: BenchEngine; readonly forget: (key: string) => void } {
  const entries = new Map<string, Buffer>();
  const get = (key: Buffer) => entries.get(key.toString('latin1'));
  const put = (key: Buffer, value: Buffer) => void entries.set(key.toString('latin1'), Buffer.from(value));
  const inRange = ({ gte, lt }: ScanRange) =>
    [...entries].filter(([key]) => key >= (gte?.toString('latin1') ?? '') && key < (lt?.toString('latin1') ?? '~'));
  const engine: BenchEngine = {
    notes: '',
    readsAreAsync: false,
    lacks: {},
    open: async () => ({
      put,
      del: (key) => void entries.delete(key.toString('latin1')),
      batch: (batch) => {
        for (const [key, value] of batch) put(key, value);
        return undefined;
      },
      get,
      getMany: (keys) => keys.map(get),
      scanKeys: (range, visit) => {
        for (const [key] of inRange(range)) visit(key);
        return undefined;
      },
      scanEntries: (range, visit) => {
        for (const [, value] of inRange(range)) visit(value);
        return undefined;
      },
      close: () => undefined,
    }),
  };
  return { engine, forget: (key) => void entries.delete(key) };
}
