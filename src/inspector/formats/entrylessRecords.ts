/**
 * Finds the records that a keydir snapshot should have an entry for, and has none: the newest put of a key, unless its
 * time was over. What is newest only all segments together tell, so their keys are taken in as many shares as it
 * takes for one share to fit into a fixed amount of memory, with one pass over the files for each.
 */

import { Buffer } from 'node:buffer';
import { segmentFileName } from '../../format/fileName.ts';
import { FILE_HEADER, FILE_HEADER_SIZE, OPERATION } from '../../format/layout.ts';
import { readU64 } from '../../format/littleEndian.ts';
import type { CrossCheckContext, LogFile, LogRecord } from '../logFormat.ts';
import { nodeCrc32 } from '../nodeCrc32.ts';
import type { RangedFile } from '../rangedFile.ts';
import { RowPuller } from './rowPuller.ts';
import type { CoveredSegment } from './snapshotCheck.ts';

interface EntrylessSearch {
  readonly snapshot: LogFile;
  /** Index of live entries among the snapshot's operations. */
  readonly entryOperation: number;
  readonly openSegment: (file: RangedFile, fileName: string) => LogFile;
  readonly segments: readonly CoveredSegment[];
  /** The snapshot has not as many entries as it says itself. */
  readonly countsDiffer: boolean;
  /** Called when the search ends without having looked at all keys. */
  readonly onGivenUp: () => void;
  readonly context: CrossCheckContext;
}

/** Of the keys of one share and what is known of them. */
const MAX_SHARE_BYTES = 0x100_0000;
/** About what a key takes beyond its bytes. */
const BYTES_OF_KEY = 150;
/** As many passes are made at most, enough for about 700,000 keys: nobody waits for more, nor has asked for them. */
const MAX_SHARES = 8;

interface Newest {
  readonly sequence: number;
  readonly segmentIndex: number;
  readonly offsetBytes: number;
  /** A put whose time was not over. */
  readonly wantsEntry: boolean;
}

/**
 * Gives up where a segment is missing or damaged: a record that is lost may have replaced any other. Several passes are
 * made only where the counts say that something is missing.
 */
export async function* recordsWithoutEntry(
  search: EntrylessSearch,
): AsyncGenerator<{ readonly segmentId: number; readonly offsetBytes: number }> {
  const { segments, countsDiffer, onGivenUp } = search;
  if (segments.some(({ file, coveredSizeBytes }) => file === undefined || file.sizeBytes < coveredSizeBytes)) {
    onGivenUp();
    return;
  }
  let shares = 1;
  for (let share = 0; share < shares; ) {
    const newest = await newestOfShare(search, share, shares);
    if (newest === 'damaged' || (newest === 'too-many' && (!countsDiffer || shares >= MAX_SHARES))) {
      onGivenUp();
      return;
    }
    if (newest === 'too-many') {
      shares *= 2;
      share *= 2;
      continue;
    }
    await dropThoseWithEntry(search, newest, share, shares);
    for (const { segmentIndex, offsetBytes, wantsEntry } of newest.values()) {
      const segment = segments[segmentIndex];
      if (wantsEntry && segment !== undefined) yield { segmentId: segment.segmentId, offsetBytes };
    }
    share++;
  }
}

async function newestOfShare(
  { segments, openSegment, context }: EntrylessSearch,
  share: number,
  shares: number,
): Promise<Map<string, Newest> | 'too-many' | 'damaged'> {
  const head = new Uint8Array(FILE_HEADER_SIZE);
  context.file.read(head, 0);
  const createdMs = readU64(head, FILE_HEADER.created);
  const newest = new Map<string, Newest>();
  let sizeBytes = 0;
  for (const [segmentIndex, { file, segmentId, coveredSizeBytes }] of segments.entries()) {
    if (file === undefined) return 'damaged';
    const rows = new RowPuller(file, openSegment(file, segmentFileName(segmentId)));
    for await (const { record, key } of recordsOfShare(rows, share, shares, context)) {
      if (record.offsetBytes >= coveredSizeBytes) break;
      if (record.groupRole === 'orphan') continue;
      const before = newest.get(key);
      if (before !== undefined && before.sequence > record.sequence) continue;
      if (before === undefined) sizeBytes += key.length + BYTES_OF_KEY;
      if (sizeBytes > MAX_SHARE_BYTES) return 'too-many';
      const isOver = record.expiryMs > 0 && record.expiryMs <= createdMs;
      newest.set(key, {
        sequence: record.sequence,
        segmentIndex,
        offsetBytes: record.offsetBytes,
        wantsEntry: record.operation === OPERATION.put && !isOver,
      });
    }
    if (rows.damagedRanges > 0) return 'damaged';
  }
  return newest;
}

async function dropThoseWithEntry(
  { snapshot, entryOperation, context }: EntrylessSearch,
  newest: Map<string, Newest>,
  share: number,
  shares: number,
): Promise<void> {
  const rows = new RowPuller(context.file, snapshot);
  for await (const { record, key } of recordsOfShare(rows, share, shares, context)) {
    if (record.operation !== entryOperation) continue;
    const known = newest.get(key);
    const place = record.entryPlace;
    if (known?.segmentIndex === place?.segmentIndex && known?.offsetBytes === place?.offsetBytes) newest.delete(key);
  }
}

async function* recordsOfShare(
  rows: RowPuller,
  share: number,
  shares: number,
  context: CrossCheckContext,
): AsyncGenerator<{ readonly record: LogRecord; readonly key: string }> {
  for (let record = await rows.readOn(context); record !== undefined; ) {
    const { key } = record;
    // Of twice as many shares, those of one are the two that follow each other.
    if (shares === 1 || Math.floor((nodeCrc32(key, 0, key.length, 0) / 2 ** 32) * shares) === share) {
      yield { record, key: Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1') };
    }
    record = rows.next() ?? (await rows.readOn(context));
  }
}
