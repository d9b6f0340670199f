import { KEY_SIZE_BYTES, Random } from '../dataSet.ts';
import type { BenchStore } from '../engines/benchEngine.ts';
import type { Bench } from '../measurement.ts';

const SAMPLE_SIZE = 1000;

/** Reads a sample, to the last byte: what is live is there, what was deleted is not. Not measured. */
export async function verifySample(bench: Bench, store: BenchStore, after: string): Promise<void> {
  const random = new Random(77);
  const sampleSize = Math.min(SAMPLE_SIZE, bench.state.indexCount);
  for (let count = 0; count < sampleSize; count++) {
    const index = random.below(bench.state.indexCount);
    const key = Buffer.alloc(KEY_SIZE_BYTES);
    bench.data.writeKey(index, key);
    const value = await store.get(key);
    const isRight = bench.isLive(index) ? bench.data.isValueOf(index, value) : value === undefined || value === null;
    if (!isRight) throw new Error(`After ${after}, the value of key ${key.toString()} is not what was written.`);
  }
}
