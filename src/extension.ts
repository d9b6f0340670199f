/** Composition root: makes the features and hands them to each other. */

import { pathToFileURL } from 'node:url';
import * as vscode from 'vscode';
import { onWrongSetting } from './checkedSettings.ts';
import type { CommandContext } from './commands/commandContext.ts';
import { showHistory } from './commands/historyCommands.ts';
import { registerCommands } from './commands/registerCommands.ts';
import { REPORT_SCHEME, ReportDocuments } from './commands/reportDocuments.ts';
import { reportingErrors } from './commands/reportError.ts';
import { goToNextRecord, keyNodeOfFile, revealInTree } from './commands/revealCommands.ts';
import { EmbeddedStoreProvider } from './explorer/embeddedStoreProvider.ts';
import { registerExplorer } from './explorer/registerExplorer.ts';
import { SegmentStores } from './explorer/segmentStores.ts';
import { StoreRegistry } from './explorer/storeRegistry.ts';
import { type Inspector, registerInspector } from './inspector/registerInspector.ts';
import { embeddedStoreOpener } from './worker/openEmbeddedStore.ts';
import { embeddedStoreSalvager } from './worker/salvageEmbeddedStore.ts';

let registry: StoreRegistry | undefined;

/** `registerLogFormats` is for other extensions; the rest is for tests and may change. */
type StrataExports = CommandContext & Pick<Inspector, 'registerLogFormats'>;

export function activate(context: vscode.ExtensionContext): StrataExports {
  const log = vscode.window.createOutputChannel('Strata', { log: true });
  const workerUrl = pathToFileURL(vscode.Uri.joinPath(context.extensionUri, 'dist', 'storeWorker.cjs').fsPath);
  const warn = (message: string) => log.warn(message);
  onWrongSetting(warn);
  const embeddedStores = new EmbeddedStoreProvider(
    embeddedStoreOpener(workerUrl, warn),
    embeddedStoreSalvager(workerUrl, warn),
    log,
  );
  registry = new StoreRegistry([embeddedStores], context.workspaceState, log);
  const segmentStores = new SegmentStores(registry);
  const reports = new ReportDocuments();
  const explorer = registerExplorer(context, registry);
  const inspector = registerInspector(context, log, {
    storeOf: (file) => segmentStores.storeOf(file),
    onDidChange: segmentStores.onDidChange,
    revealKey: (file, key) => revealInTree(commands, keyNodeOfFile(commands, file, key)),
    showHistory: (file, key) => showHistory(commands, keyNodeOfFile(commands, file, key)),
    goToNext: (file, key, sequence) => goToNextRecord(commands, file, key, sequence),
    reportingErrors: (name, run) => reportingErrors(log, name, run),
  });
  const { revealRecord } = inspector;
  const commands: CommandContext = {
    ...{ registry, embeddedStores, segmentStores, reports, log, revealRecord },
    ...explorer,
  };
  context.subscriptions.push(
    ...[log, embeddedStores, registry, segmentStores, reports, registerCommands(commands)],
    vscode.workspace.registerTextDocumentContentProvider(REPORT_SCHEME, reports),
  );
  // Not awaited: activation ends before anything is searched or opened.
  void registry.ready();
  return { ...commands, registerLogFormats: inspector.registerLogFormats };
}

/** Writers give their locks back, and leave hint files and a snapshot for the next open. */
export async function deactivate(): Promise<void> {
  await registry?.closeAll();
}
