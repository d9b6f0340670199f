/**
 * The newest record of every key that is not live. The store's keydir forgets deleted keys, because no read needs
 * them; whoever looks at old records wants to know which later record made them old.
 *
 * The log is scanned when somebody asks, and after that only what was appended. Keys that are live and never expire
 * are left out: they can only die by a record that is still to come.
 */

import { Keydir } from '../engine/keydir.ts';
import type { KeydirRecord } from '../engine/keydirEntries.ts';
import { makeHashSeed } from '../engine/recovery.ts';
import { scanSegmentInSteps } from '../engine/segmentReader.ts';
import { OPERATION, RECORD_HEADER_SIZE } from '../format/layout.ts';
import type { RecordView } from '../format/record.ts';
import type { RecordLocation } from '../shared/keyValueStore.ts';
import { openSegmentFile } from './segmentFile.ts';
import { TimeSlice } from './timeSlice.ts';

export interface DeadRecord {
  readonly operation: 'put' | 'del';
  readonly sequence: number;
  readonly location: RecordLocation;
}

/** A segment of the store and how far its records reach. */
export interface SegmentExtent {
  readonly segmentId: number;
  readonly sizeBytes: number;
}

export interface DeadKeysSource {
  readonly directory: string;
  /** Sequence number of the newest record of the log. */
  lastSequence(): number;
  /** Segments of the store as it is now. */
  extents(): readonly SegmentExtent[];
  /** The key has a live record that will not expire. */
  livesForever(key: Uint8Array): boolean;
}

/** Stands in the keydir's length column for a tombstone, which has no value. No value is as long. */
const TOMBSTONE = 0xffff_ffff;

export class DeadKeys {
  readonly #source: DeadKeysSource;
  #records = new Keydir(makeHashSeed());
  /** Segment ids by the number under which the records name them. */
  #slots: number[] = [];
  /** Bytes of each segment that were scanned. */
  #scannedBytes = new Map<number, number>();
  #coveredSequence = 0;
  #catchingUp: Promise<void> = Promise.resolve();
  readonly #record: KeydirRecord = { slot: 0, offsetBytes: 0, valueLength: 0, sequence: 0, expiryMs: 0 };

  constructor(source: DeadKeysSource) {
    this.#source = source;
  }

  /** Nothing was written since the last `catchUp`. */
  get isCurrent(): boolean {
    return this.#coveredSequence === this.#source.lastSequence();
  }

  /** The newest record of a key that is not live, as of the last `catchUp`. */
  newest(key: Uint8Array): DeadRecord | undefined {
    const entry = this.#records.find(key, 0, key.length);
    if (entry === -1 || !this.#records.read(entry, this.#record)) return undefined;
    const { slot, offsetBytes, valueLength, sequence } = this.#record;
    const isTombstone = valueLength === TOMBSTONE;
    const sizeBytes = RECORD_HEADER_SIZE + key.length + (isTombstone ? 0 : valueLength);
    const location = { segmentId: this.#slots[slot] as number, offsetBytes, sizeBytes };
    return { operation: isTombstone ? 'del' : 'put', sequence, location };
  }

  /** Takes in all records that are in the log now. Calls wait for one another. */
  catchUp(): Promise<void> {
    this.#catchingUp = this.#catchingUp.then(
      () => this.#scanNew(),
      () => this.#scanNew(),
    );
    return this.#catchingUp;
  }

  async #scanNew(): Promise<void> {
    const lastSequence = this.#source.lastSequence();
    const extents = this.#source.extents();
    const present = new Set(extents.map(({ segmentId }) => segmentId));
    // After a compaction old records have gone and the others have moved: what was gathered is mostly wrong.
    if ([...this.#scannedBytes.keys()].some((segmentId) => !present.has(segmentId))) this.#forget();
    for (const extent of extents) await this.#scanSegment(extent);
    this.#coveredSequence = lastSequence;
  }

  #forget(): void {
    this.#records = new Keydir(makeHashSeed());
    this.#slots = [];
    this.#scannedBytes.clear();
  }

  async #scanSegment({ segmentId, sizeBytes }: SegmentExtent): Promise<void> {
    const startOffsetBytes = this.#scannedBytes.get(segmentId);
    if (startOffsetBytes !== undefined && startOffsetBytes >= sizeBytes) return;
    const file = openSegmentFile(this.#source.directory, segmentId);
    if (file === undefined) return;
    const start = startOffsetBytes === undefined ? {} : { startOffsetBytes };
    const slot = this.#slotOf(segmentId);
    const sink = { record: (view: RecordView) => this.#take(view, slot), damage: ignore, batchEnd: ignore };
    try {
      const steps = scanSegmentInSteps({ file, segmentId, sizeBytes, ...start }, sink);
      const slice = new TimeSlice();
      while (steps.next().done !== true) await slice.next();
    } finally {
      file.close();
    }
    this.#scannedBytes.set(segmentId, sizeBytes);
  }

  #take(view: RecordView, slot: number): void {
    if (view.operation === OPERATION.batch) return;
    const key = view.key;
    if (this.#source.livesForever(key)) return;
    const record = this.#record;
    record.slot = slot;
    record.offsetBytes = view.offsetBytes;
    record.valueLength = view.operation === OPERATION.del ? TOMBSTONE : view.valueLength;
    record.sequence = view.sequence;
    this.#records.put(key, 0, key.length, record);
  }

  #slotOf(segmentId: number): number {
    const slot = this.#slots.indexOf(segmentId);
    return slot === -1 ? this.#slots.push(segmentId) - 1 : slot;
  }
}

/** Damage hides records, and nothing else: the others are taken all the same. */
function ignore(): void {}
