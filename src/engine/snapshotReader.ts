/**
 * Reads a snapshot file once from its beginning to its end, checks it, and reads parts of it again when they are needed.
 *
 * The file's checksum runs over all of its bytes. What it was before and after each part is remembered: so a part that
 * is read again is checked again, without a checksum of its own in the file. What a part says is looked at on either
 * occasion: nothing else but a program that wrote nonsense makes the checksum right and a part wrong, and looking at
 * all of them takes as long as reading them.
 */

import { SNAPSHOT_NAME } from '../format/fileName.ts';
import { SNAPSHOT_COLUMNS, type SnapshotColumn, type SnapshotLayout } from '../format/keydirSnapshot.ts';
import { FILE_CHECKSUM_SIZE } from '../format/layout.ts';
import { readU32 } from '../format/littleEndian.ts';
import { crc32 } from './checksum.ts';
import { readFully, type StorageFile } from './storage.ts';
import { StrataError, storageError } from './strataError.ts';

/**
 * Bytes that are read and checked at a time: a whole number of entries, of expiry times and of words, and few enough to
 * be in the processor's cache still when they are looked at.
 */
const PIECE_SIZE = 28 * 8192;

/** Looks at the words of a part, a piece after another; `isLast` with the last piece. False when they cannot be. */
export type PartCheck = (words: Uint32Array, isLast: boolean) => boolean;

/** When a part is checked, beyond its checksum. Each loading of it begins a check of its own. */
export interface PartChecks {
  readonly whenPassed?: PartCheck;
  readonly whenLoaded?: () => PartCheck;
}

export interface SnapshotPart {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly checksumBefore: number;
  readonly checksumAfter: number;
  readonly whenLoaded: PartChecks['whenLoaded'];
}

export class SnapshotReader {
  readonly #file: StorageFile;
  readonly #layout: SnapshotLayout;
  readonly #piece: Uint8Array<ArrayBuffer>;
  #checksum: number;
  #position: number;
  #isSound = true;
  #isOpen = true;

  constructor(file: StorageFile, headBytes: Uint8Array, layout: SnapshotLayout) {
    this.#file = file;
    this.#layout = layout;
    this.#piece = new Uint8Array(Math.min(PIECE_SIZE, layout.fileSizeBytes));
    this.#checksum = crc32(headBytes, 0, headBytes.length, 0);
    this.#position = headBytes.length;
  }

  /** Reads the next column, which is passed in parts of `partSize`, the last one smaller. */
  passParts(name: SnapshotColumn, partSize: number, checks: PartChecks): SnapshotPart[] {
    const parts: SnapshotPart[] = [];
    for (let left = this.#layout.columns[name].sizeBytes; left > 0; left -= partSize) {
      parts.push(this.pass(Math.min(left, partSize), checks));
    }
    this.finish(name);
    return parts;
  }

  /** Reads the next `sizeBytes`. */
  pass(sizeBytes: number, { whenPassed, whenLoaded }: PartChecks): SnapshotPart {
    const offsetBytes = this.#position;
    const checksumBefore = this.#checksum;
    for (let left = sizeBytes; left > 0; left -= PIECE_SIZE) {
      const length = Math.min(left, PIECE_SIZE);
      this.#next(this.#piece, length);
      if (!this.#isSound || whenPassed === undefined) continue;
      const words = new Uint32Array(this.#piece.buffer, 0, length / 4);
      this.#isSound = whenPassed(words, left <= PIECE_SIZE);
    }
    return { offsetBytes, sizeBytes, checksumBefore, checksumAfter: this.#checksum, whenLoaded };
  }

  /** Reads the next column, which is small, as it is. */
  readWords(name: SnapshotColumn, count: number): Uint32Array {
    const words = new Uint32Array(count);
    this.#next(bytesOf(words), words.byteLength);
    this.finish(name);
    return words;
  }

  /** Skips the padding after a column. */
  finish(name: SnapshotColumn): void {
    const padding = paddingAfter(this.#layout, name);
    if (padding > 0) this.#next(new Uint8Array(padding), padding);
  }

  /** After the last column: whether all of it agreed with the checks and the file's checksum. */
  isSound(): boolean {
    const stored = new Uint8Array(FILE_CHECKSUM_SIZE);
    const got = readFully(this.#file, stored, 0, stored.length, this.#layout.checksumOffsetBytes);
    return this.#isSound && got === stored.length && readU32(stored, 0) === this.#checksum;
  }

  get fileSizeBytes(): number {
    return this.#layout.fileSizeBytes;
  }

  /** A few bytes of what was passed, not checked again; zeros after the end of the file. */
  peek(offsetBytes: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    readFully(this.#file, bytes, 0, length, offsetBytes);
    return bytes;
  }

  /**
   * Fills `target` with a part that was passed before. Throws `STORE_DAMAGED` when its bytes are others now, or were
   * nonsense then.
   */
  load<T extends Uint8Array | Uint32Array | Float64Array>(parts: readonly SnapshotPart[], index: number, target: T): T {
    const part = parts[index];
    if (part === undefined || part.sizeBytes !== target.byteLength) throw new Error(`no part ${index} of this size`);
    const bytes = bytesOf(target);
    if (!this.#isOpen || !this.#reads(part, bytes)) {
      throw new StrataError(
        'STORE_DAMAGED',
        'The keydir snapshot has changed since the store was opened. Close the store and open it again: it is rebuilt from the log then.',
      );
    }
    if (part.whenLoaded !== undefined && !part.whenLoaded()(wordsOf(target), true)) {
      throw new StrataError(
        'STORE_DAMAGED',
        `The keydir snapshot contradicts itself, though its checksum is right. Close the store, delete the file ${SNAPSHOT_NAME} and open the store again: it is rebuilt from the log then.`,
      );
    }
    return target;
  }

  /** Nothing can be loaded any more. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#file.close();
  }

  #reads({ offsetBytes, sizeBytes, checksumBefore, checksumAfter }: SnapshotPart, bytes: Uint8Array): boolean {
    let checksum = checksumBefore;
    try {
      for (let start = 0; start < sizeBytes; start += PIECE_SIZE) {
        const end = Math.min(sizeBytes, start + PIECE_SIZE);
        if (readFully(this.#file, bytes, start, end - start, offsetBytes + start) < end - start) return false;
        checksum = crc32(bytes, start, end, checksum);
      }
    } catch (error) {
      throw storageError(error, 'reading the keydir snapshot');
    }
    return checksum === checksumAfter;
  }

  #next(target: Uint8Array, length: number): void {
    const got = readFully(this.#file, target, 0, length, this.#position);
    if (got < length) this.#isSound = false;
    this.#checksum = crc32(target, 0, length, this.#checksum);
    this.#position += length;
  }
}

export function paddingAfter(layout: SnapshotLayout, name: SnapshotColumn): number {
  const { offsetBytes, sizeBytes } = layout.columns[name];
  const next = SNAPSHOT_COLUMNS[SNAPSHOT_COLUMNS.indexOf(name) + 1];
  const nextOffset = next === undefined ? layout.checksumOffsetBytes : layout.columns[next].offsetBytes;
  return nextOffset - offsetBytes - sizeBytes;
}

export function bytesOf(values: Uint8Array | Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function wordsOf({ buffer, byteOffset, byteLength }: Uint8Array | Uint32Array | Float64Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength / Uint32Array.BYTES_PER_ELEMENT);
}
