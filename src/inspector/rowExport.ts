/** Writes the rows of a view to a file. */

import type { ExportFormat, ExportRequest, ExportResult, ScanEvents, ViewId } from '../shared/inspectorMessages.ts';
import { ExportFile } from './exportFile.ts';
import { exportedRow, exportHead, exportLine, holdsFormula } from './exportFormat.ts';
import type { FileVersions } from './fileVersions.ts';
import { ReportInterval } from './reportInterval.ts';
import { ALL_ROWS, type RowViews } from './rowViews.ts';
import { isDamage, SCAN_CHUNK_BYTES, type VisitedRow } from './rowWalk.ts';

type Written = Omit<ExportResult, 'cancelled'>;

export class RowExport {
  readonly #versions: FileVersions;
  readonly #views: RowViews;
  readonly #events: Pick<ScanEvents, 'exportProgress'>;
  /** Looks whether the file has changed. */
  readonly #refresh: () => void;
  #running: { readonly view: ViewId; readonly abort: AbortController } | undefined;

  constructor(
    versions: FileVersions,
    views: RowViews,
    events: Pick<ScanEvents, 'exportProgress'>,
    refresh: () => void,
  ) {
    this.#versions = versions;
    this.#views = views;
    this.#events = events;
    this.#refresh = refresh;
  }

  /** The view that is being exported. */
  get view(): ViewId | undefined {
    return this.#running?.view;
  }

  /** Waits until all rows of the view are known. When it fails or is cancelled, no file is left. */
  async export({ view, format, ...file }: ExportRequest): Promise<ExportResult> {
    const abort = new AbortController();
    const running = { view, abort };
    this.#running = running;
    const output = new ExportFile(file);
    let written: Written = { rowCount: 0 };
    try {
      output.write(exportHead(format));
      written = await this.#versions.ofOne(async () => {
        // Of all rows none need be known: the walk itself goes to the end of the file.
        const isKnown = () => view === ALL_ROWS || this.#knowsAllOf(view);
        const isReady = await this.#versions.current.waitUntil(isKnown, abort.signal);
        const outcome = isReady ? await this.#writeRows(view, format, output, abort.signal) : { rowCount: 0 };
        // What nobody has noticed yet may have been read all the same.
        this.#refresh();
        return outcome;
      });
      if (abort.signal.aborted) output.abandon();
      else output.finish();
    } catch (error) {
      output.abandon();
      throw error;
    } finally {
      if (this.#running === running) this.#running = undefined;
    }
    return { ...written, cancelled: abort.signal.aborted };
  }

  cancel(): void {
    this.#running?.abort.abort();
  }

  async #writeRows(view: ViewId, format: ExportFormat, output: ExportFile, signal: AbortSignal): Promise<Written> {
    const version = this.#versions.current;
    // A filter that was stopped shows what it had found by then, and no more is written.
    const limit = view === ALL_ROWS ? Number.POSITIVE_INFINITY : this.#views.extent(view).count;
    const firstRows = this.#firstRowsOf(view);
    let rowCount = 0;
    let omittedValues = 0;
    let formulas = 0;
    const report = new ReportInterval();
    const visit = (visited: VisitedRow) => {
      const isLast = visited.position + 1 >= limit;
      if (!isDamage(visited.entry) && visited.entry.kind === 'header') return isLast;
      const row = exportedRow(visited, version.logFile);
      output.write(exportLine(format, row));
      rowCount++;
      if (row.valueOmitted !== undefined) omittedValues++;
      if (format === 'csv' && holdsFormula(row)) formulas++;
      if (report.isOver()) this.#events.exportProgress(visited.entry.offsetBytes / version.sizeBytes);
      return isLast;
    };
    await this.#views.walk(view, 0, visit, SCAN_CHUNK_BYTES, { signal });
    return {
      rowCount,
      ...(firstRows === undefined ? {} : { firstRows }),
      ...(omittedValues === 0 ? {} : { omittedValues }),
      ...(formulas === 0 ? {} : { formulas }),
    };
  }

  /** Throws when the view is gone. */
  #knowsAllOf(view: ViewId): boolean {
    if (this.#views.sorted(view) === undefined && !this.#views.isFilter(view)) {
      throw new Error('The filter or the order of the rows has changed since then. Export again.');
    }
    return this.#views.extent(view).known === 'all';
  }

  /** How many rows an order keeps; undefined when it keeps all. */
  #firstRowsOf(view: ViewId): number | undefined {
    const rows = this.#views.sorted(view)?.rows;
    return rows === undefined || rows.count === rows.offered ? undefined : rows.count;
  }
}
