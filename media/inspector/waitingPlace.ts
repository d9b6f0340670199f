/**
 * What is shown of a place that waits for the index: a note, and in the detail its record, where that can be found
 * without the index. The detail is that of the place until it is of another row, or the place waits no more.
 */

import type { LocateTarget } from '../../src/shared/inspectorMessages.ts';
import type { RowDetail } from '../../src/shared/inspectorRows.ts';
import type { AskedPlace, PendingPlace } from './pendingPlace.ts';

export interface WaitingPlaceView {
  /** Undefined: only the index can tell. */
  peek(target: LocateTarget): Promise<RowDetail | undefined>;
  /** Whether the detail is there to show it, and the place is one among all rows. */
  canExplain(): boolean;
  explain(detail: RowDetail, target: LocateTarget): void;
  /** Shows the detail of the selected row again. */
  showSelected(): void;
  /** A place still waits, or is just being looked up. */
  isWaiting(): boolean;
  readonly note: WaitingPlaceNote;
}

export interface WaitingPlaceNote {
  show(target: LocateTarget): void;
  showExplained(target: LocateTarget): void;
  hide(): void;
}

export class WaitingPlace {
  readonly #pending: PendingPlace;
  readonly #view: WaitingPlaceView;
  /** Whose record the detail shows. */
  #explained: AskedPlace | undefined;
  /** An answer counts only while nobody has chosen to see something else. */
  #generation = 0;

  constructor(pending: PendingPlace, view: WaitingPlaceView) {
    this.#pending = pending;
    this.#view = view;
  }

  get isExplained(): boolean {
    return this.#explained !== undefined;
  }

  /** To be called when a place begins to wait, or the file that it is a place of has become another one. */
  async begin(place: AskedPlace): Promise<void> {
    const { note, peek, canExplain, explain } = this.#view;
    const generation = ++this.#generation;
    note.show(place.target);
    const detail = place.select && canExplain() ? await peek(place.target) : undefined;
    if (generation !== this.#generation || this.#pending.place !== place) return;
    if (detail === undefined || !canExplain()) {
      this.#takeBack();
      return;
    }
    this.#explained = place;
    explain(detail, place.target);
    note.showExplained(place.target);
  }

  /** The detail is about to show another row, or nothing. */
  detailChanges(): void {
    this.#generation++;
    if (this.#explained !== undefined) this.#view.note.show(this.#explained.target);
    this.#explained = undefined;
  }

  /** To be called when the place may wait no more without being shown: it was given up, or replaced by another one. */
  mayHaveEnded(): void {
    if (this.#view.isWaiting()) return;
    this.#generation++;
    this.#view.note.hide();
    this.#takeBack();
  }

  /** The row at the place is about to be selected, which brings its detail. */
  reached(): void {
    this.#generation++;
    this.#explained = undefined;
    this.#view.note.hide();
  }

  #takeBack(): void {
    if (this.#explained === undefined) return;
    this.#explained = undefined;
    this.#view.showSelected();
  }
}
