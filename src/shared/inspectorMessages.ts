/** The calls between the three parts of the inspector: webview, extension host and scanning thread. */

import type { RowFilter } from './inspectorFilter.ts';
import type { FileSummary, IndexProgress, InspectorRow, Overview, RowDetail } from './inspectorRows.ts';
import type { ViewState } from './inspectorViewState.ts';
import type { RecordState } from './recordState.ts';
import type { RowOrder } from './rowOrder.ts';

/** The rows of a view: 0 shows all rows of the file, others the rows of a filter, or of an order. */
export type ViewId = number;

export interface RowPage {
  readonly view: ViewId;
  /** Position in the view of the first row. */
  readonly first: number;
  readonly rows: readonly InspectorRow[];
  /** Rows of the view known so far. */
  readonly rowCount: number;
}

/** Rows are asked for by so many. */
export const PAGE_ROWS = 100;

/** What an editor shows first, all at once: each way from one thread to another takes its time. */
export interface OpenedFile {
  readonly summary: FileSummary;
  readonly progress: IndexProgress;
  /** The first page of all rows; absent when they cannot be read. */
  readonly firstRows?: RowPage;
}

export type LocateTarget =
  | { readonly kind: 'row'; readonly row: number }
  /** Negative: from the end of the file. */
  | { readonly kind: 'offset'; readonly offsetBytes: number }
  /** 0 to 100. */
  | { readonly kind: 'percent'; readonly percent: number }
  /** Milliseconds since 1970-01-01 UTC: the first record written at that time or later. */
  | { readonly kind: 'time'; readonly timeMs: number }
  | { readonly kind: 'sequence'; readonly sequence: number };

export interface Located {
  /** Position in the view asked for. */
  readonly position: number;
  readonly row: number;
  readonly offsetBytes: number;
  /** No row of the view is at the place or behind it: this is the last one. */
  readonly isBefore?: true;
  /** No row of the view has the sequence number asked for: this one has the next higher. */
  readonly isNextNumber?: true;
}

/** A damaged range, and which one of how many. */
export interface DamageLocated extends Located {
  readonly ordinal: number;
  readonly total: number;
}

export interface FindPattern {
  readonly kind: 'text' | 'hex' | 'regex';
  readonly pattern: string;
  readonly matchCase: boolean;
}

export interface FindRequest {
  readonly pattern: FindPattern;
  readonly view: ViewId;
  /** Position in the view to start at, itself excluded; -1 to start before the first. */
  readonly from: number;
  /** The match in that row to go on from; absent: the row is left out. */
  readonly fromMatch?: MatchPlace;
  readonly direction: 'next' | 'previous';
}

export interface MatchPlace {
  /** Where the row of the match starts in the file. By then the row may have another position than its reader knows. */
  readonly rowOffsetBytes: number;
  /** From the row's first byte. */
  readonly matchOffsetBytes: number;
}

export interface FindHit extends Located {
  readonly where: 'key' | 'value' | 'damage';
  /** Of the match, from the row's first byte. */
  readonly matchOffsetBytes: number;
  readonly matchSizeBytes: number;
  /** The search went past the end of the view and started over. */
  readonly wrapped: boolean;
}

export interface FilterProgress {
  readonly view: ViewId;
  readonly matchCount: number;
  readonly scannedBytes: number;
  readonly sizeBytes: number;
  readonly done: boolean;
  /** The scan stopped on request; what was found until then is shown. */
  readonly cancelled: boolean;
  /** Why the scan ended early, as one sentence; what was found until then is shown. */
  readonly problem?: string;
}

export interface SortRequest {
  /** Whose rows are sorted: all rows, or those of the filter. */
  readonly view: ViewId;
  readonly order: RowOrder;
}

export interface SortResult {
  readonly view: ViewId;
  /** Rows of the sorted view: the first in the order, of all that were sorted. */
  readonly rowCount: number;
  readonly sortedRows: number;
}

export type ExportFormat = 'jsonl' | 'csv';

export interface ExportRequest {
  readonly view: ViewId;
  readonly format: ExportFormat;
  /** Of a local file, which is replaced when it exists. */
  readonly path: string;
  /** Of the file that has its rows until they are all there; beside the other. */
  readonly partialPath: string;
  /** The export fails when its file would become larger. Absent: it may have any size. */
  readonly maxSizeBytes?: number;
}

