/**
 * The versions of a key that are still in the log. Segments are scanned in the order of their sequence numbers, and
 * only as far as they can add to what was asked for; what is kept meanwhile does not grow with the log.
 */

import { OPERATION, RECORD_HEADER_SIZE } from '../format/layout.ts';
import type { RecordView } from '../format/record.ts';
import type { HistoryOptions, RecordVersion } from './api.ts';
import type { LiveLog } from './liveLog.ts';
import { Pacer } from './pacer.ts';
import type { Segment } from './segment.ts';
import { scanSegmentInSteps } from './segmentReader.ts';

/** Newest first, unless asked otherwise. Damaged ranges are passed over, for `verify` reports them. */
export async function readHistory(
  log: LiveLog,
  key: Uint8Array,
  options: HistoryOptions = {},
): Promise<RecordVersion[]> {
  const { after = 0, before = Number.POSITIVE_INFINITY, oldestFirst = false } = options;
  const edge = (segment: Segment) => (oldestFirst ? segment.minSequence : -segment.maxSequence);
  const segments = log.segments
    .live()
    .filter(({ minSequence, maxSequence }) => maxSequence > after && minSequence < before)
    .sort((a, b) => edge(a) - edge(b));
  const versions = new VersionList(options);
  const pacer = new Pacer('Reading the history', options.signal);
  const total = segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
  let done = 0;
  pacer.check();
  for (const [index, segment] of segments.entries()) {
    if (!versions.mayTake(edge(segment))) break;
    const { file, id: segmentId, sizeBytes } = segment;
    const sink = {
      record: (view: RecordView) => {
        if (isOf(view, key)) versions.offer(view, segment);
      },
      damage: () => undefined,
      batchEnd: () => undefined,
    };
    for (const stepBytes of scanSegmentInSteps({ file, segmentId, sizeBytes }, sink)) {
      done += stepBytes;
      options.onProgress?.({ done: Math.min(done, total), total });
      await pacer.pause();
      if (versions.isComplete) break;
    }
    const next = segments[index + 1];
    versions.settle(next === undefined ? Number.POSITIVE_INFINITY : edge(next));
  }
  return versions.settled;
}

/** The first versions in the order that was asked for. `rank` is a sequence number, negative where newer ones come first. */
class VersionList {
  readonly #after: number;
  readonly #before: number;
  readonly #limit: number;
  readonly #maxValueBytes: number;
  readonly #sign: 1 | -1;
  readonly #onVersions: HistoryOptions['onVersions'];
  /** Those that no other version can come before any more. */
  readonly settled: RecordVersion[] = [];
  #open: RecordVersion[] = [];
  /** What comes behind this has no place in the list. */
  #lastRank = Number.POSITIVE_INFINITY;

  constructor({ after, before, limit, maxValueBytes, oldestFirst, onVersions }: HistoryOptions) {
    this.#after = after ?? 0;
    this.#before = before ?? Number.POSITIVE_INFINITY;
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
    this.#maxValueBytes = maxValueBytes ?? Number.POSITIVE_INFINITY;
    this.#sign = oldestFirst === true ? 1 : -1;
    this.#onVersions = onVersions;
  }

  /** Every number that was asked for has been found. */
  get isComplete(): boolean {
    return this.settled.length + this.#open.length >= this.#before - this.#after - 1;
  }

  mayTake(rank: number): boolean {
    return rank <= this.#lastRank && this.settled.length < this.#limit && !this.isComplete;
  }

  offer(view: RecordView, segment: Segment): void {
    const { sequence } = view;
    if (sequence <= this.#after || sequence >= this.#before || !this.mayTake(sequence * this.#sign)) return;
    this.#open.push(versionOf(view, segment, this.#maxValueBytes));
    // Twice as many as there is room for, so that putting them in order costs little for each.
    if (this.#open.length >= 2 * (this.#limit - this.settled.length)) this.#arrange();
  }

  /** What is still to come has at least this rank. */
  settle(nextRank: number): void {
    this.#arrange();
    const end = this.#open.findIndex(({ sequence }) => sequence * this.#sign >= nextRank);
    const settled = this.#open.splice(0, end === -1 ? this.#open.length : end);
    this.settled.push(...settled);
    if (settled.length > 0) this.#onVersions?.(settled);
  }

  #arrange(): void {
    const sorted = this.#open.sort((a, b) => (a.sequence - b.sequence) * this.#sign);
    const room = this.#limit - this.settled.length;
    // A store that follows a writer can meet a record in two places while a compaction replaces segments.
    const distinct = sorted.filter(({ sequence }, index) => sequence !== sorted[index - 1]?.sequence);
    this.#open = distinct.slice(0, room);
    const last = this.#open[room - 1];
    if (last !== undefined) this.#lastRank = last.sequence * this.#sign;
  }
}

function isOf(view: RecordView, key: Uint8Array): boolean {
  if (view.operation === OPERATION.batch || view.keyLength !== key.length) return false;
  const start = view.start + RECORD_HEADER_SIZE;
  for (let i = 0; i < key.length; i++) if (view.bytes[start + i] !== key[i]) return false;
  return true;
}

function versionOf(view: RecordView, segment: Segment, maxValueBytes: number): RecordVersion {
  const { sequence, timestampMs, expiryMs, offsetBytes, sizeBytes, valueLength } = view;
  const isPut = view.operation === OPERATION.put;
  return {
    operation: isPut ? 'put' : 'del',
    sequence,
    timestampMs,
    expiryMs,
    valueSizeBytes: valueLength,
    value: isPut ? view.value.slice(0, maxValueBytes) : undefined,
    location: { segmentId: segment.id, offsetBytes, sizeBytes },
  };
}
