/** Searches a view for a pattern, from match to match. One search runs at a time. */

import { isDeepStrictEqual } from 'node:util';
import type { FindHit, FindPattern, FindRequest, MatchPlace, ScanEvents, ViewId } from '../shared/inspectorMessages.ts';
import { compileMatcher } from './byteMatcher.ts';
import type { FileVersions } from './fileVersions.ts';
import { type FindTask, findRow, type SearchedRow } from './findRow.ts';
import { type LocateOptions, locateInFileOrder, positionOf } from './locateRow.ts';
import { ReportInterval } from './reportInterval.ts';
import { ALL_ROWS, type RowViews } from './rowViews.ts';
import { SCAN_CHUNK_BYTES } from './rowWalk.ts';

export class RowFind {
  readonly #versions: FileVersions;
  readonly #views: RowViews;
  readonly #events: Pick<ScanEvents, 'findProgress'>;
  #abort: AbortController | undefined;
  /** The row that had the match found last: a search that goes on there need not go through all its matches again. */
  #found: { readonly pattern: FindPattern; readonly view: ViewId; readonly row: SearchedRow } | undefined;

  constructor(versions: FileVersions, views: RowViews, events: Pick<ScanEvents, 'findProgress'>) {
    this.#versions = versions;
    this.#views = views;
    this.#events = events;
  }

  /** Undefined: nothing matches, or it was cancelled. Throws when the pattern is not valid, or the file has changed. */
  async find({ pattern, view, from, fromMatch, direction }: FindRequest): Promise<FindHit | undefined> {
    this.#abort?.abort();
    const compiled = compileMatcher(pattern);
    if (!compiled.ok) throw new Error(compiled.message);
    const abort = new AbortController();
    this.#abort = abort;
    const { signal } = abort;
    const report = new ReportInterval();
    let scannedBytes = 0;
    const { sizeBytes } = this.#versions.current;
    const onScanned = (bytes: number) => {
      scannedBytes += bytes;
      if (report.isOver()) this.#events.findProgress({ scannedBytes: Math.min(scannedBytes, sizeBytes), sizeBytes });
    };
    const wait = (isSo: () => boolean) => this.#versions.current.waitUntil(isSo, signal, () => onScanned(0));
    const extent = () => this.#views.extent(view);
    const kept = this.#keptRow(pattern, view, fromMatch);
    let allWereKnown = extent().known === 'all';
    let isHitGone = false;
    const task: Omit<FindTask, 'from' | 'fromMatchOffsetBytes'> = {
      extent,
      untilEndIsKnown: () => wait(() => extent().known !== 'part'),
      settle: async (hit) => {
        if (allWereKnown) return hit;
        const settled = await this.#settle(hit, view, wait);
        // A record may have another state by the time that the filter comes to it. Then the search goes on without it.
        isHitGone ||= settled === 'gone';
        return settled === 'gone' ? undefined : settled;
      },
      matcher: compiled.matcher,
      kept,
      keep: (row) => {
        // The tail of a file that has grown meanwhile may be read anew.
        if (sizeBytes === this.#versions.current.sizeBytes) this.#found = { pattern, view, row };
      },
      direction,
      walk: (position, visit, afterChunk) => {
        allWereKnown = extent().known === 'all';
        return this.#views.walk(view, position, visit, SCAN_CHUNK_BYTES, { signal, afterChunk });
      },
      signal,
      readBytes: (offsetBytes, size) => this.#versions.current.read(offsetBytes, size),
      onScanned,
    };
    return this.#versions.ofOne(async () => {
      const position =
        kept?.position ?? (fromMatch && (await positionOf(fromMatch.rowOffsetBytes, this.#locateOptions(view))));
      const fromMatchOffsetBytes = position === undefined ? undefined : fromMatch?.matchOffsetBytes;
      let hit: FindHit | undefined;
      do {
        isHitGone = false;
        hit = await findRow({ ...task, from: position ?? from, fromMatchOffsetBytes });
      } while (isHitGone && !signal.aborted);
      return hit;
    });
  }

  /** Ends a search, and what is kept of it: the rows may get other positions. */
  cancel(): void {
    this.#abort?.abort();
    this.forget();
  }

  /** The end of the file may be read anew. A search that runs goes on. */
  forget(): void {
    this.#found = undefined;
  }

  /** What was kept of the row that a search is to go on in. Where rows may get other positions, nothing is kept. */
  #keptRow(pattern: FindPattern, view: ViewId, fromMatch: MatchPlace | undefined): SearchedRow | undefined {
    const found = this.#found;
    const isOfThat =
      found?.view === view &&
      isDeepStrictEqual(found.pattern, pattern) &&
      found.row.offsetBytes === fromMatch?.rowOffsetBytes &&
      this.#views.extent(view).known === 'all';
    if (!isOfThat) this.forget();
    return isOfThat ? found.row : undefined;
  }

  /**
   * A search does not end where the rows known so far do. Its hit is told once the view has come there, and whoever
   * asked knows that. `gone`: the filter has come there, and does not keep the row. Undefined: the filter was stopped
   * before it came there, or the search was cancelled.
   */
  async #settle(
    hit: FindHit,
    view: ViewId,
    wait: (isSo: () => boolean) => Promise<boolean>,
  ): Promise<FindHit | 'gone' | undefined> {
    const version = this.#versions.current;
    const isThere = () => {
      this.#versions.check(version);
      const { count, known } = this.#views.extent(view);
      if (known === 'all') return true;
      return view === ALL_ROWS ? count > hit.position : this.#views.isKept(view, hit.row) !== undefined;
    };
    if (!(await wait(isThere))) return undefined;
    if (view === ALL_ROWS) version.reportProgress();
    else {
      this.#views.reportFilter();
      const isKept = this.#views.isKept(view, hit.row);
      if (isKept !== true) return isKept === false ? 'gone' : undefined;
    }
    // Rows told early and rows read need not have the same numbers, and one kind may have replaced the other. Of a
    // filter by states, rows before this one may have been decided otherwise than the search saw them.
    const located = await locateInFileOrder(
      { kind: 'offset', offsetBytes: hit.offsetBytes },
      this.#locateOptions(view),
    );
    if (located === undefined) return undefined;
    return { ...hit, ...located, matchOffsetBytes: hit.matchOffsetBytes + hit.offsetBytes - located.offsetBytes };
  }

  #locateOptions(view: ViewId): LocateOptions {
    return { views: this.#views, view, fileSizeBytes: this.#versions.current.sizeBytes };
  }
}
