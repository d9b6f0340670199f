import { StrataError } from '../engine/strataError.ts';
import type { KeyFilter } from '../shared/keyValueStore.ts';
import { messageOf } from '../shared/messageOf.ts';
import { compileRegularExpression, type RegularExpression } from '../shared/regularExpression.ts';
import { indexOfBytes } from './byteSearch.ts';

export type KeyPredicate = (key: Uint8Array) => boolean;

/** Makes a test of keys from a filter. Throws `INVALID_OPTION` for a pattern that is no regular expression. */
export function compileKeyFilter(filter: KeyFilter): KeyPredicate {
  const decoder = new TextDecoder();
  if (filter.kind === 'regex') {
    const expression = parseExpression(filter.pattern);
    return (key) => expression.test(decoder.decode(key));
  }
  const { pattern } = filter;
  if (filter.kind === 'wildcards') return (key) => matchesWildcards(decoder.decode(key), pattern);
  if (pattern.includes('\u{FFFD}') || !pattern.isWellFormed()) return (key) => decoder.decode(key).includes(pattern);
  // UTF-8 synchronises itself: a well-formed text stands in a key exactly where its bytes do, and comparing bytes
  // spares decoding every key. Only the replacement character has to be looked for in decoded text.
  const bytes = new TextEncoder().encode(pattern);
  return (key) => indexOfBytes(key, bytes, 0) >= 0;
}

/**
 * Goes back to the last `*` only, which is enough: a regular expression would try all combinations of places for all
 * of them, and a long key could keep the store busy for hours.
 */
function matchesWildcards(text: string, pattern: string): boolean {
  let at = 0;
  let patternAt = 0;
  let star = -1;
  let starEnd = 0;
  while (at < text.length) {
    const wanted = pattern[patternAt];
    if (wanted === '*') {
      star = patternAt++;
      starEnd = at;
    } else if (wanted === '?') {
      at += characterLength(text, at);
      patternAt++;
    } else if (wanted !== undefined && wanted === text[at]) {
      at++;
      patternAt++;
    } else if (star >= 0) {
      starEnd += characterLength(text, starEnd);
      at = starEnd;
      patternAt = star + 1;
    } else {
      return false;
    }
  }
  while (pattern[patternAt] === '*') patternAt++;
  return patternAt === pattern.length;
}

function characterLength(text: string, at: number): number {
  return (text.codePointAt(at) as number) > 0xffff ? 2 : 1;
}

function parseExpression(pattern: string): RegularExpression {
  try {
    return compileRegularExpression(pattern, true);
  } catch (error) {
    throw new StrataError('INVALID_OPTION', messageOf(error));
  }
}
