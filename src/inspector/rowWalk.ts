/** Walks the rows of a file from a given place on, all of them or those that a filter keeps. */

import { messageOf } from '../shared/messageOf.ts';
import type { RecordState } from '../shared/recordState.ts';
import { TimeSlice } from '../worker/timeSlice.ts';
import { guessRecord } from './damageGuess.ts';
import { type GroupKnowledge, isUncommitted } from './groupKnowledge.ts';
import type { KeptRows } from './keptRows.ts';
import { type LogDamage, type LogFile, LogRecord, type LogScan, type LogSink, NONE } from './logFormat.ts';
import type { RangedFile } from './rangedFile.ts';
import type { CompiledFilter } from './recordFilter.ts';
import type { Checkpoint } from './sparseIndex.ts';

/** A page of rows is looked for in pieces of this size: about what lies between two checkpoints of a 4 GiB file. */
export const PAGE_CHUNK_BYTES = 0x1_0000;
/** One row is read with a piece of this size, or with its own where it is larger. */
export const ROW_CHUNK_BYTES = 0x1000;
/** For a walk through all of a file. */
export const SCAN_CHUNK_BYTES = 0x10_0000;

/** One row; `record` and its bytes are only good until the visitor returns. */
export interface VisitedRow {
  /** Position in the view that is walked. */
  readonly position: number;
  readonly row: number;
  readonly entry: LogRecord | LogDamage;
  /** The group that is open at this row. */
  readonly group: { readonly startBytes: number; readonly endBytes: number } | undefined;
  /** The record's state, where the walk was asked for states. */
  readonly state?: RecordState | undefined;
}

/** Returns true to stop. */
export type RowVisitor = (row: VisitedRow) => boolean;

export interface RowWalkOptions {
  readonly file: Pick<RangedFile, 'read'>;
  readonly logFile: LogFile;
  readonly from: Checkpoint;
  /** No row need start there: the first one is the next that is found. */
  readonly isFromAnywhere?: boolean;
  readonly fileSizeBytes: number;
  readonly chunkBytes: number;
  readonly filter?: CompiledFilter | undefined;
  /** What has been decided by that filter before; asked first. */
  readonly kept?: KeptRows | undefined;
  /** Visitors want to know the states of records, whether or not the filter has a condition on them. */
  readonly withStates?: boolean;
  readonly groups?: GroupKnowledge;
  /** Waits until it is known of the groups that end before there whether they are complete. Absent: nobody waits. */
  readonly untilGroupsAreKnown?: (endBytes: number, signal: AbortSignal | undefined) => Promise<unknown>;
  /** Asked only for a condition on states, or `withStates`. */
  readonly askStates?: (offsetsBytes: readonly number[]) => Promise<readonly RecordState[]>;
}

export interface RowWalkTask {
  readonly signal?: AbortSignal;
  /** Bytes of the file done. Called after every chunk. */
  readonly onProgress?: (offsetBytes: number) => void;
  /** Called after every chunk, also when the visitor has stopped; may take its time. True stops as well. */
  readonly afterChunk?: (() => Promise<boolean> | undefined) | undefined;
}

export function isDamage(entry: LogRecord | LogDamage): entry is LogDamage {
  return !(entry instanceof LogRecord);
}

interface WaitingRow extends VisitedRow {
  /** The filter has not yet told. */
  readonly isUndecided: boolean;
  /** Is kept whatever its state. */
  readonly isSure: boolean;
}

function isRecord(row: WaitingRow): row is WaitingRow & { readonly entry: LogRecord } {
  return !isDamage(row.entry);
}

export class RowWalk implements LogSink {
  readonly #options: RowWalkOptions;
  readonly #scan: LogScan;
  readonly #reader: ChunkReader;
  #position: number;
  #row: number;
  #group: VisitedRow['group'];
  #visit: RowVisitor = () => true;
  #stopped = false;
  /** Rows of this chunk from the first on of which the filter cannot tell at once, or that wait for their states. */
  #waiting: WaitingRow[] = [];

