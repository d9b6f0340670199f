/** Decides which rows a filter shows. */

import { Buffer } from 'node:buffer';
import type { ChecksumCondition, NumberRange, RowFilter, TextCondition } from '../shared/inspectorFilter.ts';
import { splitKeyText } from '../shared/keyText.ts';
import type { RecordState } from '../shared/recordState.ts';
import { matchBytes, matchRegex, matchText } from './byteMatcher.ts';
import { type LogDamage, type LogRecord, NONE } from './logFormat.ts';

export interface CompiledFilter {
  /** All conditions but the state, which only a store knows. */
  record(record: LogRecord): boolean;
  /**
   * Damage is kept by what the record at its start seems to say, as the table shows it, so that who looks for a record
   * finds it damaged too. `guess` reads that, and is only called when a condition needs it.
   */
  damage(damage: LogDamage, guess: () => LogRecord | undefined): boolean;
  /** States to keep; undefined when the filter does not ask for any. */
  readonly states: ReadonlySet<RecordState> | undefined;
}

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
      return texts.every((text) => text.inRecord(record));
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
  /** Only in the key: of the value, which may be long, the bytes are not read. */
  inGuess(record: LogRecord): boolean;
}

function compileText({ kind, pattern, where }: TextCondition): CompiledText {
  const matches = compilePattern(kind, pattern);
  const inKey = (record: LogRecord) => record.keyLength > 0 && matches(record.key);
  const inValue = (record: LogRecord) => record.valueLength > 0 && matches(record.value);
  if (where === 'key') return { inRecord: inKey, inGuess: inKey };
  if (where === 'value') return { inRecord: inValue, inGuess: () => false };
  return { inRecord: (record) => inKey(record) || inValue(record), inGuess: inKey };
}

type BytesTest = (bytes: Uint8Array) => boolean;

/** Text without capitals is looked for in any case, as in the search of editors that call this "smart case". */
function compilePattern(kind: TextCondition['kind'], pattern: string): BytesTest {
  if (kind === 'regex') return matchRegex(pattern, hasCapital(pattern)).test;
  const split = splitKeyText(pattern);
  if (!split.ok) throw new Error(split.message);
  const { parts } = split;
  const needle = Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))));
  if (kind === 'prefix') return (bytes) => needle.equals(bytes.subarray(0, needle.length));
  const text = parts.filter((part) => typeof part === 'string').join('');
  if (hasCapital(text) || text === text.toUpperCase()) return matchBytes(needle).test;
  return parts.every((part) => typeof part === 'string') ? matchText(text, false).test : matchInAnyCase(parts);
}

function hasCapital(text: string): boolean {
  return text !== text.toLowerCase();
}

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
  return (bytes) => {
    for (let start = 0; start < bytes.length; start++) {
      if (canStart[bytes[start] as number] === 1 && matchesAt(bytes, start)) return true;
    }
    return false;
  };
}

function bothCases(character: string): Buffer[] {
  return [character, character.toUpperCase()].map((text) => Buffer.from(text));
}
