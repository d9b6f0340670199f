/** The line that says that a filter would find other rows by now. */

import { element, linkButton, setHidden } from './dom.ts';

export class FilterNote {
  readonly root = element('div', { class: 'filter-note', hidden: true });
  readonly #text = element('span', { role: 'status' });
  readonly #next: { focus(): void };

  /** `next` gets the keyboard focus when the note goes away with it. */
  constructor(onAgain: () => void, next: { focus(): void }) {
    this.#next = next;
    this.root.append(this.#text, linkButton('Filter again', onAgain));
  }

  get isShown(): boolean {
    return !this.root.hidden;
  }

  /** The store has changed, which did not tell of which records. */
  show(): void {
    if (this.isShown) return;
    this.root.hidden = false;
    this.#text.textContent = 'States may have changed since these rows were filtered.';
  }

  hide(): void {
    setHidden(this.root, true, this.#next);
    this.#text.textContent = '';
  }
}
