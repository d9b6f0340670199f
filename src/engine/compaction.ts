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
 */

import { HintFileEncoder } from '../format/hintFile.ts';
import { FILE_HEADER_SIZE, OPERATION } from '../format/layout.ts';
import { bindToOffset, encodeRecord, type RecordView } from '../format/record.ts';
import type { SegmentDamage } from '../format/segmentScanner.ts';
import type { CompactionReport, TaskOptions } from './api.ts';
import { crc32 } from './checksum.ts';
import { installHintFile } from './hintWriter.ts';
import type { KeydirRecord } from './keydirEntries.ts';
import type { LiveLog } from './liveLog.ts';
import { Pacer } from './pacer.ts';
import { createSegmentFile, Segment } from './segment.ts';
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

const NO_VALUE = new Uint8Array(0);

export class Compaction {
  readonly #log: LiveLog;
  readonly #inputs: readonly Segment[];
  readonly #options: CompactionOptions;
  readonly #pacer: Pacer;
  /** Smallest sequence number outside the inputs: tombstones above it must stay. */
  readonly #oldestOutside: number;
  readonly #outputs: Segment[] = [];
  /** Of the last output. Those before it have their hint files already. */
  #hints = new HintFileEncoder();
  #buffer = new Uint8Array(OUTPUT_BUFFER_SIZE);
  #bufferEnd = 0;
  #recordsKept = 0;
  #recordsDropped = 0;
  /** Records of the input at hand that the keydir points at. */
  #liveFound = 0;
  #damage: SegmentDamage | undefined;
  readonly #record: KeydirRecord = { slot: 0, offsetBytes: 0, valueLength: 0, sequence: 0, expiryMs: 0 };

  constructor(log: LiveLog, inputs: readonly Segment[], options: CompactionOptions) {
    this.#log = log;
    this.#inputs = inputs;
    this.#options = options;
    this.#pacer = new Pacer('Compaction', options.signal);
    const outside = log.segments.live().filter((segment) => !inputs.includes(segment));
    this.#oldestOutside = Math.min(Number.POSITIVE_INFINITY, ...outside.map((segment) => segment.minSequence));
  }

  async run(): Promise<CompactionReport> {
    const startMs = performance.now();
    const before = this.#log.segments.live();
    try {
      for (const input of this.#inputs) await this.#rewrite(input);
      this.#finishOutput();
      await this.#options.syncLog();
      this.#pacer.check();
      this.#install();
    } catch (error) {
      this.#discardOutputs();
      throw storageError(error, 'compacting');
    }
    try {
      await this.#relocate();
    } catch (error) {
      // Reads go on in the old files, but a snapshot of the keydir would name segments that are gone.
      throw this.#log.fail(error, 'reading compacted segments');
    }
    for (const input of this.#inputs) this.#log.retire(input);
    this.#removeInputs();
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
    const { key, sequence } = view;
    const record = this.#record;
    const entry = this.#log.keydir.find(key, 0, key.length);
    const isKnown = entry !== -1 && this.#log.keydir.read(entry, record);
    const isLive = isKnown && record.slot === input.slot && record.offsetBytes === view.offsetBytes;
    if (isLive) {
      this.#liveFound++;
      this.#append(view, view.operation, key, view.value);
      return;
    }
    // Not the key's newest record, or the key is gone: by a delete, which is a record of its own, or by expiry.
    const mayHideOlder = view.operation === OPERATION.del || view.expiryMs !== 0;
    const isSuperseded = isKnown && record.sequence > sequence;
    if (mayHideOlder && !isSuperseded && this.#oldestOutside < sequence)
      this.#append(view, OPERATION.del, key, NO_VALUE);
    else this.#recordsDropped++;
  }

  #append(view: RecordView, operation: RecordView['operation'], key: Uint8Array, value: Uint8Array): void {
    const size = view.sizeBytes - view.valueLength + value.length;
    const segment = this.#outputFor(size);
    const offsetBytes = segment.sizeBytes;
    if (this.#bufferEnd + size > this.#buffer.length) this.#flush();
    if (size > this.#buffer.length) this.#buffer = new Uint8Array(size);
    const isTombstone = operation === OPERATION.del;
    const { sequence, timestampMs } = view;
    const expiryMs = isTombstone ? 0 : view.expiryMs;
    const record = { operation, flags: 0, sequence, timestampMs, expiryMs, key, value };
    this.#bufferEnd = encodeRecord(this.#buffer, this.#bufferEnd, record, segment.salt, crc32);
    segment.sizeBytes += size;
    segment.countRecord(sequence, isTombstone);
    this.#hints.add({ operation, offsetBytes, valueLength: value.length, sequence, expiryMs, key });
    this.#recordsKept++;
  }

  #outputFor(sizeBytes: number): Segment {
    const current = this.#outputs.at(-1);
    if (current !== undefined && current.sizeBytes + sizeBytes <= this.#options.maxSegmentSizeBytes) return current;
    if (current !== undefined) this.#finishOutput();
    const { storage, directory, segments } = this.#log;
    const id = this.#log.takeSegmentId();
    const file = createSegmentFile(storage, directory, { id, createdMs: this.#options.now(), mode: 'create' });
    const segment = new Segment({ id, slot: segments.nextSlot, file, state: 'sealed', sizeBytes: FILE_HEADER_SIZE });
    // Until the manifest names it, it does not belong to the store.
    segment.retired = true;
    segments.add(segment);
    this.#outputs.push(segment);
    return segment;
  }

  #flush(): void {
    const segment = this.#outputs.at(-1);
    if (segment === undefined || this.#bufferEnd === 0) return;
    bindToOffset(this.#buffer, this.#bufferEnd, segment.writtenBytes);
    writeFully(segment.file, this.#buffer.subarray(0, this.#bufferEnd), segment.writtenBytes);
    segment.writtenBytes += this.#bufferEnd;
    this.#bufferEnd = 0;
  }

  #finishOutput(): void {
    const segment = this.#outputs.at(-1);
    if (segment === undefined) return;
    this.#flush();
    segment.file.syncNow();
    segment.syncedBytes = segment.sizeBytes;
    installHintFile(this.#log, segment, this.#hints, this.#options.now());
    this.#hints = new HintFileEncoder();
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
    for (const segment of this.#outputs) {
      const { file, id: segmentId, sizeBytes, slot } = segment;
      const steps = scanSegmentInSteps(
        { file, segmentId, sizeBytes },
        {
          record: (view) => {
            if (view.operation === OPERATION.put)
              this.#log.keydir.relocate(view.key, view.sequence, slot, view.offsetBytes);
          },
          damage: ({ offsetBytes }) => {
            throw new Error(`${segment.fileName} is not what was written, at offset ${offsetBytes}`);
          },
          batchEnd: () => undefined,
        },
      );
      while (steps.next().done !== true) await pacer.pause();
    }
  }

  /** What cannot be removed is in nobody's way: the next opening removes it. */
  #removeInputs(): void {
    const { storage, directory } = this.#log;
    try {
      for (const input of this.#inputs) this.#log.removeFiles(input);
      storage.syncDirectory(directory);
    } catch {
      // No manifest names them any more.
    }
  }

  #discardOutputs(): void {
    for (const segment of this.#outputs) this.#log.segments.drop(segment);
    try {
      for (const segment of this.#outputs) this.#log.removeFiles(segment);
      if (this.#outputs.length > 0) this.#log.storage.syncDirectory(this.#log.directory);
    } catch {
      // No manifest ever named them; why the compaction failed matters more.
    }
  }
}

function sumOfSizes(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
}
