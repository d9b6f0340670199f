import type { EmbeddedStoreOptions, StoreProcessSetting } from '../../src/shared/embeddedStore.ts';

/** For a small store that does not exist yet. */
export function newStoreOptions(ownProcess: StoreProcessSetting): EmbeddedStoreOptions {
  return { readOnly: false, expect: 'new', salvage: false, durability: 'os', maxSegmentSizeBytes: 1 << 20, ownProcess };
}
