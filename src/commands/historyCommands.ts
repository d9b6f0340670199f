/** Earlier versions of a key, as long as the log still has them. */

import * as vscode from 'vscode';
import { keyDelimiter, maxEditorValueSizeBytes } from '../explorer/settings.ts';
import { StoreError } from '../explorer/storeError.ts';
import { suitableView, wholeCharacters } from '../explorer/values/valueText.ts';
import { valueUri } from '../explorer/values/valueUri.ts';
import { notify } from '../messages.ts';
import { formatKey } from '../shared/keyText.ts';
import type { KeyVersion } from '../shared/keyValueStore.ts';
import { formatCount, formatTime } from '../shared/quantities.ts';
import type { CommandContext } from './commandContext.ts';
import { type ChosenVersion, HistoryPick } from './historyPick.ts';
import { chooseKey, type KeyTarget } from './keyTarget.ts';
import { readVersion } from './readVersion.ts';
import { reportingErrors } from './reportError.ts';
import { revealVersion } from './revealCommands.ts';
import { showDone } from './showDone.ts';
import { requireCapability, requireWritable } from './storeTarget.ts';
import { runWhenSlow } from './storeTask.ts';

/** Lists the versions; choosing one opens it, its buttons compare, show or restore it. */
export async function showHistory(context: CommandContext, target: unknown): Promise<void> {
  const chosen = await chooseKey(context, 'History', target, 'any');
  if (chosen === undefined) return;
  requireCapability(chosen, 'history');
  const pick = new HistoryPick(
    chosen,
    (action) => void reportingErrors(context.log, 'strata.history', action),
    (version) => actOn(context, chosen, version),
  );
  await pick.load();
}

/** Compares what an editor shows, or the current value, with the version before it. */
export async function diffWithPrevious(context: CommandContext, target: unknown): Promise<void> {
  const chosen = await chooseKey(context, 'Compare with Previous Version', target);
  if (chosen === undefined) return;
  requireCapability(chosen, 'history');
  const [version, before] = await lastTwo(chosen);
  if (version === undefined || before === undefined) {
    void notify('information', `The log has no version of ${formatKey(chosen.key)} before this one.`);
    return;
  }
  await openDiff(chosen, before, version);
}

/** The chosen version and the one before it, or the two newest when the log has it no more. */
async function lastTwo({ store, key, sequence }: KeyTarget): Promise<readonly KeyVersion[]> {
  const versions = await runWhenSlow(`Reading the history of ${formatKey(key)}`, async (task) => {
    const bounds = sequence === undefined ? {} : { before: sequence + 1 };
    const last = await store.history(key, { ...task, ...bounds, limit: 2 });
    if (sequence === undefined || last[0]?.sequence === sequence) return last;
    return store.history(key, { ...task, limit: 2 });
  });
  if (versions.length > 0) return versions;
  throw new StoreError('NOT_FOUND', `The log has no version of ${formatKey(key)}.`);
}

async function actOn(
  context: CommandContext,
  chosen: KeyTarget,
  { action, version, before }: ChosenVersion,
): Promise<void> {
  if (action === 'open') await openVersion(chosen, version);
  else if (action === 'compare' && before !== undefined) await openDiff(chosen, before, version);
  else if (action === 'reveal') await revealVersion(context, chosen, version.location);
  else if (action === 'restore') await restore(chosen, version);
}

async function restore(
  chosen: KeyTarget,
  { sequence, valueSizeBytes, expiryMs, timestampMs }: KeyVersion,
): Promise<void> {
  const { entry, store, key } = chosen;
  requireWritable(entry);
  const { valuePreview } = await readVersion(chosen, sequence, valueSizeBytes);
  const leftMs = expiryMs - Date.now();
  await store.put(key, valuePreview ?? new Uint8Array(0), leftMs > 0 ? { ttlMs: leftMs } : {});
  showDone(`Restored ${formatKey(key)} as it was at ${formatTime(timestampMs)}.`);
}

async function openVersion(chosen: KeyTarget, version: KeyVersion): Promise<void> {
  await vscode.commands.executeCommand('vscode.open', await versionUri(chosen, version), { preview: true });
}

async function openDiff(chosen: KeyTarget, before: KeyVersion, version: KeyVersion): Promise<void> {
  const title = `${formatKey(chosen.key)}: #${formatCount(before.sequence)} ↔ #${formatCount(version.sequence)}`;
  const [left, right] = [await versionUri(chosen, before), await versionUri(chosen, version)];
  await vscode.commands.executeCommand('vscode.diff', left, right, title);
}

/** Reads as much of the value as an editor shows, to know in which view. */
async function versionUri(chosen: KeyTarget, { operation, sequence }: KeyVersion): Promise<vscode.Uri> {
  const { entry, key } = chosen;
  const address = { key, sequence };
  if (operation === 'del') return valueUri(entry, { ...address, view: 'text' }, keyDelimiter());
  const { valuePreview = new Uint8Array(0), valueSizeBytes } = await readVersion(
    chosen,
    sequence,
    maxEditorValueSizeBytes(),
  );
  const start = valuePreview.length < valueSizeBytes ? wholeCharacters(valuePreview) : valuePreview;
  return valueUri(entry, { ...address, view: suitableView(start) }, keyDelimiter());
}
