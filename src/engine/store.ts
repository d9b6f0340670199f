/**
 * The store: opening and closing, and the public methods. Each capability lives in a file of its own; this class
 * holds them together and says when they may run.
 */

import {
  HINT_EXTENSION,
  LOCK_NAME,
  parseHintFileName,
  parseSegmentFileName,
  SNAPSHOT_NAME,
  TEMPORARY_EXTENSION,
} from '../format/fileName.ts';
import { FILE_HEADER_SIZE } from '../format/layout.ts';
import type {
  BatchOperation,
  CompactionReport,
  KeyInfo,
  KeyRange,
  PutOptions,
  RecordVersion,
  RecoveryReport,
  ReplayReport,
  SegmentStats,
  StoredRecord,
  StoreOptions,
  StoreStats,
  TaskOptions,
  VerifyReport,
} from './api.ts';
import { writeCheckpoint } from './checkpoint.ts';
import { Compaction } from './compaction.ts';
import { HintWriter } from './hintWriter.ts';
import { readHistory } from './history.ts';
import { Keydir } from './keydir.ts';
import { boundsOf } from './keyRange.ts';
import { LiveLog } from './liveLog.ts';
import { type Lock, takeLock } from './lock.ts';
import { nodeStorage } from './nodeStorage.ts';
import { batchChanges, checkKey, delChange, putChange, type ResolvedOptions, resolveOptions } from './options.ts';
import { rangePositions } from './rangeCursor.ts';
import { makeHashSeed, recoverLog } from './recovery.ts';
import { compareKeydirs, rebuildKeydir, repairKey } from './replay.ts';
import { createSegmentFile, Segment, SegmentTable } from './segment.ts';
import { saveSnapshot } from './snapshotFile.ts';
import type { Storage } from './storage.ts';
import { type StateIterator, StateReader, StateView, StoreSnapshot } from './storeSnapshot.ts';
import { abortedError, StrataError, storageError } from './strataError.ts';
import { verifyLog } from './verify.ts';
import { Writer } from './writer.ts';

export type StoreEvent = 'data' | 'segments';

interface StoreParts {
  readonly log: LiveLog;
  readonly options: ResolvedOptions;
  readonly recovery: RecoveryReport;
  readonly now: () => number;
  readonly lock: Lock | undefined;
  readonly active: Segment | undefined;
}

export class Store {
  /** How opening went: what was loaded, what a crash had left, what was damaged. */
  readonly recovery: RecoveryReport;
  readonly directory: string;
  readonly readOnly: boolean;
  readonly #log: LiveLog;
  readonly #options: ResolvedOptions;
  readonly #now: () => number;
  readonly #lock: Lock | undefined;
  readonly #writer: Writer | undefined;
  readonly #hints: HintWriter;
  readonly #view: StateView;
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  #maintenance: Promise<unknown> = Promise.resolve();
  readonly #closing = new AbortController();
  #state: 'open' | 'closing' | 'closed' = 'open';

  /**
   * Opens the store in a directory, creating it when there is none. Errors: `STORE_LOCKED`, `STORE_NOT_FOUND`,
   * `STORE_EXISTS`, `STORE_DAMAGED`, `UNSUPPORTED_VERSION`, `INVALID_OPTION`, and those of the disk.
   */
  static async open(directory: string, options: StoreOptions = {}, storage: Storage = nodeStorage): Promise<Store> {
    const resolved = resolveOptions(options);
    const now = monotone(options.now ?? Date.now);
    try {
      const parts = resolved.readOnly
        ? await openReadOnly(storage, directory, resolved, now)
        : await openForWriting(storage, directory, resolved, now);
      return new Store(parts);
    } catch (error) {
      throw storageError(error, `opening the store ${directory}`);
    }
  }

