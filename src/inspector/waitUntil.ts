/** Waits for what other work of the same thread brings about. */

import { setTimeout as sleep } from 'node:timers/promises';

/** Short for a person, long for the thread. */
const LOOK_EVERY_MS = 20;

/** False, at once, when `signal` is aborted. `onWait` is called before each pause. */
export async function waitUntil(isSo: () => boolean, signal: AbortSignal, onWait = () => {}): Promise<boolean> {
  while (!signal.aborted) {
    if (isSo()) return true;
    onWait();
    // Rejects when it is aborted, which ends the loop.
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
  }
  return false;
}
