/** A field's bytes read in other ways: as JSON or text, and as numbers in both byte orders. */

import { isJson, toManyLines } from '../../src/shared/jsonLayout.ts';
import { formatCount, formatUtc, outsideCalendar } from '../../src/shared/quantities.ts';
import { localTime } from './columns.ts';
import { breakable, element } from './dom.ts';

/** The value and text views are given so many bytes at most: whole JSON of this size is laid out in no time. */
export const MAX_VALUE_BYTES = 0x10_0000;
/** Enough for all numbers. */
export const NUMBER_BYTES = 8;
/** Longer text would only be scrolled past; the byte view and "open value" show all of it. */
const MAX_TEXT_LENGTH = 0x1_0000;

export interface ValueReading {
  readonly text: string;
  /** What it is, and how much of it is left out. */
  readonly kind: string;
}

/** `bytes` are all of a value of `totalBytes`, or the first `MAX_VALUE_BYTES` of it. */
export function valueView({ text, kind }: ValueReading, bytes: Uint8Array, totalBytes: number): HTMLElement {
  const cut =
    bytes.length < totalBytes ? ` · first ${formatCount(bytes.length)} of ${formatCount(totalBytes)} bytes` : '';
  return element(
    'div',
    { class: 'value-view' },
    element('p', { class: 'value-kind' }, `${kind}${cut}`),
    element('pre', {}, text),
  );
}

/** Instead of a value that has no bytes. */
export function emptyView(sentence: string): HTMLElement {
  return element('div', { class: 'value-view' }, element('p', { class: 'value-kind' }, sentence));
}

/** JSON on many lines where the bytes are JSON, otherwise as `readText`. `whole`: they are all of the value. */
export function readValue(bytes: Uint8Array, whole: boolean): ValueReading {
  const decoded = whole ? decode(bytes, whole) : undefined;
  return decoded !== undefined && isJson(decoded) ? reading(toManyLines(decoded), 'JSON') : readText(bytes, whole);
}

/** Text as it stands. */
export function readText(bytes: Uint8Array, whole: boolean): ValueReading {
  if (bytes.length === 0) return { text: '', kind: 'empty' };
  const decoded = decode(bytes, whole);
  if (decoded !== undefined) return reading(decoded, 'text');
  return reading(decoderOf(false).decode(bytes, { stream: !whole }), 'not valid UTF-8; other bytes are shown as �');
}

function reading(text: string, kind: string): ValueReading {
  const cut = text.length > MAX_TEXT_LENGTH ? ` · first ${formatCount(MAX_TEXT_LENGTH)} characters` : '';
  return { text: visible(text.slice(0, MAX_TEXT_LENGTH)), kind: `${kind}${cut}` };
}

/** Undefined: the bytes are not valid UTF-8. The character within which they were cut, if so, is left out. */
function decode(bytes: Uint8Array, whole: boolean): string | undefined {
  try {
    return decoderOf(true).decode(bytes, { stream: !whole });
  } catch {
    return undefined;
  }
}

/** A byte order mark is a character like others here. */
function decoderOf(fatal: boolean): TextDecoder {
  return new TextDecoder('utf-8', { fatal, ignoreBOM: true });
}

/** Marks that turn the direction of text, and other characters that cannot be seen, are shown as escapes. */
function visible(text: string): string {
  return text.replace(/[^\P{C}\n\r\t]/gu, (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`);
}

type Reading = readonly [name: string, little: string, big: string];

/** The first bytes as numbers; `label` says what they are the beginning of. */
export function numbersView(bytes: Uint8Array, label: string, totalBytes: number): HTMLElement {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rows = readings(view);
  const head = element(
    'tr',
    {},
    ...['Read as', 'Little-endian', 'Big-endian'].map((title) => element('th', { scope: 'col' }, title)),
  );
  const body = rows.map(([name, little, big]) =>
    element('tr', {}, element('th', { scope: 'row' }, name), numberCell(little), numberCell(big)),
  );
  return element(
    'div',
    { class: 'value-view' },
    element('p', { class: 'value-kind' }, numbersSource(label, bytes.length, totalBytes)),
    element('table', { class: 'numbers' }, element('thead', {}, head), element('tbody', {}, ...body)),
  );
}

/** Which bytes the numbers are read from. */
export function numbersSource(label: string, readBytes: number, totalBytes: number): string {
  return readBytes < totalBytes ? `${label} · reads the first ${readBytes}` : label;
}

function numberCell(number: string): HTMLElement {
  return element('td', {}, ...breakable(number));
}

function readings(view: DataView): Reading[] {
  const rows: Reading[] = [];
  const add = (name: string, sizeBytes: number, read: (little: boolean) => string) => {
    if (view.byteLength >= sizeBytes) rows.push([name, read(true), read(false)]);
  };
  add('unsigned 8', 1, () => String(view.getUint8(0)));
  add('signed 8', 1, () => String(view.getInt8(0)));
  add('unsigned 16', 2, (little) => formatCount(view.getUint16(0, little)));
  add('signed 16', 2, (little) => formatCount(view.getInt16(0, little)));
  add('unsigned 32', 4, (little) => formatCount(view.getUint32(0, little)));
  add('signed 32', 4, (little) => formatCount(view.getInt32(0, little)));
  add('unsigned 64', 8, (little) => view.getBigUint64(0, little).toLocaleString('en-US'));
  add('signed 64', 8, (little) => view.getBigInt64(0, little).toLocaleString('en-US'));
  add('float 32', 4, (little) => String(view.getFloat32(0, little)));
  add('float 64', 8, (little) => String(view.getFloat64(0, little)));
  add('time (ms, 64)', 8, (little) => timeOf(Number(view.getBigUint64(0, little))));
  add('time (s, 32)', 4, (little) => timeOf(view.getUint32(0, little) * 1000));
  return rows;
}

function timeOf(timeMs: number): string {
  return outsideCalendar(timeMs) === undefined ? `${localTime(timeMs)} (${formatUtc(timeMs)})` : '–';
}
