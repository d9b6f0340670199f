/**
 * The one writer of a store. Writes are encoded into the waiting group as they arrive; a group goes to disk with one
 * write and one sync, while the next one fills. So concurrent writers share the cost of the disk (group commit), and
 * the order of sequence numbers is the order of the log.
 */

import { segmentSalt } from '../format/crc32.ts';
import { BATCH_FRAME_SIZE, FILE_HEADER_SIZE, OPERATION, RECORD_FLAG, RECORD_HEADER_SIZE } from '../format/layout.ts';
import {
  bindToOffset,
  decodeRecordHeader,
  encodeBatchFrame,
  encodeRecord,
  type RecordFields,
  RecordView,
  recordSize,
} from '../format/record.ts';
import type { Durability } from './api.ts';
import { crc32 } from './checksum.ts';
import { DiskWait } from './diskWait.ts';
import type { LiveLog } from './liveLog.ts';
import type { ReadWriteLock } from './readWriteLock.ts';
import { Segment } from './segment.ts';
import { writeFully, writeFullyAsync } from './storage.ts';
import { type StrataError, storageError } from './strataError.ts';
import { ENOUGH_WAITING, WaitingRecords } from './waitingRecords.ts';

/** A group that is this large does not grow further. */
const MAX_GROUP_SIZE = 8 * 1024 * 1024;
const FIRST_GROUP_CAPACITY = 64 * 1024;
/** With more than this waiting, further writes wait before they are encoded: the queue is bounded. */
const MAX_QUEUED_BYTES = 64 * 1024 * 1024;

const NO_VALUE = new Uint8Array(0);

/** One change: a put, or a delete when there is no value. */
export interface Change {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
  /** Milliseconds since 1970-01-01 UTC; 0: never. */
  readonly expiryMs: number;
}

export interface WriterOptions {
  readonly durability: Durability;
  readonly maxSegmentSizeBytes: number;
  /** The disk is waited for on this thread as long as that takes less; 0: never. */
  readonly maxBlockingSyncMs: number;
  readonly now: () => number;
  /** Serializes writes by this lock, without group commit, instead of the queue. */
  readonly lock: ReadWriteLock | undefined;
  readonly onCommit: () => void;
  readonly onSeal: (segment: Segment) => void;
}

class Group {
  readonly segmentId: number;
  readonly salt: number;
  /** Goes into the first record: everything before it is durable by the time it is written. */
  readonly firstFlags: number;
  bytes: Uint8Array;
  end = 0;
  lastSequence = 0;
  readonly done: Promise<void>;
  resolve!: () => void;
  reject!: (error: StrataError) => void;

  constructor(segmentId: number, firstFlags: number, bytes: Uint8Array) {
    this.segmentId = segmentId;
    this.salt = segmentSalt(segmentId);
    this.firstFlags = firstFlags;
    this.bytes = bytes;
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Whoever wrote waits for it; a group without anybody waiting must not end the process.
    this.done.catch(() => undefined);
  }

  reserve(sizeBytes: number): void {
    const needed = this.end + sizeBytes;
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.end));
    this.bytes = larger;
  }
}

