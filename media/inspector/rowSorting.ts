/** The order of the rows: what the headers ask for, what the thread sorts, and what is shown meanwhile. */

import type { SortResult, ViewId } from '../../src/shared/inspectorMessages.ts';
import type { RowOrder, SortColumn } from '../../src/shared/rowOrder.ts';
import type { Host } from './hostConnection.ts';
import { SortNote } from './sortNote.ts';

export interface RowSortingEvents {
  /** The order that is wanted has changed; undefined: that of the file. */
  onOrder(order: RowOrder | undefined): void;
  /** The rows of the base view are in that order now. */
  onSorted(result: SortResult): void;
  /** The base view is to be shown in the order of the file. */
  onFileOrder(): void;
  /** The keyboard focus was in the note, which goes away. */
  onLeave(): void;
}

export class RowSorting {
  readonly note: SortNote;
  readonly #host: () => Host;
  readonly #events: RowSortingEvents;
  #order: RowOrder | undefined;
  #base: ViewId = 0;
  /** Answers to an earlier question are thrown away. */
  #generation = 0;
  #sorted = false;
  /** What has become of the rows since sorting began; the first of it is told. */
  #outdated: 'rows' | 'states' | undefined;

  constructor(host: () => Host, events: RowSortingEvents) {
    this.#host = host;
    this.#events = events;
    this.note = new SortNote({
      onCancel: () => this.#setOrder(undefined),
      onFileOrder: () => this.#setOrder(undefined),
      onSortAgain: () => void this.#sort(),
      onLeave: () => events.onLeave(),
    });
  }

  get order(): RowOrder | undefined {
    return this.#order;
  }

  /** Ascending first, then descending, then the order of the file. */
  cycle(column: SortColumn): void {
    const order = this.#order;
    if (order?.column !== column) this.#setOrder({ column, descending: false });
    else this.#setOrder(order.descending ? undefined : { column, descending: true });
  }

  restore(order: RowOrder): void {
    this.#setOrder(order);
  }

  clear(): void {
    if (this.#order !== undefined) this.#setOrder(undefined);
  }

  /** Another view is to be sorted: a filter has changed. */
  rebase(base: ViewId): void {
    this.#base = base;
    this.#sorted = false;
    if (this.#order !== undefined) void this.#sort();
  }

  showProgress(share: number): void {
    if (this.#order !== undefined && !this.#sorted) this.note.showProgress(this.#order, share);
  }

  /** The file has grown since. */
  fileGrew(): void {
    if (this.#sorted) this.#showOutdated('rows');
  }

  /** The store has changed since, which may have given records other states. */
  statesChanged(): void {
    if (this.#order?.column === 'state') this.#showOutdated('states');
  }

  #showOutdated(what: 'rows' | 'states'): void {
    if (this.#order === undefined || this.#outdated !== undefined) return;
    this.#outdated = what;
    if (this.#sorted) this.note.showOutdated(this.#order, what);
  }

  #setOrder(order: RowOrder | undefined): void {
    this.#order = order;
    this.#events.onOrder(order);
    if (order !== undefined) {
      void this.#sort();
      return;
    }
    this.#generation++;
    this.#host().cancelSort();
    this.note.hide();
    this.#events.onFileOrder();
  }

  async #sort(): Promise<void> {
    const order = this.#order;
    const generation = ++this.#generation;
    if (order === undefined) return;
    this.#sorted = false;
    this.#outdated = undefined;
    this.note.showProgress(order, 0);
    // A filter that has changed meanwhile makes the view unknown; its successor asks anew.
    const result = await this.#host()
      .sort({ view: this.#base, order })
      .catch(() => undefined);
    if (result === undefined || generation !== this.#generation) return;
    this.#sorted = true;
    if (this.#outdated === undefined) this.note.showResult(order, result);
    else this.note.showOutdated(order, this.#outdated);
    this.#events.onSorted(result);
  }
}
