/**
 * The one interface through which the explorer, the commands and any other tool talk to a store.
 *
 * The embedded engine in its thread or process is the first implementation. Nothing here assumes that a store is a
 * directory: what only some stores can do is declared in {@link StoreCapabilities}, and every method that depends
 * on a capability says so. A later implementation (etcd, say) maps revisions to history, leases to expiry and
 * watches to `subscribe`.
 *
 * Every promise rejects with an `Error` that carries a stable `code` and a sentence that says what to do.
 */
export interface KeyValueStore {
  /** Unique among the open stores and stable across reloads: a URI. */
  readonly id: string;
  /** Short name for people: the last part of the directory's path, say. */
  readonly name: string;
  readonly capabilities: StoreCapabilities;

  get(key: Uint8Array): Promise<StoredValue | undefined>;
  /** Resolves when the write is as durable as the store's configuration promises. */
  put(key: Uint8Array, value: Uint8Array, options?: PutOptions): Promise<void>;
  del(key: Uint8Array): Promise<void>;
  /** Atomic: after a crash all of it is there or none of it. */
  batch(operations: readonly BatchOperation[]): Promise<void>;

  /** Entries in byte order of their keys. `limit` defaults to 1000. */
  list(range: KeyRange, options?: ListOptions): Promise<KeyEntry[]>;
  /** Number of live keys in a range, without listing them. `limit` and `reverse` are ignored. */
  count(range: KeyRange): Promise<number>;
  /** One bounded page of the children of a folder; folders come from splitting keys at a delimiter. */
  listFolder(request: FolderRequest): Promise<FolderPage>;

  /**
   * Versions of a key that are still in the log, newest first, without their values unless asked for. Needs
   * `capabilities.history`. Rejects with code `ABORTED` when cancelled.
   */
  history(key: Uint8Array, options?: HistoryOptions): Promise<KeyVersion[]>;
  statistics(): Promise<StoreStatistics>;

  /** Needs `capabilities.compact`. Rejects with code `ABORTED` when cancelled; the store stays as good as before. */
  compact(task?: TaskOptions): Promise<CompactionReport>;
  /** Rebuilds the index from the log alone and reports every difference. Needs `capabilities.replay`. */
  replay(task?: TaskOptions): Promise<ReplayReport>;
  /** Reads and checks every file of the store. Needs `capabilities.verify`. */
  verify(task?: TaskOptions): Promise<VerifyReport>;

  /**
   * Calls back after every change, by whatever way it came: this client, compaction, expiry, or another process.
   * Calls are coalesced; a call never carries data, the listener asks again for what it shows.
   */
  subscribe(listener: (change: StoreChange) => void): { dispose(): void };
  close(): Promise<void>;
}

export interface StoreCapabilities {
  readonly write: boolean;
  readonly timeToLive: boolean;
  readonly history: boolean;
  readonly compact: boolean;
  readonly replay: boolean;
  readonly verify: boolean;
  /** Entries carry a `location` in segment files that the inspector can open. */
  readonly segments: boolean;
}

/** Bounds are bytes and compare bytewise; `prefix` combines with the other bounds. */
export interface KeyRange {
  readonly gt?: Uint8Array;
  readonly gte?: Uint8Array;
  readonly lt?: Uint8Array;
  readonly lte?: Uint8Array;
  readonly prefix?: Uint8Array;
  readonly reverse?: boolean;
  /** At most this many entries; absent or -1 means the method's default. */
  readonly limit?: number;
}

export interface ListOptions {
  /** Return the first bytes of each value, at most this many. Absent or 0: none. */
  readonly valuePreviewBytes?: number;
}

export interface PutOptions {
  /** Time to live in milliseconds, at least 1. Absent: the key does not expire. */
  readonly ttlMs?: number;
}

export type BatchOperation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array; readonly ttlMs?: number }
  | { readonly type: 'del'; readonly key: Uint8Array };

