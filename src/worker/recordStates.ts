/** What has become of the records of a segment: live, or made old by which kind of record. */

import type { KeyInfo } from '../engine/api.ts';
import { OPERATION, RECORD_FLAG } from '../format/layout.ts';
import type { RecordView } from '../format/record.ts';
import type { RecordState } from '../shared/recordState.ts';
import type { DeadKeys } from './deadKeys.ts';
import { openSegmentFile, RecordKeyReader } from './segmentFile.ts';
import { TimeSlice } from './timeSlice.ts';

export interface RecordStatesSource {
  readonly directory: string;
  readonly deadKeys: DeadKeys;
  info(key: Uint8Array): KeyInfo | undefined;
  /** Sequence number of the newest record that reads can see. */
  lastSequence(): number;
}

/** States of the records at these offsets, in order; `unknown` for all when the segment is gone. */
export async function recordStates(
  source: RecordStatesSource,
  segmentId: number,
  offsetsBytes: ArrayLike<number>,
): Promise<RecordState[]> {
  const states: RecordState[] = new Array(offsetsBytes.length).fill('unknown');
  const file = openSegmentFile(source.directory, segmentId);
  if (file === undefined) return states;
  try {
    const reader = new RecordKeyReader(file);
    const slice = new TimeSlice();
    for (let i = 0; i < offsetsBytes.length; i++) {
      const offsetBytes = offsetsBytes[i] as number;
      states[i] = stateAt(source, reader, offsetBytes) ?? (await stateAfterCatchUp(source, reader, offsetBytes));
      if (slice.isOver()) await slice.next();
    }
  } finally {
    file.close();
  }
  return states;
}

/** The record is dead, and what is known of dead keys is older than the record that made it so. */
async function stateAfterCatchUp(
  source: RecordStatesSource,
  reader: RecordKeyReader,
  offsetBytes: number,
): Promise<RecordState> {
  await source.deadKeys.catchUp();
  return stateAt(source, reader, offsetBytes) ?? 'unknown';
}

/** Undefined when `deadKeys` has to catch up first. */
function stateAt(source: RecordStatesSource, reader: RecordKeyReader, offsetBytes: number): RecordState | undefined {
  const view = reader.read(offsetBytes);
  if (view === undefined || view.operation === OPERATION.batch) return 'unknown';
  if (view.sequence > source.lastSequence()) return stateOfUnseen(view);
  const key = view.key;
  const info = source.info(key);
  if (info !== undefined && info.sequence >= view.sequence) {
    return info.sequence === view.sequence ? 'live' : 'superseded';
  }
  const newest = source.deadKeys.newest(key);
  if (newest === undefined || newest.sequence < view.sequence) return undefined;
  if (newest.sequence > view.sequence) {
    return view.operation === OPERATION.put && newest.operation === 'del' ? 'deleted' : 'superseded';
  }
  if (view.operation === OPERATION.del) return 'tombstone';
  return view.expiryMs === 0 ? stateOfUnseen(view) : 'expired';
}

/** A sound record that reads do not see: usually one of a batch that a crash cut short. */
function stateOfUnseen(view: RecordView): RecordState {
  return (view.flags & RECORD_FLAG.inBatch) === 0 ? 'unknown' : 'uncommitted';
}
