/** Reads the whole log and compares the running keydir with it. */

import { FILE_HEADER_SIZE } from '../format/layout.ts';
import type { FileDamage, ReplayReport, TaskOptions } from './api.ts';
import type { KeydirRecord } from './keydirEntries.ts';
import type { LiveLog } from './liveLog.ts';
import { LogComparison } from './logComparison.ts';
import { LogReplayer } from './logReplayer.ts';
import { Pacer } from './pacer.ts';
import { Segment } from './segment.ts';
import { scanSegmentInSteps } from './segmentReader.ts';
import type { StateReader } from './storeSnapshot.ts';
import type { RecordTaker } from './waitingRecords.ts';

/** What the log holds, as far as it counts its records. */
export type LogReport = Omit<ReplayReport, 'keyCount' | 'differences' | 'durationMs'>;

/**
 * Compares all of every live segment, as far as it is written now, with the running keydir. `reader` reads the state of
 * now: what is appended meanwhile is part of neither.
 */
export async function compareWithLog(
  log: LiveLog,
  reader: StateReader,
  doing: string,
  task: TaskOptions,
): Promise<{ readonly comparison: LogComparison; readonly report: LogReport }> {
  const segments = log.segments.live();
  const sizes = segments.map((segment) => segment.sizeBytes);
  const copies = () => segments.map((segment, index) => copyOf(segment, sizes[index] as number));
  const comparison = new LogComparison(log, reader);
  const pacer = new Pacer(doing, task.signal);
  const report = await readLog(copies(), comparison.taker, pacer, task.onProgress);
  if (await comparison.hasUnmet(pacer)) await readLog(copies(), comparison.secondTaker, pacer);
  return { comparison, report };
}

async function readLog(
  segments: readonly Segment[],
  keydir: RecordTaker,
  pacer: Pacer,
  onProgress: TaskOptions['onProgress'] = () => undefined,
): Promise<LogReport> {
  const counts = { puts: 0, tombstones: 0, batches: 0 };
  const damage: FileDamage[] = [];
  const total = segments.reduce((sum, segment) => sum + segment.sizeBytes - FILE_HEADER_SIZE, 0);
  let done = 0;
  for (const segment of segments) {
    const replayer = new LogReplayer(keydir, segment, { applyBehindTrouble: true });
    const { file, id: segmentId, sizeBytes } = segment;
    const steps = scanSegmentInSteps({ file, segmentId, sizeBytes }, replayer);
    for (let step = steps.next(); step.done !== true; step = steps.next()) {
      done += step.value;
      onProgress({ done: Math.min(done, total), total });
      await pacer.pause();
    }
    counts.puts += segment.recordCount - segment.tombstoneCount;
    counts.tombstones += segment.tombstoneCount;
    counts.batches += replayer.batchCount;
    damage.push(...replayer.damages);
  }
  onProgress({ done: total, total });
  return {
    segmentCount: segments.length,
    recordCount: counts.puts + counts.tombstones,
    putCount: counts.puts,
    tombstoneCount: counts.tombstones,
    batchCount: counts.batches,
    bytesRead: total,
    damage,
  };
}

/** The same file and slot, with counters of its own. */
function copyOf(segment: Segment, sizeBytes: number): Segment {
  const { id, slot, file, state } = segment;
  return new Segment({ id, slot, file, state, sizeBytes });
}

/** Puts one key of the running keydir right, unless somebody has written it since. `record`: as in `OnDifference`. */
export function repairKey(
  log: LiveLog,
  key: Uint8Array,
  record: Readonly<KeydirRecord> | undefined,
  reader: StateReader,
): void {
  const entry = log.keydir.find(key, 0, key.length);
  const sequence = entry === -1 ? 0 : log.keydir.sequenceOf(entry);
  if (sequence > reader.sequence) return;
  if (record === undefined) log.keydir.del(key, 0, key.length, sequence, false);
  else log.keydir.repair(key, record);
}
