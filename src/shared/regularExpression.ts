/**
 * Regular expressions that people type, each match found in time that grows with the text only: in the syntax of RE2,
 * which leaves out look-ahead and back-references. `RegExp` can try all ways to match one key for hours, and the thread it
 * runs in cannot be stopped meanwhile.
 */

import { RE2JS, RE2JSSyntaxException } from 're2js';

/** What re2js takes, which it says as `expression too large`. */
const MAX_CHARACTERS = 1_398_101;
const TOO_LARGE = 'expression too large';

const LEFT_OUT = /\(\?[=!]|\\[1-9]/;

export interface RegularExpression {
  test(text: string): boolean;
  /** For searches in bytes. */
  readonly compiled: RE2JS;
}

/** Throws a sentence for people when the pattern is none. */
export function compileRegularExpression(pattern: string, matchCase: boolean): RegularExpression {
  const compiled = compile(pattern, RE2JS.LOOKBEHINDS | (matchCase ? 0 : RE2JS.CASE_INSENSITIVE));
  return { test: (text) => compiled.test(text), compiled };
}

function compile(pattern: string, flags: number): RE2JS {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(pattern), flags);
  } catch (error) {
    const reason = error instanceof RE2JSSyntaxException ? error.getDescription() : String(error);
    // It may also be text that somebody looks for in any case.
    if (reason === TOO_LARGE) {
      const limit = `at most ${MAX_CHARACTERS.toLocaleString('en-US')} characters`;
      throw new Error(`This is too long: ${limit}, fewer where some are repeated or stand for many.`);
    }
    const hint = LEFT_OUT.test(pattern) ? ' Look-ahead and back-references are not supported.' : '';
    throw new Error(`This is not a regular expression: ${reason}.${hint}`);
  }
}
