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
import { byteOf, type TargetTest, targetTest } from './targetTest.ts';

export interface UnindexedFile {
  readonly file: RangedFile;
  /** Its scans find records from anywhere. */
  readonly logFile: LogFile;
  readonly fileSizeBytes: number;
}

const CHUNK_BYTES = 0x1_0000;
/** How far before a byte the scan begins; farther when the byte turns out to be in a larger record, or in damage. */
const STEPS_BACK_BYTES = [CHUNK_BYTES, 0x10_0000, 0x100_0000];
/** Between two places this near, records are read one after the other. */
const NEAR_BYTES = CHUNK_BYTES;
/** Where no row is found within so many bytes, looking for it takes longer than the index may. */
const MAX_SEARCH_BYTES = 0x200_0000;

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
  } else if (target.kind !== 'row') {
    await findFirst(targetTest(target, fileSizeBytes), file, onFound);
  }
  return shown;
}

async function findRowWith(wantedBytes: number, file: UnindexedFile, onFound: OnFound): Promise<void> {
  for (const back of STEPS_BACK_BYTES) {
    const startBytes = Math.max(0, wantedBytes - back);
    const judge = ({ entry: { offsetBytes, sizeBytes } }: VisitedRow) => {
      if (offsetBytes + sizeBytes <= wantedBytes) return 'on';
      // Behind the byte: the row that holds it began before the scan did.
      return offsetBytes <= wantedBytes ? 'found' : 'stop';
    };
    if ((await walkFrom(startBytes, wantedBytes, file, judge, onFound)) || startBytes === 0) return;
  }
}

/** The first record that `reaches` holds for. It is taken to hold for all behind it. */
async function findFirst(reaches: TargetTest, file: UnindexedFile, onFound: OnFound): Promise<void> {
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
    if (!(await walkFrom(middle, middle, file, judgeRecord, onRecord))) return;
    if (middleReaches) high = middle;
    else low = middle;
  }
  await walkFrom(low, high, file, (visited) => (isReached(visited) ? 'found' : 'on'), onFound);
}

type Judgement = 'on' | 'stop' | 'found';
type OnFound = (row: VisitedRow) => void;

function judgeRecord({ entry }: VisitedRow): Judgement {
  return isDamage(entry) || entry.kind === 'header' ? 'on' : 'found';
}

/**
 * Goes through the rows from the first one on that starts at a place or behind it, until one is found, or none has been
 * for long behind `wantedBytes`. True: one is found.
 */
async function walkFrom(
  startBytes: number,
  wantedBytes: number,
  { file, logFile, fileSizeBytes }: UnindexedFile,
  judge: (row: VisitedRow) => Judgement,
  onFound: OnFound,
): Promise<boolean> {
  const from = { position: 0, row: 0, offsetBytes: startBytes };
  const walk = new RowWalk({ file, logFile, from, fileSizeBytes, chunkBytes: CHUNK_BYTES });
  const tooFar = new AbortController();
  let isFound = false;
  await walk.run(
    (visited) => {
      // What stands before the first record need not be damaged: perhaps the scan began within a record.
      if (startBytes > 0 && visited.entry.offsetBytes === startBytes && isDamage(visited.entry)) return false;
      const judgement = judge(visited);
      isFound = judgement === 'found';
      if (isFound) onFound(visited);
      return judgement !== 'on';
    },
    {
      signal: tooFar.signal,
      onProgress: (offsetBytes) => {
        if (offsetBytes - wantedBytes > MAX_SEARCH_BYTES) tooFar.abort();
      },
    },
  );
  return isFound;
}
