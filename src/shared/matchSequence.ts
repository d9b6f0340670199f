/** All matches of an expression in some bytes that are read as UTF-8, from left to right. */

import type { RE2JS } from 're2js';
import { SteppedSearch } from './steppedSearch.ts';

export interface MatchedBytes {
  readonly start: number;
  readonly end: number;
}

export class MatchSequence {
  readonly #expression: RE2JS;
  readonly #bytes: Uint8Array;

  constructor(expression: RE2JS, bytes: Uint8Array) {
    this.#expression = expression;
    this.#bytes = bytes;
  }

  /**
   * The first match, and every further one that is not empty; none overlaps the one before. From `previous`, one of
   * these matches, on, what precedes it is not looked through again, unless the expression looks behind. Undefined: a
   * piece of work is done, and nothing was found in it. A match takes one pass over the rest of the bytes at most; all
   * together can take as many passes as there are matches, so whoever goes through them may want to stop.
   */
  *after(previous?: MatchedBytes): Generator<MatchedBytes | undefined, void> {
    const search = new SteppedSearch(this.#expression, this.#bytes);
    // An empty match does not stop its place from being passed.
    const behind = ({ start, end }: MatchedBytes) => (end > start ? end : search.behind(end));
    let isFirst = previous === undefined;
    let at = previous === undefined ? 0 : behind(previous);
    while (at <= this.#bytes.length) {
      const match = yield* search.find(at);
      if (match === undefined) return;
      if (isFirst || match.end > match.start) yield match;
      isFirst = false;
      at = behind(match);
    }
  }
}
