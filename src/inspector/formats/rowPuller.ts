/** Gives the records of a file one by one, for walking two files side by side. */

import { type LogFile, LogRecord, type LogScan, type LogSink } from '../logFormat.ts';
import type { RangedFile } from '../rangedFile.ts';
import { ChunkReader } from '../rowWalk.ts';

const CHUNK_BYTES = 0x4_0000;

export class RowPuller implements LogSink {
  readonly #scan: LogScan;
  readonly #reader: ChunkReader;
  #records: LogRecord[] = [];
  #next = 0;
  damagedRanges = 0;

  constructor(file: RangedFile, logFile: LogFile) {
    this.#scan = logFile.scan({ offsetBytes: 0, fileSizeBytes: file.sizeBytes });
    this.#reader = new ChunkReader(file, this.#scan, CHUNK_BYTES);
  }

  /** The next record; its bytes are good until the one after the last of its piece is asked for. */
  next(): LogRecord | undefined {
    while (this.#next === this.#records.length) {
      if (this.#scan.done) return undefined;
      this.#records = [];
      this.#next = 0;
      this.#reader.step(this);
    }
    return this.#records[this.#next++];
  }

  record(record: LogRecord): void {
    if (record.kind === 'record' && record.groupRole !== 'frame')
      this.#records.push(Object.assign(new LogRecord(), record));
  }

  damage(): void {
    this.damagedRanges++;
  }

  groupEnd(): void {}
}
