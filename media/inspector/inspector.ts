/** The inspector as a whole: what the parts tell each other. */

import type { RowFilter } from '../../src/shared/inspectorFilter.ts';
import type {
  DamageLocated,
  FileChange,
  FilterProgress,
  Located,
  LocateTarget,
  OpenedFile,
  PlaceOfRow,
  ViewCommand,
  ViewEvents,
  ViewId,
  ViewSettings,
} from '../../src/shared/inspectorMessages.ts';
import type { FileSummary, IndexProgress, InspectorRow, RowDetail } from '../../src/shared/inspectorRows.ts';
import type { ViewState } from '../../src/shared/inspectorViewState.ts';
import { messageOf } from '../../src/shared/messageOf.ts';
import { formatOffset } from '../../src/shared/quantities.ts';
import { ActionNote } from './actionNote.ts';
import { Banner } from './banner.ts';
import { copyToClipboard } from './clipboard.ts';
import { CrossChecking } from './crossChecking.ts';
import { DetailPane } from './detailPane.ts';
import { element, takeFocus } from './dom.ts';
import { FilterBar } from './filterBar.ts';
import { HeaderLine } from './headerLine.ts';
import { HelpDialog } from './helpDialog.ts';
import { connectToHost, type Host, vscode } from './hostConnection.ts';
import { MARKS } from './marks.ts';
import { OverviewStrip } from './overviewStrip.ts';
import { PendingMatch } from './pendingMatch.ts';
import { type AskedPlace, PendingPlace, reaches } from './pendingPlace.ts';
import { type KnownRows, PendingScroll } from './pendingScroll.ts';
import { PlaceNote } from './placeNote.ts';
import { askedByte, placeRemark } from './placeOutcome.ts';
import { PlaceSearch } from './placeSearch.ts';
import { RowCache } from './rowCache.ts';
import { RowFinding } from './rowFinding.ts';
import { RowSorting } from './rowSorting.ts';
import { RowTable } from './rowTable.ts';
import { Splitter } from './splitter.ts';
import { Toolbar } from './toolbar.ts';
import { StateKeeper } from './viewState.ts';
import { WaitingPlace } from './waitingPlace.ts';

const ALL_ROWS: ViewId = 0;
/** The overview is drawn anew at most this often while the index grows. */
const OVERVIEW_EVERY_MS = 400;

