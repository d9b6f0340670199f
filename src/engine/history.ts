/** Every version of a key that is still in the log. */

import { OPERATION, RECORD_HEADER_SIZE } from '../format/layout.ts';
import type { RecordView } from '../format/record.ts';
import type { RecordVersion, TaskOptions } from './api.ts';
import type { LiveLog } from './liveLog.ts';
import { Pacer } from './pacer.ts';
import type { Segment } from './segment.ts';
import { scanSegmentInSteps } from './segmentReader.ts';

/** Newest first. Reads the whole log; damaged ranges are passed over, for `verify` reports them. */
export async function readHistory(log: LiveLog, key: Uint8Array, task: TaskOptions): Promise<RecordVersion[]> {
  const versions: RecordVersion[] = [];
  const pacer = new Pacer('Reading the history', task.signal);
  const segments = log.segments.live();
  const total = segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
  let done = 0;
  for (const segment of segments) {
    const { file, id: segmentId, sizeBytes } = segment;
    const steps = scanSegmentInSteps(
      { file, segmentId, sizeBytes },
      {
        record: (view) => {
          if (isOf(view, key)) versions.push(versionOf(view, segment));
        },
        damage: () => undefined,
        batchEnd: () => undefined,
      },
    );
    for (let step = steps.next(); step.done !== true; step = steps.next()) {
      done += step.value;
      task.onProgress?.({ done: Math.min(done, total), total });
      await pacer.pause();
    }
  }
  return versions.sort((a, b) => b.sequence - a.sequence);
}

function isOf(view: RecordView, key: Uint8Array): boolean {
  if (view.operation === OPERATION.batch || view.keyLength !== key.length) return false;
  const start = view.start + RECORD_HEADER_SIZE;
  for (let i = 0; i < key.length; i++) if (view.bytes[start + i] !== key[i]) return false;
  return true;
}

function versionOf(view: RecordView, segment: Segment): RecordVersion {
  const { sequence, timestampMs, expiryMs, offsetBytes, sizeBytes } = view;
  const isPut = view.operation === OPERATION.put;
  return {
    operation: isPut ? 'put' : 'del',
    sequence,
    timestampMs,
    expiryMs,
    value: isPut ? view.value.slice() : undefined,
    location: { segmentId: segment.id, offsetBytes, sizeBytes },
  };
}
