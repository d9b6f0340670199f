/** Which keys a command is about: what was selected in the tree, what an editor shows, what arguments say, or a typed key. */

import * as vscode from 'vscode';
import { StoreError } from '../explorer/storeError.ts';
import { isTreeNode, type TreeNode } from '../explorer/treeNode.ts';
import { parseValueUri } from '../explorer/values/valueUri.ts';
import { formatKey } from '../shared/keyText.ts';
import type { CommandContext } from './commandContext.ts';
import { isKeyArguments } from './keyArguments.ts';
import { askForKey, type ExpectedKey, keyFromText } from './keyInput.ts';
import { chooseStore, type StoreTarget } from './storeTarget.ts';

export interface KeyTarget extends StoreTarget {
  readonly key: Uint8Array;
  /** The version that the command was called on; absent: the current value. */
  readonly sequence?: number | undefined;
}

/** Undefined when the person backed out. */
export async function chooseKey(
  context: CommandContext,
  title: string,
  target: unknown,
  expected: ExpectedKey = 'existing',
): Promise<KeyTarget | undefined> {
  const chosen = await chooseStore(context, title, target);
  if (chosen === undefined) return undefined;
  // Who puts one has another key in mind. That of the row is where the box begins, which says whether it would be replaced.
  const given = expected === 'replaced' && isTreeNode(target) ? undefined : versionOf(target);
  if (given !== undefined) return { ...chosen, ...given };
  const initial = suggestedKey(context, chosen, target);
  const key = await askForKey(chosen, { title, expected, initial });
  return key && { ...chosen, key };
}

export function missingKey(key: Uint8Array): StoreError {
  return new StoreError('NOT_FOUND', `There is no key ${formatKey(key)}. It may have been deleted, or have expired.`);
}

/**
 * The nodes of a tree that a command is called on. A menu passes the one that was clicked, and then all that are selected
 * if it is among several; a keybinding passes the one with the cursor, which need not be among those selected either.
 */
export function selectedNodes(context: CommandContext, target: unknown, all: unknown): readonly TreeNode[] {
  if (Array.isArray(all)) return all.filter(isTreeNode);
  if (!isTreeNode(target)) return [];
  const selected: readonly TreeNode[] = context.keysView.selection;
  return selected.includes(target) ? selected : [target];
}

function versionOf(target: unknown): Pick<KeyTarget, 'key' | 'sequence'> | undefined {
  if (target instanceof vscode.Uri) {
    const address = parseValueUri(target);
    return address && { key: address.key, sequence: address.sequence };
  }
  if (isTreeNode(target)) return target.kind === 'key' ? { key: target.path } : undefined;
  return isKeyArguments(target) && target.key !== undefined ? { key: keyFromText(target.key) } : undefined;
}

/** The row it was called on: a folder starts its keys. Otherwise the key in the active editor, or one that is selected. */
function suggestedKey({ keysView }: CommandContext, { entry }: StoreTarget, target: unknown): Uint8Array | undefined {
  if (isTreeNode(target)) return 'path' in target ? target.path : undefined;
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const address = input instanceof vscode.TabInputText ? parseValueUri(input.uri) : undefined;
  if (address?.storeId === entry.id) return address.key;
  const [selected] = keysView.selection;
  return selected?.kind === 'key' && selected.entry === entry ? selected.path : undefined;
}
