/** Finds text, hexadecimal patterns with wildcards, and regular expressions in bytes. */

import { Buffer } from 'node:buffer';
import type { FindPattern } from '../shared/inspectorMessages.ts';
import { characterPartBytes } from '../shared/keyText.ts';
import { compileRegularExpression } from '../shared/regularExpression.ts';

export interface ByteMatch {
  readonly at: number;
  readonly sizeBytes: number;
}

export interface ByteMatcher {
  /** The first match in the bytes, or undefined. */
  (bytes: Uint8Array): ByteMatch | undefined;
  /** That one and all further ones that are not empty, from left to right; none overlaps the one before. */
  all(bytes: Uint8Array): Iterable<ByteMatch>;
}

/** What stands in decoded text for bytes that are not UTF-8. */
const REPLACEMENT = '\ufffd';

export type MatcherResult =
  | { readonly ok: true; readonly matcher: ByteMatcher }
  | { readonly ok: false; readonly message: string };

export function compileMatcher({ kind, pattern, matchCase }: FindPattern): MatcherResult {
  if (pattern === '') return { ok: false, message: 'Type what to look for.' };
  if (kind === 'text') return { ok: true, matcher: matchText(pattern, matchCase) };
  try {
    return { ok: true, matcher: kind === 'hex' ? matchHex(pattern) : matchRegex(pattern, matchCase) };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

/** Of a pattern of fixed size: `search` returns where it is first found in the bytes from an index on, or -1. */
function matcherOfSize(sizeBytes: number, search: (bytes: Uint8Array) => (from: number) => number): ByteMatcher {
  const first = (bytes: Uint8Array) => {
    const at = search(bytes)(0);
    return at < 0 ? undefined : { at, sizeBytes };
  };
  return Object.assign(first, {
    *all(bytes: Uint8Array) {
      const find = search(bytes);
      for (let at = find(0); at >= 0; at = find(at + sizeBytes)) yield { at, sizeBytes };
    },
  });
}

/** Text as UTF-8. Without `matchCase`, letters are compared in lower case. */
export function matchText(pattern: string, matchCase: boolean): ByteMatcher {
  const needle = Buffer.from(pattern, 'utf8');
  if (matchCase) {
    return matcherOfSize(needle.length, (bytes) => (from) => view(bytes).indexOf(needle, from));
  }
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
  if (digits.length % 2 !== 0) throw new Error('A hex pattern needs two digits for every byte.');
  const values = new Uint8Array(digits.length / 2);
  const masks = new Uint8Array(digits.length / 2);
  for (let i = 0; i < values.length; i++) {
    const [high, low] = [digits[2 * i] as string, digits[2 * i + 1] as string];
    masks[i] = (high === '?' ? 0 : 0xf0) | (low === '?' ? 0 : 0x0f);
    values[i] = Number.parseInt(`${high}${low}`.replaceAll('?', '0'), 16);
  }
  if (masks.every((mask) => mask === 0xff)) {
    return matcherOfSize(values.length, (bytes) => (from) => view(bytes).indexOf(values, from));
  }
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
  const first = (bytes: Uint8Array) => {
    const text = view(bytes).toString('utf8');
    const match = expression.find(text);
    if (match === undefined) return undefined;
    const at = sizeOfDecoded(bytes, 0, text.slice(0, match.start));
    return { at, sizeBytes: sizeOfDecoded(bytes, at, text.slice(match.start, match.end)) };
  };
  return Object.assign(first, {
    *all(bytes: Uint8Array) {
      const text = view(bytes).toString('utf8');
      let from = 0;
      let at = 0;
      for (const { start, end } of expression.findAll(text)) {
        at += sizeOfDecoded(bytes, at, text.slice(from, start));
        const sizeBytes = sizeOfDecoded(bytes, at, text.slice(start, end));
        yield { at, sizeBytes };
        at += sizeBytes;
        from = end;
      }
    },
  });
}

/** How many bytes, from `start` on, were decoded to a text. */
function sizeOfDecoded(bytes: Uint8Array, start: number, text: string): number {
  let at = start;
  let from = 0;
  for (let next = text.indexOf(REPLACEMENT); next >= 0; next = text.indexOf(REPLACEMENT, from)) {
    at += Buffer.byteLength(text.slice(from, next));
    // Its own three bytes, or what is invalid: decoders take the beginning of a character that does not go on as one,
    // and any other invalid byte by itself.
    at += characterPartBytes(bytes, at);
    from = next + 1;
  }
  return at + Buffer.byteLength(text.slice(from)) - start;
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
