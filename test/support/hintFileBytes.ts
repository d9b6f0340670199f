/** A hint file in memory, from the format's encoder. */

import { crc32 } from '../../src/format/crc32.ts';
import { HintFileEncoder, type HintSummary } from '../../src/format/hintFile.ts';

export function hintFileBytes(
  segment: Omit<HintSummary, 'entryCount'>,
  addTo: (encoder: HintFileEncoder) => void,
): Uint8Array {
  let file = new Uint8Array(0);
  const encoder = new HintFileEncoder((bytes, offsetBytes) => {
    const end = offsetBytes + bytes.length;
    if (end > file.length) {
      const larger = new Uint8Array(end);
      larger.set(file);
      file = larger;
    }
    file.set(bytes, offsetBytes);
  }, crc32);
  addTo(encoder);
  encoder.finish(segment);
  return file;
}
