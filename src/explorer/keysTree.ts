/**
 * The view "Keys": the keys of the open stores in folders, page by page. With one open store its folders stand at the
 * top; with several, each store has a node of its own.
 */

import * as vscode from 'vscode';
import type { FolderChild, FolderPage } from '../shared/keyValueStore.ts';
import { formatCount } from '../shared/quantities.ts';
import { findEntry } from './findEntry.ts';
import { FolderPages, type PageRequest } from './folderPages.ts';
import type { KeyFilters } from './keyFilters.ts';
import { foldersOf, keyToHex, parentOfFolder, parentOfKey } from './keyPath.ts';
import { folderItem, keyItem, moreItem, noteItem, storeItem } from './keysTreeItems.ts';
import { keyTooltip } from './keyTooltip.ts';
import { RootRefresh } from './rootRefresh.ts';
import { keyDelimiter, pageSize } from './settings.ts';
import type { StoreEntry } from './storeEntry.ts';
import { StoreError } from './storeError.ts';
import type { RegistryChange, StoreRegistry } from './storeRegistry.ts';
import {
  childNode,
  type FolderNode,
  isTreeNode,
  type KeyNode,
  type KeysTreeNode,
  type NoteNode,
  type StoreNode,
} from './treeNode.ts';
import { PREVIEW_BYTES } from './valuePreview.ts';

export const KEYS_VIEW = 'strata.keys';

/** VS Code opens the folders one by one, and nobody finds a way back up from further down. */
const MAX_REVEALED_DEPTH = 200;
const ROOT = new Uint8Array(0);

export class KeysTree implements vscode.TreeDataProvider<KeysTreeNode>, vscode.Disposable {
  readonly #registry: StoreRegistry;
  readonly #filters: KeyFilters;
  readonly #changed = new vscode.EventEmitter<KeysTreeNode | undefined>();
  readonly #matchesChanged = new vscode.EventEmitter<void>();
  readonly #roots = new RootRefresh(() => this.#changed.fire(undefined));
  readonly #subscriptions: vscode.Disposable[];
  readonly #pages = new Map<StoreEntry, FolderPages>();
  readonly #matchCounts = new Map<StoreEntry, number>();
  /** The objects last given out for nodes with children: a refresh works on these objects only, not on equal ones. */
  readonly #parents = new Map<string, FolderNode | StoreNode>();
  #delimiter = keyDelimiter();
  readonly onDidChangeTreeData = this.#changed.event;
  /** Fires when `matchCount` may have changed. */
  readonly onDidChangeMatches = this.#matchesChanged.event;

