/**
 * What the inspector asks of a kind of log file. The editor, its thread and its webview know a file only through
 * these interfaces; everything that depends on a layout is in `formats/`.
 *
 * Readers of bytes never throw on bytes, never loop without progress and never trust a length they have not checked.
 */

import type { CrossCheck, CrossCheckProgress } from '../shared/inspectorMessages.ts';
import type { FileFact, GroupNames, LogColumn, RecordField } from '../shared/inspectorRows.ts';
import type { RangedFile } from './rangedFile.ts';

export interface LogFormat {
  /** Stable: `strata.segment`. */
  readonly id: string;
  /** For people: `Strata segment`. */
  readonly name: string;
  /** Whether the file is of this format, judged by its name and first bytes. The first format that says yes reads it. */
  detect(start: FileStart): boolean;
  open(start: FileStart): LogFile;
}

export interface FileStart {
  readonly fileName: string;
  /** The file's first bytes, `HEAD_SIZE_BYTES` unless it is shorter. */
  readonly head: Uint8Array;
  readonly sizeBytes: number;
  /** Bytes from anywhere in the file, for formats whose records refer to other places; fewer at the end of the file. */
  read(offsetBytes: number, sizeBytes: number): Uint8Array;
}

/** So many bytes are read before a format is asked whether it knows the file. */
export const HEAD_SIZE_BYTES = 4096;

/** A file of a known format, as far as its first bytes tell. */
export interface LogFile {
  /** What the header line shows. */
  readonly facts: readonly FileFact[];
  readonly columns: readonly LogColumn[];
  readonly operations: readonly string[];
  /** Those of the operations that the filter offers; absent: all. */
  readonly filterOperations?: readonly string[];
  /** Absent: `group` and `groups`. */
  readonly groupNames?: GroupNames;
  /** The id by which a store knows this file; absent when it has none. */
  readonly segmentId?: number;
  /** Reads rows from a place where a row starts. */
  scan(start: ScanStart): LogScan;
  /** Scans may start anywhere (`ScanStart.isAnywhere`). Absent: only where a row starts. */
  readonly canStartAnywhere?: boolean;
  /** Explains the bytes of one row. `bytes` may hold only the row's beginning. */
  describe(row: RowPlace, bytes: Uint8Array): RecordField[];
  /**
   * What tells where the rows of this file start sooner than reading it does, such as an index that its writer left; the
   * best comes first, and the next is asked for when it fails. Absent: nothing does.
   */
  quickRows?(context: FileContext): Iterator<QuickRows>;
  /** Compares the file with those it belongs to. Absent: it belongs to none. */
  crossCheck?(context: CrossCheckContext): Promise<CrossCheck>;
  /** What a record at the start of a damaged range says, when its header still makes sense. */
  guess(bytes: Uint8Array, damage: LogDamage): LogRecord | undefined;
}

export interface FileContext {
  readonly file: RangedFile;
  /**
   * Opens a file of the same directory; undefined when it is not there or may not be read. The caller closes it.
   * Undefined itself where files beside cannot be reached, so that nothing is known of them.
   */
  readonly openBeside: ((fileName: string) => RangedFile | undefined) | undefined;
}

/**
 * Tells where rows start, sooner than reading the file would. What it tells is shown only until the file has been
 * read, and every record is checked where it is shown: so it may be out of date, but not make anything look valid.
 */
export interface QuickRows {
  /** What tells it, for people: `hint file`. */
  readonly source: string;
  /** It is another file, so that people want to know whether the two agree. */
  readonly isSeparate: boolean;
  /** How much of it has been read, 0 to 1. */
  readonly share: number;
  /**
   * Reads one piece. `done`: all rows of the file have been told, but perhaps damage at its end. `failed`: nothing that
   * was told is to be believed.
   */
  step(sink: QuickRowSink): 'more' | 'done' | 'failed';
  close(): void;
}

export interface QuickRowSink {
  /** The next row of the file, the first one included. `NONE` twice: no group is open there. */
  row(offsetBytes: number, groupStartBytes: number, groupEndBytes: number): void;
}

