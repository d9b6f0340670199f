/** Bytes in the notations in which people paste them. */

import { decodeUtf8 } from '../../src/shared/keyText.ts';

export type Notation = 'hex' | 'text' | 'base64' | 'c' | 'json';

export const NOTATIONS: readonly (readonly [notation: Notation, label: string])[] = [
  ['hex', 'Hex'],
  ['text', 'Text'],
  ['base64', 'Base64'],
  ['c', 'C array'],
  ['json', 'JSON'],
];

export function bytesAs(notation: Notation, bytes: Uint8Array): string {
  switch (notation) {
    case 'hex':
      return hex(bytes);
    case 'text':
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    case 'base64':
      return base64(bytes);
    case 'c':
      return cArray(bytes);
    case 'json':
      return json(bytes);
  }
}

/** Two digits, in capital letters. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).toUpperCase().padStart(2, '0'));

export function hexByte(byte: number): string {
  return HEX[byte] as string;
}

// Megabytes are copied while somebody waits: no text is made of a string for each byte.

const ascii = new TextEncoder();
const decoder = new TextDecoder();
const ZERO = '00';
const DIGIT_CODES = ascii.encode('0123456789ABCDEF');

/** A line for some bytes, with `00` where the digits of each go, repeated for all bytes; the last line is as long. */
function linesOf(line: string, bytes: Uint8Array): Uint8Array {
  const digitsAt = [...line.matchAll(/00/g)].map(({ index }) => index);
  const lineCount = Math.ceil(bytes.length / digitsAt.length);
  const text = new Uint8Array(lineCount * line.length);
  text.set(ascii.encode(line).subarray(0, text.length));
  for (let filled = line.length; filled < text.length; filled *= 2) text.copyWithin(filled, 0, filled);
  let at = 0;
  for (let start = 0; start < text.length; start += line.length) {
    for (let digits = 0; digits < digitsAt.length && at < bytes.length; digits++) {
      const byte = bytes[at++] as number;
      const place = start + (digitsAt[digits] as number);
      text[place] = DIGIT_CODES[byte >> 4] as number;
      text[place + 1] = DIGIT_CODES[byte & 0xf] as number;
    }
  }
  return text;
}

function hex(bytes: Uint8Array): string {
  return decoder.decode(linesOf(`${ZERO} `, bytes).subarray(0, -1));
}

const C_ELEMENT = `0x${ZERO}, `;
const C_LINE_ELEMENTS = 12;
const C_LINE = `  ${C_ELEMENT.repeat(C_LINE_ELEMENTS).trimEnd()}\n`;

function cArray(bytes: Uint8Array): string {
  const missing = (C_LINE_ELEMENTS - (bytes.length % C_LINE_ELEMENTS)) % C_LINE_ELEMENTS;
  const lines = linesOf(C_LINE, bytes);
  const text = decoder.decode(lines.subarray(0, lines.length - missing * C_ELEMENT.length - '\n'.length));
  return `const unsigned char data[${bytes.length}] = {\n${text}\n};\n`;
}

/** A multiple of three, so that pieces can be joined, and few enough to be arguments of one call. */
const BASE64_PIECE_BYTES = 3 * 4096;

function base64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += BASE64_PIECE_BYTES) {
    pieces.push(btoa(String.fromCharCode(...bytes.subarray(at, at + BASE64_PIECE_BYTES))));
  }
  return pieces.join('');
}

function json(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  return text === undefined ? numbers(bytes) : JSON.stringify(text);
}

/** Of each number, with the comma behind it, the first character in the lowest byte. */
const NUMBER_CODES = Uint32Array.from({ length: 256 }, (_, byte) =>
  ascii.encode(`${byte},`).reduceRight((codes, code) => codes * 0x100 + code, 0),
);
const NUMBER_MAX_CHARACTERS = 4;

function numbers(bytes: Uint8Array): string {
  const text = new Uint8Array(bytes.length * NUMBER_MAX_CHARACTERS);
  let end = 0;
  for (const byte of bytes) {
    for (let codes = NUMBER_CODES[byte] as number; codes !== 0; codes >>>= 8) text[end++] = codes & 0xff;
  }
  return `[${decoder.decode(text.subarray(0, Math.max(0, end - 1)))}]`;
}

/** For JSON: a string where the bytes are text, otherwise an array of numbers. */
export function textOrNumbers(bytes: Uint8Array): string | number[] {
  return decodeUtf8(bytes) ?? Array.from(bytes);
}
