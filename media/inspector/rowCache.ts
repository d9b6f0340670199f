/** Rows that have come from the host, by pages; asks for missing ones, and for little more than is looked at. */

import { PAGE_ROWS, type RowPage, type ViewId } from '../../src/shared/inspectorMessages.ts';
import type { InspectorRow } from '../../src/shared/inspectorRows.ts';
import type { RecordState } from '../../src/shared/recordState.ts';
import type { Host } from './hostConnection.ts';

const MAX_PAGES = 60;
/** A page whose rows lie within so many bytes of the file is read in a moment, and so is the one beside it. */
const NEAR_BYTES = 4 * 2 ** 20;
/** A page that did not come, or with fewer rows than the view was said to have, is asked for again after so long. */
const ASK_AGAIN_MS = 200;

export class RowCache {
  readonly #host: Host;
  readonly #onChange: () => void;
  #view: ViewId = 0;
  /** In order of use: the first is the one to be forgotten. */
  readonly #pages = new Map<number, readonly InspectorRow[]>();
  readonly #states = new Map<number, RecordState>();
  /** Pages whose states were asked for before the store changed. */
  readonly #outdated = new Set<number>();
  /** Pages that had too few rows, and are to be asked for again; what they have is shown until the answer comes. */
  readonly #short = new Set<number>();
  #wanted: readonly [first: number, last: number] = [0, -1];
  #loading = false;
  #rowCount = 0;
  /** Answers to questions of an earlier generation are thrown away. */
  #generation = 0;

  constructor(host: Host, onChange: () => void) {
    this.#host = host;
    this.#onChange = onChange;
  }

