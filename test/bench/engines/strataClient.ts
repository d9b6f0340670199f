import { pathToFileURL } from 'node:url';
import type { EmbeddedStore, StoreProcessSetting } from '../../../src/shared/embeddedStore.ts';
import { embeddedStoreOpener } from '../../../src/worker/openEmbeddedStore.ts';
import type { StoreClient } from '../../../src/worker/storeClient.ts';
import type { BenchEngine, BenchStore, OpenOptions, ScanRange } from './benchEngine.ts';

/** Entries that one request lists. */
const PAGE_SIZE = 1000;

const openEmbeddedStore = embeddedStoreOpener(new URL('../../../src/worker/storeWorker.ts', import.meta.url));

export const engine: BenchEngine = {
  notes:
    'the store in a thread or process of its own, seen from the thread that asks: requests are messages, 64 under way at a time unless said otherwise.',
  readsAreAsync: true,
  lacks: {},
  async open(directory: string, { durable, valueSizeBytes, settings }: OpenOptions): Promise<BenchStore> {
    const ownProcess = settings?.['ownProcess'] === 'always' ? 'always' : 'never';
    const client = await openClient(directory, durable, ownProcess);
    return {
      put: (key, value) => client.put(key, value),
      del: (key) => client.del(key),
      batch: (entries) => client.batch(entries.map(([key, value]) => ({ type: 'put', key, value }))),
      get: async (key) => (await client.get(key))?.value,
      getMany: async (keys) => (await client.getMany(keys)).map((found) => found?.value),
      scanKeys: (range, visit) => scan(client, range, 0, ({ key }) => visit(key)),
      scanEntries: (range, visit) =>
        scan(client, range, valueSizeBytes, ({ valuePreview }) => visit(valuePreview as Uint8Array)),
      compact: () => client.compact(),
      close: () => client.close(),
    };
  },
};

/** The client says beforehand whether it expects a store. */
async function openClient(directory: string, durable: boolean, ownProcess: StoreProcessSetting): Promise<StoreClient> {
  const uri = pathToFileURL(directory).href;
  const durability = durable ? 'fsync' : 'os';
  const options = { readOnly: false, salvage: false, durability, maxSegmentSizeBytes: 64 << 20, ownProcess } as const;
  const open = (expect: 'new' | 'existing') => openEmbeddedStore(uri, { ...options, expect }) as Promise<StoreClient>;
  return open('existing').catch((error: { readonly code?: string }) => {
    if (error.code !== 'STORE_NOT_FOUND') throw error;
    return open('new');
  });
}

async function scan(
  client: EmbeddedStore,
  { gte, lt, limit = Number.POSITIVE_INFINITY }: ScanRange,
  valuePreviewBytes: number,
  visit: (entry: Awaited<ReturnType<EmbeddedStore['list']>>[number]) => void,
): Promise<void> {
  const end = lt === undefined ? {} : { lt };
  let start: object = gte === undefined ? {} : { gte };
  for (let rest = limit; rest > 0; ) {
    const page = await client.list({ ...start, ...end, limit: Math.min(PAGE_SIZE, rest) }, { valuePreviewBytes });
    for (const entry of page) visit(entry);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_SIZE) return;
    rest -= page.length;
    start = { gt: last.key };
  }
}
