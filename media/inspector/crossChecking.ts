/** Whether the file agrees with those it belongs to: what is said of that, and of how far the check has come. */

import type { CrossCheck, CrossCheckProgress } from '../../src/shared/inspectorMessages.ts';
import { formatShare } from '../../src/shared/quantities.ts';
import { ActionNote } from './actionNote.ts';
import type { Banner } from './banner.ts';
import type { HeaderLine } from './headerLine.ts';
import type { Host } from './hostConnection.ts';

/** Of what differs, so many sentences are in the banner; the header's tooltip has them all. */
const BANNER_PROBLEMS = 3;
const TONES = { agrees: 'good', differs: 'bad', missing: 'plain', unchecked: 'plain' } as const;

export class CrossChecking {
  readonly note: ActionNote;
  readonly #host: () => Host;
  readonly #header: HeaderLine;
  readonly #banner: Banner;
  /** A check that another one has replaced has nothing to say any more. */
  #generation = 0;
  /** What the banner was last told by the check that goes on. */
  #told = '';

  constructor(host: () => Host, header: HeaderLine, banner: Banner, next: { focus(): void }) {
    this.#host = host;
    this.#header = header;
    this.#banner = banner;
    this.note = new ActionNote('check-note', { label: 'Stop', run: () => void host().cancelCrossCheck() }, next);
  }

  async check(): Promise<void> {
    const generation = ++this.#generation;
    this.note.hide();
    this.#told = '';
    const check = await this.#host()
      .crossCheck()
      .catch(() => undefined);
    if (generation !== this.#generation) return;
    this.note.hide();
    if (check !== undefined) this.#show(check);
  }

  showProgress({ known, activity, share }: CrossCheckProgress): void {
    this.#show(known);
    // A check that has only begun may be over before anybody can read this.
    if (share > 0) this.note.show(`${activity}: ${formatShare(share)}`);
  }

  #show({ label, outcome, summary, problems, notLookedAt }: CrossCheck): void {
    const sentences = notLookedAt === undefined ? problems : [...problems, notLookedAt];
    const detail = sentences.length === 0 ? {} : { detail: sentences.join('\n') };
    this.#header.showExtra([{ label, value: summary, tone: TONES[outcome], ...detail }]);
    // A check that goes on says the same several times; who has dismissed it need not do so again.
    const told = outcome === 'differs' ? problems.slice(0, BANNER_PROBLEMS).join(' ') : '';
    if (told !== '' && told !== this.#told) this.#banner.show(told, 'warning');
    this.#told = told;
  }
}
