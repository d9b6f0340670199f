import RocksDB from 'rocksdb-native';
import type { BenchEngine, BenchStore, OpenOptions } from './benchEngine.ts';

/** Entries that one message of an iterator carries. */
const SCAN_STEP = 1000;

export const engine: BenchEngine = {
  notes:
    'defaults (Bloom filter of 10 bits, 64 MiB write buffer). Reads are asynchronous: 64 under way at a time, `getMany` in one read batch; scans with a capacity of 1000. It offers no synchronous write: a durable put is a write and a `flush` of the memtable. Compaction is `compactRange`.',
  readsAreAsync: true,
  lacks: {},
  async open(directory: string, { durable }: OpenOptions): Promise<BenchStore> {
    const db = new RocksDB(directory);
    await db.ready();
    let flushing: Promise<unknown> | undefined;
    // Writers that come while one flush is under way share the next one.
    const flush = async (): Promise<void> => {
      await flushing;
      flushing ??= db.flush().finally(() => {
        flushing = undefined;
      });
      await flushing;
    };
    const settled = durable
      ? (written: Promise<unknown>) => written.then(flush)
      : (written: Promise<unknown>) => written;
    return {
      put: (key, value) => settled(db.put(key, value)),
      del: (key) => settled(db.delete(key)),
      batch: (entries) => {
        const batch = db.write({ autoDestroy: true, capacity: entries.length });
        for (const [key, value] of entries) batch.tryPut(key, value);
        return settled(batch.flush());
      },
      get: (key) => db.get(key),
      getMany: async (keys) => {
        const batch = db.read({ autoDestroy: true, capacity: keys.length });
        const values = keys.map((key) => batch.get(key));
        batch.tryFlush();
        return Promise.all(values);
      },
      scanKeys: async (range, visit) => {
        for await (const { key } of db.iterator(range, { values: false, capacity: SCAN_STEP })) visit(key);
      },
      scanEntries: async (range, visit) => {
        for await (const { value } of db.iterator(range, { capacity: SCAN_STEP })) visit(value);
      },
      compact: () => db.compactRange(),
      close: () => db.close(),
    };
  },
};