/** Where a record stands: its segment and the offset of its first byte. */
export interface RecordLocation {
  readonly segmentId: number;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

export interface KeyEntry {
  readonly key: Uint8Array;
  readonly valueSizeBytes: number;
  readonly sequence: number;
  /** Milliseconds since 1970-01-01 UTC when it was written. 0 when the caller asked for no preview and the store would have to read the record to know. */
  readonly timestampMs: number;
  /** Milliseconds since 1970-01-01 UTC at which the key expires; 0: never. */
  readonly expiryMs: number;
  readonly valuePreview?: Uint8Array;
  readonly location?: RecordLocation;
}

export interface StoredValue extends KeyEntry {
  readonly value: Uint8Array;
}

export interface KeyVersion {
  readonly operation: 'put' | 'del';
  readonly sequence: number;
  readonly timestampMs: number;
  readonly expiryMs: number;
  readonly valueSizeBytes: number;
  /** Absent in a delete, and where the caller asked for none. */
  readonly valuePreview?: Uint8Array;
  readonly location?: RecordLocation;
}

/** Sequence numbers bound what is asked for: those of the versions a person has seen, say. */
export interface HistoryRange {
  /** Only versions with a larger sequence number. */
  readonly after?: number;
  /** Only versions with a smaller sequence number. */
  readonly before?: number;
  /** At most this many, the newest ones. Absent: 1000. */
  readonly limit?: number;
  /** The first bytes of each value, at most this many. Absent or 0: none. */
  readonly valuePreviewBytes?: number;
}

export interface HistoryOptions extends HistoryRange, TaskOptions {
  /** Called with the next versions, in order, as soon as they are known. */
  readonly onVersions?: (versions: readonly KeyVersion[]) => void;
}

export interface FolderRequest {
  /** All keys of the folder start with it; empty for the root. */
  readonly prefix: Uint8Array;
  /** At least one byte. */
  readonly delimiter: Uint8Array;
  /** Continue after this child (the `path` of the last child of the page before). */
  readonly after?: Uint8Array;
  /** At most this many children, 1 to 10,000. */
  readonly limit: number;
  /** Only keys that match are listed and counted. */
  readonly filter?: KeyFilter;
  readonly valuePreviewBytes?: number;
}

/**
 * `text` matches anywhere in the key, `wildcards` matches all of it with `*` for any bytes and `?` for one character, or
 * for a byte that is part of none; both take the escapes of keys, as in `keyText.ts`. `regex` is a regular expression in
 * the syntax of RE2 on the key read as UTF-8.
 */
export interface KeyFilter {
  readonly kind: 'text' | 'wildcards' | 'regex';
  readonly pattern: string;
}

export type FolderChild =
  | { readonly kind: 'folder'; readonly path: Uint8Array; readonly keyCount: number }
  | { readonly kind: 'key'; readonly path: Uint8Array; readonly entry: KeyEntry };

export interface FolderPage {
  readonly children: FolderChild[];
  /** More children follow after the last one of this page. */
  readonly more: boolean;
  /** Keys below this folder, children of later pages included. */
  readonly keyCount: number;
}

export interface StoreChange {
  /** Data: keys or values changed. Segments: files appeared, grew or went. Closed: the store is gone. */
  readonly kind: 'data' | 'segments' | 'closed';
}

export interface SegmentStatistics {
  readonly segmentId: number;
  /** URI of the file, for stores whose capabilities say `segments`. */
  readonly uri: string;
  readonly fileName: string;
  readonly state: 'active' | 'sealed';
  readonly sizeBytes: number;
  readonly liveBytes: number;
  readonly deadBytes: number;
  readonly recordCount: number;
  readonly tombstoneCount: number;
  readonly hasHintFile: boolean;
  readonly damagedRangeCount: number;
}

export interface StoreStatistics {
  readonly keyCount: number;
  /** Bytes of all segment files. */
  readonly totalBytes: number;
  readonly liveBytes: number;
  readonly deadBytes: number;
  /** Dead share of all record bytes, 0 to 1. */
  readonly deadShare: number;
  readonly lastSequence: number;
  readonly durability: string;
  readonly readOnly: boolean;
  /** Why the store is read-only when that was not asked for: the lock's holder, say. */
  readonly readOnlyReason?: string;
  /** Why a read-only store shows an older state: what its writer has done since cannot be read. */
  readonly behindReason?: string;
  readonly segments: SegmentStatistics[];
  /** Bytes of memory of the in-memory index. */
  readonly keydirBytes: number;
  /** How the index was built at the last open: `snapshot`, `hints`, `scan` or `mixed`, and the time it took. */
  readonly openedBy: string;
  readonly openDurationMs: number;
  /** Bytes of an incomplete write that a crash left at the end of the log and that opening cut off; 0: none. */
  readonly tornTailBytes: number;
}

export interface TaskOptions {
  readonly signal?: AbortSignal;
  /** `done` of `total`, both in bytes of log. Called at most a few times a second. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface CompactionReport {
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly segmentsBefore: number;
  readonly segmentsAfter: number;
  readonly recordsKept: number;
  readonly recordsDropped: number;
  readonly durationMs: number;
}

export interface ReplayReport {
  readonly segmentCount: number;
  readonly recordCount: number;
  readonly putCount: number;
  readonly tombstoneCount: number;
  readonly batchCount: number;
  readonly keyCount: number;
  readonly bytesRead: number;
  readonly durationMs: number;
  /** Keys whose entry in the running index differed from the log, at most 1000; empty when all agree. */
  readonly differences: readonly KeydirDifference[];
  readonly damage: readonly DamageReport[];
}

export interface KeydirDifference {
  readonly key: Uint8Array;
  /** `missing`: in the log but not in the index; `extra`: the reverse; `different`: another record. */
  readonly kind: 'missing' | 'extra' | 'different';
}

export interface DamageReport {
  readonly fileName: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly reason: string;
  /** No valid record follows in the file. */
  readonly reachesEnd?: true;
}

/** What was copied into a new store, and what was not. */
export interface SalvageReport {
  /** Sound records that were found in the log, superseded ones and tombstones included. */
  readonly recordsRead: number;
  readonly keysCopied: number;
  readonly bytesCopied: number;
  /** Keys whose newest record could not be read any more when it was to be copied. */
  readonly keysLost: number;
  readonly damage: readonly DamageReport[];
}

export interface VerifyReport {
  readonly ok: boolean;
  readonly segmentCount: number;
  readonly recordCount: number;
  readonly bytesRead: number;
  readonly durationMs: number;
  /** Every problem in one sentence each, with its file. Empty when `ok`. */
  readonly problems: readonly { readonly fileName: string; readonly message: string; readonly offsetBytes?: number }[];
  readonly damage: readonly DamageReport[];
}
