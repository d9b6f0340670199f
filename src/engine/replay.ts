/** Rebuilds a keydir from the log alone and compares it with the running one. */

import { FILE_HEADER_SIZE } from '../format/layout.ts';
import type { FileDamage, ReplayReport, TaskOptions } from './api.ts';
import { Keydir } from './keydir.ts';
import type { KeydirRecord } from './keydirEntries.ts';
import { KeyForecast } from './keyForecast.ts';
import type { LiveLog } from './liveLog.ts';
import { LogReplayer } from './logReplayer.ts';
import { Pacer } from './pacer.ts';
import { makeHashSeed } from './recovery.ts';
import { Segment } from './segment.ts';
import { scanSegmentInSteps } from './segmentReader.ts';
import { newRecord, type StateReader } from './storeSnapshot.ts';

/** A report names at most this many differences. */
const MAX_DIFFERENCES = 1000;

export interface RebuiltKeydir {
  readonly keydir: Keydir;
  readonly report: Omit<ReplayReport, 'keyCount' | 'differences' | 'durationMs'>;
}

/** Scans every live segment as far as it is written now. */
export async function rebuildKeydir(log: LiveLog, doing: string, task: TaskOptions): Promise<RebuiltKeydir> {
  const keydir = new Keydir(makeHashSeed());
  const pacer = new Pacer(doing, task.signal);
  const counts = { puts: 0, tombstones: 0, batches: 0 };
  const damage: FileDamage[] = [];
  // Sizes as of now: what is appended meanwhile is not part of the state that is rebuilt.
  const segments = log.segments.live().map((segment) => copyOf(segment));
  const total = segments.reduce((sum, segment) => sum + segment.sizeBytes - FILE_HEADER_SIZE, 0);
  const forecast = new KeyForecast(keydir, total);
  let done = 0;
  for (const segment of segments) {
    const replayer = new LogReplayer(keydir, segment, { applyBehindTrouble: true });
    const { file, id: segmentId, sizeBytes } = segment;
    const steps = scanSegmentInSteps({ file, segmentId, sizeBytes }, replayer);
    for (let step = steps.next(); step.done !== true; step = steps.next()) {
      done += step.value;
      forecast.advance(step.value);
      task.onProgress?.({ done: Math.min(done, total), total });
      await pacer.pause();
    }
    counts.puts += segment.recordCount - segment.tombstoneCount;
    counts.tombstones += segment.tombstoneCount;
    counts.batches += replayer.batchCount;
    damage.push(...replayer.damages);
  }
  task.onProgress?.({ done: total, total });
  keydir.dropGhosts();
  return {
    keydir,
    report: {
      segmentCount: segments.length,
      recordCount: counts.puts + counts.tombstones,
      putCount: counts.puts,
      tombstoneCount: counts.tombstones,
      batchCount: counts.batches,
      bytesRead: total,
      damage,
    },
  };
}

/** The same file and slot, with counters of its own. */
function copyOf(segment: Segment): Segment {
  const { id, slot, file, state, sizeBytes } = segment;
  return new Segment({ id, slot, file, state, sizeBytes });
}

export interface KeydirComparison {
  readonly keyCount: number;
  readonly differences: { readonly key: Uint8Array; readonly kind: 'missing' | 'extra' | 'different' }[];
}

/** Called for each difference, with the rebuilt record unless the log has none. */
type OnDifference = (key: Uint8Array, rebuiltRecord: Readonly<KeydirRecord> | undefined) => void;

/** Compares the rebuilt keydir with the running one as of `reader`, while others read and write the store. */
export async function compareKeydirs(
  log: LiveLog,
  rebuilt: Keydir,
  reader: StateReader,
  pacer: Pacer,
  onDifference: OnDifference = () => undefined,
): Promise<KeydirComparison> {
  const differences: { key: Uint8Array; kind: 'missing' | 'extra' | 'different' }[] = [];
  const expected = newRecord();
  const actual = newRecord();
  const note = (key: Uint8Array, kind: 'missing' | 'extra' | 'different') => {
    if (differences.length < MAX_DIFFERENCES) differences.push({ key, kind });
  };
  await rebuilt.forEachInSlices(pacer, (entry) => {
    const key = rebuilt.keyView(entry);
    rebuilt.read(entry, expected);
    const running = log.keydir.find(key, 0, key.length);
    const isThere = running !== -1 && log.keydir.readAt(running, reader.sequence, actual);
    if (isThere && isSame(expected, actual)) return;
    // Its time was over after the comparison had begun.
    if (!isThere && log.hasExpired(expected)) return;
    note(key.slice(), isThere ? 'different' : 'missing');
    onDifference(key, expected);
  });
  await log.keydir.forEachInSlices(pacer, (entry) => {
    if (!log.keydir.readAt(entry, reader.sequence, actual)) return;
    const key = log.keydir.keyView(entry);
    if (rebuilt.find(key, 0, key.length) !== -1) return;
    note(key.slice(), 'extra');
    onDifference(key.slice(), undefined);
  });
  return { keyCount: rebuilt.count, differences };
}

/** Puts one key of the running keydir right, unless somebody has written it since. */
export function repairKey(
  log: LiveLog,
  key: Uint8Array,
  rebuiltRecord: Readonly<KeydirRecord> | undefined,
  reader: StateReader,
): void {
  const entry = log.keydir.find(key, 0, key.length);
  const sequence = entry === -1 ? 0 : log.keydir.sequenceOf(entry);
  if (sequence > reader.sequence) return;
  if (rebuiltRecord === undefined) log.keydir.del(key, 0, key.length, sequence, false);
  else log.keydir.repair(key, rebuiltRecord);
}

function isSame(a: Readonly<KeydirRecord>, b: Readonly<KeydirRecord>): boolean {
  return (
    a.slot === b.slot &&
    a.offsetBytes === b.offsetBytes &&
    a.valueLength === b.valueLength &&
    a.sequence === b.sequence &&
    a.expiryMs === b.expiryMs
  );
}
