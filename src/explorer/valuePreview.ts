/** The beginning of a value as one short line. */

import { decodeUtf8 } from '../shared/keyText.ts';
import { isBinaryText } from './values/valueText.ts';

/** Bytes that are enough for `previewLine`. */
export const PREVIEW_BYTES = 64;

const MAX_CHARACTERS = 32;
const MAX_BINARY_BYTES = 8;

/** Marks that would turn the text around them, sizes and times included. */
const TURNS_DIRECTION = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export type ValueKind = 'json' | 'text' | 'binary' | 'empty';

/** A guess from the value's first bytes; enough for an icon. */
export function valueKind(preview: Uint8Array, valueSizeBytes: number): ValueKind {
  if (valueSizeBytes === 0) return 'empty';
  const text = decodeStart(preview, valueSizeBytes);
  if (text === undefined) return 'binary';
  return /^\s*[[{]/.test(text) ? 'json' : 'text';
}

/** Text with its white space drawn together, or the first bytes in hexadecimal. */
export function previewLine(preview: Uint8Array, valueSizeBytes: number): string {
  if (valueSizeBytes === 0) return '(empty)';
  const text = decodeStart(preview, valueSizeBytes);
  if (text === undefined) {
    const bytes = [...preview.subarray(0, MAX_BINARY_BYTES)].map((byte) => byte.toString(16).padStart(2, '0'));
    return bytes.join(' ') + (valueSizeBytes > bytes.length ? ' …' : '');
  }
  const characters = [...text.replaceAll(TURNS_DIRECTION, '').trim().replaceAll(/\s+/g, ' ')];
  const shown = characters.slice(0, MAX_CHARACTERS).join('');
  return characters.length > MAX_CHARACTERS || preview.length < valueSizeBytes ? `${shown}…` : shown;
}

/** The preview as text; undefined when it is binary. A character that the preview's end cuts in two is left out. */
export function decodeStart(preview: Uint8Array, valueSizeBytes: number): string | undefined {
  const isCut = preview.length < valueSizeBytes;
  for (let cutBytes = 0; cutBytes <= (isCut ? 3 : 0); cutBytes++) {
    const text = decodeUtf8(preview.subarray(0, preview.length - cutBytes));
    if (text !== undefined) return isBinaryText(text) ? undefined : text;
  }
  return undefined;
}
