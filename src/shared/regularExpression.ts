/**
 * Regular expressions that people type, matched in time that grows with the text only: in the syntax of RE2, which
 * leaves out look-ahead and back-references. `RegExp` can try all ways to match one key for hours, and the thread it
 * runs in cannot be stopped meanwhile.
 */

import { RE2JS, RE2JSSyntaxException } from 're2js';

const LEFT_OUT = /\(\?[=!]|\\[1-9]/;

export interface RegularExpression {
  test(text: string): boolean;
  /** The first match, `start` and `end` in UTF-16 units. */
  find(text: string): TextMatch | undefined;
  /** The first match and every further one that is not empty, from left to right; none overlaps the one before. */
  findAll(text: string): Iterable<TextMatch>;
}

export interface TextMatch {
  readonly start: number;
  readonly end: number;
}

/** Throws a sentence for people when the pattern is none. */
export function compileRegularExpression(pattern: string, matchCase: boolean): RegularExpression {
  const expression = compile(pattern, RE2JS.LOOKBEHINDS | (matchCase ? 0 : RE2JS.CASE_INSENSITIVE));
  return {
    test: (text) => expression.test(text),
    find: (text) => {
      // Only a test is done by its automaton, which is many times as fast, and most texts do not match.
      if (!expression.test(text)) return undefined;
      const matcher = expression.matcher(text);
      return matcher.find() ? { start: matcher.start(), end: matcher.end() } : undefined;
    },
    *findAll(text) {
      if (!expression.test(text)) return;
      const matcher = expression.matcher(text);
      let isFirst = true;
      for (let isFound = matcher.find(); isFound; isFound = matcher.find()) {
        if (isFirst || matcher.end() > matcher.start()) yield { start: matcher.start(), end: matcher.end() };
        isFirst = false;
      }
    },
  };
}

function compile(pattern: string, flags: number): RE2JS {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(pattern), flags);
  } catch (error) {
    const reason = error instanceof RE2JSSyntaxException ? error.getDescription() : String(error);
    const hint = LEFT_OUT.test(pattern) ? ' Look-ahead and back-references are not supported.' : '';
    throw new Error(`This is not a regular expression: ${reason}.${hint}`);
  }
}
