/**
 * Keeps the rows that come first in an order, in bounded memory however many rows there are.
 *
 * Rows are collected until there are twice as many as may be kept; then they are sorted and the second half is dropped.
 * From then on a row that comes after the last one kept is refused at once. So a file of any size can be sorted: what
 * is kept is exactly the beginning of its order, and the reverse order has its end.
 */

import type { Located, LocateTarget } from '../shared/inspectorMessages.ts';
import { NONE } from './logFormat.ts';
import type { Checkpoint } from './sparseIndex.ts';

/** Kept at most; a row takes 40 bytes while rows are collected, and its key. */
const MAX_SORTED_ROWS = 200_000;
/** Keys of the rows kept, together. Where keys are long, fewer rows are kept. */
const MAX_SORTED_KEY_BYTES = 0x100_0000;
const FIRST_CAPACITY_ROWS = 4096;
const FIRST_KEY_BYTES = 0x1_0000;

export interface TopRowsLimits {
  readonly rows: number;
  readonly keyBytes: number;
}

/** A number, the bytes of a key, or undefined when the row has nothing in the column. */
export type SortValue = number | Uint8Array | undefined;

export interface SortedPlace {
  readonly row: number;
  readonly offsetBytes: number;
  readonly groupStartBytes: number;
  readonly groupEndBytes: number;
}

export class TopRows {
  readonly #descending: boolean;
  readonly #limits: TopRowsLimits;
  #columns = new RowColumns(FIRST_CAPACITY_ROWS);
  #keys = new Uint8Array(FIRST_KEY_BYTES);
  #keyEnd = 0;
  #count = 0;
  /** Rows that came, kept or not. */
  #offered = 0;
  /** The last row kept is known: whatever comes after it in the order has been dropped and is refused. */
  #isCut = false;

  constructor(descending: boolean, limits: TopRowsLimits = { rows: MAX_SORTED_ROWS, keyBytes: MAX_SORTED_KEY_BYTES }) {
    this.#descending = descending;
    this.#limits = limits;
  }

  /** Rows kept. */
  get count(): number {
    return this.#count;
  }

  get offered(): number {
    return this.#offered;
  }

  /** Rows come in the order of the file. */
  add(place: SortedPlace, value: SortValue): void {
    this.#offered++;
    // The row after the last one kept takes part in comparisons before it is known whether it stays.
    if (this.#count === this.#columns.capacity) this.#columns.grow();
    this.#put(this.#count, place, value);
    if (this.#isCut && this.#compare(this.#count, this.#lastKept) > 0) {
      if (value instanceof Uint8Array) this.#keyEnd -= value.length;
      return;
    }
    this.#count++;
    if (this.#count >= 2 * this.#limits.rows || this.#keyEnd >= 2 * this.#limits.keyBytes) this.#cut();
  }

  /** Sorts what is there; nothing can be added after. */
  finish(): void {
    this.#cut();
    this.#keys = new Uint8Array(0);
  }

  at(position: number): Checkpoint {
    const { rows, offsets, groupStarts, groupEnds } = this.#columns;
    const place = { position, row: rows[position] as number, offsetBytes: offsets[position] as number };
    const startBytes = groupStarts[position] as number;
    return startBytes === NONE ? place : { ...place, group: { startBytes, endBytes: groupEnds[position] as number } };
  }

  /** Where a row of the file stands in the order; -1 when it was not kept. */
  positionOf(row: number): number {
    return this.#columns.rows.subarray(0, this.#count).indexOf(row);
  }

  /** The row with that number, or that starts there. Undefined: it was not kept, or something else is looked for. */
  find(target: LocateTarget): Located | undefined {
    const position = this.#exactPositionOf(target);
    if (position < 0) return undefined;
    const { row, offsetBytes } = this.at(position);
    return { position, row, offsetBytes };
  }

  #exactPositionOf(target: LocateTarget): number {
    if (target.kind === 'row') return this.positionOf(target.row);
    if (target.kind !== 'offset') return -1;
    return this.#columns.offsets.subarray(0, this.#count).indexOf(target.offsetBytes);
  }

  /** Index of the last row that the last cut kept. */
  #lastKept = 0;

  #put(at: number, place: SortedPlace, value: SortValue): void {
    const { rows, offsets, groupStarts, groupEnds, values, keyStarts } = this.#columns;
    rows[at] = place.row;
    offsets[at] = place.offsetBytes;
    groupStarts[at] = place.groupStartBytes;
    groupEnds[at] = place.groupEndBytes;
    if (!(value instanceof Uint8Array)) {
      values[at] = value ?? Number.NaN;
      keyStarts[at] = NO_KEY;
      return;
    }
    this.#reserveKey(value.length);
    this.#keys.set(value, this.#keyEnd);
    values[at] = value.length;
    keyStarts[at] = this.#keyEnd;
    this.#keyEnd += value.length;
  }

