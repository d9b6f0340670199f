/** What concerns the whole file, above its rows: until it is dismissed, or does not hold any more. */

import { element, icon, iconButton, setHidden, textButton } from './dom.ts';

export class Banner {
  readonly root = element('div', { class: 'banner', role: 'alert', hidden: true });
  readonly #next: { focus(): void };

  /** `next` gets the keyboard focus when the banner goes away with it. */
  constructor(next: { focus(): void }) {
    this.#next = next;
  }

  show(message: string, tone: 'warning' | 'error', action?: { label: string; run: () => void }): void {
    const dismiss = iconButton('close', 'Dismiss', () => this.hide());
    const buttons = action === undefined ? [dismiss] : [textButton(action.label, action.run), dismiss];
    this.root.className = `banner ${tone}`;
    this.root.replaceChildren(icon(tone), message, ...buttons);
    this.root.hidden = false;
  }

  hide(): void {
    setHidden(this.root, true, this.#next);
  }
}
