/** One open editor: its webview, its scanning thread, and what passes between them. */

import { type BirpcReturn, createBirpc } from 'birpc';
import * as vscode from 'vscode';
import { notify, notifyProgress } from '../messages.ts';
import type {
  ExportResult,
  HostCalls,
  LocateTarget,
  PlaceOfRow,
  RowAction,
  ScanHostEvents,
  ViewCommand,
  ViewEvents,
  ViewId,
  ViewSettings,
} from '../shared/inspectorMessages.ts';
import type { RecordState } from '../shared/recordState.ts';
import { packErrors, unpackErrors } from '../shared/rpcErrors.ts';
import type { ColumnMemory } from './columnMemory.ts';
import { exportedMessage, exportFailedMessage } from './exportMessage.ts';
import { exportTo, nameOfTarget } from './exportTarget.ts';
import type { RecordDocuments } from './recordDocuments.ts';
import { type RowActionContext, runRowAction } from './rowActions.ts';
import type { ScanSource } from './scanThread.ts';
import { ScanThread } from './scanThread.ts';
import type { StoreOfFile } from './storeOfFile.ts';
import type { ViewMemory } from './viewMemory.ts';
import { VirtualFileWatcher } from './virtualFile.ts';

export interface InspectorEditorOptions {
  readonly uri: vscode.Uri;
  readonly panel: vscode.WebviewPanel;
  readonly workerPath: string;
  readonly source: ScanSource;
  /** Paths of the modules with the log formats of other extensions. */
  readonly formatModules: readonly string[];
  /** A format of theirs was passed over: one sentence. */
  readonly onFormatProblem: (message: string) => void;
  readonly stores: StoreOfFile | undefined;
  readonly columns: ColumnMemory;
  readonly views: ViewMemory;
  readonly documents: RecordDocuments;
  /** A local folder of the extension's own. */
  readonly storage: vscode.Uri;
  readonly comparison: RowActionContext['comparison'];
  readonly openSegment: RowActionContext['openSegment'];
}

export class InspectorEditor implements vscode.Disposable {
  readonly uri: vscode.Uri;
  readonly panel: vscode.WebviewPanel;
  /** Without the source: the bytes of a file are not held here. */
  readonly #options: Omit<InspectorEditorOptions, 'source'>;
  readonly #stores: StoreOfFile | undefined;
  readonly #thread: ScanThread;
  readonly #view: BirpcReturn<ViewEvents, HostCalls>;
  readonly #subscriptions: vscode.Disposable[] = [];
  /** Where to go once the webview has loaded. */
  #pendingReveal: LocateTarget | undefined;
  #ready = false;
  #onExportProgress: (share: number) => void = () => {};
  #segmentId: number | undefined;
  #isGone = false;

  constructor(options: InspectorEditorOptions) {
    const { source, ...others } = options;
    const { uri, panel, workerPath, formatModules, stores } = others;
    this.uri = uri;
    this.panel = panel;
    this.#options = others;
    this.#stores = stores;
    const onFailure = (error: Error) => this.#send('failed', error.message);
    this.#thread = new ScanThread(workerPath, source, this.#scanEvents(), onFailure, formatModules);
    this.#view = this.#connect();
    if (source.kind === 'bytes') this.#subscriptions.push(this.#followVirtualFile());
    const onViewState = () => {
      if (!panel.visible) this.#leave();
    };
    this.#subscriptions.push(panel.onDidChangeViewState(onViewState));
    if (stores !== undefined) {
      this.#subscriptions.push(stores.onDidChange(() => this.#send('statesChanged', this.#store !== undefined)));
    }
  }

