/**
 * One file under inspection: its index, its filtered view, and the answers to what the editor asks. Runs in the
 * scanning thread, and in tests without one.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { RowFilter } from '../shared/inspectorFilter.ts';
import type {
  CrossCheck,
  DamageLocated,
  ExportFormat,
  ExportRequest,
  ExportResult,
  FileChange,
  FindHit,
  FindPattern,
  FindRequest,
  Located,
  LocateTarget,
  MatchPlace,
  OpenedFile,
  PlaceOfRow,
  RowPage,
  ScanCalls,
  ScanEvents,
  SortRequest,
  SortResult,
  ViewId,
} from '../shared/inspectorMessages.ts';
import { PAGE_ROWS } from '../shared/inspectorMessages.ts';
import type {
  FileSummary,
  IndexProgress,
  InspectorRow,
  Overview,
  QuickIndexProgress,
  RowDetail,
} from '../shared/inspectorRows.ts';
import { messageOf } from '../shared/messageOf.ts';
import type { RecordState } from '../shared/recordState.ts';
import { TimeSlice } from '../worker/timeSlice.ts';
import { compileMatcher } from './byteMatcher.ts';
import { ExportFile } from './exportFile.ts';
import { exportedRow, exportHead, exportLine, holdsFormula } from './exportFormat.ts';
import { FileIndex } from './fileIndex.ts';
import { FilteredView } from './filteredView.ts';
import { type FindTask, findRow, type SearchedRow, type ViewExtent } from './findRow.ts';
import { detectFormat } from './formatRegistry.ts';
import {
  type FileStart,
  groupNamesOf,
  HEAD_SIZE_BYTES,
  type LogFile,
  type LogFormat,
  NONE,
  type QuickRows,
} from './logFormat.ts';
import { QuickIndex } from './quickIndex.ts';
import { type RangedFile, readBytes } from './rangedFile.ts';
import { type CompiledFilter, compileFilter } from './recordFilter.ts';
import { toRow } from './rowView.ts';
import {
  isDamage,
  type RowVisitor,
  RowWalk,
  type RowWalkOptions,
  type RowWalkTask,
  type VisitedRow,
  walkPlaces,
} from './rowWalk.ts';
import { sortRows } from './sortRows.ts';
import type { Checkpoint, SparseIndex } from './sparseIndex.ts';
import { type TargetTest, targetTest } from './targetTest.ts';
import type { TopRows } from './topRows.ts';
import { unindexedRow } from './unindexedRow.ts';
import { waitUntil } from './waitUntil.ts';

/** A page of rows is looked for in pieces of this size: about what lies between two checkpoints of a 4 GiB file. */
const PAGE_CHUNK_BYTES = 0x1_0000;
/** One row is read with a piece of this size, or with its own where it is larger. */
const ROW_CHUNK_BYTES = 0x1000;
const SCAN_CHUNK_BYTES = 0x10_0000;
/** The detail of a row carries so many bytes; the byte view asks for more as it is scrolled. */
const DETAIL_BYTES = 0x1_0000;
/** Fields of larger records are described from their beginning only, without their checksum. */
const DESCRIBE_BYTES = 0x400_0000;
const MAX_PAGE_ROWS = 5000;
const MAX_RANGE_BYTES = 0x100_0000;
const PROGRESS_EVERY_MS = 120;
const ALL_ROWS: ViewId = 0;
const ONLY_DAMAGE: CompiledFilter = { record: () => false, damage: () => true, states: undefined };
const FILE_CHANGED = 'The file has changed while it was read. Try again.';
const START_OF_FILE: Checkpoint = { position: 0, row: 0, offsetBytes: 0 };

interface SortedView {
  readonly id: ViewId;
  /** The view whose rows were sorted. */
  readonly base: ViewId;
  readonly rows: TopRows;
}

export interface InspectionOptions {
  readonly file: RangedFile;
  readonly fileName: string;
  readonly events: ScanEvents;
  /** Opens a file of the same directory. Absent: none can be reached. */
  readonly openBeside?: (fileName: string) => RangedFile | undefined;
  readonly formats?: Iterable<LogFormat>;
}

export class Inspection implements ScanCalls {
  readonly #file: RangedFile;
  readonly #fileName: string;
  readonly #events: ScanEvents;
  readonly #formats: Iterable<LogFormat> | undefined;
  readonly #openBeside: InspectionOptions['openBeside'];
  #formatName = '';
  #logFile: LogFile;
  #index: FileIndex;
  /** Until the file has been read. */
  #quick: QuickIndex | undefined;
  /** What else could tell the rows, if that fails. */
  #quickSources: Iterator<QuickRows> | undefined;
  #quickOutcome: QuickIndexProgress | undefined;
  #filtered: FilteredView | undefined;
  #sorted: SortedView | undefined;
  #sort: AbortController | undefined;
  #lastViewId = ALL_ROWS;
  #find: AbortController | undefined;
  #peeking: AbortController | undefined;
  /** The row that had the match found last: a search that goes on there need not go through all its matches again. */
  #found: { readonly pattern: FindPattern; readonly view: ViewId; readonly row: SearchedRow } | undefined;
  #export: { readonly view: ViewId; readonly abort: AbortController } | undefined;
  #check: AbortController | undefined;
  /** The index that has its first rows, and whose rows may be told by something quicker. */
  #begun: FileIndex | undefined;
  #indexing = false;
  /** Why the pass over the file ended before its end. */
  #problem: Error | undefined;
  #gone = false;
  #closed = false;

