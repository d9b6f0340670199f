/** Records as lines of text: JSON Lines, or comma-separated values as in RFC 4180. */

import { Buffer } from 'node:buffer';
import type { ExportFormat } from '../shared/inspectorMessages.ts';
import { decodeUtf8 } from '../shared/keyText.ts';
import { formatSize } from '../shared/quantities.ts';
import { type LogFile, type LogRecord, NONE } from './logFormat.ts';
import { isDamage, type VisitedRow } from './rowWalk.ts';

/** One row as an object; what the format does not have is absent. Bytes that are not UTF-8 come as base64. */
export interface ExportedRow {
  row: number;
  offsetBytes: number;
  sizeBytes: number;
  operation: string;
  sequence?: number;
  time?: string;
  expires?: string;
  key?: string;
  keyBase64?: string;
  value?: string;
  valueBase64?: string;
  /** What the table shows in place of a value, for rows whose bytes only the format understands. */
  note?: string;
  checksum?: string;
  damage?: string;
  /** Why there is no value. */
  valueOmitted?: string;
}

/** The text of a larger value, several times over while it is made, is more than the thread's memory holds. */
const MAX_VALUE_BYTES = 0x100_0000;

const CSV_COLUMNS = [
  'row',
  'offsetBytes',
  'sizeBytes',
  'operation',
  'sequence',
  'time',
  'expires',
  'key',
  'keyBase64',
  'value',
  'valueBase64',
  'note',
  'checksum',
  'damage',
  'valueOmitted',
] as const satisfies readonly (keyof ExportedRow)[];

/** What a file of that format begins with. */
export function exportHead(format: ExportFormat): string {
  return format === 'csv' ? `${CSV_COLUMNS.join(',')}\r\n` : '';
}

export function exportLine(format: ExportFormat, row: ExportedRow): string {
  if (format === 'jsonl') return `${JSON.stringify(row)}\n`;
  return `${CSV_COLUMNS.map((name) => csvCell(row[name])).join(',')}\r\n`;
}

export function exportedRow({ row, entry }: VisitedRow, logFile: LogFile): ExportedRow {
  const { offsetBytes, sizeBytes } = entry;
  if (isDamage(entry)) return { row, offsetBytes, sizeBytes, operation: 'damage', damage: entry.message };
  return {
    row,
    offsetBytes,
    sizeBytes,
    operation: logFile.operations[entry.operation] ?? '?',
    ...(entry.sequence === NONE ? {} : { sequence: entry.sequence }),
    ...(entry.timestampMs === NONE ? {} : { time: isoTime(entry.timestampMs) }),
    ...(entry.expiryMs <= 0 ? {} : { expires: isoTime(entry.expiryMs) }),
    ...keyParts(entry),
    ...valueParts(entry),
    ...(entry.note === '' ? {} : { note: typeof entry.note === 'string' ? entry.note : entry.note() }),
    ...(entry.storedChecksum === NONE ? {} : { checksum: entry.storedChecksum.toString(16).padStart(8, '0') }),
  };
}

function keyParts(record: LogRecord): Pick<ExportedRow, 'key' | 'keyBase64'> {
  if (record.keyLength === NONE) return {};
  const { key } = record;
  const text = decodeUtf8(key);
  return text === undefined ? { keyBase64: base64(key) } : { key: text };
}

function isTooLarge({ valueLength }: LogRecord): boolean {
  return valueLength > MAX_VALUE_BYTES;
}

function valueParts(record: LogRecord): Pick<ExportedRow, 'value' | 'valueBase64' | 'valueOmitted'> {
  if (record.valueLength === NONE) return {};
  if (isTooLarge(record)) {
    const [size, limit] = [formatSize(record.valueLength), formatSize(MAX_VALUE_BYTES)];
    return { valueOmitted: `The value has ${size}; values are exported up to ${limit}.` };
  }
  const { value } = record;
  const text = decodeUtf8(value);
  return text === undefined ? { valueBase64: base64(value) } : { value: text };
}

const FORMULA = /^[=+\-@\t\r]/;

/** Whether a spreadsheet that opens the line as CSV takes key or value for a formula: they are exported unchanged. */
export function holdsFormula({ key, keyBase64, value, valueBase64 }: ExportedRow): boolean {
  return [key, keyBase64, value, valueBase64].some(
    (text) => text !== undefined && FORMULA.test(text) && Number.isNaN(Number(text)),
  );
}

/** Times that no calendar has stay numbers of milliseconds. */
function isoTime(timeMs: number): string {
  const time = new Date(timeMs);
  return Number.isNaN(time.getTime()) ? String(timeMs) : time.toISOString();
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

const PIECE_UNITS = 0x1_0000;

function csvCell(value: string | number | undefined): string {
  const text = value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${doubleQuotes(text)}"` : text;
}

/** V8 replaces by putting together two strings for each quote, which for a value of quotes are more than the heap holds. */
function doubleQuotes(text: string): string {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += PIECE_UNITS) {
    pieces.push(
      text
        .slice(at, at + PIECE_UNITS)
        .split('"')
        .join('""'),
    );
  }
  return pieces.join('');
}
