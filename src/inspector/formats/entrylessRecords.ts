/**
 * Finds the records that a keydir snapshot should have an entry for, and has none: the newest put of a key, unless its
 * time was over. What is newest only all segments together tell, so their keys are taken in as many shares as it
 * takes for one share to fit into a table of fixed size, with one pass over the files for each.
 *
 * Keys are told apart by 64 bits of hash, with seeds of their own for each search, so that nobody can choose keys that
 * collide. Where two do, a record without entry may stay unnoticed; none is named that has one, and none that need not
 * have one (`newestRecords.ts`). Among a million keys, the chance that any two collide is one in 37 million.
 */

import { segmentFileName } from '../../format/fileName.ts';
import { hashKey } from '../../format/keyHash.ts';
import { FILE_HEADER, FILE_HEADER_SIZE, OPERATION, RECORD_HEADER_SIZE } from '../../format/layout.ts';
import { readU64 } from '../../format/littleEndian.ts';
import type { CrossCheckContext, LogFile, LogRecord, LogSink } from '../logFormat.ts';
import type { RangedFile } from '../rangedFile.ts';
import { ChunkReader } from '../rowWalk.ts';
import { NewestRecords } from './newestRecords.ts';
import type { CoveredSegment } from './snapshotCheck.ts';
import { UncommittedRecords } from './uncommittedRecords.ts';

export interface RecordPlace {
  readonly segmentId: number;
  readonly offsetBytes: number;
}

export interface EntrylessSearch {
  readonly snapshot: LogFile;
  /** Index of live entries among the snapshot's operations. */
  readonly entryOperation: number;
  readonly openSegment: (file: RangedFile, fileName: string) => LogFile;
  readonly segments: readonly CoveredSegment[];
  /** The snapshot has not as many entries as it says itself. */
  readonly countsDiffer: boolean;
  readonly context: CrossCheckContext;
  readonly onFound: (record: RecordPlace) => void;
  /** An entry points at a record that never came to count, because its batch is incomplete or has no frame. */
  readonly onUncommitted: (entryOffsetBytes: number, record: RecordPlace) => void;
  /** How much of the search is done, 0 to 1. Less than before where more passes turn out to be needed. */
  readonly onProgress: (share: number) => void;
  /** Default: 1,500,000, for which table and result together take 60 MiB. */
  readonly keysAtOnce?: number;
  /** Default: that of the format. */
  readonly hash?: typeof hashKey;
}

/**
 * `missing`: a segment is not there, or not all that is covered of it. `damaged`: what is covered of a segment is. In
 * either case a record that is lost may have replaced any other. `too-many-keys`: not all were looked at.
 * `stopped`: because the signal said so.
 */
export type SearchEnd = 'complete' | 'missing' | 'damaged' | 'too-many-keys' | 'stopped';

const KEYS_AT_ONCE = 1_500_000;
/** 8 passes, for twelve million keys: nobody waits for more. */
const MAX_SHARE_BITS = 3;
const CHUNK_BYTES = 0x4_0000;
/** A segment with more is damaged beyond what is worth a second look. */
const MAX_INCOMPLETE_BATCHES = 10_000;
const MIN_RECORD_SIZE = RECORD_HEADER_SIZE + 1;

/** Several passes are made only where the counts say that something is missing. */
export async function findRecordsWithoutEntry(search: EntrylessSearch): Promise<SearchEnd> {
  if (search.segments.some(({ file, coveredSizeBytes }) => file === undefined || file.sizeBytes < coveredSizeBytes)) {
    return 'missing';
  }
  return new Search(search).run();
}

class Search {
  readonly #options: EntrylessSearch;
  readonly #newest: NewestRecords;
  readonly #keysAtOnce: number;
  readonly #hash: typeof hashKey;
  readonly #seeds = crypto.getRandomValues(new Uint32Array(2));
  readonly #createdMs: number;
  /** Places of the frames, of all segments. */
  readonly #incompleteBatches = new Set<number>();
  readonly #uncommitted = new UncommittedRecords();
  readonly #passSizeBytes: number;
  #bytesOfPass = 0;
  #shareBits = 0;
  #share = 0;

