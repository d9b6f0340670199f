import { createRequire } from 'node:module';
import type { BenchEngine, BenchStore, OpenOptions, ScanRange, Value } from './benchEngine.ts';

// Not an import: the package has its sources where its types should be, and the compiler would check them.
const { KvStorage } = createRequire(import.meta.url)('@rejetto/kvstorage') as { KvStorage: new () => KvStorage };

interface KvStorage {
  open(path: string): Promise<void>;
  put(key: string, value: unknown): Promise<unknown>;
  del(key: string): Promise<unknown>;
  get(key: string): Promise<unknown>;
  getSync(key: string): unknown;
  keys(): Iterable<string>;
  rewrite(): Promise<unknown>;
  rewriteBucket(): Promise<unknown>;
  close(): Promise<void>;
}

/** Below this size its values stay in memory and `getSync` finds them. */
const MEMORY_THRESHOLD_BYTES = 1000;

export const engine: BenchEngine = {
  notes:
    'defaults; keys as strings. It keeps values below 1000 bytes in memory and these are read by `getSync`. Its keys have no order: an ordered scan sorts them first. It offers no durable write. Compaction is `rewrite`. It has no batches: a batch waits for its writes.',
  readsAreAsync: false,
  lacks: { durable: 'no durable write' },
  async open(directory: string, { valueSizeBytes }: OpenOptions): Promise<BenchStore> {
    const db = new KvStorage();
    await db.open(`${directory}/data.kv`);
    const inMemory = valueSizeBytes < MEMORY_THRESHOLD_BYTES;
    const name = (key: Buffer) => key.toString('latin1');
    const get = (key: string) => (inMemory ? (db.getSync(key) as Value) : (db.get(key) as Promise<Value>));
    const put = (key: Buffer, value: Buffer) => db.put(name(key), Buffer.from(value));
    return {
      put,
      del: (key) => db.del(name(key)),
      batch: (entries) => Promise.all(entries.map(([key, value]) => put(key, value))),
      get: (key) => get(name(key)),
      getMany: (keys) =>
        inMemory ? keys.map((key) => get(name(key)) as Value) : Promise.all(keys.map((key) => get(name(key)))),
      scanKeys: (range, visit) => {
        for (const key of orderedKeys(db, range)) visit(key);
        return undefined;
      },
      scanEntries: async (range, visit) => {
        for (const key of orderedKeys(db, range)) {
          const value = get(key);
          visit((value instanceof Promise ? await value : value) as Uint8Array);
        }
      },
      compact: async () => {
        if (!inMemory) await db.rewriteBucket();
        await db.rewrite();
      },
      close: () => db.close(),
    };
  },
};

function orderedKeys(db: KvStorage, { gte, lt, limit }: ScanRange): string[] {
  const from = gte?.toString('latin1') ?? '';
  const to = lt?.toString('latin1') ?? '\xff';
  const found = [...db.keys()].filter((key) => key >= from && key < to).sort();
  return limit === undefined ? found : found.slice(0, limit);
}
