/**
 * Records of one segment on their way into the keydir, which takes them in by groups. Where a key's place in the hash
 * table is says its hash, so that it is nearly always a cache miss, and for a store of some size a miss in the
 * processor's table of page addresses too. One record waits for its own; the places of a group are touched in a loop
 * first, and the processor waits for all of them together.
 */

import { OPERATION, type Operation } from '../format/layout.ts';
import { type KeydirRecord, newRecord } from './keydirEntries.ts';
import type { Segment } from './segment.ts';

const WORDS = 4;
const NUMBERS = 2;

/** So many places stay in the processor's fastest cache until they are used. */
export const GROUP_SIZE = 64;
/** Whoever need not keep them for longer lets no more than so many records wait. */
export const ENOUGH_WAITING = GROUP_SIZE * 4;

/** Takes in the records of a log: a keydir, or what compares one with the log. Its methods are those of `Keydir`. */
export interface RecordTaker {
  hashOf(bytes: Uint8Array, start: number, length: number): number;
  /** Before the records of a group are taken in, `GROUP_SIZE` at most. */
  touchPlaces(hashes: Uint32Array, count: number): void;
  find(bytes: Uint8Array, start: number, length: number, hash: number): number;
  put(bytes: Uint8Array, start: number, length: number, record: Readonly<KeydirRecord>, hash: number): void;
  del(bytes: Uint8Array, start: number, length: number, sequence: number, remember: boolean, hash: number): void;
}

export interface TakeOptions {
  readonly keydir: RecordTaker;
  /** In which the records stand. It counts them. */
  readonly segment: Segment;
  /** As for `Keydir.del`. */
  readonly rememberDeletes: boolean;
  /** Puts up to this sequence number are only taken of keys that the keydir has: the others are deleted. */
  readonly knownSequence: number;
}

/** What is known of a record without its key. */
type Fields = Omit<KeydirRecord, 'slot'> & { readonly operation: Operation };

export class WaitingRecords {
  #count = 0;
  #isDelete = new Uint8Array(ENOUGH_WAITING);
  /** Of each: where its key begins, and its length, its record's offset, and the length of its value. */
  #words = new Uint32Array(ENOUGH_WAITING * WORDS);
  /** Of each: sequence number, expiry. */
  #numbers = new Float64Array(ENOUGH_WAITING * NUMBERS);
  readonly #hashes = new Uint32Array(GROUP_SIZE);
  readonly #record = newRecord();

  get count(): number {
    return this.#count;
  }

  /** A put or a delete of the key at `keyStart` of the bytes that `takeInto` will get. */
  add(record: Readonly<Fields>, keyStart: number, keyLength: number): void {
    if (this.#count === this.#isDelete.length) this.#grow();
    const index = this.#count++;
    this.#isDelete[index] = record.operation === OPERATION.del ? 1 : 0;
    const word = index * WORDS;
    this.#words[word] = keyStart;
    this.#words[word + 1] = keyLength;
    this.#words[word + 2] = record.offsetBytes;
    this.#words[word + 3] = record.valueLength;
    const number = index * NUMBERS;
    this.#numbers[number] = record.sequence;
    this.#numbers[number + 1] = record.expiryMs;
  }

  clear(): void {
    this.#count = 0;
  }

  /** The keydir takes the records in, in the order in which they were added; none waits any longer. */
  takeInto(options: TakeOptions, bytes: Uint8Array): void {
    const count = this.#count;
    this.#count = 0;
    for (let first = 0; first < count; first += GROUP_SIZE) {
      this.#takeGroup(options, bytes, first, Math.min(first + GROUP_SIZE, count));
    }
  }

  #takeGroup(options: TakeOptions, bytes: Uint8Array, first: number, end: number): void {
    const { keydir } = options;
    const hashes = this.#hashes;
    for (let index = first; index < end; index++) {
      const word = index * WORDS;
      hashes[index - first] = keydir.hashOf(bytes, this.#words[word] as number, this.#words[word + 1] as number);
    }
    keydir.touchPlaces(hashes, end - first);
    for (let index = first; index < end; index++) this.#take(options, bytes, index, hashes[index - first] as number);
  }

  #take(
    { keydir, segment, rememberDeletes, knownSequence }: TakeOptions,
    bytes: Uint8Array,
    index: number,
    hash: number,
  ): void {
    const word = index * WORDS;
    const keyStart = this.#words[word] as number;
    const keyLength = this.#words[word + 1] as number;
    const number = index * NUMBERS;
    const sequence = this.#numbers[number] as number;
    const isDelete = this.#isDelete[index] === 1;
    segment.countRecord(sequence, isDelete);
    if (isDelete) {
      keydir.del(bytes, keyStart, keyLength, sequence, rememberDeletes, hash);
      return;
    }
    if (sequence <= knownSequence && keydir.find(bytes, keyStart, keyLength, hash) === -1) return;
    const record = this.#record;
    record.slot = segment.slot;
    record.offsetBytes = this.#words[word + 2] as number;
    record.valueLength = this.#words[word + 3] as number;
    record.sequence = sequence;
    record.expiryMs = this.#numbers[number + 1] as number;
    keydir.put(bytes, keyStart, keyLength, record, hash);
  }

  #grow(): void {
    const isDelete = new Uint8Array(this.#isDelete.length * 2);
    isDelete.set(this.#isDelete);
    this.#isDelete = isDelete;
    const words = new Uint32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
    const numbers = new Float64Array(this.#numbers.length * 2);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }
}
