/** What a keydir should be: one that is built from the whole log, and what differs from it. */

import { Keydir } from '../../src/engine/keydir.ts';
import { type KeydirRecord, newRecord } from '../../src/engine/keydirEntries.ts';
import type { LiveLog } from '../../src/engine/liveLog.ts';
import { LogReplayer } from '../../src/engine/logReplayer.ts';
import { Segment } from '../../src/engine/segment.ts';
import { scanSegmentInSteps } from '../../src/engine/segmentReader.ts';

export function rebuildKeydir(log: LiveLog, nowMs: number): Keydir {
  const keydir = new Keydir(1);
  for (const { id, slot, file, state, sizeBytes } of log.segments.live()) {
    const segment = new Segment({ id, slot, file, state, sizeBytes });
    const replayer = new LogReplayer(keydir, segment, { applyBehindTrouble: true });
    for (const _ of scanSegmentInSteps({ file, segmentId: id, sizeBytes }, replayer));
  }
  keydir.dropGhosts();
  keydir.expire(nowMs);
  return keydir;
}

export interface Contents {
  readonly [keyInHex: string]: KeydirRecord;
}

/** What a keydir shows as of a sequence number. */
export function contentsOf(keydir: Keydir, sequence = Number.POSITIVE_INFINITY): Contents {
  const contents: Record<string, KeydirRecord> = {};
  const record = newRecord();
  for (let entry = 0; entry < keydir.entriesEnd; entry++) {
    if (keydir.readAt(entry, sequence, record)) contents[hex(keydir.keyView(entry))] = { ...record };
  }
  return contents;
}

/** One line for each key of which the two say different things. */
export function differencesBetween(running: Contents, rebuilt: Contents): string[] {
  const lines: string[] = [];
  for (const key of new Set([...Object.keys(running), ...Object.keys(rebuilt)])) {
    const [actual, expected] = [running[key], rebuilt[key]];
    if (actual === undefined) lines.push(`missing ${key}`);
    else if (expected === undefined) lines.push(`extra ${key}`);
    else if (JSON.stringify(actual) !== JSON.stringify(expected)) lines.push(`different ${key}`);
  }
  return lines.sort();
}

export function hex(key: Uint8Array): string {
  return Buffer.from(key).toString('hex');
}
