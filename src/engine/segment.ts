/** One segment file of an open store, with what is known of its records. */

import { segmentSalt } from '../format/crc32.ts';
import { encodeFileHeader } from '../format/fileHeader.ts';
import { hintFileName, segmentFileName } from '../format/fileName.ts';
import { FILE_HEADER, FILE_HEADER_SIZE, FILE_KIND } from '../format/layout.ts';
import { readU32 } from '../format/littleEndian.ts';
import { crc32 } from './checksum.ts';
import { cleanUp } from './cleanUp.ts';
import { SegmentBlocks } from './segmentBlocks.ts';
import { type OpenMode, readFully, type Storage, type StorageFile, writeFully } from './storage.ts';

export class Segment {
  readonly id: number;
  /** Index in the segment table, for the keydir's entries. */
  readonly slot: number;
  readonly salt: number;
  file: StorageFile;
  state: 'unsealed' | 'sealed';
  /** Bytes of the header and of the records that readers see. */
  sizeBytes: number;
  /** Bytes handed to the file: more than `sizeBytes` while a group of writes waits for its sync. */
  writtenBytes: number;
  /** Bytes from the start that are known to be durable. */
  syncedBytes = 0;
  /** Settles, never with an error, when the sync that is under way has ended. */
  syncing: Promise<void> | undefined;
  recordCount = 0;
  tombstoneCount = 0;
  /** Of its records; infinity and 0 while it has none. */
  minSequence = Number.POSITIVE_INFINITY;
  maxSequence = 0;
  hasHintFile = false;
  /** Of the record, or the frame of a batch, that was taken in last while reading the file; offset 0: none was. */
  lastOffsetBytes = 0;
  lastChecksum = 0;
  /** Of the tombstones that the compaction which wrote it had to keep; 0 when the store was opened after that. */
  neededTombstoneBytes = 0;
  /** Smallest sequence number outside that compaction: while it is in the store, those tombstones are needed. */
  neededBesideSequence = Number.POSITIVE_INFINITY;
  /** What the block cache holds of the file. */
  blocks = new SegmentBlocks();
  /** Compaction took it out of the store; the file stays open for readers of older states. */
  retired = false;

  constructor(options: {
    id: number;
    slot: number;
    file: StorageFile;
    state: 'unsealed' | 'sealed';
    sizeBytes: number;
  }) {
    this.id = options.id;
    this.slot = options.slot;
    this.file = options.file;
    this.state = options.state;
    this.sizeBytes = options.sizeBytes;
    this.writtenBytes = options.sizeBytes;
    this.salt = segmentSalt(options.id);
  }

  get fileName(): string {
    return segmentFileName(this.id);
  }

  get hintName(): string {
    return hintFileName(this.id);
  }

  countRecord(sequence: number, isTombstone: boolean): void {
    this.recordCount++;
    if (isTombstone) this.tombstoneCount++;
    if (sequence < this.minSequence) this.minSequence = sequence;
    if (sequence > this.maxSequence) this.maxSequence = sequence;
  }

  noteLast(offsetBytes: number, checksum: number): void {
    this.lastOffsetBytes = offsetBytes;
    this.lastChecksum = checksum;
  }

  /** The checksum field of the file's header, which hint files name. */
  readHeaderChecksum(): number {
    const header = new Uint8Array(FILE_HEADER_SIZE);
    readFully(this.file, header, 0, FILE_HEADER_SIZE, 0);
    return readU32(header, FILE_HEADER.checksum);
  }
}

/** The store's segments by slot. Slots are not used again while the store is open. */
export class SegmentTable {
  #bySlot: (Segment | undefined)[] = [];

  at(slot: number): Segment {
    const segment = this.#bySlot[slot];
    if (segment === undefined) throw new Error(`no segment in slot ${slot}`);
    return segment;
  }

  get nextSlot(): number {
    return this.#bySlot.length;
  }

  add(segment: Segment): void {
    this.#bySlot[segment.slot] = segment;
  }

  /** Closes the segment's file and forgets it. Throws nothing: whoever drops it has nothing to write to it any more. */
  drop(segment: Segment): void {
    this.#bySlot[segment.slot] = undefined;
    cleanUp([() => segment.file.close()]);
  }

  /** Segments that belong to the store, by ascending id. */
  live(): Segment[] {
    return this.#all()
      .filter((segment) => !segment.retired)
      .sort((a, b) => a.id - b.id);
  }

  byId(id: number): Segment | undefined {
    return this.#all().find((segment) => segment.id === id && !segment.retired);
  }

  closeAll(): void {
    for (const segment of this.#all()) this.drop(segment);
  }

  #all(): Segment[] {
    return this.#bySlot.filter((segment) => segment !== undefined);
  }
}

/**
 * Creates a segment file with its header, and makes both durable. A file of the same name can only be what a crash
 * left of a creation that no manifest ever named; it is replaced, and its hint file goes too.
 */
export function createSegmentFile(
  storage: Storage,
  directory: string,
  options: { readonly id: number; readonly createdMs: number; readonly mode: OpenMode },
): StorageFile {
  const path = storage.join(directory, segmentFileName(options.id));
  storage.remove(path);
  storage.remove(storage.join(directory, hintFileName(options.id)));
  let file = storage.open(path, 'create');
  try {
    writeFully(
      file,
      encodeFileHeader({ kind: FILE_KIND.segment, id: options.id, createdMs: options.createdMs }, crc32),
      0,
    );
    file.syncNow();
    storage.syncDirectory(directory);
    if (options.mode === 'create') return file;
    const created = file;
    file = storage.open(path, options.mode);
    created.close();
    return file;
  } catch (error) {
    // No manifest names it. On a full disk it would take up what is left.
    cleanUp([() => file.close(), () => storage.remove(path)]);
    throw error;
  }
}
