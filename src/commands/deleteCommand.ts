/** Delete keys: one, several selected ones, or whole folders. */

import { findEntry } from '../explorer/findEntry.ts';
import { confirmDelete } from '../explorer/settings.ts';
import type { StoreEntry } from '../explorer/storeEntry.ts';
import type { FolderNode, KeyNode } from '../explorer/treeNode.ts';
import { ask, notifyProgress } from '../messages.ts';
import { formatKey } from '../shared/keyText.ts';
import type { KeyValueStore } from '../shared/keyValueStore.ts';
import { formatCount, formatCountOf } from '../shared/quantities.ts';
import type { CommandContext } from './commandContext.ts';
import { chooseKey, missingKey, selectedNodes } from './keyTarget.ts';
import { showDone } from './showDone.ts';
import { requireWritable } from './storeTarget.ts';

/** Keys of one atomic batch: a deletion that is cancelled stops between two of them. */
const BATCH_SIZE = 1000;

export async function deleteKeys(context: CommandContext, target: unknown, all: unknown): Promise<void> {
  const nodes = selectedNodes(context, target, all).filter((node) => node.kind === 'key' || node.kind === 'folder');
  if (nodes.length === 0) {
    const chosen = await chooseKey(context, 'Delete', target);
    if (chosen === undefined) return;
    nodes.push({ kind: 'key', entry: chosen.entry, path: chosen.key });
  }
  for (const [entry, ofStore] of Map.groupBy(nodes, (node) => node.entry)) await deleteNodes(context, entry, ofStore);
}

async function deleteNodes(
  context: CommandContext,
  entry: StoreEntry,
  nodes: readonly (KeyNode | FolderNode)[],
): Promise<void> {
  requireWritable(entry);
  const store = entry.store as KeyValueStore;
  const { folders, loose } = withoutOverlap(nodes);
  const [first] = loose;
  if (first !== undefined && nodes.length === 1 && (await findEntry(store, first)) === undefined) {
    throw missingKey(first);
  }
  const counts = await Promise.all(folders.map((prefix) => store.count({ prefix })));
  const keyCount = loose.length + counts.reduce((sum, count) => sum + count, 0);
  if (keyCount === 0 || !(await mayDelete(context, entry, nodes, keyCount))) return;
  const deletedCount = await withProgress(entry, keyCount, async (step, isCancelled) => {
    await deleteLoose(store, loose, step, isCancelled);
    for (const folder of folders) await deleteFolder(store, folder, step, isCancelled);
  });
  context.log.info(`Deleted ${formatCountOf(deletedCount, 'key')} of ${entry.id}.`);
  const name = nodes.length === 1 && nodes[0] !== undefined ? formatKey(nodes[0].path) : undefined;
  showDone(deletedCount === 1 && name ? `Deleted ${name}.` : `Deleted ${formatCountOf(deletedCount, 'key')}.`);
}

/** Folders are always asked about when a filter hides a part of what would go. */
async function mayDelete(
  { filters }: CommandContext,
  entry: StoreEntry,
  nodes: readonly (KeyNode | FolderNode)[],
  keyCount: number,
): Promise<boolean> {
  const hidesKeys = filters.text(entry.id) !== '' && nodes.some((node) => node.kind === 'folder');
  if (!confirmDelete() && !hidesKeys) return true;
  const [only] = nodes;
  const what = nodes.length === 1 && only !== undefined ? formatKey(only.path) : formatCountOf(keyCount, 'key');
  const isFolder = nodes.length === 1 && only?.kind === 'folder';
  const details = [isFolder ? `${formatCountOf(keyCount, 'key')} of ${entry.name} go.` : `From ${entry.name}.`];
  if (hidesKeys) details.push('This includes keys that the filter hides.');
  if (entry.store?.capabilities.history) details.push('Until the next compaction the history still has the values.');
  const confirm = 'Delete';
  return (await ask('warning', `Delete ${what}?`, details.join(' '), confirm)) === confirm;
}

async function deleteLoose(store: KeyValueStore, keys: readonly Uint8Array[], step: Step, isCancelled: () => boolean) {
  for (let at = 0; at < keys.length && !isCancelled(); at += BATCH_SIZE) {
    await deleteBatch(store, keys.slice(at, at + BATCH_SIZE), step);
  }
}

/** Keys that are put meanwhile behind the place already reached stay. */
async function deleteFolder(store: KeyValueStore, prefix: Uint8Array, step: Step, isCancelled: () => boolean) {
  let after: Uint8Array | undefined;
  while (!isCancelled()) {
    const entries = await store.list({ prefix, limit: BATCH_SIZE, ...(after && { gt: after }) });
    if (entries.length === 0) return;
    const keys = entries.map((entry) => entry.key);
    await deleteBatch(store, keys, step);
    after = keys.at(-1);
  }
}

async function deleteBatch(store: KeyValueStore, keys: readonly Uint8Array[], step: Step): Promise<void> {
  const [only] = keys;
  if (only !== undefined && keys.length === 1) await store.del(only);
  else await store.batch(keys.map((key) => ({ type: 'del', key })));
  step(keys.length);
}

type Step = (keyCount: number) => void;

/** Shows progress, with a way to cancel, where there is time to see it. Returns the number of keys deleted. */
async function withProgress(
  entry: StoreEntry,
  keyCount: number,
  run: (step: Step, isCancelled: () => boolean) => Promise<void>,
): Promise<number> {
  let done = 0;
  if (keyCount <= BATCH_SIZE) {
    const step = (count: number) => {
      done += count;
    };
    await run(step, () => false);
    return done;
  }
  await notifyProgress(`Deleting from ${entry.name}`, (progress, token) => {
    const step = (count: number) => {
      done += count;
      const message = `${formatCount(done)} of ${formatCountOf(keyCount, 'key')}`;
      progress.report({ increment: (count / keyCount) * 100, message });
    };
    return run(step, () => token.isCancellationRequested);
  });
  return done;
}

/** The selected folders and, beside them, keys: without what lies inside another selected folder. */
function withoutOverlap(nodes: readonly (KeyNode | FolderNode)[]): {
  readonly folders: readonly Uint8Array[];
  readonly loose: readonly Uint8Array[];
} {
  const folders: Uint8Array[] = [];
  const loose: Uint8Array[] = [];
  // A folder comes right before everything inside it, also before the key that has the folder's name.
  const inOrder = nodes.toSorted(
    (a, b) => Buffer.compare(a.path, b.path) || Number(b.kind === 'folder') - Number(a.kind === 'folder'),
  );
  for (const { kind, path } of inOrder) {
    const folder = folders.at(-1);
    if (folder !== undefined && startsWith(path, folder)) continue;
    (kind === 'folder' ? folders : loose).push(path);
  }
  return { folders, loose };
}

function startsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  return Buffer.compare(key.subarray(0, prefix.length), prefix) === 0;
}