export interface ExportResult {
  readonly rowCount: number;
  readonly cancelled: boolean;
  /** Rows that the view keeps of its order; absent when it keeps them all. */
  readonly firstRows?: number;
  /** Records with a key or value that a spreadsheet takes for a formula; absent when there are none, and of JSON Lines. */
  readonly formulas?: number;
  /** Records that were written without their value, which is too large; absent when there are none. */
  readonly omittedValues?: number;
}

export type FileChange = 'grew' | 'gone' | 'replaced';

/** Whether what the file says agrees with the files it belongs to: a hint file with its segment, say. */
export interface CrossCheck {
  /** What was checked, for the header line: `hint`, `segment`. */
  readonly label: string;
  /** `unchecked`: the other files cannot be reached from here, so that nothing is known of them. */
  readonly outcome: 'agrees' | 'differs' | 'missing' | 'unchecked';
  /** A few words: `ok`, `none`, `3 differences`, `at least 3 differences`. */
  readonly summary: string;
  /** What differs, or why it is not known; one sentence each, at most 100. */
  readonly problems: readonly string[];
  /** What else may differ because it was not looked at, and why, as a sentence; absent: nothing. */
  readonly notLookedAt?: string;
}

export interface CrossCheckProgress {
  readonly known: CrossCheck;
  /** What goes on, for people: `Looking for records that have no entry`. */
  readonly activity: string;
  /** How much of that is done, 0 to 1. */
  readonly share: number;
}

/**
 * A row as somebody saw it. Where it starts says which row it is: its number may be another once the file has been
 * checked, and until then differs between all rows, which something quicker told, and those of a filter, which was read.
 */
export interface PlaceOfRow {
  readonly row: number;
  readonly offsetBytes: number;
}

/** A call is answered at once or later; its caller always gets a promise. */
type Answer<T> = T | Promise<T>;

/** What a scan does for its caller; runs in the scanning thread. */
export interface ScanCalls {
  /** Starts the pass over the file, or reports where it is. */
  open(): Answer<OpenedFile>;
  /** Goes on where the file could not be read. */
  readOn(): void;
  rows(request: { readonly view: ViewId; readonly first: number; readonly count: number }): Answer<RowPage>;
  /** Undefined: no row starts there, or not any more. */
  detail(place: PlaceOfRow): Answer<RowDetail | undefined>;
  /**
   * The row at a place that the index has not come to. Undefined: it cannot be found without the index, or not soon.
   */
  peek(target: LocateTarget): Answer<RowDetail | undefined>;
  bytes(range: { readonly offsetBytes: number; readonly sizeBytes: number }): Answer<Uint8Array>;
  overview(): Answer<Overview>;
  /** Rejected when a regular expression of the filter is none; then the filter before it stays. */
  setFilter(filter: RowFilter | undefined): Answer<ViewId>;
  cancelFilter(): void;
  /** Undefined: it was cancelled. Ends the sort before it, and its view. */
  sort(request: SortRequest): Answer<SortResult | undefined>;
  cancelSort(): void;
  /**
   * Undefined: the view is empty; in a sorted view: the row is not among those that it keeps. A time or sequence number
   * may take a walk through the view, which ends, with undefined, when another one is asked for.
   */
  locate(target: LocateTarget, view: ViewId): Answer<Located | undefined>;
  adjacentDamage(row: number, direction: 'next' | 'previous'): Answer<DamageLocated | undefined>;
  find(request: FindRequest): Answer<FindHit | undefined>;
  cancelFind(): void;
  /**
   * Compares the file with those it belongs to; undefined when it belongs to none. Rejected when the file changes
   * meanwhile, or another check begins.
   */
  crossCheck(): Answer<CrossCheck | undefined>;
  /** Ends what a check has reported as going on; its answer is what it knows. */
  cancelCrossCheck(): void;
}

/** Further calls that only the extension host makes. */
export interface ScanHostCalls extends ScanCalls {
  /**
   * What `open` answers, without the pass over the file: while an editor is being made, whoever makes it has more need of
   * the processor.
   */
  look(): Answer<OpenedFile>;
  /** Nobody looks at the rows any more. Whoever does so again asks for everything anew. */
  leave(): void;
  /** Something may have changed the file. */
  refresh(): void;
  /** Only for a source of bytes: the file's new content; undefined: it is gone. */
  replaceBytes(bytes: Uint8Array | undefined): void;
  /** Writes all rows of a view to a file, once they are known. Rejected when there is no such view any more. */
  exportRows(request: ExportRequest): Answer<ExportResult>;
  cancelExport(): void;
}

