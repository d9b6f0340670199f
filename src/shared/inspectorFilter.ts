/** Which rows the inspector shows. All conditions given must hold. */

import type { RecordState } from './recordState.ts';
import { regularExpressionProblem } from './regularExpressionProblem.ts';

export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
}

export interface TextCondition {
  readonly kind: 'contains' | 'prefix' | 'regex';
  readonly pattern: string;
  readonly where: 'key' | 'value' | 'any';
}

const CHECKSUMS = ['valid', 'invalid', 'none'] as const;
export type ChecksumCondition = (typeof CHECKSUMS)[number];

export interface RowFilter {
  readonly texts: readonly TextCondition[];
  /** Names of operations; `damage` stands for damaged ranges. Empty: all. */
  readonly operations: readonly string[];
  /** `damaged` stands for damaged ranges. Empty: all. */
  readonly states: readonly (RecordState | 'damaged')[];
  /** Whether the checksum that was computed is the stored one; `none`: rows for which none was computed. */
  readonly checksum?: ChecksumCondition;
  readonly sequence?: NumberRange;
  readonly timeMs?: NumberRange;
  readonly sizeBytes?: NumberRange;
}

export type FilterParse =
  | { readonly ok: true; readonly filter: RowFilter | undefined }
  | { readonly ok: false; readonly message: string };

const STATES = ['live', 'superseded', 'deleted', 'expired', 'tombstone', 'uncommitted', 'unknown', 'damaged'] as const;

/** The words that a filter line understands, with an example each, for the help text. */
export function filterHelp(operations: readonly string[]): readonly (readonly [example: string, meaning: string])[] {
  return [
    ['Zurich', 'key or value contains the text'],
    ['/^CH\\/.*h$/', 'key or value matches the regular expression'],
    ['key:Zur  key:/re/  prefix:CH/', 'the key contains, matches, starts with'],
    ['value:"lat"', 'the value contains the text'],
    ...(operations.length === 0 ? [] : [[operationExample(operations), 'operation'] as const]),
    ['state:live', STATES.join(', ')],
    ['checksum:invalid', 'valid, invalid, or none: zeros, torn tails and others for which none can be computed'],
    ['seq:100..200  seq:>100', 'range of sequence numbers'],
    ['time:2026-11-22..2026-11-23', 'range of times, local unless they end in Z'],
    ['size:>1k  size:100..200', 'size of the record in bytes; k and M are 1024 and 1024²'],
  ];
}

function operationExample(operations: readonly string[]): string {
  const examples = [operations.slice(0, 1), operations.slice(0, 2)].slice(0, operations.length);
  return examples.map((names) => `op:${names.join()}`).join('  ');
}

/** Reads a line such as `op:put size:>1k /^CH/`. Empty: no filter. Says what is wrong with it. */
export async function readFilter(line: string): Promise<FilterParse> {
  const parsed = parseFilter(line);
  if (!parsed.ok) return parsed;
  for (const { kind, pattern } of parsed.filter?.texts ?? []) {
    const message = kind === 'regex' ? await regularExpressionProblem(pattern) : undefined;
    if (message !== undefined) return { ok: false, message };
  }
  return parsed;
}

/** As `readFilter`, at once, and without a look into regular expressions. */
export function parseFilter(line: string): FilterParse {
  const tokens = splitFilter(line);
  if (tokens.length === 0) return { ok: true, filter: undefined };
  const draft: FilterDraft = { texts: [], operations: [], states: [] };
  for (const token of tokens) {
    const message = addToken(draft, token);
    if (message !== undefined) return { ok: false, message };
  }
  return { ok: true, filter: draft };
}

type FilterDraft = {
  -readonly [K in keyof RowFilter]: RowFilter[K] extends readonly (infer T)[] ? T[] : RowFilter[K];
};