  /** Rows that came without being asked for. */
  take({ view, first, rows }: RowPage): void {
    if (view !== this.#view || rows.length === 0) return;
    this.#keep(first / PAGE_ROWS, rows);
    void this.#loadStates(rows, this.#generation);
  }

  /** Rows of another view: forgets all. */
  reset(view: ViewId): void {
    this.#view = view;
    this.forgetRows();
  }

  forgetRows(): void {
    this.#generation++;
    // Rows that come again keep their states; while a file grows, ever more would be kept of rows that do not.
    if (this.#states.size > MAX_PAGES * PAGE_ROWS) this.#states.clear();
    this.#pages.clear();
    this.#short.clear();
    this.#outdated.clear();
    this.#loading = false;
    void this.#load();
  }

  /** Another file: states at the same places are of other records. */
  forgetFile(): void {
    this.#states.clear();
    this.forgetRows();
  }

  /** Asks for the states again, of other rows when they are looked at; those known are shown until answers come. */
  refreshStates(): void {
    for (const page of this.#pages.keys()) this.#outdated.add(page);
    this.#loadOutdatedStates();
  }

  /** The view has so many rows now; a page that ended before its time is asked for again. */
  setRowCount(rowCount: number): void {
    if (rowCount === this.#rowCount) return;
    this.#rowCount = rowCount;
    for (const page of this.#pages.keys()) if (this.#isShort(page)) this.#pages.delete(page);
    void this.#load();
  }

  row(position: number): InspectorRow | undefined {
    return this.#pages.get(Math.floor(position / PAGE_ROWS))?.[position % PAGE_ROWS];
  }

  state(row: InspectorRow): RecordState | undefined {
    return this.#states.get(row.offsetBytes);
  }

  /** Rows that are being looked at; the last question counts. */
  want(first: number, last: number): void {
    this.#wanted = [first, last];
    for (const page of this.#wantedPages()) this.#use(page);
    void this.#load();
    this.#loadOutdatedStates();
  }

  async #load(): Promise<void> {
    if (this.#loading) return;
    const generation = this.#generation;
    this.#loading = true;
    try {
      for (let page = this.#missingPage(); page !== undefined; page = this.#missingPage()) {
        const { rows } = await this.#host.rows({ view: this.#view, first: page * PAGE_ROWS, count: PAGE_ROWS });
        if (generation !== this.#generation) return;
        this.#short.delete(page);
        this.#keep(page, rows);
        // The view was found anew while the question was under way, and has as many rows now as it had before.
        if (this.#isShort(page)) this.#loadSoon(generation);
        this.#onChange();
        void this.#loadStates(rows, generation);
      }
    } catch {
      // Mostly the view has changed meanwhile, and its successor asks anew.
      this.#loadSoon(generation);
    } finally {
      if (generation === this.#generation) this.#loading = false;
    }
  }

  #missingPage(): number | undefined {
    const pages = this.#wantedPages();
    return pages.find((page) => this.#isMissing(page)) ?? this.#missingBeside(pages);
  }

  #isMissing(page: number): boolean {
    const isInView = page >= 0 && page * PAGE_ROWS < this.#rowCount;
    return isInView && (!this.#pages.has(page) || this.#short.has(page));
  }

  /** A page that scrolling on would show, where it costs little: rows that are still to come make scrolling jerky. */
  #missingBeside(pages: readonly number[]): number | undefined {
    const [first = 0, last = first] = [pages[0], pages.at(-1)];
    if (this.#isNear(last) && this.#isMissing(last + 1)) return last + 1;
    return this.#isNear(first) && this.#isMissing(first - 1) ? first - 1 : undefined;
  }

  #isNear(page: number): boolean {
    const rows = this.#pages.get(page) ?? [];
    const [first, last] = [rows[0], rows.at(-1)];
    if (first === undefined || last === undefined) return false;
    const spanBytes = last.offsetBytes + last.sizeBytes - first.offsetBytes;
    return spanBytes > 0 && spanBytes <= NEAR_BYTES;
  }

  #isShort(page: number): boolean {
    const rows = this.#pages.get(page);
    return rows !== undefined && rows.length < Math.min(PAGE_ROWS, this.#rowCount - page * PAGE_ROWS);
  }

  /** What is missing then, or short. */
  #loadSoon(generation: number): void {
    setTimeout(() => {
      if (generation !== this.#generation) return;
      for (const page of this.#pages.keys()) if (this.#isShort(page)) this.#short.add(page);
      void this.#load();
    }, ASK_AGAIN_MS);
  }

  #wantedPages(): number[] {
    const [first, last] = this.#wanted;
    const firstPage = Math.floor(first / PAGE_ROWS);
    const count = Math.max(0, Math.floor(last / PAGE_ROWS) - firstPage + 1);
    return Array.from({ length: count }, (_, at) => firstPage + at);
  }

  #loadOutdatedStates(): void {
    if (this.#outdated.size === 0) return;
    for (const page of this.#wantedPages()) {
      if (this.#outdated.delete(page)) void this.#loadStates(this.#pages.get(page) ?? [], this.#generation);
    }
  }

  /** It is the last one to be forgotten now. */
  #use(page: number, rows = this.#pages.get(page)): void {
    if (rows === undefined) return;
    this.#pages.delete(page);
    this.#pages.set(page, rows);
  }

  #keep(page: number, rows: readonly InspectorRow[]): void {
    this.#outdated.delete(page);
    this.#use(page, rows);
    if (this.#pages.size <= MAX_PAGES) return;
    const oldest = this.#pages.keys().next().value as number;
    for (const row of this.#pages.get(oldest) ?? []) this.#states.delete(row.offsetBytes);
    this.#pages.delete(oldest);
    this.#outdated.delete(oldest);
  }

  /** Rows are shown before their states are known: a busy store must not keep the bytes from being seen. */
  async #loadStates(rows: readonly InspectorRow[], generation: number): Promise<void> {
    const offsets = rows.filter(({ kind }) => kind === 'record').map(({ offsetBytes }) => offsetBytes);
    if (offsets.length === 0) return;
    const states = await this.#host.recordStates(offsets).catch(() => [] as readonly RecordState[]);
    if (generation !== this.#generation) return;
    offsets.forEach((offset, at) => void this.#states.set(offset, states[at] ?? 'unknown'));
    this.#onChange();
  }
}
