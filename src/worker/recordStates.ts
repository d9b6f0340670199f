/** What has become of the records of a segment: live, or made old by which kind of record. */

import type { KeyInfo } from '../engine/api.ts';
import { OPERATION, RECORD_FLAG } from '../format/layout.ts';
import type { RecordView } from '../format/record.ts';
import type { RecordState } from '../shared/recordState.ts';
import type { DeadKeys, DeadRecord } from './deadKeys.ts';
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
    // Once a call is enough: whoever asks while the store is written to asks again after the next change.
    let hasCaughtUp = false;
    for (let i = 0; i < offsetsBytes.length; i++) {
      const view = reader.read(offsetsBytes[i] as number);
      if (view === undefined || view.operation === OPERATION.batch) continue;
      let state = stateByKeydir(source, view);
      if (state === undefined) {
        if (!hasCaughtUp && !source.deadKeys.isCurrent) await source.deadKeys.catchUp();
        hasCaughtUp = true;
        state = stateOfDead(view, source.deadKeys.newest(view.key));
      }
      states[i] = state;
      if (slice.isOver()) await slice.next();
    }
  } finally {
    file.close();
  }
  return states;
}

/** Undefined when the record's key is not live. */
function stateByKeydir(source: RecordStatesSource, view: RecordView): RecordState | undefined {
  if (view.sequence > source.lastSequence()) return stateOfUnseen(view);
  const live = source.info(view.key);
  if (live === undefined || live.sequence < view.sequence) return undefined;
  return live.sequence === view.sequence ? 'live' : 'superseded';
}

function stateOfDead(view: RecordView, newest: DeadRecord | undefined): RecordState {
  const isPut = view.operation === OPERATION.put;
  if (newest === undefined || newest.sequence < view.sequence) return 'unknown';
  if (newest.sequence > view.sequence) return isPut && newest.operation === 'del' ? 'deleted' : 'superseded';
  if (!isPut) return 'tombstone';
  return view.expiryMs === 0 ? stateOfUnseen(view) : 'expired';
}

/** A sound record that reads do not see: usually one of a batch that a crash cut short. */
function stateOfUnseen(view: RecordView): RecordState {
  return (view.flags & RECORD_FLAG.inBatch) === 0 ? 'unknown' : 'uncommitted';
}
