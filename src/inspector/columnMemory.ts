/** Remembers which columns are shown and how wide they are, for all files. */

import type * as vscode from 'vscode';
import type { ColumnSettings } from '../shared/inspectorMessages.ts';

const STATE_KEY = 'strata.inspector.columns';

export class ColumnMemory {
  readonly #memory: vscode.Memento;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  load(): ColumnSettings | undefined {
    return this.#memory.get<ColumnSettings>(STATE_KEY);
  }

  async save(columns: ColumnSettings): Promise<void> {
    await this.#memory.update(STATE_KEY, columns);
  }
}
