/** The ways between a key in the tree and its record in a segment. */

import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import { findEntry } from '../explorer/findEntry.ts';
import { StoreError } from '../explorer/storeError.ts';
import type { KeyNode } from '../explorer/treeNode.ts';
import { notify } from '../messages.ts';
import { formatKey } from '../shared/keyText.ts';
import type { RecordLocation } from '../shared/keyValueStore.ts';
import { NOT_SUPERSEDED } from '../shared/notSuperseded.ts';
import { formatCount } from '../shared/quantities.ts';
import type { CommandContext } from './commandContext.ts';
import { chooseKey, missingKey } from './keyTarget.ts';
import { readChosen } from './readVersion.ts';
import { requireCapability, type StoreTarget } from './storeTarget.ts';
import { runWhenSlow } from './storeTask.ts';

/** Opens the segment editor at the record that holds the key's value, or the version that an editor shows. */
export async function revealInSegment(context: CommandContext, target: unknown): Promise<void> {
  const chosen = await chooseKey(context, 'Reveal in Segment', target);
  if (chosen === undefined) return;
  const { location } = await readChosen(chosen, 0);
  await revealVersion(context, chosen, location);
}

/** Shows a key in the tree, whatever page it is on. */
export async function revealInTree(context: CommandContext, target: unknown): Promise<void> {
  const chosen = await chooseKey(context, 'Reveal in Keys', target);
  if (chosen === undefined) return;
  const node = await context.keysTree.nodeToReveal(chosen.entry, chosen.key);
  if (node === undefined) throw missingKey(chosen.key);
  await selectNode(context, node);
}

/** A tree that is being listed anew, as it is after every change of the store, drops what was selected just before. */
const LISTING_MS = 300;
const REVEAL_ATTEMPTS = 5;

async function selectNode({ keysTree, keysView }: CommandContext, node: KeyNode): Promise<void> {
  const { id } = keysTree.getTreeItem(node);
  for (let attempt = 0; attempt < REVEAL_ATTEMPTS; attempt++) {
    await keysView.reveal(node, { select: true, focus: true });
    await sleep(LISTING_MS);
    const [selected] = keysView.selection;
    if (selected !== undefined && keysTree.getTreeItem(selected).id === id) return;
  }
}

export async function revealVersion(
  { revealRecord }: CommandContext,
  target: StoreTarget,
  location: RecordLocation | undefined,
): Promise<void> {
  requireCapability(target, 'segments');
  const { segments } = await target.store.statistics();
  const segment = segments.find((each) => each.segmentId === location?.segmentId);
  if (segment === undefined || location === undefined) {
    throw new StoreError('NOT_FOUND', 'The record has moved to another segment meanwhile. Try again.');
  }
  await revealRecord(vscode.Uri.parse(segment.uri, true), location.offsetBytes);
}

/** For the segment editor: from a record of a file to the one that superseded it. */
export async function goToNextRecord(
  context: CommandContext,
  file: vscode.Uri,
  key: Uint8Array,
  sequence: number,
): Promise<void> {
  const { entry } = keyNodeOfFile(context, file, key);
  const store = context.segmentStores.storeOf(file);
  if (store === undefined) return;
  const title = `Looking for the record that superseded #${formatCount(sequence)} of ${formatKey(key)}`;
  const next = await runWhenSlow(title, (task) => store.nextRecord(key, sequence, task));
  if (next === undefined) {
    // The record may stand in a file that is gone, so that nothing was known of its state: compaction has moved it.
    const isNewest = (await findEntry(store, key))?.sequence === sequence;
    void notify(
      'information',
      isNewest
        ? NOT_SUPERSEDED
        : `The log has no later record of ${formatKey(key)}: the one that superseded this was compacted away.`,
    );
    return;
  }
  await revealVersion(context, { entry, store }, next.location);
  if (next.isDirect) return;
  void notify(
    'information',
    `This is the next record of ${formatKey(key)} that is still in the log. Compaction has dropped records from between the two, perhaps also of this key.`,
  );
}

/** For the segment editor: a key of the store that a file belongs to, as the commands take it. */
export function keyNodeOfFile({ segmentStores }: CommandContext, file: vscode.Uri, key: Uint8Array): KeyNode {
  const entry = segmentStores.entryOf(file);
  if (entry !== undefined) return { kind: 'key', entry, path: key };
  throw new StoreError(
    'STORE_CLOSED',
    `The store of ${formatKey(key)} is not open. Open it with "Strata: Open Store".`,
  );
}
