import { StrataError } from '../engine/strataError.ts';
import { characterPartBytes, characterSizeBytes, parseKeyText, splitKeyText } from '../shared/keyText.ts';
import type { KeyFilter } from '../shared/keyValueStore.ts';
import { messageOf } from '../shared/messageOf.ts';
import { compileRegularExpression, type RegularExpression } from '../shared/regularExpression.ts';
import { indexOfBytes } from './byteSearch.ts';

const encoder = new TextEncoder();

export type KeyPredicate = (key: Uint8Array) => boolean;

/**
 * Makes a test of keys from a filter. Throws `INVALID_OPTION` for a pattern that is no regular expression, or in which a
 * backslash starts no escape.
 */
export function compileKeyFilter({ kind, pattern }: KeyFilter): KeyPredicate {
  if (kind === 'regex') {
    const decoder = new TextDecoder();
    const expression = parseExpression(pattern);
    return (key) => expression.test(decoder.decode(key));
  }
  if (kind === 'wildcards') {
    const signs = parseWildcards(pattern);
    return (key) => matchesWildcards(key, signs);
  }
  // UTF-8 synchronises itself: text stands in a key exactly where its bytes do.
  const part = parseText(pattern);
  return (key) => indexOfBytes(key, part, 0) >= 0;
}

function parseText(pattern: string): Uint8Array {
  const parsed = parseKeyText(pattern);
  if (parsed.ok) return parsed.key;
  throw new StrataError('INVALID_OPTION', parsed.message);
}

/** In a pattern, beside the bytes that stand for themselves: one character, and any number of bytes. */
const ONE = -1;
const ANY = -2;

function parseWildcards(pattern: string): readonly number[] {
  const split = splitKeyText(pattern);
  if (!split.ok) throw new StrataError('INVALID_OPTION', split.message);
  return split.parts.flatMap((part) => (typeof part === 'number' ? [part] : signsOf(part)));
}

/** Of wildcards that follow each other `*` comes last: what is behind it is a byte, and a `*` need not skip characters. */
function signsOf(text: string): number[] {
  return text.split(/([*?]+)/).flatMap((piece, index) => {
    if (index % 2 === 0) return [...encoder.encode(piece)];
    const signs = new Array<number>(piece.replaceAll('*', '').length).fill(ONE);
    return piece.includes('*') ? [...signs, ANY] : signs;
  });
}

/**
 * Goes back to the last `*` only, which is enough: a regular expression would try all combinations of places for all
 * of them, and a long key could keep the store busy for hours.
 */
function matchesWildcards(key: Uint8Array, signs: readonly number[]): boolean {
  let at = 0;
  let signAt = 0;
  let star = -1;
  let starEnd = 0;
  while (at < key.length) {
    const sign = signs[signAt];
    if (sign === ANY) {
      star = signAt++;
      starEnd = at;
    } else if (sign === ONE) {
      at += characterSize(key, at);
      signAt++;
    } else if (sign !== undefined && sign === key[at]) {
      at++;
      signAt++;
    } else if (star >= 0) {
      at = ++starEnd;
      signAt = star + 1;
    } else {
      return false;
    }
  }
  while (signs[signAt] === ANY) signAt++;
  return signAt === signs.length;
}

/** Bytes of the character at `at`; 1 where there is none. */
function characterSize(key: Uint8Array, at: number): number {
  const sizeBytes = characterSizeBytes(key[at] as number);
  return sizeBytes === characterPartBytes(key, at) ? sizeBytes : 1;
}

function parseExpression(pattern: string): RegularExpression {
  try {
    return compileRegularExpression(pattern, true);
  } catch (error) {
    throw new StrataError('INVALID_OPTION', messageOf(error));
  }
}
