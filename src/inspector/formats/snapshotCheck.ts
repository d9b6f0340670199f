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
import { type RangedFile, readBytes } from '../rangedFile.ts';
import { findRecordsWithoutEntry, type SearchEnd } from './entrylessRecords.ts';
import { neighboursOf, type Span } from './neighbours.ts';
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

const LABEL = 'segments';
const NOT_ALL_AGREE = 'entries agree';
const STILL_LOOKING = 'Records that have no entry are still being looked for.';
const WHY_NOT_ALL: Readonly<Record<Exclude<SearchEnd, 'complete'>, string>> = {
  missing:
    'Records that have no entry were not looked for: what is missing of the segments may have replaced any record.',
  damaged: 'Not all records that have no entry are known: what is damaged in a segment may have replaced any record.',
  'too-many-keys': 'Not all records that have no entry are known: there are more keys than are looked through.',
  stopped: 'Not all records that have no entry are known: the search for them was stopped.',
};

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
    const isWhole = await checkEntries(snapshot, entryOperation, segments, problems, context);
    const countsDiffer = checkCounts(segments, problems);
    if (!isWhole) problems.add('The snapshot is damaged; what follows the damage was not compared.');
    if (context.openBeside === undefined) {
      const unchecked = notLookedFor(LABEL, 'The segments were');
      // What the snapshot contradicts in itself is known all the same.
      return problems.isEmpty ? unchecked : problems.result(LABEL, NOT_ALL_AGREE, unchecked.problems[0]);
    }
    if (!isWhole) {
      const why = 'Records that have no entry were not looked for: the snapshot is damaged.';
      return problems.result(LABEL, NOT_ALL_AGREE, why);
    }
    const onProgress = (share: number) => {
      const known = problems.result(LABEL, NOT_ALL_AGREE, STILL_LOOKING);
      context.progress({ known, activity: 'Looking for records that have no entry', share });
    };
    onProgress(0);
    const end = await findRecordsWithoutEntry({
      ...{ snapshot, entryOperation, openSegment, segments, countsDiffer, context, onProgress },
      onFound: ({ segmentId, offsetBytes }) =>
        problems.addLazily(() => `The record at ${formatOffset(offsetBytes)} of segment ${segmentId} has no entry.`),
      onUncommitted: (entryOffsetBytes, { segmentId, offsetBytes }) =>
        problems.addLazily(() => {
          const where = `${formatOffset(offsetBytes)} of segment ${segmentId}`;
          return `The entry at ${formatOffset(entryOffsetBytes)} points at ${where}, a record whose batch is not complete.`;
        }),
    });
    return end === 'complete'
      ? problems.result(LABEL, 'agree')
      : problems.result(LABEL, NOT_ALL_AGREE, WHY_NOT_ALL[end]);
  } finally {
    for (const { file } of segments) file?.close();
  }
}

/** False: the snapshot is damaged, and not all of its entries could be compared. */
async function checkEntries(
  snapshot: LogFile,
  entryOperation: number,
  segments: readonly CoveredSegment[],
  problems: ProblemList,
  context: CrossCheckContext,
): Promise<boolean> {
  const rows = new RowPuller(context.file, snapshot);
  for (let first = await rows.readOn(context); first !== undefined; first = await rows.readOn(context)) {
    const entries: LogRecord[] = [];
    for (let row: LogRecord | undefined = first; row !== undefined; row = rows.next()) {
      if (row.operation === entryOperation) entries.push(row);
    }
    for (const [, problem] of (await problemsOf(entries, segments, context)).sort(([one], [other]) => one - other)) {
      problems.add(problem);
    }
  }
  return rows.damagedRanges === 0;
}

/** An entry, and what is read of its record at first. */
interface RecordPlace extends Span {
  readonly entry: LogRecord;
  readonly valueLength: number;
}

