import type { KeyInfo, KeyRange } from '../engine/api.ts';
import { StrataError } from '../engine/strataError.ts';
import { TimeSlice } from './timeSlice.ts';

export interface SegmentBlocks {
  readonly segmentId: number;
  readonly blockSizeBytes: number;
  readonly blockCount: number;
}

/** A strip on the screen has at most some thousand pixels. */
const MAX_BLOCKS = 1_000_000;

/** Bytes of the live records that start in each block of a segment. Walks over all keys, in slices. */
export async function liveBytesByBlock(
  store: { keyInfos(range: KeyRange): Iterable<KeyInfo> },
  { segmentId, blockSizeBytes, blockCount }: SegmentBlocks,
): Promise<Float64Array> {
  if (!(blockSizeBytes >= 1) || !Number.isInteger(blockCount) || blockCount < 0 || blockCount > MAX_BLOCKS) {
    throw new StrataError('INVALID_OPTION', `Blocks have at least one byte, and there are at most ${MAX_BLOCKS}.`);
  }
  const bytes = new Float64Array(blockCount);
  const slice = new TimeSlice();
  for (const { location } of store.keyInfos({})) {
    if (slice.isOver()) await slice.next();
    if (location.segmentId !== segmentId) continue;
    const block = Math.floor(location.offsetBytes / blockSizeBytes);
    if (block < blockCount) bytes[block] = (bytes[block] as number) + location.sizeBytes;
  }
  return bytes;
}
