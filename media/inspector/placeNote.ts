/** The line that says that a place which was asked for has to wait for the index, or that another row is shown for it. */

import type { LocateTarget } from '../../src/shared/inspectorMessages.ts';
import { element, linkButton, setHidden } from './dom.ts';
import { placeName } from './placeOutcome.ts';
import type { WaitingPlaceNote } from './waitingPlace.ts';

/** The index of a small file is there before anybody could read the note. */
const SHOW_AFTER_MS = 200;
/** Long enough to read a sentence twice. */
const TELL_FOR_MS = 10_000;

export class PlaceNote implements WaitingPlaceNote {
  readonly root = element('div', { class: 'place-note', hidden: true });
  readonly #text = element('span');
  readonly #stay: HTMLButtonElement;
  readonly #next: { focus(): void };
  /** A place waits, so that nothing is told of another one. */
  #isWaiting = false;
  #timer: number | undefined;

  /** `next` gets the keyboard focus when the note goes away with it. */
  constructor(onStay: () => void, next: { focus(): void }) {
    this.#next = next;
    this.#stay = linkButton('Stay here', onStay, 'Forget the place that was asked for');
    this.root.append(this.#text, this.#stay);
  }

  /** Says something about a place that has been reached, for a while. */
  tell(text: string): void {
    window.clearTimeout(this.#timer);
    this.#text.textContent = text;
    setHidden(this.#stay, true, this.#next);
    this.root.hidden = false;
    this.#timer = window.setTimeout(() => this.clear(), TELL_FOR_MS);
  }

  show(target: LocateTarget): void {
    this.#text.textContent = `${capitalised(placeName(target))} is shown as soon as the index has come there.`;
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    window.clearTimeout(this.#timer);
    this.#stay.hidden = false;
    this.#timer = window.setTimeout(() => {
      this.root.hidden = false;
    }, SHOW_AFTER_MS);
  }

  /** The record there is known, and only its row is not. */
  showExplained(target: LocateTarget): void {
    this.show(target);
    this.#text.textContent = `${capitalised(placeName(target))} is explained below, and shown above as soon as the index has come there.`;
  }

  /** What is told of a place that was reached stays for its time. */
  hide(): void {
    if (this.#isWaiting) this.clear();
  }

  clear(): void {
    this.#isWaiting = false;
    window.clearTimeout(this.#timer);
    setHidden(this.root, true, this.#next);
  }
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
