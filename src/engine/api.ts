/** Public types of the engine: what `Store` takes and gives. Names follow abstract-level where it has them. */

import type { CompactionPolicy } from './compactionPlan.ts';

/**
 * What a resolved write promises.
 * - `fsync`: on disk; every group of commits ends with one fdatasync.
 * - `dsync`: on disk; writes go through a descriptor opened with O_DSYNC.
 * - `{ intervalMs }`: handed to the operating system; on disk at most that much later.
 * - `os`: handed to the operating system, which writes it when it likes. Survives a killed process, not a power cut.
 */
export type Durability = 'fsync' | 'dsync' | 'os' | { readonly intervalMs: number };

export interface StoreOptions {
  /** Default `fsync`. */
  readonly durability?: Durability;
  /** A segment is sealed before it would grow past this. 1 byte to 4,294,967,295; default 64 MiB. */
  readonly maxSegmentSizeBytes?: number;
  /** Open beside a live writer: no lock, no writes, follows its appends. Default false. */
  readonly readOnly?: boolean;
  /** Create the directory and an empty store when there is none. Default true; always false when read-only. */
  readonly createIfMissing?: boolean;
  /** Fail when a store exists already. Default false. */
  readonly errorIfExists?: boolean;
  /** Open in spite of damage: unreadable ranges are skipped and reported in `store.recovery`. Default false. */
  readonly salvage?: boolean;
  /**
   * Memory for blocks of segment files, taken up by what is read often and what was written last. A store that fits is
   * soon read without system calls. 0: none. Default 256 MiB.
   */
  readonly cacheSizeBytes?: number;
  /**
   * As long as syncs take less than this many milliseconds, they are waited for on the calling thread, which saves the way
   * through Node's thread pool; slower ones go there. 0: all of them. Default 1.
   */
  readonly maxBlockingSyncMs?: number;
  /**
   * How writes take turns. `queue` (default): one writer commits them in groups. `lock`: each write holds a
   * reader-writer lock until it is durable, and `read` waits for it.
   */
  readonly writeSerialization?: 'queue' | 'lock';
  /**
   * When sealed segments are compacted by themselves: a policy, looked at every `checkIntervalMs` (default 3
   * minutes), or `manual`: only when `compact` is called. Default: the default policy.
   */
  readonly compaction?: 'manual' | (Partial<CompactionPolicy> & { readonly checkIntervalMs?: number });
  /** The keydir snapshot is saved on close, and this often while the store is written to; 0: only on close. Default 5 minutes. */
  readonly snapshotIntervalMs?: number;
  /** Clock in milliseconds since 1970-01-01 UTC. Default `Date.now`. */
  readonly now?: () => number;
}

export interface KeyRange {
  readonly gt?: Uint8Array;
  readonly gte?: Uint8Array;
  readonly lt?: Uint8Array;
  readonly lte?: Uint8Array;
  readonly prefix?: Uint8Array;
  readonly reverse?: boolean;
  /** Absent or -1: no limit. */
  readonly limit?: number;
}

export interface PutOptions {
  /** Time to live in milliseconds, a whole number from 1. */
  readonly ttlMs?: number;
  /** When it expires, in milliseconds since 1970-01-01 UTC, instead of `ttlMs`. */
  readonly expiryMs?: number;
}

export type BatchOperation =
  | ({ readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array } & PutOptions)
  | { readonly type: 'del'; readonly key: Uint8Array };

export interface RecordLocation {
  readonly segmentId: number;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** What the keydir knows of a live key, without reading its record. */
export interface KeyInfo {
  readonly key: Uint8Array;
  readonly location: RecordLocation;
  readonly valueSizeBytes: number;
  readonly sequence: number;
  /** Milliseconds since 1970-01-01 UTC; 0: never. */
  readonly expiryMs: number;
}

/** The newest record of a live key. */
export interface StoredRecord extends KeyInfo {
  /** Milliseconds since 1970-01-01 UTC when it was written. */
  readonly timestampMs: number;
  /** The value, or as much of it as was asked for. */
  readonly value: Uint8Array;
}

export interface RecordVersion {
  readonly operation: 'put' | 'del';
  readonly sequence: number;
  readonly timestampMs: number;
  readonly expiryMs: number;
  readonly valueSizeBytes: number;
  /** The value, or as much of it as was asked for; undefined in a delete. */
  readonly value: Uint8Array | undefined;
  readonly location: RecordLocation;
}

export interface TaskOptions {
  readonly signal?: AbortSignal;
  /** `done` of `total`, in bytes of log. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface FileDamage {
  readonly fileName: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly reason: string;
  /** No valid record follows in the file: a crash in the middle of a write may have left it. */
  readonly reachesEnd?: true;
}

/** Which versions of a key, and how much of each. What is found is held in memory: a key may have millions. */
export interface HistoryOptions extends TaskOptions {
  /** Only versions with a larger sequence number. */
  readonly after?: number;
  /** Only versions with a smaller sequence number. */
  readonly before?: number;
  /** At most this many, the first ones in the order. Default: all. */
  readonly limit?: number;
  /** Default false: newest first. */
  readonly oldestFirst?: boolean;
  /** At most this many bytes of each value. Default: all. */
  readonly maxValueBytes?: number;
  /** Called with the next versions as soon as it is known that none comes before them. */
  readonly onVersions?: (versions: readonly RecordVersion[]) => void;
}

/** How the last open went. */
export interface RecoveryReport {
  readonly openedBy: 'empty' | 'snapshot' | 'hints' | 'scan' | 'mixed';
  readonly durationMs: number;
  /** Bytes cut off the newest segment because a crash had left them incomplete; 0: none. */
  readonly tornTailBytes: number;
  /** Whole records among those bytes; they had never been acknowledged as durable. */
  readonly tornTailRecordCount: number;
  /** Damage that was skipped (only with `salvage`). */
  readonly damage: readonly FileDamage[];
  /** Hint files and snapshots that were damaged, unreadable or out of date and were not believed. */
  readonly ignoredCaches: readonly { readonly fileName: string; readonly reason: string }[];
}

export interface SegmentStats {
  readonly segmentId: number;
  readonly fileName: string;
  readonly state: 'active' | 'sealed';
  readonly sizeBytes: number;
  readonly liveBytes: number;
  readonly deadBytes: number;
  readonly liveCount: number;
  readonly recordCount: number;
  readonly tombstoneCount: number;
  /** Sequence numbers of its records; infinity and 0 while it has none. */
  readonly minSequence: number;
  readonly maxSequence: number;
  readonly hasHintFile: boolean;
}

export interface StoreStats {
  readonly keyCount: number;
  readonly totalBytes: number;
  readonly liveBytes: number;
  readonly deadBytes: number;
  /** Dead share of all record bytes, 0 to 1. */
  readonly deadShare: number;
  readonly lastSequence: number;
  readonly durability: Durability;
  readonly readOnly: boolean;
  readonly keydirBytes: number;
  readonly segments: readonly SegmentStats[];
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
  readonly differences: readonly { readonly key: Uint8Array; readonly kind: 'missing' | 'extra' | 'different' }[];
  readonly damage: readonly FileDamage[];
}

export interface VerifyReport {
  readonly ok: boolean;
  readonly segmentCount: number;
  readonly recordCount: number;
  readonly bytesRead: number;
  readonly durationMs: number;
  readonly problems: readonly { readonly fileName: string; readonly message: string; readonly offsetBytes?: number }[];
  readonly damage: readonly FileDamage[];
}
