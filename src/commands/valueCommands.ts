/** Get, open, edit: a value in an editor; and the ways to take it elsewhere. */

import * as vscode from 'vscode';
import { keyDelimiter, maxEditorValueSizeBytes } from '../explorer/settings.ts';
import { StoreError } from '../explorer/storeError.ts';
import { isTreeNode } from '../explorer/treeNode.ts';
import {
  canShow,
  isBinaryText,
  suitableView,
  VALUE_VIEWS,
  type ValueView,
  wholeCharacters,
} from '../explorer/values/valueText.ts';
import { parseValueUri, valueUri } from '../explorer/values/valueUri.ts';
import { MAX_VALUE_SIZE } from '../format/layout.ts';
import { notify } from '../messages.ts';
import { MAX_COPY_BYTES } from '../shared/copyLimit.ts';
import { decodeUtf8, formatKey } from '../shared/keyText.ts';
import { formatCount, formatSize } from '../shared/quantities.ts';
import type { CommandContext } from './commandContext.ts';
import { chooseKey, type KeyTarget, missingKey, selectedNodes } from './keyTarget.ts';
import { readChosen, readVersion } from './readVersion.ts';
import { showDone } from './showDone.ts';

/** Shows the value in an editor. From the tree in a preview tab, which the next one replaces. */
export async function openValue(context: CommandContext, target: unknown): Promise<void> {
  const chosen = await chooseKey(context, 'Get', target);
  // Who walks through the tree goes on walking, and the keys that act on the tree keep doing so.
  if (chosen !== undefined) await showValueEditor(chosen, { preview: true, keepsFocus: isTreeNode(target) });
}

/** Shows the value in a tab that stays, ready for typing. */
export async function editValue(context: CommandContext, target: unknown): Promise<void> {
  const chosen = await chooseKey(context, 'Edit Value', target);
  if (chosen !== undefined) await showValueEditor(chosen, { preview: false });
}

/** Shows the value of the active editor in another view, in the same place. */
export async function showValueAs(context: CommandContext, target: unknown): Promise<void> {
  const chosen = await chooseKey(context, 'Show Value As', target);
  if (chosen === undefined) return;
  const { start, sizeBytes } = await valueStart(chosen);
  const shown = start.length < sizeBytes ? wholeCharacters(start) : start;
  const current = target instanceof vscode.Uri ? parseValueUri(target)?.view : undefined;
  const items = VALUE_VIEWS.filter((view) => canShow(shown, view)).map((view) => ({
    view,
    label: VIEW_NAMES[view],
    description: view === current ? 'now' : '',
  }));
  const placeHolder = `Show ${formatKey(chosen.key)} as`;
  const picked = await vscode.window.showQuickPick(items, { title: 'Show Value As', placeHolder });
  if (picked === undefined || picked.view === current) return;
  const replaced = target instanceof vscode.Uri ? findTab(target) : undefined;
  await showValueEditor(chosen, { preview: false, view: picked.view });
  if (replaced !== undefined) await vscode.window.tabGroups.close(replaced);
}

export async function copyKey(context: CommandContext, target: unknown, all: unknown): Promise<void> {
  const keys = selectedNodes(context, target, all).flatMap((node) => ('path' in node ? [node.path] : []));
  if (keys.length === 0) {
    const chosen = await chooseKey(context, 'Copy Key', target);
    if (chosen === undefined) return;
    keys.push(chosen.key);
  }
  await vscode.env.clipboard.writeText(keys.map(formatKey).join('\n'));
  showDone(keys.length === 1 ? 'Copied the key.' : `Copied ${keys.length} keys.`);
}

