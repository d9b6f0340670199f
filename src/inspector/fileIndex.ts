/** What one pass over a file learns: where rows start, how many there are of each kind, and where damage is. */

import type { IndexProgress } from '../shared/inspectorRows.ts';
import { type LogDamage, type LogFile, type LogRecord, type LogScan, type LogSink, NONE } from './logFormat.ts';
import { OverviewBlocks } from './overviewBlocks.ts';
import type { RangedFile } from './rangedFile.ts';
import { ChunkReader } from './rowWalk.ts';
import { SparseIndex } from './sparseIndex.ts';

/** Where a damaged range is. */
export interface DamagePlace {
  readonly row: number;
  readonly offsetBytes: number;
}

/** Damaged ranges and incomplete groups beyond these are counted but not listed, so that memory stays bounded. */
const MAX_LISTED = 65_536;
const INDEX_CHUNK_BYTES = 0x10_0000;
/** The first piece is small, so that the first rows are there at once. */
const FIRST_CHUNK_BYTES = 0x1_0000;

interface OpenGroup {
  readonly startBytes: number;
  readonly endBytes: number;
  readonly row: number;
}

export class FileIndex implements LogSink {
  readonly rows = new SparseIndex();
  readonly blocks = new OverviewBlocks();
  readonly #file: RangedFile;
  readonly #logFile: LogFile;
  readonly #operationCounts: number[];
  #scan: LogScan;
  #reader: ChunkReader;
  #sizeBytes: number;
  #endOffsetBytes = 0;
  #damages: DamagePlace[] = [];
  #damageRanges = 0;
  #damagedBytes = 0;
  readonly #incompleteGroups = new Set<number>();
  #openGroup: OpenGroup | undefined;
  /** The group that the end of the file cut off: it may become complete when the file grows. */
  #cutGroup: OpenGroup | undefined;
  /** The damage at the end of the file, which may turn out to be the beginning of a record. */
  #tailDamage: DamagePlace | undefined;

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

  get damages(): readonly DamagePlace[] {
    return this.#damages;
  }

  /** Whether a group that starts there is known to lack records. */
  isIncomplete(groupStartBytes: number): boolean {
    return this.#incompleteGroups.has(groupStartBytes);
  }

  progress(): IndexProgress {
    return {
      rowCount: this.rows.count,
      recordCount: this.#operationCounts.reduce((sum, count) => sum + count, 0),
      indexedBytes: this.indexedBytes,
      sizeBytes: this.#sizeBytes,
      done: this.done,
      operationCounts: [...this.#operationCounts],
      damage: { ranges: this.#damageRanges, bytes: this.#damagedBytes },
      incompleteGroups: this.#incompleteGroups.size,
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
      const undo: LogSink = {
        record: (record) => this.#count(record, -1),
        damage: (damage) => this.#countDamage(damage, -1),
        groupEnd: ({ startBytes }) => this.#incompleteGroups.delete(startBytes),
      };
      while (!scan.done) reader.step(undo);
      this.rows.truncate(firstRow);
      this.#damages = this.#damages.filter(({ row }) => row < firstRow);
    }
    this.#endOffsetBytes = offsetBytes;
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
    if (record.groupRole !== 'frame') return;
    this.#openGroup = { startBytes: record.groupStartBytes, endBytes: record.groupEndBytes, row };
  }

  damage(damage: LogDamage): void {
    this.#countDamage(damage, 1);
    const place = { row: this.rows.count, offsetBytes: damage.offsetBytes };
    if (this.#damages.length < MAX_LISTED) this.#damages.push(place);
    if (damage.reachesEnd) this.#tailDamage = place;
    this.#endOffsetBytes = damage.offsetBytes + damage.sizeBytes;
    this.#addRow(damage.offsetBytes);
  }

  groupEnd(group: { readonly startBytes: number; readonly endBytes: number; readonly complete: boolean }): void {
    if (!group.complete) {
      if (this.#incompleteGroups.size < MAX_LISTED) this.#incompleteGroups.add(group.startBytes);
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
    this.#damageRanges += sign;
    this.#damagedBytes += sign * damage.sizeBytes;
    this.blocks.addDamage(damage.offsetBytes, damage.sizeBytes, sign);
  }
}
