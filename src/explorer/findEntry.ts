import type { KeyEntry, KeyValueStore } from '../shared/keyValueStore.ts';

/**
 * What the store knows of one key; undefined when there is no such key. Reads no more of the value than is asked for,
 * unlike `get`, which brings all of it here.
 */
export async function findEntry(
  store: KeyValueStore,
  key: Uint8Array,
  valuePreviewBytes = 0,
): Promise<KeyEntry | undefined> {
  const [entry] = await store.list({ gte: key, lte: key, limit: 1 }, { valuePreviewBytes });
  return entry;
}
