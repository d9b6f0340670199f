/**
 * Keys as text that can be read, copied and typed again. Keys are bytes; people type characters.
 *
 * The escaping is reversible for every key: `parseKeyText(formatKey(key))` gives the same bytes.
 * - Printable characters of valid UTF-8 stand for their bytes.
 * - `\xNN` (two hexadecimal digits) stands for one byte: bytes that are not UTF-8, control characters, invisible
 *   characters, and a space at either end, which an input box or a clipboard would lose.
 * - `\\` stands for a backslash.
 */

/** Valid Unicode that cannot be seen, or that changes how the text around it reads. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\u00a0\u115f\u1160\u2000-\u200a\u3000\u3164\uffa0]/u;

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Text for a key or a part of one. */
export function formatKey(key: Uint8Array): string {
  const decoded = decodeUtf8(key);
  const text = decoded === undefined ? escapeInvalid(key) : escapeCharacters(decoded);
  return text.replace(/^ /, '\\x20').replace(/ $/, '\\x20');
}

export type ParsedKey =
  | { readonly ok: true; readonly key: Uint8Array }
  /** `message` is a sentence for the person who typed; `at` the index in the text. */
  | { readonly ok: false; readonly message: string; readonly at: number };

/** The bytes that `text` stands for. */
export function parseKeyText(text: string): ParsedKey {
  const bytes: number[] = [];
  const pattern = /\\x([0-9a-fA-F]{2})|\\(\\)|(\\)|([^\\]+)/g;
  for (const match of text.matchAll(pattern)) {
    const [, hex, backslash, stray, plain] = match;
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (backslash !== undefined) bytes.push(0x5c);
    else if (stray !== undefined) return strayBackslash(match.index);
    else for (const byte of encoder.encode(plain)) bytes.push(byte);
  }
  return { ok: true, key: Uint8Array.from(bytes) };
}

/** `bytes` as text, or undefined when they are not valid UTF-8. A byte order mark is kept as a character. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function strayBackslash(at: number): ParsedKey {
  const message = `The backslash at position ${at + 1} starts no escape: type \\\\ for a backslash, \\xNN for a byte.`;
  return { ok: false, message, at };
}

function escapeCharacters(text: string): string {
  let escaped = '';
  for (const character of text) {
    if (character === '\\') escaped += '\\\\';
    else if (HIDDEN.test(character)) for (const byte of encoder.encode(character)) escaped += escapeByte(byte);
    else escaped += character;
  }
  return escaped;
}

/** Valid characters as they are, every other byte escaped. */
function escapeInvalid(bytes: Uint8Array): string {
  let escaped = '';
  for (let at = 0; at < bytes.length; ) {
    const sizeBytes = characterSizeBytes(bytes[at] as number);
    const character = sizeBytes === 0 ? undefined : decodeUtf8(bytes.subarray(at, at + sizeBytes));
    escaped += character === undefined ? escapeByte(bytes[at] as number) : escapeCharacters(character);
    at += character === undefined ? 1 : sizeBytes;
  }
  return escaped;
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