  private constructor(parts: StoreParts) {
    const { log, options, now } = parts;
    this.#log = log;
    this.#options = options;
    this.#now = now;
    this.#lock = parts.lock;
    this.recovery = parts.recovery;
    this.directory = log.directory;
    this.readOnly = options.readOnly;
    this.#view = new StateView(log);
    this.#hints = new HintWriter(log, now);
    if (parts.active === undefined) return;
    this.#writer = new Writer(log, parts.active, {
      durability: options.durability,
      maxSegmentSizeBytes: options.maxSegmentSizeBytes,
      now,
      onCommit: () => this.#emit('data'),
      onSeal: (segment) => {
        this.#hints.schedule(segment);
        this.#emit('segments');
      },
    });
    for (const segment of log.segments.live()) {
      if (segment.state === 'sealed') this.#hints.schedule(segment);
    }
  }

  // Reading

  /** The value of a key, as a copy of its own, or undefined. */
  get(key: Uint8Array): Uint8Array | undefined {
    this.#checkReadable();
    checkKey(key);
    return this.#view.get(key, Number.POSITIVE_INFINITY);
  }

  getMany(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    return keys.map((key) => this.get(key));
  }

  has(key: Uint8Array): boolean {
    this.#checkReadable();
    checkKey(key);
    return this.#view.has(key, Number.POSITIVE_INFINITY);
  }

  /** What the keydir knows of a key, without reading its record. */
  info(key: Uint8Array): KeyInfo | undefined {
    this.#checkReadable();
    checkKey(key);
    return this.#view.info(key, Number.POSITIVE_INFINITY);
  }

  /** The newest record of a key: its value, or the first `maxValueBytes` of it, with all that is known of it. */
  readRecord(key: Uint8Array, options: { readonly maxValueBytes?: number } = {}): StoredRecord | undefined {
    this.#checkReadable();
    checkKey(key);
    return this.#view.readRecord(key, Number.POSITIVE_INFINITY, options.maxValueBytes ?? Number.POSITIVE_INFINITY);
  }

  /** When the next key expires, in milliseconds since 1970-01-01 UTC; infinity: none does. */
  get nextExpiryMs(): number {
    this.#checkReadable();
    return this.#log.keydir.nextExpiryMs;
  }

  /** Keys in byte order, of the state at the time of the call. */
  keys(range: KeyRange = {}): StateIterator<Uint8Array> {
    this.#checkReadable();
    return this.#view.keys(new StateReader(this.#log), range, true);
  }

  /** Keys and values in byte order of the keys, of the state at the time of the call. */
  entries(range: KeyRange = {}): StateIterator<[Uint8Array, Uint8Array]> {
    this.#checkReadable();
    return this.#view.entries(new StateReader(this.#log), range, true);
  }

  /** As `keys`, with what the keydir knows of each. */
  keyInfos(range: KeyRange = {}): StateIterator<KeyInfo> {
    this.#checkReadable();
    return this.#view.keyInfos(new StateReader(this.#log), range, true);
  }

  /** Number of keys in a range; costs no more for a large range than for a small one. */
  count(range: KeyRange = {}): number {
    this.#checkReadable();
    const { keydir } = this.#log;
    const { order } = keydir;
    const { from, to } = rangePositions(order, boundsOf(range));
    const size = order.rank(to) - order.rank(from);
    return size <= 0 ? 0 : size - keydir.countGhosts(from, to);
  }

  /** The store as it is now, readable until the snapshot is closed. */
  snapshot(): StoreSnapshot {
    this.#checkReadable();
    return new StoreSnapshot(this.#log);
  }

  /** Every version of a key that is still in the log, newest first. Reads the whole log. */
  async history(key: Uint8Array, task: TaskOptions = {}): Promise<RecordVersion[]> {
    this.#checkReadable();
    checkKey(key);
    return this.#exclusively('Reading the history', task, (own) => readHistory(this.#log, key, own));
  }

  // Writing

  /** Resolves when the write is as durable as the store's option says. */
  async put(key: Uint8Array, value: Uint8Array, options: PutOptions = {}): Promise<void> {
    const writer = this.#checkWritable();
    return writer.write(putChange(key, value, options.ttlMs, this.#now()));
  }

  async del(key: Uint8Array): Promise<void> {
    return this.#checkWritable().write(delChange(key));
  }

  /** After a crash all of it is there or none of it. */
  async batch(operations: readonly BatchOperation[]): Promise<void> {
    const writer = this.#checkWritable();
    const changes = batchChanges(operations, this.#now());
    if (changes.length > 0) await writer.writeBatch(changes);
  }

  /** Makes all earlier writes durable, whatever the store's durability. */
  async sync(): Promise<void> {
    await this.#checkWritable().sync();
  }

  // Maintenance: one such task at a time, beside reads and writes

  /** Rewrites all sealed segments, or the ones named, without their dead records. */
  async compact(task: TaskOptions & { readonly segmentIds?: readonly number[] } = {}): Promise<CompactionReport> {
    const writer = this.#checkWritable();
    return this.#exclusively('Compaction', task, async (own) => {
      if (task.segmentIds === undefined) await writer.rotate();
      else await writer.sync();
      const inputs = this.#log.segments.live().filter((segment) => {
        return segment.state === 'sealed' && (task.segmentIds?.includes(segment.id) ?? true);
      });
      const { maxSegmentSizeBytes } = this.#options;
      const options = { ...own, maxSegmentSizeBytes, now: this.#now, syncLog: () => writer.sync() };
      const report = await new Compaction(this.#log, inputs, options).run();
      this.#emit('segments');
      return report;
    });
  }

  /** Rebuilds the keydir from the log alone, reports every difference and puts the running keydir right. */
  async replay(task: TaskOptions = {}): Promise<ReplayReport> {
    this.#checkReadable();
    return this.#exclusively('Replay', task, async (own) => {
      const startMs = performance.now();
      await this.#writer?.flush();
      const reader = new StateReader(this.#log);
      try {
        const { keydir, report } = await rebuildKeydir(this.#log, 'Replay', own);
        const comparison = this.#compare(keydir, reader, true);
        return { ...report, ...comparison, durationMs: performance.now() - startMs };
      } finally {
        reader.close();
      }
    });
  }

  /** Checks every file of the store against the others; changes nothing. */
  async verify(task: TaskOptions = {}): Promise<VerifyReport> {
    this.#checkReadable();
    return this.#exclusively('Verifying', task, async (own) => {
      const startMs = performance.now();
      await this.#writer?.flush();
      await this.#hints.finish();
      const reader = new StateReader(this.#log);
      try {
        const report = await verifyLog(this.#log, own, (keydir) => this.#compare(keydir, reader, false));
        return { ...report, durationMs: performance.now() - startMs };
      } finally {
        reader.close();
      }
    });
  }

  /** A consistent copy in another directory, made while the store is written to. */
  async checkpoint(directory: string, task: TaskOptions = {}): Promise<void> {
    const writer = this.#checkWritable();
    await this.#exclusively('The checkpoint', task, async (own) => {
      await writer.rotate();
      await this.#hints.finish();
      await writeCheckpoint(this.#log, directory, this.#now(), own);
    });
  }

  stats(): StoreStats {
    this.#checkReadable();
    const { keydir } = this.#log;
    const segments = this.#log.segments.live().map((segment) => this.#segmentStats(segment));
    const sum = (pick: (segment: SegmentStats) => number) =>
      segments.reduce((total, segment) => total + pick(segment), 0);
    const liveBytes = sum((segment) => segment.liveBytes);
    const deadBytes = sum((segment) => segment.deadBytes);
    return {
      keyCount: keydir.count,
      totalBytes: sum((segment) => segment.sizeBytes),
      liveBytes,
      deadBytes,
      deadShare: liveBytes + deadBytes === 0 ? 0 : deadBytes / (liveBytes + deadBytes),
      lastSequence: this.#log.appliedSequence,
      durability: this.#options.durability,
      readOnly: this.readOnly,
      keydirBytes: keydir.allocatedBytes,
      segments,
    };
  }

  /** Calls back after every change of keys or files. Returns the function that ends it. */
  onChange(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Finishes what was written, makes it durable and gives the lock back. Safe to call again. */
  async close(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#closing.abort();
    await this.#maintenance.catch(() => undefined);
    try {
      if (this.#writer !== undefined) await this.#closeWriter(this.#writer);
    } finally {
      this.#state = 'closed';
      this.#log.segments.closeAll();
      this.#lock?.release();
      this.#listeners.clear();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #closeWriter(writer: Writer): Promise<void> {
    await writer.sync();
    writer.stop();
    await this.#hints.finish();
    if (this.#log.failure !== undefined || this.#lock?.isLost() === true) return;
    const { storage, directory, keydir, segments, appliedSequence } = this.#log;
    this.#log.installManifest(this.#now());
    // A snapshot with readers of older states would hold their ghosts; without one, the next opening takes longer.
    if (keydir.readerCount > 0) storage.remove(storage.join(directory, SNAPSHOT_NAME));
    else
      saveSnapshot(storage, directory, {
        keydir,
        segments: segments.live(),
        lastSequence: appliedSequence,
        createdMs: this.#now(),
      });
  }

  #segmentStats(segment: Segment): SegmentStats {
    const { liveBytes, liveCount } = this.#log.keydir.usage(segment.slot);
    return {
      segmentId: segment.id,
      fileName: segment.fileName,
      state: segment === this.#writer?.active || segment.state === 'unsealed' ? 'active' : 'sealed',
      sizeBytes: segment.sizeBytes,
      liveBytes,
      deadBytes: Math.max(0, segment.sizeBytes - FILE_HEADER_SIZE - liveBytes),
      liveCount,
      recordCount: segment.recordCount,
      tombstoneCount: segment.tombstoneCount,
      hasHintFile: segment.hasHintFile,
    };
  }

  #compare(rebuilt: Keydir, reader: StateReader, repair: boolean) {
    const nowMs = this.#now();
    rebuilt.expire(nowMs);
    this.#log.keydir.expire(nowMs);
    return compareKeydirs(this.#log, rebuilt, reader, (key, record) => {
      if (repair) repairKey(this.#log, key, record, reader);
    });
  }

  async #exclusively<T>(doing: string, task: TaskOptions, run: (task: TaskOptions) => Promise<T>): Promise<T> {
    const signal =
      task.signal === undefined ? this.#closing.signal : AbortSignal.any([task.signal, this.#closing.signal]);
    const turn = this.#maintenance
      .catch(() => undefined)
      .then(async () => {
        if (signal.aborted) throw abortedError(doing);
        return run({ ...task, signal });
      });
    this.#maintenance = turn;
    return turn;
  }

  #emit(event: StoreEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #checkReadable(): void {
    if (this.#state === 'closed') throw closedError(this.directory);
    // Keys whose time is over leave the keydir before anybody looks.
    if (this.#log.keydir.nextExpiryMs !== Number.POSITIVE_INFINITY && this.#log.keydir.expire(this.#now()) > 0)
      this.#emit('data');
  }

  #checkWritable(): Writer {
    if (this.#state !== 'open') throw closedError(this.directory);
    if (this.#writer === undefined) {
      throw new StrataError(
        'READ_ONLY',
        `The store ${this.directory} is open read-only. Open it for writing to change it.`,
      );
    }
    if (this.#log.failure !== undefined) throw this.#log.failure;
    return this.#writer;
  }
}

function closedError(directory: string): StrataError {
  return new StrataError('STORE_CLOSED', `The store ${directory} is closed. Open it again.`);
}

/** The store's clock never runs backwards while it is open, so that an expired key does not come back. */
function monotone(clock: () => number): () => number {
  let latest = 0;
  return () => {
    latest = Math.max(latest, Math.floor(clock()));
    return latest;
  };
}

async function openReadOnly(
  storage: Storage,
  directory: string,
  options: ResolvedOptions,
  now: () => number,
): Promise<StoreParts> {
  const startMs = performance.now();
  const recovered = await recoverLog({ storage, directory, salvage: options.salvage, readOnly: true });
  if (recovered === undefined) throw notFoundError(directory);
  const { segments, keydir, manifest, lastSequence } = recovered;
  const { generation, nextSegmentId } = manifest;
  const log = new LiveLog({ storage, directory, segments, keydir, generation, nextSegmentId, lastSequence });
  const recovery = { ...recovered.report, durationMs: performance.now() - startMs };
  return { log, options, recovery, now, lock: undefined, active: undefined };
}

function notFoundError(directory: string): StrataError {
  return new StrataError(
    'STORE_NOT_FOUND',
    `There is no store in ${directory}. Create one, or choose another directory.`,
  );
}

async function openForWriting(
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
    const recovered = await recoverLog({ storage, directory, salvage: options.salvage, readOnly: false });
    if (recovered === undefined && !options.createIfMissing) throw notFoundError(directory);
    if (recovered !== undefined && options.errorIfExists) {
      throw new StrataError(
        'STORE_EXISTS',
        `There is a store in ${directory} already. Open it, or choose another directory.`,
      );
    }
    const segments = recovered?.segments ?? new SegmentTable();
    try {
      const log = new LiveLog({
        storage,
        directory,
        segments,
        keydir: recovered?.keydir ?? new Keydir(makeHashSeed()),
        generation: recovered?.manifest.generation ?? 0,
        nextSegmentId: recovered?.manifest.nextSegmentId ?? 1,
        lastSequence: recovered?.lastSequence ?? 0,
      });
      const active = await makeRecoveryDurable(log, options, recovered?.tornSegment, now);
      removeOrphans(log);
      for (const cut of recovered?.cutSegments ?? []) segments.drop(cut);
      const report = recovered?.report ?? EMPTY_REPORT;
      return { log, options, recovery: { ...report, durationMs: performance.now() - startMs }, now, lock, active };
    } catch (error) {
      segments.closeAll();
      throw error;
    }
  } catch (error) {
    lock.release();
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
 * synced, and a manifest says so. Returns the segment to write to. Nothing is ever appended behind a torn tail: its
 * segment is sealed and a new one started, so that old bytes cannot come back behind new records.
 */
async function makeRecoveryDurable(
  log: LiveLog,
  options: ResolvedOptions,
  torn: Segment | undefined,
  now: () => number,
): Promise<Segment> {
  const { storage, directory } = log;
  const unsealed = log.segments.live().filter((segment) => segment.state === 'unsealed');
  for (const segment of unsealed) {
    segment.file.close();
    segment.file = storage.open(storage.join(directory, segment.fileName), 'write');
    if (segment === torn) segment.file.truncate(segment.sizeBytes);
    await segment.file.sync();
    segment.syncedBytes = segment.sizeBytes;
  }
  const last = unsealed.at(-1);
  const canContinue =
    last !== undefined && last !== torn && !options.salvage && last.sizeBytes < options.maxSegmentSizeBytes;
  for (const segment of unsealed) if (segment !== last || !canContinue) segment.state = 'sealed';
  const active = canContinue ? last : startSegment(log, options, now());
  if (canContinue && options.durability === 'dsync') {
    active.file.close();
    active.file = storage.open(storage.join(directory, active.fileName), 'write-dsync');
  }
  log.installManifest(now());
  return active;
}

function startSegment(log: LiveLog, options: ResolvedOptions, nowMs: number): Segment {
  const { storage, directory } = log;
  const id = log.takeSegmentId();
  const mode = options.durability === 'dsync' ? 'write-dsync' : 'create';
  const file = createSegmentFile(storage, directory, { id, createdMs: nowMs, mode });
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
  for (const name of storage.list(directory) ?? []) {
    const id = name.endsWith(HINT_EXTENSION) ? parseHintFileName(name) : parseSegmentFileName(name);
    const isOrphan = id !== undefined && !live.has(id);
    const isUnfinished = name.endsWith(TEMPORARY_EXTENSION) && !name.startsWith(LOCK_NAME);
    if (isOrphan || isUnfinished) storage.remove(storage.join(directory, name));
  }
}
