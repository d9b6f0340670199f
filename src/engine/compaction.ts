/**
 * Compaction: rewrites the live records of some sealed segments into new ones and drops the rest.
 *
 * The new segments are written and synced under names that no manifest knows; one new manifest then replaces the old
 * segments by them, and only after that are the old files removed. A crash before that step leaves files that the
 * next opening deletes, a crash after it leaves old files that it deletes too.
 *
 * A tombstone is kept as long as a segment outside the compaction may hold an older record of its key: one whose
 * smallest sequence number is below the tombstone's. An expired record is in the same position, because dropping it
 * would bring an older one back; it becomes a tombstone with its sequence number.
 *
 * A record that stays is copied as it is, with its neighbours where they stay too. Its new checksum follows from the
 * old one, which was checked when it was read.
 */

import { FILE_HEADER_SIZE, OPERATION, RECORD, RECORD_HEADER_SIZE } from '../format/layout.ts';
import { writeU32 } from '../format/littleEndian.ts';
import { bindToOffset, encodeRecord, type RecordView, rebindChecksum, recordSize } from '../format/record.ts';
import type { SegmentDamage } from '../format/segmentScanner.ts';
import type { CompactionReport, TaskOptions } from './api.ts';
import { crc32 } from './checksum.ts';
import { HintOutput } from './hintOutput.ts';
import { newRecord } from './keydirEntries.ts';
import type { LiveLog } from './liveLog.ts';
import { AHEAD_SIZE, CELLS_AHEAD, entriesAhead, entryAt, LivePlaces } from './livePlaces.ts';
import { MovedRecords } from './movedRecords.ts';
import { Pacer } from './pacer.ts';
import { Segment } from './segment.ts';
import { scanSegmentInSteps } from './segmentReader.ts';
import { writeFully } from './storage.ts';
import { StrataError, storageError } from './strataError.ts';

const OUTPUT_BUFFER_SIZE = 1024 * 1024;

export interface CompactionOptions extends TaskOptions {
  readonly maxSegmentSizeBytes: number;
  readonly now: () => number;
  /** Makes durable what supersedes the records that are dropped. */
  readonly syncLog: () => Promise<void>;
}

const NO_BYTES = new Uint8Array(0);
const NO_PLACES = new Uint32Array(0);

export class Compaction {
  readonly #log: LiveLog;
  readonly #inputs: readonly Segment[];
  readonly #options: CompactionOptions;
  readonly #pacer: Pacer;
  /** Smallest sequence number outside the inputs: tombstones above it must stay. */
  readonly #oldestOutside: number;
  readonly #outputs: Segment[] = [];
  /** Of each output. Those before the last have been finished, or are being. */
  readonly #hints: HintOutput[] = [];
  /** Outputs that are being synced, beside the rewriting of further ones. */
  readonly #finishing: Promise<void>[] = [];
  readonly #places: LivePlaces;
  /** Of the input at hand: where the records are that the keydir points at. */
  #live: Uint32Array = NO_PLACES;
  /** Entries of records before this offset of the input have been touched. */
  #touchedEndBytes = 0;
  readonly #ahead = new Uint32Array(CELLS_AHEAD);
  readonly #moved: MovedRecords[] = [];
  /** Neighbouring records of `#run` that stay and have not been copied yet. */
  #run: Uint8Array = NO_BYTES;
  #runStart = 0;
  #runEnd = 0;
  #buffer = new Uint8Array(OUTPUT_BUFFER_SIZE);
  #bufferEnd = 0;
  #recordsKept = 0;
  #recordsDropped = 0;
  /** Records of the input at hand that the keydir points at. */
  #liveFound = 0;
  #damage: SegmentDamage | undefined;
  readonly #record = newRecord();

