/** A scroll position that is brought back once enough rows are known, unless somebody scrolls before. */

import type { IndexProgress } from '../../src/shared/inspectorRows.ts';
import { reaches } from './pendingPlace.ts';

export class PendingScroll {
  #topRow: number | undefined;

  get isThere(): boolean {
    return this.#topRow !== undefined;
  }

  hold(topRow: number): void {
    this.#topRow = topRow;
  }

  forget(): void {
    this.#topRow = undefined;
  }

  /** The row to be the first in sight, once so many more are known that it can be; then it waits no more. */
  take(progress: IndexProgress | undefined, pageRows: number): number | undefined {
    const topRow = this.#topRow;
    if (topRow === undefined || !reaches(progress, { kind: 'row', row: topRow + pageRows })) return undefined;
    this.#topRow = undefined;
    return topRow;
  }
}
