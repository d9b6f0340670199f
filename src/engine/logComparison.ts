/**
 * Compares the running keydir, as of a reader's state, with what the log says, while others read and write the store.
 *
 * A keydir of its own, rebuilt from the log, would be as large as the running one. Instead the running keydir is asked
 * about each record of the log, as `LogReplayer` reports them: a record that is the key's entry confirms it, one that
 * is older than the entry says nothing. What is left, of keys that the running keydir does not have or has wrong, goes
 * to a keydir of exceptions, which is small: it holds keys that were deleted or have expired, and what is wrong.
 *
 * An entry that no record has confirmed contradicts the log. Which record the log has instead was older, and has been
 * passed over; only then is the log read once more, for these keys alone.
 *
 * Entries are marked by their numbers. While the running keydir remembers deletes, the number of a key that was there
 * goes to no other one: it stays as a ghost, which also tells what was the newest record of a key whose time was over
 * meanwhile. A number that was free may go to a new key, whose record is newer than the reader's state and so is not
 * seen. Whoever makes a comparison calls `rememberDeletes` before, and `dropGhosts` when all is done.
 */

import { EntryMarks } from './entryMarks.ts';
import { Keydir } from './keydir.ts';
import { FREE_SLOT, type KeydirRecord, newRecord } from './keydirEntries.ts';
import type { LiveLog } from './liveLog.ts';
import type { Pacer } from './pacer.ts';
import type { StateReader } from './storeSnapshot.ts';
import { GROUP_SIZE, type RecordTaker } from './waitingRecords.ts';

/** A report names at most this many differences. */
const MAX_DIFFERENCES = 1000;

/** Marks of an entry. Unmet: the log has shown nothing that is as new as it. */
const UNMET = 0;
/** The entry's record stands in the log, and none that replaces it was seen. */
const CONFIRMED = 1;
/** The log says something else of the key, which stands in the exceptions. */
const EXCEPTED = 2;

/** Of a key that the running keydir did not know. */
const NEVER = -1;

export interface KeydirComparison {
  readonly keyCount: number;
  readonly differences: { readonly key: Uint8Array; readonly kind: 'missing' | 'extra' | 'different' }[];
}

/** Called for each difference, with the log's newest record of the key unless the log has none. */
export type OnDifference = (key: Uint8Array, record: Readonly<KeydirRecord> | undefined) => void;

export class LogComparison {
  /** Takes in all records of the log. */
  readonly taker: RecordTaker;
  /** Takes in all of them again where `hasUnmet` says so. */
  readonly secondTaker: RecordTaker;
  readonly #log: LiveLog;
  readonly #running: Keydir;
  readonly #sequence: number;
  readonly #marks: EntryMarks;
  /** Of each key in it, what the log says in the end. */
  readonly #exceptions: Keydir;
  /** What `#readKnown` has read. */
  readonly #known = newRecord();
  readonly #found = new Int32Array(GROUP_SIZE);
  readonly #touched = new Uint32Array(GROUP_SIZE);

