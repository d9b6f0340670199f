import { shuffled } from '../dataSet.ts';
import type { BenchStore, Entry } from '../engines/benchEngine.ts';
import { type Bench, secondsSince } from '../measurement.ts';
import { OperationChunk } from '../operationChunk.ts';
import { verifySample } from './verifySample.ts';

export const BATCH_SIZE = 1000;

/** Loads a new store in batches, with keys that ascend. */
export async function loadInOrder(bench: Bench): Promise<void> {
  const store = await bench.open();
  await load(bench, store, 'bulk load, ascending keys', (position) => position);
  await store.close();
}

/** The same with keys in random order; the data of all other workloads. */
export async function loadAtRandom(bench: Bench): Promise<void> {
  const store = await bench.open();
  await load(bench, store, 'bulk load, random keys', shuffled(bench.job.keyCount));
  await scanFirst(bench, store);
  const startMs = performance.now();
  await store.close();
  bench.reportValue('close after a load', 'ms', performance.now() - startMs);
}

/** What an engine has put off while it was written to, ordering its keys above all, is paid here. */
async function scanFirst(bench: Bench, store: BenchStore): Promise<void> {
  const workload = 'scan, keys, the first after a load';
  let count = 0;
  const startMs = performance.now();
  await store.scanKeys({}, () => {
    count++;
  });
  bench.report(workload, 'entries/s', count, secondsSince(startMs));
  bench.expect(workload, 'the number of keys', count, bench.liveCount);
}

async function load(bench: Bench, store: BenchStore, workload: string, indexAt: (position: number) => number) {
  const { keyCount } = bench.job;
  const chunk = new OperationChunk(bench.data, BATCH_SIZE, true);
  const entries = chunk.keys.map((key, position): Entry => [key, chunk.value(position)]);
  let elapsedMs = 0;
  for (let start = 0; start < keyCount; start += chunk.size) {
    const count = Math.min(chunk.size, keyCount - start);
    for (let position = 0; position < count; position++) chunk.setEntry(position, indexAt(start + position), 0);
    const batch = count === chunk.size ? entries : entries.slice(0, count);
    elapsedMs += await writeBatch(store, batch);
  }
  bench.report(workload, 'ops/s', keyCount, elapsedMs / 1000);
  bench.state = { indexCount: keyCount, deletedEvery: 0 };
  await verifySample(bench, store, workload);
}

async function writeBatch(store: BenchStore, batch: readonly Entry[]): Promise<number> {
  const startMs = performance.now();
  const pending = store.batch(batch);
  if (pending !== undefined) await pending;
  return performance.now() - startMs;
}
