/** What the explorer adds to VS Code: the two views, the files of values, and the status bar's item. */

import * as vscode from 'vscode';
import { formatCount } from '../shared/quantities.ts';
import { KeyFilters } from './keyFilters.ts';
import { KEYS_VIEW, KeysTree } from './keysTree.ts';
import { StatusBar } from './statusBar.ts';
import type { StoreRegistry } from './storeRegistry.ts';
import { STORES_VIEW, StoresTree } from './storesTree.ts';
import type { KeysTreeNode } from './treeNode.ts';
import { ValueFileSystem } from './values/valueFileSystem.ts';
import { VALUE_SCHEME } from './values/valueUri.ts';

export interface Explorer {
  readonly filters: KeyFilters;
  readonly keysTree: KeysTree;
  readonly keysView: vscode.TreeView<KeysTreeNode>;
}

export function registerExplorer(context: vscode.ExtensionContext, registry: StoreRegistry): Explorer {
  const filters = new KeyFilters(context.workspaceState);
  const storesTree = new StoresTree(registry);
  const keysTree = new KeysTree(registry, filters);
  const values = new ValueFileSystem(registry);
  const keysView = vscode.window.createTreeView(KEYS_VIEW, {
    treeDataProvider: keysTree,
    canSelectMany: true,
    showCollapseAll: true,
  });
  const update = () => {
    describeKeys(registry, filters, keysTree, keysView);
    setContextKeys(registry, filters);
  };
  context.subscriptions.push(
    filters,
    storesTree,
    keysTree,
    values,
    keysView,
    vscode.window.createTreeView(STORES_VIEW, { treeDataProvider: storesTree }),
    vscode.workspace.registerFileSystemProvider(VALUE_SCHEME, values, { isCaseSensitive: true }),
    new StatusBar(registry),
    registry.onDidChange(update),
    filters.onDidChange(update),
    keysTree.onDidChangeMatches(update),
  );
  return { filters, keysTree, keysView };
}

/** Beside the view's title which store it shows; above the tree how many keys the filters let through. */
function describeKeys(
  registry: StoreRegistry,
  filters: KeyFilters,
  keysTree: KeysTree,
  keysView: vscode.TreeView<KeysTreeNode>,
): void {
  const entries = registry.openEntries;
  const [only] = entries;
  const lines = entries.flatMap((entry) => {
    const filter = filters.text(entry.id);
    const matchCount = keysTree.matchCount(entry);
    if (filter === '' || matchCount === undefined) return [];
    const total = formatCount(entry.openState?.statistics.keyCount ?? 0);
    const name = entries.length === 1 ? '' : `${entry.name}: `;
    return [`${name}${formatCount(matchCount)} of ${total} keys match ${filter}`];
  });
  keysView.message = lines.length === 0 ? '' : lines.join('\n');
  if (entries.length === 1 && only !== undefined) {
    const filter = filters.text(only.id);
    keysView.description = filter === '' ? only.name : `${only.name} · filter: ${filter}`;
  } else {
    keysView.description = '';
  }
}

/** For the `when` clauses of views and menus. */
function setContextKeys(registry: StoreRegistry, filters: KeyFilters): void {
  const open = registry.openEntries;
  const keys = {
    'strata.storeCount': registry.entries.length,
    'strata.openStoreCount': open.length,
    'strata.hasWritableStore': open.some((entry) => entry.isWritable),
    'strata.isFiltered': open.some((entry) => filters.text(entry.id) !== ''),
  };
  for (const [key, value] of Object.entries(keys)) void vscode.commands.executeCommand('setContext', key, value);
}
