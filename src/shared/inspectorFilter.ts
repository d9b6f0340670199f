/** Which rows the inspector shows. All conditions given must hold. */

import { splitKeyText } from './keyText.ts';
import type { RecordState } from './recordState.ts';
import { regularExpressionProblem } from './regularExpressionProblem.ts';
import { parseTimeSpan, type Span } from './timeSpan.ts';

export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
}

export interface TextCondition {
  readonly kind: 'contains' | 'prefix' | 'regex';
  /** A regular expression, or text in the notation of keys (keyText.ts). */
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
    ['zurich  Zurich', 'key or value has the text; a capital letter makes it case-sensitive'],
    ['/^CH\\/.*h$/', 'key or value matches the regular expression; capitals as above'],
    ['key:zur  key:/re/  prefix:CH/', 'the key contains, matches, starts with (always case-sensitive)'],
    ['value:"lat"', 'the value contains the text'],
    ['key:\\x00\\xFF', 'in text, \\xNN is a byte, and \\\\ a backslash'],
    ...(operations.length === 0 ? [] : [[operationExample(operations), 'operation'] as const]),
    ['state:live', STATES.join(', ')],
    ['checksum:invalid', 'valid, invalid, or none: zeros, torn tails and others for which none can be computed'],
    ['seq:100..200  seq:>100', 'range of sequence numbers'],
    ['time:2026-11-22 20:14', 'all of the day, minute or second; local, or UTC with Z at the end'],
    ['time:2026-11-22..2026-11-23', 'range of times, up to the end of the last one'],
    ['size:>1k  size:100..200', 'size of the record in bytes; k and M are 1024 and 1024²'],
  ];
}

function operationExample(operations: readonly string[]): string {
  const examples = [operations.slice(0, 1), operations.slice(0, 2)].slice(0, operations.length);
  return examples.map((names) => `op:${names.join()}`).join('  ');
}

/**
 * Reads a line such as `op:put size:>1k /^CH/`. Empty: no filter. Says what is wrong with it. `operations` are those
 * that the format offers; absent: they are not known yet, and any name is taken.
 */
export async function readFilter(line: string, operations?: readonly string[]): Promise<FilterParse> {
  const parsed = parseFilter(line, operations);
  if (!parsed.ok) return parsed;
  for (const { kind, pattern } of parsed.filter?.texts ?? []) {
    const message = kind === 'regex' ? await regularExpressionProblem(pattern) : undefined;
    if (message !== undefined) return { ok: false, message };
  }
  return parsed;
}

/** As `readFilter`, at once, and without a look into regular expressions. */
export function parseFilter(line: string, operations?: readonly string[]): FilterParse {
  const tokens = splitFilter(line);
  if (tokens.length === 0) return { ok: true, filter: undefined };
  const draft: FilterDraft = { texts: [], operations: [], states: [] };
  for (const token of tokens) {
    const message = addToken(draft, token, operations);
    if (message !== undefined) return { ok: false, message };
  }
  return { ok: true, filter: draft };
}

type FilterDraft = {
  -readonly [K in keyof RowFilter]: RowFilter[K] extends readonly (infer T)[] ? T[] : RowFilter[K];
};

/** Returns what is wrong with the token, or undefined when it was added. */
function addToken(draft: FilterDraft, token: string, operations: readonly string[] | undefined): string | undefined {
  const match = /^([a-z]+):(.*)$/s.exec(token);
  const [name, argument] = match === null ? ['', token] : [match[1] as string, unquote(match[2] as string)];
  switch (name) {
    case 'key':
    case 'value':
      return addText(draft, argument, name);
    case 'prefix':
      return addNotedText(draft, { kind: 'prefix', pattern: argument, where: 'key' });
    case 'op':
      return addOperations(draft, argument, operations);
    case 'state':
      return addStates(draft, argument);
    case 'checksum':
      return addChecksum(draft, argument);
    case 'seq':
      return addRange(draft, 'sequence', argument);
    case 'size':
      return addRange(draft, 'sizeBytes', argument);
    case 'time':
      return addRange(draft, 'timeMs', argument.replaceAll('"', ''));
    default:
      return addText(draft, unquote(token), 'any');
  }
}

function addText(draft: FilterDraft, argument: string, where: TextCondition['where']): string | undefined {
  const expression = /^\/(.+)\/$/s.exec(argument)?.[1];
  if (expression === undefined) return addNotedText(draft, { kind: 'contains', pattern: argument, where });
  draft.texts.push({ kind: 'regex', pattern: expression, where });
  return undefined;
}