export class Writer {
  readonly #log: LiveLog;
  readonly #options: WriterOptions;
  #active: Segment;
  readonly #queue: Group[] = [];
  #queuedBytes = 0;
  #inFlight: Group | undefined;
  #running = false;
  #sequence: number;
  /** Where the next record will stand once the queue is written. */
  #plannedSegmentId: number;
  #plannedEnd: number;
  #spare: Uint8Array | undefined;
  /** What to do when there is room, in the order of the calls. */
  readonly #waitingForRoom: (() => void)[] = [];
  /** Only in the variant that serializes writes by a lock instead of the queue. */
  readonly #lock: ReadWriteLock | undefined;
  readonly #diskWait: DiskWait;
  #intervalTimer: NodeJS.Timeout | undefined;
  /** Segments are sealed in order, or a gap could be followed by sealed records. */
  #sealing: Promise<void> = Promise.resolve();
  /** Used again for every record that is encoded or applied. */
  readonly #fields: { -readonly [K in keyof RecordFields]: RecordFields[K] } = {
    operation: OPERATION.put,
    flags: 0,
    sequence: 0,
    timestampMs: 0,
    expiryMs: 0,
    key: NO_VALUE,
    value: NO_VALUE,
  };
  readonly #view = new RecordView();
  readonly #waiting = new WaitingRecords();

  constructor(log: LiveLog, active: Segment, options: WriterOptions) {
    this.#log = log;
    this.#options = options;
    this.#active = active;
    this.#sequence = log.appliedSequence;
    this.#plannedSegmentId = active.id;
    this.#plannedEnd = active.sizeBytes;
    this.#lock = options.lock;
    this.#diskWait = new DiskWait(options.maxBlockingSyncMs);
  }

  get active(): Segment {
    return this.#active;
  }

  /**
   * Writes the changes as one atomic batch. The returned promise resolves when they are as durable as the options
   * say. Keys and values are copied at once, unless the queue is full: leave them alone until the promise settles.
   */
  write(changes: readonly Change[]): Promise<void> {
    if (this.#lock !== undefined) return this.#writeAlone(this.#lock, changes);
    if (this.#mustWait()) {
      return new Promise((resolve, reject) => {
        // Nothing may be thrown to the commit that makes room, not even for want of memory.
        this.#waitingForRoom.push(() => {
          try {
            resolve(this.#schedule(this.#add(changes)));
          } catch (error) {
            reject(storageError(error, 'encoding a write'));
          }
        });
      });
    }
    return this.#schedule(this.#add(changes));
  }

  /** The variant without group commit: each write holds the lock until it is durable. */
  #writeAlone(lock: ReadWriteLock, changes: readonly Change[]): Promise<void> {
    return lock.exclusively(async () => {
      const group = this.#add(changes);
      await this.#commitQueue();
      await group.done;
    });
  }

  /** Encodes the changes into the waiting group. */
  #add(changes: readonly Change[]): Group {
    return changes.length === 1 ? this.#addOne(changes[0] as Change) : this.#addBatch(changes);
  }

  #addOne(change: Change): Group {
    const group = this.#groupFor(recordSize(change.key.length, change.value?.length ?? 0));
    this.#encode(group, change, 0, this.#options.now());
    return group;
  }

  #addBatch(changes: readonly Change[]): Group {
    let bodySizeBytes = 0;
    for (const change of changes) bodySizeBytes += recordSize(change.key.length, change.value?.length ?? 0);
    const group = this.#groupFor(BATCH_FRAME_SIZE + bodySizeBytes);
    const timestampMs = this.#options.now();
    const flags = group.end === 0 ? group.firstFlags : 0;
    const frame = { recordCount: changes.length, bodySizeBytes, flags, sequence: this.#sequence + 1, timestampMs };
    group.end = encodeBatchFrame(group.bytes, group.end, frame, group.salt, crc32);
    for (const change of changes) this.#encode(group, change, RECORD_FLAG.inBatch, timestampMs);
    return group;
  }

  /** Resolves when everything that was written before is committed, or has failed. */
  async flush(): Promise<void> {
    if (this.#lock !== undefined) return this.#lock.exclusively(async () => undefined);
    // Only once: with more writes than there is room for, others always wait, and those came later.
    if (this.#waitingForRoom.length > 0) {
      await new Promise<void>((resolve) => {
        this.#waitingForRoom.push(resolve);
      });
    }
    const last = this.#queue.at(-1) ?? this.#inFlight;
    if (last !== undefined) await last.done.catch(() => undefined);
  }

  /** Makes everything that was written before durable, and seals the segments that are complete. */
  async sync(): Promise<void> {
    await this.flush();
    const active = this.#active;
    await this.#sealing;
    if (active === this.#active) await this.#syncActive();
    // It ended meanwhile, and is made durable by being sealed.
    else await this.#sealing;
    // Also one that happened beside this: nobody knows any more what is durable.
    if (this.#log.failure !== undefined) throw this.#log.failure;
  }

  /** Ends the segment being written and starts a new one, unless it holds no record; then makes all durable. */
  async rotate(): Promise<void> {
    if (this.#plannedEnd > FILE_HEADER_SIZE) this.#planNewSegment();
    // One that was planned earlier may not have been begun, for want of room on the disk.
    if (this.#plannedSegmentId !== this.#active.id) {
      // An empty group in the queue: the writer starts its segment when its turn comes.
      const group = new Group(this.#plannedSegmentId, RECORD_FLAG.afterSync, this.#takeBuffer());
      this.#queue.push(group);
      if (this.#lock === undefined) await this.#schedule(group);
      else {
        await this.#lock.exclusively(() => this.#commitQueue());
        await group.done;
      }
    }
    await this.sync();
  }

  /** Ends timers; the caller has synced. */
  stop(): void {
    clearTimeout(this.#intervalTimer);
  }

  // Encoding

  #encode(group: Group, change: Change, flags: number, timestampMs: number): void {
    const fields = this.#fields;
    fields.operation = change.value === undefined ? OPERATION.del : OPERATION.put;
    fields.flags = group.end === 0 ? flags | group.firstFlags : flags;
    fields.sequence = ++this.#sequence;
    fields.timestampMs = timestampMs;
    fields.expiryMs = change.expiryMs;
    fields.key = change.key;
    fields.value = change.value ?? NO_VALUE;
    group.end = encodeRecord(group.bytes, group.end, fields, group.salt, crc32);
    group.lastSequence = this.#sequence;
  }

  /** The group that takes the next `sizeBytes`, with room for them. */
  #groupFor(sizeBytes: number): Group {
    const isFull = this.#plannedEnd + sizeBytes > this.#options.maxSegmentSizeBytes;
    if (isFull && this.#plannedEnd > FILE_HEADER_SIZE) this.#planNewSegment();
    const last = this.#queue.at(-1);
    const joined =
      last?.segmentId === this.#plannedSegmentId && last.end + sizeBytes <= MAX_GROUP_SIZE ? last : undefined;
    const group = joined ?? new Group(this.#plannedSegmentId, this.#firstFlags(), this.#takeBuffer());
    // Before it is queued: nobody would ever end a group that waits without a record.
    group.reserve(sizeBytes);
    if (joined === undefined) this.#queue.push(group);
    this.#plannedEnd += sizeBytes;
    this.#queuedBytes += sizeBytes;
    return group;
  }

  #planNewSegment(): void {
    this.#plannedSegmentId = this.#log.takeSegmentId();
    this.#plannedEnd = FILE_HEADER_SIZE;
  }

  /**
   * With a sync after every group, whatever stands before a group's first record is durable when it is written. In
   * the other modes that is known only while nothing waits and all of the segment is synced.
   */
  #firstFlags(): number {
    if (this.#plannedEnd === FILE_HEADER_SIZE || this.#syncsEveryGroup) return RECORD_FLAG.afterSync;
    const isIdle = this.#queue.length === 0 && this.#inFlight === undefined;
    const isSynced =
      this.#active.id === this.#plannedSegmentId && this.#active.syncedBytes === this.#active.writtenBytes;
    return isIdle && isSynced ? RECORD_FLAG.afterSync : 0;
  }

  get #syncsEveryGroup(): boolean {
    return this.#options.durability === 'fsync' || this.#options.durability === 'dsync';
  }

  #takeBuffer(): Uint8Array {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare ?? new Uint8Array(FIRST_GROUP_CAPACITY);
  }

  // The queue

  #mustWait(): boolean {
    return this.#queuedBytes > MAX_QUEUED_BYTES || this.#waitingForRoom.length > 0;
  }

  #admitWaiting(): void {
    while (this.#waitingForRoom.length > 0 && this.#queuedBytes <= MAX_QUEUED_BYTES) this.#waitingForRoom.shift()?.();
  }

  #schedule(group: Group): Promise<void> {
    if (!this.#running) {
      this.#running = true;
      // Not at once: writers that run in this turn of the event loop join the group.
      setImmediate(() => void this.#run());
    }
    return group.done;
  }

  async #run(): Promise<void> {
    await this.#commitQueue();
    this.#running = false;
  }

  async #commitQueue(): Promise<void> {
    for (let group = this.#queue.shift(); group !== undefined; group = this.#queue.shift()) {
      this.#inFlight = group;
      await this.#commitOrReject(group);
      this.#inFlight = undefined;
      this.#queuedBytes -= group.end;
      if (group.bytes.length <= MAX_GROUP_SIZE) this.#spare = group.bytes;
      this.#admitWaiting();
      // Those whose write has just finished usually write again: let them join the next group.
      if (this.#lock === undefined) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #commitOrReject(group: Group): Promise<void> {
    try {
      if (this.#log.failure !== undefined) throw this.#log.failure;
      if (group.segmentId !== this.#active.id) await this.#rotateTo(group.segmentId);
      const offsetBytes = await this.#append(group);
      this.#applyOrFail(group, offsetBytes);
      group.resolve();
      this.#options.onCommit();
    } catch (error) {
      group.reject(storageError(error, 'writing to the log'));
    }
  }

  /** Writes the group's bytes at the end of the active segment and returns their offset. */
  async #append(group: Group): Promise<number> {
    const segment = this.#active;
    const offsetBytes = segment.writtenBytes;
    if (group.end === 0) return offsetBytes;
    bindToOffset(group.bytes, group.end, offsetBytes);
    const bytes = group.bytes.subarray(0, group.end);
    const { durability } = this.#options;
    try {
      if (durability === 'dsync') {
        await this.#diskWait.run({
          blocking: () => writeFully(segment.file, bytes, offsetBytes),
          inBackground: () => writeFullyAsync(segment.file, bytes, offsetBytes),
        });
      } else writeFully(segment.file, bytes, offsetBytes);
    } catch (error) {
      throw this.#undoAppend(segment, offsetBytes, error);
    }
    segment.writtenBytes = offsetBytes + bytes.length;
    if (durability === 'dsync') segment.syncedBytes = segment.writtenBytes;
    else if (durability === 'fsync') await this.#syncActive();
    else if (durability !== 'os') this.#scheduleIntervalSync(durability.intervalMs);
    return offsetBytes;
  }

  /**
   * A full disk leaves part of a group in the file. It is cut off again, and the store goes on; after any other
   * error nobody knows what is on disk, so the store fails.
   */
  #undoAppend(segment: Segment, offsetBytes: number, error: unknown): StrataError {
    const wrapped = storageError(error, `writing to ${segment.fileName}`);
    if (wrapped.code !== 'DISK_FULL') return this.#log.fail(error, `writing to ${segment.fileName}`);
    try {
      segment.file.truncate(offsetBytes);
      // Or a crash could bring whole records of the group back, whose writers were told that they failed.
      if (this.#options.durability !== 'os') segment.file.syncNow();
      return wrapped;
    } catch (truncateError) {
      return this.#log.fail(truncateError, `removing an incomplete write from ${segment.fileName}`);
    }
  }

  /** What the log holds and the keydir lacks must not be written over: parts of the keydir may have to be read first. */
  #applyOrFail(group: Group, offsetBytes: number): void {
    try {
      this.#apply(group, offsetBytes);
    } catch (error) {
      throw this.#log.fail(error, 'taking a write into the keydir');
    }
  }

  /** Makes the group's records visible to readers. */
  #apply(group: Group, offsetBytes: number): void {
    const view = this.#view;
    const segment = this.#active;
    const target = { keydir: this.#log.keydir, segment, rememberDeletes: false, knownSequence: 0 };
    for (let at = 0; at < group.end; at += view.sizeBytes) {
      decodeRecordHeader(view, group.bytes, at);
      if (view.operation === OPERATION.batch) continue;
      view.offsetBytes = offsetBytes + at;
      this.#waiting.add(view, at + RECORD_HEADER_SIZE, view.keyLength);
      if (this.#waiting.count >= ENOUGH_WAITING) this.#waiting.takeInto(target, group.bytes);
    }
    this.#waiting.takeInto(target, group.bytes);
    segment.sizeBytes = segment.writtenBytes;
    this.#log.records.cache.append(segment, offsetBytes, group.bytes.subarray(0, group.end));
    this.#log.appliedSequence = Math.max(this.#log.appliedSequence, group.lastSequence);
  }

  // Syncing and sealing

  async #syncActive(): Promise<void> {
    const segment = this.#active;
    await this.#log.syncSegment(segment, () =>
      this.#diskWait.run({
        blocking: () => segment.file.syncNow(),
        inBackground: () => segment.file.sync(),
      }),
    );
  }

  #scheduleIntervalSync(intervalMs: number): void {
    if (this.#intervalTimer !== undefined) return;
    this.#intervalTimer = setTimeout(() => {
      this.#intervalTimer = undefined;
      this.#sealing.then(() => this.#syncActive()).catch(() => undefined);
    }, intervalMs);
    this.#intervalTimer.unref();
  }

  async #rotateTo(segmentId: number): Promise<void> {
    const { durability, now } = this.#options;
    const old = this.#active;
    if (typeof durability === 'object' || durability === 'fsync') await this.#syncActive();
    const mode = durability === 'dsync' ? 'write-dsync' : 'create';
    const file = this.#log.createSegmentFile(segmentId, now(), mode);
    const slot = this.#log.segments.nextSlot;
    const segment = new Segment({ id: segmentId, slot, file, state: 'unsealed', sizeBytes: FILE_HEADER_SIZE });
    segment.syncedBytes = FILE_HEADER_SIZE;
    this.#log.segments.add(segment);
    const isSynced = old.syncedBytes === old.writtenBytes;
    if (isSynced) old.state = 'sealed';
    try {
      this.#log.installManifest(now());
    } catch (error) {
      if (!this.#log.isUntouchedBy(error)) throw this.#log.fail(error, 'starting a new segment');
      old.state = 'unsealed';
      this.#log.segments.drop(segment);
      throw error;
    }
    this.#active = segment;
    if (isSynced) this.#options.onSeal(old);
    else this.#sealing = this.#sealing.then(() => this.#seal(old)).catch(() => undefined);
  }

  /** Syncs a complete segment beside the writer, then says in the manifest that it is sealed. */
  async #seal(segment: Segment): Promise<void> {
    if (this.#log.failure !== undefined) return;
    try {
      await this.#log.syncSegment(segment, () => segment.file.sync());
      segment.state = 'sealed';
      this.#log.installManifest(this.#options.now());
    } catch (error) {
      // The next manifest will say it: until then the segment counts as unsealed, and an opening reads it all.
      if (segment.state !== 'sealed' || !this.#log.isUntouchedBy(error)) {
        throw this.#log.fail(error, `sealing ${segment.fileName}`);
      }
    }
    this.#options.onSeal(segment);
  }
}