  constructor(options: RowWalkOptions) {
    const { from, fileSizeBytes, logFile, file, chunkBytes, isFromAnywhere: isAnywhere = false } = options;
    this.#options = options;
    this.#position = from.position;
    this.#row = from.row;
    this.#group = from.group;
    const { offsetBytes, group } = from;
    this.#scan = logFile.scan({ offsetBytes, fileSizeBytes, isAnywhere, ...(group === undefined ? {} : { group }) });
    this.#reader = new ChunkReader(file, this.#scan, chunkBytes);
  }

  /** Number of the row that comes next. */
  get nextRow(): number {
    return this.#row;
  }

  /** Visits rows until the visitor stops it, the file ends, or `signal` is aborted. True: the visitor stopped it. */
  async run(visit: RowVisitor, task: RowWalkTask = {}): Promise<boolean> {
    this.#visit = visit;
    const slice = new TimeSlice(1);
    while (!this.#scan.done && !this.#stopped) {
      if (task.signal?.aborted) return false;
      this.#reader.step(this);
      if (this.#waiting.length > 0) await this.#visitWaiting(task.signal);
      if (task.signal?.aborted) return false;
      if (await isStoppedBy(task.afterChunk)) this.#stopped = true;
      task.onProgress?.(this.#scan.wantOffsetBytes);
      if (slice.isOver()) await slice.next();
    }
    return this.#stopped;
  }

  record(record: LogRecord): void {
    if (this.#stopped) return;
    if (record.groupRole === 'frame') this.#group = undefined;
    const row = this.#row++;
    const group = this.#group;
    if (record.groupRole === 'frame') {
      this.#group = { startBytes: record.groupStartBytes, endBytes: record.groupEndBytes };
    } else if (record.groupRole === 'none') {
      this.#group = undefined;
    }
    const { filter, kept } = this.#options;
    const decided = kept?.isKept(row);
    const isKept = decided ?? (filter === undefined ? true : filter.record(record));
    if (isKept === false) return;
    const isSure = decided === true || filter?.states === undefined;
    if (isKept === undefined || !isSure || this.#mustWait) {
      const entry = Object.assign(new LogRecord(), record);
      this.#waiting.push({ position: 0, row, entry, group, isUndecided: isKept === undefined, isSure });
      return;
    }
    this.#stopped = this.#visit({ position: this.#position++, row, entry: record, group });
  }

  damage(damage: LogDamage): void {
    if (this.#stopped) return;
    const row = this.#row++;
    const { filter, kept } = this.#options;
    const decided = kept?.isKept(row);
    const isKept = decided ?? filter?.damage(damage, () => guessRecord(this.#options, damage)) ?? true;
    if (!isKept) return;
    const damaged = { row, entry: damage, group: this.#group };
    if (this.#mustWait) this.#waiting.push({ position: 0, ...damaged, isUndecided: false, isSure: true });
    else this.#stopped = this.#visit({ position: this.#position++, ...damaged });
  }

  groupEnd(): void {
    this.#group = undefined;
  }

  /** Rows are visited in their order, so that those behind one that waits do so too. */
  get #mustWait(): boolean {
    return this.#options.withStates === true || this.#waiting.length > 0;
  }

  async #visitWaiting(signal: AbortSignal | undefined): Promise<void> {
    const waiting = await this.#decided(signal);
    const states = await this.#statesOf(waiting, signal);
    if (signal?.aborted) return;
    for (const candidate of waiting) {
      const state = states.get(candidate);
      const isKept = candidate.isSure || (state !== undefined && this.#options.filter?.states?.has(state) === true);
      if (!isKept || this.#stopped) continue;
      this.#stopped = this.#visit({ ...candidate, position: this.#position++, state });
    }
  }

  /** Of those records whose states are wanted. */
  async #statesOf(
    waiting: readonly WaitingRow[],
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<WaitingRow, RecordState>> {
    const { withStates, groups } = this.#options;
    const states = new Map<WaitingRow, RecordState>();
    const records = waiting.filter(isRecord).filter(({ isSure }) => withStates === true || !isSure);
    if (records.length === 0) return states;
    const groupsEndBytes = records.reduce(
      (end, { entry, group }) => Math.max(end, entry.groupEndBytes, group?.endBytes ?? NONE),
      NONE,
    );
    if (groupsEndBytes !== NONE) await this.#options.untilGroupsAreKnown?.(groupsEndBytes, signal);
    const isChoosing = records.some(({ isSure }) => !isSure);
    const told = await this.#askStates(
      records.map(({ entry }) => entry.offsetBytes),
      isChoosing,
    );
    for (const [index, record] of records.entries()) {
      states.set(record, isUncommitted(record.entry, groups) ? 'uncommitted' : (told?.[index] ?? 'unknown'));
    }
    return states;
  }

  /** The waiting rows that the filter keeps. */
  async #decided(signal: AbortSignal | undefined): Promise<WaitingRow[]> {
    const waiting = this.#waiting;
    this.#waiting = [];
    const decided: WaitingRow[] = [];
    for (const candidate of waiting) {
      if (!candidate.isUndecided || (await this.#keeps(candidate.entry as LogRecord, signal))) decided.push(candidate);
    }
    return signal?.aborted ? [] : decided;
  }

  /** Looks through a large record, with pauses for the other work of the thread. */
  async #keeps(record: LogRecord, signal: AbortSignal | undefined): Promise<boolean> {
    const steps = this.#options.filter?.search?.(record);
    if (steps === undefined) return true;
    const slice = new TimeSlice(1);
    let step = steps.next();
    while (step.done !== true && signal?.aborted !== true) {
      if (slice.isOver()) await slice.next();
      step = steps.next();
    }
    return step.done === true && step.value;
  }

  /** A store may be closed while it is asked. States are unknown then, unless rows are chosen by them. */
  async #askStates(offsetsBytes: readonly number[], isChoosing: boolean): Promise<readonly RecordState[] | undefined> {
    try {
      return await this.#options.askStates?.(offsetsBytes);
    } catch (error) {
      if (!isChoosing) return undefined;
      const reason = messageOf(error);
      throw new Error(`The store no longer tells the states of records: ${reason}`, { cause: error });
    }
  }
}

function isStoppedBy(afterChunk: RowWalkTask['afterChunk']): Promise<boolean> | boolean {
  return afterChunk?.() ?? false;
}

/** Visits rows that stand anywhere in the file, in the order of the places given. True: the visitor stopped it. */
export async function walkPlaces(
  places: Iterable<Checkpoint>,
  options: Omit<RowWalkOptions, 'from' | 'filter'>,
  visit: RowVisitor,
  { signal, afterChunk }: RowWalkTask,
): Promise<boolean> {
  const slice = new TimeSlice(1);
  for (const from of places) {
    if (signal?.aborted) return false;
    let stop = false;
    await new RowWalk({ ...options, from }).run((visited) => {
      stop = visit(visited);
      return true;
    });
    if ((await isStoppedBy(afterChunk)) || stop) return true;
    if (slice.isOver()) await slice.next();
  }
  return false;
}

/** Reads what a scan wants, in pieces of a fixed size unless one record is larger. */
export class ChunkReader {
  readonly #file: Pick<RangedFile, 'read'>;
  readonly #scan: LogScan;
  readonly #chunk: Uint8Array;

  constructor(file: Pick<RangedFile, 'read'>, scan: LogScan, chunkBytes: number) {
    this.#file = file;
    this.#scan = scan;
    this.#chunk = new Uint8Array(chunkBytes);
  }

  /** Reads one piece and feeds it. */
  step(sink: LogSink): void {
    const { wantBytes, wantOffsetBytes } = this.#scan;
    // A record larger than the piece gets a buffer of its own, which is not kept: memory stays that of one record.
    const buffer = wantBytes <= this.#chunk.length ? this.#chunk : new Uint8Array(wantBytes);
    const count = this.#file.read(buffer, wantOffsetBytes);
    if (count < wantBytes) this.#scan.truncate(wantOffsetBytes + count);
    this.#scan.feed(count === buffer.length ? buffer : buffer.subarray(0, count), sink);
  }
}
