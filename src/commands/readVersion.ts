/** The record that a command is about: the one of the current value, or that of a version. */

import { findEntry } from '../explorer/findEntry.ts';
import { findVersion } from '../explorer/findVersion.ts';
import { StoreError } from '../explorer/storeError.ts';
import { formatKey } from '../shared/keyText.ts';
import type { KeyEntry, KeyVersion } from '../shared/keyValueStore.ts';
import { formatCount } from '../shared/quantities.ts';
import { type KeyTarget, missingKey } from './keyTarget.ts';
import { runWhenSlow } from './storeTask.ts';

/** With at most this many bytes of the value. Rejects when the store has the record no more. */
export async function readChosen(chosen: KeyTarget, valuePreviewBytes: number): Promise<KeyEntry | KeyVersion> {
  const { store, key, sequence } = chosen;
  if (sequence !== undefined) return readVersion(chosen, sequence, valuePreviewBytes);
  const found = await findEntry(store, key, valuePreviewBytes);
  if (found === undefined) throw missingKey(key);
  return found;
}

export async function readVersion(
  { store, key }: KeyTarget,
  sequence: number,
  valuePreviewBytes: number,
): Promise<KeyVersion> {
  const title = `Reading version #${formatCount(sequence)} of ${formatKey(key)}`;
  const version = await runWhenSlow(title, (task) => findVersion(store, key, sequence, { ...task, valuePreviewBytes }));
  if (version !== undefined) return version;
  throw new StoreError('NOT_FOUND', `The log has version #${formatCount(sequence)} of ${formatKey(key)} no more.`);
}
