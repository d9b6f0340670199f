/** Turns what a scan reports into what the editor shows. */

import type { ChecksumMark, GroupMark, InspectorRow, RecordCells } from '../shared/inspectorRows.ts';
import { printableKey, printableValue } from './byteText.ts';
import { type GuessSource, guessRecord } from './damageGuess.ts';
import { type GroupKnowledge, isUncommitted } from './groupKnowledge.ts';
import { groupNamesOf, type LogDamage, type LogRecord, NONE } from './logFormat.ts';
import { isDamage, type VisitedRow } from './rowWalk.ts';

/** Keys and values are shown up to so many bytes in the table; the detail has all of them. */
const KEY_PREVIEW_BYTES = 512;
const VALUE_PREVIEW_BYTES = 256;

/** The file is read for a guess at what a damaged record says. */
export interface RowContext extends GuessSource {
  readonly groups: GroupKnowledge;
}

export function toRow({ row, entry }: Pick<VisitedRow, 'row' | 'entry'>, context: RowContext): InspectorRow {
  const { offsetBytes, sizeBytes } = entry;
  if (!isDamage(entry)) {
    return { kind: entry.kind, row, offsetBytes, sizeBytes, cells: toCells(entry, context) };
  }
  const { reason, message } = entry;
  const cells = guessCells(entry, context);
  return { kind: 'damage', row, offsetBytes, sizeBytes, reason, message, ...(cells === undefined ? {} : { cells }) };
}

function guessCells(damage: LogDamage, context: RowContext): RecordCells | undefined {
  const guess = guessRecord(context, damage);
  return guess === undefined ? undefined : toCells(guess, context);
}

function toCells(record: LogRecord, context: RowContext): RecordCells {
  const { sequence, timestampMs, expiryMs, keyLength, valueLength } = record;
  const checksum = checksumMark(record);
  const group = groupMark(record, context);
  return {
    operation: context.logFile.operations[record.operation] ?? '?',
    ...(sequence === NONE ? {} : { sequence }),
    ...(timestampMs === NONE ? {} : { timestampMs }),
    ...(expiryMs === NONE ? {} : { expiryMs }),
    ...(keyLength === NONE ? {} : { key: printableKey(record.key, KEY_PREVIEW_BYTES), keySizeBytes: keyLength }),
    ...(valueLength === NONE
      ? {}
      : { value: printableValue(record.value, VALUE_PREVIEW_BYTES), valueSizeBytes: valueLength }),
    ...(record.note === '' ? {} : { note: typeof record.note === 'string' ? record.note : record.note() }),
    ...(checksum === undefined ? {} : { checksum }),
    ...(group === undefined ? {} : { group }),
  };
}

function checksumMark({ storedChecksum, computedChecksum }: LogRecord): ChecksumMark | undefined {
  if (storedChecksum === NONE) return undefined;
  const valid = storedChecksum === computedChecksum;
  return { stored: storedChecksum, valid, ...(computedChecksum === NONE ? {} : { computed: computedChecksum }) };
}

function groupMark(record: LogRecord, context: RowContext): GroupMark | undefined {
  const { groupRole: role, groupStartBytes: startBytes } = record;
  if (role === 'none') return undefined;
  const { one: name } = groupNamesOf(context.logFile);
  return { role, name, startBytes, complete: !isUncommitted(record, context.groups) };
}