/** Returns what is wrong with the token, or undefined when it was added. */
function addToken(draft: FilterDraft, token: string): string | undefined {
  const match = /^([a-z]+):(.*)$/s.exec(token);
  const [name, argument] = match === null ? ['', token] : [match[1] as string, unquote(match[2] as string)];
  switch (name) {
    case 'key':
    case 'value':
      return addText(draft, argument, name);
    case 'prefix':
      draft.texts.push({ kind: 'prefix', pattern: argument, where: 'key' });
      return undefined;
    case 'op':
      draft.operations.push(...argument.split(',').filter((word) => word !== ''));
      return undefined;
    case 'state':
      return addStates(draft, argument);
    case 'checksum':
      return addChecksum(draft, argument);
    case 'seq':
      return addRange(draft, 'sequence', argument, parseCount);
    case 'size':
      return addRange(draft, 'sizeBytes', argument, parseCount);
    case 'time':
      return addRange(draft, 'timeMs', argument, parseTime);
    default:
      return addText(draft, unquote(token), 'any');
  }
}

function addText(draft: FilterDraft, argument: string, where: TextCondition['where']): undefined {
  const expression = /^\/(.+)\/$/s.exec(argument)?.[1];
  if (expression === undefined) draft.texts.push({ kind: 'contains', pattern: argument, where });
  else draft.texts.push({ kind: 'regex', pattern: expression, where });
}

function addStates(draft: FilterDraft, argument: string): string | undefined {
  for (const word of argument.split(',')) {
    const state = STATES.find((candidate) => candidate === word);
    if (state === undefined) return `state: knows ${STATES.join(', ')}.`;
    draft.states.push(state);
  }
  return undefined;
}

function addChecksum(draft: FilterDraft, argument: string): string | undefined {
  const checksum = CHECKSUMS.find((candidate) => candidate === argument);
  if (checksum === undefined) return 'checksum: needs valid, invalid or none.';
  draft.checksum = checksum;
  return undefined;
}

function addRange(
  draft: FilterDraft,
  field: 'sequence' | 'sizeBytes' | 'timeMs',
  argument: string,
  parse: (text: string) => number,
): string | undefined {
  const range = parseRange(argument, parse);
  if (range === undefined) return `"${argument}" is no range. Write 10..20, >10, <20 or one value.`;
  draft[field] = range;
  return undefined;
}

function parseRange(text: string, parse: (text: string) => number): NumberRange | undefined {
  const comparison = /^(>=|<=|>|<)(.+)$/.exec(text);
  if (comparison !== null) {
    const bound = parse(comparison[2] as string);
    if (Number.isNaN(bound)) return undefined;
    const sign = comparison[1] as string;
    if (sign.startsWith('>')) return { min: sign === '>' ? bound + 1 : bound };
    return { max: sign === '<' ? bound - 1 : bound };
  }
  const [low = '', high = low] = text.split('..', 2);
  const min = low === '' ? undefined : parse(low);
  const max = high === '' ? undefined : parse(high);
  if (Number.isNaN(min) || Number.isNaN(max) || (min === undefined && max === undefined)) return undefined;
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

function parseCount(text: string): number {
  const match = /^(0x[0-9a-f]+|[\d_,']+(?:\.\d+)?)\s*([kmg]?)b?$/i.exec(text.trim());
  if (match === null) return Number.NaN;
  const factor = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[(match[2] as string).toLowerCase()] ?? 1;
  return Number((match[1] as string).replace(/[_,']/g, '')) * factor;
}

/** `2026-11-22`, `2026-11-22T20:14`, with or without `Z`, or milliseconds since 1970. */
function parseTime(text: string): number {
  if (/^\d{9,}$/.test(text)) return Number(text);
  return Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text);
}

/** Splits at blanks, keeping quoted text and regular expressions whole. */
/** The conditions of a filter line as they are written; quotes hold their spaces together. */
export function splitFilter(line: string): string[] {
  return line.match(/(?:[a-z]+:)?(?:"(?:[^"\\]|\\.)*"|\/(?:[^/\\]|\\.)+\/(?=\s|$))|\S+/gs) ?? [];
}

function unquote(text: string): string {
  return /^".*"$/s.test(text) && text.length >= 2 ? text.slice(1, -1).replace(/\\(.)/gs, '$1') : text;
}
