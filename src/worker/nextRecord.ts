import type { TaskOptions } from '../engine/api.ts';
import type { Store } from '../engine/store.ts';
import type { NextRecord } from '../shared/recordState.ts';

/** The next record of a key after the one with this sequence number; undefined when the log holds none. */
export async function nextRecord(
  store: Store,
  key: Uint8Array,
  sequence: number,
  task: TaskOptions,
): Promise<NextRecord | undefined> {
  const [next] = await store.history(key, { ...task, after: sequence, limit: 1, oldestFirst: true, maxValueBytes: 0 });
  if (next === undefined) return undefined;
  const between = next.sequence - sequence - 1;
  return { location: next.location, isDirect: countBetween(store, sequence, next.sequence) === between };
}

/**
 * How many of the sequence numbers between two are certainly in the log: those of segments that have every number from
 * their smallest to their largest, as segments have until a compaction drops records.
 */
function countBetween(store: Store, low: number, high: number): number {
  let count = 0;
  for (const { recordCount, minSequence, maxSequence } of store.stats().segments) {
    if (recordCount !== maxSequence - minSequence + 1) continue;
    count += Math.max(0, Math.min(maxSequence, high - 1) - Math.max(minSequence, low + 1) + 1);
  }
  return count;
}
