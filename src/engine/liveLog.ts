/** The log of an open store: its segments, the keydir over them, and the manifest that says which are live. */

import type { ManifestSegment } from '../format/manifest.ts';
import { cleanUp } from './cleanUp.ts';
import type { Keydir } from './keydir.ts';
import { type KeydirRecord, newRecord } from './keydirEntries.ts';
import { readManifest, writeManifest } from './manifestFile.ts';
import { discard } from './readAheadOfUse.ts';
import { RecordReader } from './recordReader.ts';
import { createSegmentFile, type Segment, type SegmentTable } from './segment.ts';
import { saveSnapshot } from './snapshotFile.ts';
import type { OpenMode, Storage, StorageFile } from './storage.ts';
import { StrataError, storageError } from './strataError.ts';

export interface LiveLogState {
  readonly storage: Storage;
  readonly directory: string;
  readonly segments: SegmentTable;
  readonly keydir: Keydir;
  readonly generation: number;
  readonly nextSegmentId: number;
  readonly lastSequence: number;
  readonly cacheSizeBytes: number;
  /** Milliseconds since 1970-01-01 UTC; never runs backwards. */
  readonly now: () => number;
}

/** A reader of the state as of a sequence number. */
interface StateReading {
  readonly sequence: number;
}

interface RetiredSegment {
  readonly segment: Segment;
  /** Number of the first reader that was opened later: it finds no record there, nor do those after it. */
  readonly firstLaterReader: number;
}

export class LiveLog {
  readonly storage: Storage;
  readonly directory: string;
  readonly segments: SegmentTable;
  readonly keydir: Keydir;
  readonly records: RecordReader;
  readonly #now: () => number;
  /** Sequence number of the newest record that readers see. */
  appliedSequence: number;
  generation: number;
  /** Of the manifest that this process has read or written last; 0: of none. */
  #standingGeneration: number;
  nextSegmentId: number;
  /** The snapshot file names no segment that is gone. */
  #isSnapshotCurrent = true;
  /** Nothing can be read any more. */
  isClosed = false;
  /** Why the store refuses to write until it is opened again. */
  failure: StrataError | undefined;
  readonly #record = newRecord();
  /** Segments out of the store whose files older readers may still need. */
  #retired: RetiredSegment[] = [];
  /** The open readers of states with their numbers, in the order in which they were opened. */
  readonly #readers = new Map<StateReading, number>();
  #readersOpened = 0;

  constructor(state: LiveLogState) {
    this.storage = state.storage;
    this.directory = state.directory;
    this.segments = state.segments;
    this.keydir = state.keydir;
    this.#now = state.now;
    this.records = new RecordReader(state.segments, state.cacheSizeBytes);
    this.generation = state.generation;
    this.#standingGeneration = state.generation;
    this.nextSegmentId = state.nextSegmentId;
    this.appliedSequence = state.lastSequence;
  }

  /** Whether the record's time is over: then its key is absent, for readers of older states too. */
  hasExpired({ expiryMs }: Readonly<KeydirRecord>): boolean {
    return expiryMs !== 0 && expiryMs <= this.#now();
  }

  /**
   * Brings the records of entries, -1 for none, into the processor's caches as far as the block cache has them: a loop
   * over many of them waits for its cache misses together, reading one record after the other waits for each.
   */
  touchRecords(entries: Uint32Array | Int32Array, count: number): void {
    const record = this.#record;
    let touched = 0;
    for (let i = 0; i < count; i++) {
      const entry = entries[i] as number;
      if (entry !== -1 && this.keydir.read(entry, record)) touched ^= this.records.peek(record);
    }
    discard(touched);
  }

  takeSegmentId(): number {
    return this.nextSegmentId++;
  }

  /** As `createSegmentFile`. Throws `STORE_FAILED`, as `installManifest` does, before it replaces a file of the name. */
  createSegmentFile(id: number, createdMs: number, mode: OpenMode): StorageFile {
    this.#checkNobodyElseWrites();
    return createSegmentFile(this.storage, this.directory, { id, createdMs, mode });
  }

  /**
   * Writes a manifest of the segments as they are now: the one step that makes a change of files count. Throws
   * `STORE_FAILED` when another process has written one since, which happens only when somebody has deleted the lock.
   */
  installManifest(nowMs: number): void {
    this.#checkNobodyElseWrites();
    const live = this.segments.live();
    const activeId = live.findLast((segment) => segment.state === 'unsealed')?.id;
    const segments = live.map((segment): ManifestSegment => {
      const sealed = segment.state === 'sealed';
      return {
        segmentId: segment.id,
        state: segment.state,
        durableSizeBytes: sealed ? segment.sizeBytes : segment.syncedBytes,
        minSequence: sealed && segment.recordCount > 0 ? segment.minSequence : 0,
        maxSequence: segment.id === activeId ? 0 : segment.maxSequence,
      };
    });
    this.generation++;
    const { generation, nextSegmentId, appliedSequence } = this;
    const manifest = { generation, nextSegmentId, sequenceFloor: appliedSequence, segments, createdMs: nowMs };
    writeManifest(this.storage, this.directory, manifest);
    this.#standingGeneration = generation;
  }

