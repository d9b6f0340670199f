/** Requests between a store's client and the thread or process of its engine. */

import type { StoreOptions } from '../engine/api.ts';
import type {
  CompactionReport,
  HistoryRange,
  KeyFilter,
  KeyRange,
  KeyVersion,
  RecordLocation,
  ReplayReport,
  SalvageReport,
  StoreChange,
  StoreStatistics,
  VerifyReport,
} from '../shared/keyValueStore.ts';
import type { NextRecord, RecordState } from '../shared/recordState.ts';
import type { PackedBytes } from './packedBytes.ts';
import type { LocatedEntry, PackedEntries, PackedFolderPage } from './packedEntries.ts';

/** What can be said to another thread or process: the clock stays the engine's own. */
export type WorkerStoreOptions = Omit<StoreOptions, 'now'>;

export interface OpenRequest {
  readonly directory: string;
  /** The same directory as a URI; the URIs of segment files start with it. */
  readonly directoryUri: string;
  readonly options: WorkerStoreOptions;
}

export interface SalvageRequest {
  /** The directory of a store, or a segment file. */
  readonly source: string;
  readonly target: string;
  readonly options: WorkerStoreOptions;
}

/** Answered by the worker. `open` comes first; what it rejects with is final. */
export interface StoreRequests {
  open(request: OpenRequest): Promise<void>;
  /** Takes the place of `open`: what salvages serves no store. */
  salvage(taskId: number, request: SalvageRequest): Promise<SalvageReport>;

  get(key: Uint8Array): FoundValue | undefined;
  getMany(keys: PackedBytes): Promise<FoundValues>;
  put(key: Uint8Array, value: Uint8Array, ttlMs: number | undefined): Promise<void>;
  del(key: Uint8Array): Promise<void>;
  batch(operations: PackedBatch): Promise<void>;

  list(range: KeyRange, valuePreviewBytes: number): Promise<PackedEntries>;
  count(range: KeyRange): number;
  listFolder(request: FolderPageRequest): Promise<PackedFolderPage>;

  statistics(): StoreStatistics;

  /** Answers with all versions, and tells them before as they are found if somebody listens. */
  history(taskId: number, key: Uint8Array, range: HistoryRange, isListening: boolean): Promise<KeyVersion[]>;
  compact(taskId: number): Promise<CompactionReport>;
  replay(taskId: number): Promise<ReplayReport>;
  verify(taskId: number): Promise<VerifyReport>;
  /** Ends a task as soon as it can; the task's request then rejects with `ABORTED`. */
  cancel(taskId: number): void;

  recordStates(segmentId: number, offsetsBytes: Float64Array): Promise<RecordState[]>;
  liveBytesByBlock(segmentId: number, blockSizeBytes: number, blockCount: number): Promise<Float64Array>;
  newestRecord(key: Uint8Array): Promise<RecordLocation | undefined>;
  nextRecord(taskId: number, key: Uint8Array, sequence: number): Promise<NextRecord | undefined>;

  /** Ends running tasks, waits for writes that were accepted, closes the store. */
  close(): Promise<void>;
}

/** Said by the worker. */
export interface StoreNotifications {
  progress(taskId: number, done: number, total: number): void;
  versions(taskId: number, versions: readonly KeyVersion[]): void;
  changed(kinds: readonly StoreChange['kind'][]): void;
}

/** The caller knows the key. */
export interface FoundValue extends Omit<LocatedEntry, 'key' | 'valuePreview'> {
  readonly value: Uint8Array;
}

export interface FoundValues {
  /** 1 where a key was found, in the order asked. */
  readonly isFound: Uint8Array<ArrayBuffer>;
  /** The keys that were found; the "preview" is the whole value. */
  readonly entries: PackedEntries;
}

/** Operations in order; those without a value are deletes. */
export interface PackedBatch {
  readonly keys: PackedBytes;
  readonly values: PackedBytes;
  /** NaN: the key does not expire. */
  readonly ttlsMs: Float64Array<ArrayBuffer>;
}

export interface FolderPageRequest {
  readonly prefix: Uint8Array;
  readonly delimiter: Uint8Array;
  readonly after: Uint8Array | undefined;
  readonly limit: number;
  readonly filter: KeyFilter | undefined;
  readonly valuePreviewBytes: number;
}