/** Text as it is; other bytes in hexadecimal. */
export async function copyValue(context: CommandContext, target: unknown): Promise<void> {
  const chosen = await chooseKey(context, 'Copy Value', target);
  if (chosen === undefined) return;
  const { valueSizeBytes } = await readChosen(chosen, 0);
  if (valueSizeBytes > MAX_COPY_BYTES) {
    const size = formatSize(valueSizeBytes);
    throw new StoreError(
      'TOO_LARGE',
      `The value has ${size}, too much for the clipboard. Export it to a file instead.`,
    );
  }
  const value = await readValue(chosen);
  const decoded = decodeUtf8(value);
  const isText = decoded !== undefined && !isBinaryText(decoded);
  await vscode.env.clipboard.writeText(isText ? decoded : Buffer.from(value).toString('hex'));
  showDone(`Copied ${formatSize(value.length)}${isText ? '' : ' as hexadecimal digits'}.`);
}

/** Writes the value's bytes, unchanged, to a file. */
export async function exportValue(context: CommandContext, target: unknown): Promise<void> {
  const chosen = await chooseKey(context, 'Export Value', target);
  if (chosen === undefined) return;
  const file = await vscode.window.showSaveDialog({ title: 'Export Value', saveLabel: 'Export' });
  if (file === undefined) return;
  const value = await readValue(chosen);
  await vscode.workspace.fs.writeFile(file, value);
  showDone(`Wrote ${formatSize(value.length)} to ${file.path.slice(file.path.lastIndexOf('/') + 1)}.`);
}

const VIEW_NAMES: Readonly<Record<ValueView, string>> = { json: 'JSON', text: 'Text', hex: 'Hexadecimal' };

async function showValueEditor(
  chosen: KeyTarget,
  options: { readonly preview: boolean; readonly keepsFocus?: boolean; readonly view?: ValueView },
): Promise<void> {
  const { entry, key, sequence } = chosen;
  const { start, sizeBytes } = await valueStart(chosen);
  const isPart = start.length < sizeBytes;
  // The beginning of a JSON document is not JSON, but it is still text.
  const view = options.view ?? suitableView(isPart ? wholeCharacters(start) : start);
  const uri = valueUri(entry, { key, view, sequence }, keyDelimiter());
  await vscode.commands.executeCommand('vscode.open', uri, {
    preview: options.preview,
    preserveFocus: options.keepsFocus === true,
  } satisfies vscode.TextDocumentShowOptions);
  if (isPart) void sayThatItIsPart(key, start.length, sizeBytes, uri);
}

async function sayThatItIsPart(key: Uint8Array, shownBytes: number, sizeBytes: number, uri: vscode.Uri): Promise<void> {
  const exportAll = 'Export Value';
  const answer = await notify(
    'information',
    `${formatKey(key)} has ${formatSize(sizeBytes)}. Its first ${formatSize(shownBytes)} are shown and cannot be edited.`,
    exportAll,
  );
  if (answer === exportAll) await vscode.commands.executeCommand('strata.exportValue', uri);
}

/** As much of the value as an editor shows. */
async function valueStart(chosen: KeyTarget): Promise<{ start: Uint8Array; sizeBytes: number }> {
  const { valuePreview, valueSizeBytes } = await readChosen(chosen, maxEditorValueSizeBytes());
  return { start: valuePreview ?? new Uint8Array(0), sizeBytes: valueSizeBytes };
}

/** All of it. Rejects when there is none. */
async function readValue(chosen: KeyTarget): Promise<Uint8Array> {
  const { store, key, sequence } = chosen;
  if (sequence === undefined) {
    const found = await store.get(key);
    if (found === undefined) throw missingKey(key);
    return found.value;
  }
  const { operation, valuePreview } = await readVersion(chosen, sequence, MAX_VALUE_SIZE);
  if (operation === 'put') return valuePreview ?? new Uint8Array(0);
  const version = `Version #${formatCount(sequence)} of ${formatKey(key)}`;
  throw new StoreError('NOT_FOUND', `${version} is a delete, which has no value.`);
}

function findTab(uri: vscode.Uri): vscode.Tab | undefined {
  return vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .find((tab) => tab.input instanceof vscode.TabInputText && tab.input.uri.toString() === uri.toString());
}
