/** Checks options and arguments before anything is done with them. */

import { MAX_BATCH_BODY_SIZE, MAX_KEY_SIZE, MAX_RECORD_OFFSET, MAX_U53, MAX_VALUE_SIZE } from '../format/layout.ts';
import { recordSize } from '../format/record.ts';
import type { BatchOperation, Durability, StoreOptions } from './api.ts';
import { StrataError } from './strataError.ts';
import type { Change } from './writer.ts';

export const DEFAULT_MAX_SEGMENT_SIZE = 64 * 1024 * 1024;

export interface ResolvedOptions {
  readonly durability: Durability;
  readonly maxSegmentSizeBytes: number;
  readonly readOnly: boolean;
  readonly createIfMissing: boolean;
  readonly errorIfExists: boolean;
  readonly salvage: boolean;
}

export function resolveOptions(options: StoreOptions): ResolvedOptions {
  const { durability = 'fsync', maxSegmentSizeBytes = DEFAULT_MAX_SEGMENT_SIZE, readOnly = false } = options;
  checkDurability(durability);
  if (
    !Number.isSafeInteger(maxSegmentSizeBytes) ||
    maxSegmentSizeBytes < 1 ||
    maxSegmentSizeBytes > MAX_RECORD_OFFSET
  ) {
    throw new StrataError(
      'INVALID_OPTION',
      `maxSegmentSizeBytes must be a whole number from 1 to ${MAX_RECORD_OFFSET}.`,
    );
  }
  return {
    durability,
    maxSegmentSizeBytes,
    readOnly,
    createIfMissing: (options.createIfMissing ?? true) && !readOnly,
    errorIfExists: options.errorIfExists ?? false,
    salvage: options.salvage ?? false,
  };
}

function checkDurability(durability: Durability): void {
  if (durability === 'fsync' || durability === 'dsync' || durability === 'os') return;
  const intervalMs = typeof durability === 'object' ? durability?.intervalMs : undefined;
  if (Number.isSafeInteger(intervalMs) && (intervalMs as number) >= 1 && (intervalMs as number) <= 0x7fff_ffff) return;
  throw new StrataError(
    'INVALID_OPTION',
    "durability must be 'fsync', 'dsync', 'os' or { intervalMs: 1 to 2,147,483,647 }.",
  );
}

export function checkKey(key: Uint8Array): void {
  if (!(key instanceof Uint8Array)) throw new StrataError('INVALID_KEY', 'A key must be a Uint8Array.');
  if (key.length >= 1 && key.length <= MAX_KEY_SIZE) return;
  throw new StrataError('INVALID_KEY', `A key must have 1 to ${MAX_KEY_SIZE} bytes; this one has ${key.length}.`);
}

function checkValue(value: Uint8Array): void {
  if (!(value instanceof Uint8Array)) throw new StrataError('INVALID_VALUE', 'A value must be a Uint8Array.');
  if (value.length <= MAX_VALUE_SIZE) return;
  throw new StrataError(
    'INVALID_VALUE',
    `A value must have at most ${MAX_VALUE_SIZE} bytes; this one has ${value.length}.`,
  );
}

/** When a key written now expires; 0: never. */
function expiryOf(ttlMs: number | undefined, nowMs: number): number {
  if (ttlMs === undefined) return 0;
  if (Number.isSafeInteger(ttlMs) && ttlMs >= 1 && ttlMs <= MAX_U53 - nowMs) return nowMs + ttlMs;
  throw new StrataError('INVALID_OPTION', `ttlMs must be a whole number of milliseconds from 1; this one is ${ttlMs}.`);
}

export function putChange(key: Uint8Array, value: Uint8Array, ttlMs: number | undefined, nowMs: number): Change {
  checkKey(key);
  checkValue(value);
  return { key, value, expiryMs: expiryOf(ttlMs, nowMs) };
}

export function delChange(key: Uint8Array): Change {
  checkKey(key);
  return { key, value: undefined, expiryMs: 0 };
}

export function batchChanges(operations: readonly BatchOperation[], nowMs: number): Change[] {
  let sizeBytes = 0;
  const changes = operations.map((operation): Change => {
    const { type, key } = operation;
    if (type !== 'put' && type !== 'del') {
      throw new StrataError('INVALID_OPTION', "The type of an operation must be 'put' or 'del'.");
    }
    const change = type === 'put' ? putChange(key, operation.value, operation.ttlMs, nowMs) : delChange(key);
    sizeBytes += recordSize(key.length, change.value?.length ?? 0);
    return change;
  });
  if (sizeBytes <= MAX_BATCH_BODY_SIZE) return changes;
  throw new StrataError(
    'BATCH_TOO_LARGE',
    `A batch may have ${MAX_BATCH_BODY_SIZE} bytes; this one has ${sizeBytes}. Split it.`,
  );
}
