/**
 * Scans a file that is a sequence of entries and ends with the checksum of everything before it: hint files,
 * manifests, snapshots. What an entry is, an `EntryReader` says.
 */

import { FILE_CHECKSUM_SIZE } from '../../format/layout.ts';
import { readU32 } from '../../format/littleEndian.ts';
import { formatCountOf } from '../../shared/quantities.ts';
import { type LogDamage, LogRecord, type LogScan, type LogSink, type ScanStart } from '../logFormat.ts';
import { nodeCrc32 } from '../nodeCrc32.ts';
import { formatChecksum } from './fieldSpans.ts';

/** What stands at an offset: so many bytes of an entry, or nothing that can be understood. */
export type EntryReading =
  | { readonly kind: 'entry'; readonly sizeBytes: number }
  /** The bytes at hand do not suffice to tell. */
  | { readonly kind: 'more'; readonly wantBytes: number }
  | { readonly kind: 'damage'; readonly reason: string; readonly message: string };

export interface EntryReader {
  /** Index in the file's operations of the last entry, the checksum. */
  readonly checksumOperation: number;
  /**
   * Reads the entry at `offsetBytes`, whose first byte is `bytes[at]`, into `record`. An entry may be longer than the
   * bytes at hand: only those that `more` asks for have to be there. Never called for the last four bytes of a file.
   */
  read(record: LogRecord, bytes: Uint8Array, at: number, offsetBytes: number): EntryReading;
}

/** The checksum of the file's bytes, known once a scan has gone through all of them. */
export interface ChecksumMemory {
  computedChecksum: number | undefined;
}

export class EntryScan implements LogScan {
  readonly #reader: EntryReader;
  readonly #memory: ChecksumMemory;
  readonly #record = new LogRecord();
  #fileSizeBytes: number;
  /** Offset of the next entry. */
  #entryOffset: number;
  /** Offset of the next byte to be looked at; behind the entry's while the rest of a long one is passed over. */
  #position: number;
  #wantBytes = 1;
  /** Checksum of the bytes so far; only a scan from the start knows it. */
  #checksum: number | undefined;

  constructor(start: ScanStart, reader: EntryReader, memory: ChecksumMemory) {
    this.#reader = reader;
    this.#memory = memory;
    this.#fileSizeBytes = start.fileSizeBytes;
    this.#entryOffset = start.offsetBytes;
    this.#position = start.offsetBytes;
    this.#checksum = start.offsetBytes === 0 ? 0 : undefined;
  }

  get done(): boolean {
    return this.#position >= this.#fileSizeBytes;
  }

  get wantOffsetBytes(): number {
    return this.#position;
  }

