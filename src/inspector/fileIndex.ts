/**
 * What one pass over a file learns: where rows start, how many there are of each kind, in which order they stand, and where
 * damage is.
 */

import type { IndexProgress } from '../shared/inspectorRows.ts';
import { type LogDamage, type LogFile, type LogRecord, type LogScan, type LogSink, NONE } from './logFormat.ts';
import { OverviewBlocks } from './overviewBlocks.ts';
import type { RangedFile } from './rangedFile.ts';
import { ChunkReader } from './rowWalk.ts';
import { type RecordNumber, SeenOrder } from './seenOrder.ts';
import { SparseIndex } from './sparseIndex.ts';

/** Sound files have none, so that these lists are smaller than that of all rows. */
const LISTED_PROBLEMS = 16_384;
const INDEX_CHUNK_BYTES = 0x10_0000;
/** The first piece is small, so that the first rows are there at once. */
const FIRST_CHUNK_BYTES = 0x1_0000;
/** A group that is looked at once more is read in pieces of this size: most are small. */
const GROUP_CHUNK_BYTES = 0x1000;
/** Answers about groups that were looked at once more, for the pages in sight. */
const MAX_REMEMBERED_GROUPS = 8192;

interface OpenGroup {
  readonly startBytes: number;
  readonly endBytes: number;
  readonly row: number;
  /** Of the records before it. */
  readonly orderBefore: SeenOrder;
}

type GroupEnd = Parameters<LogSink['groupEnd']>[0];

export class FileIndex implements LogSink {
  readonly rows = new SparseIndex();
  /** The damaged ranges among the rows. */
  readonly damages = new SparseIndex(LISTED_PROBLEMS);
  readonly blocks = new OverviewBlocks();
  readonly #file: RangedFile;
  readonly #logFile: LogFile;
  readonly #operationCounts: number[];
  #scan: LogScan;
  #reader: ChunkReader;
  #sizeBytes: number;
  #endOffsetBytes = 0;
  #damagedBytes = 0;
  #order = new SeenOrder();
  /** The frames of groups that lack records. */
  readonly #incompleteGroups = new SparseIndex(LISTED_PROBLEMS);
  readonly #rememberedGroups = new Map<number, boolean>();
  #openGroup: OpenGroup | undefined;
  /** The group that the end of the file cut off: it may become complete when the file grows. */
  #cutGroup: OpenGroup | undefined;
  /** The damage at the end of the file, which may turn out to be the beginning of a record. */
  #tailDamage: { readonly row: number; readonly offsetBytes: number } | undefined;

