/**
 * Of each of many keys the newest record, in a table of fixed size outside of the heap: 24 bytes a slot, at most three
 * quarters of the slots in use.
 *
 * Keys are told apart by 64 bits of hash alone, so two of them may be taken for one. The table then keeps the record
 * with the largest sequence number of both. That one is the newest of its own key too: no record in the table has ever
 * been superseded, whatever collides. What a collision hides is the newest record of the other key.
 */

/** Words of a slot. The last one is the segment's index plus 1, and below it a bit: the record has to have an entry. */
const SLOT = { hashLow: 0, hashHigh: 1, sequenceLow: 2, sequenceHigh: 3, offset: 4, segment: 5 } as const;
const SLOT_WORDS = SLOT.segment + 1;
const MAX_LOAD = 0.75;
const WORD = 2 ** 32;

export interface RecordOfKey {
  /** Two unsigned 32-bit hashes of the key. */
  readonly hashLow: number;
  readonly hashHigh: number;
  readonly sequence: number;
  readonly segmentIndex: number;
  readonly offsetBytes: number;
  readonly wantsEntry: boolean;
}

export class NewestRecords {
  readonly #words: Uint32Array;
  readonly #mask: number;
  readonly #maxKeys: number;
  #count = 0;

  constructor(maxKeys: number) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(2, maxKeys / MAX_LOAD)));
    this.#words = new Uint32Array(slots * SLOT_WORDS);
    this.#mask = slots - 1;
    this.#maxKeys = maxKeys;
  }

  clear(): void {
    if (this.#count > 0) this.#words.fill(0);
    this.#count = 0;
  }

  /** Keeps the record unless a newer one of its key is there. False: its key is one more than there is room for. */
  add({ hashLow, hashHigh, sequence, segmentIndex, offsetBytes, wantsEntry }: RecordOfKey): boolean {
    const words = this.#words;
    const at = this.#find(hashLow, hashHigh);
    if (words[at + SLOT.segment] === 0) {
      if (this.#count === this.#maxKeys) return false;
      this.#count++;
      words[at + SLOT.hashLow] = hashLow;
      words[at + SLOT.hashHigh] = hashHigh;
    } else {
      const known = (words[at + SLOT.sequenceHigh] as number) * WORD + (words[at + SLOT.sequenceLow] as number);
      if (known > sequence) return true;
    }
    words[at + SLOT.sequenceLow] = sequence % WORD;
    words[at + SLOT.sequenceHigh] = Math.floor(sequence / WORD);
    words[at + SLOT.offset] = offsetBytes;
    words[at + SLOT.segment] = (segmentIndex + 1) * 2 + (wantsEntry ? 1 : 0);
    return true;
  }

  /** There is an entry of this key for the record at this place. Another record of the key still has to have one. */
  foundEntry({ hashLow, hashHigh, segmentIndex, offsetBytes }: Omit<RecordOfKey, 'sequence' | 'wantsEntry'>): void {
    const words = this.#words;
    const at = this.#find(hashLow, hashHigh);
    const withoutEntry = (segmentIndex + 1) * 2;
    if (words[at + SLOT.offset] !== offsetBytes || words[at + SLOT.segment] !== withoutEntry + 1) return;
    words[at + SLOT.segment] = withoutEntry;
  }

  /** Places of the records that have to have an entry and for which none was found, in the order of segments. */
  forEachWithoutEntry(visit: (segmentIndex: number, offsetBytes: number) => void): void {
    for (const place of this.#placesWithoutEntry().sort()) visit(Math.floor(place / WORD), place % WORD);
  }

  /** Eight bytes a record: at most a quarter of what the table takes. */
  #placesWithoutEntry(): Float64Array {
    const words = this.#words;
    let count = 0;
    for (let at = SLOT.segment; at < words.length; at += SLOT_WORDS) count += (words[at] as number) & 1;
    const places = new Float64Array(count);
    for (let at = 0; at < words.length; at += SLOT_WORDS) {
      const segment = words[at + SLOT.segment] as number;
      if ((segment & 1) === 0) continue;
      places[--count] = ((segment >>> 1) - 1) * WORD + (words[at + SLOT.offset] as number);
    }
    return places;
  }

  /** Where the words of the key's slot begin, or of the empty one where it would go. */
  #find(hashLow: number, hashHigh: number): number {
    const words = this.#words;
    for (let slot = hashLow & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const at = slot * SLOT_WORDS;
      const isKey = words[at + SLOT.hashLow] === hashLow && words[at + SLOT.hashHigh] === hashHigh;
      if (isKey || words[at + SLOT.segment] === 0) return at;
    }
  }
}
