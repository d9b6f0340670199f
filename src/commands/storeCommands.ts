/** Create, open and close stores. */

import * as vscode from 'vscode';
import type { StoreEntry } from '../explorer/storeEntry.ts';
import { StoreError } from '../explorer/storeError.ts';
import { isTreeNode } from '../explorer/treeNode.ts';
import { askForText, notify } from '../messages.ts';
import type { CommandContext } from './commandContext.ts';
import { openStoreReporting } from './openStore.ts';
import { showDone } from './showDone.ts';
import { storeOfTarget } from './storeTarget.ts';

/** Makes an empty store in a new or existing folder and opens it. `target` is the folder, or nothing. */
export async function createStore(context: CommandContext, target: unknown): Promise<void> {
  if (!vscode.workspace.isTrusted) {
    throw new StoreError('RESTRICTED', 'The workspace is in Restricted Mode. Trust it to create a store in it.');
  }
  const directory = target instanceof vscode.Uri ? target : await askForNewDirectory();
  if (directory === undefined) return;
  const reference = await context.embeddedStores.create(directory);
  context.log.info(`Created ${reference.id}.`);
  if (await openStoreReporting(context, context.registry.add(reference))) showDone(`Created ${reference.name}.`);
}

/** Opens the store it is called on, one that is chosen from a list, or one in a folder. */
export async function openStore(context: CommandContext, target: unknown): Promise<void> {
  const entry = await chooseEntryToOpen(context, target, 'Open Store', (candidate) => !candidate.isWritable);
  // One that is open for reading only, say because another process had its lock, gets another try.
  if (entry !== undefined) await openStoreReporting(context, entry);
}

/** Takes no lock and writes nothing, so it disturbs no other program. */
export async function openStoreReadOnly(context: CommandContext, target: unknown): Promise<void> {
  const isClosed = ({ openState }: StoreEntry) => openState === undefined;
  const entry = await chooseEntryToOpen(context, target, 'Open Store Read-Only', isClosed);
  if (entry !== undefined) await openStoreReporting(context, entry, { readOnly: true });
}

export async function closeStore(context: CommandContext, target: unknown): Promise<void> {
  const entry = (await storeOfTarget(context, target)) ?? (await chooseOpenEntry(context));
  if (entry === undefined) return;
  await context.registry.close(entry);
  showDone(`Closed ${entry.name}.`);
}

/** Looks for stores again, and asks the open ones again. */
export async function refresh({ registry, keysTree }: CommandContext): Promise<void> {
  await registry.discover();
  await Promise.all(registry.openEntries.map((entry) => entry.refresh()));
  keysTree.refresh();
}

async function chooseEntryToOpen(
  context: CommandContext,
  target: unknown,
  title: string,
  isOffered: (candidate: StoreEntry) => boolean,
): Promise<StoreEntry | undefined> {
  const { registry } = context;
  if (isTreeNode(target)) return target.entry;
  if (target instanceof vscode.Uri) return resolveDirectory(context, target);
  await registry.ready();
  const named = await storeOfTarget(context, target);
  if (named !== undefined) return named;
  const candidates = registry.entries.filter(isOffered);
  if (candidates.length === 0) return chooseDirectory(context, title);
  const items = candidates.map((entry) => ({
    entry: entry as StoreEntry | undefined,
    label: entry.name,
    description: entry.openState === undefined ? entry.reference.summary : 'open for reading only',
    detail: entry.reference.place,
    iconPath: new vscode.ThemeIcon('database'),
  }));
  const elsewhere = { entry: undefined, label: 'Choose a folder …', iconPath: new vscode.ThemeIcon('folder-opened') };
  const picked = await vscode.window.showQuickPick([...items, elsewhere], {
    title,
    placeHolder: 'A store found in this workspace, or a folder elsewhere',
    matchOnDetail: true,
  });
  if (picked === undefined) return undefined;
  return picked.entry ?? chooseDirectory(context, title);
}

async function chooseDirectory(context: CommandContext, title: string): Promise<StoreEntry | undefined> {
  const [directory] =
    (await vscode.window.showOpenDialog({
      title,
      openLabel: 'Open',
      canSelectFiles: false,
      canSelectFolders: true,
    })) ?? [];
  return directory && resolveDirectory(context, directory);
}

async function resolveDirectory({ registry }: CommandContext, directory: vscode.Uri): Promise<StoreEntry> {
  const entry = await registry.resolve(directory.with({ path: directory.path.replace(/(.)\/+$/, '$1') }).toString());
  if (entry !== undefined) return entry;
  throw new StoreError(
    'STORE_NOT_FOUND',
    `${directory.fsPath} has no segment files. Choose the folder of a store, or make one with "Strata: Create Store".`,
  );
}

async function chooseOpenEntry({ registry }: CommandContext): Promise<StoreEntry | undefined> {
  const open = registry.openEntries;
  if (open.length === 0) void notify('information', 'No store is open.');
  if (open.length <= 1) return open[0];
  const items = open.map((entry) => ({ entry, label: entry.name, detail: entry.reference.place }));
  return (await vscode.window.showQuickPick(items, { title: 'Close Store', placeHolder: 'Which store?' }))?.entry;
}

async function askForNewDirectory(): Promise<vscode.Uri | undefined> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === 'file');
  const base = folders.length === 1 ? folders[0]?.uri : await chooseBaseDirectory(folders.length);
  if (base === undefined) return undefined;
  const name = await askForText({
    title: 'Create Store',
    prompt: `Folder for the store, in ${base.fsPath}`,
    placeHolder: 'data/cities',
    value: 'store',
    ignoreFocusOut: true,
    validateInput: (typed) => checkNewDirectory(base, typed.trim()),
  });
  return name === undefined ? undefined : vscode.Uri.joinPath(base, name.trim());
}

async function chooseBaseDirectory(folderCount: number): Promise<vscode.Uri | undefined> {
  if (folderCount > 1) {
    return (await vscode.window.showWorkspaceFolderPick({ placeHolder: 'Folder to create the store in' }))?.uri;
  }
  const options = { title: 'Folder to create the store in', canSelectFiles: false, canSelectFolders: true };
  return (await vscode.window.showOpenDialog(options))?.[0];
}

async function checkNewDirectory(
  base: vscode.Uri,
  typed: string,
): Promise<vscode.InputBoxValidationMessage | undefined> {
  const severities = vscode.InputBoxValidationSeverity;
  if (typed === '') return { message: 'Type the name of a folder.', severity: severities.Error };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no file system takes them in names
  if (/[\u0000-\u001f<>:"|?*\\]/.test(typed)) {
    return {
      message: 'A folder name has no control characters and none of < > : " | ? * \\',
      severity: severities.Error,
    };
  }
  if (typed.startsWith('/') || typed.split('/').includes('..')) {
    return {
      message: 'Type a path within the folder, without .. and without a slash at its start.',
      severity: severities.Error,
    };
  }
  const names = await namesIn(vscode.Uri.joinPath(base, typed));
  if (names.some((name) => name.endsWith('.seg'))) {
    return { message: 'There is a store already. Open it with "Strata: Open Store".', severity: severities.Error };
  }
  if (names.length === 0) return undefined;
  return { message: 'The folder has other files. The store will live beside them.', severity: severities.Warning };
}

/** Empty for a directory that does not exist. */
async function namesIn(directory: vscode.Uri): Promise<string[]> {
  try {
    return (await vscode.workspace.fs.readDirectory(directory)).map(([name]) => name);
  } catch {
    return [];
  }
}
