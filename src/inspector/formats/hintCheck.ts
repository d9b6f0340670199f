/** Compares hint files with their segments. */

import { decodeFileHeader } from '../../format/fileHeader.ts';
import { hintFileName, segmentFileName } from '../../format/fileName.ts';
import { HintEntryView, type HintFileProblem, readHintEntry } from '../../format/hintFile.ts';
import { HintFileStream } from '../../format/hintFileStream.ts';
import { FILE_HEADER, FILE_HEADER_SIZE, HINT_FIRST_ENTRY, HINT_SUMMARY } from '../../format/layout.ts';
import { readU32, readU64 } from '../../format/littleEndian.ts';
import type { CrossCheck } from '../../shared/inspectorMessages.ts';
import { formatCount, formatCountOf, formatOffset } from '../../shared/quantities.ts';
import { type CrossCheckContext, HEAD_SIZE_BYTES, type LogFile, type LogRecord } from '../logFormat.ts';
import { nodeCrc32 } from '../nodeCrc32.ts';
import { type RangedFile, readBytes } from '../rangedFile.ts';
import { HINT_PIECE_BYTES } from './hintRows.ts';
import { notLookedFor } from './notLookedFor.ts';
import { ProblemList } from './problemList.ts';
import { RowPuller } from './rowPuller.ts';

const REASONS: Readonly<Record<HintFileProblem, string>> = {
  'too-short': 'it is too short',
  'bad-magic': 'its header is damaged',
  'bad-checksum': 'its header is damaged',
  'unknown-version': 'its version is not known here',
  'unknown-flags': 'its header has flags that are not known here',
  'unknown-kind': 'its header names a kind of file that is not known here',
  'impossible-value': 'its header holds a value that no writer writes',
  'wrong-kind': 'its header says that it is another kind of file',
  'wrong-length': 'its length is not the one that it says',
  'bad-file-checksum': 'the checksum of the file is not that of its bytes',
  'impossible-entry': 'an entry says what cannot be',
};

/** Whether a segment has a hint file that a store would believe: it is sound, and it is of this very segment. */
export async function checkHintOfSegment(segmentId: number, context: CrossCheckContext): Promise<CrossCheck> {
  const { file, openBeside, pause } = context;
  if (openBeside === undefined) return notLookedFor('hint', 'The hint file was');
  const hint = openBeside(hintFileName(segmentId));
  if (hint === undefined) return { label: 'hint', outcome: 'missing', summary: 'none', problems: [] };
  try {
    const problem = await findProblem(hint, pause);
    // What a damaged file says of its segment is not worth comparing.
    if (problem !== undefined) return notBelieved('hint', problem);
    const problems = new ProblemList();
    checkSummary(readHead(hint, HINT_FIRST_ENTRY), segmentId, file, problems);
    return problems.result('hint', 'ok');
  } finally {
    hint.close();
  }
}

function notBelieved(label: string, problem: HintFileProblem): CrossCheck {
  const summary = problem === 'unknown-version' ? 'unknown version' : 'damaged';
  const sentence = `A store will not believe the hint file: ${REASONS[problem]}.`;
  return { label, outcome: 'differs', summary, problems: [sentence] };
}

/** Reads all of a hint file, up to its checksum. */
async function findProblem(hint: RangedFile, pause: CrossCheckContext['pause']): Promise<HintFileProblem | undefined> {
  const stream = new HintFileStream(hint.sizeBytes, nodeCrc32, { accept: () => true, place: () => {} });
  const piece = new Uint8Array(HINT_PIECE_BYTES);
  while (!stream.done) {
    await pause();
    stream.feed(piece.subarray(0, hint.read(piece, stream.wantOffsetBytes)));
  }
  return stream.problem;
}

