/** The line that says in which order rows are shown, and how far sorting has come. */

import type { SortResult } from '../../src/shared/inspectorMessages.ts';
import { formatCount, formatShare } from '../../src/shared/quantities.ts';
import type { RowOrder } from '../../src/shared/rowOrder.ts';
import { COLUMNS } from './columns.ts';
import { element, linkButton, setHidden } from './dom.ts';

export interface SortNoteEvents {
  onCancel(): void;
  onFileOrder(): void;
  onSortAgain(): void;
  /** The note goes away, and the keyboard focus was in it. */
  onLeave(): void;
}

export class SortNote {
  readonly root = element('div', { class: 'sort-note', hidden: true });
  readonly #events: SortNoteEvents;
  readonly #text = element('span', { role: 'status' });
  readonly #stop: HTMLButtonElement;
  readonly #fileOrder: HTMLButtonElement;
  readonly #again: HTMLButtonElement;

  constructor(events: SortNoteEvents) {
    this.#events = events;
    this.#stop = linkButton('Stop', () => events.onCancel());
    this.#fileOrder = linkButton('Show file order', () => events.onFileOrder());
    this.#again = linkButton('Sort again', () => events.onSortAgain());
    this.root.append(this.#text, this.#stop, this.#again, this.#fileOrder);
  }

  showProgress(order: RowOrder, share: number): void {
    this.#show(`Sorting by ${titleOf(order)}: ${formatShare(share)}`, [this.#stop]);
  }

  showResult(order: RowOrder, { rowCount, sortedRows }: SortResult): void {
    const how = `${titleOf(order)}, ${order.descending ? 'descending' : 'ascending'}`;
    const text =
      rowCount === sortedRows
        ? `Sorted by ${how}.`
        : `The first ${formatCount(rowCount)} of ${formatCount(sortedRows)} rows by ${how}. ` +
          'The other direction shows the other end; a filter narrows what is sorted.';
    this.#show(text, [this.#fileOrder]);
  }

  /** The file has grown: the rows shown are still right, but not all there are. Or they may have other states by now. */
  showOutdated(order: RowOrder, what: 'rows' | 'states'): void {
    const how = `Sorted by ${titleOf(order)}`;
    const text = what === 'rows' ? `${how} before the file grew.` : `${how}. States may have changed since.`;
    this.#show(text, [this.#again, this.#fileOrder]);
  }

  hide(): void {
    setHidden(this.root, true, { focus: () => this.#events.onLeave() });
    this.#text.textContent = '';
  }

  #show(text: string, buttons: readonly HTMLButtonElement[]): void {
    this.root.hidden = false;
    this.#text.textContent = text;
    const focusNext = { focus: () => buttons[0]?.focus() };
    for (const button of buttons) button.hidden = false;
    for (const button of [this.#stop, this.#again, this.#fileOrder])
      setHidden(button, !buttons.includes(button), focusNext);
  }
}

function titleOf({ column }: RowOrder): string {
  const found = COLUMNS.find(({ sort }) => sort === column);
  return found === undefined ? column : found.longTitle;
}
