/** Looks up the place that was asked for last among the rows that are shown, which may give way to others meanwhile. */

import type { Located, LocateTarget, ViewId } from '../../src/shared/inspectorMessages.ts';
import type { IndexProgress } from '../../src/shared/inspectorRows.ts';
import type { AskedPlace, PendingPlace } from './pendingPlace.ts';

export interface SearchedRows {
  readonly view: () => ViewId;
  readonly progress: () => IndexProgress | undefined;
  /** Undefined: the view does not have the place. */
  readonly locate: (target: LocateTarget, view: ViewId) => Promise<Located | undefined>;
  /** Has the rows shown in the order of the file; false: they are so already. */
  readonly leaveOrder: () => boolean;
  readonly show: (place: AskedPlace, located: Located) => void;
  /** The place waits for the index. */
  readonly onWait: (place: AskedPlace) => void;
}

export class PlaceSearch {
  readonly #pending: PendingPlace;
  readonly #rows: SearchedRows;
  /** The place that was asked for last is shown, whichever answer comes last. */
  #generation = 0;
  /** The generation that is being looked up. */
  #lookedUp = -1;

  constructor(pending: PendingPlace, rows: SearchedRows) {
    this.#pending = pending;
    this.#rows = rows;
  }

  /** A place is just being looked up, or waits. */
  get isOpen(): boolean {
    return this.#pending.isThere || this.#lookedUp === this.#generation;
  }

  /** Shows a place, now or once the index has come so far. */
  async find(place: AskedPlace): Promise<void> {
    const rows = this.#rows;
    const generation = ++this.#generation;
    if (!this.#pending.ask(place, rows.progress())) {
      rows.onWait(place);
      return;
    }
    const view = rows.view();
    this.#lookedUp = generation;
    const located = await rows
      .locate(place.target, view)
      .catch((error: unknown) => {
        // Mostly the view is gone.
        if (generation === this.#generation && view === rows.view()) throw error;
        return undefined;
      })
      .finally(() => {
        if (this.#lookedUp === generation) this.#lookedUp = -1;
      });
    if (generation !== this.#generation) return;
    // Sorted meanwhile, or made anew: among other rows the place has another position.
    const isElsewhere = view !== rows.view();
    // Not among the rows that the order keeps: it is shown where it stands in the file.
    if (isElsewhere || (located === undefined && rows.leaveOrder())) return this.find(place);
    if (located !== undefined) rows.show(place, located);
  }

  /** What was asked for is not to be shown any more, though it may just be looked for. */
  forget(): void {
    this.#generation++;
    this.#pending.forget();
  }
}