  constructor(registry: StoreRegistry, filters: KeyFilters) {
    this.#registry = registry;
    this.#filters = filters;
    this.#subscriptions = [
      this.#changed,
      this.#roots,
      this.#matchesChanged,
      registry.onDidChange((change) => this.#refreshAfter(change)),
      filters.onDidChange(() => this.#startOver()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('strata.keyDelimiter') || event.affectsConfiguration('strata.pageSize')) {
          this.#startOver();
        }
      }),
    ];
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  /** Keys that the filter lets through, once the store's first page has been listed. */
  matchCount(entry: StoreEntry): number | undefined {
    return this.#matchCounts.get(entry);
  }

  async getChildren(node?: KeysTreeNode): Promise<KeysTreeNode[]> {
    if (node === undefined) {
      await this.#registry.someOpen();
      this.#roots.asked();
      const open = this.#registry.openEntries;
      const [only] = open;
      if (only !== undefined && open.length === 1) return this.#listFolder(only, ROOT);
      return open.map((entry) => this.#givenOut({ kind: 'store', entry }));
    }
    if (node.kind === 'store') return this.#listFolder(node.entry, ROOT);
    return node.kind === 'folder' ? this.#listFolder(node.entry, node.path) : [];
  }

  getParent(node: KeysTreeNode): KeysTreeNode | undefined {
    if (node.kind === 'store') return undefined;
    const path = this.#parentPath(node);
    if (path !== undefined) return { kind: 'folder', entry: node.entry, path };
    return this.#registry.openEntries.length === 1 ? undefined : { kind: 'store', entry: node.entry };
  }

  getTreeItem(node: KeysTreeNode): vscode.TreeItem {
    switch (node.kind) {
      case 'store':
        return storeItem(node.entry);
      case 'folder':
        return folderItem(node, this.#parentPath(node));
      case 'key':
        return keyItem(node, this.#parentPath(node));
      case 'more':
        return moreItem(node);
      case 'note':
        return noteItem(node);
    }
  }

  /** Asked for only when the pointer rests on an item: a tooltip may read the value. */
  async resolveTreeItem(item: vscode.TreeItem, node: KeysTreeNode): Promise<vscode.TreeItem> {
    const { store } = node.entry;
    if (node.kind === 'key' && store !== undefined) item.tooltip = await keyTooltip(store, node.path);
    return item;
  }

  async loadMore(node: unknown): Promise<void> {
    if (!isTreeNode(node) || node.kind !== 'more') return;
    await this.#pagesOf(node.entry).extend(node.prefix);
    this.#changed.fire(this.#folderNode(node.entry, node.prefix));
  }

  /** A node for the key that the view can reveal, whichever page it is on; undefined when there is no such key. */
  async nodeToReveal(entry: StoreEntry, key: Uint8Array): Promise<KeyNode | undefined> {
    const { store } = entry;
    if (store === undefined || (await findEntry(store, key)) === undefined) return undefined;
    const folders = foldersOf(key, this.#delimiter);
    if (folders.length > MAX_REVEALED_DEPTH) {
      throw new StoreError(
        'TOO_DEEP',
        `The key stands ${formatCount(folders.length)} folders deep, too deep to show in the tree. Get its value instead.`,
      );
    }
    const pages = this.#pagesOf(entry);
    for (const [depth, folder] of folders.entries()) {
      pages.pin(folders[depth - 1] ?? ROOT, () => findChild(entry, 'folder', folder));
    }
    pages.pin(folders.at(-1) ?? ROOT, () => findChild(entry, 'key', key));
    this.#changed.fire(undefined);
    return { kind: 'key', entry, path: key };
  }

  /** Asks the stores again, showing as much as before. */
  refresh(): void {
    for (const pages of this.#pages.values()) pages.invalidate();
    this.#roots.changed();
  }

  #refreshAfter(change: RegistryChange): void {
    if (change.kind === 'list' || change.kind === 'segments') return;
    if (change.kind === 'state') {
      this.#pages.delete(change.entry);
      this.#matchCounts.delete(change.entry);
      this.#matchesChanged.fire();
      // One store more or less moves all others a level down or up.
      this.#roots.changed();
      return;
    }
    this.#pages.get(change.entry)?.invalidate();
    const node = this.#folderNode(change.entry, ROOT);
    if (node === undefined) this.#roots.changed();
    else this.#changed.fire(node);
  }

  #startOver(): void {
    this.#delimiter = keyDelimiter();
    this.#pages.clear();
    this.#matchCounts.clear();
    this.#parents.clear();
    this.#roots.changed();
  }

  async #listFolder(entry: StoreEntry, prefix: Uint8Array): Promise<KeysTreeNode[]> {
    try {
      const { children, pinned, more, keyCount, remainingKeyCount } = await this.#pagesOf(entry).listing(prefix);
      if (prefix.length === 0) this.#setMatchCount(entry, keyCount);
      const nodes: KeysTreeNode[] = children.map((child) => this.#givenOut(childNode(entry, child)));
      if (more) nodes.push({ kind: 'more', entry, prefix, remainingKeyCount });
      if (pinned !== undefined) nodes.push(this.#givenOut(childNode(entry, pinned)));
      if (nodes.length === 0 && prefix.length === 0) nodes.push(this.#emptyNote(entry));
      return nodes;
    } catch (error) {
      const text = (error as Error).message;
      return [{ kind: 'note', entry, place: keyToHex(prefix), text, isError: true }];
    }
  }

  #emptyNote(entry: StoreEntry): NoteNode {
    const isFiltered = this.#filters.text(entry.id) !== '';
    const text = isFiltered ? 'No key matches the filter.' : 'No keys yet.';
    return { kind: 'note', entry, place: 'empty', text, isError: false };
  }

  #setMatchCount(entry: StoreEntry, count: number): void {
    if (this.#matchCounts.get(entry) === count) return;
    this.#matchCounts.set(entry, count);
    this.#matchesChanged.fire();
  }

  #pagesOf(entry: StoreEntry): FolderPages {
    let pages = this.#pages.get(entry);
    if (pages === undefined) {
      pages = new FolderPages((request) => this.#requestPage(entry, request), pageSize());
      this.#pages.set(entry, pages);
    }
    return pages;
  }

  async #requestPage({ store, id }: StoreEntry, request: PageRequest): Promise<FolderPage> {
    if (store === undefined) return { children: [], more: false, keyCount: 0 };
    const filter = this.#filters.filter(id);
    const delimiter = this.#delimiter;
    return store.listFolder({ ...request, delimiter, valuePreviewBytes: PREVIEW_BYTES, ...(filter && { filter }) });
  }

  #givenOut<N extends FolderNode | KeyNode | StoreNode>(node: N): N {
    if (node.kind === 'folder') this.#parents.set(parentId(node.entry, node.path), node);
    if (node.kind === 'store') this.#parents.set(parentId(node.entry, ROOT), node);
    return node;
  }

  /** The node whose children are listed for `prefix`; undefined for the top of the tree. */
  #folderNode(entry: StoreEntry, prefix: Uint8Array): KeysTreeNode | undefined {
    if (prefix.length === 0 && this.#registry.openEntries.length === 1) return undefined;
    return this.#parents.get(parentId(entry, prefix));
  }

  #parentPath(node: Exclude<KeysTreeNode, { kind: 'store' }>): Uint8Array | undefined {
    if (node.kind === 'key') return parentOfKey(node.path, this.#delimiter);
    if (node.kind === 'folder') return parentOfFolder(node.path, this.#delimiter);
    return node.kind === 'more' && node.prefix.length > 0 ? node.prefix : undefined;
  }
}

function parentId(entry: StoreEntry, prefix: Uint8Array): string {
  return `${entry.id}:${keyToHex(prefix)}`;
}

async function findChild(
  entry: StoreEntry,
  kind: FolderChild['kind'],
  path: Uint8Array,
): Promise<FolderChild | undefined> {
  const { store } = entry;
  if (store === undefined) return undefined;
  if (kind === 'folder') {
    const keyCount = await store.count({ prefix: path });
    return keyCount === 0 ? undefined : { kind, path, keyCount };
  }
  const keyEntry = await findEntry(store, path, PREVIEW_BYTES);
  return keyEntry && { kind, path, entry: keyEntry };
}
