/** A value as text for an editor, and the text of an editor as a value again. */

import { formatHexDump, parseHexDump } from '../../shared/hexDump.ts';
import { isJson, type OneLineStyle, oneLineStyle, toManyLines, toOneLine } from '../../shared/jsonLayout.ts';
import { characterSizeBytes, decodeUtf8 } from '../../shared/keyText.ts';

export const VALUE_VIEWS = ['json', 'text', 'hex'] as const;
export type ValueView = (typeof VALUE_VIEWS)[number];

export interface ValueText {
  readonly view: ValueView;
  readonly text: string;
  /** Present when JSON that is stored on one line is shown on many. */
  readonly storedStyle?: OneLineStyle;
  /** An editor would change bytes that nobody touched; see `hasMixedLineEndings`. */
  readonly lossy: boolean;
}

export type EncodedValue =
  | { readonly ok: true; readonly value: Uint8Array }
  /** A sentence that says what to do. */
  | { readonly ok: false; readonly message: string };

/** Characters that no text value has: control characters except tab, line feed and carriage return. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const BINARY = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

const encoder = new TextEncoder();

/** The view that suits the bytes: JSON objects and arrays, other text, or hexadecimal. */
export function suitableView(value: Uint8Array): ValueView {
  const text = decodeUtf8(value);
  if (text === undefined || isBinaryText(text)) return 'hex';
  return /^\s*[[{]/.test(text) && isJson(text) ? 'json' : 'text';
}

/** `value` in the wanted view, or in the nearest one that can show it: text that is not JSON, bytes that are no text. */
export function showValue(value: Uint8Array, wanted: ValueView): ValueText {
  const text = wanted === 'hex' ? undefined : decodeUtf8(value);
  if (text === undefined) return { view: 'hex', text: formatHexDump(value), lossy: false };
  const lossy = hasMixedLineEndings(text);
  if (wanted === 'text' || !isJson(text)) return { view: 'text', text, lossy };
  const storedStyle = oneLineStyle(text);
  if (storedStyle === undefined) return { view: 'json', text, lossy };
  return { view: 'json', text: toManyLines(text), storedStyle, lossy };
}

/** What an editor's text stands for, shown before as `shown`. */
export function encodeValue(text: string, shown: Pick<ValueText, 'view' | 'storedStyle'>): EncodedValue {
  if (shown.view === 'hex') return encodeHex(text);
  if (shown.view === 'json' && !isJson(text)) {
    return { ok: false, message: `${jsonProblem(text)} Correct it, or show the value as text to save it as it is.` };
  }
  const { storedStyle } = shown;
  return { ok: true, value: encoder.encode(storedStyle === undefined ? text : toOneLine(text, storedStyle)) };
}

/** Whether valid UTF-8 is no text all the same. */
export function isBinaryText(text: string): boolean {
  return BINARY.test(text);
}

/** Whether `view` can show all of `value`. */
export function canShow(value: Uint8Array, view: ValueView): boolean {
  const text = view === 'hex' ? undefined : decodeUtf8(value);
  if (text === undefined) return view === 'hex';
  return view === 'text' || isJson(text);
}

/** The beginning of a value without the bytes of a character that its end cuts in two. */
export function wholeCharacters(start: Uint8Array): Uint8Array {
  let last = start.length - 1;
  while (last > start.length - 4 && last > 0 && ((start[last] as number) & 0xc0) === 0x80) last--;
  const isCut = last >= 0 && last + characterSizeBytes(start[last] as number) > start.length;
  return isCut ? start.subarray(0, last) : start;
}

function encodeHex(text: string): EncodedValue {
  const parsed = parseHexDump(text);
  if (parsed.ok) return { ok: true, value: parsed.bytes };
  return { ok: false, message: `Line ${parsed.line} ${parsed.message}. Write two hexadecimal digits for every byte.` };
}

function jsonProblem(text: string): string {
  try {
    JSON.parse(text);
    return '';
  } catch (error) {
    return `This is not valid JSON: ${(error as Error).message}.`;
  }
}

/** An editor knows one line ending for a whole document and would make all others the same. */
function hasMixedLineEndings(text: string): boolean {
  const all = new Set(text.match(/\r\n|\r|\n/g));
  return all.has('\r') || all.size > 1;
}