/** Compares every entry of a hint file with the record it stands for, both in file order. */
export async function checkSegmentOfHint(
  segmentId: number,
  hintFile: LogFile,
  openSegment: (file: RangedFile, fileName: string) => LogFile,
  context: CrossCheckContext,
): Promise<CrossCheck> {
  const { openBeside } = context;
  if (openBeside === undefined) return notLookedFor('segment', 'The segment was');
  const fileName = segmentFileName(segmentId);
  const segment = openBeside(fileName);
  if (segment === undefined) {
    return {
      label: 'segment',
      outcome: 'missing',
      summary: 'not found',
      problems: [`There is no ${fileName} beside this file.`],
    };
  }
  try {
    const head = readHead(context.file, HINT_FIRST_ENTRY);
    const unreadable = headProblem(head);
    if (unreadable !== undefined) return notBelieved('segment', unreadable);
    const problems = new ProblemList();
    checkSummary(head, segmentId, segment, problems);
    const entries = new RowPuller(context.file, hintFile);
    const records = new RowPuller(segment, openSegment(segment, fileName));
    await compareInOrder(entries, records, problems, context);
    if (entries.damagedRanges > 0) {
      problems.addFirst('The hint file is damaged; what follows the damage was not compared.');
    }
    if (records.damagedRanges > 0)
      problems.add(`The segment has ${formatCountOf(records.damagedRanges, 'damaged range')}.`);
    return problems.result('segment', 'agrees');
  } finally {
    segment.close();
  }
}

/** Entries and records both ascend by the record's offset, so a missing one shows where the other is ahead. */
async function compareInOrder(
  entries: RowPuller,
  records: RowPuller,
  problems: ProblemList,
  context: CrossCheckContext,
): Promise<void> {
  const decoded = new HintEntryView();
  let entry = await entries.readOn(context);
  let record = await records.readOn(context);
  while (entry !== undefined || record !== undefined) {
    // Behind damage no entry can be read, so that a record without one says nothing.
    if (entry === undefined && entries.damagedRanges > 0) return;
    if (entry !== undefined) readHintEntry(entry.bytes, entry.recordStart, decoded);
    if (entry === undefined || (record !== undefined && record.offsetBytes < decoded.offsetBytes)) {
      problems.add(`The record at ${formatOffset((record as LogRecord).offsetBytes)} has no entry.`);
      record = records.next() ?? (await records.readOn(context));
    } else if (record === undefined || decoded.offsetBytes < record.offsetBytes) {
      problems.add(
        `The entry at ${formatOffset(entry.offsetBytes)} points at ${formatOffset(decoded.offsetBytes)}, where no record starts.`,
      );
      entry = entries.next() ?? (await entries.readOn(context));
    } else {
      const difference = differenceOf(entry, decoded.valueLength, record);
      if (difference !== undefined)
        problems.add(`The entry at ${formatOffset(entry.offsetBytes)} says another ${difference} than its record.`);
      entry = entries.next() ?? (await entries.readOn(context));
      record = records.next() ?? (await records.readOn(context));
    }
  }
}

function differenceOf(entry: LogRecord, valueLength: number, record: LogRecord): string | undefined {
  if (entry.operation !== record.operation) return 'operation';
  if (entry.sequence !== record.sequence) return 'sequence number';
  if (entry.expiryMs !== record.expiryMs) return 'expiry';
  if (valueLength !== Math.max(0, record.valueLength)) return 'value length';
  const [one, other] = [entry.key, record.key];
  return one.length === other.length && one.every((byte, at) => byte === other[at]) ? undefined : 'key';
}

/** Why nothing in the file can be read. */
function headProblem(hintHead: Uint8Array): HintFileProblem | undefined {
  const header = decodeFileHeader(hintHead, nodeCrc32);
  if (!header.ok) return header.problem;
  return hintHead.length < HINT_FIRST_ENTRY ? 'too-short' : undefined;
}

/** What the head of a hint file, which can be read, says of its segment. */
function checkSummary(hintHead: Uint8Array, segmentId: number, segment: RangedFile, problems: ProblemList): void {
  const header = decodeFileHeader(hintHead, nodeCrc32);
  if (!header.ok) return;
  if (header.header.id !== segmentId) problems.add(`The hint file is of segment ${header.header.id}.`);
  const sizeBytes = readU64(hintHead, HINT_SUMMARY.segmentSize);
  if (sizeBytes !== segment.sizeBytes) {
    problems.add(
      `The hint file covers ${formatCount(sizeBytes)} bytes; the segment has ${formatCount(segment.sizeBytes)}.`,
    );
  }
  const segmentHead = readHead(segment, FILE_HEADER_SIZE);
  const stored = segmentHead.length < FILE_HEADER_SIZE ? undefined : readU32(segmentHead, FILE_HEADER.checksum);
  if (stored !== readU32(hintHead, HINT_SUMMARY.segmentHeaderChecksum)) {
    problems.add('The hint file was made for another segment of this name.');
  }
}

function readHead(file: RangedFile, sizeBytes: number): Uint8Array {
  return readBytes(file, 0, Math.min(sizeBytes, HEAD_SIZE_BYTES));
}
