/** The filter of each store's keys, as it was typed; kept across restarts. */

import * as vscode from 'vscode';
import type { KeyFilter } from '../shared/keyValueStore.ts';
import { parseKeyFilter } from './keyFilterText.ts';

const MEMORY_KEY = 'strata.keyFilters';

export class KeyFilters implements vscode.Disposable {
  readonly #memory: vscode.Memento;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  dispose(): void {
    this.#changed.dispose();
  }

  /** Empty when all keys are shown. */
  text(storeId: string): string {
    return this.#all()[storeId] ?? '';
  }

  filter(storeId: string): KeyFilter | undefined {
    return parseKeyFilter(this.text(storeId));
  }

  async set(storeId: string, text: string): Promise<void> {
    const { [storeId]: _, ...others } = this.#all();
    await this.#memory.update(MEMORY_KEY, text === '' ? others : { ...others, [storeId]: text });
    this.#changed.fire();
  }

  #all(): Record<string, string> {
    return this.#memory.get(MEMORY_KEY, {});
  }
}
