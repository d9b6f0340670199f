/** Opening a store that is known, with a way out when it is damaged or in use. */

import * as vscode from 'vscode';
import type { StoreEntry } from '../explorer/storeEntry.ts';
import { StoreError } from '../explorer/storeError.ts';
import type { OpenMode } from '../explorer/storeProvider.ts';
import { ask, notify } from '../messages.ts';
import { formatCountOf } from '../shared/quantities.ts';
import type { CommandContext } from './commandContext.ts';
import { showError } from './reportError.ts';

/** Whether the store is open now. A failure has been shown. */
export async function openStoreReporting(
  context: CommandContext,
  entry: StoreEntry,
  mode: Partial<OpenMode> = {},
): Promise<boolean> {
  try {
    const open = await context.registry.open(entry, mode);
    if (open.readOnlyReason !== undefined && mode.readOnly !== true) {
      void notify('information', `${entry.name} is open for reading only. ${open.readOnlyReason}`);
    }
    return true;
  } catch (error) {
    if (StoreError.codeOf(error) !== 'STORE_DAMAGED' || mode.salvage === true) {
      showError(context.log, `Opening ${entry.name}`, error);
      return false;
    }
    return offerSalvage(context, entry, error as Error);
  }
}

/** Damage is never skipped silently: the person decides. */
async function offerSalvage(context: CommandContext, entry: StoreEntry, error: Error): Promise<boolean> {
  context.log.error(`Opening ${entry.id}: ${error.message}`);
  const damage = (error as { damage?: readonly unknown[] }).damage ?? [];
  const salvage = 'Read What Is Readable';
  const copy = 'Salvage into New Store';
  const showLog = 'Show Log';
  const answer = await ask(
    'error',
    `${entry.name} is damaged: ${formatCountOf(damage.length, 'byte range')} cannot be read.`,
    `${error.message}\n\n"${salvage}" opens it for reading and leaves out those ranges; nothing is changed. ` +
      `"${copy}" copies what is readable into a store that can be written to. ` +
      'The segment files show the damage byte by byte.',
    salvage,
    copy,
    showLog,
  );
  if (answer === showLog) context.log.show();
  if (answer === copy) await vscode.commands.executeCommand('strata.salvage', { kind: 'store', entry });
  return answer === salvage && openStoreReporting(context, entry, { readOnly: true, salvage: true });
}
