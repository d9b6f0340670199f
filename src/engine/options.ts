/** Checks options and arguments before anything is done with them. */

import { MAX_BATCH_BODY_SIZE, MAX_KEY_SIZE, MAX_RECORD_OFFSET, MAX_U53, MAX_VALUE_SIZE } from '../format/layout.ts';
import { recordSize } from '../format/record.ts';
import type { BatchOperation, Durability, PutOptions, StoreOptions } from './api.ts';
import { type CompactionPolicy, DEFAULT_COMPACTION_POLICY } from './compactionPlan.ts';
import { StrataError } from './strataError.ts';
import type { Change } from './writer.ts';

/** The longest time that Node's timers take. */
const MAX_TIMER_MS = 0x7fff_ffff;

const DEFAULT_CACHE_SIZE = 256 * 1024 * 1024;
const DEFAULT_MAX_BLOCKING_SYNC_MS = 1;
const DEFAULT_MAX_SEGMENT_SIZE = 64 * 1024 * 1024;

export interface ResolvedOptions {
  readonly durability: Durability;
  readonly maxSegmentSizeBytes: number;
  readonly readOnly: boolean;
  readonly createIfMissing: boolean;
  readonly errorIfExists: boolean;
  readonly salvage: boolean;
  readonly writeSerialization: 'queue' | 'lock';
  readonly cacheSizeBytes: number;
  readonly maxBlockingSyncMs: number;
  /** Undefined: only when `compact` is called. */
  readonly compaction: (CompactionPolicy & { readonly checkIntervalMs: number }) | undefined;
  /** Undefined: only when the store is closed. */
  readonly snapshotIntervalMs: number | undefined;
}

const DEFAULT_COMPACTION_CHECK_INTERVAL_MS = 180_000;
const DEFAULT_SNAPSHOT_INTERVAL_MS = 300_000;

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
    cacheSizeBytes: resolveCacheSize(options.cacheSizeBytes),
    maxBlockingSyncMs: resolveBlockingTime(options.maxBlockingSyncMs),
    writeSerialization: resolveWriteSerialization(options.writeSerialization),
    compaction: resolveCompaction(options.compaction, maxSegmentSizeBytes),
    snapshotIntervalMs: resolveInterval('snapshotIntervalMs', options.snapshotIntervalMs, DEFAULT_SNAPSHOT_INTERVAL_MS),
  };
}

function resolveCacheSize(cacheSizeBytes: number = DEFAULT_CACHE_SIZE): number {
  if (Number.isSafeInteger(cacheSizeBytes) && cacheSizeBytes >= 0) return cacheSizeBytes;
  throw new StrataError('INVALID_OPTION', 'cacheSizeBytes must be a whole number from 0.');
}

function resolveBlockingTime(maxBlockingSyncMs: number = DEFAULT_MAX_BLOCKING_SYNC_MS): number {
  if (Number.isFinite(maxBlockingSyncMs) && maxBlockingSyncMs >= 0) return maxBlockingSyncMs;
  throw new StrataError('INVALID_OPTION', 'maxBlockingSyncMs must be a number of milliseconds from 0.');
}

function resolveWriteSerialization(
  serialization: StoreOptions['writeSerialization'] = 'queue',
): ResolvedOptions['writeSerialization'] {
  if (serialization === 'queue' || serialization === 'lock') return serialization;
  throw new StrataError('INVALID_OPTION', "writeSerialization must be 'queue' or 'lock'.");
}

