/** The line that says that a place which was asked for has to wait for the index. */

import type { LocateTarget } from '../../src/shared/inspectorMessages.ts';
import { formatCount, formatCountOf, formatOffset } from '../../src/shared/quantities.ts';
import { localTime } from './columns.ts';
import { element, linkButton, setHidden } from './dom.ts';
import type { WaitingPlaceNote } from './waitingPlace.ts';

/** The index of a small file is there before anybody could read the note. */
const SHOW_AFTER_MS = 200;

export class PlaceNote implements WaitingPlaceNote {
  readonly root = element('div', { class: 'place-note', hidden: true });
  readonly #text = element('span');
  readonly #next: { focus(): void };
  #timer: number | undefined;

  /** `next` gets the keyboard focus when the note goes away with it. */
  constructor(onStay: () => void, next: { focus(): void }) {
    this.#next = next;
    this.root.append(this.#text, linkButton('Stay here', onStay, 'Forget the place that was asked for'));
  }

  show(target: LocateTarget): void {
    this.#text.textContent = `${placeText(target)} is shown as soon as the index has come there.`;
    this.#timer ??= window.setTimeout(() => {
      this.root.hidden = false;
    }, SHOW_AFTER_MS);
  }

  /** The record there is known, and only its row is not. */
  showExplained(target: LocateTarget): void {
    this.show(target);
    this.#text.textContent = `${placeText(target)} is explained below, and shown above as soon as the index has come there.`;
  }

  hide(): void {
    window.clearTimeout(this.#timer);
    this.#timer = undefined;
    setHidden(this.root, true, this.#next);
  }
}

function placeText(target: LocateTarget): string {
  switch (target.kind) {
    case 'row':
      return `Row #${formatCount(target.row)}`;
    case 'offset':
      return target.offsetBytes < 0
        ? `The place ${formatCountOf(-target.offsetBytes, 'byte')} before the end`
        : `Offset ${formatOffset(target.offsetBytes)}`;
    case 'percent':
      return `The place at ${target.percent} %`;
    case 'time':
      return `The first record from ${localTime(target.timeMs)} on`;
    case 'sequence':
      return `Sequence number ${formatCount(target.sequence)}`;
  }
}
