import { KEY_SIZE_BYTES, KEYS_PER_PREFIX, PREFIX_SIZE_BYTES, Random, valueIndex } from '../dataSet.ts';
import type { BenchStore, ScanRange, Value } from '../engines/benchEngine.ts';
import { type Bench, secondsSince } from '../measurement.ts';
import { OperationChunk } from '../operationChunk.ts';

const CHUNK_SIZE = 10_000;
export const HOT_KEY_COUNT = 10_000;
const GET_MANY_SIZE = 100;
const WARM_UP_GETS = 100_000;
/** Gets under way at a time, where they are asynchronous. */
const ASYNC_READERS = 64;

/** Counts what was found, and sums up the indices in it, as cheaply as can be. */
class Tally {
  count = 0;
  indexSum = 0;

  add(value: Value): void {
    if (value === undefined || value === null) return;
    this.count++;
    this.indexSum += valueIndex(value);
  }
}

export async function readWorkloads(bench: Bench): Promise<void> {
  const store = await bench.open();
  // Page cache and compiled code as they are in a process that has been running for a while.
  await scanEntries(bench, store, undefined);
  const { indexCount } = bench.state;
  // Besides, what an engine brings into memory when keys are looked up.
  await getAtRandom(bench, store, undefined, { indexCount, maxCount: WARM_UP_GETS });
  if (bench.wants('get, all keys')) await getAtRandom(bench, store, 'get, all keys', { indexCount });
  if (bench.wants('get, one after the other')) await getOneByOne(bench, store);
  const hotCount = Math.min(HOT_KEY_COUNT, indexCount);
  if (bench.wants('get, 10,000 hot keys')) {
    await getAtRandom(bench, store, 'get, 10,000 hot keys', { indexCount: hotCount });
  }
  if (bench.wants('get, value valid until the next call')) await getViews(bench, store);
  if (bench.wants('getMany, 100 keys each')) await getMany(bench, store);
  if (bench.wants('get, missing keys')) await getMissing(bench, store);
  if (bench.wants('scan, keys')) await scanKeys(bench, store);
  if (bench.wants('scan, keys and values')) await scanEntries(bench, store, 'scan, keys and values');
  if (bench.wants('scan, prefix of 500 keys')) await scanPrefixes(bench, store);
  await store.close();
}

type Fill = (chunk: OperationChunk, position: number) => void;

/** Runs `read` over chunks of keys until the time is over. Returns the expected tally. */
async function readChunks(
  bench: Bench,
  fill: Fill,
  read: (chunk: OperationChunk) => Promise<void> | void,
  maxCount = Number.POSITIVE_INFINITY,
): Promise<{ readonly count: number; readonly indexSum: number; readonly seconds: number }> {
  const chunk = new OperationChunk(bench.data, CHUNK_SIZE, false);
  let count = 0;
  let indexSum = 0;
  let seconds = 0;
  while (seconds < bench.job.seconds && count < maxCount) {
    for (let position = 0; position < chunk.size; position++) {
      fill(chunk, position);
      indexSum += chunk.index(position);
    }
    const startMs = performance.now();
    const pending = read(chunk);
    if (pending !== undefined) await pending;
    seconds += secondsSince(startMs);
    count += chunk.size;
  }
  return { count, indexSum, seconds };
}

/** Until the time is over, or `maxCount`, in steps of 10,000, are done. Measured as `workload`, if it has a name. */
export async function getAtRandom(
  bench: Bench,
  store: BenchStore,
  workload: string | undefined,
  { indexCount, maxCount }: { readonly indexCount: number; readonly maxCount?: number },
): Promise<void> {
  // Not the keys of the measured gets: a cache of values would have them already.
  const random = new Random(workload === undefined ? 16 : 11);
  const tally = new Tally();
  const read = singleGets(bench, store, tally);
  const { count, indexSum, seconds } = await readChunks(
    bench,
    (chunk, position) => chunk.setKey(position, random.below(indexCount)),
    read,
    maxCount,
  );
  if (workload === undefined) return;
  bench.expect(workload, 'the number of values', tally.count, count);
  bench.expect(workload, 'the sum of indices', tally.indexSum, indexSum);
  bench.report(workload, 'ops/s', count, seconds);
}

function singleGets(bench: Bench, store: BenchStore, tally: Tally): (chunk: OperationChunk) => Promise<void> | void {
  const isAsync = bench.engine.readsAreAsync || store.get(Buffer.alloc(KEY_SIZE_BYTES)) instanceof Promise;
  if (isAsync) return (chunk) => getConcurrently(store, chunk, tally);
  return (chunk) => {
    for (const key of chunk.keys) tally.add(store.get(key) as Value);
  };
}

async function getConcurrently(store: BenchStore, chunk: OperationChunk, tally: Tally): Promise<void> {
  let next = 0;
  async function reader(): Promise<void> {
    while (next < chunk.size) tally.add(await store.get(chunk.key(next++)));
  }
  await Promise.all(Array.from({ length: ASYNC_READERS }, reader));
}