/** What is wrong with entries that are in memory together, each with the offset of the entry. */
async function problemsOf(
  entries: readonly LogRecord[],
  segments: readonly CoveredSegment[],
  { pause }: CrossCheckContext,
): Promise<[entryOffset: number, problem: string][]> {
  const found: [number, string][] = [];
  const wanted = segments.map((): RecordPlace[] => []);
  for (const entry of entries) {
    const place = entry.entryPlace;
    const segment = place === undefined ? undefined : segments[place.segmentIndex];
    if (place === undefined || segment === undefined) {
      found.push([entry.offsetBytes, `${nameOf(entry)} names a segment that is not in the table.`]);
      continue;
    }
    segment.entriesSeen++;
    const { offsetBytes, valueLength } = place;
    const sizeBytes = Math.min(recordSizeOf(entry, valueLength), RECORD_HEAD_SIZE);
    wanted[place.segmentIndex]?.push({ entry, offsetBytes, sizeBytes, valueLength });
  }
  for (const [index, segment] of segments.entries()) {
    const { file } = segment;
    if (file === undefined) continue;
    for (const { offsetBytes, sizeBytes, places } of neighboursOf(wanted[index] ?? [])) {
      const bytes = readBytes(file, offsetBytes, sizeBytes);
      for (const place of places) {
        const problem = problemOf(place, bytes.subarray(place.offsetBytes - offsetBytes), segment, file);
        if (problem !== undefined) found.push([place.entry.offsetBytes, problem]);
      }
      const paused = pause();
      if (paused !== undefined) await paused;
    }
  }
  return found;
}

/** Whether the snapshot has not as many entries as it says itself. */
function checkCounts(segments: readonly CoveredSegment[], problems: ProblemList): boolean {
  const wrong = segments.filter(({ liveCount, entriesSeen }) => liveCount !== entriesSeen);
  for (const { segmentId, liveCount, entriesSeen } of wrong) {
    problems.add(
      `Segment ${segmentId} should have ${formatCount(liveCount)} live records, but ${formatCount(entriesSeen)} entries name it.`,
    );
  }
  return wrong.length > 0;
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

function nameOf(entry: LogRecord): string {
  return `The entry at ${formatOffset(entry.offsetBytes)}`;
}

/** `head`: the bytes from the place on, as many at least as were wanted of it, unless the file has fewer. */
function problemOf(
  { entry, offsetBytes, valueLength }: RecordPlace,
  head: Uint8Array,
  segment: CoveredSegment,
  file: RangedFile,
): string | undefined {
  const view = new RecordView();
  view.offsetBytes = offsetBytes;
  const problem = decodeAt(view, head, recordSizeOf(entry, valueLength), segment.salt, file);
  const where = () => `${formatOffset(offsetBytes)} of segment ${segment.segmentId}`;
  if (problem !== undefined || view.operation !== OPERATION.put)
    return `${nameOf(entry)} points at ${where()}, where no valid put of that length starts.`;
  if (view.sequence !== entry.sequence)
    return `${nameOf(entry)} says another sequence number than the record at ${where()}.`;
  return sameBytes(view.key, entry.key) ? undefined : `${nameOf(entry)} has another key than the record at ${where()}.`;
}

function recordSizeOf({ keyLength }: LogRecord, valueLength: number): number {
  return RECORD_HEADER_SIZE + keyLength + valueLength;
}

function decodeAt(
  view: RecordView,
  head: Uint8Array,
  sizeBytes: number,
  salt: number,
  file: RangedFile,
): RecordProblem | 'another-length' | undefined {
  const problem = decodeRecordHeader(view, head, 0);
  // An entry may name any length, and memory for it is made only where a record says the same.
  if (problem !== undefined || view.sizeBytes !== sizeBytes) return problem ?? 'another-length';
  if (view.offsetBytes + sizeBytes > file.sizeBytes) return 'short-body';
  const bytes = sizeBytes <= head.length ? head : readBytes(file, view.offsetBytes, sizeBytes);
  return decodeRecord(view, bytes, 0, salt, nodeCrc32);
}
