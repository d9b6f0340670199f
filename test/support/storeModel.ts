/** What a store should hold: a plain map, with keys as texts of one character a byte, so that they sort by bytes. */

export type Mutation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array; readonly ttlMs?: number }
  | { readonly type: 'del'; readonly key: string };

interface ModelEntry {
  readonly value: Uint8Array;
  /** 0: never. */
  readonly expiryMs: number;
}

export class StoreModel {
  readonly #entries: ReadonlyMap<string, ModelEntry>;

  constructor(entries: ReadonlyMap<string, ModelEntry> = new Map()) {
    this.#entries = entries;
  }

  /** The state after these changes, which count as one. */
  with(mutations: readonly Mutation[], nowMs: number): StoreModel {
    const entries = new Map(this.#entries);
    for (const mutation of mutations) {
      if (mutation.type === 'del') entries.delete(mutation.key);
      else {
        const expiryMs = mutation.ttlMs === undefined ? 0 : nowMs + mutation.ttlMs;
        entries.set(mutation.key, { value: mutation.value, expiryMs });
      }
    }
    return new StoreModel(entries);
  }

  /** Without the keys whose time is over, as a store sees them that has looked at the clock. */
  expired(nowMs: number): StoreModel {
    return new StoreModel(new Map([...this.#entries].filter(([, { expiryMs }]) => expiryMs === 0 || expiryMs > nowMs)));
  }

  get(key: string, nowMs: number): Uint8Array | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined || (entry.expiryMs !== 0 && entry.expiryMs <= nowMs) ? undefined : entry.value;
  }

  /** Keys and values that a store shows at this time, in byte order of the keys. */
  visible(nowMs: number): [string, Uint8Array][] {
    const shown: [string, Uint8Array][] = [];
    for (const [key, { value, expiryMs }] of this.#entries) {
      if (expiryMs === 0 || expiryMs > nowMs) shown.push([key, value]);
    }
    return shown.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** When each of these keys expires, in the same order; 0: never. */
  expiries(nowMs: number): number[] {
    return this.visible(nowMs).map(([key]) => this.#entries.get(key)?.expiryMs ?? 0);
  }

  /** The same as one text, for quick comparison. */
  fingerprint(nowMs: number): string {
    return fingerprintOf(this.visible(nowMs));
  }
}

function fingerprintOf(entries: Iterable<readonly [string, Uint8Array]>): string {
  let text = '';
  for (const [key, value] of entries) text += `${toHex(keyBytes(key))}=${toHex(value)};`;
  return text;
}

/** The bytes of a key that a text of one character a byte stands for. */
export function keyBytes(key: string): Uint8Array {
  return new Uint8Array(Buffer.from(key, 'latin1'));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
