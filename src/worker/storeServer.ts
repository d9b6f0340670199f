/** Answers a client's requests with the engine. Runs in the store's thread or process. */

import type { BatchOperation, FileDamage, RecordVersion } from '../engine/api.ts';
import { salvageStore } from '../engine/salvage.ts';
import { Store } from '../engine/store.ts';
import { StrataError } from '../engine/strataError.ts';
import type {
  CompactionReport,
  HistoryRange,
  KeyRange,
  KeyVersion,
  RecordLocation,
  ReplayReport,
  SalvageReport,
  StoreStatistics,
  VerifyReport,
} from '../shared/keyValueStore.ts';
import type { NextRecord, RecordState } from '../shared/recordState.ts';
import { ChangeFeed } from './changeFeed.ts';
import { DeadKeys } from './deadKeys.ts';
import { EntryReader } from './entryReader.ts';
import { ExpiryTimer } from './expiryTimer.ts';
import { FolderPages } from './folderPages.ts';
import { liveBytesByBlock } from './liveBytes.ts';
import { LogFollower } from './logFollower.ts';
import { nextRecord } from './nextRecord.ts';
import { PacedWalks } from './pacedWalks.ts';
import { ownBytes, type PackedBytes, unpackAllBytes, unpackBytes } from './packedBytes.ts';
import {
  buffersOfEntries,
  buffersOfFolderPage,
  type PackedEntries,
  type PackedFolderPage,
  packEntries,
  packFolderPage,
} from './packedEntries.ts';
import { recordStates } from './recordStates.ts';
import { handOver } from './requestChannel.ts';
import { RunningTasks } from './runningTasks.ts';
import type {
  FolderPageRequest,
  FoundValue,
  FoundValues,
  OpenRequest,
  PackedBatch,
  SalvageRequest,
  StoreNotifications,
  StoreRequests,
} from './storeProtocol.ts';
import { describeStatistics } from './storeStatistics.ts';

/** The engine's store and what is built upon it, from `open` to `close`. */
interface OpenedStore {
  readonly store: Store;
  readonly directory: string;
  readonly directoryUri: string;
  readonly entries: EntryReader;
  readonly folders: FolderPages;
  readonly deadKeys: DeadKeys;
  /** Ends the listening to the store's changes. */
  readonly unsubscribe: () => void;
  readonly expiry: ExpiryTimer;
  readonly follower: LogFollower | undefined;
  /** As of the last time that all of the log was read. */
  damage: readonly FileDamage[];
}

/** Versions of a key when the caller names no limit. */
const DEFAULT_HISTORY_LIMIT = 1000;

export class StoreServer implements StoreRequests {
  readonly #notifications: StoreNotifications;
  readonly #tasks: RunningTasks;
  readonly #changes: ChangeFeed;
  readonly #liveBytesWalks = new PacedWalks<Float64Array>();
  #opened: OpenedStore | undefined;
  #closing: Promise<void> | undefined;

  constructor(notifications: StoreNotifications) {
    this.#notifications = notifications;
    this.#tasks = new RunningTasks((taskId, done, total) => notifications.progress(taskId, done, total));
    this.#changes = new ChangeFeed((kinds) => notifications.changed(kinds));
  }

  async open({ directory, directoryUri, options }: OpenRequest): Promise<void> {
    const store = await Store.open(directory, options);
    const folders = new FolderPages(store);
    const expiry = new ExpiryTimer(store);
    const unsubscribe = store.onChange((kind) => {
      // A new segment of another process may bring new keys with it.
      if (kind === 'data' || store.readOnly) {
        folders.forget();
        expiry.arm();
        this.#changes.add('data');
      }
      if (kind === 'segments') this.#changes.add('segments');
    });
    expiry.arm();
    const follower = store.readOnly ? new LogFollower(store, () => this.#changes.add('data')) : undefined;
    const deadKeys = new DeadKeys({
      directory,
      lastSequence: () => store.lastSequence,
      extents: () => store.stats().segments,
      livesForever: (key) => store.info(key)?.expiryMs === 0,
    });
    const entries = new EntryReader(store);
    const damage = store.recovery.damage;
    this.#opened = {
      store,
      unsubscribe,
      directory,
      directoryUri,
      entries,
      folders,
      deadKeys,
      expiry,
      follower,
      damage,
    };
  }

  salvage(taskId: number, { source, target, options }: SalvageRequest): Promise<SalvageReport> {
    return this.#tasks.run(taskId, (task) => salvageStore(source, target, { ...options, ...task }));
  }

  get(key: Uint8Array): FoundValue | undefined {
    const found = this.#open.entries.value(key);
    if (found === undefined) return undefined;
    // The engine cuts small values from a buffer that they share.
    const value = ownBytes(found.value);
    return handOver({ ...found, value }, [value.buffer]);
  }

  async getMany(keys: PackedBytes): Promise<FoundValues> {
    const found = await this.#open.entries.values(keys);
    return handOver(found, [found.isFound.buffer, ...buffersOfEntries(found.entries)]);
  }

  put(key: Uint8Array, value: Uint8Array, ttlMs: number | undefined): Promise<void> {
    return this.#open.store.put(key, value, ttlMs === undefined ? {} : { ttlMs });
  }

  del(key: Uint8Array): Promise<void> {
    return this.#open.store.del(key);
  }

