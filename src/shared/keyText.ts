/**
 * Keys as text that can be read, copied and typed again. Keys are bytes; people type characters.
 *
 * The escaping is reversible for every key: `parseKeyText(formatKey(key))` gives the same bytes.
 * - Printable characters of valid UTF-8 stand for their bytes.
 * - `\xNN` (two hexadecimal digits) stands for one byte: bytes that are not UTF-8, control characters, invisible
 *   characters, and a space at either end, which an input box or a clipboard would lose.
 * - `\\` stands for a backslash.
 */

/** What is escaped: the backslash, and valid Unicode that cannot be seen or changes how the text around it reads. */
const BACKSLASH_OR_HIDDEN =
  /[\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\u00a0\u115f\u1160\u2000-\u200a\u3000\u3164\uffa0]/gu;

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Text for a key or a part of one. */
export function formatKey(key: Uint8Array): string {
  const decoded = decodeUtf8(key);
  const text = decoded === undefined ? escapeInvalid(key) : escapeCharacters(decoded);
  return text.replace(/^ /, '\\x20').replace(/ $/, '\\x20');
}

/** Nobody reads further than this many bytes of a key in a list. */
const MAX_LABEL_BYTES = 256;

/** As `formatKey`, where a key of any length stands on one line: a long one is cut, with `…` at its end. */
export function formatKeyLabel(key: Uint8Array): string {
  const shown = cutAtCharacter(key, MAX_LABEL_BYTES);
  return shown.length < key.length ? `${formatKey(shown)}…` : formatKey(key);
}

/** At most `limitBytes` of the bytes, cut without splitting a character of valid UTF-8. */
export function cutAtCharacter(bytes: Uint8Array, limitBytes: number): Uint8Array {
  if (bytes.length <= limitBytes) return bytes;
  for (let cut = limitBytes; cut > limitBytes - 4 && cut > 0; cut--) {
    const isContinuation = ((bytes[cut] as number) & 0xc0) === 0x80;
    if (!isContinuation) return bytes.subarray(0, cut);
  }
  return bytes.subarray(0, limitBytes);
}

interface KeyTextProblem {
  readonly ok: false;
  /** A sentence for the person who typed. */
  readonly message: string;
  /** Index in the text. */
  readonly at: number;
}

export type ParsedKey = { readonly ok: true; readonly key: Uint8Array } | KeyTextProblem;

/** Characters that stand for themselves, or one byte that was escaped. */
type KeyTextPart = string | number;

/** The bytes that `text` stands for. */
export function parseKeyText(text: string): ParsedKey {
  const split = splitKeyText(text);
  if (!split.ok) return split;
  const bytes: number[] = [];
  for (const part of split.parts) {
    if (typeof part === 'number') bytes.push(part);
    else for (const byte of encoder.encode(part)) bytes.push(byte);
  }
  return { ok: true, key: Uint8Array.from(bytes) };
}

/** As `parseKeyText`, for those who treat letters in another way than bytes. */
export function splitKeyText(text: string): { readonly ok: true; readonly parts: KeyTextPart[] } | KeyTextProblem {
  const parts: KeyTextPart[] = [];
  const pattern = /\\x([0-9a-fA-F]{2})|\\(\\)|(\\)|([^\\]+)/g;
  for (const match of text.matchAll(pattern)) {
    const [, hex, backslash, stray, plain = ''] = match;
    if (stray !== undefined) return strayBackslash(match.index);
    parts.push(hex === undefined ? (backslash ?? plain) : Number.parseInt(hex, 16));
  }
  return { ok: true, parts };
}

/** `bytes` as text, or undefined when they are not valid UTF-8. A byte order mark is kept as a character. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function strayBackslash(at: number): KeyTextProblem {
  const message = `The backslash at position ${at + 1} starts no escape: type \\\\ for a backslash, \\xNN for a byte.`;
  return { ok: false, message, at };
}

function escapeCharacters(text: string): string {
  return text.replaceAll(BACKSLASH_OR_HIDDEN, (character) =>
    character === '\\' ? '\\\\' : Array.from(encoder.encode(character), escapeByte).join(''),
  );
}

/** Valid characters as they are, every other byte escaped. */
function escapeInvalid(bytes: Uint8Array): string {
  let escaped = '';
  for (let at = 0; at < bytes.length; ) {
    const start = at;
    for (let size = validSizeBytes(bytes, at); size > 0; size = validSizeBytes(bytes, at)) at += size;
    if (at > start) escaped += escapeCharacters(strictDecoder.decode(bytes.subarray(start, at)));
    if (at < bytes.length) escaped += escapeByte(bytes[at++] as number);
  }
  return escaped;
}

/** Size of the valid UTF-8 character at `at`; 0 when there is none. */
function validSizeBytes(bytes: Uint8Array, at: number): number {
  if (at >= bytes.length) return 0;
  const sizeBytes = characterSizeBytes(bytes[at] as number);
  return characterPartBytes(bytes, at) === sizeBytes ? sizeBytes : 0;
}

/**
 * First bytes of a character after which not every continuation byte may follow: it would be longer than needed, a
 * surrogate, or above the last code point. From Unicode's table of well-formed sequences.
 */
const SECOND_BYTES: ReadonlyMap<number, readonly [low: number, high: number]> = new Map([
  [0xe0, [0xa0, 0xbf]],
  [0xed, [0x80, 0x9f]],
  [0xf0, [0x90, 0xbf]],
  [0xf4, [0x80, 0x8f]],
]);

/** How far the bytes from `at` on are a UTF-8 character, or the beginning of one that does not go on; at least 1. */
export function characterPartBytes(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  const sizeBytes = characterSizeBytes(first);
  if (sizeBytes < 2) return 1;
  const [low, high] = SECOND_BYTES.get(first) ?? [0x80, 0xbf];
  const second = bytes[at + 1] ?? 0;
  if (second < low || second > high) return 1;
  let partBytes = 2;
  while (partBytes < sizeBytes && ((bytes[at + partBytes] ?? 0) & 0xc0) === 0x80) partBytes++;
  return partBytes;
}

/** Bytes of the UTF-8 character that starts with this byte; 0 when none does. */
export function characterSizeBytes(first: number): number {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

function escapeByte(byte: number): string {
  return `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
