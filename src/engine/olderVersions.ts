/**
 * Superseded records that readers of older states may still see, and those readers.
 *
 * A record is visible to a reader whose sequence number is at least the record's and below that of the key's next
 * record. It is kept on behalf of the oldest such reader: when that one closes, only its own records are looked at,
 * and pass on to the next oldest. Short-lived readers beside a long-lived one thus never cost a pass over all that
 * the latter keeps.
 */

import { GHOST_SLOT, type KeydirRecord } from './keydirEntries.ts';
import { UintMap } from './uintMap.ts';

interface Reader {
  readonly sequence: number;
  /** How many read this state. */
  count: number;
  /** Entries with a version that is kept on its behalf. Some may have lost it already. */
  readonly kept: number[];
}

export class OlderVersions {
  /** One for each state that is read, oldest first. */
  readonly #readers: Reader[] = [];
  /** Of each entry that has any: newest first, and never a delete as the last one. */
  readonly #versions = new UintMap<KeydirRecord[]>();

  /** States being read. */
  get readerCount(): number {
    return this.#readers.length;
  }

  has(entry: number): boolean {
    return this.#versions.has(entry);
  }

  /** The newest version that a reader of `sequence` may see, if the entry's own record is too new for it. */
  at(entry: number, sequence: number): Readonly<KeydirRecord> | undefined {
    return this.#versions.get(entry)?.find((version) => version.sequence <= sequence);
  }

  open(sequence: number): void {
    const index = this.#firstFrom(sequence);
    const reader = this.#readers[index];
    if (reader?.sequence === sequence) reader.count++;
    else this.#readers.splice(index, 0, { sequence, count: 1, kept: [] });
  }

  /** Drops what nobody else can see, and calls back for each entry that has no version any more. */
  close(sequence: number, sequenceOf: (entry: number) => number, onLast: (entry: number) => void): void {
    const index = this.#firstFrom(sequence);
    const reader = this.#readers[index];
    if (reader?.sequence !== sequence) return;
    reader.count--;
    if (reader.count > 0) return;
    this.#readers.splice(index, 1);
    for (const entry of reader.kept) {
      if (this.#passOn(entry, sequence, sequenceOf(entry))) onLast(entry);
    }
  }

  /**
   * The entry's record of `sequence` is superseded as of `nextSequence`: takes it over, from `copyOf`, if a reader can
   * see it.
   */
  keep(entry: number, sequence: number, nextSequence: number, copyOf: (entry: number) => KeydirRecord): void {
    const reader = this.#oldestBetween(sequence, nextSequence);
    if (reader === undefined) return;
    const version = copyOf(entry);
    const versions = this.#versions.get(entry);
    // Where nothing older is kept, a delete needs no trace.
    if (versions === undefined && version.slot === GHOST_SLOT) return;
    reader.kept.push(entry);
    if (versions === undefined) this.#versions.set(entry, [version]);
    else versions.unshift(version);
  }

  /** A closed reader's version of the entry is kept for the next one, or dropped. Returns whether it was the last. */
  #passOn(entry: number, closed: number, newestSequence: number): boolean {
    const versions = this.#versions.get(entry);
    if (versions === undefined) return false;
    const index = versions.findIndex((version) => version.sequence <= closed);
    const version = versions[index];
    if (version === undefined) return false;
    const reader = this.#oldestBetween(version.sequence, versions[index - 1]?.sequence ?? newestSequence);
    if (reader !== undefined) {
      reader.kept.push(entry);
      return false;
    }
    versions.splice(index, 1);
    while (versions.at(-1)?.slot === GHOST_SLOT) versions.pop();
    if (versions.length > 0) return false;
    this.#versions.delete(entry);
    return true;
  }

  #oldestBetween(sequence: number, nextSequence: number): Reader | undefined {
    const reader = this.#readers[this.#firstFrom(sequence)];
    return reader !== undefined && reader.sequence < nextSequence ? reader : undefined;
  }

  /** Index of the first reader of this state or a newer one. */
  #firstFrom(sequence: number): number {
    let low = 0;
    let high = this.#readers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#readers[middle] as Reader).sequence < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
