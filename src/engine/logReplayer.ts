/**
 * Applies a segment's records to a keydir, as the scanner reports them: batches whole or not at all, nothing behind
 * damage until somebody has decided what the damage means.
 */

import { OPERATION, RECORD_FLAG } from '../format/layout.ts';
import type { RecordView } from '../format/record.ts';
import type { BatchEnd, BatchMembership, SegmentDamage, SegmentSink } from '../format/segmentScanner.ts';
import type { FileDamage } from './api.ts';
import type { Keydir } from './keydir.ts';
import type { KeydirRecord } from './keydirEntries.ts';
import type { Segment } from './segment.ts';

export interface ReplayCounts {
  puts: number;
  tombstones: number;
  batches: number;
}

export class LogReplayer implements SegmentSink {
  readonly damages: FileDamage[] = [];
  readonly counts: ReplayCounts = { puts: 0, tombstones: 0, batches: 0 };
  /** Offset of the first byte that is not part of a valid record or complete batch; undefined while all is well. */
  firstTroubleBytes: number | undefined;
  /** Whole records behind the first trouble. */
  recordsBehindTrouble = 0;
  /** No crash left the trouble: a record behind it says that everything before was synced, or it is a sound record. */
  troubleIsSynced = false;

  readonly #keydir: Keydir;
  readonly #segment: Segment;
  readonly #applyBehindTrouble: boolean;
  readonly #knownSequence: number;
  readonly #batch = new WaitingBatch();
  #openBatchOffset: number | undefined;
  readonly #record: KeydirRecord = { slot: 0, offsetBytes: 0, valueLength: 0, sequence: 0, expiryMs: 0 };

  /** With `knownSequence`, puts up to it are only taken of keys that the keydir has: the others are deleted. */
  constructor(
    keydir: Keydir,
    segment: Segment,
    options: { readonly applyBehindTrouble: boolean; readonly knownSequence?: number },
  ) {
    this.#keydir = keydir;
    this.#segment = segment;
    this.#applyBehindTrouble = options.applyBehindTrouble;
    this.#knownSequence = options.knownSequence ?? 0;
  }

  record(view: RecordView, membership: BatchMembership): void {
    if (this.firstTroubleBytes !== undefined) {
      this.recordsBehindTrouble++;
      if ((view.flags & RECORD_FLAG.afterSync) !== 0) this.troubleIsSynced = true;
    }
    if (view.operation === OPERATION.batch) {
      this.#openBatchOffset = view.offsetBytes;
      this.#batch.clear();
      this.counts.batches++;
    } else if (membership === 'member') {
      this.#batch.add(view);
    } else {
      if (membership === 'orphan') this.#trouble(view.offsetBytes, view.sizeBytes, 'orphan-of-batch');
      this.#apply(view, view.bytes, view.start + (view.sizeBytes - view.keyLength - view.valueLength), view.keyLength);
    }
  }

  batchEnd(batch: BatchEnd): void {
    this.#openBatchOffset = undefined;
    if (!batch.complete) {
      const { frameOffsetBytes, endOffsetBytes } = batch;
      this.#trouble(frameOffsetBytes, endOffsetBytes - frameOffsetBytes, 'incomplete-batch');
    }
    this.#batch.drain((record, bytes, keyStart, keyLength) => this.#apply(record, bytes, keyStart, keyLength));
  }

  damage(damage: SegmentDamage): void {
    this.#trouble(damage.offsetBytes, damage.sizeBytes, damage.reason);
    // Its checksum is right: a later version wrote it, and no crash did that.
    if (damage.reason === 'unknown-operation' || damage.reason === 'unknown-flags') this.troubleIsSynced = true;
  }

  #trouble(offsetBytes: number, sizeBytes: number, reason: string): void {
    this.firstTroubleBytes ??= this.#openBatchOffset ?? offsetBytes;
    this.damages.push({ fileName: this.#segment.fileName, offsetBytes, sizeBytes, reason });
  }

  #apply(
    record: Pick<RecordView, 'operation' | 'offsetBytes' | 'valueLength' | 'sequence' | 'expiryMs'>,
    bytes: Uint8Array,
    keyStart: number,
    keyLength: number,
  ): void {
    if (this.firstTroubleBytes !== undefined && !this.#applyBehindTrouble) return;
    const isTombstone = record.operation === OPERATION.del;
    this.#segment.countRecord(record.sequence, isTombstone);
    if (isTombstone) {
      this.counts.tombstones++;
      this.#keydir.del(bytes, keyStart, keyLength, record.sequence, true);
      return;
    }
    this.counts.puts++;
    if (record.sequence <= this.#knownSequence && this.#keydir.find(bytes, keyStart, keyLength) === -1) return;
    const target = this.#record;
    target.slot = this.#segment.slot;
    target.offsetBytes = record.offsetBytes;
    target.valueLength = record.valueLength;
    target.sequence = record.sequence;
    target.expiryMs = record.expiryMs;
    this.#keydir.put(bytes, keyStart, keyLength, target);
  }
}

interface WaitingRecord {
  operation: RecordView['operation'];
  offsetBytes: number;
  valueLength: number;
  sequence: number;
  expiryMs: number;
  keyStart: number;
  keyLength: number;
}

/** The records of a batch whose end has not been seen. Objects and bytes are used again for the next batch. */
class WaitingBatch {
  #keys = new Uint8Array(4096);
  #keysEnd = 0;
  #records: WaitingRecord[] = [];
  #count = 0;

  clear(): void {
    this.#keysEnd = 0;
    this.#count = 0;
  }

  add(view: RecordView): void {
    const keyStart = this.#keysEnd;
    this.#reserve(keyStart + view.keyLength);
    const from = view.start + (view.sizeBytes - view.keyLength - view.valueLength);
    for (let i = 0; i < view.keyLength; i++) this.#keys[keyStart + i] = view.bytes[from + i] as number;
    this.#keysEnd += view.keyLength;
    const { operation, offsetBytes, valueLength, sequence, expiryMs, keyLength } = view;
    const record = this.#records[this.#count];
    if (record === undefined) {
      this.#records.push({ operation, offsetBytes, valueLength, sequence, expiryMs, keyStart, keyLength });
    } else {
      record.operation = operation;
      record.offsetBytes = offsetBytes;
      record.valueLength = valueLength;
      record.sequence = sequence;
      record.expiryMs = expiryMs;
      record.keyStart = keyStart;
      record.keyLength = keyLength;
    }
    this.#count++;
  }

  drain(visit: (record: WaitingRecord, keys: Uint8Array, keyStart: number, keyLength: number) => void): void {
    for (let i = 0; i < this.#count; i++) {
      const record = this.#records[i] as WaitingRecord;
      visit(record, this.#keys, record.keyStart, record.keyLength);
    }
    this.clear();
  }

  #reserve(sizeBytes: number): void {
    if (sizeBytes <= this.#keys.length) return;
    const larger = new Uint8Array(Math.max(sizeBytes, this.#keys.length * 2));
    larger.set(this.#keys);
    this.#keys = larger;
  }
}
