/** How the nodes of the view "Keys" look. `parent` is the path of the folder that lists the node. */

import * as vscode from 'vscode';
import { formatKeyLabel } from '../shared/keyText.ts';
import { formatCount, formatCountOf, formatSize, formatTimeLeft } from '../shared/quantities.ts';
import { keyToId, nameWithin } from './keyPath.ts';
import type { StoreEntry } from './storeEntry.ts';
import { describeOpenStore } from './storesTree.ts';
import type { FolderNode, KeyNode, MoreNode, NoteNode } from './treeNode.ts';
import { previewValue } from './valuePreview.ts';

export function folderItem(node: FolderNode, parent: Uint8Array | undefined): vscode.TreeItem {
  const name = formatKeyLabel(nameWithin(node.path, parent));
  const item = new vscode.TreeItem(name, vscode.TreeItemCollapsibleState.Collapsed);
  item.id = `folder:${node.entry.id}:${keyToId(node.path)}`;
  item.contextValue = `folder${accessWord(node.entry)}`;
  item.iconPath = vscode.ThemeIcon.Folder;
  item.description = node.keyCount === undefined ? '' : formatCount(node.keyCount);
  item.tooltip = formatKeyLabel(node.path);
  item.accessibilityInformation = { label: `Folder ${name}, ${formatCountOf(node.keyCount ?? 0, 'key')}` };
  return item;
}

export function keyItem(node: KeyNode, parent: Uint8Array | undefined): vscode.TreeItem {
  const { keyEntry, entry } = node;
  const name = formatKeyLabel(nameWithin(node.path, parent)) || '(as the folder)';
  const item = new vscode.TreeItem(name, vscode.TreeItemCollapsibleState.None);
  const { history = false, segments = false } = entry.store?.capabilities ?? {};
  item.id = `key:${entry.id}:${keyToId(node.path)}`;
  item.contextValue = `key${accessWord(entry)}${history ? ' history' : ''}${segments ? ' located' : ''}`;
  item.command = { command: 'strata.openValue', title: 'Open Value', arguments: [node] };
  if (keyEntry === undefined) return item;
  const preview = previewValue(keyEntry.valuePreview ?? new Uint8Array(0), keyEntry.valueSizeBytes);
  const details = [formatSize(keyEntry.valueSizeBytes)];
  if (keyEntry.expiryMs > 0) details.push(`expires in ${formatTimeLeft(keyEntry.expiryMs - Date.now())}`);
  // A narrow sidebar cuts the time left off, but never the icon.
  const kind = keyEntry.expiryMs > 0 ? 'expiring' : preview.kind;
  item.iconPath = new vscode.ThemeIcon(VALUE_ICONS[kind]);
  item.description = [preview.line, ...details].join('  ·  ');
  item.accessibilityInformation = { label: [`Key ${name}`, ...details].join(', ') };
  return item;
}

const VALUE_ICONS = {
  json: 'json',
  text: 'symbol-string',
  binary: 'file-binary',
  empty: 'circle-outline',
  expiring: 'watch',
} as const;

function accessWord(entry: StoreEntry): string {
  return entry.isWritable ? ' write' : ' readonly';
}

export function storeItem(entry: StoreEntry): vscode.TreeItem {
  const item = new vscode.TreeItem(entry.name, vscode.TreeItemCollapsibleState.Expanded);
  item.id = `keys:${entry.id}`;
  item.contextValue = `root${accessWord(entry)}`;
  item.iconPath = new vscode.ThemeIcon(entry.isWritable ? 'database' : 'lock');
  item.tooltip = entry.reference.place;
  if (entry.openState !== undefined) item.description = describeOpenStore(entry.openState);
  return item;
}

export function moreItem(node: MoreNode): vscode.TreeItem {
  const item = new vscode.TreeItem('Load more', vscode.TreeItemCollapsibleState.None);
  item.id = `more:${node.entry.id}:${keyToId(node.prefix)}`;
  item.contextValue = 'more';
  item.description = `${formatCountOf(node.remainingKeyCount, 'key')} left`;
  item.iconPath = new vscode.ThemeIcon('ellipsis');
  item.command = { command: 'strata.loadMore', title: 'Load More', arguments: [node] };
  return item;
}

export function noteItem(node: NoteNode): vscode.TreeItem {
  const item = new vscode.TreeItem(node.text, vscode.TreeItemCollapsibleState.None);
  item.id = `note:${node.entry.id}:${node.place}`;
  item.contextValue = 'note';
  const errorColor = new vscode.ThemeColor('list.errorForeground');
  item.iconPath = node.isError ? new vscode.ThemeIcon('error', errorColor) : new vscode.ThemeIcon('info');
  item.tooltip = node.text;
  return item;
}