/** What a caller waits for who needs one value. Of engines that answer at once, `get, all keys` says it. */
async function getOneByOne(bench: Bench, store: BenchStore): Promise<void> {
  if (!bench.engine.readsAreAsync) return;
  const workload = 'get, one after the other';
  const random = new Random(15);
  const tally = new Tally();
  const { indexSum, count, seconds } = await readChunks(
    bench,
    (chunk, position) => chunk.setKey(position, random.below(bench.state.indexCount)),
    async (chunk) => {
      for (const key of chunk.keys) tally.add(await store.get(key));
    },
  );
  bench.expect(workload, 'the sum of indices', tally.indexSum, indexSum);
  bench.report(workload, 'ops/s', count, seconds);
}

async function getViews(bench: Bench, store: BenchStore): Promise<void> {
  if (store.getView === undefined) return;
  const workload = 'get, value valid until the next call';
  const random = new Random(11);
  const tally = new Tally();
  const getView = (key: Buffer) => store.getView?.(key);
  const { count, indexSum, seconds } = await readChunks(
    bench,
    (chunk, position) => chunk.setKey(position, random.below(bench.state.indexCount)),
    (chunk) => {
      for (const key of chunk.keys) tally.add(getView(key));
    },
  );
  bench.expect(workload, 'the sum of indices', tally.indexSum, indexSum);
  bench.report(workload, 'ops/s', count, seconds);
}

async function getMany(bench: Bench, store: BenchStore): Promise<void> {
  const workload = 'getMany, 100 keys each';
  const random = new Random(12);
  const tally = new Tally();
  const { count, indexSum, seconds } = await readChunks(
    bench,
    (chunk, position) => chunk.setKey(position, random.below(bench.state.indexCount)),
    async (chunk) => {
      for (let start = 0; start < chunk.size; start += GET_MANY_SIZE) {
        for (const value of await store.getMany(chunk.keys.slice(start, start + GET_MANY_SIZE))) tally.add(value);
      }
    },
  );
  bench.expect(workload, 'the sum of indices', tally.indexSum, indexSum);
  bench.report(workload, 'ops/s', count, seconds);
}

async function getMissing(bench: Bench, store: BenchStore): Promise<void> {
  const workload = 'get, missing keys';
  const random = new Random(13);
  const tally = new Tally();
  const { count, seconds } = await readChunks(
    bench,
    (chunk, position) => chunk.setMissingKey(position, random.below(bench.state.indexCount)),
    singleGets(bench, store, tally),
  );
  bench.expect(workload, 'the number of values', tally.count, 0);
  bench.report(workload, 'ops/s', count, seconds);
}

async function scanKeys(bench: Bench, store: BenchStore): Promise<void> {
  const workload = 'scan, keys';
  let count = 0;
  let bytes = 0;
  const startMs = performance.now();
  const pending = store.scanKeys({}, (key) => {
    count++;
    bytes += key.length;
  });
  if (pending !== undefined) await pending;
  const seconds = secondsSince(startMs);
  bench.expect(workload, 'the number of keys', count, bench.liveCount);
  bench.expect(workload, 'the size of keys', bytes, count * KEY_SIZE_BYTES);
  bench.report(workload, 'entries/s', count, seconds);
}

async function scanEntries(bench: Bench, store: BenchStore, workload: string | undefined): Promise<void> {
  const tally = new Tally();
  const startMs = performance.now();
  const pending = store.scanEntries({}, (value) => tally.add(value));
  if (pending !== undefined) await pending;
  const seconds = secondsSince(startMs);
  bench.expect('scan, keys and values', 'the number of values', tally.count, bench.liveCount);
  if (workload !== undefined) bench.report(workload, 'entries/s', tally.count, seconds);
}

async function scanPrefixes(bench: Bench, store: BenchStore): Promise<void> {
  const workload = 'scan, prefix of 500 keys';
  const random = new Random(14);
  const prefixCount = Math.max(1, Math.floor(bench.state.indexCount / KEYS_PER_PREFIX));
  const keysPerPrefix = Math.min(KEYS_PER_PREFIX, bench.state.indexCount);
  const tally = new Tally();
  const startMs = performance.now();
  let scanCount = 0;
  for (; secondsSince(startMs) < bench.job.seconds; scanCount++) {
    const range = prefixRange(bench, random.below(prefixCount) * KEYS_PER_PREFIX);
    const pending = store.scanEntries(range, (value) => tally.add(value));
    if (pending !== undefined) await pending;
  }
  const seconds = secondsSince(startMs);
  bench.expect(workload, 'the number of values', tally.count, scanCount * keysPerPrefix);
  bench.report(workload, 'entries/s', tally.count, seconds);
}

/** All keys that share the first bytes of an index's key. */
function prefixRange(bench: Bench, index: number): ScanRange {
  const key = Buffer.alloc(KEY_SIZE_BYTES);
  bench.data.writeKey(index, key);
  const gte = key.subarray(0, PREFIX_SIZE_BYTES);
  const lt = Buffer.from(gte);
  lt[PREFIX_SIZE_BYTES - 1] = (lt[PREFIX_SIZE_BYTES - 1] as number) + 1;
  return { gte, lt };
}
