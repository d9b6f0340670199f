/** Which store a command is about: the one it was called on, the one in the active editor, the only one, or a choice. */

import * as vscode from 'vscode';
import type { StoreEntry } from '../explorer/storeEntry.ts';
import { StoreError } from '../explorer/storeError.ts';
import { isTreeNode } from '../explorer/treeNode.ts';
import { parseValueUri } from '../explorer/values/valueUri.ts';
import { notify } from '../messages.ts';
import type { KeyValueStore, StoreCapabilities } from '../shared/keyValueStore.ts';
import { activeSegment } from './activeSegment.ts';
import type { CommandContext } from './commandContext.ts';
import { isKeyArguments } from './keyArguments.ts';
import { openStoreReporting } from './openStore.ts';

export interface StoreTarget {
  readonly entry: StoreEntry;
  readonly store: KeyValueStore;
}

/** Undefined when the person backed out. Opens the store if it is closed. */
export async function chooseStore(
  context: CommandContext,
  title: string,
  target: unknown,
): Promise<StoreTarget | undefined> {
  await context.registry.ready();
  const chosen =
    (await storeOfTarget(context, target)) ??
    (await storeOfActiveEditor(context)) ??
    (await chooseEntry(context, title));
  if (chosen === undefined) return undefined;
  // A node of the tree may be older than the list.
  const entry = context.registry.add(chosen.reference, chosen);
  if (entry.store === undefined && !(await openStoreReporting(context, entry))) return undefined;
  const { store } = entry;
  return store && { entry, store };
}

/** As `chooseStore`; rejects when the store cannot be written to. */
export async function chooseWritableStore(
  context: CommandContext,
  title: string,
  target: unknown,
): Promise<StoreTarget | undefined> {
  const chosen = await chooseStore(context, title, target);
  if (chosen !== undefined) requireWritable(chosen.entry);
  return chosen;
}

export function requireWritable(entry: StoreEntry): void {
  if (entry.isWritable) return;
  const reason = entry.openState?.readOnlyReason ?? 'Open it for writing first.';
  throw new StoreError('READ_ONLY', `${entry.name} is read-only. ${reason}`);
}

export function requireCapability({ entry, store }: StoreTarget, capability: keyof StoreCapabilities): void {
  if (store.capabilities[capability]) return;
  throw new StoreError('UNSUPPORTED', `${entry.name} is a kind of store that cannot do this (${capability}).`);
}

/**
 * What the command was called on says which store it is, open or not. Rejects when that store is gone: no other may
 * stand in for it.
 */
export async function storeOfTarget(context: CommandContext, target: unknown): Promise<StoreEntry | undefined> {
  if (isTreeNode(target)) return target.entry;
  if (target instanceof vscode.Uri)
    return (await storeOfValue(context, target)) ?? context.segmentStores.entryOf(target);
  if (!isKeyArguments(target) || target.store === undefined) return undefined;
  return storeNamed(context, target.store);
}

/** A name that several stores have says nothing; their URIs do. */
function storeNamed({ registry }: CommandContext, wanted: string): StoreEntry {
  const byId = registry.find(wanted);
  if (byId !== undefined) return byId;
  const [named, another] = registry.entries.filter((entry) => entry.name === wanted);
  if (named === undefined) {
    throw new StoreError('STORE_NOT_FOUND', `No store is named ${wanted}. Open it, or correct the name.`);
  }
  if (another === undefined) return named;
  const places = `${named.id} and ${another.id}`;
  throw new StoreError('AMBIGUOUS_STORE', `Several stores are named ${wanted}. Name one by its URI: ${places}.`);
}

async function storeOfActiveEditor(context: CommandContext): Promise<StoreEntry | undefined> {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (input instanceof vscode.TabInputCustom) return context.segmentStores.entryOf(input.uri);
  return input instanceof vscode.TabInputText ? storeOfValue(context, input.uri) : undefined;
}

async function storeOfValue({ registry }: CommandContext, uri: vscode.Uri): Promise<StoreEntry | undefined> {
  const address = parseValueUri(uri);
  if (address === undefined) return undefined;
  const entry = await registry.resolve(address.storeId);
  if (entry !== undefined) return entry;
  throw new StoreError('STORE_NOT_FOUND', `The store of this value, ${address.storeId}, is not there any more.`);
}

async function chooseEntry({ registry }: CommandContext, title: string): Promise<StoreEntry | undefined> {
  const { entries, openEntries } = registry;
  if (entries.length === 0) {
    await offerFirstStore();
    return undefined;
  }
  // Who looks at a segment of a store that is not open may well mean that one, and not the only one that is.
  if (activeSegment() === undefined) {
    if (openEntries.length === 1) return openEntries[0];
    if (entries.length === 1) return entries[0];
  }
  const openFirst = [...openEntries, ...entries.filter((entry) => !openEntries.includes(entry))];
  const items = openFirst.map((entry) => ({
    entry,
    label: entry.name,
    iconPath: new vscode.ThemeIcon(entry.openState === undefined ? 'circle-outline' : 'database'),
    description: entry.openState === undefined ? 'closed: choosing it opens it' : '',
    // A store at the top of the workspace is named as its place.
    ...(entry.reference.place === entry.name ? {} : { detail: entry.reference.place }),
  }));
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder: 'Which store?', matchOnDetail: true });
  return picked?.entry;
}

async function offerFirstStore(): Promise<void> {
  const create = 'Create Store';
  const open = 'Open Store';
  const answer = await notify('information', 'There is no store in this workspace yet.', create, open);
  if (answer === create) await vscode.commands.executeCommand('strata.createStore');
  if (answer === open) await vscode.commands.executeCommand('strata.openStore');
}
