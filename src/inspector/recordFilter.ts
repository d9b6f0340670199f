/** Decides which rows a filter shows. */

import { Buffer } from 'node:buffer';
import type { ChecksumCondition, NumberRange, RowFilter, TextCondition } from '../shared/inspectorFilter.ts';
import { splitKeyText } from '../shared/keyText.ts';
import type { RecordState } from '../shared/recordState.ts';
import { type ByteMatcher, matchBytes, matchRegex, matchText } from './byteMatcher.ts';
import { type LogDamage, type LogRecord, NONE } from './logFormat.ts';

export interface CompiledFilter {
  /** All conditions but the state, which only a store knows. Undefined: it takes long to tell, and `search` does. */
  record(record: LogRecord): boolean | undefined;
  /** Tells in steps of about a millisecond each. Absent: `record` always tells. */
  search?(record: LogRecord): Generator<undefined, boolean>;
  /**
   * Damage is kept by what the record at its start seems to say, as the table shows it, so that who looks for a record
   * finds it damaged too. `guess` reads that, and is only called when a condition needs it.
   */
  damage(damage: LogDamage, guess: () => LogRecord | undefined): boolean;
  /** States to keep; undefined when the filter does not ask for any. */
  readonly states: ReadonlySet<RecordState> | undefined;
}

/** The texts of a record with a larger value are looked for in steps. */
const LARGE_VALUE_BYTES = 0x4_0000;

export function compileFilter(filter: RowFilter, operations: readonly string[]): CompiledFilter {
  const wanted =
    filter.operations.length === 0 ? undefined : operations.map((name) => filter.operations.includes(name));
  const texts = filter.texts.map(compileText);
  const { sequence, timeMs, sizeBytes, checksum } = filter;
  const states = filter.states.filter((state) => state !== 'damaged');
  const onlyDamaged = filter.states.length > 0 && states.length === 0;
  return {
    states: filter.states.length === 0 ? undefined : new Set(states),
    record(record) {
      if (onlyDamaged || (checksum !== undefined && checksum !== checksumOf(record))) return false;
      if (wanted !== undefined && wanted[record.operation] !== true) return false;
      if (!inRange(record.sequence, sequence) || !inRange(record.timestampMs, timeMs)) return false;
      if (!inRange(record.sizeBytes, sizeBytes)) return false;
      if (texts.length > 0 && record.valueLength > LARGE_VALUE_BYTES) return undefined;
      return texts.every((text) => text.inRecord(record));
    },
    *search(record) {
      for (const text of texts) if (!(yield* text.search(record))) return false;
      return true;
    },
    damage(damage, guess) {
      if (checksum !== undefined && checksum !== checksumOf(damage)) return false;
      if (filter.states.length > 0 && !filter.states.includes('damaged')) return false;
      if (!inRange(damage.sizeBytes, sizeBytes)) return false;
      const isWanted = wanted === undefined || filter.operations.includes('damage');
      if (isWanted && texts.length === 0 && sequence === undefined && timeMs === undefined) return true;
      const record = guess();
      if (record === undefined || !(isWanted || wanted[record.operation] === true)) return false;
      if (!inRange(record.sequence, sequence) || !inRange(record.timestampMs, timeMs)) return false;
      return texts.every((text) => text.inGuess(record));
    },
  };
}

/** Zeros, torn tails and impossible lengths have a damaged row, but no checksum that could be right or wrong. */
function checksumOf({ storedChecksum = NONE, computedChecksum = NONE }: LogRecord | LogDamage): ChecksumCondition {
  if (storedChecksum === NONE || computedChecksum === NONE) return 'none';
  return storedChecksum === computedChecksum ? 'valid' : 'invalid';
}

function inRange(value: number, range: NumberRange | undefined): boolean {
  if (range === undefined) return true;
  if (value === NONE) return false;
  return value >= (range.min ?? Number.NEGATIVE_INFINITY) && value <= (range.max ?? Number.POSITIVE_INFINITY);
}

interface CompiledText {
  inRecord(record: LogRecord): boolean;
  search(record: LogRecord): Generator<undefined, boolean>;
  /** Only in the key: of the value, which may be long, the bytes are not read. */
  inGuess(record: LogRecord): boolean;
}

function compileText({ kind, pattern, where }: TextCondition): CompiledText {
  const bytes = compilePattern(kind, pattern);
  const inKey = (record: LogRecord) => where !== 'value' && record.keyLength > 0 && bytes.test(record.key);
  const canBeInValue = (record: LogRecord) => where !== 'key' && record.valueLength > 0;
  return {
    inRecord: (record) => inKey(record) || (canBeInValue(record) && bytes.test(record.value)),
    *search(record) {
      return inKey(record) || (canBeInValue(record) && (yield* bytes.search(record.value)));
    },
    inGuess: inKey,
  };
}

type BytesTest = Pick<ByteMatcher, 'test' | 'search'>;

/** Text without capitals is looked for in any case, as in the search of editors that call this "smart case". */
function compilePattern(kind: TextCondition['kind'], pattern: string): BytesTest {
  if (kind === 'regex') return matchRegex(pattern, hasCapital(pattern));
  const split = splitKeyText(pattern);
  if (!split.ok) throw new Error(split.message);
  const { parts } = split;
  const needle = Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))));
  if (kind === 'prefix') return startingWith(needle);
  const text = parts.filter((part) => typeof part === 'string').join('');
  if (hasCapital(text) || text === text.toUpperCase()) return matchBytes(needle);
  return parts.every((part) => typeof part === 'string') ? matchText(text, false) : matchInAnyCase(parts);
}

function startingWith(needle: Buffer): BytesTest {
  const test = (bytes: Uint8Array) => needle.equals(bytes.subarray(0, needle.length));
  return {
    test,
    *search(bytes) {
      yield undefined;
      return test(bytes);
    },
  };
}

function hasCapital(text: string): boolean {
  return text !== text.toLowerCase();
}

/** Bytes in which text with escaped bytes is looked for at once. */
const STEP_BYTES = 0x1_0000;

/** Of text with escaped bytes, which need not be UTF-8: those as they are, and its characters in both cases. */
function matchInAnyCase(parts: readonly (string | number)[]): BytesTest {
  const units = parts.flatMap((part) => (typeof part === 'number' ? [[Buffer.of(part)]] : Array.from(part, bothCases)));
  const canStart = new Uint8Array(256);
  for (const start of units[0] ?? []) canStart[start[0] as number] = 1;
  const matchesAt = (bytes: Uint8Array, start: number) => {
    let at = start;
    return units.every((cases) => {
      // At most one fits: no character of UTF-8 is the beginning of another one.
      const fitting = cases.find((unit) => unit.equals(bytes.subarray(at, at + unit.length)));
      at += fitting?.length ?? 0;
      return fitting !== undefined;
    });
  };
  const startsIn = (bytes: Uint8Array, from: number, to: number) => {
    for (let start = from; start < to; start++) {
      if (canStart[bytes[start] as number] === 1 && matchesAt(bytes, start)) return true;
    }
    return false;
  };
  return {
    test: (bytes) => startsIn(bytes, 0, bytes.length),
    *search(bytes) {
      for (let from = 0; from < bytes.length; from += STEP_BYTES) {
        if (startsIn(bytes, from, Math.min(bytes.length, from + STEP_BYTES))) return true;
        yield undefined;
      }
      return false;
    },
  };
}

function bothCases(character: string): Buffer[] {
  return [character, character.toUpperCase()].map((text) => Buffer.from(text));
}
