/** All matches of an expression in one text, from left to right. */

import type { RE2JS } from 're2js';
import { SteppedSearch } from './steppedSearch.ts';

export interface TextMatch {
  /** In UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

export class MatchSequence {
  readonly #expression: RE2JS;
  readonly #text: string;

  constructor(expression: RE2JS, text: string) {
    this.#expression = expression;
    this.#text = text;
  }

  /**
   * The first match, and every further one that is not empty; none overlaps the one before. From `previous`, one of
   * these matches, on, what precedes it is not looked through again, unless the expression looks behind. Undefined: a
   * piece of work is done, and nothing was found in it. A match takes one pass over the rest of the text at most; all
   * together can take as many passes as there are matches, so whoever goes through them may want to stop.
   */
  *after(previous?: TextMatch): Generator<TextMatch | undefined, void> {
    const search = new SteppedSearch(this.#expression, this.#text);
    let isFirst = previous === undefined;
    let at = previous === undefined ? 0 : this.#behind(previous);
    while (at <= this.#text.length) {
      const match = yield* search.find(at);
      if (match === undefined) return;
      if (isFirst || match.end > match.start) yield match;
      isFirst = false;
      at = this.#behind(match);
    }
  }

  /** Where the next match may start: an empty one does not stop its place from being passed. */
  #behind({ start, end }: TextMatch): number {
    if (end > start) return end;
    return end + ((this.#text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
  }
}
