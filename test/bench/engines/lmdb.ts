import { open as openLmdb } from 'lmdb';
import type { BenchEngine, BenchStore, OpenOptions, ScanRange } from './benchEngine.ts';

export const engine: BenchEngine = {
  notes:
    'binary keys and values, no compression. Without durability `noSync`; durable writes wait for `put` and `flushed`, with `overlappingSync` as by default. Values by `getBinary` (a copy of their own), keys by `getKeys`. Compaction is a compacting `backup`.',
  readsAreAsync: false,
  lacks: {},
  async open(directory: string, { durable }: OpenOptions): Promise<BenchStore> {
    const db = openLmdb({
      path: `${directory}/data.mdb`,
      encoding: 'binary',
      keyEncoding: 'binary',
      noMemInit: true,
      noSync: !durable,
    });
    const settled = durable
      ? async (written: Promise<unknown>) => {
          await written;
          await db.flushed;
        }
      : (written: Promise<unknown>) => written;
    return {
      put: (key, value) => settled(db.put(key, value)),
      del: (key) => settled(db.remove(key)),
      batch: (entries) => {
        let last: Promise<unknown> | undefined;
        for (const [key, value] of entries) last = db.put(key, value);
        return last === undefined ? undefined : settled(last);
      },
      get: (key) => db.getBinary(key),
      getView: (key) => db.getBinaryFast(key),
      getMany: (keys) => keys.map((key) => db.getBinary(key)),
      scanKeys: (range, visit) => {
        for (const key of db.getKeys(lmdbRange(range))) visit(key);
        return undefined;
      },
      scanEntries: (range, visit) => {
        for (const { value } of db.getRange(lmdbRange(range))) visit(value);
        return undefined;
      },
      compact: () => db.backup(`${directory}/compacted.mdb`, true),
      close: () => db.close(),
    };
  },
};

function lmdbRange({ gte, lt, limit }: ScanRange): Record<string, unknown> {
  return {
    ...(gte === undefined ? {} : { start: gte }),
    ...(lt === undefined ? {} : { end: lt }),
    ...(limit === undefined ? {} : { limit }),
  };
}
