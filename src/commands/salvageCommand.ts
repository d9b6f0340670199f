/** Salvage: what is readable of a damaged store, or of one segment file, goes into a new store. */

import * as vscode from 'vscode';
import type { EmbeddedStoreProvider } from '../explorer/embeddedStoreProvider.ts';
import { StoreError } from '../explorer/storeError.ts';
import { isTreeNode } from '../explorer/treeNode.ts';
import { notify } from '../messages.ts';
import type { SalvageReport } from '../shared/keyValueStore.ts';
import { markdownText } from '../shared/markdownText.ts';
import { formatCount, formatCountOf, formatSize } from '../shared/quantities.ts';
import { activeSegment } from './activeSegment.ts';
import { damageSection } from './checkCommands.ts';
import type { CommandContext } from './commandContext.ts';
import { askForEmptyFolder } from './emptyFolderInput.ts';
import { openStoreReporting } from './openStore.ts';
import { markdownTable } from './reportDocuments.ts';
import { runWithProgress } from './storeTask.ts';

interface Source {
  /** The folder of a store, or a segment file. */
  readonly uri: vscode.Uri;
  readonly name: string;
  readonly isFile: boolean;
}

/** Never writes to the source. `target` is a store of the tree, or a file that the segment editor shows. */
export async function salvage(context: CommandContext, target: unknown): Promise<void> {
  if (!vscode.workspace.isTrusted) {
    throw new StoreError('RESTRICTED', 'The workspace is in Restricted Mode. Trust it to write a new store.');
  }
  const source = await chooseSource(context, target);
  if (source === undefined) return;
  const folder = await askForEmptyFolder({
    title: `Salvage ${source.name} into a New Store`,
    proposal: await context.embeddedStores.salvageFolder(source.uri, source.isFile),
    refuse: (chosen) => {
      const within = !source.isFile && `${chosen.path}/`.startsWith(`${source.uri.path}/`);
      return within
        ? 'That is within the damaged store. Nothing is written there; choose a folder elsewhere.'
        : undefined;
    },
  });
  if (folder === undefined) return;
  const report = await runWithProgress(`Salvaging ${source.name}`, (task) =>
    context.embeddedStores.salvage(source.uri, folder, task),
  );
  // Not left to the watcher of the file system, which may take its time or miss what came and went quickly.
  await context.registry.discover();
  await showOutcome(context, source, folder, report);
}

async function chooseSource(context: CommandContext, target: unknown): Promise<Source | undefined> {
  const isStore = isTreeNode(target) && target.kind !== 'segment';
  if (isStore) return storeSource(vscode.Uri.parse(target.entry.id, true));
  const file = namedFile(target) ?? activeSegment();
  return file === undefined ? chooseAnySource(context) : chooseFileOrStore(context.embeddedStores, file);
}

function namedFile(target: unknown): vscode.Uri | undefined {
  if (isTreeNode(target) && target.kind === 'segment') return vscode.Uri.parse(target.segment.uri, true);
  return target instanceof vscode.Uri ? target : undefined;
}

/** A segment file is salvaged alone, or with the store that it stands in. */
async function chooseFileOrStore(stores: EmbeddedStoreProvider, file: vscode.Uri): Promise<Source | undefined> {
  const store = await stores.storeAround(file);
  const isSegment = file.path.endsWith('.seg');
  if (store === undefined && !isSegment) {
    throw new StoreError(
      'STORE_NOT_FOUND',
      'There is no segment file beside this one: it holds no records to salvage.',
    );
  }
  if (store === undefined) return fileSource(file);
  const whole = storeSource(vscode.Uri.parse(store.id, true));
  if (!isSegment) return whole;
  const one = fileSource(file);
  const picked = await vscode.window.showQuickPick(
    [
      {
        source: whole,
        label: 'The whole store',
        description: `${whole.name}, ${store.summary}`,
        detail: 'The newest readable version of every key',
        iconPath: new vscode.ThemeIcon('database'),
      },
      {
        source: one,
        label: 'This file alone',
        description: one.name,
        detail: 'What this segment says, whatever newer segments say of the same keys',
        iconPath: new vscode.ThemeIcon('file-binary'),
      },
    ],
    { title: 'Salvage into New Store', placeHolder: 'What is to be copied?' },
  );
  return picked?.source;
}

