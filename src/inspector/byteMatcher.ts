/** Finds text, hexadecimal patterns with wildcards, and regular expressions in bytes. */

import { Buffer } from 'node:buffer';
import type { FindPattern } from '../shared/inspectorMessages.ts';
import { MatchSequence } from '../shared/matchSequence.ts';
import { messageOf } from '../shared/messageOf.ts';
import { compileRegularExpression } from '../shared/regularExpression.ts';
import { SteppedSearch } from '../shared/steppedSearch.ts';

export interface ByteMatch {
  readonly at: number;
  readonly sizeBytes: number;
}

export interface ByteMatcher {
  /** Whether there is a match. In one go: for bytes that are few. */
  test(bytes: Uint8Array): boolean;
  /** The same in steps of about a millisecond. */
  search(bytes: Uint8Array): Generator<undefined, boolean>;
  matchesIn(bytes: Uint8Array): ByteMatches;
}

/** The matches in some bytes. */
export interface ByteMatches {
  /**
   * The first match, and from left to right every further one that is not empty; none overlaps the one before. From
   * `previous`, a match that came from here, on, what precedes it is not looked through again. Undefined: a piece of
   * work is done, and nothing was found in it. It takes about a millisecond.
   */
  after(previous?: ByteMatch): Iterable<ByteMatch | undefined>;
}

const NOTHING_TYPED = 'Type what to look for.';

export type MatcherResult =
  | { readonly ok: true; readonly matcher: ByteMatcher }
  | { readonly ok: false; readonly message: string };

export function compileMatcher({ kind, pattern, matchCase }: FindPattern): MatcherResult {
  if (pattern === '') return { ok: false, message: NOTHING_TYPED };
  if (kind === 'text') return { ok: true, matcher: matchText(pattern, matchCase) };
  try {
    return { ok: true, matcher: kind === 'hex' ? matchHex(pattern) : matchRegex(pattern, matchCase) };
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
}

/** Bytes in which the matches that start there are looked for at once. */
const WINDOW_BYTES = 0x4_0000;

/** Of a pattern of fixed size: `search` returns where it is first found in the bytes from an index on, or -1. */
function matcherOfSize(sizeBytes: number, search: (bytes: Uint8Array) => (from: number) => number): ByteMatcher {
  const matchesIn = (bytes: Uint8Array): ByteMatches => ({
    *after(previous) {
      let from = previous === undefined ? 0 : previous.at + sizeBytes;
      for (let window = from; window < bytes.length; window += WINDOW_BYTES) {
        const find = search(bytes.subarray(window, window + WINDOW_BYTES + sizeBytes - 1));
        for (let at = find(Math.max(0, from - window)); at >= 0; at = find(from - window)) {
          from = window + at + sizeBytes;
          yield { at: window + at, sizeBytes };
        }
        yield undefined;
      }
    },
  });
  return {
    test: (bytes) => search(bytes)(0) >= 0,
    *search(bytes) {
      for (const match of matchesIn(bytes).after()) {
        if (match !== undefined) return true;
        yield undefined;
      }
      return false;
    },
    matchesIn,
  };
}

export function matchBytes(needle: Uint8Array): ByteMatcher {
  return matcherOfSize(needle.length, (bytes) => (from) => view(bytes).indexOf(needle, from));
}

/** Text as UTF-8. Without `matchCase`, letters are compared in lower case. */
export function matchText(pattern: string, matchCase: boolean): ByteMatcher {
  const needle = Buffer.from(pattern, 'utf8');
  if (matchCase) return matchBytes(needle);
  const lower = pattern.toLowerCase();
  // Bytes read as Latin-1 keep their positions; that is right for a pattern of ASCII letters, the usual one.
  if (needle.every((byte) => byte < 0x80)) {
    return matcherOfSize(needle.length, (bytes) => {
      const text = view(bytes).toString('latin1').toLowerCase();
      return (from) => text.indexOf(lower, from);
    });
  }
  return matchRegex(escapeRegex(pattern), false);
}

/**
 * `4b 3? ?? ff`: two hexadecimal digits a byte, `?` for any digit; blanks do not matter. Throws a sentence for
 * anything else.
 */
function matchHex(pattern: string): ByteMatcher {
  const digits = pattern.replace(/^0x/i, '').replace(/[\s_,]+/g, '');
  if (!/^[0-9a-f?]*$/i.test(digits)) throw new Error('A hex pattern has digits 0-9, a-f, and ? for any digit.');
  if (digits === '') throw new Error(NOTHING_TYPED);
  if (digits.length % 2 !== 0) throw new Error('A hex pattern needs two digits for every byte.');
  const values = new Uint8Array(digits.length / 2);
  const masks = new Uint8Array(digits.length / 2);
  for (let i = 0; i < values.length; i++) {
    const [high, low] = [digits[2 * i] as string, digits[2 * i + 1] as string];
    masks[i] = (high === '?' ? 0 : 0xf0) | (low === '?' ? 0 : 0x0f);
    values[i] = Number.parseInt(`${high}${low}`.replaceAll('?', '0'), 16);
  }
  if (masks.every((mask) => mask === 0xff)) return matchBytes(values);
  return matcherOfSize(values.length, (bytes) => (from) => {
    for (let at = from; at + values.length <= bytes.length; at++) {
      if (matchesMasked(bytes, at, values, masks)) return at;
    }
    return -1;
  });
}

function matchesMasked(bytes: Uint8Array, at: number, values: Uint8Array, masks: Uint8Array): boolean {
  for (let i = 0; i < values.length; i++) {
    if (((bytes[at + i] as number) & (masks[i] as number)) !== values[i]) return false;
  }
  return true;
}

/** On the bytes read as UTF-8; bytes that are not are U+FFFD. Throws a sentence when the pattern is none. */
export function matchRegex(pattern: string, matchCase: boolean): ByteMatcher {
  const expression = compileRegularExpression(pattern, matchCase);
  return {
    test: (bytes) => expression.test(view(bytes).toString('utf8')),
    search: (bytes) => new SteppedSearch(expression.compiled, bytes).isThere(),
    matchesIn: (bytes) => {
      const matches = new MatchSequence(expression.compiled, bytes);
      return {
        *after(previous) {
          const known = previous && { start: previous.at, end: previous.at + previous.sizeBytes };
          for (const match of matches.after(known)) {
            yield match && { at: match.start, sizeBytes: match.end - match.start };
          }
        },
      };
    },
  };
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