  constructor(file: RangedFile, logFile: LogFile) {
    this.#file = file;
    this.#logFile = logFile;
    this.#operationCounts = logFile.operations.map(() => 0);
    this.#sizeBytes = file.sizeBytes;
    this.blocks.cover(this.#sizeBytes);
    this.#scan = logFile.scan({ offsetBytes: 0, fileSizeBytes: this.#sizeBytes });
    this.#reader = new ChunkReader(file, this.#scan, FIRST_CHUNK_BYTES);
  }

  get done(): boolean {
    return this.#scan.done;
  }

  /** Size of the file as far as this index goes. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get indexedBytes(): number {
    return this.#scan.done ? this.#sizeBytes : this.#scan.wantOffsetBytes;
  }

  /** Offset up to which rows cannot change any more when the file grows. */
  get stableOffsetBytes(): number {
    return this.#cutGroup?.startBytes ?? this.#tailDamage?.offsetBytes ?? this.#endOffsetBytes;
  }

  /** Whether these numbers ascend along the records read so far. */
  ascends(number: RecordNumber): boolean {
    return this.#order.ascends(number);
  }

  /** Whether `isIncomplete` has its last word on all groups that end before there. */
  knowsGroupsUpTo(endBytes: number): boolean {
    if (this.done) return true;
    // A group stays open while the index looks for the end of damage in it, however far that is.
    const isOpen = this.#openGroup !== undefined && this.#openGroup.startBytes < endBytes;
    return this.indexedBytes >= endBytes && !isOpen;
  }

  /** Whether a group that starts there is known to lack records. */
  isIncomplete(groupStartBytes: number): boolean {
    const groups = this.#incompleteGroups;
    const before = groups.search(({ offsetBytes }) => offsetBytes <= groupStartBytes);
    if (before === undefined || before.offsetBytes > groupStartBytes) return false;
    if (before.offsetBytes === groupStartBytes) return true;
    // Of the groups between two that are listed it is known how many lack records, but not which.
    const unlisted = Math.min(groups.stride, groups.count - before.position) - 1;
    return unlisted > 0 && groupStartBytes < this.#endOffsetBytes && this.#lacksRecords(groupStartBytes);
  }

  /** Reads a group once more. */
  #lacksRecords(groupStartBytes: number): boolean {
    const remembered = this.#rememberedGroups.get(groupStartBytes);
    if (remembered !== undefined) return remembered;
    let isComplete: boolean | undefined;
    const scan = this.#logFile.scan({ offsetBytes: groupStartBytes, fileSizeBytes: this.#sizeBytes });
    const reader = new ChunkReader(this.#file, scan, GROUP_CHUNK_BYTES);
    const sink: LogSink = {
      record: () => {},
      damage: () => {},
      groupEnd: ({ startBytes, complete }) => {
        if (startBytes === groupStartBytes) isComplete = complete;
      },
    };
    while (!scan.done && isComplete === undefined) reader.step(sink);
    if (this.#rememberedGroups.size >= MAX_REMEMBERED_GROUPS) this.#rememberedGroups.clear();
    this.#rememberedGroups.set(groupStartBytes, isComplete === false);
    return isComplete === false;
  }

  progress(): IndexProgress {
    return {
      rowCount: this.rows.count,
      recordCount: this.#operationCounts.reduce((sum, count) => sum + count, 0),
      indexedBytes: this.indexedBytes,
      sizeBytes: this.#sizeBytes,
      done: this.done,
      operationCounts: [...this.#operationCounts],
      damage: { ranges: this.damages.count, bytes: this.#damagedBytes },
      incompleteGroups: this.#incompleteGroups.count,
    };
  }

  /** Reads and indexes one piece of the file. */
  step(): void {
    const first = this.rows.count === 0;
    this.#reader.step(this);
    if (first) this.#reader = new ChunkReader(this.#file, this.#scan, INDEX_CHUNK_BYTES);
  }

  /** The file has grown: goes on after the last row that cannot change, and returns that row's successor. */
  extend(sizeBytes: number): { readonly firstNewRow: number } {
    const start = this.stableOffsetBytes;
    this.#dropTail(start);
    const firstNewRow = this.rows.count;
    this.#sizeBytes = sizeBytes;
    this.blocks.cover(sizeBytes);
    this.#scan = this.#logFile.scan({ offsetBytes: start, fileSizeBytes: sizeBytes });
    this.#reader = new ChunkReader(this.#file, this.#scan, INDEX_CHUNK_BYTES);
    return { firstNewRow };
  }

  /** Takes back what the rows from `offsetBytes` on had added, by reading them once more. */
  #dropTail(offsetBytes: number): void {
    const firstRow = this.#cutGroup?.row ?? this.#tailDamage?.row ?? this.rows.count;
    if (firstRow < this.rows.count) {
      const scan = this.#logFile.scan({ offsetBytes, fileSizeBytes: this.#sizeBytes });
      const reader = new ChunkReader(this.#file, scan, INDEX_CHUNK_BYTES);
      let damages = 0;
      let incompleteGroups = 0;
      const undo: LogSink = {
        record: (record) => this.#count(record, -1),
        damage: (damage) => {
          damages++;
          this.#countDamage(damage, -1);
        },
        groupEnd: ({ complete }) => {
          if (!complete) incompleteGroups++;
        },
      };
      while (!scan.done) reader.step(undo);
      this.rows.truncate(firstRow);
      this.damages.truncate(this.damages.count - damages);
      this.#incompleteGroups.truncate(this.#incompleteGroups.count - incompleteGroups);
      this.#rememberedGroups.clear();
    }
    this.#endOffsetBytes = offsetBytes;
    // Behind damage at the end there are no records whose order would have to be taken back.
    if (this.#cutGroup !== undefined) this.#order = this.#cutGroup.orderBefore;
    this.#cutGroup = undefined;
    this.#tailDamage = undefined;
    this.#openGroup = undefined;
  }

  record(record: LogRecord): void {
    this.#count(record, 1);
    this.#endOffsetBytes = record.offsetBytes + record.sizeBytes;
    if (record.groupRole === 'frame') this.#openGroup = undefined;
    const row = this.rows.count;
    this.#addRow(record.offsetBytes);
    if (record.groupRole === 'frame') {
      const { groupStartBytes: startBytes, groupEndBytes: endBytes } = record;
      this.#openGroup = { startBytes, endBytes, row, orderBefore: this.#order.copy() };
    }
    this.#order.add(record);
  }

  damage(damage: LogDamage): void {
    const { offsetBytes, sizeBytes, reachesEnd } = damage;
    this.#countDamage(damage, 1);
    const row = this.rows.count;
    const group = this.#openGroup;
    this.damages.add(row, offsetBytes, group?.startBytes ?? NONE, group?.endBytes ?? NONE);
    if (reachesEnd) this.#tailDamage = { row, offsetBytes };
    this.#endOffsetBytes = offsetBytes + sizeBytes;
    this.#addRow(offsetBytes);
  }

  groupEnd(group: GroupEnd): void {
    if (!group.complete) {
      this.#incompleteGroups.add(this.#openGroup?.row ?? NONE, group.startBytes, NONE, NONE);
      if (group.endBytes > this.#sizeBytes || this.#tailDamage !== undefined) this.#cutGroup = this.#openGroup;
    }
    this.#openGroup = undefined;
  }

  #addRow(offsetBytes: number): void {
    const group = this.#openGroup;
    this.rows.add(this.rows.count, offsetBytes, group?.startBytes ?? NONE, group?.endBytes ?? NONE);
  }

  #count(record: LogRecord, sign: 1 | -1): void {
    if (record.kind === 'header') return;
    this.#operationCounts[record.operation] = (this.#operationCounts[record.operation] ?? 0) + sign;
    this.blocks.addRecord(record.offsetBytes, record.sizeBytes, sign);
  }

  #countDamage(damage: LogDamage, sign: 1 | -1): void {
    this.#damagedBytes += sign * damage.sizeBytes;
    this.blocks.addDamage(damage.offsetBytes, damage.sizeBytes, sign);
  }
}
