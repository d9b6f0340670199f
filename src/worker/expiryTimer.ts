/** The longest that `setTimeout` can wait. */
const MAX_DELAY_MS = 0x7fff_ffff;

/**
 * Wakes the store when a key expires, so that it tells of the change although nobody reads. Without it a key would
 * stay in people's trees until they touched something.
 */
export class ExpiryTimer {
  readonly #store: { readonly nextExpiryMs: number };
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Number.POSITIVE_INFINITY;

  /** Reading `nextExpiryMs` makes the store let go of keys whose time is over. */
  constructor(store: { readonly nextExpiryMs: number }) {
    this.#store = store;
  }

  /** Looks at the next expiry, and waits for it. To be called after every change of keys. */
  arm(): void {
    const dueMs = this.#store.nextExpiryMs;
    if (dueMs === this.#dueMs) return;
    this.stop();
    if (dueMs === Number.POSITIVE_INFINITY) return;
    this.#dueMs = dueMs;
    const delayMs = Math.min(Math.max(dueMs - Date.now(), 0), MAX_DELAY_MS);
    this.#timer = setTimeout(() => {
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.arm();
    }, delayMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }
}
