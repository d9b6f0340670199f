/**
 * One version of a file under inspection: its format, the index of its rows, and what tells rows sooner than the index
 * does. A file that grows stays the same; when it is cut, or another stands under its name, another object takes over.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ScanEvents } from '../shared/inspectorMessages.ts';
import type {
  FileSummary,
  IndexProgress,
  InspectorRow,
  Overview,
  QuickIndexProgress,
} from '../shared/inspectorRows.ts';
import { FileIndex } from './fileIndex.ts';
import { detectFormat } from './formatRegistry.ts';
import {
  type FileStart,
  groupNamesOf,
  HEAD_SIZE_BYTES,
  type LogFile,
  type LogFormat,
  type QuickRows,
} from './logFormat.ts';
import { QuickIndex } from './quickIndex.ts';
import { type RangedFile, readBytes } from './rangedFile.ts';
import { ReportInterval } from './reportInterval.ts';
import { toRow } from './rowView.ts';
import { type RowVisitor, RowWalk, type RowWalkOptions, type RowWalkTask, type VisitedRow } from './rowWalk.ts';
import type { Checkpoint, SparseIndex } from './sparseIndex.ts';
import { waitUntil } from './waitUntil.ts';

export interface IndexedFileOptions {
  readonly file: RangedFile;
  readonly fileName: string;
  readonly formats: Iterable<LogFormat> | undefined;
  /** Opens a file of the same directory. Undefined: none can be reached. */
  readonly openBeside: ((fileName: string) => RangedFile | undefined) | undefined;
  readonly events: Pick<ScanEvents, 'indexProgress' | 'unreadable' | 'recordStates'>;
  /** The index has come to the end of the file, as long as it was when it began. */
  readonly onIndexed: () => void;
}

const NEVER = new AbortController().signal;

export interface WalkedRows extends Pick<RowWalkOptions, 'filter' | 'kept'> {
  readonly from: Checkpoint | undefined;
}

export class IndexedFile {
  readonly logFile: LogFile;
  readonly index: FileIndex;
  readonly #options: IndexedFileOptions;
  readonly #formatName: string;
  /** Until the file has been read. */
  #quick: QuickIndex | undefined;
  /** What else could tell the rows, if that fails. */
  #quickSources: Iterator<QuickRows> | undefined;
  #quickOutcome: QuickIndexProgress | undefined;
  /** The index has its first rows, and something quicker may tell the others. */
  #hasBegun = false;
  #isIndexing = false;
  #problem: Error | undefined;
  #isClosed = false;

  /** Throws when the file has no known format. */
  constructor(options: IndexedFileOptions) {
    const { file, fileName, formats } = options;
    this.#options = options;
    const start: FileStart = {
      fileName,
      head: this.read(0, HEAD_SIZE_BYTES),
      sizeBytes: file.sizeBytes,
      read: (offsetBytes, sizeBytes) => this.read(offsetBytes, sizeBytes),
    };
    const format = detectFormat(start, formats);
    if (format === undefined) throw new Error(`${fileName} is no log file of a known format.`);
    this.#formatName = format.name;
    this.logFile = format.open(start);
    this.index = new FileIndex(file, this.logFile);
  }

  /** Size of the file as far as its index goes. */
  get sizeBytes(): number {
    return this.index.sizeBytes;
  }

  /** Why the pass over the file ended before its end. */
  get problem(): Error | undefined {
    return this.#problem;
  }

  // The index

  /** Starts the index, or has it report where it is. */
  start(): void {
    if (!this.index.done && !this.#isIndexing && this.#problem === undefined) {
      this.readBeginning();
      this.indexInBackground();
    } else {
      // Whoever opens again, as a webview does that was hidden, has not heard what was reported before.
      setImmediate(() => {
        this.reportProgress();
        this.#reportProblem();
      });
    }
  }

  /** Indexes the first rows, unless it has. */
  readBeginning(): void {
    if (this.index.done || this.#hasBegun) return;
    this.index.step();
    this.#startQuick();
    this.#hasBegun = true;
  }

  indexInBackground(): void {
    this.#problem = undefined;
    this.#indexRest().catch((cause: unknown) => {
      if (this.#isClosed) return;
      this.#problem = cause instanceof Error ? cause : new Error(String(cause));
      this.#isIndexing = false;
      this.#reportProblem();
    });
  }

