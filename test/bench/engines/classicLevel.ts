import { ClassicLevel } from 'classic-level';
import type { BenchEngine, BenchStore, OpenOptions } from './benchEngine.ts';

/** Entries asked for at a time; the water mark below holds as many. */
const SCAN_STEP = 1000;

export const engine: BenchEngine = {
  notes:
    'buffers as keys and values, `writeBufferSize` 64 MiB, `cacheSize` of the size stated above, `getSync`, scans by `nextv(1000)` with a `highWaterMarkBytes` that holds them; durable writes with `sync: true`. Compaction is `compactRange`.',
  readsAreAsync: false,
  lacks: {},
  async open(directory: string, { durable, valueSizeBytes, cacheSizeBytes }: OpenOptions): Promise<BenchStore> {
    const encoding = { keyEncoding: 'buffer', valueEncoding: 'buffer' };
    const db = new ClassicLevel(directory, { ...encoding, writeBufferSize: 64 << 20, cacheSize: cacheSizeBytes });
    await db.open();
    const write = { sync: durable };
    const highWaterMarkBytes = SCAN_STEP * (valueSizeBytes + 64);
    return {
      put: (key, value) => db.put(key, value, write),
      del: (key) => db.del(key, write),
      batch: (entries) =>
        db.batch(
          entries.map(([key, value]) => ({ type: 'put', key, value })),
          write,
        ),
      get: (key) => db.getSync(key),
      getMany: (keys) => db.getMany(keys),
      scanKeys: async (range, visit) => {
        const iterator = db.keys({ ...range, highWaterMarkBytes });
        for (;;) {
          const keys = await iterator.nextv(SCAN_STEP);
          if (keys.length === 0) break;
          for (const key of keys) visit(key);
        }
        await iterator.close();
      },
      scanEntries: async (range, visit) => {
        const iterator = db.iterator({ ...range, highWaterMarkBytes });
        for (;;) {
          const entries = await iterator.nextv(SCAN_STEP);
          if (entries.length === 0) break;
          for (const [, value] of entries) visit(value);
        }
        await iterator.close();
      },
      compact: () => db.compactRange(Buffer.from('key:'), Buffer.from('key;')),
      close: () => db.close(),
    };
  },
};
