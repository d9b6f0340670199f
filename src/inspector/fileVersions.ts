/** Which version of a file is looked at, for what has to be about one of them from its beginning to its end. */

import type { IndexedFile } from './indexedFile.ts';

const FILE_CHANGED = 'The file has changed while it was read. Try again.';

export class FileVersions {
  current: IndexedFile;
  #isClosed = false;

  constructor(first: IndexedFile) {
    this.current = first;
  }

  /** A short question. Its answer is of one file: asked again of the one that took its place meanwhile. */
  async again<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      const told = await this.#toldOfOne(ask);
      if (told !== undefined) return told.answer;
    }
  }

  /** Long work, which is not begun again by itself when another file has taken the place of the one it read. */
  async ofOne<Outcome>(work: () => Promise<Outcome>): Promise<Outcome> {
    const told = await this.#toldOfOne(work);
    if (told === undefined) throw new Error(FILE_CHANGED);
    return told.answer;
  }

  /** Throws when that is not the current version any more, or nobody looks at the file. */
  check(version: IndexedFile): void {
    if (this.#isClosed || version !== this.current) throw new Error(FILE_CHANGED);
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Undefined, also where it failed, when another file has taken the place of the one that was asked about. */
  async #toldOfOne<Answer>(ask: () => Promise<Answer>): Promise<{ readonly answer: Answer } | undefined> {
    const version = this.current;
    const [outcome] = await Promise.allSettled([ask()]);
    if (version !== this.current) return undefined;
    if (outcome.status === 'rejected') throw outcome.reason;
    return { answer: outcome.value };
  }
}
