/**
 * Entries that expire, soonest first: a binary heap over typed arrays. Items are never searched for: one whose entry
 * was overwritten since is recognised by its sequence number. It goes when it comes up, or when room is needed, so
 * that keys that are written again and again do not fill the memory until their times to live are over.
 */
export class ExpiryQueue {
  readonly #isCurrent: (entry: number, sequence: number, expiryMs: number) => boolean;
  #expiries = new Float64Array(16);
  #sequences = new Float64Array(16);
  #entries = new Uint32Array(16);
  #size = 0;

  constructor(isCurrent: (entry: number, sequence: number, expiryMs: number) => boolean = () => true) {
    this.#isCurrent = isCurrent;
  }

  get size(): number {
    return this.#size;
  }

  /** Expiry of the first item in milliseconds; infinity when there is none. */
  get soonestMs(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#expiries[0] as number);
  }

  add(expiryMs: number, entry: number, sequence: number): void {
    if (this.#size === this.#entries.length) this.#makeRoom();
    this.addCurrent(expiryMs, entry, sequence);
  }

  /** As `add`, without a look at whether items are over. */
  addCurrent(expiryMs: number, entry: number, sequence: number): void {
    if (this.#size === this.#entries.length) this.#grow();
    this.#raise(this.#size++, expiryMs, entry, sequence);
  }

  /** Removes the first item and hands it to `take`. The queue must not be empty. */
  pop(take: (entry: number, sequence: number, expiryMs: number) => void): void {
    const entry = this.#entries[0] as number;
    const sequence = this.#sequences[0] as number;
    const expiryMs = this.soonestMs;
    this.#size--;
    if (this.#size > 0) this.#sinkLast();
    take(entry, sequence, expiryMs);
  }

  /** Puts an item where it belongs between `at`, where there is room, and the top. */
  #raise(from: number, expiryMs: number, entry: number, sequence: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if ((this.#expiries[parent] as number) <= expiryMs) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#set(at, expiryMs, entry, sequence);
  }

  /** Drops the items that are over; grows when more than half of them are not. */
  #makeRoom(): void {
    const count = this.#size;
    this.#size = 0;
    for (let i = 0; i < count; i++) {
      const entry = this.#entries[i] as number;
      const sequence = this.#sequences[i] as number;
      const expiryMs = this.#expiries[i] as number;
      if (this.#isCurrent(entry, sequence, expiryMs)) this.#raise(this.#size++, expiryMs, entry, sequence);
    }
    if (this.#size > this.#entries.length / 2) this.#grow();
  }

  #sinkLast(): void {
    const expiryMs = this.#expiries[this.#size] as number;
    const entry = this.#entries[this.#size] as number;
    const sequence = this.#sequences[this.#size] as number;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && (this.#expiries[child + 1] as number) < (this.#expiries[child] as number)) child++;
      if ((this.#expiries[child] as number) >= expiryMs) break;
      this.#move(child, at);
      at = child;
    }
    this.#set(at, expiryMs, entry, sequence);
  }

  #set(at: number, expiryMs: number, entry: number, sequence: number): void {
    this.#expiries[at] = expiryMs;
    this.#entries[at] = entry;
    this.#sequences[at] = sequence;
  }

  #move(from: number, to: number): void {
    this.#set(to, this.#expiries[from] as number, this.#entries[from] as number, this.#sequences[from] as number);
  }

  #grow(): void {
    const capacity = this.#entries.length * 2;
    this.#expiries = copyInto(new Float64Array(capacity), this.#expiries);
    this.#sequences = copyInto(new Float64Array(capacity), this.#sequences);
    this.#entries = copyInto(new Uint32Array(capacity), this.#entries);
  }
}

function copyInto<T extends Float64Array | Uint32Array>(target: T, source: T): T {
  target.set(source);
  return target;
}