function resolveCompaction(
  compaction: StoreOptions['compaction'],
  maxSegmentSizeBytes: number,
): ResolvedOptions['compaction'] {
  if (compaction === 'manual') return undefined;
  if (typeof compaction !== 'object' && compaction !== undefined) {
    throw new StrataError('INVALID_OPTION', "compaction must be 'manual' or a policy.");
  }
  const { checkIntervalMs, ...given } = compaction ?? {};
  const resolved = resolveInterval('checkIntervalMs', checkIntervalMs, DEFAULT_COMPACTION_CHECK_INTERVAL_MS);
  const policy = { ...DEFAULT_COMPACTION_POLICY, ...given };
  checkPolicy(policy);
  if (resolved === undefined) return undefined;
  // What compaction writes is up to a whole segment: if that counted as small, it would be rewritten for ever.
  const includeSmallerThanBytes = Math.min(policy.includeSmallerThanBytes, maxSegmentSizeBytes / 2);
  return { ...policy, includeSmallerThanBytes, checkIntervalMs: resolved };
}

function checkPolicy({ hours, ...thresholds }: CompactionPolicy): void {
  for (const [name, value] of Object.entries(thresholds)) {
    if (typeof value === 'number' && value >= 0) continue;
    throw new StrataError('INVALID_OPTION', `compaction.${name} must be a number from 0; it is ${value}.`);
  }
  const isHour = (hour: number) => Number.isSafeInteger(hour) && hour >= 0 && hour <= 24;
  if (hours === undefined || (isHour(hours.from) && isHour(hours.to))) return;
  throw new StrataError('INVALID_OPTION', 'compaction.hours must be { from, to } in whole hours from 0 to 24.');
}

/** 0 switches the timer off. */
function resolveInterval(name: string, intervalMs: number | undefined, defaultMs: number): number | undefined {
  const resolved = intervalMs ?? defaultMs;
  if (!Number.isSafeInteger(resolved) || resolved < 0 || resolved > MAX_TIMER_MS) {
    throw new StrataError('INVALID_OPTION', `${name} must be a whole number from 0 to ${MAX_TIMER_MS}.`);
  }
  return resolved === 0 ? undefined : resolved;
}

function checkDurability(durability: Durability): void {
  if (durability === 'fsync' || durability === 'dsync' || durability === 'os') return;
  const intervalMs = typeof durability === 'object' ? durability?.intervalMs : undefined;
  if (Number.isSafeInteger(intervalMs) && (intervalMs as number) >= 1 && (intervalMs as number) <= MAX_TIMER_MS) return;
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

/** A number of things that may be infinite. */
export function checkCount(name: string, count: number): void {
  if (count === Number.POSITIVE_INFINITY || (Number.isSafeInteger(count) && count >= 0)) return;
  throw new StrataError('INVALID_OPTION', `${name} must be a whole number from 0; it is ${count}.`);
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
function expiryOf({ ttlMs, expiryMs }: PutOptions, nowMs: number): number {
  if (expiryMs !== undefined) {
    if (ttlMs === undefined && Number.isSafeInteger(expiryMs) && expiryMs >= 1) return expiryMs;
    throw new StrataError('INVALID_OPTION', 'expiryMs must be a time in milliseconds from 1, without ttlMs beside it.');
  }
  if (ttlMs === undefined) return 0;
  if (Number.isSafeInteger(ttlMs) && ttlMs >= 1 && ttlMs <= MAX_U53 - nowMs) return nowMs + ttlMs;
  throw new StrataError('INVALID_OPTION', `ttlMs must be a whole number of milliseconds from 1; this one is ${ttlMs}.`);
}

export function putChange(key: Uint8Array, value: Uint8Array, options: PutOptions, nowMs: number): Change {
  checkKey(key);
  checkValue(value);
  return { key, value, expiryMs: expiryOf(options, nowMs) };
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
    const change = type === 'put' ? putChange(key, operation.value, operation, nowMs) : delChange(key);
    sizeBytes += recordSize(key.length, change.value?.length ?? 0);
    return change;
  });
  if (sizeBytes <= MAX_BATCH_BODY_SIZE) return changes;
  throw new StrataError(
    'BATCH_TOO_LARGE',
    `A batch may have ${MAX_BATCH_BODY_SIZE} bytes; this one has ${sizeBytes}. Split it.`,
  );
}
