/** Earlier versions of a key, as long as the log still has them. */

import * as vscode from 'vscode';
import { keyDelimiter } from '../explorer/settings.ts';
import { StoreError } from '../explorer/storeError.ts';
import { suitableView } from '../explorer/values/valueText.ts';
import { parseValueUri, valueUri } from '../explorer/values/valueUri.ts';
import { formatKey } from '../shared/keyText.ts';
import type { KeyVersion } from '../shared/keyValueStore.ts';
import { formatCount, formatOffset, formatSize, formatTime } from '../shared/quantities.ts';
import type { CommandContext } from './commandContext.ts';
import { chooseKey, type KeyTarget } from './keyTarget.ts';
import { revealVersion } from './revealCommands.ts';
import { showDone } from './showDone.ts';
import { requireCapability, requireWritable } from './storeTarget.ts';

interface VersionItem extends vscode.QuickPickItem {
  readonly version: KeyVersion;
  /** The next older version. */
  readonly before: KeyVersion | undefined;
}

const DIFF: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('diff'),
  tooltip: 'Compare with the version before',
};
const SEGMENT: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('go-to-file'),
  tooltip: 'Show the record in its segment',
};
const RESTORE: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('discard'),
  tooltip: 'Write this version again as the newest',
};

/** Lists every version; choosing one opens it, its buttons compare, show or restore it. */
export async function showHistory(context: CommandContext, target: unknown): Promise<void> {
  const chosen = await chooseKey(context, 'History', target, 'any');
  if (chosen === undefined) return;
  const versions = await requireHistory(chosen);
  const pick = vscode.window.createQuickPick<VersionItem>();
  pick.title = `History of ${formatKey(chosen.key)}`;
  pick.placeholder = `${versions.length} in the log, newest first`;
  pick.matchOnDescription = true;
  pick.items = versions.map((version, index) => versionItem(chosen, version, versions[index + 1]));
  const act = (action: () => Promise<void>) => {
    pick.hide();
    action().catch((error: Error) => void vscode.window.showErrorMessage(error.message));
  };
  pick.onDidAccept(() => {
    const [item] = pick.selectedItems;
    if (item !== undefined) act(() => openVersion(chosen, item.version));
  });
  pick.onDidTriggerItemButton(({ item, button }) => act(() => runButton(context, chosen, item, button)));
  pick.onDidHide(() => pick.dispose());
  pick.show();
}

/** Compares what an editor shows, or the current value, with the version before it. */
export async function diffWithPrevious(context: CommandContext, target: unknown): Promise<void> {
  const chosen = await chooseKey(context, 'Compare with Previous Version', target);
  if (chosen === undefined) return;
  const versions = await requireHistory(chosen);
  const shown = target instanceof vscode.Uri ? parseValueUri(target)?.sequence : undefined;
  const index = shown === undefined ? 0 : versions.findIndex((version) => version.sequence === shown);
  const [version, before] = versions.slice(Math.max(0, index));
  if (version === undefined || before === undefined) {
    void vscode.window.showInformationMessage(`The log has no version of ${formatKey(chosen.key)} before this one.`);
    return;
  }
  await openDiff(chosen, before, version);
}

async function requireHistory(chosen: KeyTarget): Promise<readonly KeyVersion[]> {
  requireCapability(chosen, 'history');
  const versions = await chosen.store.history(chosen.key);
  if (versions.length > 0) return versions;
  throw new StoreError('NOT_FOUND', `The log has no version of ${formatKey(chosen.key)}.`);
}

function versionItem({ entry }: KeyTarget, version: KeyVersion, before: KeyVersion | undefined): VersionItem {
  const { operation, sequence, timestampMs, expiryMs, valueSizeBytes, location } = version;
  const isPut = operation === 'put';
  const details = [isPut ? formatSize(valueSizeBytes) : 'deleted'];
  if (expiryMs > 0) details.push(`${expiryMs < Date.now() ? 'expired' : 'expires'} ${formatTime(expiryMs)}`);
  if (location !== undefined) details.push(`segment ${location.segmentId}, ${formatOffset(location.offsetBytes)}`);
  const buttons = [];
  if (before !== undefined) buttons.push(DIFF);
  if (location !== undefined) buttons.push(SEGMENT);
  if (isPut && entry.isWritable) buttons.push(RESTORE);
  const icon = isPut ? 'edit' : 'trash';
  return {
    version,
    before,
    label: `$(${icon}) ${formatTime(timestampMs)}`,
    description: `#${formatCount(sequence)}  ·  ${details.join('  ·  ')}`,
    buttons,
  };
}

async function runButton(
  context: CommandContext,
  chosen: KeyTarget,
  { version, before }: VersionItem,
  button: vscode.QuickInputButton,
): Promise<void> {
  if (button === DIFF && before !== undefined) await openDiff(chosen, before, version);
  else if (button === SEGMENT) await revealVersion(context, chosen, version.location);
  else if (button === RESTORE) await restore(chosen, version);
}

async function restore({ entry, store, key }: KeyTarget, version: KeyVersion): Promise<void> {
  requireWritable(entry);
  if (version.value === undefined) throw new StoreError('NOT_FOUND', 'The value of this version cannot be read.');
  const leftMs = version.expiryMs - Date.now();
  await store.put(key, version.value, leftMs > 0 ? { ttlMs: leftMs } : {});
  showDone(`Restored ${formatKey(key)} as it was at ${formatTime(version.timestampMs)}.`);
}

async function openVersion(chosen: KeyTarget, version: KeyVersion): Promise<void> {
  await vscode.commands.executeCommand('vscode.open', versionUri(chosen, version), { preview: true });
}

async function openDiff(chosen: KeyTarget, before: KeyVersion, version: KeyVersion): Promise<void> {
  const title = `${formatKey(chosen.key)}: #${formatCount(before.sequence)} ↔ #${formatCount(version.sequence)}`;
  await vscode.commands.executeCommand('vscode.diff', versionUri(chosen, before), versionUri(chosen, version), title);
}

function versionUri({ entry, key }: KeyTarget, { sequence, value }: KeyVersion): vscode.Uri {
  const view = suitableView(value ?? new Uint8Array(0));
  return valueUri(entry, { key, view, sequence }, keyDelimiter());
}