  #reserveKey(sizeBytes: number): void {
    if (this.#keyEnd + sizeBytes <= this.#keys.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#keys.length, this.#keyEnd + sizeBytes));
    larger.set(this.#keys.subarray(0, this.#keyEnd));
    this.#keys = larger;
  }

  #cut(): void {
    const order = Uint32Array.from({ length: this.#count }, (_, at) => at);
    order.sort((one, other) => this.#compare(one, other));
    const kept = this.#keptOf(order);
    this.#isCut ||= kept < this.#count;
    const old = this.#columns;
    const oldKeys = this.#keys;
    this.#columns = new RowColumns(Math.max(FIRST_CAPACITY_ROWS, kept));
    this.#keys = new Uint8Array(Math.max(FIRST_KEY_BYTES, Math.min(oldKeys.length, 2 * this.#limits.keyBytes)));
    this.#keyEnd = 0;
    for (let at = 0; at < kept; at++) {
      const from = order[at] as number;
      const value = old.values[from] as number;
      const keyStart = old.keyStarts[from] as number;
      const isKey = keyStart !== NO_KEY;
      this.#put(at, old.place(from), isKey ? oldKeys.subarray(keyStart, keyStart + value) : value);
    }
    this.#count = kept;
    this.#lastKept = kept - 1;
  }

  /** As many rows from the start of the order as the limits allow; one at least. */
  #keptOf(order: Uint32Array): number {
    let keyBytes = 0;
    for (let at = 0; at < order.length; at++) {
      const from = order[at] as number;
      if (this.#columns.keyStarts[from] !== NO_KEY) keyBytes += this.#columns.values[from] as number;
      if (at === this.#limits.rows || (keyBytes > this.#limits.keyBytes && at > 0)) return at;
    }
    return order.length;
  }

  #compare(one: number, other: number): number {
    const { rows, values } = this.#columns;
    const [first, second] = [values[one] as number, values[other] as number];
    const inFileOrder = (rows[one] as number) - (rows[other] as number);
    if (Number.isNaN(first) || Number.isNaN(second)) {
      return Number(Number.isNaN(first)) - Number(Number.isNaN(second)) || inFileOrder;
    }
    const difference = this.#compareValues(one, other, first, second);
    return (this.#descending ? -difference : difference) || inFileOrder;
  }

  #compareValues(one: number, other: number, first: number, second: number): number {
    const { keyStarts } = this.#columns;
    const [oneStart, otherStart] = [keyStarts[one] as number, keyStarts[other] as number];
    if (oneStart === NO_KEY || otherStart === NO_KEY) return first - second;
    const keys = this.#keys;
    const length = Math.min(first, second);
    for (let at = 0; at < length; at++) {
      const difference = (keys[oneStart + at] as number) - (keys[otherStart + at] as number);
      if (difference !== 0) return difference;
    }
    return first - second;
  }
}

const NO_KEY = 0xffff_ffff;

/** What is known of each row. `values` holds the number to sort by, or the length of the key, or NaN. */
class RowColumns {
  rows: Float64Array;
  offsets: Float64Array;
  groupStarts: Float64Array;
  groupEnds: Float64Array;
  values: Float64Array;
  keyStarts: Uint32Array;

  constructor(capacity: number) {
    this.rows = new Float64Array(capacity);
    this.offsets = new Float64Array(capacity);
    this.groupStarts = new Float64Array(capacity);
    this.groupEnds = new Float64Array(capacity);
    this.values = new Float64Array(capacity);
    this.keyStarts = new Uint32Array(capacity);
  }

  get capacity(): number {
    return this.rows.length;
  }

  place(at: number): SortedPlace {
    return {
      row: this.rows[at] as number,
      offsetBytes: this.offsets[at] as number,
      groupStartBytes: this.groupStarts[at] as number,
      groupEndBytes: this.groupEnds[at] as number,
    };
  }

  grow(): void {
    const { rows, offsets, groupStarts, groupEnds, values, keyStarts } = this;
    const larger = new RowColumns(2 * this.capacity);
    larger.rows.set(rows);
    larger.offsets.set(offsets);
    larger.groupStarts.set(groupStarts);
    larger.groupEnds.set(groupEnds);
    larger.values.set(values);
    larger.keyStarts.set(keyStarts);
    Object.assign(this, larger);
  }
}
