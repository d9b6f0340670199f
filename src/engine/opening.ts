/** Opens a store: takes the lock, recovers the log and makes durable what was recovered. */

import {
  HINT_EXTENSION,
  LOCK_NAME,
  parseHintFileName,
  parseSegmentFileName,
  TEMPORARY_EXTENSION,
} from '../format/fileName.ts';
import { FILE_HEADER_SIZE } from '../format/layout.ts';
import type { RecoveryReport } from './api.ts';
import { Keydir } from './keydir.ts';
import { LiveLog } from './liveLog.ts';
import { type Lock, takeLock } from './lock.ts';
import { readManifest } from './manifestFile.ts';
import type { ResolvedOptions } from './options.ts';
import { makeHashSeed, type RecoveredLog, recoverLog } from './recovery.ts';
import { Segment, SegmentTable } from './segment.ts';
import { type OpenMode, readFully, type Storage, writeFully } from './storage.ts';
import { isSystemError, StrataError } from './strataError.ts';

const WRITE_AGAIN_CHUNK_SIZE = 1024 * 1024;

/** What an open store is made of. */
export interface StoreParts {
  readonly log: LiveLog;
  readonly options: ResolvedOptions;
  readonly recovery: RecoveryReport;
  readonly now: () => number;
  /** Both only when it is open for writing. */
  readonly lock: Lock | undefined;
  readonly active: Segment | undefined;
}

/** The store's clock never runs backwards while it is open, so that an expired key does not come back. */
export function monotone(clock: () => number): () => number {
  let latest = 0;
  return () => {
    latest = Math.max(latest, Math.floor(clock()));
    return latest;
  };
}

/** A compaction may remove files between the reading of the manifest and their opening: so often is it tried again. */
const READ_ONLY_ATTEMPTS = 8;

export async function openReadOnly(
  storage: Storage,
  directory: string,
  options: ResolvedOptions,
  now: () => number,
): Promise<StoreParts> {
  const startMs = performance.now();
  const recovered = await recoverBesideWriter(storage, directory, options);
  if (recovered === undefined) throw notFoundError(directory);
  const { segments, keydir, manifest, lastSequence } = recovered;
  for (const cut of recovered.cutSegments) segments.drop(cut);
  const { generation, nextSegmentId } = manifest;
  const { cacheSizeBytes } = options;
  const log = new LiveLog({
    storage,
    directory,
    segments,
    keydir,
    generation,
    nextSegmentId,
    lastSequence,
    cacheSizeBytes,
    now,
  });
  const recovery = { ...recovered.report, durationMs: performance.now() - startMs };
  return { log, options, recovery, now, lock: undefined, active: undefined };
}

async function recoverBesideWriter(
  storage: Storage,
  directory: string,
  options: ResolvedOptions,
): Promise<RecoveredLog | undefined> {
  for (let attempt = 1; ; attempt++) {
    const generation = readGeneration(storage, directory);
    try {
      return await recoverLog({ storage, directory, salvage: options.salvage });
    } catch (error) {
      if (attempt === READ_ONLY_ATTEMPTS || readGeneration(storage, directory) === generation) throw error;
    }
  }
}

function readGeneration(storage: Storage, directory: string): number | undefined {
  try {
    return readManifest(storage, directory)?.generation;
  } catch {
    return undefined;
  }
}

function notFoundError(directory: string): StrataError {
  return new StrataError(
    'STORE_NOT_FOUND',
    `There is no store in ${directory}. Create one, or choose another directory.`,
  );
}

