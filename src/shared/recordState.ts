/**
 * What a store knows of the records of one of its segments, for whoever shows a segment. Implemented by the client of
 * the store's engine; nothing of it is needed to decode a segment.
 */

import type { RecordLocation, TaskOptions } from './keyValueStore.ts';

/**
 * - `live`: the newest record of its key, a put that has not expired.
 * - `superseded`: a later record of the same key exists, and it is a put.
 * - `deleted`: a put whose key a later tombstone deleted.
 * - `expired`: the newest record of its key, a put whose time has passed.
 * - `tombstone`: the newest record of its key, a delete.
 * - `uncommitted`: belongs to a batch that is not complete and therefore never happened.
 * - `unknown`: no valid record stands there, or the store does not know the segment.
 */
export type RecordState = 'live' | 'superseded' | 'deleted' | 'expired' | 'tombstone' | 'uncommitted' | 'unknown';

export interface RecordStateSource {
  /**
   * States of the records that start at these offsets of a segment, in the order asked; at most 10,000 a call. Batch
   * frames and offsets where no record starts are `unknown`. Reads the records' keys from the segment and looks them
   * up in the keydir; writes nothing.
   */
  recordStates(segmentId: number, offsetsBytes: readonly number[]): Promise<RecordState[]>;

  /**
   * Live bytes of a segment by equal blocks from the start of the file: element `i` holds the bytes of live records
   * that *start* in `[i * blockSizeBytes, (i + 1) * blockSizeBytes)`. One walk over the keydir, no reads.
   */
  liveBytesByBlock(segmentId: number, blockSizeBytes: number, blockCount: number): Promise<Float64Array>;

  /**
   * The newest record of a key, tombstones included; undefined when the keydir knows none. The keydir keeps no
   * tombstones once they are compacted away.
   */
  newestRecord(key: Uint8Array): Promise<RecordLocation | undefined>;

  /**
   * The next record of a key after the one with this sequence number, tombstones included; undefined when the log holds
   * none. Reads the log. Rejects with code `ABORTED` when cancelled.
   */
  nextRecord(key: Uint8Array, sequence: number, task?: TaskOptions): Promise<NextRecord | undefined>;
}

export interface NextRecord {
  readonly location: RecordLocation;
  /** No compaction can have dropped another record of the key between the two: the log has every number in between. */
  readonly isDirect: boolean;
}
