import type { BenchEngine } from './benchEngine.ts';

/** Name in tables, and npm package. */
export const PEER_PACKAGES: Readonly<Record<string, string>> = {
  lmdb: 'lmdb',
  'classic-level': 'classic-level',
  'better-sqlite3': 'better-sqlite3',
  'rocksdb-native': 'rocksdb-native',
  kvstorage: '@rejetto/kvstorage',
};
export const ENGINE_NAMES = ['strata', ...Object.keys(PEER_PACKAGES), 'limit'];

const FILES: Readonly<Record<string, string>> = {
  strata: './strata.ts',
  'strata-client': './strataClient.ts',
  lmdb: './lmdb.ts',
  'classic-level': './classicLevel.ts',
  'better-sqlite3': './betterSqlite3.ts',
  'rocksdb-native': './rocksdbNative.ts',
  kvstorage: './kvstorage.ts',
};

/** Not a store: what the machine needs for the same bytes. */
const PHYSICAL_LIMIT: BenchEngine = {
  notes: 'the same bytes moved and checked by the fewest calls: see `test/bench/workloads/physicalLimits.ts`.',
  readsAreAsync: false,
  lacks: {},
  open: () => Promise.reject(new Error('The physical limit is no store.')),
};

/** Loads only the engine that is asked for: no process has the libraries of another. */
export async function loadEngine(name: string): Promise<BenchEngine> {
  if (name === 'limit') return PHYSICAL_LIMIT;
  const file = FILES[name];
  if (file === undefined) throw new RangeError(`There is no engine ${name}. Known: ${ENGINE_NAMES.join(', ')}.`);
  const { engine } = (await import(file)) as { readonly engine: BenchEngine };
  return engine;
}