function addNotedText(draft: FilterDraft, condition: TextCondition): string | undefined {
  const parsed = splitKeyText(condition.pattern);
  if (!parsed.ok) return `"${condition.pattern}": ${parsed.message}`;
  draft.texts.push(condition);
  return undefined;
}

/** Damage is a row of every format, and a header one that no list offers. */
function addOperations(draft: FilterDraft, argument: string, known: readonly string[] | undefined): string | undefined {
  const words = argument.split(',').filter((word) => word !== '');
  const isKnown = (word: string) => known?.includes(word) ?? true;
  if (!words.every((word) => word === 'damage' || word === 'header' || isKnown(word))) {
    return `op: knows ${[...(known ?? []), 'damage'].join(', ')}.`;
  }
  draft.operations.push(...words);
  return undefined;
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

/** How the values of a range are written. */
const COUNT_NOTATION = {
  parse: parseCount,
  help: 'is no range. Write 10..20, >10, <20 or one value.',
};
const TIME_NOTATION = {
  parse: parseTimeSpan,
  help: 'is no time. Write 2026-11-22, 2026-11-22 20:14, "2026-11-22 20:14:31.010", 2026-11-22T20:14Z for UTC, or a range: >=2026-11-22, 2026-11-22..2026-11-23.',
};

function addRange(
  draft: FilterDraft,
  field: 'sequence' | 'sizeBytes' | 'timeMs',
  argument: string,
): string | undefined {
  const { parse, help } = field === 'timeMs' ? TIME_NOTATION : COUNT_NOTATION;
  const range = parseRange(argument, parse);
  if (range === undefined) return `"${argument}" ${help}`;
  if (range.min !== undefined && range.max !== undefined && range.min > range.max) {
    return `"${argument}" ends before it begins.`;
  }
  draft[field] = range;
  return undefined;
}

function parseRange(text: string, parse: (text: string) => Span | undefined): NumberRange | undefined {
  const comparison = /^(>=|<=|>|<)(.+)$/s.exec(text);
  if (comparison !== null) {
    const bound = parse(comparison[2] as string);
    return bound === undefined ? undefined : comparedRange(comparison[1] as string, bound);
  }
  const [low = '', high = low, ...more] = text.split('..');
  const first = parse(low);
  const last = parse(high);
  const isWrong = (low !== '' && first === undefined) || (high !== '' && last === undefined);
  if (isWrong || more.length > 0 || (first === undefined && last === undefined)) return undefined;
  return { ...(first === undefined ? {} : { min: first.start }), ...(last === undefined ? {} : { max: last.end }) };
}

/** What a span stands for is before it, or behind it, as a whole. A bound may be a fraction: `1.3k`. */
function comparedRange(sign: string, { start, end }: Span): NumberRange {
  if (sign === '>') return { min: Math.floor(end) + 1 };
  if (sign === '>=') return { min: start };
  return { max: sign === '<' ? Math.ceil(start) - 1 : end };
}

function parseCount(text: string): Span | undefined {
  const match = /^(0x[0-9a-f]+|[\d_,']+(?:\.\d+)?)\s*([kmg]?)b?$/i.exec(text.trim());
  if (match === null) return undefined;
  const factor = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[(match[2] as string).toLowerCase()] ?? 1;
  const count = Number((match[1] as string).replace(/[_,']/g, '')) * factor;
  return Number.isNaN(count) ? undefined : { start: count, end: count };
}

/**
 * The conditions of a filter line as they are written. Blanks separate them, but not within quotes and regular
 * expressions, nor between a day and the time of day.
 */
export function splitFilter(line: string): string[] {
  return line.match(CONDITION) ?? [];
}

const DAY_AND_TIME = String.raw`\d{4}-\d\d-\d\d(?:(?:T|\s+)\d\d?:(?:[\d:]|\.(?!\.))*)?(?:Z|[+-]\d\d:?\d\d)?`;
const TIME = `(?:"${DAY_AND_TIME}"|${DAY_AND_TIME})`;
const CONDITION = new RegExp(
  [
    String.raw`time:(?:[<>]=?)?(?:${TIME}(?:\.\.${TIME}?)?|\.\.${TIME})\S*`,
    String.raw`(?:[a-z]+:)?(?:"(?:[^"\\]|\\.)*"|\/(?:[^/\\]|\\.)+\/(?=\s|$))`,
    String.raw`\S+`,
  ].join('|'),
  'gs',
);

/** Only a quote needs an escape for the quotes: other backslashes belong to the notation of keys, or to an expression. */
function unquote(text: string): string {
  if (text.length < 2 || !/^".*"$/s.test(text)) return text;
  return text.slice(1, -1).replace(/\\(["\\])/g, (pair, character) => (character === '"' ? character : pair));
}