  constructor(options: EntrylessSearch) {
    const { segments, context, keysAtOnce = KEYS_AT_ONCE, hash = hashKey } = options;
    this.#options = options;
    this.#keysAtOnce = keysAtOnce;
    this.#hash = hash;
    const head = new Uint8Array(FILE_HEADER_SIZE);
    context.file.read(head, 0);
    this.#createdMs = readU64(head, FILE_HEADER.created);
    // What the snapshot says of the number of records is not believed: their bytes bound it.
    const coveredBytes = segments.reduce((sum, { coveredSizeBytes }) => sum + coveredSizeBytes, 0);
    this.#passSizeBytes = coveredBytes + context.file.sizeBytes;
    this.#newest = new NewestRecords(Math.min(keysAtOnce, Math.ceil(coveredBytes / MIN_RECORD_SIZE)));
  }

  async run(): Promise<SearchEnd> {
    const { segments, context, onFound } = this.#options;
    const entryCount = segments.reduce((sum, { entriesSeen }) => sum + entriesSeen, 0);
    while (this.#keysAtOnce * 2 ** this.#shareBits < entryCount) if (!this.#halveShares()) return 'too-many-keys';
    while (this.#share < 2 ** this.#shareBits) {
      const outcome = await this.#readShare();
      if (outcome === 'read') await this.#readEntries();
      if (context.signal.aborted) return 'stopped';
      if (outcome === 'damaged') return 'damaged';
      if (outcome === 'full') {
        if (!this.#halveShares()) return 'too-many-keys';
        continue;
      }
      this.#newest.forEachWithoutEntry((segmentIndex, offsetBytes) => {
        const segment = segments[segmentIndex];
        if (segment !== undefined) onFound({ segmentId: segment.segmentId, offsetBytes });
      });
      this.#share++;
    }
    return 'complete';
  }

  /** The keys of one share are those of the two that take its place. */
  #halveShares(): boolean {
    if (!this.#options.countsDiffer || this.#shareBits === MAX_SHARE_BITS) return false;
    this.#shareBits++;
    this.#share *= 2;
    return true;
  }

  /**
   * The members of a batch are taken as they come, and whether it is complete shows behind them. Incomplete ones are so
   * rare that all is read anew without them, which needs no memory for batches that may have a gigabyte.
   */
  async #readShare(): Promise<'read' | 'full' | 'damaged'> {
    for (;;) {
      const known = this.#incompleteBatches.size;
      const outcome = await this.#readSegments();
      if (outcome === 'damaged' || this.#incompleteBatches.size === known) return outcome;
      if (this.#incompleteBatches.size > MAX_INCOMPLETE_BATCHES) return 'damaged';
    }
  }

  async #readSegments(): Promise<'read' | 'full' | 'damaged'> {
    const { segments, openSegment } = this.#options;
    this.#newest.clear();
    this.#uncommitted.clear();
    this.#bytesOfPass = 0;
    for (const [segmentIndex, { file, segmentId, coveredSizeBytes }] of segments.entries()) {
      if (file === undefined) return 'damaged';
      const records = new RecordsSink(
        (record) => {
          if (this.#counts(record, segmentIndex)) return this.#addRecord(record, segmentIndex);
          this.#uncommitted.add(segmentIndex, record.offsetBytes, record.sizeBytes);
          return true;
        },
        (startBytes) => this.#incompleteBatches.add(placeOf(segmentIndex, startBytes)).size <= MAX_INCOMPLETE_BATCHES,
      );
      const logFile = openSegment(file, segmentFileName(segmentId));
      const endBytes = await this.#walk(file, logFile, coveredSizeBytes, records);
      if (records.isDamaged) return 'damaged';
      if (records.isOver) return 'full';
      if (endBytes < coveredSizeBytes) return 'damaged';
    }
    return 'read';
  }

  async #readEntries(): Promise<void> {
    const { context, snapshot, segments, entryOperation, onUncommitted } = this.#options;
    const entries = new RecordsSink((record) => {
      const place = record.entryPlace;
      const hashes = record.operation === entryOperation ? this.#hashesInShare(record) : undefined;
      if (hashes === undefined || place === undefined) return true;
      const { segmentIndex, offsetBytes } = place;
      this.#newest.foundEntry({ ...hashes, segmentIndex, offsetBytes });
      const segment = segments[segmentIndex];
      if (segment !== undefined && this.#uncommitted.has(segmentIndex, offsetBytes)) {
        onUncommitted(record.offsetBytes, { segmentId: segment.segmentId, offsetBytes });
      }
      return true;
    });
    await this.#walk(context.file, snapshot, context.file.sizeBytes, entries);
  }

