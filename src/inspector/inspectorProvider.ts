/** The custom editor for log files. Read-only: nothing here writes to a file, its directory, or its lock. */

import * as vscode from 'vscode';
import { segmentFileName } from '../format/fileName.ts';
import { notify } from '../messages.ts';
import type { LocateTarget } from '../shared/inspectorMessages.ts';
import { messageOf } from '../shared/messageOf.ts';
import { ColumnMemory } from './columnMemory.ts';
import { FormatModules } from './formatModules.ts';
import { InspectorEditor } from './inspectorEditor.ts';
import { inspectorMedia, inspectorPage, inspectorProblemPage } from './inspectorPage.ts';
import { RecordDocuments } from './recordDocuments.ts';
import type { Comparison } from './rowActions.ts';
import type { ScanSource } from './scanThread.ts';
import type { StoreOfFile } from './storeOfFile.ts';
import { ViewMemory } from './viewMemory.ts';
import { readVirtualFile } from './virtualFile.ts';

export const INSPECTOR_VIEW_TYPE = 'strata.inspector';

/** Each editor has a thread of its own, so a document is no more than its name. */
interface InspectorDocument extends vscode.CustomDocument {
  readonly uri: vscode.Uri;
}

export class InspectorProvider implements vscode.CustomReadonlyEditorProvider<InspectorDocument>, vscode.Disposable {
  readonly #context: vscode.ExtensionContext;
  readonly #stores: StoreOfFile | undefined;
  readonly #editors = new Set<InspectorEditor>();
  readonly #columns: ColumnMemory;
  readonly #views: ViewMemory;
  readonly #documents = new RecordDocuments();
  readonly #comparison: Comparison = { selected: undefined };
  readonly #formatModules: FormatModules;
  /** Places to go to in files that are being opened, by URI. */
  readonly #pendingTargets = new Map<string, LocateTarget>();

  constructor(context: vscode.ExtensionContext, log: vscode.LogOutputChannel, stores: StoreOfFile | undefined) {
    this.#context = context;
    this.#formatModules = new FormatModules((message) => {
      log.warn(message);
      void notify('warning', message);
    });
    this.#stores = stores;
    this.#columns = new ColumnMemory(context.globalState);
    this.#views = new ViewMemory(context.workspaceState);
  }

  /** The editor that has the focus, or had it last among those that are visible. */
  get activeEditor(): InspectorEditor | undefined {
    for (const editor of this.#editors) if (editor.panel.active) return editor;
    return undefined;
  }

  openCustomDocument(uri: vscode.Uri): InspectorDocument {
    return { uri, dispose: () => {} };
  }

  async resolveCustomEditor({ uri }: InspectorDocument, panel: vscode.WebviewPanel): Promise<void> {
    const { extensionUri, globalStorageUri } = this.#context;
    let source: ScanSource;
    try {
      source = await scanSource(uri);
    } catch (error) {
      // VS Code would say no more than that an error occurred.
      panel.webview.html = inspectorProblemPage(messageOf(error));
      return;
    }
    panel.webview.options = { enableScripts: true, localResourceRoots: [inspectorMedia(extensionUri)] };
    const editor = new InspectorEditor({
      uri,
      panel,
      source,
      formatModules: this.#formatModules.paths,
      onFormatProblem: (message) => this.#formatModules.report(message),
      workerPath: vscode.Uri.joinPath(extensionUri, 'dist', 'scanWorker.cjs').fsPath,
      stores: this.#stores,
      columns: this.#columns,
      views: this.#views,
      documents: this.#documents,
      storage: globalStorageUri,
      comparison: this.#comparison,
      openSegment: (beside, segmentId, offsetBytes) =>
        this.reveal(vscode.Uri.joinPath(beside, '..', segmentFileName(segmentId)), offsetBytes),
    });
    this.#editors.add(editor);
    panel.onDidDispose(() => {
      this.#editors.delete(editor);
      editor.dispose();
    });
    const target = this.#pendingTargets.get(uri.toString());
    this.#pendingTargets.delete(uri.toString());
    if (target !== undefined) editor.reveal(target);
    panel.webview.html = inspectorPage(panel.webview, extensionUri, source.fileName);
    void editor.tellFirst();
  }

  /** Files that are opened from now on may be of these formats. */
  registerLogFormats(modulePath: string): vscode.Disposable {
    return new vscode.Disposable(this.#formatModules.register(modulePath));
  }

  /** Opens a file, or brings its editor to the front, and shows the record that holds a byte. */
  async reveal(uri: vscode.Uri, offsetBytes: number): Promise<void> {
    const target: LocateTarget = { kind: 'offset', offsetBytes };
    const open = [...this.#editors].find((editor) => editor.uri.toString() === uri.toString());
    if (open !== undefined) open.reveal(target);
    else this.#pendingTargets.set(uri.toString(), target);
    await vscode.commands.executeCommand('vscode.openWith', uri, INSPECTOR_VIEW_TYPE);
  }

  dispose(): void {
    for (const editor of this.#editors) editor.dispose();
    this.#editors.clear();
    this.#documents.dispose();
  }
}

/** Local files are read by ranges; files of other file systems are taken whole, up to a size that a setting limits. */
async function scanSource(uri: vscode.Uri): Promise<ScanSource> {
  const fileName = uri.path.slice(uri.path.lastIndexOf('/') + 1);
  if (uri.scheme === 'file') return { kind: 'path', fileName, path: uri.fsPath };
  return { kind: 'bytes', fileName, bytes: await readVirtualFile(uri) };
}
