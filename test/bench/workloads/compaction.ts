import { KEY_SIZE_BYTES } from '../dataSet.ts';
import type { BenchStore, Entry } from '../engines/benchEngine.ts';
import { type Bench, secondsSince } from '../measurement.ts';
import { OperationChunk } from '../operationChunk.ts';
import { BATCH_SIZE } from './load.ts';
import { verifySample } from './verifySample.ts';

/** Of the versions that the overwriting leaves, so that they are told apart from all others. */
const VERSION = 2_000_000;

/** Half of the keys are overwritten, which is not measured; then all space is given back, which is. */
export async function compactionWorkload(bench: Bench): Promise<void> {
  const workload = 'compaction';
  const store = await bench.open();
  if (store.compact !== undefined) {
    await overwriteHalf(bench, store);
    const startMs = performance.now();
    const pending = store.compact();
    if (pending !== undefined) await pending;
    const seconds = secondsSince(startMs);
    const liveBytes = bench.liveCount * (KEY_SIZE_BYTES + bench.data.valueSizeBytes);
    bench.report(workload, 'MB/s', liveBytes / 1e6, seconds);
    let count = 0;
    await store.scanKeys({}, () => {
      count++;
    });
    bench.expect(workload, 'the number of keys', count, bench.liveCount);
    await verifySample(bench, store, workload);
  }
  await store.close();
}

async function overwriteHalf(bench: Bench, store: BenchStore): Promise<void> {
  const chunk = new OperationChunk(bench.data, BATCH_SIZE, true);
  let count = 0;
  const flush = async () => {
    const entries = chunk.keys.slice(0, count).map((key, position): Entry => [key, chunk.value(position)]);
    count = 0;
    await store.batch(entries);
  };
  for (let index = 1; index < bench.state.indexCount; index += 2) {
    if (!bench.isLive(index)) continue;
    chunk.setEntry(count++, index, VERSION);
    if (count === chunk.size) await flush();
  }
  if (count > 0) await flush();
}
