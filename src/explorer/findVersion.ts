import type { KeyValueStore, KeyVersion, TaskOptions } from '../shared/keyValueStore.ts';

/** One version of a key, with the start of its value; undefined when the log does not have it any more. */
export async function findVersion(
  store: KeyValueStore,
  key: Uint8Array,
  sequence: number,
  options: TaskOptions & { readonly valuePreviewBytes: number },
): Promise<KeyVersion | undefined> {
  const [version] = await store.history(key, { ...options, after: sequence - 1, before: sequence + 1, limit: 1 });
  return version;
}
