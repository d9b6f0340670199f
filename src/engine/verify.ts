/** Checks every record, hint file and snapshot of a store against each other, changing nothing. */

import { SNAPSHOT_NAME } from '../format/fileName.ts';
import { decodeHintFile } from '../format/hintFile.ts';
import { OPERATION } from '../format/layout.ts';
import type { RecordView } from '../format/record.ts';
import type { TaskOptions, VerifyReport } from './api.ts';
import { crc32 } from './checksum.ts';
import { HintReader } from './hintReader.ts';
import type { Keydir } from './keydir.ts';
import type { LiveLog } from './liveLog.ts';
import { readManifest } from './manifestFile.ts';
import { Pacer } from './pacer.ts';
import { type KeydirComparison, rebuildKeydir } from './replay.ts';
import type { Segment } from './segment.ts';
import { readFileHeader, scanSegmentInSteps } from './segmentReader.ts';
import { checkSnapshot } from './snapshotCheck.ts';
import { UintMap } from './uintMap.ts';

type Problem = VerifyReport['problems'][number];

/** A report names at most this many problems of one file. */
const MAX_PROBLEMS_PER_FILE = 100;

export async function verifyLog(
  log: LiveLog,
  task: TaskOptions,
  compare: (rebuilt: Keydir) => KeydirComparison,
): Promise<Omit<VerifyReport, 'durationMs'>> {
  const problems: Problem[] = [];
  checkManifest(log, problems);
  const lastSequence = log.appliedSequence;
  const rebuilt = await rebuildKeydir(log, 'Verifying', task);
  for (const damage of rebuilt.report.damage) {
    const { fileName, offsetBytes, sizeBytes, reason } = damage;
    problems.push({ fileName, offsetBytes, message: `${sizeBytes} bytes are damaged: ${reason}` });
  }
  for (const segment of log.segments.live()) {
    checkHeader(segment, problems);
    if (segment.hasHintFile) await checkHintFile(log, segment, problems, task);
  }
  checkKeydir(compare(rebuilt.keydir), problems);
  checkSnapshot(log, rebuilt.keydir, lastSequence, noteFor(problems, SNAPSHOT_NAME));
  const { segmentCount, recordCount, bytesRead, damage } = rebuilt.report;
  return { ok: problems.length === 0, segmentCount, recordCount, bytesRead, problems, damage };
}

function checkManifest(log: LiveLog, problems: Problem[]): void {
  try {
    const manifest = readManifest(log.storage, log.directory);
    for (const { segmentId, state, durableSizeBytes } of manifest?.segments ?? []) {
      const segment = log.segments.byId(segmentId);
      if (segment === undefined || state !== 'sealed' || segment.file.size() === durableSizeBytes) continue;
      const message = `the file has ${segment.file.size()} bytes, the manifest says ${durableSizeBytes}`;
      problems.push({ fileName: segment.fileName, message });
    }
    if (manifest === undefined) problems.push({ fileName: 'MANIFEST', message: 'the file is missing' });
  } catch (error) {
    problems.push({ fileName: 'MANIFEST', message: (error as Error).message });
  }
}

function checkHeader(segment: Segment, problems: Problem[]): void {
  const header = readFileHeader(segment.file);
  if (!header.ok)
    problems.push({
      fileName: segment.fileName,
      offsetBytes: 0,
      message: `the file header is damaged: ${header.problem}`,
    });
}

/** Adds problems of one file, as many as a report may name. */
function noteFor(problems: Problem[], fileName: string): (message: string) => void {
  let left = MAX_PROBLEMS_PER_FILE;
  return (message) => {
    if (left-- > 0) problems.push({ fileName, message });
  };
}

/** Every entry of the hint file must be the next record of the segment, and none may be missing. */
async function checkHintFile(log: LiveLog, segment: Segment, problems: Problem[], task: TaskOptions): Promise<void> {
  const { hintName: fileName, file, id: segmentId, sizeBytes } = segment;
  const note = noteFor(problems, fileName);
  const bytes = new HintReader().read(log, segment);
  if (bytes instanceof Error) {
    return note(`the file cannot be read: ${bytes.message}; it is a cache, and the store works without`);
  }
  if (bytes === undefined) return note('the file is missing');
  const expected = new UintMap<string>();
  const result = decodeHintFile(bytes, crc32, {
    entry: (entry) => expected.set(entry.offsetBytes, describe(entry)),
  });
  if (!result.ok) return note(`the file is damaged: ${result.problem}`);
  if (result.summary.segmentHeaderChecksum !== segment.readHeaderChecksum())
    return note('it belongs to another segment');
  const check = (view: RecordView): void => {
    if (view.operation === OPERATION.batch) return;
    const hint = expected.get(view.offsetBytes);
    if (hint === undefined) note(`the record at offset ${view.offsetBytes} of ${segment.fileName} has no entry`);
    else if (hint !== describe(view)) note(`the entry for offset ${view.offsetBytes} differs from the record`);
    expected.delete(view.offsetBytes);
  };
  const pacer = new Pacer('Verifying', task.signal);
  const sink = { record: check, damage: () => undefined, batchEnd: () => undefined };
  const steps = scanSegmentInSteps({ file, segmentId, sizeBytes }, sink);
  while (steps.next().done !== true) await pacer.pause();
  for (const offsetBytes of expected.keys()) note(`the entry for offset ${offsetBytes} has no record`);
}

function describe(record: Pick<RecordView, 'operation' | 'sequence' | 'expiryMs' | 'valueLength' | 'key'>): string {
  const { operation, sequence, expiryMs, valueLength, key } = record;
  return `${operation} ${sequence} ${expiryMs} ${valueLength} ${Buffer.from(key).toString('latin1')}`;
}

function checkKeydir({ differences }: KeydirComparison, problems: Problem[]): void {
  for (const { key, kind } of differences.slice(0, MAX_PROBLEMS_PER_FILE)) {
    const message = `the keydir in memory is ${kind} for the key ${Buffer.from(key).toString('hex')} (hex); run replay to rebuild it`;
    problems.push({ fileName: 'keydir', message });
  }
}
