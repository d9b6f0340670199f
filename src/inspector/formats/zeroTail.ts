/** Zeros up to the end of a file, as one has them that was made in advance. */

import { ZeroRuns } from '../../format/zeroRuns.ts';
import type { RangedFile } from '../rangedFile.ts';

/** Fewer bytes are read as quickly as they are guessed. */
const LEAST_BYTES = 0x100_0000;
const SAMPLES = 64;
const SAMPLE_BYTES = 0x1000;

/** Whether all from an offset on seems to be zeros, and much. Only samples are read, so that it may be wrong. */
export function seemsZeroTail(file: RangedFile, fromBytes: number): boolean {
  const sizeBytes = file.sizeBytes - fromBytes;
  if (sizeBytes < LEAST_BYTES) return false;
  const bytes = new Uint8Array(SAMPLE_BYTES);
  const zeros = new ZeroRuns(bytes);
  // The last first: where records follow, that is enough.
  for (let sample = SAMPLES - 1; sample >= 0; sample--) {
    const at = fromBytes + Math.floor(((sizeBytes - SAMPLE_BYTES) * sample) / (SAMPLES - 1));
    if (file.read(bytes, at) < SAMPLE_BYTES || zeros.end(0) < SAMPLE_BYTES) return false;
  }
  return true;
}
