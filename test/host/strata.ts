// What the host tests share: the extension's exports, stores in the workspace, and waiting for what comes by itself.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { CommandContext } from '../../src/commands/commandContext.ts';
import type { StoreEntry } from '../../src/explorer/storeEntry.ts';
import type { KeysTreeNode } from '../../src/explorer/treeNode.ts';
import type { KeyValueStore } from '../../src/shared/keyValueStore.ts';

export const bytesOf = (text: string) => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

export async function activateStrata(): Promise<CommandContext> {
  const extension = vscode.extensions.getExtension<CommandContext>('strata.strata');
  assert.ok(extension, 'the extension is installed');
  return extension.activate();
}

export interface TestStore {
  readonly entry: StoreEntry;
  readonly store: KeyValueStore;
  readonly directory: vscode.Uri;
}

/** A new store in the workspace, open for writing, with these keys. */
export async function createStore(
  context: CommandContext,
  name: string,
  entries: Readonly<Record<string, string>> = {},
): Promise<TestStore> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder, 'a folder is open');
  const directory = vscode.Uri.joinPath(folder.uri, name);
  await vscode.commands.executeCommand('strata.createStore', directory);
  const entry = context.registry.find(directory.toString());
  assert.ok(entry?.store, `${name} is open`);
  const operations = Object.entries(entries).map(([key, value]) => ({ key: bytesOf(key), value: bytesOf(value) }));
  if (operations.length > 0) await entry.store.batch(operations.map((each) => ({ type: 'put', ...each })));
  return { entry, store: entry.store, directory };
}

export async function removeStore(context: CommandContext, { entry, directory }: TestStore): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  await context.registry.close(entry);
  await vscode.workspace.fs.delete(directory, { recursive: true });
  await context.registry.discover();
}

/** Tries again until `check` passes; what VS Code and stores do by themselves takes its time. */
export async function eventually<T>(check: () => T | Promise<T>, patienceMs = 15_000): Promise<T> {
  const end = Date.now() + patienceMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Labels of the children of a node of the keys view, as they are shown. */
export async function labels({ keysTree }: CommandContext, node?: KeysTreeNode): Promise<string[]> {
  const children = await keysTree.getChildren(node);
  return children.map((child) => String(keysTree.getTreeItem(child).label));
}

export async function childNode(context: CommandContext, label: string, parent?: KeysTreeNode): Promise<KeysTreeNode> {
  const children = await context.keysTree.getChildren(parent);
  const child = children.find((each) => context.keysTree.getTreeItem(each).label === label);
  assert.ok(child, `${label} is listed`);
  return child;
}

/** Changes a setting for the time of a test and gives the way back. */
export async function changeSetting(name: string, value: unknown): Promise<() => Promise<void>> {
  const change = (to: unknown) =>
    vscode.workspace.getConfiguration('strata').update(name, to, vscode.ConfigurationTarget.Global);
  await change(value);
  return async () => change(undefined);
}