  constructor({ file, fileName, events, formats, openBeside }: InspectionOptions) {
    this.#openBeside = openBeside;
    this.#file = file;
    this.#fileName = fileName;
    this.#events = events;
    this.#formats = formats;
    this.#logFile = this.#openLogFile();
    this.#index = new FileIndex(file, this.#logFile);
  }

  async open(): Promise<OpenedFile> {
    this.start();
    return this.look();
  }

  async look(): Promise<OpenedFile> {
    return this.#again(async () => {
      this.#readBeginning();
      // What keeps rows from being read is reported by the index.
      const firstRows = await this.#rows({ view: ALL_ROWS, first: 0, count: PAGE_ROWS }).catch(() => undefined);
      const opened = { summary: this.#summary(), progress: this.#indexProgress() };
      return firstRows === undefined ? opened : { ...opened, firstRows };
    });
  }

  /** Starts the index, or has it report where it is. */
  start(): void {
    if (!this.#index.done && !this.#indexing && this.#problem === undefined) {
      this.#readBeginning();
      this.#indexInBackground();
    } else {
      // Whoever opens again, as a webview does that was hidden, has not heard what was reported before.
      setImmediate(() => {
        this.#reportIndex();
        this.#reportProblem();
      });
    }
  }

  /** What stopped the index, and perhaps a filter, may be over. */
  readOn(): void {
    if (this.#closed || this.#problem === undefined) return;
    this.#indexInBackground();
    if (this.#filtered?.problem !== undefined) this.#restartFilter(this.#filtered);
  }

  async rows(request: Parameters<ScanCalls['rows']>[0]): Promise<RowPage> {
    return this.#again(() => this.#rows(request));
  }

  async #rows({ view, first, count }: Parameters<ScanCalls['rows']>[0]): Promise<RowPage> {
    const { count: rowCount } = this.#extentOf(view);
    const rows: InspectorRow[] = [];
    const wanted = Math.min(count, MAX_PAGE_ROWS, rowCount - first);
    if (wanted > 0) {
      await this.#walk(view, first, (visited) => {
        if (visited.position >= first) rows.push(this.#toRow(visited));
        return rows.length === wanted;
      });
    }
    return { view, first, rows, rowCount };
  }

  async detail(place: PlaceOfRow): Promise<RowDetail | undefined> {
    return this.#again(() => this.#detail(place));
  }

  async #detail({ row, offsetBytes }: PlaceOfRow): Promise<RowDetail | undefined> {
    if (!this.#isIndexed(offsetBytes)) {
      const peeked = await this.#peek({ kind: 'offset', offsetBytes }, new AbortController().signal);
      if (peeked?.row.offsetBytes === offsetBytes) return { ...peeked, row: { ...peeked.row, row } };
    }
    const before = this.#rowsOf(ALL_ROWS).search((checkpoint) => checkpoint.offsetBytes <= offsetBytes);
    let found: InspectorRow | undefined;
    await this.#walkFrom(ALL_ROWS, before, (visited) => {
      const start = visited.entry.offsetBytes;
      if (start === offsetBytes) found = { ...this.#toRow(visited), row };
      return start >= offsetBytes;
    });
    return found === undefined ? undefined : this.#detailOf(found);
  }

  #detailOf(row: InspectorRow): RowDetail {
    const bytes = this.#read(row.offsetBytes, Math.min(row.sizeBytes, DESCRIBE_BYTES));
    return { row, fields: this.#logFile.describe(row, bytes), bytes: bytes.slice(0, DETAIL_BYTES) };
  }

  async peek(target: LocateTarget): Promise<RowDetail | undefined> {
    this.#peeking?.abort();
    const abort = new AbortController();
    this.#peeking = abort;
    return this.#again(() => this.#peek(target, abort.signal));
  }

  async #peek(target: LocateTarget, signal: AbortSignal): Promise<RowDetail | undefined> {
    const logFile = this.#logFile;
    if (logFile.canStartAnywhere !== true) return undefined;
    const searched = { file: this.#file, logFile, fileSizeBytes: this.#index.sizeBytes, signal };
    const row = await unindexedRow(target, searched, (found) => this.#toRow(found));
    return row === undefined ? undefined : this.#detailOf(withoutGroup(row));
  }

  /** Whether it is known where rows start there. */
  #isIndexed(offsetBytes: number): boolean {
    return this.#quick?.state === 'ready' || this.#index.done || offsetBytes < this.#index.indexedBytes;
  }

  bytes({ offsetBytes, sizeBytes }: Parameters<ScanCalls['bytes']>[0]): Uint8Array {
    return this.#read(offsetBytes, Math.min(sizeBytes, MAX_RANGE_BYTES));
  }

  overview(): Overview {
    const { blockSizeBytes, recordBytes, damagedBytes } = this.#index.blocks;
    return {
      blockSizeBytes,
      sizeBytes: this.#index.sizeBytes,
      recordBytes: recordBytes.slice(),
      damagedBytes: damagedBytes.slice(),
    };
  }

  async setFilter(filter: RowFilter | undefined): Promise<ViewId> {
    const compiled = filter === undefined ? undefined : compileFilter(filter, this.#logFile.operations);
    this.#filtered?.abort.abort();
    this.#filtered = undefined;
    this.#endSort();
    if (compiled === undefined) return ALL_ROWS;
    const view = new FilteredView(++this.#lastViewId, compiled);
    this.#filtered = view;
    // The answer goes first: a report of a view that its reader does not know yet would be dropped, and in a small
    // file it is the only one.
    setImmediate(() => {
      if (this.#filtered === view && !this.#closed) void this.#runFilter(view);
    });
    return view.id;
  }

  cancelFilter(): void {
    this.#filtered?.abort.abort();
  }

  async sort({ view, order }: SortRequest): Promise<SortResult | undefined> {
    this.#endSort();
    const abort = new AbortController();
    this.#sort = abort;
    const { sizeBytes } = this.#index;
    let lastReport = performance.now();
    const walk = new RowWalk({
      ...this.#walkOptions(SCAN_CHUNK_BYTES),
      from: START_OF_FILE,
      filter: this.#filterOf(view),
      withStates: order.column === 'state',
    });
    const rows = await sortRows({
      walk,
      order,
      operations: this.#logFile.operations,
      signal: abort.signal,
      onProgress: (scannedBytes) => {
        if (performance.now() - lastReport < PROGRESS_EVERY_MS) return;
        lastReport = performance.now();
        this.#events.sortProgress({ scannedBytes, sizeBytes });
      },
    });
    if (rows === undefined) return undefined;
    this.#sorted = { id: ++this.#lastViewId, base: view, rows };
    return { view: this.#sorted.id, rowCount: rows.count, sortedRows: rows.offered };
  }

  cancelSort(): void {
    this.#sort?.abort();
  }

  #endSort(): void {
    this.#sort?.abort();
    this.#sorted = undefined;
  }

  async locate(target: LocateTarget, view: ViewId): Promise<Located | undefined> {
    return this.#again(() => this.#locate(target, view));
  }

  async #locate(target: LocateTarget, view: ViewId): Promise<Located | undefined> {
    const sorted = this.#sortedView(view);
    if (sorted === undefined) return this.#locateInFileOrder(target, view);
    const located = await this.#locateInFileOrder(target, sorted.base);
    const position = located === undefined ? -1 : sorted.rows.positionOf(located.row);
    return located === undefined || position < 0 ? undefined : { ...located, position };
  }

  async #locateInFileOrder(target: LocateTarget, view: ViewId): Promise<Located | undefined> {
    const index = this.#rowsOf(view);
    const reaches = targetTest(target, this.#index.sizeBytes);
    // Entries of the index tell row and offset; times and sequence numbers have to be read from the records there.
    const from =
      target.kind === 'time' || target.kind === 'sequence'
        ? await this.#searchBySample(view, index, reaches)
        : index.search(({ row, offsetBytes }) => !reaches({ row, offsetBytes, sizeBytes: 0, entry: undefined }));
    let found: Located | undefined;
    let last: Located | undefined;
    await this.#walkFrom(view, from, ({ position, row, entry }) => {
      if (position >= index.count) return true;
      last = { position, row, offsetBytes: entry.offsetBytes };
      // What follows the last row known may be gigabytes without another one.
      if (!reaches({ row, offsetBytes: entry.offsetBytes, sizeBytes: entry.sizeBytes, entry })) {
        return position + 1 >= index.count;
      }
      found = last;
      return true;
    });
    if (found !== undefined || last === undefined) return found;
    return { ...last, isBefore: true };
  }

  /** Goes round: after the last damaged range comes the first. */
  async adjacentDamage(row: number, direction: 'next' | 'previous'): Promise<DamageLocated | undefined> {
    return this.#again(() => this.#adjacentDamage(row, direction));
  }

  async #adjacentDamage(row: number, direction: 'next' | 'previous'): Promise<DamageLocated | undefined> {
    const index = this.#index;
    const total = index.damages.count;
    const before = await this.#damagesBefore(direction === 'next' ? row + 1 : row, total);
    const wanted = direction === 'next' ? before : before - 1;
    const at = (wanted + total) % total;
    let found: DamageLocated | undefined;
    await this.#walkDamages(index.damages.before(at), (visited) => {
      if (visited.position !== at) return false;
      const { offsetBytes } = visited.entry;
      found = { position: visited.row, row: visited.row, offsetBytes, ordinal: at + 1, total };
      return true;
    });
    return found;
  }

  /** A short question. Its answer is of one file: asked again of the one that took its place meanwhile. */
  async #again<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      const told = await this.#toldOfOneFile(ask);
      if (told !== undefined) return told.answer;
    }
  }

  /** Long work, which is not begun again by itself when another file has taken the place of the one it read. */
  async #ofOneFile<Outcome>(work: () => Promise<Outcome>): Promise<Outcome> {
    const told = await this.#toldOfOneFile(work);
    if (told === undefined) throw new Error(FILE_CHANGED);
    return told.answer;
  }

  /** Undefined, also where it failed, when another file has taken the place of the one that was asked about. */
  async #toldOfOneFile<Answer>(ask: () => Promise<Answer>): Promise<{ readonly answer: Answer } | undefined> {
    const index = this.#index;
    const [outcome] = await Promise.allSettled([ask()]);
    if (index !== this.#index) return undefined;
    if (outcome.status === 'rejected') throw outcome.reason;
    return { answer: outcome.value };
  }

  /** How many of the first `total` damaged ranges stand before a row. */
  async #damagesBefore(row: number, total: number): Promise<number> {
    const from = this.#index.damages.search((place) => place.row < row);
    let count = from?.position ?? 0;
    // The list may hold only every Nth; those in between are found by reading.
    const last = Math.min(count + this.#index.damages.stride, total) - 1;
    await this.#walkDamages(from, (visited) => {
      if (visited.row < row) count = visited.position + 1;
      return visited.row >= row || visited.position >= last;
    });
    return count;
  }

  #walkDamages(from: Checkpoint | undefined, visit: RowVisitor): Promise<boolean> {
    return this.#walkRows(from, ONLY_DAMAGE, visit, SCAN_CHUNK_BYTES);
  }

  async find({ pattern, view, from, fromMatch, direction }: FindRequest): Promise<FindHit | undefined> {
    this.#find?.abort();
    const compiled = compileMatcher(pattern);
    if (!compiled.ok) throw new Error(compiled.message);
    const abort = new AbortController();
    this.#find = abort;
    let lastReport = performance.now();
    let scannedBytes = 0;
    const sizeBytes = this.#index.sizeBytes;
    const onScanned = (bytes: number) => {
      scannedBytes += bytes;
      if (performance.now() - lastReport < PROGRESS_EVERY_MS) return;
      lastReport = performance.now();
      this.#events.findProgress({ scannedBytes: Math.min(scannedBytes, sizeBytes), sizeBytes });
    };
    const wait = (isSo: () => boolean) => this.#waitUntil(isSo, abort.signal, () => onScanned(0));
    const isAllKnown = () => this.#extentOf(view).known === 'all';
    const kept = this.#keptRow(pattern, view, fromMatch);
    let allWereKnown = isAllKnown();
    const task: Omit<FindTask, 'from' | 'fromMatchOffsetBytes'> = {
      extent: () => this.#extentOf(view),
      untilEndIsKnown: () => wait(() => this.#extentOf(view).known !== 'part'),
      settle: async (hit) => (allWereKnown ? hit : this.#settle(hit, view, wait)),
      matcher: compiled.matcher,
      kept,
      keep: (row) => {
        // The tail of a file that has grown meanwhile may be read anew.
        if (sizeBytes === this.#index.sizeBytes) this.#found = { pattern, view, row };
      },
      direction,
      walk: (position, visit, afterChunk) => {
        allWereKnown = isAllKnown();
        return this.#walk(view, position, visit, SCAN_CHUNK_BYTES, { signal: abort.signal, afterChunk });
      },
      signal: abort.signal,
      readBytes: (offsetBytes, size) => this.#read(offsetBytes, size),
      onScanned,
    };
    return this.#ofOneFile(async () => {
      const position = kept?.position ?? (fromMatch && (await this.#positionOf(fromMatch.rowOffsetBytes, view)));
      const fromMatchOffsetBytes = position === undefined ? undefined : fromMatch?.matchOffsetBytes;
      return findRow({ ...task, from: position ?? from, fromMatchOffsetBytes });
    });
  }

  /** What was kept of the row that a search is to go on in. Where rows may get other positions, nothing is kept. */
  #keptRow(pattern: FindPattern, view: ViewId, fromMatch: MatchPlace | undefined): SearchedRow | undefined {
    const found = this.#found;
    const isOfThat =
      found?.view === view &&
      isDeepStrictEqual(found.pattern, pattern) &&
      found.row.offsetBytes === fromMatch?.rowOffsetBytes &&
      this.#extentOf(view).known === 'all';
    if (!isOfThat) this.#found = undefined;
    return isOfThat ? found.row : undefined;
  }

  /** Undefined: no row of the view starts there, as far as it is known. */
  async #positionOf(rowOffsetBytes: number, view: ViewId): Promise<number | undefined> {
    const located = await this.#locate({ kind: 'offset', offsetBytes: rowOffsetBytes }, view);
    return located?.offsetBytes === rowOffsetBytes ? located.position : undefined;
  }

  /**
   * A search does not end where the rows known so far do. Its hit is told once the view has come there, and whoever
   * asked knows that. Undefined: the filter was stopped before it came there, or the search was cancelled.
   */
  async #settle(
    hit: FindHit,
    view: ViewId,
    wait: (isSo: () => boolean) => Promise<boolean>,
  ): Promise<FindHit | undefined> {
    const index = this.#index;
    const isThere = () => {
      if (index !== this.#index) throw new Error(FILE_CHANGED);
      const { count, known } = this.#extentOf(view);
      return known === 'all' || count > hit.position;
    };
    if (!(await wait(isThere))) return undefined;
    if (view !== ALL_ROWS) {
      const filtered = this.#filteredView(view);
      this.#reportFilter(filtered, index.sizeBytes);
      return hit.position < filtered.matches.count ? hit : undefined;
    }
    this.#reportIndex();
    // Rows told early and rows read need not have the same numbers, and one kind may have replaced the other.
    const located = await this.#locateInFileOrder({ kind: 'offset', offsetBytes: hit.offsetBytes }, view);
    if (located === undefined) return undefined;
    return { ...hit, ...located, matchOffsetBytes: hit.matchOffsetBytes + hit.offsetBytes - located.offsetBytes };
  }

  cancelFind(): void {
    this.#find?.abort();
    this.#found = undefined;
  }

  async exportRows({ view, format, ...file }: ExportRequest): Promise<ExportResult> {
    const abort = new AbortController();
    const exporting = { view, abort };
    this.#export = exporting;
    const output = new ExportFile(file);
    let written: Omit<ExportResult, 'cancelled'> = { rowCount: 0 };
    try {
      output.write(exportHead(format));
      written = await this.#ofOneFile(async () => {
        // Of all rows none need be known: the walk itself goes to the end of the file.
        const isReady = await this.#waitUntil(() => view === ALL_ROWS || this.#knowsAllOf(view), abort.signal);
        const outcome = isReady ? await this.#writeRows(view, format, output, abort.signal) : { rowCount: 0 };
        // What nobody has noticed yet may have been read all the same.
        this.refresh();
        return outcome;
      });
      if (abort.signal.aborted) output.abandon();
      else output.finish();
    } catch (error) {
      output.abandon();
      throw error;
    } finally {
      if (this.#export === exporting) this.#export = undefined;
    }
    return { ...written, cancelled: abort.signal.aborted };
  }

  async #writeRows(
    view: ViewId,
    format: ExportFormat,
    output: ExportFile,
    signal: AbortSignal,
  ): Promise<Omit<ExportResult, 'cancelled'>> {
    // A filter that was stopped shows what it had found by then, and no more is written.
    const limit = view === ALL_ROWS ? Number.POSITIVE_INFINITY : this.#extentOf(view).count;
    const firstRows = this.#firstRowsOf(view);
    let rowCount = 0;
    let omittedValues = 0;
    let formulas = 0;
    let lastReport = performance.now();
    const visit = (visited: VisitedRow) => {
      const isLast = visited.position + 1 >= limit;
      if (!isDamage(visited.entry) && visited.entry.kind === 'header') return isLast;
      const row = exportedRow(visited, this.#logFile);
      output.write(exportLine(format, row));
      rowCount++;
      if (row.valueOmitted !== undefined) omittedValues++;
      if (format === 'csv' && holdsFormula(row)) formulas++;
      if (performance.now() - lastReport >= PROGRESS_EVERY_MS) {
        lastReport = performance.now();
        this.#events.exportProgress(visited.entry.offsetBytes / this.#index.sizeBytes);
      }
      return isLast;
    };
    await this.#walk(view, 0, visit, SCAN_CHUNK_BYTES, { signal });
    return {
      rowCount,
      ...(firstRows === undefined ? {} : { firstRows }),
      ...(omittedValues === 0 ? {} : { omittedValues }),
      ...(formulas === 0 ? {} : { formulas }),
    };
  }

  /** Throws when the view is gone. */
  #knowsAllOf(view: ViewId): boolean {
    if (this.#sortedView(view) === undefined && this.#filtered?.id !== view) {
      throw new Error('The filter or the order of the rows has changed since then. Export again.');
    }
    return this.#extentOf(view).known === 'all';
  }

  /** How many rows an order keeps; undefined when it keeps all. */
  #firstRowsOf(view: ViewId): number | undefined {
    const rows = this.#sortedView(view)?.rows;
    return rows === undefined || rows.count === rows.offered ? undefined : rows.count;
  }

  /** As `waitUntil`; throws when what it waits for will never be so, because the file cannot be read. */
  #waitUntil(isSo: () => boolean, signal: AbortSignal, onWait?: () => void): Promise<boolean> {
    const isSoOrFails = () => {
      if (isSo()) return true;
      if (this.#problem !== undefined) throw this.#problem;
      return false;
    };
    return waitUntil(isSoOrFails, signal, onWait);
  }

  cancelExport(): void {
    this.#export?.abort.abort();
  }

  async crossCheck(): Promise<CrossCheck | undefined> {
    const index = this.#index;
    const abort = new AbortController();
    this.#check = abort;
    const slice = new TimeSlice(1);
    let lastReport = Number.NEGATIVE_INFINITY;
    const checkWanted = () => {
      if (this.#closed || index !== this.#index) throw new Error(FILE_CHANGED);
      if (this.#check !== abort) throw new Error('The check has begun anew.');
    };
    const check = this.#logFile.crossCheck?.({
      file: this.#file,
      openBeside: this.#openBeside,
      pause: () => {
        checkWanted();
        return slice.isOver() ? slice.next().then(checkWanted) : undefined;
      },
      progress: (progress) => {
        if (performance.now() - lastReport < PROGRESS_EVERY_MS) return;
        lastReport = performance.now();
        this.#events.crossCheckProgress(progress);
      },
      signal: abort.signal,
    });
    try {
      return await check;
    } finally {
      // Whatever came of it, also of reading a file that was closed meanwhile, is about another file.
      checkWanted();
    }
  }

  cancelCrossCheck(): void {
    this.#check?.abort();
  }

  /** Ends what only serves rows that are in sight. An export goes on, and so does a filter whose rows it waits for. */
  leave(): void {
    this.cancelFind();
    this.#peeking?.abort();
    this.cancelCrossCheck();
    this.#endSort();
    if (this.#filtered === undefined || this.#filtered.id === this.#export?.view) return;
    this.#filtered.abort.abort();
    this.#filtered = undefined;
  }

  /** Looks at the file again; called when something may have changed it. */
  refresh(): void {
    if (this.#closed) return;
    const change = this.#file.refresh();
    const wasGone = this.#gone;
    this.#gone = change === 'gone';
    if (this.#gone) {
      if (!wasGone) this.#events.fileChanged('gone', undefined);
    } else if (wasGone) this.#startOver('replaced');
    else if (change === 'shrank' || change === 'replaced') this.#startOver('replaced');
    else if (this.#file.sizeBytes > this.#index.sizeBytes && this.#index.done) this.#goOn();
  }

  close(): void {
    this.#closed = true;
    this.#filtered?.abort.abort();
    this.#endSort();
    this.#find?.abort();
    this.#peeking?.abort();
    this.#export?.abort.abort();
    this.#quick?.close();
    this.#file.close();
  }

  #openLogFile(): LogFile {
    const head = this.#read(0, HEAD_SIZE_BYTES);
    const start: FileStart = {
      fileName: this.#fileName,
      head,
      sizeBytes: this.#file.sizeBytes,
      read: (offsetBytes, sizeBytes) => this.#read(offsetBytes, sizeBytes),
    };
    const format = detectFormat(start, this.#formats);
    if (format === undefined) throw new Error(`${this.#fileName} is no log file of a known format.`);
    this.#formatName = format.name;
    return format.open(start);
  }

  #summary(): FileSummary {
    const { facts, columns, operations, filterOperations = operations, segmentId } = this.#logFile;
    return {
      fileName: this.#fileName,
      formatName: this.#formatName,
      sizeBytes: this.#index.sizeBytes,
      facts,
      columns,
      operations,
      filterOperations,
      groupNames: groupNamesOf(this.#logFile),
      ...(segmentId === undefined ? {} : { segmentId }),
    };
  }

  #readBeginning(): void {
    if (this.#index.done || this.#begun === this.#index) return;
    this.#index.step();
    this.#startQuick();
    this.#begun = this.#index;
  }

  #indexInBackground(): void {
    const index = this.#index;
    this.#problem = undefined;
    this.#indexRest().catch((cause: unknown) => {
      if (this.#closed || index !== this.#index) return;
      this.#problem = cause instanceof Error ? cause : new Error(String(cause));
      this.#indexing = false;
      this.#reportProblem();
    });
  }

  #reportProblem(): void {
    if (this.#problem === undefined) return;
    this.#events.unreadable(`The file could not be read to its end: ${this.#problem.message}`);
  }

  async #indexRest(): Promise<void> {
    this.#indexing = true;
    const index = this.#index;
    let lastReport = 0;
    while (!index.done && !this.#closed && index === this.#index) {
      const now = performance.now();
      if (now - lastReport >= PROGRESS_EVERY_MS) {
        lastReport = now;
        this.#reportIndex();
      }
      // What another file tells is there much sooner, so it goes first.
      if (this.#quick?.state === 'reading') this.#stepQuick(this.#quick);
      else index.step();
      // Before anybody else reports on the index in the turns between.
      if (index.done) this.#endQuick();
      await nextTurn();
    }
    if (this.#closed || index !== this.#index) return;
    this.#indexing = false;
    this.#reportIndex();
    if (this.#file.sizeBytes > index.sizeBytes) this.#goOn();
  }

  /** Looks for what tells sooner where rows start. A small file is read at once without. */
  #startQuick(): void {
    if (this.#index.done) return;
    this.#quickSources = this.#logFile.quickRows?.({ file: this.#file, openBeside: this.#openBeside });
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
    } else if (quick.state === 'ready') this.#reportIndex();
  }

  /** The file has been read: what it says replaces what was told. */
  #endQuick(): void {
    if (this.#quick === undefined) return;
    const same = this.#quick.rows.count === this.#index.rows.count && this.#index.damages.count === 0;
    this.#dropQuick(same ? 'agreed' : 'differed');
  }

  #dropQuick(state: QuickIndexProgress['state']): void {
    if (this.#quick === undefined) return;
    if (this.#quick.isSeparate) this.#quickOutcome = { source: this.#quick.source, state, share: 1 };
    this.#quick.close();
    this.#quick = undefined;
  }

  #indexProgress(): IndexProgress {
    const progress = this.#index.progress();
    const quick = this.#quick;
    if (quick === undefined) {
      return this.#quickOutcome === undefined ? progress : { ...progress, quick: this.#quickOutcome };
    }
    const state = quick.state === 'ready' ? 'shown' : 'reading';
    const rowCount = this.#rowsOf(ALL_ROWS).count;
    return { ...progress, rowCount, quick: { source: quick.source, state, share: quick.share } };
  }

  #reportIndex(): void {
    this.#events.indexProgress(this.#indexProgress());
  }

  /** The file grew. */
  #goOn(): void {
    const stableBytes = this.#index.stableOffsetBytes;
    this.#found = undefined;
    this.#quickOutcome = undefined;
    this.#index.extend(this.#file.sizeBytes);
    this.#events.fileChanged('grew', this.#summary());
    this.#indexInBackground();
    const filtered = this.#filtered;
    if (filtered === undefined) return;
    if (!filtered.done) {
      filtered.changedFromBytes = Math.min(filtered.changedFromBytes, stableBytes);
      return;
    }
    // What the filter found in a tail that is read anew may be wrong; without such a tail it goes on where it was.
    if (filtered.scannedBytes > stableBytes) this.#restartFilter(filtered);
    else void this.#runFilter(filtered);
  }

  #restartFilter(filtered: FilteredView): void {
    filtered.abort.abort();
    const fresh = new FilteredView(filtered.id, filtered.filter);
    this.#filtered = fresh;
    void this.#runFilter(fresh);
  }

  /** Another file stands under the name, or it was cut: nothing known holds any more. */
  #startOver(change: FileChange): void {
    this.#logFile = this.#openLogFile();
    this.#index = new FileIndex(this.#file, this.#logFile);
    this.#indexing = false;
    this.#quick?.close();
    this.#quick = undefined;
    this.#quickOutcome = undefined;
    const filtered = this.#filtered;
    this.#endSort();
    this.cancelFind();
    this.#export?.abort.abort();
    this.#readBeginning();
    // Before any progress: what follows is of the other file.
    this.#events.fileChanged(change, this.#summary());
    this.#indexInBackground();
    if (filtered !== undefined) this.#restartFilter(filtered);
  }

  async #runFilter(view: FilteredView): Promise<void> {
    const sizeBytes = this.#index.sizeBytes;
    view.done = false;
    view.changedFromBytes = Number.POSITIVE_INFINITY;
    let lastReport = performance.now();
    const from = { position: view.matches.count, row: view.nextRow, offsetBytes: view.scannedBytes };
    view.problem = undefined;
    const walk = new RowWalk({ ...this.#walkOptions(SCAN_CHUNK_BYTES), from, filter: view.filter });
    try {
      // Which groups lack records the index knows at their end only.
      if (view.filter.states?.has('uncommitted')) await this.#waitUntil(() => this.#index.done, view.abort.signal);
      await walk.run(
        ({ row, entry, group }) => {
          view.matches.add(row, entry.offsetBytes, group?.startBytes ?? NONE, group?.endBytes ?? NONE);
          return false;
        },
        {
          signal: view.abort.signal,
          onProgress: (offsetBytes) => {
            view.scannedBytes = offsetBytes;
            view.nextRow = walk.nextRow;
            if (performance.now() - lastReport < PROGRESS_EVERY_MS) return;
            lastReport = performance.now();
            this.#reportFilter(view, sizeBytes);
          },
        },
      );
    } catch (error) {
      view.problem = messageOf(error);
    }
    if (this.#filtered !== view || this.#closed) return;
    const reachedEnd = view.problem === undefined && !view.abort.signal.aborted;
    if (reachedEnd) view.scannedBytes = sizeBytes;
    view.done = true;
    this.#reportFilter(view, sizeBytes);
    if (this.#index.sizeBytes > sizeBytes && reachedEnd) this.#continueFilter(view, sizeBytes);
  }

  #reportFilter({ id, matches, scannedBytes, done, abort, problem }: FilteredView, sizeBytes: number): void {
    const { aborted: cancelled } = abort.signal;
    const progress = { view: id, matchCount: matches.count, scannedBytes, sizeBytes, done, cancelled };
    this.#events.filterProgress(problem === undefined ? progress : { ...progress, problem });
  }

  /** The file grew while the filter ran. */
  #continueFilter(view: FilteredView, seenBytes: number): void {
    // Where the index is stable now says nothing of the tail that the filter has seen: it may have been read anew.
    if (seenBytes > view.changedFromBytes) this.#restartFilter(view);
    else void this.#runFilter(view);
  }

  #rowsOf(view: ViewId): SparseIndex {
    if (view === ALL_ROWS) return this.#quick?.state === 'ready' ? this.#quick.rows : this.#index.rows;
    return this.#filteredView(view).matches;
  }

  #filteredView(view: ViewId): FilteredView {
    if (this.#filtered?.id !== view) throw new Error('The filter has changed; these rows are gone.');
    return this.#filtered;
  }

  #sortedView(view: ViewId): SortedView | undefined {
    return this.#sorted?.id === view ? this.#sorted : undefined;
  }

  #extentOf(view: ViewId): ViewExtent {
    const sorted = this.#sortedView(view);
    if (sorted !== undefined) return { count: sorted.rows.count, stride: 1, known: 'all' };
    const { count, stride } = this.#rowsOf(view);
    const isDone = view === ALL_ROWS ? this.#index.done : this.#filteredView(view).done;
    if (isDone) return { count, stride, known: 'all' };
    return { count, stride, known: view === ALL_ROWS && this.#quick?.state === 'ready' ? 'told' : 'part' };
  }

  #filterOf(view: ViewId): CompiledFilter | undefined {
    return view === ALL_ROWS ? undefined : this.#filteredView(view).filter;
  }

  #walkOptions(chunkBytes: number): Omit<RowWalkOptions, 'from' | 'filter'> {
    return {
      file: this.#file,
      logFile: this.#logFile,
      fileSizeBytes: this.#index.sizeBytes,
      chunkBytes,
      groups: this.#index,
      askStates: (offsets) => this.#askStates(offsets),
    };
  }

  /** Visits the rows of any view from a position on, or from a little before it. */
  async #walk(
    view: ViewId,
    position: number,
    visit: RowVisitor,
    chunkBytes: number = PAGE_CHUNK_BYTES,
    task: RowWalkTask = {},
  ): Promise<boolean> {
    const sorted = this.#sortedView(view);
    if (sorted !== undefined) {
      const places = placesFrom(sorted.rows, position);
      return walkPlaces(places, this.#walkOptions(ROW_CHUNK_BYTES), visit, task);
    }
    // A view may have rows before it knows any.
    const start = this.#extentOf(view).known === 'part' ? START_OF_FILE : undefined;
    return this.#walkFrom(view, this.#rowsOf(view).before(position) ?? start, visit, chunkBytes, task);
  }

  async #walkFrom(
    view: ViewId,
    from: Checkpoint | undefined,
    visit: RowVisitor,
    chunkBytes: number = PAGE_CHUNK_BYTES,
    task: RowWalkTask = {},
  ): Promise<boolean> {
    return this.#walkRows(from, this.#filterOf(view), visit, chunkBytes, task);
  }

  async #walkRows(
    from: Checkpoint | undefined,
    filter: CompiledFilter | undefined,
    visit: RowVisitor,
    chunkBytes: number,
    task: RowWalkTask = {},
  ): Promise<boolean> {
    if (from === undefined) return false;
    const walk = new RowWalk({ ...this.#walkOptions(chunkBytes), from, filter });
    return walk.run(visit, task);
  }

  async #askStates(offsetsBytes: readonly number[]): Promise<readonly RecordState[]> {
    return offsetsBytes.length === 0 ? [] : this.#events.recordStates(offsetsBytes);
  }

  /** Halves the view by reading one record at each step; right when what is looked for grows along the file. */
  async #searchBySample(view: ViewId, index: SparseIndex, reaches: TargetTest): Promise<Checkpoint | undefined> {
    let low = 0;
    let high = index.count - 1;
    while (high - low > index.stride) {
      const middle = Math.floor((low + high) / 2);
      const from = index.before(middle);
      let reached = false;
      await this.#walkFrom(view, from, ({ row, entry }) => {
        if (isDamage(entry) || entry.kind === 'header') return false;
        reached = reaches({ row, offsetBytes: entry.offsetBytes, sizeBytes: entry.sizeBytes, entry });
        return true;
      });
      if (reached) high = middle - 1;
      else low = middle;
    }
    return index.before(low);
  }

  #toRow(visited: Pick<VisitedRow, 'row' | 'entry'>): InspectorRow {
    return toRow(visited, {
      logFile: this.#logFile,
      groups: this.#index,
      file: this.#file,
    });
  }

  #read(offsetBytes: number, sizeBytes: number): Uint8Array {
    return readBytes(this.#file, offsetBytes, Math.max(0, Math.min(sizeBytes, this.#file.sizeBytes - offsetBytes)));
  }
}

function* placesFrom(rows: TopRows, position: number): Generator<Checkpoint> {
  for (let at = position; at < rows.count; at++) yield rows.at(at);
}

/** A scan that has not come from the beginning does not know of what group a record is. */
function withoutGroup(row: InspectorRow): InspectorRow {
  if (row.kind === 'damage' || row.cells.group === undefined) return row;
  const { group: _, ...cells } = row.cells;
  return { ...row, cells };
}
