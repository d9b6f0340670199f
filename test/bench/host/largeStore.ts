import { type BatchOperation, Store } from '../../../src/engine/index.ts';
import { DataSet, shuffled } from '../dataSet.ts';

const BATCH_SIZE = 1000;
/** One of so many keys is written twice, so that there is something to compact. */
const OVERWRITTEN_EVERY = 4;

/** A store whose keys are folders of folders: 100 at the root, 100 in each of them. */
export async function writeLargeStore(directory: string, keyCount: number, valueSizeBytes: number): Promise<void> {
  const data = new DataSet(keyCount, valueSizeBytes);
  const order = shuffled(keyCount);
  await using store = await Store.open(directory, { durability: 'os' });
  for (const step of [1, OVERWRITTEN_EVERY]) {
    for (let start = 0; start < keyCount; start += BATCH_SIZE * step) {
      const operations: BatchOperation[] = [];
      for (let position = start; position < Math.min(start + BATCH_SIZE * step, keyCount); position += step) {
        const index = order(position);
        const value = Buffer.alloc(valueSizeBytes);
        data.writeValue(index, step, value);
        operations.push({ type: 'put', key: Buffer.from(folderKey(index)), value });
      }
      await store.batch(operations);
    }
  }
}

/** 16 bytes. */
function folderKey(index: number): string {
  const digits = (number: number, count: number) => String(number).padStart(count, '0');
  return `${digits(index % 100, 2)}/${digits(Math.floor(index / 100) % 100, 2)}/${digits(index, 10)}`;
}
