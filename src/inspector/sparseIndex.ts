/**
 * Where every Nth row of a view starts, in bounded memory however many rows there are.
 *
 * The index begins by keeping every row. Each time it is full it drops every second entry and doubles its stride, so
 * its size is fixed and the distance between entries stays about (bytes of the file) / `capacity`. Rows in between are
 * found by scanning from the entry before.
 */

export interface Checkpoint {
  /** Position in the view of the row that starts here. */
  readonly position: number;
  /** Number of the row in the file. */
  readonly row: number;
  readonly offsetBytes: number;
  /** The group that is open at this row; absent when none is. */
  readonly group?: { readonly startBytes: number; readonly endBytes: number };
}

const NO_GROUP = -1;
/** 65,536 entries take 2 MiB; in a file of 4 GiB they stand 64 KiB apart. */
const DEFAULT_INDEX_CAPACITY = 65_536;

export class SparseIndex {
  readonly #rows: Float64Array;
  readonly #offsets: Float64Array;
  readonly #groupStarts: Float64Array;
  readonly #groupEnds: Float64Array;
  #stride = 1;
  #count = 0;

  /** `capacity` is even and at least 2. */
  constructor(capacity: number = DEFAULT_INDEX_CAPACITY) {
    this.#rows = new Float64Array(capacity);
    this.#offsets = new Float64Array(capacity);
    this.#groupStarts = new Float64Array(capacity);
    this.#groupEnds = new Float64Array(capacity);
  }

  /** Rows in the view so far. */
  get count(): number {
    return this.#count;
  }

  get stride(): number {
    return this.#stride;
  }

  /** Adds the next row of the view. */
  add(row: number, offsetBytes: number, groupStartBytes: number, groupEndBytes: number): void {
    const position = this.#count++;
    if (position % this.#stride !== 0) return;
    let at = position / this.#stride;
    if (at === this.#rows.length) {
      this.#thin();
      at = position / this.#stride;
    }
    this.#rows[at] = row;
    this.#offsets[at] = offsetBytes;
    this.#groupStarts[at] = groupStartBytes;
    this.#groupEnds[at] = groupEndBytes;
  }

  /** Forgets all rows from `count` on. */
  truncate(count: number): void {
    this.#count = Math.min(this.#count, count);
  }

  /** The last checkpoint at or before `position`; undefined when the view is empty. */
  before(position: number): Checkpoint | undefined {
    if (this.#count === 0) return undefined;
    return this.#entry(Math.floor(Math.max(0, Math.min(position, this.#count - 1)) / this.#stride));
  }

  /** The last checkpoint that `precedes` says comes before what is looked for; the first one when none does. */
  search(precedes: (checkpoint: Checkpoint) => boolean): Checkpoint | undefined {
    if (this.#count === 0) return undefined;
    let low = 0;
    let high = this.#entryCount - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (precedes(this.#entry(middle))) low = middle;
      else high = middle - 1;
    }
    return this.#entry(low);
  }

  get #entryCount(): number {
    return Math.ceil(this.#count / this.#stride);
  }

  #entry(at: number): Checkpoint {
    const groupStart = this.#groupStarts[at] as number;
    const place = {
      position: at * this.#stride,
      row: this.#rows[at] as number,
      offsetBytes: this.#offsets[at] as number,
    };
    if (groupStart === NO_GROUP) return place;
    return { ...place, group: { startBytes: groupStart, endBytes: this.#groupEnds[at] as number } };
  }

  #thin(): void {
    for (const column of [this.#rows, this.#offsets, this.#groupStarts, this.#groupEnds]) {
      for (let at = 0; 2 * at < column.length; at++) column[at] = column[2 * at] as number;
    }
    this.#stride *= 2;
  }
}
