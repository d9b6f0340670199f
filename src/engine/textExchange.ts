/**
 * Export and import as JSON Lines: one object a line, streaming in both directions.
 *
 *     {"key":"ch/zh","value":"text"}
 *     {"keyBase64":"/wA=","valueBase64":"gA==","expiryMs":1800000000000}
 *
 * Bytes that are valid UTF-8 stand as text, others as base64, so that a round trip is exact.
 */

import { MAX_KEY_SIZE, MAX_VALUE_SIZE } from '../format/layout.ts';
import type { BatchOperation, TaskOptions } from './api.ts';
import { Pacer } from './pacer.ts';
import { StrataError } from './strataError.ts';

/** An import writes batches of at most this many lines or about this many bytes. */
const IMPORT_BATCH_COUNT = 1000;
const IMPORT_BATCH_BYTES = 4 * 1024 * 1024;

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

export interface ExportedEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Milliseconds since 1970-01-01 UTC; 0: never. */
  readonly expiryMs: number;
}

/** One line, without the line feed. */
export function formatLine(entry: ExportedEntry): string {
  const line = JSON.stringify({
    ...field('key', entry.key),
    ...field('value', entry.value),
    ...(entry.expiryMs === 0 ? {} : { expiryMs: entry.expiryMs }),
  });
  // JSON allows them as they are, but some readers of lines, Node's among them, end a line there.
  return line.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

function field(name: 'key' | 'value', bytes: Uint8Array): Record<string, string> {
  try {
    return { [name]: strictDecoder.decode(bytes) };
  } catch {
    return { [`${name}Base64`]: Buffer.from(bytes).toString('base64') };
  }
}

/** Throws `IMPORT_INVALID` with the line's number. */
function parseLine(line: string, lineNumber: number): ExportedEntry {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (error) {
    throw invalidLine(lineNumber, `it is no JSON (${(error as Error).message})`);
  }
  if (typeof parsed !== 'object' || parsed === null) throw invalidLine(lineNumber, 'it is no JSON object');
  const fields = parsed as Record<string, unknown>;
  const { expiryMs = 0 } = fields;
  if (!Number.isSafeInteger(expiryMs) || (expiryMs as number) < 0) throw invalidLine(lineNumber, 'expiryMs is no time');
  const key = bytesOf(fields, 'key', lineNumber);
  if (key.length === 0) throw invalidLine(lineNumber, 'the key is empty');
  if (key.length > MAX_KEY_SIZE) throw invalidLine(lineNumber, `the key has more than ${MAX_KEY_SIZE} bytes`);
  const value = bytesOf(fields, 'value', lineNumber);
  if (value.length > MAX_VALUE_SIZE) throw invalidLine(lineNumber, `the value has more than ${MAX_VALUE_SIZE} bytes`);
  return { key, value, expiryMs: expiryMs as number };
}

function bytesOf(fields: Record<string, unknown>, name: 'key' | 'value', lineNumber: number): Uint8Array {
  const text = fields[name];
  const base64 = fields[`${name}Base64`];
  // Half of a surrogate pair has no bytes in UTF-8.
  if (typeof text === 'string' && base64 === undefined && text.isWellFormed()) return encoder.encode(text);
  if (typeof base64 === 'string' && text === undefined && isBase64(base64)) return Buffer.from(base64, 'base64');
  throw invalidLine(lineNumber, `it needs either ${name} (text) or ${name}Base64`);
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

function invalidLine(lineNumber: number, what: string): StrataError {
  return new StrataError(
    'IMPORT_INVALID',
    `Line ${lineNumber} cannot be imported: ${what}. The lines before it were imported; correct it and import the rest again.`,
  );
}

export interface ImportReport {
  readonly imported: number;
  /** Lines whose time to live was over already. */
  readonly expired: number;
}

/** Writes the lines in batches, in their order. Empty lines are passed over. */
export async function importLines(
  lines: AsyncIterable<string> | Iterable<string>,
  target: { readonly batch: (operations: BatchOperation[]) => Promise<void>; readonly now: () => number },
  task: TaskOptions,
): Promise<ImportReport> {
  const pacer = new Pacer('Import', task.signal, 'What was imported before stays.');
  let operations: BatchOperation[] = [];
  let batchBytes = 0;
  let lineNumber = 0;
  let imported = 0;
  let expired = 0;
  const flush = async (): Promise<void> => {
    if (operations.length > 0) await target.batch(operations);
    imported += operations.length;
    operations = [];
    batchBytes = 0;
    await pacer.pause();
  };
  try {
    for await (const line of lines) {
      lineNumber++;
      if (line.trim() === '') continue;
      const { key, value, expiryMs } = parseLine(line, lineNumber);
      if (expiryMs !== 0 && expiryMs <= target.now()) {
        expired++;
        continue;
      }
      operations.push({ type: 'put', key, value, ...(expiryMs === 0 ? {} : { expiryMs }) });
      batchBytes += key.length + value.length;
      if (operations.length >= IMPORT_BATCH_COUNT || batchBytes >= IMPORT_BATCH_BYTES) await flush();
    }
  } finally {
    await flush();
  }
  return { imported, expired };
}