export interface CrossCheckContext extends FileContext {
  /**
   * Called after every little piece of work. Returns something to wait for when it is time for the other work of the
   * thread. Throws, then or afterwards, when the check is no longer wanted.
   */
  pause(): Promise<void> | undefined;
  /** To be called again and again while a longer part of the check goes on, with what is known before its end. */
  progress(progress: CrossCheckProgress): void;
  /** Aborted: nobody waits for that part any more. The check ends with what it knows. */
  readonly signal: AbortSignal;
}

export interface RowPlace {
  readonly kind: 'record' | 'header' | 'damage';
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

export interface ScanStart {
  /** Where a row starts; 0 for the file's first. */
  readonly offsetBytes: number;
  readonly fileSizeBytes: number;
  /**
   * No row need start there: the scan reports nothing up to the next record, and then what stands there. It cannot know
   * whether somebody has hidden such a record in the value of another one, nor of what group the first records are.
   */
  readonly isAnywhere?: boolean;
  /** The group that is open at this offset; absent when none is. */
  readonly group?: { readonly startBytes: number; readonly endBytes: number };
}

/** A scan does no I/O: it says which bytes it wants, and reports what they hold. */
export interface LogScan {
  readonly done: boolean;
  readonly wantOffsetBytes: number;
  /** `feed` needs at least this many bytes to make progress, fewer only at the end of the file. */
  readonly wantBytes: number;
  feed(bytes: Uint8Array, sink: LogSink): void;
  /** The file ends here: it shrank, or a read came back short. */
  truncate(sizeBytes: number): void;
}

export interface LogSink {
  /** `record` is reused for the next call. */
  record(record: LogRecord): void;
  damage(damage: LogDamage): void;
  /** After the last row of a group, or when it cannot become complete any more. */
  groupEnd(group: { readonly startBytes: number; readonly endBytes: number; readonly complete: boolean }): void;
}

const EMPTY = new Uint8Array(0);

/** One record seen in a buffer. `NONE` stands for what the format does not have. */
export class LogRecord {
  /** `header`: a part of the file that is no record, such as its header or the checksum at its end. */
  kind: 'record' | 'header' = 'record';
  offsetBytes = 0;
  sizeBytes = 0;
  /** Index in `LogFile.operations`. */
  operation = 0;
  sequence = NONE;
  timestampMs = NONE;
  /** 0: never. */
  expiryMs = NONE;
  /** Holds the record. */
  bytes: Uint8Array = EMPTY;
  /** Index of the record's first byte in `bytes`. */
  recordStart = 0;
  keyStart = 0;
  keyLength = NONE;
  /** Where in the row it is said which key it is, if the key itself stands elsewhere. Then `bytes` has only the key. */
  keyReference: { readonly start: number; readonly sizeBytes: number } | undefined;
  valueStart = 0;
  valueLength = NONE;
  storedChecksum = NONE;
  computedChecksum = NONE;
  /**
   * What the table shows in place of the value, for rows whose bytes only the format understands; empty: the value. Most
   * records that are scanned are never shown: text that takes time to make is best given as a function that makes it.
   */
  note: string | (() => string) = '';
  /** For entries that stand for a record elsewhere. */
  entryPlace: { readonly segmentIndex: number; readonly offsetBytes: number; readonly valueLength: number } | undefined;
  groupRole: 'none' | 'frame' | 'member' | 'orphan' = 'none';
  groupStartBytes = NONE;
  groupEndBytes = NONE;

  get key(): Uint8Array {
    return this.keyLength <= 0 ? EMPTY : this.bytes.subarray(this.keyStart, this.keyStart + this.keyLength);
  }

  get value(): Uint8Array {
    return this.valueLength <= 0 ? EMPTY : this.bytes.subarray(this.valueStart, this.valueStart + this.valueLength);
  }
}

export const NONE = -1;

export function groupNamesOf({ groupNames = { one: 'group', many: 'groups' } }: LogFile): GroupNames {
  return groupNames;
}

export interface LogDamage {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** Short: `bad checksum`. */
  readonly reason: string;
  /** One sentence for people. */
  readonly message: string;
  /** No valid record follows. */
  readonly reachesEnd: boolean;
  readonly storedChecksum?: number;
  readonly computedChecksum?: number;
}
