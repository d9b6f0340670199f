/** Compares a segment's hint file with the records it stands for. */

import { decodeHintFile, HintEntryView, readHintEntry } from '../format/hintFile.ts';
import { FILE_CHECKSUM_SIZE, HINT_ENTRY_HEADER_SIZE, HINT_FIRST_ENTRY, OPERATION } from '../format/layout.ts';
import type { RecordView } from '../format/record.ts';
import type { TaskOptions } from './api.ts';
import { crc32 } from './checksum.ts';
import type { HintFilePlace, HintReader } from './hintReader.ts';
import { Pacer } from './pacer.ts';
import type { Segment } from './segment.ts';
import { scanSegmentInSteps } from './segmentReader.ts';

/**
 * Calls `note` for everything in a segment's hint file that the segment does not say, and for what the file lacks.
 * Returns false when there is no such file. `reader` keeps the file in memory while this runs: nobody else may read with it meanwhile.
 */
export async function checkHintFile(
  place: HintFilePlace,
  segment: Segment,
  reader: HintReader,
  task: TaskOptions,
  note: (message: string) => void,
): Promise<boolean> {
  const bytes = reader.read(place, segment);
  if (bytes === undefined) return false;
  if (bytes instanceof Error) {
    note(`the file cannot be read: ${bytes.message}; it is a cache, and the store works without`);
  } else await compareWithRecords(bytes, segment, task, note);
  return true;
}

async function compareWithRecords(
  bytes: Uint8Array,
  segment: Segment,
  task: TaskOptions,
  note: (message: string) => void,
): Promise<void> {
  // Each entry is read when its record comes: all of a file as objects would be hundreds of megabytes of garbage.
  const result = decodeHintFile(bytes, crc32, { accept: () => false, entry: () => undefined });
  if (!result.ok) return note(`the file is damaged: ${result.problem}`);
  if (result.summary.segmentHeaderChecksum !== segment.readHeaderChecksum()) {
    return note('it belongs to another segment');
  }
  const comparison = new HintComparison(bytes, segment.fileName, note);
  const sink = {
    record: (record: RecordView) => comparison.record(record),
    damage: () => undefined,
    batchEnd: () => undefined,
  };
  const pacer = new Pacer('Verifying', task.signal);
  const { file, id: segmentId, sizeBytes } = segment;
  const steps = scanSegmentInSteps({ file, segmentId, sizeBytes }, sink);
  while (steps.next().done !== true) await pacer.pause();
  comparison.end();
}

/** Entries stand in the order of their records, so that where one is missing the other side is ahead. */
class HintComparison {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #segmentName: string;
  readonly #note: (message: string) => void;
  readonly #entry = new HintEntryView();
  #at = HINT_FIRST_ENTRY;

  /** `bytes` are those of a hint file that is sound by itself. */
  constructor(bytes: Uint8Array, segmentName: string, note: (message: string) => void) {
    this.#bytes = bytes;
    this.#end = bytes.length - FILE_CHECKSUM_SIZE;
    this.#segmentName = segmentName;
    this.#note = note;
    this.#read();
  }

  record(record: RecordView): void {
    if (record.operation === OPERATION.batch) return;
    const { offsetBytes } = record;
    while (this.#isAtEntry && this.#entry.offsetBytes < offsetBytes) this.#passOver();
    if (!this.#isAtEntry || this.#entry.offsetBytes > offsetBytes) {
      this.#note(`the record at offset ${offsetBytes} of ${this.#segmentName} has no entry`);
      return;
    }
    if (!isSame(this.#entry, record)) this.#note(`the entry for offset ${offsetBytes} differs from the record`);
    this.#next();
  }

  /** There are no further records. */
  end(): void {
    while (this.#isAtEntry) this.#passOver();
  }

  get #isAtEntry(): boolean {
    return this.#at < this.#end;
  }

  #passOver(): void {
    this.#note(`the entry for offset ${this.#entry.offsetBytes} has no record`);
    this.#next();
  }

  #next(): void {
    this.#at += HINT_ENTRY_HEADER_SIZE + this.#entry.keyLength;
    this.#read();
  }

  #read(): void {
    if (this.#isAtEntry) readHintEntry(this.#bytes, this.#at, this.#entry);
  }
}

function isSame(entry: HintEntryView, record: RecordView): boolean {
  return (
    entry.operation === record.operation &&
    entry.sequence === record.sequence &&
    entry.expiryMs === record.expiryMs &&
    entry.valueLength === record.valueLength &&
    Buffer.compare(entry.key, record.key) === 0
  );
}
