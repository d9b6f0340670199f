/** All matches of an expression in one text, from left to right. */

import type { RE2JS } from 're2js';

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
   * these matches, on, what precedes it is not looked through again. Each takes one pass over the rest of the text at
   * most; all together can take as many passes as there are matches, so whoever goes through them may want to stop.
   */
  *after(previous?: TextMatch): Generator<TextMatch, void> {
    // Only a test is done by its automaton, which is many times as fast, and most texts do not match.
    if (previous === undefined && !this.#expression.test(this.#text)) return;
    const matcher = this.#expression.matcher(this.#text);
    let isFirst = previous === undefined;
    let at = previous === undefined ? 0 : this.#behind(previous);
    while (at <= this.#text.length && matcher.find(at)) {
      const match = { start: matcher.start(), end: matcher.end() };
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
