/**
 * How the extension opens the embedded engine on a directory. Only the provider of embedded stores knows of it;
 * everything else sees a `KeyValueStore`.
 */

import type { KeyValueStore, SalvageReport, TaskOptions } from './keyValueStore.ts';
import type { RecordStateSource } from './recordState.ts';

/** A store in a directory, its engine in a thread or a process of its own. */
export type EmbeddedStore = KeyValueStore & RecordStateSource;

/**
 * Opens the store in the directory that the `file:` URI names; that URI becomes the store's `id`.
 *
 * Rejects with an error that carries the engine's `code`. When another process holds the lock, the store is not
 * opened: whoever asked decides whether reading alone will do, and asks again with `readOnly`.
 */
export type OpenEmbeddedStore = (directoryUri: string, options: EmbeddedStoreOptions) => Promise<EmbeddedStore>;

export interface EmbeddedStoreOptions {
  /** Take no lock, write nothing, follow the writer. */
  readonly readOnly: boolean;
  /** `new` fails where a store exists already, `existing` where none does. */
  readonly expect: 'new' | 'existing';
  /** Open in spite of damage, and leave out what cannot be read. */
  readonly salvage: boolean;
  readonly durability: 'fsync' | 'dsync' | 'os' | { readonly intervalMs: number };
  readonly maxSegmentSizeBytes: number;
  readonly ownProcess: StoreProcessSetting;
}

/** Which stores run in a process of their own, and not in a thread. */
export type StoreProcessSetting = 'large' | 'always' | 'never';

/**
 * Copies everything readable of a store, or of one segment file, into a new store in a new or empty directory. Both are
 * named by `file:` URIs. Rejects with an error that carries the engine's `code`; the target is empty again then.
 */
export type SalvageEmbeddedStore = (
  sourceUri: string,
  targetUri: string,
  options: Pick<EmbeddedStoreOptions, 'durability' | 'maxSegmentSizeBytes' | 'ownProcess'>,
  task?: TaskOptions,
) => Promise<SalvageReport>;
