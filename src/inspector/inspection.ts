/**
 * One file under inspection, and the answers to what the editor asks. Runs in the scanning thread, and in tests without
 * one. What it knows of the file is in `IndexedFile`, which rows are looked at in `RowViews`.
 */

import type { RowFilter } from '../shared/inspectorFilter.ts';
import type {
  CrossCheck,
  DamageLocated,
  ExportRequest,
  ExportResult,
  FileChange,
  FindHit,
  FindRequest,
  Located,
  LocateTarget,
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
import type { InspectorRow, Overview, RowDetail } from '../shared/inspectorRows.ts';
import { adjacentDamage } from './adjacentDamage.ts';
import { CrossCheckRun } from './crossCheckRun.ts';
import { FileVersions } from './fileVersions.ts';
import { IndexedFile } from './indexedFile.ts';
import { locateRow } from './locateRow.ts';
import type { LogFormat } from './logFormat.ts';
import type { RangedFile } from './rangedFile.ts';
import { RowExport } from './rowExport.ts';
import { RowFind } from './rowFind.ts';
import { ALL_ROWS, RowViews } from './rowViews.ts';
import { isNumberTarget } from './targetTest.ts';
import { unindexedRow } from './unindexedRow.ts';

/** The detail of a row carries so many bytes; the byte view asks for more as it is scrolled. */
const DETAIL_BYTES = 0x1_0000;
/** Fields of larger records are described from their beginning only, without their checksum. */
const DESCRIBE_BYTES = 0x400_0000;
const MAX_PAGE_ROWS = 5000;
const MAX_RANGE_BYTES = 0x100_0000;

export interface InspectionOptions {
  readonly file: RangedFile;
  readonly fileName: string;
  readonly events: ScanEvents;
  /** Opens a file of the same directory. Absent: none can be reached. */
  readonly openBeside?: (fileName: string) => RangedFile | undefined;
  readonly formats?: Iterable<LogFormat>;
}

export class Inspection implements ScanCalls {
  readonly #options: InspectionOptions;
  readonly #file: RangedFile;
  readonly #events: ScanEvents;
  readonly #versions: FileVersions;
  readonly #views: RowViews;
  readonly #find: RowFind;
  readonly #export: RowExport;
  readonly #check: CrossCheckRun;
  #peeking: AbortController | undefined;
  #locating: AbortController | undefined;
  #gone = false;
  #closed = false;

  constructor(options: InspectionOptions) {
    const { file, events, openBeside } = options;
    this.#options = options;
    this.#file = file;
    this.#events = events;
    this.#versions = new FileVersions(this.#openVersion());
    this.#views = new RowViews(this.#versions, events);
    this.#find = new RowFind(this.#versions, this.#views, events);
    this.#export = new RowExport(this.#versions, this.#views, events, () => this.refresh());
    this.#check = new CrossCheckRun(this.#versions, { file, openBeside }, events);
  }

  // The file

  async open(): Promise<OpenedFile> {
    this.start();
    return this.look();
  }

  /** Starts the index, or has it report where it is. */
  start(): void {
    this.#current.start();
  }

  async look(): Promise<OpenedFile> {
    return this.#versions.again(async () => {
      this.#current.readBeginning();
      // What keeps rows from being read is reported by the index.
      const firstRows = await this.#rows({ view: ALL_ROWS, first: 0, count: PAGE_ROWS }).catch(() => undefined);
      const opened = { summary: this.#current.summary(), progress: this.#current.progress() };
      return firstRows === undefined ? opened : { ...opened, firstRows };
    });
  }

  /** What stopped the index, and perhaps a filter, may be over. */
  readOn(): void {
    if (this.#closed || this.#current.problem === undefined) return;
    this.#current.indexInBackground();
    this.#views.readOn();
  }

  overview(): Overview {
    return this.#current.overview();
  }

  bytes({ offsetBytes, sizeBytes }: Parameters<ScanCalls['bytes']>[0]): Uint8Array {
    return this.#current.read(offsetBytes, Math.min(sizeBytes, MAX_RANGE_BYTES));
  }

  /** Ends what only serves rows that are in sight. An export goes on, and so does a filter whose rows it waits for. */
  leave(): void {
    this.#find.cancel();
    this.#peeking?.abort();
    this.#locating?.abort();
    this.#check.cancel();
    this.#views.leave(this.#export.view);
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
    else if (this.#current.index.done) this.#goOn();
  }

  close(): void {
    this.#closed = true;
    this.#views.close();
    this.#find.cancel();
    this.#peeking?.abort();
    this.#locating?.abort();
    this.#export.cancel();
    this.#current.close();
    this.#versions.close();
    this.#file.close();
  }

  // Rows

  async rows(request: Parameters<ScanCalls['rows']>[0]): Promise<RowPage> {
    return this.#versions.again(() => this.#rows(request));
  }

  async #rows({ view, first, count }: Parameters<ScanCalls['rows']>[0]): Promise<RowPage> {
    const { count: rowCount } = this.#views.extent(view);
    const rows: InspectorRow[] = [];
    const wanted = Math.min(count, MAX_PAGE_ROWS, rowCount - first);
    if (wanted > 0) {
      const version = this.#current;
      await this.#views.walk(view, first, (visited) => {
        if (visited.position >= first) rows.push(version.toRow(visited));
        return rows.length === wanted;
      });
    }
    return { view, first, rows, rowCount };
  }

  async detail(place: PlaceOfRow): Promise<RowDetail | undefined> {
    return this.#versions.again(() => this.#detail(place));
  }

  async #detail({ row, offsetBytes }: PlaceOfRow): Promise<RowDetail | undefined> {
    const version = this.#current;
    if (!version.isIndexed(offsetBytes)) {
      const peeked = await this.#peek({ kind: 'offset', offsetBytes }, new AbortController().signal);
      if (peeked?.row.offsetBytes === offsetBytes) return { ...peeked, row: { ...peeked.row, row } };
    }
    const before = version.rows.search((checkpoint) => checkpoint.offsetBytes <= offsetBytes);
    let found: InspectorRow | undefined;
    await this.#views.walkFrom(ALL_ROWS, before, (visited) => {
      const start = visited.entry.offsetBytes;
      if (start === offsetBytes) found = { ...version.toRow(visited), row };
      return start >= offsetBytes;
    });
    return found === undefined ? undefined : detailOf(found, version);
  }

  async peek(target: LocateTarget): Promise<RowDetail | undefined> {
    this.#peeking?.abort();
    const abort = new AbortController();
    this.#peeking = abort;
    return this.#versions.again(() => this.#peek(target, abort.signal));
  }

  async #peek(target: LocateTarget, signal: AbortSignal): Promise<RowDetail | undefined> {
    const version = this.#current;
    const { logFile, sizeBytes: fileSizeBytes } = version;
    if (logFile.canStartAnywhere !== true) return undefined;
    // What halving leads to can be checked for a sequence number only.
    if (target.kind === 'time' && !version.index.ascends('time')) return undefined;
    const searched = { file: this.#file, logFile, fileSizeBytes, signal };
    const row = await unindexedRow(target, searched, (found) => version.toRow(found));
    return row === undefined ? undefined : detailOf(withoutGroup(row), version);
  }

  async locate(target: LocateTarget, view: ViewId): Promise<Located | undefined> {
    const abort = new AbortController();
    // A number may take a walk through the whole file.
    if (isNumberTarget(target)) {
      this.#locating?.abort();
      this.#locating = abort;
    }
    return this.#versions.again(() => {
      const { sizeBytes: fileSizeBytes } = this.#current;
      return locateRow(target, { views: this.#views, view, fileSizeBytes, signal: abort.signal });
    });
  }

  /** Goes round: after the last damaged range comes the first. */
  async adjacentDamage(row: number, direction: 'next' | 'previous'): Promise<DamageLocated | undefined> {
    return this.#versions.again(() => adjacentDamage(this.#current, row, direction));
  }

  // Views, and what goes through them

  async setFilter(filter: RowFilter | undefined): Promise<ViewId> {
    return this.#views.setFilter(filter);
  }

  cancelFilter(): void {
    this.#views.cancelFilter();
  }

  sort(request: SortRequest): Promise<SortResult | undefined> {
    return this.#views.sort(request);
  }

  cancelSort(): void {
    this.#views.cancelSort();
  }

  find(request: FindRequest): Promise<FindHit | undefined> {
    return this.#find.find(request);
  }

  cancelFind(): void {
    this.#find.cancel();
  }

  exportRows(request: ExportRequest): Promise<ExportResult> {
    return this.#export.export(request);
  }

  cancelExport(): void {
    this.#export.cancel();
  }

  crossCheck(): Promise<CrossCheck | undefined> {
    return this.#check.check();
  }

  cancelCrossCheck(): void {
    this.#check.cancel();
  }

  // Below: what becomes of the file

  get #current(): IndexedFile {
    return this.#versions.current;
  }

  #openVersion(): IndexedFile {
    const { file, fileName, formats, openBeside, events } = this.#options;
    return new IndexedFile({ file, fileName, formats, openBeside, events, onIndexed: () => this.#goOn() });
  }

  /** Goes on with what the file has grown by, if it has. */
  #goOn(): void {
    const version = this.#current;
    if (this.#file.sizeBytes <= version.sizeBytes) return;
    const offsetBytes = version.index.stableOffsetBytes;
    this.#find.forget();
    const row = version.extend();
    this.#events.fileChanged('grew', version.summary());
    version.indexInBackground();
    this.#views.goOn({ offsetBytes, row });
  }

  /** Another file stands under the name, or it was cut: nothing known holds any more. */
  #startOver(change: FileChange): void {
    const version = this.#openVersion();
    this.#current.close();
    this.#versions.current = version;
    this.#views.endSort();
    this.#find.cancel();
    this.#export.cancel();
    version.readBeginning();
    // Before any progress: what follows is of the other file.
    this.#events.fileChanged(change, version.summary());
    version.indexInBackground();
    this.#views.startOver();
  }
}

function detailOf(row: InspectorRow, version: IndexedFile): RowDetail {
  const bytes = version.read(row.offsetBytes, Math.min(row.sizeBytes, DESCRIBE_BYTES));
  return { row, fields: version.logFile.describe(row, bytes), bytes: bytes.slice(0, DETAIL_BYTES) };
}

/** A scan that has not come from the beginning does not know of what group a record is. */
function withoutGroup(row: InspectorRow): InspectorRow {
  if (row.kind === 'damage' || row.cells.group === undefined) return row;
  const { group: _, ...cells } = row.cells;
  return { ...row, cells };
}
