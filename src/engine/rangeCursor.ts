/**
 * Walks the keydir's entries of a range in byte order, a page at a time, as of one sequence number. Between pages the
 * store may change as it likes: the cursor finds its place again by key.
 */

import type { KeyRange } from './api.ts';
import type { Keydir } from './keydir.ts';
import type { KeydirRecord } from './keydirEntries.ts';
import { type Bounds, boundsOf } from './keyRange.ts';
import type { LiveLog } from './liveLog.ts';
import { checkCount } from './options.ts';
import type { KeyPosition, OrderedKeys } from './orderedKeys.ts';

const PAGE_SIZE = 256;
/** Most ranges are small: the first page is too. */
const FIRST_PAGE_SIZE = 16;

export class RangeCursor {
  readonly #log: LiveLog;
  readonly #keydir: Keydir;
  readonly #sequence: number;
  readonly #reverse: boolean;
  /** Called with each page before it is walked. */
  readonly #touch: (page: Uint32Array) => void;
  #bounds: Bounds;
  #left: number;
  #page = new Uint32Array(FIRST_PAGE_SIZE);
  #pageSize = FIRST_PAGE_SIZE;
  #pageEnd = 0;
  #pageAt = 0;
  #version = -1;
  /** Ranks in the ordered view between which the unread keys stand. */
  #from = 0;
  #to = 0;
  #lastKey: Uint8Array | undefined;

  /** The caller keeps the state of `sequence` readable while the cursor is in use. */
  constructor(log: LiveLog, range: KeyRange, sequence: number, touch: (page: Uint32Array) => void = () => undefined) {
    this.#log = log;
    this.#touch = touch;
    this.#keydir = log.keydir;
    this.#sequence = sequence;
    this.#reverse = range.reverse === true;
    this.#bounds = boundsOf(range);
    this.#left = limitOf(range);
  }

  /** As many entries were returned as the range allows. */
  get hasReachedLimit(): boolean {
    return this.#left <= 0;
  }

  /** The next entry that was there as of the cursor's sequence, with its record in `target`; -1 at the end. */
  next(target: KeydirRecord): number {
    if (this.hasReachedLimit) return -1;
    for (;;) {
      if (this.#pageAt === this.#pageEnd && !this.#readPage()) return -1;
      const entry = this.#page[this.#pageAt++] as number;
      if (this.#keydir.readAt(entry, this.#sequence, target) && !this.#log.hasExpired(target)) {
        this.#left--;
        return entry;
      }
    }
  }

  #readPage(): boolean {
    const order = this.#keydir.order;
    if (order.version !== this.#version) this.#locate(order);
    // Each entry of a page costs cache misses, wanted or not: none beyond the limit at first. Later pages are not as
    // small as what is left, which may be one entry again and again where this reader cannot see most of them.
    const least = this.#lastKey === undefined ? 1 : FIRST_PAGE_SIZE;
    const size = Math.min(this.#pageSize, this.#to - this.#from, Math.max(this.#left, least));
    if (size <= 0) return false;
    this.#pageSize = PAGE_SIZE;
    if (this.#page.length < size) this.#page = new Uint32Array(PAGE_SIZE);
    const position = order.positionOf(this.#reverse ? this.#to : this.#from);
    this.#pageEnd = order.read(position, this.#reverse, this.#page.subarray(0, size));
    this.#pageAt = 0;
    this.#touch(this.#page.subarray(0, this.#pageEnd));
    if (this.#reverse) this.#to -= this.#pageEnd;
    else this.#from += this.#pageEnd;
    // Copied now: an entry that this reader cannot see may be another key's by the time of the next page.
    this.#lastKey = this.#keydir.key(this.#page[this.#pageEnd - 1] as number);
    return true;
  }

  #locate(order: OrderedKeys): void {
    if (this.#lastKey !== undefined) {
      const bound = { key: this.#lastKey, isIncluded: false };
      this.#bounds = this.#reverse ? { ...this.#bounds, upper: bound } : { ...this.#bounds, lower: bound };
    }
    const { from, to } = rangePositions(order, this.#bounds);
    this.#from = order.rank(from);
    this.#to = order.rank(to);
    this.#version = order.version;
  }
}

/** How many keys of a range are wanted at most; infinity: all. Throws `INVALID_OPTION`. */
export function limitOf({ limit = -1 }: KeyRange): number {
  const count = limit === -1 ? Number.POSITIVE_INFINITY : limit;
  checkCount('limit', count);
  return count;
}

/** Positions in the ordered view of the first key of a range and after its last. */
export function rangePositions(
  order: OrderedKeys,
  bounds: Bounds,
): { readonly from: KeyPosition; readonly to: KeyPosition } {
  const { lower, upper } = bounds;
  const from = lower === undefined ? order.start() : order.seek(lower.key, !lower.isIncluded);
  const to = upper === undefined ? order.end() : order.seek(upper.key, upper.isIncluded);
  return { from, to };
}
