/** Remembers what the editors of the last files showed, in this workspace. */

import type * as vscode from 'vscode';
import type { ViewState } from '../shared/inspectorViewState.ts';

const STATE_KEY = 'strata.inspector.views';
const MAX_FILES = 50;

type Remembered = readonly (readonly [uri: string, state: ViewState])[];

export class ViewMemory {
  readonly #memory: vscode.Memento;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  load(uri: vscode.Uri): ViewState | undefined {
    return this.#entries.find(([known]) => known === uri.toString())?.[1];
  }

  /** The file last saved comes first; those beyond the limit are forgotten. */
  async save(uri: vscode.Uri, state: ViewState): Promise<void> {
    const others = this.#entries.filter(([known]) => known !== uri.toString());
    await this.#memory.update(STATE_KEY, [[uri.toString(), state], ...others].slice(0, MAX_FILES));
  }

  get #entries(): Remembered {
    return this.#memory.get<Remembered>(STATE_KEY, []);
  }
}
