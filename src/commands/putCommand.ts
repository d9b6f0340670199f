import { findEntry } from '../explorer/findEntry.ts';
import { formatKey } from '../shared/keyText.ts';
import { formatSize } from '../shared/quantities.ts';
import type { CommandContext } from './commandContext.ts';
import { isKeyArguments } from './keyArguments.ts';
import { askForTimeToLive, askForValue, timeToLiveFromText, valueFromText } from './keyInput.ts';
import { chooseKey } from './keyTarget.ts';
import { showDone } from './showDone.ts';
import { requireWritable } from './storeTarget.ts';
import { formatTimeToLive } from './timeToLive.ts';

/** Values up to this size are offered for changing in the input box. */
const MAX_OFFERED_VALUE_BYTES = 1024;

/** Asks for key, value and time to live, whatever of these the arguments do not give. */
export async function put(context: CommandContext, target: unknown): Promise<void> {
  const title = 'Put';
  const given = isKeyArguments(target) ? target : {};
  const givenValue = given.value === undefined ? undefined : valueFromText(given.value);
  const chosen = await chooseKey(context, title, target, 'replaced');
  if (chosen === undefined) return;
  const { entry, store, key } = chosen;
  requireWritable(entry);
  const existing = await findEntry(store, key, MAX_OFFERED_VALUE_BYTES);
  const isOffered = existing !== undefined && existing.valueSizeBytes <= MAX_OFFERED_VALUE_BYTES;
  const offered = isOffered ? existing.valuePreview : undefined;
  const value = givenValue ?? (await askForValue(entry, title, key, offered));
  if (value === undefined) return;
  const leftMs = existing !== undefined && existing.expiryMs > 0 ? existing.expiryMs - Date.now() : 0;
  const asksForTtl = store.capabilities.timeToLive && given.ttl === undefined && givenValue === undefined;
  const ttl = asksForTtl
    ? await askForTimeToLive(entry, title, leftMs > 0 ? formatTimeToLive(leftMs) : '')
    : timeToLiveFromText(given.ttl ?? '');
  if (ttl === undefined) return;
  await store.put(key, value, ttl.ttlMs === undefined ? {} : { ttlMs: ttl.ttlMs });
  context.log.info(`Put ${formatKey(key)} (${formatSize(value.length)}) in ${entry.id}.`);
  showDone(`Put ${formatKey(key)} in ${entry.name}.`);
}
