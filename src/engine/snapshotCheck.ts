/** Compares the keydir snapshot with a keydir that was rebuilt from the log. */

import type { SnapshotHead } from '../format/keydirSnapshot.ts';
import type { Keydir } from './keydir.ts';
import type { LiveLog } from './liveLog.ts';
import type { Pacer } from './pacer.ts';
import type { Segment } from './segment.ts';
import { loadSnapshot } from './snapshotFile.ts';
import { newRecord } from './storeSnapshot.ts';

/**
 * Calls `note` for everything that opening would take from the snapshot and the log does not say. `rebuilt` holds the
 * log up to `lastSequence`. A snapshot of another state of the segments is not compared: opening would not use it.
 */
export async function checkSnapshot(
  log: LiveLog,
  rebuilt: Keydir,
  lastSequence: number,
  pacer: Pacer,
  note: (message: string) => void,
): Promise<void> {
  const loaded = loadSnapshot(log.storage, log.directory, () => undefined);
  if (loaded === undefined) return;
  if (!loaded.ok) {
    note(`the file is damaged: ${loaded.reason}; it is a cache and will be rebuilt`);
    return;
  }
  const { head, keydir } = loaded;
  try {
    const covered = findCovered(log, head);
    if (covered === undefined || head.lastSequence > lastSequence) return;
    const isNewest = head.lastSequence === lastSequence;
    await keydir.forEachInSlices(pacer, entryCheck(log, keydir, rebuilt, { covered, isNewest }, note));
    await rebuilt.forEachInSlices(pacer, absenceCheck(keydir, rebuilt, covered, note));
  } finally {
    keydir.close();
  }
}

/** What a snapshot covers: its segments in their order, and for each of their slots in the log up to which byte. */
interface Covered {
  readonly segments: readonly Segment[];
  readonly sizeBytesOf: ReadonlyMap<number, number>;
}

function findCovered(log: LiveLog, head: SnapshotHead): Covered | undefined {
  const segments: Segment[] = [];
  const sizeBytesOf = new Map<number, number>();
  for (const { segmentId, coveredSizeBytes } of head.segments) {
    const segment = log.segments.byId(segmentId);
    if (segment === undefined) return undefined;
    segments.push(segment);
    sizeBytesOf.set(segment.slot, coveredSizeBytes);
  }
  return { segments, sizeBytesOf };
}

/** For each entry of the snapshot: the log must say the same. */
function entryCheck(
  log: LiveLog,
  snapshot: Keydir,
  rebuilt: Keydir,
  { covered, isNewest }: { readonly covered: Covered; readonly isNewest: boolean },
  note: (message: string) => void,
): (entry: number) => void {
  const claimed = newRecord();
  const actual = newRecord();
  return (entry) => {
    snapshot.read(entry, claimed);
    const key = snapshot.keyView(entry);
    const found = rebuilt.find(key, 0, key.length);
    if (found === -1) {
      // With newer records than the snapshot's, the key may have been deleted since.
      if (isNewest && !log.hasExpired(claimed)) note(`it holds the key ${inHex(key)}, which the log does not`);
      return;
    }
    rebuilt.read(found, actual);
    const isSamePlace =
      actual.slot === covered.segments[claimed.slot]?.slot &&
      actual.offsetBytes === claimed.offsetBytes &&
      actual.valueLength === claimed.valueLength &&
      actual.expiryMs === claimed.expiryMs;
    const isSound = actual.sequence === claimed.sequence ? isSamePlace : actual.sequence > claimed.sequence;
    if (!isSound) note(`its entry for the key ${inHex(key)} is not what the log says`);
  };
}

/** For each entry of the log: if the snapshot covers its record, it must have it. */
function absenceCheck(
  snapshot: Keydir,
  rebuilt: Keydir,
  covered: Covered,
  note: (message: string) => void,
): (entry: number) => void {
  const record = newRecord();
  return (entry) => {
    rebuilt.read(entry, record);
    if (record.offsetBytes >= (covered.sizeBytesOf.get(record.slot) ?? 0)) return;
    const key = rebuilt.keyView(entry);
    const found = snapshot.find(key, 0, key.length);
    if (found === -1 || snapshot.sequenceOf(found) !== record.sequence) {
      note(`it lacks the newest record of the key ${inHex(key)}`);
    }
  };
}

function inHex(key: Uint8Array): string {
  return `${Buffer.from(key).toString('hex')} (hex)`;
}