export async function openForWriting(
  storage: Storage,
  directory: string,
  options: ResolvedOptions,
  now: () => number,
): Promise<StoreParts> {
  const startMs = performance.now();
  if (options.createIfMissing) storage.makeDirectory(directory);
  else if (storage.list(directory) === undefined) throw notFoundError(directory);
  const lock = await takeLock({ storage, directory, nowMs: now() });
  try {
    const recovered = await recoverLog({ storage, directory, salvage: options.salvage });
    if (recovered === undefined && !options.createIfMissing) throw notFoundError(directory);
    const { log, active } = await continueLog(storage, directory, recovered, options, now);
    const recovery = { ...(recovered?.report ?? EMPTY_REPORT), durationMs: performance.now() - startMs };
    return { log, options, recovery, now, lock, active };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Makes the recovered log, or a new one, ready to be written. */
async function continueLog(
  storage: Storage,
  directory: string,
  recovered: RecoveredLog | undefined,
  options: ResolvedOptions,
  now: () => number,
): Promise<{ readonly log: LiveLog; readonly active: Segment }> {
  const segments = recovered?.segments ?? new SegmentTable();
  try {
    if (recovered !== undefined && options.errorIfExists) {
      throw new StrataError(
        'STORE_EXISTS',
        `There is a store in ${directory} already. Open it, or choose another directory.`,
      );
    }
    const log = new LiveLog({
      storage,
      directory,
      segments,
      keydir: recovered?.keydir ?? new Keydir(makeHashSeed()),
      generation: recovered?.manifest.generation ?? 0,
      nextSegmentId: recovered?.manifest.nextSegmentId ?? 1,
      lastSequence: recovered?.lastSequence ?? 0,
      cacheSizeBytes: options.cacheSizeBytes,
      now,
    });
    const active = await makeRecoveryDurable(log, options, recovered?.tornSegment, now);
    removeOrphans(log);
    for (const cut of recovered?.cutSegments ?? []) segments.drop(cut);
    return { log, active };
  } catch (error) {
    recovered?.keydir.close();
    segments.closeAll();
    throw error;
  }
}

const EMPTY_REPORT: Omit<RecoveryReport, 'durationMs'> = {
  openedBy: 'empty',
  tornTailBytes: 0,
  tornTailRecordCount: 0,
  damage: [],
  ignoredCaches: [],
};

/**
 * Makes durable what recovery found, before anything is appended to it: a torn tail is cut off, what was read is
 * synced, and a manifest says so, unless the one that is there says it already. Returns the segment to write to. Nothing
 * is ever appended behind a torn tail: its segment is sealed and a new one started, so that old bytes cannot come back
 * behind new records.
 */
async function makeRecoveryDurable(
  log: LiveLog,
  options: ResolvedOptions,
  torn: Segment | undefined,
  now: () => number,
): Promise<Segment> {
  const unsealed = log.segments.live().filter((segment) => segment.state === 'unsealed');
  const last = unsealed.at(-1);
  const canContinue =
    last !== undefined && last !== torn && !options.salvage && last.sizeBytes < options.maxSegmentSizeBytes;
  if (canContinue && unsealed.length === 1 && torn === undefined && last.syncedBytes === last.sizeBytes) {
    // As after a clean close. The files and the manifest were synced, but perhaps not yet their names.
    reopen(log, last, options.durability === 'dsync' ? 'write-dsync' : 'write');
    log.storage.syncDirectory(log.directory);
    return last;
  }
  for (const segment of unsealed) {
    reopen(log, segment, 'write');
    if (segment === torn) segment.file.truncate(segment.sizeBytes);
    writeAgain(segment);
    await segment.file.sync();
    segment.syncedBytes = segment.sizeBytes;
  }
  for (const segment of unsealed) if (segment !== last || !canContinue) segment.state = 'sealed';
  const active = canContinue ? last : startSegment(log, options, now());
  if (canContinue && options.durability === 'dsync') reopen(log, active, 'write-dsync');
  log.installManifest(now());
  return active;
}

function reopen(log: LiveLog, segment: Segment, mode: OpenMode): void {
  const { storage, directory } = log;
  const reopened = storage.open(storage.join(directory, segment.fileName), mode);
  segment.file.close();
  segment.file = reopened;
}

/**
 * Writes what is not known to be durable once more. After a failed sync the system may take pages for written that
 * are not: they can be read, but only a new write makes the next sync reach the disk.
 */
function writeAgain(segment: Segment): void {
  const chunk = new Uint8Array(Math.min(WRITE_AGAIN_CHUNK_SIZE, segment.sizeBytes - segment.syncedBytes));
  for (let position = segment.syncedBytes; position < segment.sizeBytes; ) {
    const got = readFully(segment.file, chunk, 0, Math.min(chunk.length, segment.sizeBytes - position), position);
    if (got === 0) throw Object.assign(new Error('the file ended early'), { code: 'EIO' });
    writeFully(segment.file, chunk.subarray(0, got), position);
    position += got;
  }
}

function startSegment(log: LiveLog, options: ResolvedOptions, nowMs: number): Segment {
  const id = log.takeSegmentId();
  const mode = options.durability === 'dsync' ? 'write-dsync' : 'create';
  const file = log.createSegmentFile(id, nowMs, mode);
  const segment = new Segment({
    id,
    slot: log.segments.nextSlot,
    file,
    state: 'unsealed',
    sizeBytes: FILE_HEADER_SIZE,
  });
  segment.syncedBytes = FILE_HEADER_SIZE;
  log.segments.add(segment);
  return segment;
}

/** Deletes what a crash left and no manifest names: unfinished files, and segments taken out of the store. */
function removeOrphans(log: LiveLog): void {
  const { storage, directory } = log;
  const live = new Set(log.segments.live().map((segment) => segment.id));
  let hasRemoved = false;
  for (const name of storage.list(directory) ?? []) {
    const isHintFile = name.endsWith(HINT_EXTENSION);
    const id = isHintFile ? parseHintFileName(name) : parseSegmentFileName(name);
    const isOrphan = id !== undefined && !live.has(id);
    const isUnfinished = name.endsWith(TEMPORARY_EXTENSION) && !name.startsWith(LOCK_NAME);
    if (!isOrphan && !isUnfinished) continue;
    try {
      storage.remove(storage.join(directory, name));
    } catch (error) {
      // Nobody needs a hint file, nor does one that stays disturb: it is believed only for the segment it names.
      if (isHintFile && isSystemError(error)) continue;
      throw error;
    }
    hasRemoved = true;
  }
  if (hasRemoved) storage.syncDirectory(directory);
}
