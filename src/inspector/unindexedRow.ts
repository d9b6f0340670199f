/**
 * Finds the row at a place that the index of a file has not come to. Where rows start is not known there: the scan begins
 * somewhere before the place and finds the next record by itself. What such a row cannot tell is its number, and the
 * group it belongs to.
 */

import type { LocateTarget } from '../shared/inspectorMessages.ts';
import { UNKNOWN_ROW } from '../shared/inspectorRows.ts';
import type { LogFile } from './logFormat.ts';
import type { RangedFile } from './rangedFile.ts';
import { isDamage, RowWalk, type VisitedRow } from './rowWalk.ts';
import { byteOf, isNumberTarget, type NumberTarget, numberOf, targetTest } from './targetTest.ts';

export interface UnindexedFile {
  readonly file: RangedFile;
  /** Its scans can start anywhere. */
  readonly logFile: LogFile;
  readonly fileSizeBytes: number;
  /** Aborted: nobody wants to see the row any more. */
  readonly signal: AbortSignal;
}

const CHUNK_BYTES = 0x1_0000;
/** How far before a byte the scan begins; farther when the byte turns out to be in a larger record, or in damage. */
const STEPS_BACK_BYTES = [CHUNK_BYTES, 0x10_0000, 0x100_0000];
/** Between two places this near, records are read one after the other. */
const NEAR_BYTES = CHUNK_BYTES;
/** A walk that has read so much without finding what it looks for ends: the index may be quicker. */
const MAX_WALK_BYTES = 0x400_0000;
/** The same for one that looks for any record at all. */
const MAX_PROBE_BYTES = 0x40_0000;

/**
 * Calls `show` with the row at a place and returns what it returns. Undefined: it cannot be found sooner than by the
 * index, as the row with a certain number never can.
 */
export async function unindexedRow<Shown>(
  target: LocateTarget,
  file: UnindexedFile,
  show: (row: Pick<VisitedRow, 'row' | 'entry'>) => Shown,
): Promise<Shown | undefined> {
  let shown: Shown | undefined;
  const onFound = ({ entry }: VisitedRow) => {
    shown = show({ row: UNKNOWN_ROW, entry });
  };
  const { fileSizeBytes } = file;
  if (target.kind === 'offset' || target.kind === 'percent') {
    await findRowWith(Math.min(byteOf(target, fileSizeBytes), fileSizeBytes - 1), file, onFound);
  } else if (isNumberTarget(target)) {
    await findNumber(target, file, onFound);
  }
  return shown;
}

async function findRowWith(wantedBytes: number, file: UnindexedFile, onFound: OnFound): Promise<void> {
  const judge = ({ entry: { offsetBytes, sizeBytes } }: VisitedRow) => {
    if (offsetBytes + sizeBytes <= wantedBytes) return 'on';
    // Behind the byte: the row that holds it began before the scan did.
    return offsetBytes <= wantedBytes ? 'found' : 'stop';
  };
  for (const back of STEPS_BACK_BYTES) {
    const startBytes = Math.max(0, wantedBytes - back);
    const outcome = await walkFrom(startBytes, MAX_WALK_BYTES, file, judge, onFound);
    if (outcome === 'found' || outcome === 'too far' || startBytes === 0) return;
  }
}

/**
 * The first record with that time or a later one, or with that very sequence number. Numbers are taken to ascend along
 * the file: where they do not, the record of a time may be another one, and that of a sequence number is not found.
 */
async function findNumber(target: NumberTarget, file: UnindexedFile, onFound: OnFound): Promise<void> {
  const reaches = targetTest(target, file.fileSizeBytes);
  const isReached = ({ row, entry }: VisitedRow) =>
    reaches({ row, offsetBytes: entry.offsetBytes, sizeBytes: entry.sizeBytes, entry });
  let low = 0;
  let high = file.fileSizeBytes;
  while (high - low > NEAR_BYTES) {
    const middle = Math.floor((low + high) / 2);
    let middleReaches = false;
    const onRecord = (visited: VisitedRow) => {
      middleReaches = isReached(visited);
    };
    const outcome = await walkFrom(middle, MAX_PROBE_BYTES, file, judgeRecord, onRecord);
    // Where nothing is found, the place is before that, or beyond what can be found so.
    if (middleReaches || outcome !== 'found') high = middle;
    else low = middle;
  }
  const judge = (visited: VisitedRow) => {
    if (!isReached(visited)) return 'on';
    const isOther = target.kind === 'sequence' && numberOf(visited.entry, 'sequence') !== target.sequence;
    return isOther ? 'stop' : 'found';
  };
  await walkFrom(low, MAX_WALK_BYTES, file, judge, onFound);
}

type Judgement = 'on' | 'stop' | 'found';
type OnFound = (row: VisitedRow) => void;

function judgeRecord({ entry }: VisitedRow): Judgement {
  return isDamage(entry) || entry.kind === 'header' ? 'on' : 'found';
}

/** Goes through the rows from the first record on that starts at a place or behind it. */
async function walkFrom(
  startBytes: number,
  maxReadBytes: number,
  { file, logFile, fileSizeBytes, signal }: UnindexedFile,
  judge: (row: VisitedRow) => Judgement,
  onFound: OnFound,
): Promise<'found' | 'not found' | 'too far'> {
  let leftBytes = maxReadBytes;
  const counted: Pick<RangedFile, 'read'> = {
    read: (target, offsetBytes) => {
      leftBytes -= target.length;
      return file.read(target, offsetBytes);
    },
  };
  const walk = new RowWalk({
    file: counted,
    logFile,
    from: { position: 0, row: 0, offsetBytes: startBytes },
    isFromAnywhere: true,
    fileSizeBytes,
    chunkBytes: CHUNK_BYTES,
  });
  let isFound = false;
  const visit = (visited: VisitedRow) => {
    const judgement = judge(visited);
    isFound = judgement === 'found';
    if (isFound) onFound(visited);
    return judgement !== 'on';
  };
  await walk.run(visit, { signal, afterChunk: async () => leftBytes < 0 });
  if (isFound) return 'found';
  return leftBytes < 0 || signal.aborted ? 'too far' : 'not found';
}
