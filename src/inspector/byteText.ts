/** Bytes as text that is safe to show: what cannot be seen or would change how the rest reads is escaped. */

import type { PrintableBytes } from '../shared/inspectorRows.ts';

/**
 * Characters that are shown as escapes though they are valid Unicode: controls, line separators, marks that change
 * the direction of text, and everything invisible. A backslash stays as it is; `escaped` says whether to read escapes.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\u115f\u1160\u3164\uffa0]/u;

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** At most `limitBytes` of `bytes` as printable text. */
export function printableBytes(bytes: Uint8Array, limitBytes: number): PrintableBytes {
  const truncated = bytes.length > limitBytes;
  const shown = truncated ? bytes.subarray(0, wholeCharacters(bytes, limitBytes)) : bytes;
  const decoded = decodeStrictly(shown);
  if (decoded !== undefined && !HIDDEN.test(decoded)) return { text: decoded, escaped: false, truncated };
  return { text: decoded === undefined ? escapeBytes(shown) : escapeHidden(decoded), escaped: true, truncated };
}

function decodeStrictly(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function escapeHidden(text: string): string {
  let out = '';
  for (const character of text) out += HIDDEN.test(character) ? escapeCharacter(character) : character;
  return out;
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) as number;
  if (code < 0x80) return hexEscape(code);
  return `\\u{${code.toString(16)}}`;
}

function hexEscape(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** Valid characters as they are, every other byte as `\xNN`. */
function escapeBytes(bytes: Uint8Array): string {
  let out = '';
  for (let at = 0; at < bytes.length; ) {
    const size = characterSize(bytes, at);
    const text = size === 0 ? undefined : decodeStrictly(bytes.subarray(at, at + size));
    if (text === undefined) {
      out += hexEscape(bytes[at] as number);
      at++;
    } else {
      out += escapeHidden(text);
      at += size;
    }
  }
  return out;
}

/** Bytes of the character that starts at `at`, judged by its first byte; 0 when no character starts so. */
function characterSize(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/** The largest length up to `limit` that does not cut a character of valid UTF-8 in two. */
function wholeCharacters(bytes: Uint8Array, limit: number): number {
  for (let back = 1; back <= 3 && back <= limit; back++) {
    const byte = bytes[limit - back] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const size = characterSize(bytes, limit - back);
    return size > back ? limit - back : limit;
  }
  return limit;
}
