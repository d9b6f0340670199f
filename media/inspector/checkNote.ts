/** The line that says what a check against other files still looks for, and how far it has come. */

import type { CrossCheckProgress } from '../../src/shared/inspectorMessages.ts';
import { formatShare } from '../../src/shared/quantities.ts';
import { element, linkButton, setHidden } from './dom.ts';

export class CheckNote {
  readonly root = element('div', { class: 'check-note', hidden: true });
  readonly #text = element('span', { role: 'status' });
  readonly #next: { focus(): void };

  /** `next` gets the keyboard focus when the note goes away with it. */
  constructor(onStop: () => void, next: { focus(): void }) {
    this.#next = next;
    this.root.append(this.#text, linkButton('Stop', onStop));
  }

  /** A check that has only begun may be over before anybody can read this: then nothing is shown. */
  show({ activity, share }: CrossCheckProgress): void {
    if (share === 0) return;
    this.root.hidden = false;
    this.#text.textContent = `${activity}: ${formatShare(share)}`;
  }

  hide(): void {
    setHidden(this.root, true, this.#next);
    this.#text.textContent = '';
  }
}
