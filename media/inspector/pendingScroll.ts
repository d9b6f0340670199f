/** A scroll position that is brought back once enough rows are known, unless somebody scrolls before. */

/** How many rows there are, as far as is known. */
export interface KnownRows {
  readonly rowCount: number;
  /** No more will come. */
  readonly all: boolean;
}

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
  take({ rowCount, all }: KnownRows, pageRows: number): number | undefined {
    const topRow = this.#topRow;
    if (topRow === undefined || !(all || topRow + pageRows < rowCount)) return undefined;
    this.#topRow = undefined;
    return topRow;
  }
}