  constructor(log: LiveLog, reader: StateReader) {
    const { keydir } = log;
    this.#log = log;
    this.#running = keydir;
    this.#sequence = reader.sequence;
    this.#marks = new EntryMarks(keydir.entriesEnd);
    this.#exceptions = new Keydir(keydir.parts.hashSeed);
    this.taker = this.#takerIf((bytes, start, length, hash, sequence, record) =>
      this.#isException(keydir.find(bytes, start, length, hash), sequence, record),
    );
    this.secondTaker = this.#takerIf((bytes, start, length, hash) =>
      this.#isUnmet(keydir.find(bytes, start, length, hash)),
    );
  }

  /**
   * Brings what the keys with these hashes need into the processor's caches, `GROUP_SIZE` at most: keys that were
   * overwritten lie in another order than their records, so that entry and key would each be waited for.
   */
  touch(hashes: Uint32Array, count: number): void {
    this.#running.findAllByHash(hashes, this.#found, count);
    let there = 0;
    for (let i = 0; i < count; i++) {
      const entry = this.#found[i] as number;
      if (entry !== -1) this.#touched[there++] = entry;
    }
    this.#running.touchKeys(this.#touched, there);
  }

  /** Whether an entry is left that no record of the log was as new as. */
  async hasUnmet(pacer: Pacer): Promise<boolean> {
    for (let entry = 0; entry < this.#marks.end; entry++) {
      if (entry % 1024 === 0) await pacer.pause();
      if (this.#isUnmet(entry)) return true;
    }
    return false;
  }

  /** Reports what differs. Keys whose time is over by `nowMs` have left the running keydir. */
  async conclude(nowMs: number, pacer: Pacer, onDifference: OnDifference = () => undefined): Promise<KeydirComparison> {
    const differences: { key: Uint8Array; kind: 'missing' | 'extra' | 'different' }[] = [];
    const note = (key: Uint8Array, kind: 'missing' | 'extra' | 'different') => {
      if (differences.length < MAX_DIFFERENCES) differences.push({ key, kind });
    };
    const exceptions = this.#exceptions;
    const running = this.#running;
    exceptions.expire(nowMs);
    let keyCount = exceptions.count;
    const actual = newRecord();
    await exceptions.forEachAsOf(Number.POSITIVE_INFINITY, exceptions.entriesEnd, pacer, (exception, expected) => {
      const key = exceptions.keyView(exception);
      const entry = running.find(key, 0, key.length);
      const isThere = entry !== -1 && running.readAt(entry, this.#sequence, actual);
      if (isThere && isSame(expected, actual)) return;
      // Its time was over after the comparison had begun.
      if (!isThere && this.#log.hasExpired(expected)) return;
      note(key.slice(), isThere ? 'different' : 'missing');
      onDifference(key, expected);
    });
    await running.forEachAsOf(this.#sequence, this.#marks.end, pacer, (entry) => {
      if (this.#marks.get(entry) === CONFIRMED) {
        keyCount++;
        return;
      }
      const key = running.keyView(entry).slice();
      if (this.find(key, 0, key.length, running.hashOf(key), actual) !== -1) return;
      note(key, 'extra');
      onDifference(key, undefined);
    });
    return { keyCount, differences };
  }

  // What the log says, once it has been taken in

  /**
   * The log's newest record of a key, into `target`. Returns its number, which no other key's has and which is below
   * `end`, or -1 when the log has none.
   */
  find(bytes: Uint8Array, start: number, length: number, hash: number, target: KeydirRecord): number {
    const entry = this.#running.find(bytes, start, length, hash);
    if (entry !== -1 && this.#marks.get(entry) === CONFIRMED) {
      return this.#running.readAt(entry, this.#sequence, target) ? entry : -1;
    }
    const exception = this.#exceptions.find(bytes, start, length, hash);
    return exception !== -1 && this.#exceptions.read(exception, target) ? this.#marks.end + exception : -1;
  }

  get end(): number {
    return this.#marks.end + this.#exceptions.entriesEnd;
  }

  /** Calls back for the newest record of each key, with the number that `find` gives it, and its key as a view. */
  async forEach(
    pacer: Pacer,
    visit: (number: number, record: Readonly<KeydirRecord>, key: () => Uint8Array) => void,
  ): Promise<void> {
    const { end } = this.#marks;
    await this.#running.forEachAsOf(this.#sequence, end, pacer, (entry, record) => {
      if (this.#marks.get(entry) === CONFIRMED) visit(entry, record, () => this.#running.keyView(entry));
    });
    const exceptions = this.#exceptions;
    await exceptions.forEachAsOf(Number.POSITIVE_INFINITY, exceptions.entriesEnd, pacer, (exception, record) => {
      visit(end + exception, record, () => exceptions.keyView(exception));
    });
  }

  /** `isException`: whether a record, undefined for a delete, goes to the exceptions. */
  #takerIf(
    isException: (
      bytes: Uint8Array,
      start: number,
      length: number,
      hash: number,
      sequence: number,
      record: Readonly<KeydirRecord> | undefined,
    ) => boolean,
  ): RecordTaker {
    const running = this.#running;
    const exceptions = this.#exceptions;
    return {
      hashOf: (bytes, start, length) => running.hashOf(bytes, start, length),
      touchPlaces: (hashes, count) => this.touch(hashes, count),
      find: (bytes, start, length, hash) => running.find(bytes, start, length, hash),
      put: (bytes, start, length, record, hash) => {
        if (!isException(bytes, start, length, hash, record.sequence, record)) return;
        exceptions.put(bytes, start, length, record, hash);
      },
      del: (bytes, start, length, sequence, _, hash) => {
        if (!isException(bytes, start, length, hash, sequence, undefined)) return;
        exceptions.del(bytes, start, length, sequence, true, hash);
      },
    };
  }

  /**
   * Marks what the record says of the key's entry in the running keydir, -1 for none. Once a key has an exception, all
   * that is as new as its entry goes there, and what is newest wins there by the rules of every keydir.
   */
  #isException(entry: number, sequence: number, record: Readonly<KeydirRecord> | undefined): boolean {
    if (entry === -1) return true;
    const isThere = this.#readKnown(entry);
    const known = this.#known;
    if (known.sequence === NEVER) return true;
    if (sequence < known.sequence) return false;
    const isEntry = isThere && record !== undefined && isSame(record, known);
    if (isEntry && this.#marks.get(entry) !== EXCEPTED) {
      this.#marks.set(entry, CONFIRMED);
      return false;
    }
    this.#marks.set(entry, EXCEPTED);
    return true;
  }

  #isUnmet(entry: number): boolean {
    if (entry === -1 || this.#marks.get(entry) !== UNMET) return false;
    this.#readKnown(entry);
    return this.#known.sequence !== NEVER;
  }

  /**
   * Reads into `#known` what the entry said as of the reader's state; false when the key was not there. The sequence
   * number then is that of its end, or `NEVER`.
   */
  #readKnown(entry: number): boolean {
    const known = this.#known;
    known.sequence = NEVER;
    const isThere = this.#running.readAt(entry, this.#sequence, known);
    if (known.slot === FREE_SLOT) known.sequence = NEVER;
    return isThere;
  }
}

function isSame(a: Readonly<KeydirRecord>, b: Readonly<KeydirRecord>): boolean {
  return (
    a.slot === b.slot &&
    a.offsetBytes === b.offsetBytes &&
    a.valueLength === b.valueLength &&
    a.sequence === b.sequence &&
    a.expiryMs === b.expiryMs
  );
}