export class Inspector {
  readonly #place: HTMLElement;
  readonly #state: StateKeeper;
  readonly #host: Host;
  readonly #cache: RowCache;
  /** Where the keyboard focus goes from what goes away. */
  readonly #toTable = { focus: () => this.#table.focus() };
  readonly #header = new HeaderLine(() => void this.#host.openStore(), this.#toTable);
  readonly #overview: OverviewStrip;
  readonly #filterBar: FilterBar;
  readonly #finding: RowFinding;
  readonly #toolbar: Toolbar;
  readonly #table: RowTable;
  readonly #detail: DetailPane;
  readonly #help = new HelpDialog();
  readonly #banner = new Banner(this.#toTable);
  readonly #checking = new CrossChecking(() => this.#host, this.#header, this.#banner, this.#toTable);
  readonly #progressBar = element('div', {
    class: 'progress',
    role: 'progressbar',
    'aria-label': 'Indexing',
    hidden: true,
  });
  readonly #announcer = element('div', { class: 'visually-hidden', role: 'status' });
  readonly #splitter: Splitter;
  readonly #sorting: RowSorting;
  /** A filter would find other rows by now. */
  readonly #filterNote = new ActionNote(
    'filter-note',
    { label: 'Filter again', run: () => this.#filterAgain() },
    this.#toTable,
  );
  /** The byte that was asked for of a row which is about to be selected. */
  #byteToShow: { readonly offsetBytes: number; readonly at: number | undefined } | undefined;
  /** The last step to a damaged range. */
  #damageStep: Promise<void> = Promise.resolve();
  /** Where that has led, whose row may have to come first; undefined once another one is selected. */
  #steppedTo: DamageLocated | undefined;
  /** Which row is selected; undefined until that is known. Kept here, as its page may have been forgotten. */
  #selectedPlace: PlaceOfRow | undefined;
  /** The file has changed since the selected record was read. */
  #isSelectionOutdated = false;
  /** The selected record is gone, which the detail says until another one is selected. */
  #isSelectionGone = false;
  /** What the table shows: `#base`, or its rows in another order. */
  #view: ViewId = ALL_ROWS;
  /** All rows, or those of the filter. */
  #base: ViewId = ALL_ROWS;
  /** Whose rows these are, or are about to be. */
  #filter: RowFilter | undefined;
  #matchCount = 0;
  /** The filter could not be read to its end. When that is tried again, its rows are found anew. */
  #hasFilterProblem = false;
  /** What the host tells before it is asked. */
  readonly #told = Promise.withResolvers<readonly [ViewSettings, OpenedFile]>();
  #filtering: Promise<void> = Promise.resolve();
  #progress: IndexProgress | undefined;
  #storeKnown = false;
  /** Whether it is, has been told since the settings were asked for. */
  #isStoreTold = false;
  #canSalvage = false;
  /** Stores know only segments. */
  #isSegment = false;
  #overviewDrawnAt = 0;
  readonly #pending = new PendingPlace();
  readonly #places = new PlaceSearch(this.#pending, {
    view: () => this.#view,
    progress: () => this.#progress,
    locate: (target, view) => this.#host.locate(target, view),
    leaveOrder: () => this.#leaveOrder(),
    show: (place, located) => this.#showPlace(place, located),
    onWait: (place) => this.#wait(place),
  });
  readonly #placeNote = new PlaceNote(() => this.#stay(), this.#toTable);
  readonly #waiting = new WaitingPlace(this.#pending, {
    // What cannot be read is told by the index.
    peek: (target) => this.#host.peek(target).catch(() => undefined),
    // Among the matches of a filter the place may be that of another record.
    canExplain: () => this.#base === ALL_ROWS && this.#state.current.query === '' && this.#state.current.detailOpen,
    explain: (detail, target) => this.#explain(detail, target),
    showSelected: () => this.#showSelected(),
    isWaiting: () => this.#places.isOpen,
    note: this.#placeNote,
  });
  readonly #pendingScroll = new PendingScroll();
  /** What was shown before has been brought back; until then no place is gone to. */
  #restored = false;
  /** A record was to be revealed before that: neither the filter nor the order is brought back. */
  #isRevealFirst = false;
  readonly #pendingMatch = new PendingMatch();
  /** The view has all its rows, and only the index has not come to that record yet. */
  #isMatchWaiting = false;
  /** Where the latest row asked for in detail starts; answers for others are dropped. */
  #detailOffset = -1;

  constructor(place: HTMLElement) {
    this.#place = place;
    this.#host = connectToHost(this.#viewEvents());
    // VS Code keeps a webview's own state while its tab is hidden, but not when the window is reloaded.
    this.#state = new StateKeeper((state) => {
      vscode.setState(state);
      void this.#host.saveViewState(state);
    });
    this.#cache = new RowCache(this.#host, () => this.#rowsArrived());
    this.#overview = new OverviewStrip({
      goToOffset: (offsetBytes) => void this.#goTo({ kind: 'offset', offsetBytes }, false),
    });
    this.#filterBar = new FilterBar({
      onFilter: (filter, query) => {
        this.#filtering = this.#setFilter(filter, query);
      },
      onSame: () => {
        if (this.#filterNote.isShown) this.#filterAgain();
      },
      onCancel: () => void this.#host.cancelFilter(),
    });
    this.#finding = new RowFinding(() => this.#host, {
      onPattern: (find) => this.#state.update({ find }),
      shown: () => ({
        view: this.#view,
        position: this.#table.selected,
        offsetBytes: this.#selectedPlace?.offsetBytes,
      }),
      untilFilterIsSet: () => this.#untilFilterIsSet(),
      onHit: (hit) => this.#showHit(hit),
      onClose: () => this.#table.focus(),
    });
    this.#table = new RowTable(this.#cache, {
      onSelect: (position) => this.#selected(position),
      onScroll: (top) => this.#scrolled(top),
      // In the frame after the one that has them.
      onFirstRows: () => void requestAnimationFrame(() => performance.mark(MARKS.firstRows)),
      onUse: () => this.#pendingScroll.forget(),
      onActivate: () => this.#openDetail(true),
      onColumnsChanged: (columns) => void this.#host.saveColumns(columns),
      onSort: (column) => {
        this.#forgetShown();
        this.#sorting.cycle(column);
      },
      onResize: () => this.#keepTailInSight(),
    });
    this.#sorting = new RowSorting(() => this.#host, {
      onOrder: (order) => {
        this.#state.update({ order });
        this.#table.setOrder(order);
        // In an order of its own the view has no tail.
        if (order !== undefined && this.#state.current.follow) this.#setFollow(false);
      },
      onSorted: ({ view, rowCount }) => this.#showSorted(view, rowCount),
      onFileOrder: () => this.#showFileOrder(),
      onLeave: () => this.#table.focus(),
    });
    this.#toolbar = new Toolbar(
      {
        onGoTo: () => void this.#host.askForPlace(),
        onDamage: (direction) => this.#stepDamage(direction),
        onFollow: (follow) => this.#setFollow(follow),
        onFind: () => this.#finding.bar.open(),
        onExport: () => void this.#host.exportRows(this.#view),
        onHelp: () => this.#help.open(),
        onSalvage: () => void this.#host.salvage(),
        onToggleColumn: (id) => this.#table.toggleColumn(id),
      },
      () => this.#table.choosableColumns,
    );
    this.#detail = new DetailPane({
      read: (offsetBytes, sizeBytes) => this.#host.bytes({ offsetBytes, sizeBytes }),
      copy: (text, what, cut) => void this.#copy(text, what, cut),
      run: (action, place) => void this.#host.run(action, place),
      onTab: (detailTab) => this.#state.update({ detailTab }),
      onClose: () => this.#closeDetail(),
      onLeave: () => this.#table.focus(),
    });
    this.#splitter = new Splitter(this.#detail.root, (detailHeightPx) => {
      this.#state.update({ detailHeightPx });
      this.#table.redraw();
    });
  }

  async start(): Promise<void> {
    this.#layOut();
    try {
      const asked = Promise.all([this.#host.ready(), this.#host.open()]);
      const [settings, file] = await Promise.race([asked, this.#told.promise]);
      this.#applyState(vscode.getState() ?? settings.viewState);
      if (!this.#isStoreTold) this.#storeKnown = settings.storeKnown;
      this.#canSalvage = settings.canSalvage;
      this.#detail.setStoreKnown(this.#storeKnown);
      this.#showSummary(file.summary);
      this.#table.configure(file.summary.columns, settings.columns);
      if (file.firstRows !== undefined) this.#cache.take(file.firstRows);
      this.#progress = file.progress;
      this.#showCounts(file.progress);
      await this.#restore();
      this.#correct(file, ...(await asked));
    } catch (error) {
      this.#banner.show(messageOf(error), 'error');
    }
  }

  /** What was told before it was asked for may be outdated: VS Code keeps it for as long as the tab is hidden. */
  #correct(shown: OpenedFile, { storeKnown }: ViewSettings, file: OpenedFile): void {
    if (shown === file) return;
    this.#showSummary(file.summary);
    if (JSON.stringify(shown.firstRows) !== JSON.stringify(file.firstRows)) this.#cache.forgetRows();
    if (!this.#isStoreTold && storeKnown !== this.#storeKnown) this.#statesChanged(storeKnown);
  }

  #applyState(state: ViewState | undefined): void {
    this.#state.restore(state);
    if (this.#isRevealFirst) this.#state.update({ query: '', order: undefined });
    const { query, order, topRow, detailOpen, detailTab, detailHeightPx, follow, find } = this.#state.current;
    // Before the first rows are drawn: from then on the state follows what is in sight.
    const isFollowing = follow && query === '' && order === undefined;
    if (state !== undefined && !isFollowing) this.#pendingScroll.hold(topRow);
    this.#splitter.setHeight(detailHeightPx);
    this.#showDetailPane(detailOpen);
    this.#detail.setTab(detailTab);
    this.#toolbar.setFollow(follow);
    if (find !== undefined) this.#finding.bar.restore(find);
  }

  #layOut(): void {
    this.#place.append(
      this.#header.root,
      this.#overview.root,
      this.#progressBar,
      element('div', { class: 'bars' }, this.#filterBar.root, this.#toolbar.root),
      this.#banner.root,
      element('div', { class: 'table-area' }, this.#table.root, this.#finding.bar.root),
      // Below the table: above it, it would move the titles away from under the pointer that sorts.
      this.#sorting.note.root,
      this.#filterNote.root,
      this.#checking.note.root,
      this.#placeNote.root,
      this.#splitter.root,
      this.#detail.root,
      this.#help.root,
      this.#announcer,
    );
    this.#place.addEventListener('keydown', (event) => this.#onKey(event));
    this.#followFont();
    window.addEventListener('focus', () => {
      // The event may come late, when an input box has the focus already.
      if (document.activeElement === document.body) takeFocus(this.#table);
    });
  }

  /** VS Code writes the fonts and colours of its settings into the style of the page whenever they change. */
  #followFont(): void {
    const font = () => {
      const style = getComputedStyle(document.documentElement);
      return ['--vscode-editor-font-family', '--vscode-editor-font-size']
        .map((name) => style.getPropertyValue(name))
        .join();
    };
    let shown = font();
    const observer = new MutationObserver(() => {
      if (font() === shown) return;
      shown = font();
      this.#table.fontChanged();
      this.#detail.fontChanged();
    });
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
  }

  /** Brings back what was shown before the tab was hidden or the window reloaded, unless a place was asked for. */
  async #restore(): Promise<void> {
    this.#restored = true;
    const { query, selectedRow, order, follow } = this.#state.current;
    if (this.#pending.isThere && query === '') {
      this.#pendingScroll.forget();
      await this.#showPending();
      return;
    }
    const selected: LocateTarget | undefined =
      selectedRow === undefined ? undefined : { kind: 'row', row: selectedRow };
    if (query !== '' || order !== undefined) {
      // What is brought back has a scroll position of its own.
      if (selected !== undefined) this.#pendingMatch.hold(selected, 'none');
      if (query !== '') {
        // It was right for the version that kept it.
        if (!this.#filterBar.setQuery(query)) this.#keepShowing({ query, selected: -1 });
        await this.#filtering;
      }
      if (order !== undefined) this.#sorting.restore(order);
      return;
    }
    if (selected !== undefined && !follow) this.#pending.hold(selected, this.#pendingScroll.isThere);
    this.#restoreScroll(this.#knownRows);
    this.#selectTail();
    await this.#tryPendingTarget();
    this.#selectFirst();
  }

  /** Of the file. */
  get #knownRows(): KnownRows {
    const { rowCount = 0, done = false, quick } = this.#progress ?? {};
    return { rowCount, all: done || quick?.state === 'shown' };
  }

  /** Called with the rows of the view shown, which may not yet be the one that is being brought back. */
  #restoreScroll(known: KnownRows): void {
    const { query, order } = this.#state.current;
    const isFiltered = this.#base !== ALL_ROWS;
    const isSorted = this.#view !== this.#base;
    if (!this.#restored || isFiltered !== (query !== '') || isSorted !== (order !== undefined)) return;
    if (this.#mayHaveRowsLater) return;
    const topRow = this.#pendingScroll.take(known, this.#table.pageRows);
    if (topRow !== undefined) this.#table.scrollTo(topRow);
  }

  /** Somebody wants to see something else than what is being brought back. */
  #forgetShown(): void {
    this.#pendingScroll.forget();
    this.#pendingMatch.forget();
    this.#isMatchWaiting = false;
    this.#isSelectionGone = false;
  }

  #viewEvents(): ViewEvents {
    return {
      opened: (settings, file) => this.#told.resolve([settings, file]),
      indexProgress: (progress) => void this.#showProgress(progress),
      filterProgress: (progress) => this.#showFilterProgress(progress),
      findProgress: ({ scannedBytes, sizeBytes }) =>
        this.#finding.bar.showProgress(scannedBytes / Math.max(1, sizeBytes)),
      crossCheckProgress: (progress) => this.#checking.showProgress(progress),
      sortProgress: ({ scannedBytes, sizeBytes }) => this.#sorting.showProgress(scannedBytes / Math.max(1, sizeBytes)),
      fileChanged: (change, summary) => this.#fileChanged(change, summary),
      statesChanged: (storeKnown) => {
        this.#isStoreTold = true;
        this.#statesChanged(storeKnown);
      },
      goTo: (target, leaveFilter) => void (leaveFilter ? this.#reveal(target) : this.#goTo(target, true)),
      command: (name) => this.#command(name),
      failed: (message) => this.#banner.show(message, 'error'),
      unreadable: (message) => this.#banner.show(message, 'error', { label: 'Try Again', run: () => this.#readOn() }),
    };
  }

  #showSummary(summary: FileSummary): void {
    this.#isSegment = summary.segmentId !== undefined;
    this.#header.showSummary(summary);
    this.#header.offerStore(this.#isSegment && !this.#storeKnown);
    this.#toolbar.offerSalvage(this.#isSegment && this.#canSalvage);
    this.#filterBar.setColumns(summary.columns);
    this.#filterBar.setOperations(summary.filterOperations);
    this.#help.setOperations(summary.filterOperations);
  }

  async #showProgress(progress: IndexProgress): Promise<void> {
    // Rows that were told by another file give way to those that were read.
    const replaced = this.#progress?.quick?.state === 'shown' && progress.quick?.state !== 'shown';
    this.#progress = progress;
    if (replaced && this.#base === ALL_ROWS) this.#cache.forgetRows();
    if (replaced && this.#view === ALL_ROWS) await this.#keepSelection();
    this.#showCounts(progress);
    if (this.#isMatchWaiting) void this.#selectAgain();
    await this.#refreshSelection(progress);
    await this.#tryPendingTarget();
    this.#waiting.mayHaveEnded();
    await this.#drawOverview(progress.done);
    if (progress.done) await this.#checking.check();
  }

  #showCounts(progress: IndexProgress): void {
    this.#header.showProgress(progress);
    this.#filterBar.showTotal(progress.rowCount);
    this.#table.setFileRows(progress.rowCount);
    this.#toolbar.showDamage(undefined, progress.damage.ranges);
    this.#progressBar.hidden = progress.done;
    const share = progress.sizeBytes === 0 ? 1 : progress.indexedBytes / progress.sizeBytes;
    this.#progressBar.style.setProperty('--share', String(share));
    this.#progressBar.setAttribute('aria-valuenow', String(Math.round(share * 100)));
    // A filter that is being set, or brought back, decides itself which row is selected.
    if (this.#view === ALL_ROWS && this.#state.current.query === '') {
      this.#table.setRowCount(progress.rowCount);
      this.#table.showEmpty(this.#noRowsText);
      this.#restoreScroll(this.#knownRows);
      this.#selectTail();
      this.#selectFirst();
    }
  }

  /** The last row, where it is to be followed and is known. */
  #selectTail(): void {
    if (!this.#state.current.follow || this.#progress?.done !== true) return;
    this.#table.select(this.#tailRow);
  }

  /** The last row of all, or of the filter; -1 for none. */
  get #tailRow(): number {
    return (this.#base === ALL_ROWS ? (this.#progress?.rowCount ?? 0) : this.#matchCount) - 1;
  }

  /** Where no row is selected or about to be: the first record rather than what stands before it, when there is one. */
  #selectFirst(): void {
    const isOther = this.#pending.isThere || this.#pendingMatch.isThere || this.#isSelectionGone;
    if (!this.#restored || isOther || this.#table.selected >= 0) return;
    const { rowCount = 0, done = false } = this.#progress ?? {};
    // Where only the header is known so far, a record may follow.
    if (rowCount > 1 || (rowCount === 1 && done)) this.#table.select(Math.min(1, rowCount - 1), 'none');
  }

  async #drawOverview(force: boolean): Promise<void> {
    const now = performance.now();
    if (!force && now - this.#overviewDrawnAt < OVERVIEW_EVERY_MS) return;
    this.#overviewDrawnAt = now;
    const overview = await this.#host.overview();
    const liveBytes = this.#storeKnown
      ? await this.#liveBytes(overview.blockSizeBytes, overview.recordBytes.length)
      : undefined;
    const drawn = liveBytes === undefined ? overview : { ...overview, liveBytes };
    this.#overview.show(drawn, this.#progress?.indexedBytes ?? 0);
    const total = (blocks: Float64Array) => blocks.reduce((sum, bytes) => sum + bytes, 0);
    this.#header.showBytes(total(overview.recordBytes), liveBytes === undefined ? undefined : total(liveBytes));
  }

  #liveBytes(blockSizeBytes: number, blockCount: number): Promise<Float64Array | undefined> {
    return this.#host.liveBytesByBlock(blockSizeBytes, blockCount).catch(() => undefined);
  }

  #showFilterProgress(progress: FilterProgress): void {
    if (progress.view !== this.#base) return;
    this.#filterBar.showProgress(progress, this.#progress?.rowCount ?? 0);
    const isFoundAnew = this.#hasFilterProblem || progress.matchCount < this.#matchCount;
    this.#hasFilterProblem = progress.problem !== undefined;
    this.#matchCount = progress.matchCount;
    if (this.#view !== this.#base) return;
    if (isFoundAnew) this.#rowsFoundAnew(progress.done);
    this.#table.setRowCount(progress.matchCount);
    this.#table.showEmpty(progress.done && progress.matchCount === 0 ? this.#noMatchText : '');
    if (progress.done && progress.matchCount === 0) this.#detail.show(undefined);
    this.#restoreScroll({ rowCount: progress.matchCount, all: progress.done });
    // The order that these rows are about to have decides.
    if (this.#sorting.order !== undefined) return;
    const isAtTail = this.#state.current.follow && progress.done && progress.matchCount > 0;
    if (this.#pendingMatch.isThere) {
      if (progress.done) void this.#selectAgain();
    } else if (isAtTail) this.#table.select(this.#tailRow);
    else if (this.#table.selected < 0) this.#selectFirstMatch(progress.matchCount);
    else if (progress.done) void this.#keepSelectedMatch();
  }

  /** Rows of the filter are others than they were: it could not read the file before, or the end of it has changed. */
  #rowsFoundAnew(areAllFound: boolean): void {
    this.#cache.forgetRows();
    if (areAllFound || this.#state.current.follow) return;
    this.#pendingScroll.hold(this.#state.current.topRow);
    this.#holdSelection('none');
  }

  /** Why there is no row where there is no filter. */
  get #noRowsText(): string {
    return this.#progress?.done === true && this.#progress.sizeBytes === 0 ? 'The file is empty: it has no bytes.' : '';
  }

  get #noMatchText(): string {
    return this.#isSegment && !this.#storeKnown && this.#asksForStates
      ? 'No record matches the filter. States are known once the store is open: "Open store to see states" above.'
      : 'No record matches the filter.';
  }

  /** Damage has its state without a store. */
  get #asksForStates(): boolean {
    return this.#filter?.states.some((state) => state !== 'damaged') ?? false;
  }

  /** What is to be brought back waits for the store, which may be opened several times after a reload of the window. */
  get #mayHaveRowsLater(): boolean {
    return this.#asksForStates && this.#table.rowCount === 0;
  }

  #selectFirstMatch(matchCount: number): void {
    if (this.#table.selected < 0 && matchCount > 0 && !this.#isSelectionGone) this.#table.select(0, 'none');
  }

  /** Selects the record that was selected before the view was made anew; without one, the first row. */
  async #selectAgain(): Promise<void> {
    const wanted = this.#pendingMatch.target;
    this.#isMatchWaiting = wanted !== undefined && !reaches(this.#progress, wanted);
    if (this.#isMatchWaiting || this.#mayHaveRowsLater) return;
    const view = this.#view;
    const found = await this.#pendingMatch.find(
      (target) => this.#host.locate(target, view).catch(() => undefined),
      () => view === this.#view,
    );
    // Somebody was quicker.
    if ((wanted !== undefined && found === undefined) || this.#table.selected >= 0 || this.#isSelectionGone) return;
    const { target, located, reveal = 'none' } = found ?? {};
    if (target?.kind === 'offset' && located?.offsetBytes !== target.offsetBytes) {
      this.#loseSelection(notAmongThese(target.offsetBytes));
      return;
    }
    this.#table.select(located?.position ?? 0, reveal);
    if (document.activeElement === document.body) takeFocus(this.#table);
  }

  #loseSelection(note: string): void {
    this.#waiting.detailChanges();
    this.#isSelectionGone = true;
    this.#selectedPlace = undefined;
    this.#detailOffset = -1;
    this.#table.clearSelection();
    this.#detail.show(undefined, note);
    this.#announce(note);
  }

  #rowsArrived(): void {
    this.#table.redraw();
    this.#placeMarker();
  }

  #fileChanged(change: FileChange, summary: FileSummary | undefined): void {
    if (change === 'gone') {
      this.#banner.show(
        'This file is gone: a compaction may have replaced it. What is shown was read before.',
        'warning',
      );
      return;
    }
    this.#banner.hide();
    this.#isSelectionOutdated = true;
    if (change === 'replaced') {
      this.#holdSelection('nearest');
      // Fewer rows are no reason to stay where one was in the other file.
      this.#matchCount = 0;
    }
    if (summary !== undefined) this.#showSummary(summary);
    if (change === 'grew') this.#sorting.fileGrew();
    else this.#sorting.rebase(this.#base);
    if (change === 'replaced') {
      this.#cache.forgetFile();
      const { place } = this.#pending;
      if (place !== undefined) void this.#waiting.begin(place);
      this.#announce('Another file stands under this name now; it is shown from its beginning.');
    } else {
      this.#cache.forgetRows();
    }
  }

  /** The rows of a filter or an order are found anew: the selection is to be on the same record, not the same position. */
  #holdSelection(reveal: 'none' | 'nearest'): void {
    if (this.#view === ALL_ROWS) return;
    const selected = this.#placeOfSelection;
    if (selected === undefined) {
      this.#pendingMatch.holdOn();
      return;
    }
    this.#pendingMatch.hold(atOffset(selected), reveal);
    this.#isMatchWaiting = false;
    this.#table.clearSelection();
  }

  #statesChanged(storeKnown: boolean): void {
    const isNew = storeKnown !== this.#storeKnown;
    this.#storeKnown = storeKnown;
    this.#header.offerStore(this.#isSegment && !storeKnown);
    this.#detail.setStoreKnown(storeKnown);
    this.#cache.refreshStates();
    void this.#drawOverview(true);
    if (isNew) this.#applyStates();
    else if (!storeKnown) return;
    else if (this.#asksForStates) this.#filterNote.show('States may have changed since these rows were filtered.');
    else this.#sorting.statesChanged();
  }

  /** The store was opened or closed: what was chosen or sorted by states is so once more. */
  #applyStates(): void {
    if (this.#asksForStates) this.#filterAgain();
    else if (this.#sorting.order?.column === 'state') {
      this.#holdPlace();
      this.#sorting.rebase(this.#base);
    }
  }

  #filterAgain(): void {
    this.#holdPlace();
    this.#filtering = this.#setFilter(this.#filter, this.#state.current.query);
  }

  /** The rows shown are found anew, and what is in sight is to stay there. */
  #holdPlace(): void {
    if (this.#view === ALL_ROWS) return;
    this.#pendingScroll.hold(this.#state.current.topRow);
    this.#holdSelection('none');
    this.#isSelectionGone = false;
  }

  async #setFilter(filter: RowFilter | undefined, query: string): Promise<void> {
    // Not when the filter is the one that is being brought back, or found anew.
    const isSame = query === this.#state.current.query;
    if (!isSame) {
      this.#forgetShown();
      // A place is shown after a filter is cleared for it, but not in the rows of one that was asked for later.
      if (filter !== undefined) this.#places.forget();
      this.#waiting.mayHaveEnded();
    }
    const shown = { query: this.#state.current.query, selected: this.#table.selected };
    this.#state.update({ query: filter === undefined ? '' : query });
    const filterBefore = this.#filter;
    this.#filter = filter;
    this.#filterNote.hide();
    const selected = this.#placeOfSelection;
    this.#table.clearSelection();
    this.#table.showEmpty('');
    try {
      this.#base = await this.#host.setFilter(filter);
    } catch (error) {
      // A regular expression that could not be checked here, or one that was kept before it was checked.
      this.#filter = filterBefore;
      this.#filterBar.refuse(query, messageOf(error));
      this.#keepShowing(shown);
      return;
    }
    this.#matchCount = 0;
    this.#hasFilterProblem = false;
    // Rows may have come meanwhile, of the same filter before the store was open, and in them what is brought back.
    if (isSame) this.#holdPlace();
    this.#showBase();
    this.#sorting.rebase(this.#base);
    if (filter !== undefined) return;
    this.#filterBar.showNothing();
    if (this.#pending.isThere) await this.#showPending();
    else if (this.#sorting.order !== undefined) return;
    else if (selected === undefined) this.#selectFirst();
    else {
      // The record that was selected among the matches is shown among its neighbours.
      this.#pendingMatch.hold(atOffset(selected), 'center');
      await this.#selectAgain();
    }
  }

  /**
   * Goes on with what a filter that was refused was to replace. A query that was being brought back, none of whose rows
   * are shown, is forgotten.
   */
  #keepShowing({ query, selected }: { readonly query: string; readonly selected: number }): void {
    this.#state.update({ query: this.#base === ALL_ROWS ? '' : query });
    if (this.#view === ALL_ROWS) this.#table.setRowCount(this.#progress?.rowCount ?? 0);
    this.#restoreScroll(this.#knownRows);
    if (selected >= 0) this.#table.select(selected, 'none');
    else if (this.#pendingMatch.isThere) void this.#selectAgain();
    else this.#selectFirst();
  }

  /** Shows all rows, or those of the filter, in the order of the file. */
  #showBase(): void {
    this.#setView(this.#base);
    this.#table.setRowCount(this.#base === ALL_ROWS ? (this.#progress?.rowCount ?? 0) : this.#matchCount);
    if (this.#base === ALL_ROWS) this.#table.showEmpty(this.#noRowsText);
  }

  #setView(view: ViewId): void {
    if (view !== this.#view) this.#finding.leaveView();
    this.#view = view;
    this.#cache.reset(view);
  }

  #showSorted(view: ViewId, rowCount: number): void {
    this.#setView(view);
    this.#table.clearSelection();
    this.#table.setRowCount(rowCount);
    if (this.#pendingScroll.isThere) this.#restoreScroll({ rowCount, all: true });
    else this.#table.scrollTo(0);
    if (!this.#pendingMatch.isThere) this.#selectFirstMatch(rowCount);
    else void this.#selectAgain();
  }

  /** The record that was selected stays so. */
  #showFileOrder(): void {
    this.#pendingScroll.forget();
    if (this.#view === this.#base) {
      void this.#selectAgain();
      return;
    }
    const { selectedRow } = this.#state.current;
    const byNumber: LocateTarget | undefined =
      selectedRow === undefined ? undefined : { kind: 'row', row: selectedRow };
    const kept = this.#pendingMatch.target ?? byNumber;
    this.#pendingMatch.forget();
    this.#table.clearSelection();
    this.#showBase();
    if (kept !== undefined) void this.#goTo(kept, true);
  }

  async #goTo(target: LocateTarget, select: boolean): Promise<void> {
    this.#pendingScroll.forget();
    return this.#places.find({ target, select });
  }

  #wait(place: AskedPlace): void {
    this.#announce('The index has not come so far yet; the place is shown as soon as it has.');
    void this.#waiting.begin(place);
  }

  #explain(detail: RowDetail, target: LocateTarget): void {
    const { offsetBytes } = detail.row;
    this.#detailOffset = offsetBytes;
    this.#detail.show(detail);
    this.#showByte(detail, askedByte(target, offsetBytes, this.#fileSizeBytes));
    this.#announce('What stands there is explained in the detail.');
  }

  #showSelected(): void {
    if (this.#table.selected >= 0) this.#selected(this.#table.selected);
    else this.#detail.show(undefined);
  }

  /** What was asked for is not to be shown any more. */
  #stay(): void {
    this.#places.forget();
    this.#waiting.mayHaveEnded();
  }

  #showPlace({ target, select, inPlace = false }: AskedPlace, located: Located): void {
    const { position, offsetBytes } = located;
    if (!select) {
      this.#waiting.mayHaveEnded();
      this.#placeNote.clear();
      this.#table.scrollTo(position);
      return;
    }
    const isInDetail = this.#waiting.isExplained && this.#detail.root.contains(document.activeElement);
    this.#waiting.reached();
    this.#remark(inPlace ? undefined : placeRemark(target, located, this.#fileSizeBytes));
    this.#byteToShow = { offsetBytes, at: askedByte(target, offsetBytes, this.#fileSizeBytes) };
    this.#table.select(position, inPlace ? 'none' : 'center');
    // Somebody may be reading the record already.
    if (!isInDetail) takeFocus(this.#table);
  }

  #remark(text: string | undefined): void {
    if (text === undefined) {
      this.#placeNote.clear();
      return;
    }
    this.#placeNote.tell(text);
    this.#announce(text);
  }

  #leaveOrder(): boolean {
    if (this.#view === this.#base) return false;
    this.#sorting.clear();
    return true;
  }

  /** Shows the record at a place whatever the filter lets through: it is cleared first. */
  async #reveal(target: LocateTarget): Promise<void> {
    if (!this.#restored) {
      this.#isRevealFirst = true;
      this.#pending.hold(target);
    } else if (this.#state.current.query === '') {
      await this.#goTo(target, true);
    } else {
      this.#pending.hold(target);
      this.#filterBar.setQuery('');
    }
  }

  async #tryPendingTarget(): Promise<void> {
    const place = this.#restored ? this.#pending.take(this.#progress) : undefined;
    if (place !== undefined) await this.#places.find(place);
  }

  /** What had to wait for something else can be shown, or has to wait for the index. */
  async #showPending(): Promise<void> {
    await this.#tryPendingTarget();
    const { place } = this.#pending;
    if (place !== undefined) this.#wait(place);
  }

  /** Keys come faster than answers: each step begins where the one before it has led. */
  #stepDamage(direction: 'next' | 'previous'): void {
    const step = () => this.#showAdjacentDamage(direction);
    this.#damageStep = this.#damageStep.then(step, step);
  }

  async #showAdjacentDamage(direction: 'next' | 'previous'): Promise<void> {
    const row = this.#placeOfSelection?.row ?? this.#steppedTo?.row ?? -1;
    const located = await this.#host.adjacentDamage(row, direction);
    if (located === undefined) {
      this.#announce(this.#progress?.done === true ? 'No damage.' : 'No damage so far.');
      return;
    }
    this.#steppedTo = located;
    this.#sorting.clear();
    this.#toolbar.showDamage(located.ordinal, located.total);
    // By its offset: the number of its row may change while the file is being read.
    await this.#reveal({ kind: 'offset', offsetBytes: located.offsetBytes });
  }

  async #untilFilterIsSet(): Promise<void> {
    let awaited: Promise<void>;
    do {
      awaited = this.#filtering;
      await awaited;
    } while (awaited !== this.#filtering);
  }

  async #showHit(hit: PlaceOfRow & { readonly position: number }): Promise<void> {
    this.#table.select(hit.position, 'center');
    // The row itself may come later than the next search is started.
    this.#selectedPlace = hit;
    await this.#showDetail(hit);
  }

  #selected(position: number): void {
    void this.#selectedRow(position);
  }

  /** Which row that is, is known at once when the row is in sight, otherwise when it has come. */
  async #selectedRow(position: number): Promise<void> {
    let row: InspectorRow | undefined = this.#cache.row(position);
    if (row === undefined) {
      // Nothing is to be said of the row selected before as if it were this one.
      this.#selectedPlace = undefined;
      const page = await this.#host.rows({ view: this.#view, first: position, count: 1 }).catch(() => undefined);
      row = page?.rows[0];
    }
    if (row === undefined || position !== this.#table.selected) return;
    this.#selectedPlace = row;
    if (row.offsetBytes !== this.#steppedTo?.offsetBytes) this.#steppedTo = undefined;
    this.#isSelectionGone = false;
    this.#state.update({ selectedRow: row.row });
    if (this.#state.current.detailOpen) await this.#showDetail(row);
  }

  async #showDetail({ row, offsetBytes }: PlaceOfRow): Promise<void> {
    this.#waiting.detailChanges();
    this.#detailOffset = offsetBytes;
    const detail = await this.#host.detail({ row, offsetBytes });
    if (this.#detailOffset !== offsetBytes) return;
    this.#detail.show(detail);
    const { offsetBytes: rowOfByte, at } = this.#byteToShow ?? {};
    this.#byteToShow = undefined;
    if (rowOfByte === offsetBytes) this.#showByte(detail, at);
    const match = this.#finding.matchIn(offsetBytes);
    if (match !== undefined) this.#detail.showMatch(match);
  }

  #showByte(detail: RowDetail | undefined, at: number | undefined): void {
    if (at !== undefined && detail !== undefined && at < detail.row.sizeBytes) this.#detail.showByte(at);
  }

  /** Undefined: no row is selected, or it is not known yet which one it is. */
  get #placeOfSelection(): PlaceOfRow | undefined {
    return this.#table.selected < 0 ? undefined : this.#selectedPlace;
  }

  get #fileSizeBytes(): number {
    return this.#progress?.sizeBytes ?? 0;
  }

  /** Reads the selected record again, once the index of the changed file has come to where it starts. */
  async #refreshSelection(progress: IndexProgress): Promise<void> {
    const offsetBytes = this.#selectedPlace?.offsetBytes;
    if (!this.#isSelectionOutdated || offsetBytes === undefined) return;
    if (!reaches(progress, { kind: 'offset', offsetBytes })) return;
    this.#isSelectionOutdated = false;
    const located = await this.#host.locate({ kind: 'offset', offsetBytes }, ALL_ROWS);
    const detail =
      located?.offsetBytes === offsetBytes ? await this.#host.detail({ row: located.row, offsetBytes }) : undefined;
    if (offsetBytes !== this.#selectedPlace?.offsetBytes) return;
    if (located === undefined || detail === undefined) {
      this.#loseSelection(`No record starts at ${formatOffset(offsetBytes)} any more.`);
      return;
    }
    if (this.#detailOffset === offsetBytes) this.#detail.showAgain(detail);
    if (this.#view === ALL_ROWS && this.#table.selected !== located.position) {
      this.#table.select(located.position, 'none');
    }
  }

  /** Rows have been counted anew: the selection stays on the record, whichever number it has now. */
  async #keepSelection(): Promise<void> {
    const located = await this.#locateSelected();
    if (located !== undefined && located.position !== this.#table.selected) {
      this.#table.select(located.position, 'center');
    }
  }

  /** The same among the rows of a filter, once all of them have been found. */
  async #keepSelectedMatch(): Promise<void> {
    const offsetBytes = this.#placeOfSelection?.offsetBytes;
    const located = await this.#locateSelected();
    if (located === undefined || offsetBytes === undefined) return;
    if (located.offsetBytes === offsetBytes) {
      if (located.position !== this.#table.selected) this.#table.select(located.position, 'none');
      // The file may have grown once more, and the rows be found anew: then this one may still come behind the last.
    } else if (located.isBefore !== true) this.#loseSelection(notAmongThese(offsetBytes));
  }

  /** Undefined: nothing is known of it, or something else is shown or selected by then. */
  async #locateSelected(): Promise<Located | undefined> {
    const place = this.#placeOfSelection;
    if (place === undefined) return undefined;
    const position = this.#table.selected;
    const view = this.#view;
    const located = await this.#host.locate(atOffset(place), view).catch(() => undefined);
    const isSelected = place.offsetBytes === this.#placeOfSelection?.offsetBytes;
    return isSelected && view === this.#view && position === this.#table.selected ? located : undefined;
  }

  #scrolled(top: number): void {
    // Until it is brought back, the position kept is worth more than the one of the rows known so far.
    if (!this.#pendingScroll.isThere) this.#state.update({ topRow: Math.floor(top) });
    this.#placeMarker();
  }

  /** What appears above or below the table must not push out of sight what is being followed. */
  #keepTailInSight(): void {
    if (this.#state.current.follow && this.#view === ALL_ROWS) this.#table.revealSelected();
  }

  #placeMarker(): void {
    const row = this.#cache.row(Math.floor(this.#table.top));
    if (row !== undefined) this.#overview.setPosition(row.offsetBytes);
  }

  #setFollow(follow: boolean): void {
    this.#state.update({ follow });
    this.#toolbar.setFollow(follow);
    if (!follow) return;
    this.#stay();
    // Nor is the record that was selected in another order to be brought back.
    this.#state.update({ selectedRow: undefined });
    this.#pendingMatch.forget();
    this.#sorting.clear();
    if (this.#tailRow >= 0) this.#table.select(this.#tailRow);
  }

  #openDetail(focus: boolean): void {
    this.#showDetailPane(true);
    const selected = this.#placeOfSelection;
    if (selected !== undefined) void this.#showDetail(selected).then(() => focus && takeFocus(this.#detail));
  }

  #closeDetail(): void {
    this.#waiting.detailChanges();
    this.#showDetailPane(false);
    this.#table.focus();
  }

  #showDetailPane(open: boolean): void {
    this.#state.update({ detailOpen: open });
    this.#detail.root.hidden = !open;
    this.#splitter.root.hidden = !open;
    this.#table.redraw();
  }

  async #copy(text: string, what: string, cut: string | undefined): Promise<void> {
    await copyToClipboard(text, this.#host);
    if (cut === undefined) this.#announce(`Copied ${what}.`);
    else this.#banner.show(`${cut}: more is too much for the clipboard.`, 'warning');
  }

  #command(name: ViewCommand): void {
    const commands: Record<ViewCommand, () => void> = {
      find: () => this.#finding.bar.open(),
      findNext: () => this.#finding.bar.find('next'),
      findPrevious: () => this.#finding.bar.find('previous'),
      filter: () => this.#filterBar.focus(),
      nextDamage: () => this.#stepDamage('next'),
      previousDamage: () => this.#stepDamage('previous'),
      toggleFollow: () => this.#setFollow(!this.#state.current.follow),
      showHelp: () => this.#help.open(),
      exportRows: () => void this.#host.exportRows(this.#view),
    };
    commands[name]();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key === '?' && !isTyping(event.target)) this.#help.open();
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    const inTable = event.target instanceof Element && event.target.closest('.table') !== null;
    if (inTable) this.#closeDetail();
    else this.#table.focus();
  }

  #readOn(): void {
    this.#banner.hide();
    void this.#host.readOn();
  }

  #announce(message: string): void {
    this.#announcer.textContent = message;
  }
}

function notAmongThese(offsetBytes: number): string {
  return `The record at ${formatOffset(offsetBytes)} is not among these rows any more.`;
}

function atOffset({ offsetBytes }: PlaceOfRow): LocateTarget {
  return { kind: 'offset', offsetBytes };
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type === 'text';
}
