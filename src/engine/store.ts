/**
 * The store: opening and closing, and the public methods. Each capability lives in a file of its own; this class
 * holds them together and says when they may run.
 */

import { FILE_HEADER_SIZE } from '../format/layout.ts';
import type {
  BatchOperation,
  CompactionReport,
  HistoryOptions,
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
import { CallerErrors } from './callerErrors.ts';
import { writeCheckpoint } from './checkpoint.ts';
import { Compaction } from './compaction.ts';
import { type CompactionPolicy, planCompaction } from './compactionPlan.ts';
import { Follower } from './follower.ts';
import { HintWriter } from './hintWriter.ts';
import { readHistory } from './history.ts';
import { KeydirLoading } from './keydirLoading.ts';
import { boundsOf } from './keyRange.ts';
import type { LiveLog } from './liveLog.ts';
import { describeHolder, type Lock } from './lock.ts';
import type { KeydirComparison, LogComparison, OnDifference } from './logComparison.ts';
import { checkFilesRemain } from './missingFiles.ts';
import { nodeStorage } from './nodeStorage.ts';
import { monotone, openForWriting, openReadOnly, type StoreParts } from './opening.ts';
import {
  batchChanges,
  checkCount,
  checkKey,
  delChange,
  putChange,
  type ResolvedOptions,
  resolveOptions,
} from './options.ts';
import { Pacer } from './pacer.ts';
import { limitOf, rangePositions } from './rangeCursor.ts';
import { ReadWriteLock } from './readWriteLock.ts';
import { damagedStoreError } from './recovery.ts';
import { compareWithLog, type LogReport, repairKey } from './replay.ts';
import type { Segment } from './segment.ts';
import type { Storage } from './storage.ts';
import { storeDirectory } from './storeDirectory.ts';
import { type StateIterator, StateReader, StateView, StoreSnapshot } from './storeSnapshot.ts';
import { abortedError, StrataError, storageError } from './strataError.ts';
import { formatLine, type ImportReport, importLines } from './textExchange.ts';
import { verifyLog } from './verify.ts';
import { type Change, Writer } from './writer.ts';

export type StoreEvent = 'data' | 'segments';

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
  readonly #writeLock: ReadWriteLock | undefined;
  readonly #hints: HintWriter;
  readonly #follower: Follower;
  readonly #view: StateView;
  readonly #loading: KeydirLoading;
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  #maintenance: Promise<unknown> = Promise.resolve();
  #refreshing: Promise<boolean> | undefined;
  #closed: Promise<void> | undefined;
  readonly #closing = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  #state: 'open' | 'closing' | 'closed' = 'open';

  /**
   * Opens the store in a directory, creating it when there is none. Errors: `STORE_LOCKED`, `STORE_NOT_FOUND`,
   * `STORE_EXISTS`, `STORE_DAMAGED`, `UNSUPPORTED_VERSION`, `INVALID_OPTION`, and those of the disk.
   */
  static async open(directory: string, options: StoreOptions = {}, storage: Storage = nodeStorage): Promise<Store> {
    const resolved = resolveOptions(options);
    const place = storeDirectory(storage, directory);
    const now = monotone(options.now ?? Date.now);
    try {
      const parts = resolved.readOnly
        ? await openReadOnly(storage, place, resolved, now)
        : await openForWriting(storage, place, resolved, now);
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
    this.#follower = new Follower(log, () => this.#repairFollowed());
    this.#loading = new KeydirLoading(log.keydir);
    this.#writeLock = options.writeSerialization === 'lock' ? new ReadWriteLock() : undefined;
    if (parts.active === undefined) return;
    this.#writer = this.#makeWriter(parts.active);
    for (const segment of log.segments.live()) {
      if (segment.state === 'sealed') this.#hints.schedule(segment);
    }
    this.#startTimers();
  }

  // Reading

  /** The value of a key, as a copy of its own, or undefined. */
  get(key: Uint8Array): Uint8Array | undefined {
    this.#checkReadable();
    checkKey(key);
    return this.#view.get(key, Number.POSITIVE_INFINITY);
  }

  /** As `get` for each; many keys at once cost less than one after the other. */
  getMany(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    this.#checkReadable();
    for (const key of keys) checkKey(key);
    return this.#view.getMany(keys, Number.POSITIVE_INFINITY);
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
    const { maxValueBytes = Number.POSITIVE_INFINITY } = options;
    checkCount('maxValueBytes', maxValueBytes);
    return this.#view.readRecord(key, Number.POSITIVE_INFINITY, maxValueBytes);
  }

  /** When the next key expires, in milliseconds since 1970-01-01 UTC; infinity: none does. */
  get nextExpiryMs(): number {
    this.#checkReadable();
    return this.#log.keydir.nextExpiryMs;
  }

  /** Sequence number of the newest record that reads see; 0: none was ever written. */
  get lastSequence(): number {
    this.#checkReadable();
    return this.#log.appliedSequence;
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

  /** Number of keys in a range, at most its `limit`; costs no more for a large range than for a small one. */
  count(range: KeyRange = {}): number {
    this.#checkReadable();
    const { keydir } = this.#log;
    const { order } = keydir;
    const limit = limitOf(range);
    const { from, to } = rangePositions(order, boundsOf(range));
    const size = order.rank(to) - order.rank(from);
    return size <= 0 ? 0 : Math.min(limit, size - keydir.countGhosts(from, to));
  }

  /** The store as it is now, readable until the snapshot is closed. */
  snapshot(): StoreSnapshot {
    this.#checkReadable();
    return new StoreSnapshot(this.#log);
  }

  /** The versions of a key that are still in the log, newest first. Reads as much of the log as can hold them. */
  async history(key: Uint8Array, options: HistoryOptions = {}): Promise<RecordVersion[]> {
    this.#checkReadable();
    checkKey(key);
    for (const name of ['after', 'before', 'limit', 'maxValueBytes'] as const) checkCount(name, options[name] ?? 0);
    return this.#exclusively('Reading the history', options, (own) =>
      readHistory(this.#log, key, { ...options, ...own }),
    );
  }

  /** Runs `action` while no write is under way. Waits only with `writeSerialization: 'lock'`. */
  async read<T>(action: () => T): Promise<T> {
    return this.#writeLock === undefined ? action() : this.#writeLock.shared(action);
  }

  /**
   * A read-only store takes in what the writing process has done since. True when anything changed. Takes its turn
   * among the maintenance tasks; calls that come while one waits for it share its outcome. Errors: `STORE_DAMAGED` for
   * damage in what is new, each time until it is mended, and those of the disk; the rest follows when they are over.
   */
  async refresh(): Promise<boolean> {
    this.#checkReadable();
    if (this.#writer !== undefined) return false;
    this.#refreshing ??= this.#exclusively('Following the log', {}, () => this.#follow());
    return this.#refreshing;
  }

  async #follow(): Promise<boolean> {
    this.#refreshing = undefined;
    const followed = await this.#follower.catchUp();
    if (followed !== 'nothing') this.#emit(followed);
    return followed !== 'nothing';
  }

  /**
   * All entries as JSON Lines without line feeds, in byte order of the keys, of the state when the first line is asked
   * for. `importLines` takes them back.
   */
  *exportLines(range: KeyRange = {}): Generator<string> {
    this.#checkReadable();
    const reader = new StateReader(this.#log);
    try {
      for (const { key, expiryMs } of this.#view.keyInfos(reader, range, false)) {
        const value = this.#view.get(key, reader.sequence);
        if (value !== undefined) yield formatLine({ key, value, expiryMs });
      }
    } finally {
      reader.close();
    }
  }

  // Writing

  /** Puts the entries of JSON Lines, in batches. Throws `IMPORT_INVALID` at the first line that is wrong. */
  async importLines(lines: AsyncIterable<string> | Iterable<string>, task: TaskOptions = {}): Promise<ImportReport> {
    this.#checkWritable();
    return importLines(lines, { batch: (operations) => this.batch(operations), now: this.#now }, task);
  }

  /** Resolves when the write is as durable as the store's option says. */
  async put(key: Uint8Array, value: Uint8Array, options: PutOptions = {}): Promise<void> {
    const writer = this.#checkWritable();
    const changes = [putChange(key, value, options, this.#now())];
    this.#checkRoom(changes);
    return writer.write(changes);
  }

  async del(key: Uint8Array): Promise<void> {
    return this.#checkWritable().write([delChange(key)]);
  }

  /** After a crash all of it is there or none of it. */
  async batch(operations: readonly BatchOperation[]): Promise<void> {
    const writer = this.#checkWritable();
    const changes = batchChanges(operations, this.#now());
    this.#checkRoom(changes);
    if (changes.length > 0) await writer.write(changes);
  }

  /** Makes all earlier writes durable, whatever the store's durability. */
  async sync(): Promise<void> {
    await this.#checkWritable().sync();
  }

  // Maintenance: one such task at a time, beside reads and writes

  /**
   * Rewrites segments without their dead records: those named, of which only sealed ones are taken, or all that have
   * dead records or are small. Errors: `ABORTED`, `STORE_DAMAGED`, those of the disk; the store is then as before.
   */
  async compact(task: TaskOptions & { readonly segmentIds?: readonly number[] } = {}): Promise<CompactionReport> {
    const writer = this.#checkWritable();
    return this.#exclusively('Compaction', task, async (own) => {
      if (task.segmentIds === undefined) await writer.rotate();
      else await writer.sync();
      // Keys whose time is over leave the keydir now, so that their records count as dead.
      this.#checkReadable();
      const inputs = this.#log.segments.live().filter((segment) => {
        if (segment.state !== 'sealed') return false;
        return task.segmentIds?.includes(segment.id) ?? this.#isWorthCompacting(segment);
      });
      const { maxSegmentSizeBytes } = this.#options;
      const options = { ...own, maxSegmentSizeBytes, now: this.#now, syncLog: () => writer.sync() };
      const report = await this.#hints.holdDuring(() => new Compaction(this.#log, inputs, options).run());
      this.#emit('segments');
      return report;
    });
  }

  /**
   * Reads the log, compares the keydir with every record of it, reports every difference and puts the running keydir
   * right: afterwards it is what a keydir that is built from the log alone would be. The keydir stays as it is until
   * all of the log has been read.
   */
  async replay(task: TaskOptions = {}): Promise<ReplayReport> {
    this.#checkReadable();
    return this.#exclusively('Replay', task, async (own) => {
      const startMs = performance.now();
      await this.#writer?.flush();
      const report = await this.#repair('Replay', own, () => undefined);
      return { ...report, durationMs: performance.now() - startMs };
    });
  }

  /** Checks every file of the store against the others; changes nothing. */
  async verify(task: TaskOptions = {}): Promise<VerifyReport> {
    this.#checkReadable();
    return this.#exclusively('Verifying', task, async (own) => {
      const startMs = performance.now();
      await this.#writer?.flush();
      await this.#hints.finish();
      return this.#comparing(async (reader) => {
        const report = await verifyLog(this.#log, reader, own, (comparison, pacer) =>
          this.#conclude(comparison, pacer),
        );
        return { ...report, durationMs: performance.now() - startMs };
      });
    });
  }

  /** A consistent copy in another directory, made while the store is written to. */
  async checkpoint(directory: string, task: TaskOptions = {}): Promise<void> {
    const writer = this.#checkWritable();
    const target = storeDirectory(this.#log.storage, directory);
    await this.#exclusively('The checkpoint', task, async (own) => {
      await writer.rotate();
      await this.#hints.finish();
      await writeCheckpoint(this.#log, target, this.#now(), own);
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

  /** Which process has the store open for writing, in words; undefined when none has. */
  writerHolder(): string | undefined {
    return describeHolder(this.#log.storage, this.#log.directory);
  }

  /** Calls back after every change of keys or files. Returns the function that ends it. */
  onChange(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Finishes what was written, makes it durable and gives the lock back. Safe to call again. Rejects when not all of
   * it is known to be durable, with `FILES_GONE` when somebody has deleted segments meanwhile, with `STORE_FAILED` when
   * somebody has deleted or taken the lock; the store is closed all the same.
   */
  async close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    this.#state = 'closing';
    this.#closing.abort();
    this.#loading.stop();
    for (const timer of this.#timers) clearInterval(timer);
    await this.#maintenance.catch(() => undefined);
    try {
      await this.#giveUpFiles();
    } catch (error) {
      throw storageError(error, `closing the store ${this.directory}`);
    }
  }

  async #giveUpFiles(): Promise<void> {
    try {
      if (this.#writer !== undefined) await this.#closeWriter(this.#writer);
    } finally {
      this.#state = 'closed';
      this.#listeners.clear();
      this.#log.close();
      this.#lock?.release();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #closeWriter(writer: Writer): Promise<void> {
    try {
      await writer.sync();
    } finally {
      writer.stop();
      await this.#hints.finish();
    }
    checkFilesRemain(this.#log);
    if (this.#lock?.isLost() === true) throw lockLostError(this.directory);
    // Everything is durable. Without a new manifest or snapshot, the next opening takes longer.
    try {
      this.#log.installManifest(this.#now());
    } catch (error) {
      if (!this.#log.isUntouchedBy(error)) throw error;
    }
    try {
      this.#log.saveSnapshot(this.#now());
    } catch (error) {
      if (this.#log.failure !== undefined) throw error;
    }
  }

  #makeWriter(active: Segment): Writer {
    const { durability, maxSegmentSizeBytes, maxBlockingSyncMs } = this.#options;
    return new Writer(this.#log, active, {
      durability,
      maxSegmentSizeBytes,
      maxBlockingSyncMs,
      now: this.#now,
      lock: this.#writeLock,
      onCommit: () => {
        this.#hints.noteCommit();
        this.#emit('data');
      },
      onSeal: (segment) => {
        this.#hints.schedule(segment);
        this.#emit('segments');
      },
    });
  }

  /** A segment of live records only is left alone, unless it could share a file with others. */
  #isWorthCompacting(segment: Segment): boolean {
    const { deadBytes, sizeBytes } = this.#segmentStats(segment);
    return deadBytes > 0 || sizeBytes < this.#options.maxSegmentSizeBytes / 2;
  }

  #startTimers(): void {
    const { compaction, snapshotIntervalMs } = this.#options;
    if (compaction !== undefined) this.#every(compaction.checkIntervalMs, () => this.#compactByPolicy(compaction));
    if (snapshotIntervalMs !== undefined) this.#every(snapshotIntervalMs, () => this.#saveSnapshot());
  }

  #every(intervalMs: number, action: () => Promise<unknown>): void {
    // What fails here is tried again the next time; what made the store fail is told to the next writer.
    const timer = setInterval(() => void action().catch(() => undefined), intervalMs);
    timer.unref();
    this.#timers.push(timer);
  }

  async #compactByPolicy(policy: CompactionPolicy): Promise<void> {
    const live = this.#log.segments.live();
    const oldest = new Set(live.map((segment) => segment.minSequence));
    const candidates = live.flatMap((segment) => {
      const { segmentId, state, sizeBytes, deadBytes } = this.#segmentStats(segment);
      if (state !== 'sealed') return [];
      const neededBytes = oldest.has(segment.neededBesideSequence) ? segment.neededTombstoneBytes : 0;
      return [{ segmentId, deadBytes, neededBytes, recordBytes: sizeBytes - FILE_HEADER_SIZE }];
    });
    const segmentIds = planCompaction(candidates, policy, new Date(this.#now()).getHours());
    if (segmentIds.length > 0) await this.compact({ segmentIds });
  }

  async #saveSnapshot(): Promise<void> {
    if (this.#log.failure !== undefined) return;
    await this.#exclusively('Saving the keydir', {}, async () => this.#log.saveSnapshot(this.#now()));
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
      minSequence: segment.minSequence,
      maxSequence: segment.maxSequence,
      hasHintFile: segment.hasHintFile,
    };
  }

  /** Runs `compare` with a reader of the state of now, and has the keydir keep what `LogComparison` needs. */
  async #comparing<T>(compare: (reader: StateReader) => Promise<T>): Promise<T> {
    const reader = new StateReader(this.#log);
    this.#log.keydir.rememberDeletes();
    try {
      return await compare(reader);
    } finally {
      reader.close();
      if (!this.#follower.isBehind) this.#log.keydir.dropGhosts();
    }
  }

  /** Puts the keydir right by the log, unless `check` throws at what was read of that. */
  #repair(
    doing: string,
    task: TaskOptions,
    check: (report: LogReport) => void,
  ): Promise<Omit<ReplayReport, 'durationMs'>> {
    return this.#comparing(async (reader) => {
      const { comparison, report } = await compareWithLog(this.#log, reader, doing, task);
      check(report);
      // Without a signal: a keydir that is put right in parts would be neither the old nor the new one.
      const differences = await this.#conclude(comparison, new Pacer(doing), (key, record) =>
        repairKey(this.#log, key, record, reader),
      );
      return { ...report, ...differences };
    });
  }

  #repairFollowed(): Promise<unknown> {
    return this.#repair('Following the log', { signal: this.#closing.signal }, ({ damage }) => {
      if (damage.length > 0) throw damagedStoreError(this.directory, damage);
    });
  }

  #conclude(comparison: LogComparison, pacer: Pacer, onDifference?: OnDifference): Promise<KeydirComparison> {
    const nowMs = this.#now();
    this.#log.keydir.expire(nowMs);
    return comparison.conclude(nowMs, pacer, onDifference);
  }

  async #exclusively<T>(doing: string, task: TaskOptions, run: (task: TaskOptions) => Promise<T>): Promise<T> {
    const signal =
      task.signal === undefined ? this.#closing.signal : AbortSignal.any([task.signal, this.#closing.signal]);
    let hasStarted = false;
    const errors = new CallerErrors();
    const turn = this.#maintenance
      .catch(() => undefined)
      .then(async () => {
        if (signal.aborted) throw abortedError(doing);
        hasStarted = true;
        return run({ ...errors.guard(task), signal });
      })
      .catch((error: unknown) => {
        errors.throwFirst();
        throw storageError(error, `at work (${doing})`);
      });
    this.#maintenance = turn;
    // Who is cancelled while another task runs need not wait for that one.
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const leave = () => {
      if (!hasStarted) reject(abortedError(doing));
    };
    signal.addEventListener('abort', leave);
    turn.finally(() => signal.removeEventListener('abort', leave)).then(resolve, reject);
    return promise;
  }

  /** What a listener throws is no error of the operation that it hears of: it goes to the process. */
  #emit(event: StoreEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
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

  /** Only new keys need room: what overwrites, deletes or compacts goes on in a full store. */
  #checkRoom(changes: readonly Change[]): void {
    const { keydir } = this.#log;
    if (keydir.hasRoomFor(changes.length)) return;
    let newCount = 0;
    for (const { key, value } of changes) {
      if (value !== undefined && keydir.find(key, 0, key.length) === -1) newCount++;
    }
    if (newCount === 0 || keydir.hasRoomFor(newCount)) return;
    throw new StrataError(
      'TOO_MANY_KEYS',
      `The store holds ${keydir.count} keys and cannot take ${newCount} more. Delete some, or split it.`,
    );
  }
}

function lockLostError(directory: string): StrataError {
  return new StrataError(
    'STORE_FAILED',
    `The lock of the store ${directory} was deleted or taken by another process while it was open here. What both have ` +
      'written may not all be there: verify the store.',
  );
}

function closedError(directory: string): StrataError {
  return new StrataError('STORE_CLOSED', `The store ${directory} is closed. Open it again.`);
}
