import { formatKey } from '../shared/keyText.ts';
import { formatTime } from '../shared/quantities.ts';
import type { CommandContext } from './commandContext.ts';
import { isKeyArguments } from './keyArguments.ts';
import { askForTimeToLive, timeToLiveFromText } from './keyInput.ts';
import { chooseKey, missingKey } from './keyTarget.ts';
import { showDone } from './showDone.ts';
import { requireCapability, requireWritable } from './storeTarget.ts';
import { formatTimeToLive } from './timeToLive.ts';

/** Writes the value again with another expiry: a log has no other way. */
export async function setTimeToLive(context: CommandContext, target: unknown): Promise<void> {
  const title = 'Set Time to Live';
  const chosen = await chooseKey(context, title, target);
  if (chosen === undefined) return;
  const { entry, store, key } = chosen;
  requireWritable(entry);
  requireCapability(chosen, 'timeToLive');
  const before = await store.get(key);
  if (before === undefined) throw missingKey(key);
  const initial = before.expiryMs > 0 ? formatTimeToLive(before.expiryMs - Date.now()) : '';
  const given = isKeyArguments(target) ? target.ttl : undefined;
  const ttl = given === undefined ? await askForTimeToLive(entry, title, initial) : timeToLiveFromText(given);
  if (ttl === undefined) return;
  // The box may have been open for long: what counts is the value of now.
  const current = await store.get(key);
  if (current === undefined) throw missingKey(key);
  await store.put(key, current.value, ttl.ttlMs === undefined ? {} : { ttlMs: ttl.ttlMs });
  const when = ttl.ttlMs === undefined ? 'never expires' : `expires ${formatTime(Date.now() + ttl.ttlMs)}`;
  showDone(`${formatKey(key)} ${when}.`);
}
