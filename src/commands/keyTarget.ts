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

/** What a keybinding in the tree passes: the keys that are selected there. */
const SELECTION = 'selection';

export interface KeyTarget extends StoreTarget {
  readonly key: Uint8Array;
}

/** Undefined when the person backed out. */
export async function chooseKey(
  context: CommandContext,
  title: string,
  target: unknown,
  expected: ExpectedKey = 'existing',
): Promise<KeyTarget | undefined> {
  const node = target === SELECTION ? context.keysView.selection[0] : target;
  const chosen = await chooseStore(context, title, node);
  if (chosen === undefined) return undefined;
  const given = keyOf(node);
  if (given !== undefined) return { ...chosen, key: given };
  const initial = suggestedKey(context, chosen, node);
  const key = await askForKey(chosen, { title, expected, initial });
  return key && { ...chosen, key };
}

export function missingKey(key: Uint8Array): StoreError {
  return new StoreError('NOT_FOUND', `There is no key ${formatKey(key)}. It may have been deleted, or have expired.`);
}

/** The selected nodes of a tree: VS Code passes the one that was clicked, and then all when there are several. */
export function selectedNodes(context: CommandContext, target: unknown, all: unknown): readonly TreeNode[] {
  if (target === SELECTION) return context.keysView.selection;
  if (Array.isArray(all)) return all.filter(isTreeNode);
  return isTreeNode(target) ? [target] : [];
}

function keyOf(target: unknown): Uint8Array | undefined {
  if (target instanceof vscode.Uri) return parseValueUri(target)?.key;
  if (isTreeNode(target)) return target.kind === 'key' ? target.path : undefined;
  return isKeyArguments(target) && target.key !== undefined ? keyFromText(target.key) : undefined;
}

/** A folder starts its keys. Otherwise the key in the active editor, or the one selected in the tree. */
function suggestedKey({ keysView }: CommandContext, { entry }: StoreTarget, target: unknown): Uint8Array | undefined {
  if (isTreeNode(target)) return target.kind === 'folder' ? target.path : undefined;
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const address = input instanceof vscode.TabInputText ? parseValueUri(input.uri) : undefined;
  if (address?.storeId === entry.id) return address.key;
  const [selected] = keysView.selection;
  return selected?.kind === 'key' && selected.entry === entry ? selected.path : undefined;
}