  /** The file has grown to what its `RangedFile` says. Call `indexInBackground` then. Returns the first row that is new. */
  extend(): number {
    this.#quickOutcome = undefined;
    return this.index.extend(this.#options.file.sizeBytes).firstNewRow;
  }

  progress(): IndexProgress {
    const progress = this.index.progress();
    const quick = this.#quick;
    if (quick === undefined) {
      return this.#quickOutcome === undefined ? progress : { ...progress, quick: this.#quickOutcome };
    }
    const state = quick.state === 'ready' ? 'shown' : 'reading';
    return { ...progress, rowCount: this.rows.count, quick: { source: quick.source, state, share: quick.share } };
  }

  reportProgress(): void {
    this.#options.events.indexProgress(this.progress());
  }

  /** As `waitUntil`; throws when what it waits for will never be so, because the file cannot be read. */
  waitUntil(isSo: () => boolean, signal: AbortSignal, onWait?: () => void): Promise<boolean> {
    const isSoOrFails = () => {
      if (isSo()) return true;
      if (this.#problem !== undefined) throw this.#problem;
      return false;
    };
    return waitUntil(isSoOrFails, signal, onWait);
  }

  /** Ends the index. What reads rows may go on until the `RangedFile` is closed. */
  close(): void {
    this.#isClosed = true;
    this.#quick?.close();
    this.#quick = undefined;
  }

  // What is known of it

  summary(): FileSummary {
    const { facts, columns, operations, filterOperations = operations, segmentId } = this.logFile;
    return {
      fileName: this.#options.fileName,
      formatName: this.#formatName,
      sizeBytes: this.sizeBytes,
      facts,
      columns,
      operations,
      filterOperations,
      groupNames: groupNamesOf(this.logFile),
      ...(segmentId === undefined ? {} : { segmentId }),
    };
  }

  overview(): Overview {
    const { blockSizeBytes, recordBytes, damagedBytes } = this.index.blocks;
    return {
      blockSizeBytes,
      sizeBytes: this.sizeBytes,
      recordBytes: recordBytes.slice(),
      damagedBytes: damagedBytes.slice(),
    };
  }

  /** All rows are told, but the file has not been checked. */
  get isTold(): boolean {
    return this.#quick?.state === 'ready';
  }

  /** Where rows start: all that is told or, otherwise, read. */
  get rows(): SparseIndex {
    return this.#quick?.state === 'ready' ? this.#quick.rows : this.index.rows;
  }

  /** Whether it is known where rows start there. */
  isIndexed(offsetBytes: number): boolean {
    return this.isTold || this.index.done || offsetBytes < this.index.indexedBytes;
  }

  // Its rows and bytes

  /** Bytes that are past the end of the file are left out. */
  read(offsetBytes: number, sizeBytes: number): Uint8Array {
    const { file } = this.#options;
    return readBytes(file, offsetBytes, Math.max(0, Math.min(sizeBytes, file.sizeBytes - offsetBytes)));
  }

  toRow(visited: Pick<VisitedRow, 'row' | 'entry'>): InspectorRow {
    return toRow(visited, { logFile: this.logFile, groups: this.index, file: this.#options.file });
  }

  walkOptions(chunkBytes: number): Omit<RowWalkOptions, 'from' | 'filter'> {
    return {
      file: this.#options.file,
      logFile: this.logFile,
      fileSizeBytes: this.sizeBytes,
      chunkBytes,
      groups: this.index,
      untilGroupsAreKnown: (endBytes, signal = NEVER) =>
        this.waitUntil(() => this.#isClosed || this.index.knowsGroupsUpTo(endBytes), signal),
      askStates: async (offsets) => (offsets.length === 0 ? [] : this.#options.events.recordStates(offsets)),
    };
  }

  /** Visits the rows that a filter keeps, in the order of the file. False, at once, where there is nothing to begin at. */
  async walkRows(
    { from, filter, kept }: WalkedRows,
    visit: RowVisitor,
    chunkBytes: number,
    task: RowWalkTask = {},
  ): Promise<boolean> {
    if (from === undefined) return false;
    return new RowWalk({ ...this.walkOptions(chunkBytes), from, filter, kept }).run(visit, task);
  }

  // Below: the pass over the file

  #reportProblem(): void {
    if (this.#problem === undefined) return;
    this.#options.events.unreadable(`The file could not be read to its end: ${this.#problem.message}`);
  }

  async #indexRest(): Promise<void> {
    this.#isIndexing = true;
    const report = new ReportInterval(true);
    while (!this.index.done && !this.#isClosed) {
      if (report.isOver()) this.reportProgress();
      // What another file tells is there much sooner, so it goes first.
      if (this.#quick?.state === 'reading') this.#stepQuick(this.#quick);
      else this.index.step();
      // Before anybody else reports on the index in the turns between.
      if (this.index.done) this.#endQuick();
      await nextTurn();
    }
    if (this.#isClosed) return;
    this.#isIndexing = false;
    this.reportProgress();
    this.#options.onIndexed();
  }

  /** Looks for what tells sooner where rows start. A small file is read at once without. */
  #startQuick(): void {
    if (this.index.done) return;
    const { file, openBeside } = this.#options;
    this.#quickSources = this.logFile.quickRows?.({ file, openBeside });
    this.#nextQuick();
  }

  #nextQuick(): void {
    const next = this.#quickSources?.next();
    this.#quick = next === undefined || next.done === true ? undefined : new QuickIndex(next.value);
  }

  #stepQuick(quick: QuickIndex): void {
    quick.step();
    if (quick.state === 'failed') {
      this.#dropQuick('refused');
      this.#nextQuick();
    } else if (quick.state === 'ready') this.reportProgress();
  }

  /** The file has been read: what it says replaces what was told. */
  #endQuick(): void {
    if (this.#quick === undefined) return;
    const same = this.#quick.rows.count === this.index.rows.count && this.index.damages.count === 0;
    this.#dropQuick(same ? 'agreed' : 'differed');
  }

  #dropQuick(state: QuickIndexProgress['state']): void {
    if (this.#quick === undefined) return;
    if (this.#quick.isSeparate) this.#quickOutcome = { source: this.#quick.source, state, share: 1 };
    this.#quick.close();
    this.#quick = undefined;
  }
}
