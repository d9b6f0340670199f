/**
 * Looks up a few keys in a snapshot file that has been read and not loaded.
 *
 * A sound file may still come from a build whose hash was another: then no key would be found, though all are there.
 * A look-up through the keydir would tell as well, but would bring megabytes into memory for four keys.
 */

import type { SnapshotHead, SnapshotLayout } from '../format/keydirSnapshot.ts';
import { hashKey } from '../format/keyHash.ts';
import { KEY_UNIT, SNAPSHOT_ENTRY, SNAPSHOT_ENTRY_SIZE } from '../format/layout.ts';
import { readU16, readU32 } from '../format/littleEndian.ts';
import { entryIn, SHARD_SHIFT, tagIn, tagOf } from './keyTable.ts';
import type { SnapshotPart, SnapshotReader } from './snapshotReader.ts';

const SPOT_CHECKS = 8;
const WORD_SIZE = Uint32Array.BYTES_PER_ELEMENT;
/** Of a key in the key area. */
const LENGTH_SIZE = 2;

/** What was noted while the file was read: the parts of the hash table, and which entries are free, in their order. */
interface PassedTable {
  readonly shards: readonly SnapshotPart[];
  readonly freeEntries: readonly number[];
}

/**
 * Whether some entries are found by their keys: the first, the last, and others in between, because a file may also
 * come from a build that wrote some of its keys in the wrong place.
 */
export function entriesAreFound(
  reader: SnapshotReader,
  head: SnapshotHead,
  layout: SnapshotLayout,
  { shards, freeEntries }: PassedTable,
): boolean {
  let passedFree = 0;
  let entry = -1;
  for (let check = 0; check < SPOT_CHECKS; check++) {
    entry = Math.max(entry + 1, Math.floor((check * (head.entryCount - 1)) / (SPOT_CHECKS - 1)));
    while ((freeEntries[passedFree] ?? entry) < entry) passedFree++;
    for (; freeEntries[passedFree] === entry; passedFree++) entry++;
    if (entry >= head.entryCount) break;
    const entryAt = layout.columns.entries.offsetBytes + entry * SNAPSHOT_ENTRY_SIZE;
    const bytes = reader.peek(entryAt, SNAPSHOT_ENTRY_SIZE);
    const keyAt = layout.columns.keyArea.offsetBytes + readU32(bytes, SNAPSHOT_ENTRY.key) * KEY_UNIT;
    const keyLength = readU16(reader.peek(keyAt, LENGTH_SIZE), 0);
    const hash = hashKey(reader.peek(keyAt + LENGTH_SIZE, keyLength), 0, keyLength, head.hashSeed);
    if (readU32(bytes, SNAPSHOT_ENTRY.hash) !== hash >>> 0) return false;
    if (!isInShard(reader, shards[hash >>> SHARD_SHIFT], hash, entry)) return false;
  }
  return true;
}

function isInShard(reader: SnapshotReader, shard: SnapshotPart | undefined, hash: number, entry: number): boolean {
  const slots = (shard?.sizeBytes ?? 0) / WORD_SIZE;
  // That a shard has an empty slot, at which the search ends, may not have been checked yet.
  for (let step = 0; shard !== undefined && step < slots; step++) {
    const at = (hash + step) & (slots - 1);
    const stored = readU32(reader.peek(shard.offsetBytes + at * WORD_SIZE, WORD_SIZE), 0);
    if (stored === 0) return false;
    if (entryIn(stored) === entry) return tagIn(stored) === tagOf(hash);
  }
  return false;
}