  constructor(log: LiveLog, inputs: readonly Segment[], options: CompactionOptions) {
    this.#log = log;
    this.#inputs = inputs;
    this.#options = options;
    this.#pacer = new Pacer('Compaction', options.signal);
    this.#places = new LivePlaces(log.keydir, () => this.#pacer.pause());
    const outside = log.segments.live().filter((segment) => !inputs.includes(segment));
    this.#oldestOutside = Math.min(Number.POSITIVE_INFINITY, ...outside.map((segment) => segment.minSequence));
  }

  async run(): Promise<CompactionReport> {
    const startMs = performance.now();
    const before = this.#log.segments.live();
    try {
      for (const input of this.#inputs) await this.#rewrite(input);
      this.#live = NO_PLACES;
      this.#finishOutput();
      await Promise.all(this.#finishing);
      await this.#options.syncLog();
      this.#pacer.check();
      this.#install();
    } catch (error) {
      await Promise.allSettled(this.#finishing);
      this.#discardOutputs();
      throw storageError(error, 'compacting');
    }
    try {
      await this.#relocate();
    } catch (error) {
      // Reads go on in the old files, but a snapshot of the keydir would name segments that are gone.
      throw this.#log.fail(error, 'pointing at compacted segments');
    }
    for (const input of this.#inputs) this.#log.retire(input);
    this.#log.removeFiles(this.#inputs);
    const after = this.#log.segments.live();
    return {
      bytesBefore: sumOfSizes(before),
      bytesAfter: sumOfSizes(after),
      segmentsBefore: before.length,
      segmentsAfter: after.length,
      recordsKept: this.#recordsKept,
      recordsDropped: this.#recordsDropped,
      durationMs: performance.now() - startMs,
    };
  }

  async #rewrite(input: Segment): Promise<void> {
    const { file, id: segmentId, sizeBytes } = input;
    this.#live = await this.#places.take(this.#inputs.slice(this.#inputs.indexOf(input)));
    this.#touchedEndBytes = 0;
    const steps = scanSegmentInSteps(
      { file, segmentId, sizeBytes },
      {
        record: (view) => this.#take(view, input),
        damage: (damage) => {
          this.#damage ??= damage;
        },
        batchEnd: () => undefined,
      },
    );
    const total = sumOfSizes(this.#inputs);
    let done = sumOfSizes(this.#inputs.slice(0, this.#inputs.indexOf(input)));
    for (let step = steps.next(); step.done !== true; step = steps.next()) {
      // The next step reads other bytes into the same place.
      this.#endRun();
      if (this.#damage !== undefined) throw this.#damagedError(input, this.#damage);
      done += step.value;
      this.#options.onProgress?.({ done: Math.min(done, total), total });
      await this.#pacer.pause();
    }
    if (this.#damage !== undefined) throw this.#damagedError(input, this.#damage);
    this.#checkAgainstKeydir(input);
  }

  /**
   * Every record that the keydir has in the segment must have been met. A keydir that contradicts the log, however it
   * came about, must not decide which records are dropped.
   */
  #checkAgainstKeydir(input: Segment): void {
    const { liveCount } = this.#log.keydir.usage(input.slot);
    if (this.#liveFound < liveCount) {
      throw new StrataError(
        'STORE_DAMAGED',
        `The keydir has ${liveCount} records in ${input.fileName}, the file has ${this.#liveFound} of them; nothing was ` +
          `compacted. Replay the store to rebuild the keydir from the log.`,
      );
    }
    this.#liveFound = 0;
  }

  #damagedError(input: Segment, damage: SegmentDamage): StrataError {
    const { fileName } = input;
    const { offsetBytes, sizeBytes, reason } = damage;
    return new StrataError(
      'STORE_DAMAGED',
      `${fileName} is damaged at offset ${offsetBytes} (${reason}), so it was not compacted; nothing was changed. ` +
        `Copy the readable records into a new store.`,
      { damage: [{ fileName, offsetBytes, sizeBytes, reason }] },
    );
  }

  /** Keeps, converts or drops one record. */
  #take(view: RecordView, input: Segment): void {
    if (view.operation === OPERATION.batch) return;
    if (view.offsetBytes >= this.#touchedEndBytes) this.#touchAhead(view.offsetBytes);
    const entry = entryAt(this.#live, view.offsetBytes);
    if (entry !== -1 && this.#log.keydir.isNewest(entry, input, view)) {
      this.#liveFound++;
      this.#copy(view, entry, input);
      return;
    }
    // Not the key's newest record, or the key is gone: by a delete, which is a record of its own, or by expiry.
    const mayHideOlder = view.operation === OPERATION.del || view.expiryMs !== 0;
    if (mayHideOlder && this.#oldestOutside < view.sequence && !this.#isSuperseded(view)) this.#keepTombstone(view);
    else this.#recordsDropped++;
  }

  /** Records that were overwritten since lie in another order than their entries: each would wait for its own. */
  #touchAhead(offsetBytes: number): void {
    this.#log.keydir.touchKeys(this.#ahead, entriesAhead(this.#live, offsetBytes, this.#ahead));
    this.#touchedEndBytes = offsetBytes + AHEAD_SIZE;
  }

  #isSuperseded(view: RecordView): boolean {
    const { keydir } = this.#log;
    const entry = keydir.find(view.bytes, view.start + RECORD_HEADER_SIZE, view.keyLength);
    return entry !== -1 && keydir.read(entry, this.#record) && this.#record.sequence > view.sequence;
  }

  #copy(view: RecordView, entry: number, input: Segment): void {
    const { bytes, start, sizeBytes } = view;
    const segment = this.#outputFor(sizeBytes);
    const offsetBytes = segment.sizeBytes;
    // The scan has done with these bytes, so they are made what the copy will be, in place.
    writeU32(bytes, start + RECORD.checksum, rebindChecksum(view, input.salt, segment.salt, offsetBytes));
    bytes[start + RECORD.flags] = 0;
    if (this.#run !== bytes || this.#runEnd !== start) {
      this.#endRun();
      this.#run = bytes;
      this.#runStart = start;
    }
    this.#runEnd = start + sizeBytes;
    let moved = this.#moved.at(-1);
    if (moved?.from !== input || moved.to !== segment) {
      moved = new MovedRecords(input, segment);
      this.#moved.push(moved);
    }
    moved.add(entry, view.offsetBytes, offsetBytes, sizeBytes);
    this.#countKept(segment, view, view, sizeBytes);
  }

  #keepTombstone(view: RecordView): void {
    const size = recordSize(view.keyLength, 0);
    const segment = this.#outputFor(size);
    const { key, sequence, timestampMs } = view;
    const record = { operation: OPERATION.del, flags: 0, sequence, timestampMs, expiryMs: 0, key, value: NO_BYTES };
    const bytes = new Uint8Array(size);
    encodeRecord(bytes, 0, record, segment.salt, crc32);
    bindToOffset(bytes, size, segment.sizeBytes);
    this.#endRun();
    this.#write(bytes);
    segment.neededTombstoneBytes += size;
    segment.neededBesideSequence = this.#oldestOutside;
    this.#countKept(segment, { operation: OPERATION.del, valueLength: 0, sequence, expiryMs: 0 }, view, size);
  }

  /** Counts `record`, which stands at the end of the segment now and has the key of `view`. */
  #countKept(
    segment: Segment,
    record: Pick<RecordView, 'operation' | 'valueLength' | 'sequence' | 'expiryMs'>,
    view: RecordView,
    sizeBytes: number,
  ): void {
    this.#hints.at(-1)?.add(record, segment.sizeBytes, view);
    segment.sizeBytes += sizeBytes;
    segment.countRecord(record.sequence, record.operation === OPERATION.del);
    this.#recordsKept++;
  }

  #endRun(): void {
    if (this.#runEnd > this.#runStart) this.#write(this.#run.subarray(this.#runStart, this.#runEnd));
    this.#run = NO_BYTES;
    this.#runStart = 0;
    this.#runEnd = 0;
  }

  #write(bytes: Uint8Array): void {
    if (this.#bufferEnd + bytes.length > this.#buffer.length) this.#flush();
    if (bytes.length > this.#buffer.length) {
      this.#writeToFile(bytes);
      return;
    }
    this.#buffer.set(bytes, this.#bufferEnd);
    this.#bufferEnd += bytes.length;
  }

  #outputFor(sizeBytes: number): Segment {
    const current = this.#outputs.at(-1);
    if (current !== undefined && current.sizeBytes + sizeBytes <= this.#options.maxSegmentSizeBytes) return current;
    if (current !== undefined) this.#finishOutput();
    const { segments } = this.#log;
    const id = this.#log.takeSegmentId();
    const file = this.#log.createSegmentFile(id, this.#options.now(), 'create');
    const segment = new Segment({ id, slot: segments.nextSlot, file, state: 'sealed', sizeBytes: FILE_HEADER_SIZE });
    // Until the manifest names it, it does not belong to the store.
    segment.retired = true;
    segments.add(segment);
    this.#outputs.push(segment);
    this.#hints.push(new HintOutput(this.#log, segment));
    return segment;
  }

  #flush(): void {
    if (this.#bufferEnd > 0) this.#writeToFile(this.#buffer.subarray(0, this.#bufferEnd));
    this.#bufferEnd = 0;
  }

  #writeToFile(bytes: Uint8Array): void {
    const segment = this.#outputs.at(-1) as Segment;
    writeFully(segment.file, bytes, segment.writtenBytes);
    segment.writtenBytes += bytes.length;
  }

  #finishOutput(): void {
    const segment = this.#outputs.at(-1);
    const hints = this.#hints.at(-1);
    if (segment === undefined || hints === undefined) return;
    this.#endRun();
    this.#flush();
    const finished = this.#makeDurable(segment, hints);
    this.#finishing.push(finished);
    // Whoever waits for all of them hears of the error.
    finished.catch(() => undefined);
  }

  async #makeDurable(segment: Segment, hints: HintOutput): Promise<void> {
    await segment.file.sync();
    segment.syncedBytes = segment.sizeBytes;
    await hints.install(this.#options.now(), () => true);
  }

  /** The one step that makes the compaction count. */
  #install(): void {
    for (const segment of this.#outputs) segment.retired = false;
    for (const input of this.#inputs) input.retired = true;
    try {
      this.#log.installManifest(this.#options.now());
    } catch (error) {
      for (const segment of this.#outputs) segment.retired = true;
      for (const input of this.#inputs) input.retired = false;
      if (this.#log.isUntouchedBy(error)) throw error;
      // Whether the new manifest is in place is not known, so neither the old nor the new files may go.
      this.#outputs.length = 0;
      throw this.#log.fail(error, 'installing compacted segments');
    }
  }

  /** Points the keydir at the new places. Until it is done, reads find the records in the old files. */
  async #relocate(): Promise<void> {
    const pacer = new Pacer('Compaction');
    const { keydir } = this.#log;
    for (const moved of this.#moved) {
      const from = { slot: moved.from.slot, offsetBytes: 0 };
      const to = { slot: moved.to.slot, offsetBytes: 0 };
      const slices = moved.visit((entry, fromOffsetBytes, toOffsetBytes, sizeBytes) => {
        from.offsetBytes = fromOffsetBytes;
        to.offsetBytes = toOffsetBytes;
        keydir.relocate(entry, from, to, sizeBytes);
      });
      for (const _ of slices) await pacer.pause();
    }
  }

  #discardOutputs(): void {
    for (const segment of this.#outputs) this.#log.segments.drop(segment);
    for (const hints of this.#hints) hints.abandon();
    this.#log.removeFiles(this.#outputs);
  }
}

function sumOfSizes(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
}
