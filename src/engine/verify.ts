/** Checks every record, hint file and snapshot of a store against each other, changing nothing. */

import { SNAPSHOT_NAME } from '../format/fileName.ts';
import type { TaskOptions, VerifyReport } from './api.ts';
import { checkHintFile } from './hintCheck.ts';
import { HintReader } from './hintReader.ts';
import type { LiveLog } from './liveLog.ts';
import type { KeydirComparison, LogComparison } from './logComparison.ts';
import { readManifest } from './manifestFile.ts';
import { Pacer } from './pacer.ts';
import { compareWithLog } from './replay.ts';
import type { Segment } from './segment.ts';
import { readFileHeader } from './segmentReader.ts';
import { checkSnapshot } from './snapshotCheck.ts';
import type { StateReader } from './storeSnapshot.ts';

type Problem = VerifyReport['problems'][number];

/** A report names at most this many problems of one file. */
const MAX_PROBLEMS_PER_FILE = 100;

export async function verifyLog(
  log: LiveLog,
  reader: StateReader,
  task: TaskOptions,
  conclude: (comparison: LogComparison, pacer: Pacer) => Promise<KeydirComparison>,
): Promise<Omit<VerifyReport, 'durationMs'>> {
  const problems: Problem[] = [];
  checkManifest(log, problems);
  const { comparison, report } = await compareWithLog(log, reader, 'Verifying', task);
  for (const damage of report.damage) {
    const { fileName, offsetBytes, sizeBytes, reason } = damage;
    problems.push({ fileName, offsetBytes, message: `${sizeBytes} bytes are damaged: ${reason}` });
  }
  await checkHintFiles(log, task, problems);
  const pacer = new Pacer('Verifying', task.signal);
  checkKeydir(await conclude(comparison, pacer), problems);
  await checkSnapshot(log, comparison, reader.sequence, pacer, noteFor(problems, SNAPSHOT_NAME));
  const { segmentCount, recordCount, bytesRead, damage } = report;
  return { ok: problems.length === 0, segmentCount, recordCount, bytesRead, problems, damage };
}

/** A function of its own, so that the memory of the files is free as soon as it ends. */
async function checkHintFiles(log: LiveLog, task: TaskOptions, problems: Problem[]): Promise<void> {
  const hintReader = new HintReader();
  for (const segment of log.segments.live()) {
    checkHeader(segment, problems);
    if (!segment.hasHintFile) continue;
    const note = noteFor(problems, segment.hintName);
    const isThere = await checkHintFile(log, segment, hintReader, task, note);
    if (!isThere && isInStore(log, segment)) note('the file is missing');
  }
}

/** A writer may have compacted the segment of a read-only store: then its files have gone by intent. */
function isInStore(log: LiveLog, { id }: Segment): boolean {
  try {
    const manifest = readManifest(log.storage, log.directory);
    return manifest === undefined || manifest.segments.some(({ segmentId }) => segmentId === id);
  } catch {
    return true;
  }
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

function checkKeydir({ differences }: KeydirComparison, problems: Problem[]): void {
  for (const { key, kind } of differences.slice(0, MAX_PROBLEMS_PER_FILE)) {
    const message = `the keydir in memory is ${kind} for the key ${Buffer.from(key).toString('hex')} (hex); run replay to rebuild it`;
    problems.push({ fileName: 'keydir', message });
  }
}
