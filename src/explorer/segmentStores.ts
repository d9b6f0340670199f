/** Which open store a segment file belongs to, for whoever shows the file. */

import * as vscode from 'vscode';
import type { KeyValueStore } from '../shared/keyValueStore.ts';
import type { RecordStateSource } from '../shared/recordState.ts';
import type { StoreEntry } from './storeEntry.ts';
import type { StoreRegistry } from './storeRegistry.ts';

export class SegmentStores implements vscode.Disposable {
  readonly #registry: StoreRegistry;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscription: vscode.Disposable;
  readonly onDidChange = this.#changed.event;

  constructor(registry: StoreRegistry) {
    this.#registry = registry;
    this.#subscription = registry.onDidChange(() => this.#changed.fire());
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  /** Also of a file that the store is about to add, such as a hint file: it is judged by its directory. */
  entryOf(file: vscode.Uri): StoreEntry | undefined {
    const directory = vscode.Uri.joinPath(file, '..').toString();
    return this.#registry.openEntries.find((entry) =>
      entry.openState?.statistics.segments.some(
        (segment) => vscode.Uri.joinPath(vscode.Uri.parse(segment.uri, true), '..').toString() === directory,
      ),
    );
  }

  storeOf(file: vscode.Uri): (KeyValueStore & RecordStateSource) | undefined {
    const store = this.entryOf(file)?.store;
    return store !== undefined && 'recordStates' in store ? (store as KeyValueStore & RecordStateSource) : undefined;
  }
}