  batch({ keys, values, ttlsMs }: PackedBatch): Promise<void> {
    const valueList = unpackBytes(values);
    const operations = unpackAllBytes(keys).map((key, index): BatchOperation => {
      const value = valueList[index];
      if (value === undefined) return { type: 'del', key };
      const ttlMs = ttlsMs[index] as number;
      return Number.isNaN(ttlMs) ? { type: 'put', key, value } : { type: 'put', key, value, ttlMs };
    });
    return this.#open.store.batch(operations);
  }

  async list(range: KeyRange, valuePreviewBytes: number): Promise<PackedEntries> {
    const page = packEntries(await this.#open.entries.list(range, valuePreviewBytes));
    return handOver(page, buffersOfEntries(page));
  }

  count(range: KeyRange): number {
    const { limit: _limit, reverse: _reverse, ...bounds } = range;
    return this.#open.store.count(bounds);
  }

  async listFolder(request: FolderPageRequest): Promise<PackedFolderPage> {
    const { entries, folders } = this.#open;
    const { children, more, keyCount } = await folders.page(request);
    const located = await entries.children(children, request.valuePreviewBytes);
    const page = packFolderPage({ children: located, more, keyCount });
    return handOver(page, buffersOfFolderPage(page));
  }

  async history(taskId: number, key: Uint8Array, range: HistoryRange, isListening: boolean): Promise<KeyVersion[]> {
    const { valuePreviewBytes = 0, limit = DEFAULT_HISTORY_LIMIT, ...bounds } = range;
    const onVersions = (next: readonly RecordVersion[]) =>
      this.#notifications.versions(taskId, keyVersions(next, valuePreviewBytes));
    const versions = await this.#tasks.run(taskId, (task) =>
      this.#open.store.history(key, {
        ...bounds,
        ...task,
        limit,
        maxValueBytes: valuePreviewBytes,
        // A message with values copies them.
        ...(isListening && { onVersions }),
      }),
    );
    const found = keyVersions(versions, valuePreviewBytes);
    return handOver(
      found,
      found.flatMap(({ valuePreview }) => (valuePreview === undefined ? [] : [valuePreview.buffer as ArrayBuffer])),
    );
  }

  statistics(): StoreStatistics {
    const { store, directoryUri, damage, follower } = this.#open;
    const writerHolder = store.readOnly ? store.writerHolder() : undefined;
    const followFailure = follower?.failure;
    return describeStatistics(store.stats(), store.recovery, { directoryUri, damage, writerHolder, followFailure });
  }

  compact(taskId: number): Promise<CompactionReport> {
    return this.#tasks.run(taskId, (options) => this.#open.store.compact(options));
  }

  async replay(taskId: number): Promise<ReplayReport> {
    const report = await this.#tasks.run(taskId, (options) => this.#open.store.replay(options));
    this.#open.damage = report.damage;
    return report;
  }

  async verify(taskId: number): Promise<VerifyReport> {
    const report = await this.#tasks.run(taskId, (options) => this.#open.store.verify(options));
    this.#open.damage = report.damage;
    return report;
  }

  cancel(taskId: number): void {
    this.#tasks.cancel(taskId);
  }

  recordStates(segmentId: number, offsetsBytes: Float64Array): Promise<RecordState[]> {
    const { store, directory, deadKeys } = this.#open;
    const source = {
      directory,
      deadKeys,
      info: (key: Uint8Array) => store.info(key),
      lastSequence: () => store.lastSequence,
    };
    return recordStates(source, segmentId, offsetsBytes);
  }

  async liveBytesByBlock(segmentId: number, blockSizeBytes: number, blockCount: number): Promise<Float64Array> {
    // Every change of the store asks for this again.
    const question = `${segmentId} ${blockSizeBytes} ${blockCount}`;
    const walk = () => liveBytesByBlock(this.#open.store, { segmentId, blockSizeBytes, blockCount });
    // Others may wait for the same walk, and this answer's buffer changes hands.
    const bytes = (await this.#liveBytesWalks.run(question, walk)).slice();
    return handOver(bytes, [bytes.buffer as ArrayBuffer]);
  }

  async newestRecord(key: Uint8Array): Promise<RecordLocation | undefined> {
    const { store, deadKeys } = this.#open;
    const live = store.info(key);
    if (live !== undefined) return live.location;
    await deadKeys.catchUp();
    return deadKeys.newest(key)?.location;
  }

  nextRecord(taskId: number, key: Uint8Array, sequence: number): Promise<NextRecord | undefined> {
    return this.#tasks.run(taskId, (task) => nextRecord(this.#open.store, key, sequence, task));
  }

  /** Undefined until closing has begun. */
  get closing(): Promise<void> | undefined {
    return this.#closing;
  }

  /** Once, whoever asks for it: the client, or a signal to the process. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { store, unsubscribe, expiry, follower } = this.#open;
    this.#opened = undefined;
    // Writes that closing finishes would begin again what is stopped here.
    unsubscribe();
    expiry.stop();
    follower?.stop();
    this.#tasks.cancelAll();
    this.#changes.stop();
    await store.close();
  }

  get #open(): OpenedStore {
    if (this.#opened !== undefined) return this.#opened;
    throw new StrataError('STORE_CLOSED', 'The store is not open. Open it again.');
  }
}

function keyVersions(versions: readonly RecordVersion[], valuePreviewBytes: number): KeyVersion[] {
  return versions.map(({ value, ...version }) =>
    value === undefined || valuePreviewBytes === 0 ? version : { ...version, valuePreview: value },
  );
}
