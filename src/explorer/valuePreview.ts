/** The beginning of a value as one short line. */

import { isUtf8 } from 'node:buffer';
import { decodeUtf8 } from '../shared/keyText.ts';
import { isBinaryText, wholeCharacters } from './values/valueText.ts';

/** Bytes that are enough for `previewValue`. */
export const PREVIEW_BYTES = 64;

const MAX_CHARACTERS = 32;
const MAX_BINARY_BYTES = 8;

/** Marks that would turn the text around them, sizes and times included. */
const TURNS_DIRECTION = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export type ValueKind = 'json' | 'text' | 'binary' | 'empty';

export interface ValuePreview {
  /** A guess from the value's first bytes; enough for an icon. */
  readonly kind: ValueKind;
  /** Text with its white space drawn together, or the first bytes in hexadecimal. */
  readonly line: string;
}

export function previewValue(preview: Uint8Array, valueSizeBytes: number): ValuePreview {
  if (valueSizeBytes === 0) return { kind: 'empty', line: '(empty)' };
  const text = decodeStart(preview, valueSizeBytes);
  if (text === undefined) return { kind: 'binary', line: binaryLine(preview, valueSizeBytes) };
  return { kind: /^\s*[[{]/.test(text) ? 'json' : 'text', line: textLine(text, preview.length < valueSizeBytes) };
}

function binaryLine(preview: Uint8Array, valueSizeBytes: number): string {
  const bytes = [...preview.subarray(0, MAX_BINARY_BYTES)].map((byte) => byte.toString(16).padStart(2, '0'));
  return bytes.join(' ') + (valueSizeBytes > bytes.length ? ' …' : '');
}

function textLine(text: string, isCut: boolean): string {
  const characters = [...text.replaceAll(TURNS_DIRECTION, '').trim().replaceAll(/\s+/g, ' ')];
  const shown = characters.slice(0, MAX_CHARACTERS).join('');
  return characters.length > MAX_CHARACTERS || isCut ? `${shown}…` : shown;
}

/** The preview as text; undefined when it is binary. A character that the preview's end cuts in two is left out. */
export function decodeStart(preview: Uint8Array, valueSizeBytes: number): string | undefined {
  const start = preview.length < valueSizeBytes ? wholeCharacters(preview) : preview;
  // Asked first, because a decoder that refuses bytes throws, and VS Code asks for the items of all children at once.
  const text = isUtf8(start) ? decodeUtf8(start) : undefined;
  return text === undefined || isBinaryText(text) ? undefined : text;
}
