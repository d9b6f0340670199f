/**
 * Where stores come from. The tree, the editors and the commands know stores by their references; only a provider
 * knows whether a reference is a directory, an address, or something else.
 */

import type * as vscode from 'vscode';
import type { KeyValueStore } from '../shared/keyValueStore.ts';

/** A store that exists, open or not. */
export interface StoreReference {
  /** The `id` that the store has when it is open: a URI. */
  readonly id: string;
  readonly name: string;
  /** Where the store is, for people: a path relative to the workspace, say. */
  readonly place: string;
  /** What can be said without opening it: `12 segments`, say. */
  readonly summary: string;
  readonly provider: StoreProvider;
}

export interface OpenMode {
  readonly readOnly: boolean;
  /** Open in spite of damage, leaving out what cannot be read. */
  readonly salvage: boolean;
}

export interface OpenedStore {
  readonly store: KeyValueStore;
  /** Why only reading is possible although writing was asked for: a sentence that names the lock's holder, say. */
  readonly readOnlyReason?: string;
}

export interface StoreProvider {
  /** The stores that can be found now, in the order in which to show them. */
  discover(token: vscode.CancellationToken): Promise<StoreReference[]>;
  /** A reference to a store that `discover` does not find, such as one that was opened by its path. */
  refer(id: string): Promise<StoreReference | undefined>;
  open(reference: StoreReference, mode: OpenMode): Promise<OpenedStore>;
  /** Fires when `discover` would give another answer. */
  readonly onDidChange: vscode.Event<void>;
}