  /** Of two writers, each would take segments out of the store that the other one has made live. */
  #checkNobodyElseWrites(): void {
    let standing: number | undefined;
    try {
      standing = readManifest(this.storage, this.directory)?.generation;
    } catch {
      // Nothing is known then, as where there is none: whoever writes one mends that.
    }
    if (this.#standingGeneration === 0 || standing === undefined || standing <= this.#standingGeneration) return;
    const message = `Another process has written to the store ${this.directory} while it was open here.`;
    throw this.fail(new StrataError('STORE_LOCKED', message), 'writing the manifest');
  }

  /**
   * Has `sync` make durable what was written to a segment until now, unless it is. One sync of a file at a time: the
   * system tells an error of writing back to one of them, and the other one would take what is lost for durable. Throws
   * `STORE_FAILED` when this or any sync before has failed.
   */
  async syncSegment(segment: Segment, sync: () => Promise<void>): Promise<void> {
    while (segment.syncing !== undefined) await segment.syncing;
    if (this.failure !== undefined) throw this.failure;
    const { writtenBytes } = segment;
    if (segment.syncedBytes === writtenBytes) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    segment.syncing = promise;
    try {
      await sync();
    } catch (error) {
      throw this.fail(error, `syncing ${segment.fileName}`);
    } finally {
      segment.syncing = undefined;
      resolve();
    }
    if (this.failure !== undefined) throw this.failure;
    segment.syncedBytes = Math.max(segment.syncedBytes, writtenBytes);
  }

  /**
   * Saves the keydir as a snapshot, and says whether it did. What it covers is synced before, because the next opening
   * will not look at it again. While older states are read there is nothing to save: their ghosts would come along. Nor
   * is there while a sync is under way whose outcome counts. Throws `STORE_FAILED` after a failed sync.
   */
  saveSnapshot(nowMs: number): boolean {
    const { storage, directory, keydir } = this;
    if (this.failure !== undefined) throw this.failure;
    if (keydir.readerCount > 0) return false;
    if (keydir.isSaved && this.#isSnapshotCurrent) return true;
    const segments = this.segments.live();
    const unsynced = segments.filter(
      ({ syncedBytes, sizeBytes, state }) => syncedBytes < sizeBytes && state !== 'sealed',
    );
    if (unsynced.some(({ syncing }) => syncing !== undefined)) return false;
    keydir.packKeys();
    for (const segment of unsynced) {
      try {
        segment.file.syncNow();
      } catch (error) {
        throw this.fail(error, `syncing ${segment.fileName}`);
      }
      segment.syncedBytes = segment.writtenBytes;
    }
    saveSnapshot(storage, directory, { keydir, segments, lastSequence: this.appliedSequence, createdMs: nowMs });
    keydir.markSaved();
    this.#isSnapshotCurrent = true;
    return true;
  }

  /**
   * Whether a manifest could not be written because the disk is full, and the one before still stands: then the store
   * is as it was, and goes on when there is room again.
   */
  isUntouchedBy(error: unknown): boolean {
    if (storageError(error, 'writing the manifest').code !== 'DISK_FULL') return false;
    try {
      return readManifest(this.storage, this.directory)?.generation !== this.generation;
    } catch {
      return false;
    }
  }

  /** From now on every write fails with this error. Returns it. */
  fail(cause: unknown, doing: string): StrataError {
    const first = storageError(cause, doing);
    this.failure ??= new StrataError(
      'STORE_FAILED',
      `${first.message} The store refuses further writes until it is opened again, because nobody can tell what reached the disk.`,
      { cause: first },
    );
    return this.failure;
  }

  /** The segment no longer belongs to the store; its file is closed when no reader of an older state is left. */
  retire(segment: Segment): void {
    segment.retired = true;
    // The snapshot names it, and would be refused.
    this.#isSnapshotCurrent = false;
    this.#retired.push({ segment, firstLaterReader: this.#readersOpened });
    this.#closeRetired();
  }

  /** Keeps the state as of the reader's sequence number readable until the reader is closed. */
  openReader(reader: StateReading): void {
    this.#readers.set(reader, this.#readersOpened++);
    this.keydir.openReader(reader.sequence);
  }

  closeReader(reader: StateReading): void {
    this.keydir.closeReader(reader.sequence);
    this.#readers.delete(reader);
    this.#closeRetired();
  }

  /** Removes the files of segments that no manifest names. Throws nothing: the next opening removes what is left. */
  removeFiles(segments: readonly Segment[]): void {
    if (segments.length === 0) return;
    const { storage, directory } = this;
    const names = segments.flatMap(({ hintName, fileName }) => [hintName, fileName]);
    cleanUp([
      ...names.map((name) => () => storage.remove(storage.join(directory, name))),
      () => storage.syncDirectory(directory),
    ]);
  }

  /** Closes all files, also those of segments that readers of older states may still need. */
  close(): void {
    this.isClosed = true;
    this.keydir.close();
    this.segments.closeAll();
    this.#retired = [];
  }

  /** Closes what only readers could see that were closed meanwhile. */
  #closeRetired(): void {
    if (this.#retired.length === 0) return;
    const [oldestReader = Number.POSITIVE_INFINITY] = this.#readers.values();
    const isNeeded = ({ firstLaterReader }: RetiredSegment) => oldestReader < firstLaterReader;
    for (const retired of this.#retired) {
      if (isNeeded(retired)) continue;
      this.records.cache.drop(retired.segment);
      this.segments.drop(retired.segment);
    }
    this.#retired = this.#retired.filter(isNeeded);
  }
}