  /**
   * Reads the first `sizeBytes` of a file, and nothing that was written behind them. Returns where it ended: sooner when
   * the sink wants no more, the file was cut meanwhile, or the search was stopped.
   *
   * Reads values too, though keys alone are needed: the checksum of a record covers its value, and without it nobody
   * knows that its key is right and that the next record starts where it says. Hint files name the keys without the
   * values, but they are caches as the snapshot is, and it is to be compared with the log.
   */
  async #walk(file: RangedFile, logFile: LogFile, sizeBytes: number, sink: RecordsSink): Promise<number> {
    const scan = logFile.scan({ offsetBytes: 0, fileSizeBytes: sizeBytes });
    const reader = new ChunkReader(file, scan, CHUNK_BYTES);
    const { context, onProgress } = this.#options;
    const bytesBefore = this.#bytesOfPass;
    while (!scan.done && !sink.isOver && !context.signal.aborted) {
      await context.pause();
      reader.step(sink);
      this.#bytesOfPass = bytesBefore + scan.wantOffsetBytes;
      onProgress((this.#share + this.#bytesOfPass / this.#passSizeBytes) / 2 ** this.#shareBits);
    }
    return scan.wantOffsetBytes;
  }

  /** As in the engine's recovery, members of an incomplete batch and orphans do not count. */
  #counts({ groupRole, groupStartBytes }: LogRecord, segmentIndex: number): boolean {
    if (groupRole === 'orphan') return false;
    return groupRole !== 'member' || !this.#incompleteBatches.has(placeOf(segmentIndex, groupStartBytes));
  }

  /** False: its key is one more than there is room for. */
  #addRecord(record: LogRecord, segmentIndex: number): boolean {
    const hashes = this.#hashesInShare(record);
    if (hashes === undefined) return true;
    const { sequence, offsetBytes, expiryMs, operation } = record;
    const isOver = expiryMs > 0 && expiryMs <= this.#createdMs;
    const wantsEntry = operation === OPERATION.put && !isOver;
    return this.#newest.add({ ...hashes, sequence, segmentIndex, offsetBytes, wantsEntry });
  }

  /** Undefined: the record's key is of another share. */
  #hashesInShare({
    bytes,
    keyStart,
    keyLength,
  }: LogRecord): { readonly hashLow: number; readonly hashHigh: number } | undefined {
    const [seedLow, seedHigh] = this.#seeds as unknown as [number, number];
    const hashHigh = this.#hash(bytes, keyStart, keyLength, seedHigh);
    if (Math.floor((hashHigh / 2 ** 32) * 2 ** this.#shareBits) !== this.#share) return undefined;
    return { hashLow: this.#hash(bytes, keyStart, keyLength, seedLow), hashHigh };
  }
}

function placeOf(segmentIndex: number, offsetBytes: number): number {
  return segmentIndex * 2 ** 32 + offsetBytes;
}

class RecordsSink implements LogSink {
  readonly #take: (record: LogRecord) => boolean;
  readonly #takeIncomplete: (startBytes: number) => boolean;
  isDamaged = false;
  /** What follows is of no use. */
  isOver = false;

  /** Both are called no more once one of them has said false; `takeIncomplete` after the last member of a batch. */
  constructor(take: (record: LogRecord) => boolean, takeIncomplete: (startBytes: number) => boolean = () => true) {
    this.#take = take;
    this.#takeIncomplete = takeIncomplete;
  }

  record(record: LogRecord): void {
    if (this.isOver || record.kind !== 'record' || record.groupRole === 'frame') return;
    if (!this.#take(record)) this.isOver = true;
  }

  damage(): void {
    this.isDamaged = true;
    this.isOver = true;
  }

  groupEnd({ startBytes, complete }: { readonly startBytes: number; readonly complete: boolean }): void {
    if (!this.isOver && !complete && !this.#takeIncomplete(startBytes)) this.isOver = true;
  }
}
