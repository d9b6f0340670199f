/** Input boxes for keys, values and times to live. Each checks what is typed while it is typed. */

import * as vscode from 'vscode';
import { findEntry } from '../explorer/findEntry.ts';
import type { StoreEntry } from '../explorer/storeEntry.ts';
import { StoreError } from '../explorer/storeError.ts';
import { MAX_KEY_SIZE } from '../format/layout.ts';
import { askForText } from '../messages.ts';
import { decodeUtf8, formatKey, parseKeyText } from '../shared/keyText.ts';
import type { KeyValueStore } from '../shared/keyValueStore.ts';
import { formatSize, formatTime } from '../shared/quantities.ts';
import { notAValue } from './keyArguments.ts';
import type { StoreTarget } from './storeTarget.ts';
import { parseTimeToLive, TIME_TO_LIVE_EXAMPLES } from './timeToLive.ts';

/** What is said of the typed key: it has to exist, its value will be replaced, or nothing. */
export type ExpectedKey = 'existing' | 'replaced' | 'any';

export interface KeyQuestion {
  readonly title: string;
  readonly expected: ExpectedKey;
  /** What stands in the box at first, as bytes. */
  readonly initial?: Uint8Array | undefined;
}

/** Undefined when the person backed out. */
export async function askForKey(target: StoreTarget, question: KeyQuestion): Promise<Uint8Array | undefined> {
  const { entry, store } = target;
  const value = question.initial === undefined ? '' : formatKey(question.initial);
  const text = await askForText({
    title: `${question.title} (${entry.name})`,
    prompt: 'Key. Type \\xNN for a byte, \\\\ for a backslash.',
    placeHolder: 'CH/ZH/Zurich',
    value,
    valueSelection: [value.length, value.length],
    ignoreFocusOut: true,
    validateInput: (typed) => checkTypedKey(store, typed, question.expected),
  });
  return text === undefined ? undefined : keyFromText(text);
}

/** The bytes of a key as people type it; rejects what is no key. */
export function keyFromText(text: string | Uint8Array): Uint8Array {
  const parsed = typeof text === 'string' ? parseKeyText(text) : { ok: true as const, key: text };
  const problem = parsed.ok ? sizeProblem(parsed.key) : parsed.message;
  if (!parsed.ok || problem !== undefined) throw new StoreError('INVALID_KEY', problem ?? '');
  return parsed.key;
}

async function checkTypedKey(
  store: KeyValueStore,
  typed: string,
  expected: ExpectedKey,
): Promise<vscode.InputBoxValidationMessage | undefined> {
  const parsed = parseKeyText(typed);
  if (!parsed.ok) return error(parsed.message);
  const problem = sizeProblem(parsed.key);
  if (problem !== undefined) return error(problem);
  if (expected === 'any') return undefined;
  const found = await findEntry(store, parsed.key);
  if (expected === 'existing') return found === undefined ? error('There is no such key.') : undefined;
  if (found === undefined) return undefined;
  return info(`Exists: its value of ${formatSize(found.valueSizeBytes)} will be replaced.`);
}

function sizeProblem(key: Uint8Array): string | undefined {
  if (key.length === 0) return 'A key has at least one byte.';
  if (key.length <= MAX_KEY_SIZE) return undefined;
  return `A key has at most ${MAX_KEY_SIZE} bytes; this one has ${key.length}.`;
}

const HEX_PREFIX = 'hex:';

/** The bytes that were typed: text, or bytes after `hex:`. Undefined when the person backed out. */
export async function askForValue(
  entry: StoreEntry,
  title: string,
  key: Uint8Array,
  initial: Uint8Array | undefined,
): Promise<Uint8Array | undefined> {
  const text = await askForText({
    title: `${title} (${entry.name})`,
    prompt: `Value of ${formatKey(key)}. Bytes as ${HEX_PREFIX}00ff; longer values are easier in an editor.`,
    placeHolder: '{"lat":47.37,"lng":8.55}',
    value: initial === undefined ? '' : typedValue(initial),
    ignoreFocusOut: true,
    validateInput: (typed) => {
      const problem = hexProblem(typed);
      return problem === undefined ? undefined : error(problem);
    },
  });
  return text === undefined ? undefined : valueFromText(text);
}

/** The bytes of a value as people type it, or as an argument gives it; rejects what is none. */
export function valueFromText(text: unknown): Uint8Array {
  if (text instanceof Uint8Array) return text;
  if (typeof text !== 'string') throw new StoreError('INVALID_VALUE', notAValue(text));
  const problem = hexProblem(text);
  if (problem !== undefined) throw new StoreError('INVALID_VALUE', problem);
  if (!text.startsWith(HEX_PREFIX)) return new TextEncoder().encode(text);
  return Uint8Array.from(Buffer.from(hexDigits(text), 'hex'));
}

/** How a value would be typed: as text where that gives the same bytes and fits on a line. */
function typedValue(value: Uint8Array): string {
  const text = decodeUtf8(value);
  const isTypable = text !== undefined && !/[\r\n]/.test(text) && !text.startsWith(HEX_PREFIX);
  return isTypable ? text : `${HEX_PREFIX}${Buffer.from(value).toString('hex')}`;
}

function hexProblem(text: string): string | undefined {
  if (!text.startsWith(HEX_PREFIX)) return undefined;
  const digits = hexDigits(text);
  if (/[^0-9a-fA-F]/.test(digits)) return `After ${HEX_PREFIX} come hexadecimal digits only.`;
  return digits.length % 2 === 0 ? undefined : 'A byte has two hexadecimal digits; one is missing.';
}

function hexDigits(text: string): string {
  return text.slice(HEX_PREFIX.length).replaceAll(/\s/g, '');
}

export type TimeToLiveAnswer = { readonly ttlMs: number | undefined } | undefined;

/** Undefined when the person backed out; without `ttlMs` for never. */
export async function askForTimeToLive(entry: StoreEntry, title: string, initial: string): Promise<TimeToLiveAnswer> {
  const text = await askForText({
    title: `${title} (${entry.name})`,
    prompt: `Time to live, such as ${TIME_TO_LIVE_EXAMPLES}. Leave it empty to keep the key for ever.`,
    placeHolder: 'never expires',
    value: initial,
    ignoreFocusOut: true,
    validateInput: (typed) => {
      const parsed = parseTimeToLive(typed);
      if (!parsed.ok) return error(parsed.message);
      return parsed.ttlMs === undefined ? undefined : info(`Expires ${formatTime(Date.now() + parsed.ttlMs)}.`);
    },
  });
  return text === undefined ? undefined : timeToLiveFromText(text);
}

export function timeToLiveFromText(text: string): { readonly ttlMs: number | undefined } {
  const parsed = parseTimeToLive(text);
  if (!parsed.ok) throw new StoreError('INVALID_OPTION', parsed.message);
  return parsed;
}

function error(message: string): vscode.InputBoxValidationMessage {
  return { message, severity: vscode.InputBoxValidationSeverity.Error };
}

function info(message: string): vscode.InputBoxValidationMessage {
  return { message, severity: vscode.InputBoxValidationSeverity.Info };
}
