/**
 * Checks a hint file piece by piece, for readers that cannot hold all of it. Where its records stand is told on the
 * way; whether that is to be believed is known at the end, as `decodeHintFile` would say.
 */

import type { Crc32 } from './crc32.ts';
import { decodeFileHeader } from './fileHeader.ts';
import { entryIsSound, type HintFileProblem, type HintSummary, readHintSummary } from './hintFile.ts';
import {
  FILE_CHECKSUM_SIZE,
  FILE_KIND,
  HINT_ENTRY,
  HINT_ENTRY_HEADER_SIZE,
  HINT_FIRST_ENTRY,
  HINT_SUMMARY,
  RECORD_HEADER_SIZE,
} from './layout.ts';
import { readU16, readU32, readU64 } from './littleEndian.ts';

export interface HintPlaces {
  /** Called once, before any place; nothing more is read when it returns false. */
  accept(summary: HintSummary): boolean;
  /** A record of the segment, in the order of the file. */
  place(offsetBytes: number, sizeBytes: number): void;
}

export class HintFileStream {
  readonly #fileSizeBytes: number;
  readonly #crc32: Crc32;
  readonly #places: HintPlaces;
  #position = 0;
  #checksum = 0;
  #entryCount = 0;
  #summary: HintSummary | undefined;
  #problem: HintFileProblem | undefined;
  #refused = false;

  constructor(fileSizeBytes: number, crc32: Crc32, places: HintPlaces) {
    this.#fileSizeBytes = fileSizeBytes;
    this.#crc32 = crc32;
    this.#places = places;
    if (fileSizeBytes < HINT_FIRST_ENTRY + FILE_CHECKSUM_SIZE) this.#problem = 'too-short';
  }

  /** Offset of the next byte that is wanted. */
  get wantOffsetBytes(): number {
    return this.#position;
  }

  get problem(): HintFileProblem | undefined {
    return this.#problem;
  }

  /** Nothing more is wanted: the file is sound, has a problem, or was not accepted. */
  get done(): boolean {
    return this.#problem !== undefined || this.#refused || this.#position === this.#fileSizeBytes;
  }

  /** All of it has been read, and all of it is right. */
  get sound(): boolean {
    return this.#problem === undefined && !this.#refused && this.#position === this.#fileSizeBytes;
  }

  /** Bytes from `wantOffsetBytes` on; at least an entry's 65,563, unless the file ends before. */
  feed(bytes: Uint8Array): void {
    if (this.done) return;
    const before = this.#position;
    const at = this.#summary === undefined ? this.#readHead(bytes) : 0;
    if (this.done) return;
    this.#readEntries(bytes, at);
    if (this.#problem === undefined && this.#position === before) this.#problem = 'wrong-length';
  }

  #readHead(bytes: Uint8Array): number {
    const header = decodeFileHeader(bytes, this.#crc32);
    if (!header.ok) this.#problem = header.problem;
    else if (header.header.kind !== FILE_KIND.hint) this.#problem = 'wrong-kind';
    else if (HINT_FIRST_ENTRY + readU64(bytes, HINT_SUMMARY.entriesSize) !== this.#entriesEnd)
      this.#problem = 'wrong-length';
    if (!header.ok || this.#problem !== undefined) return 0;
    this.#summary = readHintSummary(bytes, header.header);
    this.#refused = !this.#places.accept(this.#summary);
    return HINT_FIRST_ENTRY;
  }

  get #entriesEnd(): number {
    return this.#fileSizeBytes - FILE_CHECKSUM_SIZE;
  }

  #readEntries(bytes: Uint8Array, start: number): void {
    const { segmentSizeBytes, entryCount } = this.#summary as HintSummary;
    const entriesEnd = this.#entriesEnd - this.#position;
    const end = Math.min(bytes.length, entriesEnd);
    let at = start;
    while (at + HINT_ENTRY_HEADER_SIZE <= end) {
      const keyLength = readU16(bytes, at + HINT_ENTRY.keyLength);
      const next = at + HINT_ENTRY_HEADER_SIZE + keyLength;
      if (next > end) break;
      if (keyLength === 0 || !entryIsSound(bytes, at, keyLength, segmentSizeBytes)) {
        this.#problem = 'impossible-entry';
        return;
      }
      this.#entryCount++;
      const sizeBytes = RECORD_HEADER_SIZE + keyLength + readU32(bytes, at + HINT_ENTRY.valueLength);
      this.#places.place(readU32(bytes, at + HINT_ENTRY.offset), sizeBytes);
      at = next;
    }
    this.#checksum = this.#crc32(bytes, 0, at, this.#checksum);
    this.#position += at;
    if (at !== entriesEnd || bytes.length < at + FILE_CHECKSUM_SIZE) return;
    this.#position = this.#fileSizeBytes;
    if (readU32(bytes, at) !== this.#checksum) this.#problem = 'bad-file-checksum';
    else if (this.#entryCount !== entryCount) this.#problem = 'impossible-entry';
  }
}
