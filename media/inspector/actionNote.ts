/** A line below the table that says something and offers one thing to do about it. */

import { element, linkButton, setHidden } from './dom.ts';

export class ActionNote {
  readonly root: HTMLElement;
  readonly #text = element('span', { role: 'status' });
  readonly #next: { focus(): void };

  /** `next` gets the keyboard focus when the note goes away with it. */
  constructor(cssClass: string, action: { label: string; run: () => void }, next: { focus(): void }) {
    this.#next = next;
    this.root = element('div', { class: cssClass, hidden: true }, this.#text, linkButton(action.label, action.run));
  }

  get isShown(): boolean {
    return !this.root.hidden;
  }

  show(text: string): void {
    this.root.hidden = false;
    // A status that is set again may be read out again.
    if (this.#text.textContent !== text) this.#text.textContent = text;
  }

  hide(): void {
    setHidden(this.root, true, this.#next);
    this.#text.textContent = '';
  }
}