  get wantBytes(): number {
    return Math.max(0, Math.min(this.#wantBytes, this.#fileSizeBytes - this.#position));
  }

  truncate(sizeBytes: number): void {
    this.#fileSizeBytes = Math.min(this.#fileSizeBytes, sizeBytes);
  }

  feed(bytes: Uint8Array, sink: LogSink): void {
    const base = this.#position;
    const window = bytes.subarray(0, Math.min(bytes.length, this.#fileSizeBytes - base));
    this.#wantBytes = 1;
    while (this.#position - base < window.length) {
      if (this.#position < this.#entryOffset) this.#passOver(window, base);
      else if (!this.#readEntry(window, this.#position - base, sink)) return;
    }
  }

  /** Takes the rest of an entry whose beginning has been reported. */
  #passOver(window: Uint8Array, base: number): void {
    const end = Math.min(base + window.length, this.#entryOffset);
    this.#take(window, this.#position - base, end - base);
    this.#position = end;
  }

  /** One entry at `at`; false when the window holds too little. */
  #readEntry(window: Uint8Array, at: number, sink: LogSink): boolean {
    const remaining = this.#fileSizeBytes - this.#entryOffset;
    if (remaining <= FILE_CHECKSUM_SIZE) return this.#readChecksum(window, at, remaining, sink);
    const record = this.#record;
    Object.assign(record, new LogRecord());
    record.bytes = window;
    record.recordStart = at;
    record.offsetBytes = this.#entryOffset;
    const entriesEnd = this.#fileSizeBytes - FILE_CHECKSUM_SIZE;
    const reading = this.#reader.read(record, window, at, this.#entryOffset);
    if (reading.kind === 'more') {
      if (this.#entryOffset + reading.wantBytes <= entriesEnd) {
        this.#wantBytes = reading.wantBytes;
        return false;
      }
      this.#report({ reason: 'cut off', message: 'the file ends inside an entry' }, entriesEnd, sink);
    } else if (reading.kind === 'damage') {
      this.#report(reading, entriesEnd, sink);
    } else if (this.#entryOffset + reading.sizeBytes > entriesEnd) {
      this.#report(
        { reason: 'impossible length', message: 'the entry reaches past the end of the file' },
        entriesEnd,
        sink,
      );
    } else {
      record.sizeBytes = reading.sizeBytes;
      this.#entryOffset += reading.sizeBytes;
      sink.record(record);
    }
    return true;
  }

  /** Entries have no checksum of their own, so nothing after a damaged one can be believed. */
  #report(problem: { readonly reason: string; readonly message: string }, endBytes: number, sink: LogSink): void {
    const sizeBytes = endBytes - this.#entryOffset;
    const message = `${formatCountOf(sizeBytes, 'byte')}: ${problem.message}; what follows cannot be decoded`;
    sink.damage({ offsetBytes: this.#entryOffset, sizeBytes, reason: problem.reason, message, reachesEnd: false });
    this.#entryOffset = endBytes;
  }

  #readChecksum(window: Uint8Array, at: number, sizeBytes: number, sink: LogSink): boolean {
    if (window.length - at < sizeBytes) {
      this.#wantBytes = sizeBytes;
      return false;
    }
    if (this.#checksum !== undefined) this.#memory.computedChecksum = this.#checksum;
    const computedChecksum = this.#memory.computedChecksum;
    const offsetBytes = this.#entryOffset;
    this.#position = this.#fileSizeBytes;
    this.#entryOffset = this.#fileSizeBytes;
    if (sizeBytes < FILE_CHECKSUM_SIZE) {
      const message = `${formatCountOf(sizeBytes, 'byte')}: the file ends before its checksum`;
      sink.damage({ offsetBytes, sizeBytes, reason: 'cut off', message, reachesEnd: true });
      return true;
    }
    const storedChecksum = readU32(window, at);
    if (computedChecksum !== undefined && storedChecksum !== computedChecksum) {
      sink.damage(checksumDamage(offsetBytes, storedChecksum, computedChecksum));
      return true;
    }
    const record = this.#record;
    Object.assign(record, new LogRecord());
    Object.assign(record, { bytes: window, recordStart: at, offsetBytes, sizeBytes, storedChecksum });
    record.kind = 'header';
    record.operation = this.#reader.checksumOperation;
    record.computedChecksum = computedChecksum ?? storedChecksum;
    record.note = 'CRC-32 of everything before it';
    sink.record(record);
    return true;
  }

  #take(window: Uint8Array, start: number, end: number): void {
    if (this.#checksum !== undefined) this.#checksum = nodeCrc32(window, start, end, this.#checksum);
  }
}

function checksumDamage(offsetBytes: number, storedChecksum: number, computedChecksum: number): LogDamage {
  return {
    offsetBytes,
    sizeBytes: FILE_CHECKSUM_SIZE,
    reason: 'bad checksum',
    message:
      `the checksum of the whole file is ${formatChecksum(storedChecksum)} but its bytes have ` +
      `${formatChecksum(computedChecksum)}: a store will not believe this file`,
    reachesEnd: false,
    storedChecksum,
    computedChecksum,
  };
}
