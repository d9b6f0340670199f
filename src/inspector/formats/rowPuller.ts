/** Gives the records of a file one by one, for walking two files side by side. */

import { type CrossCheckContext, type LogFile, LogRecord, type LogScan, type LogSink } from '../logFormat.ts';
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

  /** The next record of the piece in memory, if there is one more: most are had without waiting. */
  next(): LogRecord | undefined {
    return this.#records[this.#next++];
  }

  /** The first record behind that piece, or undefined at the end of the file. The bytes of the piece are gone then. */
  async readOn({ pause }: Pick<CrossCheckContext, 'pause'>): Promise<LogRecord | undefined> {
    // A damaged stretch may take any number of pieces.
    while (!this.#scan.done) {
      await pause();
      this.#records = [];
      this.#next = 0;
      this.#reader.step(this);
      if (this.#records.length > 0) return this.next();
    }
    return undefined;
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