/** Sent by the scan without being asked. */
export interface ScanEvents {
  /** The file cannot be read to its end; what is known of it stays. `readOn` tries again. */
  unreadable(message: string): void;
  indexProgress(progress: IndexProgress): void;
  filterProgress(progress: FilterProgress): void;
  findProgress(progress: { readonly scannedBytes: number; readonly sizeBytes: number }): void;
  sortProgress(progress: { readonly scannedBytes: number; readonly sizeBytes: number }): void;
  exportProgress(share: number): void;
  /** What a check knows before a longer part of it ends. */
  crossCheckProgress(progress: CrossCheckProgress): void;
  fileChanged(change: FileChange, summary: FileSummary | undefined): void;
  /** States of records, asked of the store by way of the extension host. */
  recordStates(offsetsBytes: readonly number[]): Promise<readonly RecordState[]>;
}

/** Sent by the scanning thread without being asked. */
export interface ScanHostEvents extends ScanEvents {
  /** A log format of another extension was passed over, because it fails: one sentence. */
  formatProblem(message: string): void;
}

/** What the webview asks of the extension host: the scan's calls, answered by the thread, and the host's own. */
export interface HostCalls extends ScanCalls {
  /** The webview has loaded; events are sent from now on. */
  ready(): Promise<ViewSettings>;
  recordStates(offsetsBytes: readonly number[]): Promise<readonly RecordState[]>;
  /** Live bytes by the blocks of an `Overview`; undefined when no open store knows the file. */
  liveBytesByBlock(blockSizeBytes: number, blockCount: number): Promise<Float64Array | undefined>;
  copyText(text: string): Promise<void>;
  /** Runs a command of the editor on a row, with the row's place. */
  run(action: RowAction, place: PlaceOfRow): Promise<void>;
  /** Keeps the choice of columns for all files. */
  saveColumns(columns: ColumnSettings): Promise<void>;
  /** Keeps what the editor shows for the next time the file is opened. */
  saveViewState(state: ViewState): Promise<void>;
  /** Opens the go-to input box. */
  askForPlace(): Promise<void>;
  /** Writes the rows of a view to a file that the person chooses. */
  exportRows(view: ViewId): Promise<void>;
  /** Opens the store that the file belongs to. */
  openStore(): Promise<void>;
  /** Copies what is readable of the file, or of its store, into a new store. */
  salvage(): Promise<void>;
}

export type RowAction =
  | 'openInHexEditor'
  | 'openValue'
  | 'revealKey'
  | 'showHistory'
  | 'goToNext'
  | 'goToNewest'
  | 'selectForCompare'
  | 'compareWithSelected';

export interface ColumnSettings {
  readonly hidden: readonly string[];
  /** Pixels, by column. */
  readonly widths: Readonly<Record<string, number>>;
}

export interface ViewSettings {
  /** What the editor of this file showed last. */
  readonly viewState: ViewState | undefined;
  readonly columns: ColumnSettings | undefined;
  /** A store is open that knows this file. */
  readonly storeKnown: boolean;
  /** A new store can be made of what is readable: the file is on a disk, and the workspace is trusted. */
  readonly canSalvage: boolean;
}

/** What the host sends to the webview. */
export interface ViewEvents extends Omit<ScanEvents, 'recordStates' | 'exportProgress'> {
  /** What `ready` and `open` answer, once, before they are called. */
  opened(settings: ViewSettings, file: OpenedFile): void;
  /** The store has changed: states have to be asked for again. */
  statesChanged(storeKnown: boolean): void;
  /** `leaveFilter`: the record there is shown even when the filter would hide it. */
  goTo(target: LocateTarget, leaveFilter: boolean): void;
  command(name: ViewCommand): void;
  /** The scan ended by itself; nothing further will come. */
  failed(message: string): void;
}

export type ViewCommand =
  | 'find'
  | 'findNext'
  | 'findPrevious'
  | 'filter'
  | 'nextDamage'
  | 'previousDamage'
  | 'toggleFollow'
  | 'showHelp'
  | 'exportRows';
