import Database from 'better-sqlite3';
import type { BenchEngine, BenchStore, Entry, OpenOptions, ScanRange } from './benchEngine.ts';

export const engine: BenchEngine = {
  notes:
    'WAL, `synchronous` NORMAL, or FULL for durable writes; `cache_size` of the size stated above; a table of two BLOBs with the key as primary key, `WITHOUT ROWID` for values below 1 KiB as SQLite recommends. Its interface is synchronous, so that clients come one after the other. Compaction is `VACUUM`.',
  readsAreAsync: false,
  lacks: {},
  async open(directory: string, { durable, valueSizeBytes, cacheSizeBytes }: OpenOptions): Promise<BenchStore> {
    const db = new Database(`${directory}/data.sqlite`);
    db.pragma('journal_mode = WAL');
    db.pragma(`synchronous = ${durable ? 'FULL' : 'NORMAL'}`);
    // Negative: in KiB, not in pages.
    db.pragma(`cache_size = -${cacheSizeBytes / 1024}`);
    const rows = valueSizeBytes < 1024 ? ' WITHOUT ROWID' : '';
    db.exec(`CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, value BLOB NOT NULL)${rows}`);
    const put = db.prepare('INSERT INTO entries VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value');
    const del = db.prepare('DELETE FROM entries WHERE key = ?');
    const get = db.prepare('SELECT value FROM entries WHERE key = ?').pluck();
    const where = 'WHERE key >= ? AND key < ? ORDER BY key LIMIT ?';
    const scanKeys = db.prepare(`SELECT key FROM entries ${where}`).pluck();
    const scanValues = db.prepare(`SELECT key, value FROM entries ${where}`).raw();
    const putAll = db.transaction((entries: readonly Entry[]) => {
      for (const [key, value] of entries) put.run(key, value);
    });
    return {
      put: (key, value) => void put.run(key, value),
      del: (key) => void del.run(key),
      batch: (entries) => void putAll(entries),
      get: (key) => get.get(key) as Buffer | undefined,
      getMany: (keys) => keys.map((key) => get.get(key) as Buffer | undefined),
      scanKeys: (range, visit) => {
        for (const key of scanKeys.iterate(...bounds(range))) visit(key as Buffer);
        return undefined;
      },
      scanEntries: (range, visit) => {
        for (const row of scanValues.iterate(...bounds(range))) visit((row as Entry)[1]);
        return undefined;
      },
      compact: () => void db.exec('VACUUM'),
      close: () => void db.close(),
    };
  },
};

/** A limit of -1 is none. */
function bounds({ gte, lt, limit }: ScanRange): [Buffer, Buffer, number] {
  return [gte ?? Buffer.alloc(0), lt ?? Buffer.from([0xff]), limit ?? -1];
}
