/**
 * Tells a tree view that its roots may have changed, and makes sure that it hears of it: while a view is shown for the
 * first time, between asking for its roots and drawing them, VS Code loses what it is told. Where the roots were not
 * asked for since, it is told once more. A hidden view does not ask either, and hearing it twice costs it nothing.
 */

import type * as vscode from 'vscode';

const AGAIN_MS = 1000;

export class RootRefresh implements vscode.Disposable {
  readonly #tell: () => void;
  readonly #againMs: number;
  #wasAsked = true;
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: () => void, againMs = AGAIN_MS) {
    this.#tell = tell;
    this.#againMs = againMs;
  }

  changed(): void {
    this.#wasAsked = false;
    this.#tell();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (!this.#wasAsked) this.#tell();
    }, this.#againMs);
  }

  /** The roots are given out now as they are. */
  asked(): void {
    this.#wasAsked = true;
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }
}