async function chooseAnySource({ registry }: CommandContext): Promise<Source | undefined> {
  await registry.ready();
  const stores = registry.entries.map((entry) => ({
    choose: async () => storeSource(vscode.Uri.parse(entry.id, true)),
    label: entry.name,
    description: entry.reference.summary,
    detail: entry.reference.place,
    iconPath: new vscode.ThemeIcon('database'),
  }));
  const folder = { canSelectFiles: false, canSelectFolders: true, openLabel: 'Salvage', title: 'Store to Salvage' };
  const file = { filters: { 'Segment files': ['seg'] }, openLabel: 'Salvage', title: 'Segment File to Salvage' };
  const picked = await vscode.window.showQuickPick(
    [
      ...stores,
      {
        choose: async () => chosen(storeSource, folder),
        label: 'Choose a folder …',
        iconPath: new vscode.ThemeIcon('folder-opened'),
      },
      {
        choose: async () => chosen(fileSource, file),
        label: 'Choose a segment file …',
        iconPath: new vscode.ThemeIcon('file-binary'),
      },
    ],
    { title: 'Salvage into New Store', placeHolder: 'What is to be copied?', matchOnDetail: true },
  );
  return picked?.choose();
}

async function chosen(
  source: (uri: vscode.Uri) => Source,
  options: vscode.OpenDialogOptions,
): Promise<Source | undefined> {
  const [uri] = (await vscode.window.showOpenDialog(options)) ?? [];
  return uri && source(uri);
}

function storeSource(uri: vscode.Uri): Source {
  return { uri, name: lastPart(uri), isFile: false };
}

function fileSource(uri: vscode.Uri): Source {
  return { uri, name: lastPart(uri), isFile: true };
}

function lastPart({ path }: vscode.Uri): string {
  return path.split('/').findLast((part) => part !== '') ?? path;
}

async function showOutcome(
  context: CommandContext,
  source: Source,
  folder: vscode.Uri,
  report: SalvageReport,
): Promise<void> {
  const summary = `Salvaged ${source.name}: ${formatCountOf(report.keysCopied, 'key')} copied, ${lossText(report)}.`;
  context.log.info(`${summary} Into ${folder.fsPath}.`);
  const title = `Salvage of ${source.name}`;
  await context.reports.show(
    title,
    source.uri.toString(),
    `# ${markdownText(title)}\n\n${reportBody(source, folder, report)}\n`,
  );
  const open = 'Open New Store';
  const severity = report.damage.length + report.keysLost > 0 ? 'warning' : 'information';
  void notify(severity, summary, open).then(async (answer) => {
    const entry = answer === open ? await context.registry.resolve(folder.toString()) : undefined;
    if (entry !== undefined) await openStoreReporting(context, entry);
  });
}

function lossText({ damage, keysLost }: SalvageReport): string {
  const parts = [];
  if (damage.length > 0) {
    const sizeBytes = damage.reduce((sum, range) => sum + range.sizeBytes, 0);
    parts.push(`${formatCountOf(damage.length, 'damaged range')} with ${formatSize(sizeBytes)} left behind`);
  }
  if (keysLost > 0) parts.push(`${formatCountOf(keysLost, 'key')} could not be read any more`);
  return parts.length === 0 ? 'nothing was damaged' : parts.join(', ');
}

function reportBody(source: Source, folder: vscode.Uri, report: SalvageReport): string {
  const facts = markdownTable(
    ['', ''],
    [
      ['From', source.uri.fsPath],
      ['Into', folder.fsPath],
      ['Sound records read', formatCount(report.recordsRead)],
      ['Keys copied', `${formatCount(report.keysCopied)}, ${formatSize(report.bytesCopied)}`],
      ['Keys lost while copying', formatCount(report.keysLost)],
    ],
  );
  const meaning =
    'The newest readable version of each key was copied, with its expiry. Deleted and expired keys were left out. ' +
    'A key whose newest record was damaged has the version before it now, or is gone. The source is unchanged.';
  const alone = source.isFile
    ? '\n\nOther segments were not looked at: where they hold newer versions or deletes of these keys, this copy does not know.'
    : '';
  return [facts, meaning + alone, damageSection(report.damage)].join('\n\n');
}
