/** Loads a keydir from hint files. */

import { decodeHintFile, type HintSummary } from '../format/hintFile.ts';
import { crc32 } from './checksum.ts';
import type { Keydir } from './keydir.ts';
import type { Segment } from './segment.ts';
import { readFully, type Storage } from './storage.ts';
import { isSystemError } from './strataError.ts';
import { ENOUGH_WAITING, WaitingRecords } from './waitingRecords.ts';

export interface HintFilePlace {
  readonly storage: Storage;
  readonly directory: string;
  /** As in `TakeOptions`. */
  readonly knownSequence?: number;
}

export class HintReader {
  /** Of one file after another: memory that is new to the process costs more than reading into it. */
  #bytes = new Uint8Array(0);
  readonly #waiting = new WaitingRecords();

  /**
   * Loads a sealed segment's records from its hint file. Returns why it cannot be believed, or undefined when all of
   * it was applied.
   */
  load(place: HintFilePlace, segment: Segment, keydir: Keydir): string | undefined {
    const bytes = this.read(place, segment);
    if (bytes instanceof Error) return 'unreadable';
    if (bytes === undefined) return 'missing';
    let foreign = false;
    const target = { keydir, segment, rememberDeletes: true, knownSequence: place.knownSequence ?? 0 };
    const result = decodeHintFile(bytes, crc32, {
      accept: (summary) => {
        foreign = !covers(summary, segment);
        if (!foreign) keydir.expect(summary.entryCount);
        return !foreign;
      },
      entry: (entry) => {
        this.#waiting.add(entry, entry.keyStart, entry.keyLength);
        if (this.#waiting.count >= ENOUGH_WAITING) this.#waiting.takeInto(target, bytes);
      },
    });
    this.#waiting.takeInto(target, bytes);
    if (!result.ok) return result.problem;
    return foreign ? 'of-another-segment' : undefined;
  }

  /**
   * The hint file of a segment, until the next one is read; undefined when there is none, and an error, not thrown,
   * when it cannot be read.
   */
  read({ storage, directory }: HintFilePlace, segment: Segment): Uint8Array | Error | undefined {
    const path = storage.join(directory, segment.hintName);
    try {
      if (storage.fileSize(path) === undefined) return undefined;
      const file = storage.open(path, 'read');
      try {
        const sizeBytes = file.size();
        if (sizeBytes > this.#bytes.length) this.#bytes = new Uint8Array(sizeBytes);
        return this.#bytes.subarray(0, readFully(file, this.#bytes, 0, sizeBytes, 0));
      } finally {
        file.close();
      }
    } catch (error) {
      if (!isSystemError(error)) throw error;
      // A compaction of the process that writes the store may have removed it just now.
      return error.code === 'ENOENT' ? undefined : error;
    }
  }
}

function covers(summary: HintSummary, segment: Segment): boolean {
  return (
    summary.segmentId === segment.id &&
    summary.segmentSizeBytes === segment.sizeBytes &&
    summary.segmentHeaderChecksum === segment.readHeaderChecksum()
  );
}