  /** The thread looks at local files itself; what other file systems hold reaches it from here. */
  #followVirtualFile(): vscode.Disposable {
    return new VirtualFileWatcher(this.uri, {
      onContent: (bytes) => void this.#thread.calls.replaceBytes(bytes).catch(() => {}),
      onProblem: (message) => this.#send('failed', message),
    });
  }

  /**
   * Tells what the page will ask for before it can ask: VS Code keeps messages until a page has loaded. Not where another
   * place than the beginning is to be shown. Whatever goes wrong here goes wrong once more when the page asks, and is told
   * then.
   */
  async tellFirst(): Promise<void> {
    if (this.#pendingReveal !== undefined) return;
    try {
      const file = await this.#thread.calls.look();
      this.#segmentId = file.summary.segmentId;
      const isWaiting = this.panel.visible && !this.#ready && this.#pendingReveal === undefined;
      if (isWaiting) await this.#view.opened.asEvent(this.#settings, file);
    } catch {}
  }

  /** The webview ends when its tab is hidden, and says when it is there again. */
  #leave(): void {
    this.#ready = false;
    void this.#thread.calls.leave().catch(() => {});
  }

  get calls(): ScanThread['calls'] {
    return this.#thread.calls;
  }

  /** Goes to a place among the rows that are shown. */
  goTo(target: LocateTarget): void {
    this.#send('goTo', target, false);
  }

  /** Shows the record at a place, at once or when the webview has loaded; a filter that hides it is cleared. */
  reveal(target: LocateTarget): void {
    if (this.#ready) this.#send('goTo', target, true);
    else this.#pendingReveal = target;
  }

  command(name: ViewCommand): void {
    this.#send('command', name);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#view.$close(new Error('The editor was closed.'));
    void this.#thread.dispose();
  }

  get #store() {
    return this.#segmentId === undefined ? undefined : this.#stores?.storeOf(this.uri);
  }

  /** Passes on what the thread reports, and answers what it asks. */
  #scanEvents(): ScanHostEvents {
    return {
      formatProblem: (message) => this.#options.onFormatProblem(message),
      unreadable: (message) => this.#send('unreadable', message),
      indexProgress: (progress) => this.#send('indexProgress', progress),
      filterProgress: (progress) => this.#send('filterProgress', progress),
      sortProgress: (progress) => this.#send('sortProgress', progress),
      findProgress: (progress) => this.#send('findProgress', progress),
      fileChanged: (change, summary) => {
        this.#isGone = change === 'gone';
        this.#send('fileChanged', change, summary);
      },
      exportProgress: (share) => this.#onExportProgress(share),
      crossCheckProgress: (progress) => this.#send('crossCheckProgress', progress),
      recordStates: (offsetsBytes) => this.#recordStates(offsetsBytes),
    };
  }

  #connect(): BirpcReturn<ViewEvents, HostCalls> {
    const { webview } = this.panel;
    return createBirpc<ViewEvents, HostCalls>(this.#hostCalls(), {
      post: (message) => webview.postMessage(message),
      on: (receive) => this.#subscriptions.push(webview.onDidReceiveMessage(receive)),
      serialize: packErrors,
      deserialize: unpackErrors,
      timeout: -1,
      bind: 'functions',
    });
  }

  #hostCalls(): HostCalls {
    const scan = this.#thread.calls;
    return {
      open: async () => {
        const file = await scan.open();
        this.#segmentId = file.summary.segmentId;
        // It may have gone while the editor was hidden.
        if (this.#isGone) setImmediate(() => this.#send('fileChanged', 'gone', undefined));
        return file;
      },
      readOn: () => scan.readOn(),
      rows: (request) => scan.rows(request),
      detail: (place) => scan.detail(place),
      peek: (target) => scan.peek(target),
      bytes: (range) => scan.bytes(range),
      overview: () => scan.overview(),
      // A webview's messages are JSON, in which an argument that is undefined becomes null.
      setFilter: (filter) => scan.setFilter(filter ?? undefined),
      cancelFilter: () => scan.cancelFilter(),
      sort: (request) => scan.sort(request),
      cancelSort: () => scan.cancelSort(),
      locate: (target, view) => scan.locate(target, view),
      adjacentDamage: (row, direction) => scan.adjacentDamage(row, direction),
      find: (request) => scan.find(request),
      cancelFind: () => scan.cancelFind(),
      crossCheck: () => scan.crossCheck(),
      cancelCrossCheck: () => scan.cancelCrossCheck(),
      ready: async () => this.#whenReady(),
      recordStates: (offsetsBytes) => this.#recordStates(offsetsBytes),
      liveBytesByBlock: async (blockSizeBytes, blockCount) =>
        this.#store?.liveBytesByBlock(this.#segmentId ?? 0, blockSizeBytes, blockCount),
      copyText: async (text) => vscode.env.clipboard.writeText(text),
      run: async (action, place) => {
        const run = () => this.#run(action, place);
        await (this.#options.stores?.reportingErrors(`strata.inspector ${action}`, run) ?? run());
      },
      saveViewState: (state) => this.#options.views.save(this.uri, state),
      saveColumns: (columns) => this.#options.columns.save(columns),
      askForPlace: async () => void vscode.commands.executeCommand('strata.goToOffset'),
      exportRows: (view) => this.#exportRows(view),
      openStore: async () =>
        void vscode.commands.executeCommand('strata.openStore', vscode.Uri.joinPath(this.uri, '..')),
      salvage: async () => void vscode.commands.executeCommand('strata.salvage', this.uri),
    };
  }

  #whenReady(): ViewSettings {
    this.#ready = true;
    const target = this.#pendingReveal;
    this.#pendingReveal = undefined;
    if (target !== undefined) setImmediate(() => this.#send('goTo', target, true));
    return this.#settings;
  }

  get #settings(): ViewSettings {
    return {
      viewState: this.#options.views.load(this.uri),
      columns: this.#options.columns.load(),
      storeKnown: this.#stores?.storeOf(this.uri) !== undefined,
      canSalvage: this.uri.scheme === 'file' && vscode.workspace.isTrusted,
    };
  }

  async recordState(offsetBytes: number): Promise<RecordState | undefined> {
    const [state] = await this.#recordStates([offsetBytes]);
    return state;
  }

  async #recordStates(offsetsBytes: readonly number[]): Promise<readonly RecordState[]> {
    const store = this.#store;
    if (store === undefined || this.#segmentId === undefined) return offsetsBytes.map(() => 'unknown');
    return store.recordStates(this.#segmentId, offsetsBytes);
  }

  async #run(action: RowAction, place: PlaceOfRow): Promise<void> {
    const detail = await this.#thread.calls.detail(place);
    const { stores, documents, comparison, openSegment } = this.#options;
    if (detail === undefined) return;
    await runRowAction(action, { editor: this, detail, stores, documents, comparison, openSegment });
  }

  /** Asks where to, writes the rows there, and says what came of it. */
  async #exportRows(view: ViewId): Promise<void> {
    const target = await vscode.window.showSaveDialog({
      title: 'Export Records',
      defaultUri: this.uri.with({ path: `${this.uri.path}.jsonl` }),
      filters: { 'JSON Lines': ['jsonl'], 'Comma-separated values': ['csv'] },
    });
    if (target === undefined) return;
    let result: ExportResult;
    try {
      result = await this.#writeRows(view, target);
    } catch (error) {
      void notify('error', exportFailedMessage(error));
      return;
    }
    if (result.cancelled) {
      vscode.window.setStatusBarMessage('Strata: The export was cancelled. No file was written.', 5000);
      return;
    }
    const open = 'Open';
    if ((await notify('information', exportedMessage(result, nameOfTarget(target)), open)) === open) {
      await vscode.window.showTextDocument(target);
    }
  }

  /** A notification shows how far it is. */
  async #writeRows(view: ViewId, target: vscode.Uri): Promise<ExportResult> {
    const format = target.path.endsWith('.csv') ? 'csv' : 'jsonl';
    return notifyProgress('Exporting records', (progress, cancellation) => {
      let lastShare = 0;
      this.#onExportProgress = (share) => {
        progress.report({ increment: (share - lastShare) * 100 });
        lastShare = share;
      };
      cancellation.onCancellationRequested(() => this.#thread.calls.cancelExport());
      return exportTo(target, this.#options.storage, (file) => this.#thread.exportRows({ view, format, ...file }));
    });
  }

  #send<Name extends keyof ViewEvents>(name: Name, ...args: Parameters<ViewEvents[Name]>): void {
    // The webview is not there while the editor is hidden; it asks for everything when it comes back.
    if (this.#ready) void this.#view.$callEvent(name, ...(args as never));
  }
}
