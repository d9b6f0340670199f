import { Store, type StoreOptions } from '../../../src/engine/index.ts';
import type { BenchEngine, BenchStore, OpenOptions } from './benchEngine.ts';

export const engine: BenchEngine = {
  notes:
    "durability `'os'`, or `'fsync'` for durable writes; `cacheSizeBytes` of the size stated above; everything else as by default. Values are copies of their own, checksums are verified on every read.",
  readsAreAsync: false,
  lacks: {},
  async open(directory: string, { durable, cacheSizeBytes, settings }: OpenOptions): Promise<BenchStore> {
    const options: StoreOptions = { durability: durable ? 'fsync' : 'os', cacheSizeBytes, ...settings };
    const store = await Store.open(directory, options);
    return {
      put: (key, value) => store.put(key, value),
      del: (key) => store.del(key),
      batch: (entries) => store.batch(entries.map(([key, value]) => ({ type: 'put', key, value }))),
      get: (key) => store.get(key),
      getView: (key) => store.get(key),
      getMany: (keys) => store.getMany(keys),
      scanKeys: (range, visit) => {
        for (const key of store.keys(range)) visit(key);
        return undefined;
      },
      scanEntries: (range, visit) => {
        for (const [, value] of store.entries(range)) visit(value);
        return undefined;
      },
      compact: () => store.compact(),
      keyMemoryBytes: () => {
        // What the snapshot file still holds is loaded by looking every key up.
        for (const key of store.keys()) store.has(key);
        return store.stats().keydirBytes;
      },
      close: () => store.close(),
    };
  },
};
