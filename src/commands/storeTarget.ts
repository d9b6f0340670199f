/** Which store a command is about: the one it was called on, the one in the active editor, the only one, or a choice. */

import * as vscode from 'vscode';
import type { StoreEntry } from '../explorer/storeEntry.ts';
import { StoreError } from '../explorer/storeError.ts';
import { isTreeNode } from '../explorer/treeNode.ts';
import { parseValueUri } from '../explorer/values/valueUri.ts';
import type { KeyValueStore, StoreCapabilities } from '../shared/keyValueStore.ts';
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
  const entry = storeOfTarget(context, target) ?? storeOfActiveEditor(context) ?? (await chooseEntry(context, title));
  if (entry === undefined) return undefined;
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

/** What the command was called on says which store it is. */
export function storeOfTarget({ registry, segmentStores }: CommandContext, target: unknown): StoreEntry | undefined {
  if (isTreeNode(target)) return target.entry;
  if (target instanceof vscode.Uri) {
    const address = parseValueUri(target);
    return address === undefined ? segmentStores.entryOf(target) : registry.find(address.storeId);
  }
  if (!isKeyArguments(target) || target.store === undefined) return undefined;
  const named = registry.entries.find((entry) => entry.id === target.store || entry.name === target.store);
  if (named !== undefined) return named;
  throw new StoreError('STORE_NOT_FOUND', `No store is named ${target.store}. Open it, or correct the name.`);
}

function storeOfActiveEditor({ registry, segmentStores }: CommandContext): StoreEntry | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (input instanceof vscode.TabInputCustom) return segmentStores.entryOf(input.uri);
  const address = input instanceof vscode.TabInputText ? parseValueUri(input.uri) : undefined;
  return address && registry.find(address.storeId);
}

async function chooseEntry({ registry }: CommandContext, title: string): Promise<StoreEntry | undefined> {
  const { entries, openEntries } = registry;
  if (entries.length === 0) {
    await offerFirstStore();
    return undefined;
  }
  if (openEntries.length === 1) return openEntries[0];
  if (entries.length === 1) return entries[0];
  const openFirst = [...openEntries, ...entries.filter((entry) => !openEntries.includes(entry))];
  const items = openFirst.map((entry) => ({
    entry,
    label: entry.name,
    iconPath: new vscode.ThemeIcon(entry.openState === undefined ? 'circle-outline' : 'database'),
    description: entry.openState === undefined ? 'closed: choosing it opens it' : '',
    detail: entry.reference.place,
  }));
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder: 'Which store?', matchOnDetail: true });
  return picked?.entry;
}

async function offerFirstStore(): Promise<void> {
  const create = 'Create Store';
  const open = 'Open Store';
  const answer = await vscode.window.showInformationMessage('There is no store in this workspace yet.', create, open);
  if (answer === create) await vscode.commands.executeCommand('strata.createStore');
  if (answer === open) await vscode.commands.executeCommand('strata.openStore');
}
