/** Compares the keydir snapshot with what the log says. */

import type { SnapshotHead } from '../format/keydirSnapshot.ts';
import { EntryMarks } from './entryMarks.ts';
import { newRecord } from './keydirEntries.ts';
import type { LiveLog } from './liveLog.ts';
import type { LogComparison } from './logComparison.ts';
import type { Pacer } from './pacer.ts';
import type { Segment } from './segment.ts';
import { type PassedSnapshot, passSnapshot } from './snapshotFile.ts';
import type { SnapshotPart } from './snapshotReader.ts';
import { type SavedEntry, SnapshotWalk } from './snapshotWalk.ts';
import { StrataError } from './strataError.ts';

/** Mark of a newest record that the snapshot has. */
const SAVED = 1;
/** Marks of entries that the order must not name, or not again. */
const FREE = 1;
const NAMED = 2;

/**
 * Calls `note` for everything that opening would take from the snapshot and the log does not say. `newest` knows what
 * the log says up to `lastSequence`. A snapshot of another state of the segments is not compared: opening would not use
 * it.
 */
export async function checkSnapshot(
  log: LiveLog,
  newest: LogComparison,
  lastSequence: number,
  pacer: Pacer,
  note: (message: string) => void,
): Promise<void> {
  const result = passSnapshot(log.storage, log.directory, { accept: () => undefined, expires: () => undefined });
  if (result === undefined) return;
  if (!result.ok) {
    note(`the file is damaged: ${result.reason}; it is a cache and will be rebuilt`);
    return;
  }
  const { passed } = result;
  try {
    const covered = findCovered(log, passed.head);
    if (covered === undefined || passed.head.lastSequence > lastSequence) return;
    const isNewest = passed.head.lastSequence === lastSequence;
    const marks = new EntryMarks(newest.end);
    await new SnapshotWalk(passed, log.keydir.parts.hashSeed).forEach(
      pacer,
      (hashes, count) => newest.touch(hashes, count),
      entryCheck(log, newest, marks, { covered, isNewest }, note),
    );
    if (!(await namesEachOnce(passed, pacer))) note('its order does not name each of its keys once');
    await newest.forEach(pacer, (number, record, key) => {
      if (record.offsetBytes >= (covered.sizeBytesOf.get(record.slot) ?? 0)) return;
      if (marks.get(number) !== SAVED) note(`it lacks the newest record of the key ${inHex(key())}`);
    });
  } catch (error) {
    if (!(error instanceof StrataError) || error.code === 'ABORTED') throw error;
    note(`the file cannot be read: ${error.message}; it is a cache, and the store works without`);
  } finally {
    passed.reader.close();
  }
}

/** Whether the order has every entry that is not free, and none twice. That its keys ascend is not looked at. */
async function namesEachOnce({ head, reader, order, freeEntries }: PassedSnapshot, pacer: Pacer): Promise<boolean> {
  if (!head.hasOrder) return true;
  const marks = new EntryMarks(head.entryCount);
  for (const entry of freeEntries) marks.set(entry, FREE);
  for (let index = 0; index < order.length; index++) {
    await pacer.pause();
    const entries = new Uint32Array((order[index] as SnapshotPart).sizeBytes / Uint32Array.BYTES_PER_ELEMENT);
    for (const entry of reader.load(order, index, entries)) {
      if (marks.get(entry) !== 0) return false;
      marks.set(entry, NAMED);
    }
  }
  // As many as there are: the layout says so.
  return true;
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

/** For each entry of the snapshot: the log must say the same. Marks the newest records that the snapshot has. */
function entryCheck(
  log: LiveLog,
  newest: LogComparison,
  marks: EntryMarks,
  { covered, isNewest }: { readonly covered: Covered; readonly isNewest: boolean },
  note: (message: string) => void,
): (saved: SavedEntry) => void {
  const actual = newRecord();
  return ({ bytes, start, length, hash, record: claimed, isFound }) => {
    const key = () => inHex(bytes.subarray(start, start + length));
    const number = newest.find(bytes, start, length, hash, actual);
    if (number === -1) {
      // With newer records than the snapshot's, the key may have been deleted since.
      if (isNewest && !log.hasExpired(claimed)) note(`it holds the key ${key()}, which the log does not`);
      return;
    }
    const isSamePlace =
      actual.slot === covered.segments[claimed.slot]?.slot &&
      actual.offsetBytes === claimed.offsetBytes &&
      actual.valueLength === claimed.valueLength &&
      actual.expiryMs === claimed.expiryMs;
    const isSame = actual.sequence === claimed.sequence;
    if (isSame && isFound) marks.set(number, SAVED);
    const isSound = isSame ? isSamePlace : actual.sequence > claimed.sequence;
    if (!isSound) note(`its entry for the key ${key()} is not what the log says`);
  };
}

function inHex(key: Uint8Array): string {
  return `${Buffer.from(key).toString('hex')} (hex)`;
}
