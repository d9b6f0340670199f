/**
 * Applies a segment's records to a keydir, or to what compares one with the log, as the scanner reports them: batches
 * whole or not at all, nothing behind damage until somebody has decided what the damage means.
 */

import { OPERATION, RECORD_FLAG, RECORD_HEADER_SIZE } from '../format/layout.ts';
import type { RecordView } from '../format/record.ts';
import type { BatchEnd, BatchMembership, SegmentDamage, SegmentSink } from '../format/segmentScanner.ts';
import type { FileDamage } from './api.ts';
import type { Segment } from './segment.ts';
import { ENOUGH_WAITING, type RecordTaker, type TakeOptions, WaitingRecords } from './waitingRecords.ts';

const NO_BYTES = new Uint8Array(0);

export class LogReplayer implements SegmentSink {
  readonly damages: FileDamage[] = [];
  batchCount = 0;
  /** Offset of the first byte that is not part of a valid record or complete batch; undefined while all is well. */
  firstTroubleBytes: number | undefined;
  /** Whole records behind the first trouble. */
  recordsBehindTrouble = 0;

  readonly #segment: Segment;
  readonly #applyBehindTrouble: boolean;
  readonly #target: TakeOptions;
  readonly #batch = new WaitingBatch();
  #openBatchOffset: number | undefined;
  #openBatchChecksum = 0;
  /** A record behind the trouble says that everything before was synced, or it is a sound record itself. */
  #troubleIsSynced = false;
  /** Records of no batch, with their keys in `#waitingBytes`. */
  readonly #waiting = new WaitingRecords();
  #waitingBytes: Uint8Array = NO_BYTES;

  /** `knownSequence`: as in `TakeOptions`. */
  constructor(
    keydir: RecordTaker,
    segment: Segment,
    options: { readonly applyBehindTrouble: boolean; readonly knownSequence?: number },
  ) {
    this.#segment = segment;
    this.#applyBehindTrouble = options.applyBehindTrouble;
    this.#target = { keydir, segment, rememberDeletes: true, knownSequence: options.knownSequence ?? 0 };
  }

  /** Whether no crash left the trouble, when so many bytes from the start of the file are known to be durable. */
  troubleIsReal(durableBytes: number): boolean {
    return this.firstTroubleBytes !== undefined && (this.#troubleIsSynced || this.firstTroubleBytes < durableBytes);
  }

  record(view: RecordView, membership: BatchMembership): void {
    if (this.firstTroubleBytes !== undefined) {
      this.recordsBehindTrouble++;
      if ((view.flags & RECORD_FLAG.afterSync) !== 0) this.#troubleIsSynced = true;
    }
    if (view.operation === OPERATION.batch) {
      this.#openBatchOffset = view.offsetBytes;
      this.#openBatchChecksum = view.checksum;
      this.#batch.clear();
      this.batchCount++;
    } else if (membership === 'member') {
      this.#batch.add(view);
    } else {
      if (membership === 'orphan') this.#trouble(view.offsetBytes, view.sizeBytes, 'orphan-of-batch');
      if (!this.#applies) return;
      this.#wait(view);
      this.#segment.noteLast(view.offsetBytes, view.checksum);
    }
  }

  batchEnd(batch: BatchEnd): void {
    this.#openBatchOffset = undefined;
    if (!batch.complete) {
      const { frameOffsetBytes, endOffsetBytes } = batch;
      this.#trouble(frameOffsetBytes, endOffsetBytes - frameOffsetBytes, 'incomplete-batch');
    }
    if (!this.#applies) return;
    this.#batch.records.takeInto(this.#target, this.#batch.keys);
    this.#segment.noteLast(batch.frameOffsetBytes, this.#openBatchChecksum);
  }

  bytesEnd(): void {
    this.#waiting.takeInto(this.#target, this.#waitingBytes);
    this.#waitingBytes = NO_BYTES;
  }

  damage(damage: SegmentDamage): void {
    this.#trouble(damage.offsetBytes, damage.sizeBytes, damage.reason, damage.reachesEnd);
    // Its checksum is right: a later version wrote it, and no crash did that.
    if (damage.reason === 'unknown-operation' || damage.reason === 'unknown-flags') this.#troubleIsSynced = true;
  }

  #trouble(offsetBytes: number, sizeBytes: number, reason: string, reachesEnd = false): void {
    this.firstTroubleBytes ??= this.#openBatchOffset ?? offsetBytes;
    const { fileName } = this.#segment;
    this.damages.push({ fileName, offsetBytes, sizeBytes, reason, ...(reachesEnd ? { reachesEnd } : {}) });
  }

  /** Whether records that are whole now are to be taken in. */
  get #applies(): boolean {
    return this.firstTroubleBytes === undefined || this.#applyBehindTrouble;
  }

  #wait(view: RecordView): void {
    this.#waitingBytes = view.bytes;
    this.#waiting.add(view, view.start + RECORD_HEADER_SIZE, view.keyLength);
    if (this.#waiting.count >= ENOUGH_WAITING) this.bytesEnd();
  }
}

/** The records of a batch whose end has not been seen, and their keys. */
class WaitingBatch {
  readonly records = new WaitingRecords();
  #keys = new Uint8Array(4096);
  #keysEnd = 0;

  get keys(): Uint8Array {
    return this.#keys;
  }

  clear(): void {
    this.#keysEnd = 0;
    this.records.clear();
  }

  add(view: RecordView): void {
    const keyStart = this.#keysEnd;
    this.#reserve(keyStart + view.keyLength);
    const from = view.start + RECORD_HEADER_SIZE;
    for (let i = 0; i < view.keyLength; i++) this.#keys[keyStart + i] = view.bytes[from + i] as number;
    this.#keysEnd += view.keyLength;
    this.records.add(view, keyStart, view.keyLength);
  }

  #reserve(sizeBytes: number): void {
    if (sizeBytes <= this.#keys.length) return;
    const larger = new Uint8Array(Math.max(sizeBytes, this.#keys.length * 2));
    larger.set(this.#keys);
    this.#keys = larger;
  }
}
