/** Where rows start as something quicker tells it: an index that is there before the file has been read and checked. */

import type { QuickRowSink, QuickRows } from './logFormat.ts';
import { SparseIndex } from './sparseIndex.ts';

export class QuickIndex implements QuickRowSink {
  readonly rows = new SparseIndex();
  readonly #told: QuickRows;
  #state: 'reading' | 'ready' | 'failed' = 'reading';

  constructor(told: QuickRows) {
    this.#told = told;
  }

  get source(): string {
    return this.#told.source;
  }

  get state(): 'reading' | 'ready' | 'failed' {
    return this.#state;
  }

  get isSeparate(): boolean {
    return this.#told.isSeparate;
  }

  get share(): number {
    return this.#told.share;
  }

  /** Reads one piece. */
  step(): void {
    const outcome = this.#told.step(this);
    if (outcome === 'more') return;
    this.#state = outcome === 'done' ? 'ready' : 'failed';
    this.#told.close();
  }

  row(offsetBytes: number, groupStartBytes: number, groupEndBytes: number): void {
    this.rows.add(this.rows.count, offsetBytes, groupStartBytes, groupEndBytes);
  }

  close(): void {
    if (this.#state !== 'reading') return;
    this.#state = 'failed';
    this.#told.close();
  }
}
