/** Compares the entries of a keydir snapshot with the records they point at. */

import { segmentSalt } from '../../format/crc32.ts';
import { segmentFileName } from '../../format/fileName.ts';
import {
  OPERATION,
  RECORD_HEADER_SIZE,
  SNAPSHOT,
  SNAPSHOT_FIRST_SEGMENT,
  SNAPSHOT_SEGMENT,
  SNAPSHOT_SEGMENT_SIZE,
} from '../../format/layout.ts';
import { readU32, readU64 } from '../../format/littleEndian.ts';
import { decodeRecord, decodeRecordHeader, type RecordProblem, RecordView } from '../../format/record.ts';
import type { CrossCheck } from '../../shared/inspectorMessages.ts';
import { formatCount, formatOffset } from '../../shared/quantities.ts';
import { sameBytes } from '../../shared/sameBytes.ts';
import type { CrossCheckContext, LogFile, LogRecord } from '../logFormat.ts';
import { nodeCrc32 } from '../nodeCrc32.ts';
import type { RangedFile } from '../rangedFile.ts';
import { findRecordsWithoutEntry } from './entrylessRecords.ts';
import { notLookedFor } from './notLookedFor.ts';
import { ProblemList } from './problemList.ts';
import { RowPuller } from './rowPuller.ts';

/** Most records are read whole with their head. */
const RECORD_HEAD_SIZE = 4096;

/** A segment of the snapshot's table. */
export interface CoveredSegment {
  readonly segmentId: number;
  readonly coveredSizeBytes: number;
  readonly liveCount: number;
  readonly file: RangedFile | undefined;
  readonly salt: number;
  entriesSeen: number;
}

/** `entryOperation` is the index of live entries among the snapshot's operations. */
export async function checkSnapshot(
  snapshot: LogFile,
  entryOperation: number,
  openSegment: (file: RangedFile, fileName: string) => LogFile,
  context: CrossCheckContext,
): Promise<CrossCheck> {
  const problems = new ProblemList();
  const segments = readSegments(context, problems);
  try {
    const rows = new RowPuller(context.file, snapshot);
    for (let row = await rows.readOn(context); row !== undefined; row = rows.next() ?? (await rows.readOn(context))) {
      if (row.operation !== entryOperation) continue;
      checkEntry(row, segments, problems);
      // Each entry is a read somewhere else.
      const pause = context.pause();
      if (pause !== undefined) await pause;
    }
    let countsDiffer = false;
    /** What is said of the entries alone, where not all records were looked at. */
    let agreement = 'agree';
    for (const { segmentId, liveCount, entriesSeen } of segments) {
      if (liveCount === entriesSeen) continue;
      countsDiffer = true;
      problems.add(
        `Segment ${segmentId} should have ${formatCount(liveCount)} live records, but ${formatCount(entriesSeen)} entries name it.`,
      );
    }
    if (rows.damagedRanges === 0 && context.openBeside !== undefined) {
      const onFound = ({ segmentId, offsetBytes }: { readonly segmentId: number; readonly offsetBytes: number }) =>
        problems.add(`The record at ${formatOffset(offsetBytes)} of segment ${segmentId} has no entry.`);
      const search = { snapshot, entryOperation, openSegment, segments, countsDiffer, context, onFound };
      if ((await findRecordsWithoutEntry(search)) !== 'complete') agreement = 'entries agree';
    }
    if (rows.damagedRanges > 0) problems.add('The snapshot is damaged; what follows the damage was not compared.');
    // What the snapshot contradicts in itself is known all the same.
    if (context.openBeside === undefined && problems.isEmpty) return notLookedFor('segments', 'The segments were');
    return problems.result('segments', agreement);
  } finally {
    for (const { file } of segments) file?.close();
  }
}

function readSegments({ file, openBeside }: CrossCheckContext, problems: ProblemList): CoveredSegment[] {
  const head = readBytes(file, 0, SNAPSHOT_FIRST_SEGMENT);
  if (head.length < SNAPSHOT_FIRST_SEGMENT) return [];
  const claimed = readU32(head, SNAPSHOT.segmentCount) * SNAPSHOT_SEGMENT_SIZE;
  const table = readBytes(file, SNAPSHOT_FIRST_SEGMENT, Math.min(claimed, file.sizeBytes));
  const segments: CoveredSegment[] = [];
  for (let at = 0; at + SNAPSHOT_SEGMENT_SIZE <= table.length; at += SNAPSHOT_SEGMENT_SIZE) {
    const segmentId = readU32(table, at + SNAPSHOT_SEGMENT.segmentId);
    const coveredSizeBytes = readU64(table, at + SNAPSHOT_SEGMENT.coveredSize);
    const segment = openBeside?.(segmentFileName(segmentId));
    if (segment !== undefined && segment.sizeBytes < coveredSizeBytes)
      problems.add(`Segment ${segmentId} is shorter than the snapshot says.`);
    if (segment === undefined && openBeside !== undefined)
      problems.add(`There is no ${segmentFileName(segmentId)} beside this file.`);
    const liveCount = readU32(table, at + SNAPSHOT_SEGMENT.liveCount);
    segments.push({
      segmentId,
      coveredSizeBytes,
      liveCount,
      file: segment,
      salt: segmentSalt(segmentId),
      entriesSeen: 0,
    });
  }
  return segments;
}

function checkEntry(entry: LogRecord, segments: readonly CoveredSegment[], problems: ProblemList): void {
  const place = entry.entryPlace;
  const segment = place === undefined ? undefined : segments[place.segmentIndex];
  const who = `The entry at ${formatOffset(entry.offsetBytes)}`;
  if (place === undefined || segment === undefined) {
    problems.add(`${who} names a segment that is not in the table.`);
    return;
  }
  segment.entriesSeen++;
  if (segment.file === undefined) return;
  const view = new RecordView();
  const problem = readRecord(segment, entry.keyLength, place, view);
  const where = `${formatOffset(place.offsetBytes)} of segment ${segment.segmentId}`;
  if (problem !== undefined || view.operation !== OPERATION.put)
    problems.add(`${who} points at ${where}, where no valid put of that length starts.`);
  else if (view.sequence !== entry.sequence)
    problems.add(`${who} says another sequence number than the record at ${where}.`);
  else if (!sameBytes(view.key, entry.key)) problems.add(`${who} has another key than the record at ${where}.`);
}

function readRecord(
  { file, salt }: CoveredSegment,
  keyLength: number,
  { offsetBytes, valueLength }: { readonly offsetBytes: number; readonly valueLength: number },
  view: RecordView,
): RecordProblem | 'another-length' | undefined {
  if (file === undefined) return 'short-body';
  const sizeBytes = RECORD_HEADER_SIZE + keyLength + valueLength;
  const head = readBytes(file, offsetBytes, Math.min(sizeBytes, RECORD_HEAD_SIZE));
  view.offsetBytes = offsetBytes;
  const problem = decodeRecordHeader(view, head, 0);
  // An entry may name any length, and memory for it is made only where a record says the same.
  if (problem !== undefined || view.sizeBytes !== sizeBytes) return problem ?? 'another-length';
  if (offsetBytes + sizeBytes > file.sizeBytes) return 'short-body';
  const bytes = sizeBytes <= RECORD_HEAD_SIZE ? head : readBytes(file, offsetBytes, sizeBytes);
  return decodeRecord(view, bytes, 0, salt, nodeCrc32);
}

function readBytes(file: RangedFile, offsetBytes: number, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  return bytes.subarray(0, file.read(bytes, offsetBytes));
}
