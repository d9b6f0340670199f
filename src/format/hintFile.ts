/**
 * Hint files: the keys and locations of a sealed segment's records, so that opening need not read its values.
 * Specification: FORMAT.md, "Hint file".
 */

import { type Crc32, shiftCrc32 } from './crc32.ts';
import { decodeFileHeader, encodeFileHeader, type FileHeaderProblem } from './fileHeader.ts';
import {
  FILE_CHECKSUM_SIZE,
  FILE_HEADER_SIZE,
  FILE_KIND,
  HINT_ENTRY,
  HINT_ENTRY_HEADER_SIZE,
  HINT_FIRST_ENTRY,
  HINT_SUMMARY,
  MAX_U53,
  MAX_VALUE_SIZE,
  OPERATION,
  type Operation,
  RECORD_HEADER_SIZE,
} from './layout.ts';
import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from './littleEndian.ts';

/** What a hint file says of its segment. */
export interface HintSummary {
  readonly segmentId: number;
  readonly segmentSizeBytes: number;
  /** Checksum field of the segment's file header: ties the hint file to this very segment. */
  readonly segmentHeaderChecksum: number;
  readonly entryCount: number;
  readonly createdMs: number;
}

/** What an entry says of a record. */
export interface HintEntry {
  readonly operation: Operation;
  /** Offset of the record in the segment. */
  readonly offsetBytes: number;
  readonly valueLength: number;
  readonly sequence: number;
  readonly expiryMs: number;
  readonly key: Uint8Array;
}

/** One entry, reused from call to call. */
export class HintEntryView implements HintEntry {
  /** Where the entry was read from; `key` is a view into it. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Offset of the entry in these bytes. */
  entryOffsetBytes = 0;
  operation: Operation = OPERATION.put;
  offsetBytes = 0;
  valueLength = 0;
  sequence = 0;
  expiryMs = 0;
  keyLength = 0;

  /** Index of the key's first byte in `bytes`. */
  get keyStart(): number {
    return this.entryOffsetBytes + HINT_ENTRY_HEADER_SIZE;
  }

  get key(): Uint8Array {
    return this.bytes.subarray(this.keyStart, this.keyStart + this.keyLength);
  }
}

export type HintFileProblem =
  | FileHeaderProblem
  | 'wrong-kind'
  | 'wrong-length'
  | 'bad-file-checksum'
  | 'impossible-entry';

export type HintFileResult =
  | { readonly ok: true; readonly summary: HintSummary }
  | { readonly ok: false; readonly problem: HintFileProblem };

export interface HintSink {
  /** Called once with a sound file's summary; no entries follow when it returns false. */
  accept?(summary: HintSummary): boolean;
  /** `entry` is reused for the next call. */
  entry(entry: HintEntryView): void;
}

/** A part of the file and where it stands. The bytes are valid until the call returns. */
export type WriteHintPart = (bytes: Uint8Array, offsetBytes: number) => void;

/** Entries are written in pieces of so many bytes. */
const FIRST_PIECE_SIZE = 4096;
const PIECE_SIZE = 1024 * 1024;

/**
 * Encodes entries in the order of their records and writes them as they come, a piece at a time, so that its memory
 * does not grow with the file. The head, which counts the entries, is written last.
 */
export class HintFileEncoder {
  readonly #write: WriteHintPart;
  readonly #crc32: Crc32;
  #piece = new Uint8Array(FIRST_PIECE_SIZE);
  /** In `#piece`. */
  #end = 0;
  /** Entries written, in bytes, and their checksum as if nothing stood before them. */
  #writtenSize = 0;
  #writtenChecksum = 0;
  #entryCount = 0;

  constructor(write: WriteHintPart, crc32: Crc32) {
    this.#write = write;
    this.#crc32 = crc32;
  }

  add(entry: HintEntry): void {
    this.addRecord(entry, entry.offsetBytes, entry.key, 0, entry.key.length);
  }

  /** A record that stands at `recordOffsetBytes`; its key is `source[keyStart, keyStart + keyLength)`. */
  addRecord(
    record: Pick<HintEntry, 'operation' | 'valueLength' | 'sequence' | 'expiryMs'>,
    recordOffsetBytes: number,
    source: Uint8Array,
    keyStart: number,
    keyLength: number,
  ): void {
    this.#reserve(HINT_ENTRY_HEADER_SIZE + keyLength);
    const at = this.#end;
    const keyAt = at + HINT_ENTRY_HEADER_SIZE;
    const bytes = this.#piece;
    writeU16(bytes, at + HINT_ENTRY.keyLength, keyLength);
    bytes[at + HINT_ENTRY.operation] = record.operation;
    bytes[at + HINT_ENTRY.reserved] = 0;
    writeU32(bytes, at + HINT_ENTRY.valueLength, record.valueLength);
    writeU32(bytes, at + HINT_ENTRY.offset, recordOffsetBytes);
    writeU64(bytes, at + HINT_ENTRY.sequence, record.sequence);
    writeU64(bytes, at + HINT_ENTRY.expiry, record.expiryMs);
    for (let i = 0; i < keyLength; i++) bytes[keyAt + i] = source[keyStart + i] as number;
    this.#end = keyAt + keyLength;
    this.#entryCount++;
  }

  /** Writes what is left and the head. */
  finish(segment: Omit<HintSummary, 'entryCount'>): void {
    this.#reserve(FILE_CHECKSUM_SIZE);
    const entriesSize = this.#writtenSize + this.#end;
    const head = new Uint8Array(HINT_FIRST_ENTRY);
    const header = { kind: FILE_KIND.hint, id: segment.segmentId, createdMs: segment.createdMs };
    head.set(encodeFileHeader(header, this.#crc32));
    writeU64(head, HINT_SUMMARY.segmentSize, segment.segmentSizeBytes);
    writeU32(head, HINT_SUMMARY.segmentHeaderChecksum, segment.segmentHeaderChecksum);
    writeU32(head, HINT_SUMMARY.entryCount, this.#entryCount);
    writeU64(head, HINT_SUMMARY.entriesSize, entriesSize);
    const ofHead = this.#crc32(head, 0, head.length, 0);
    const ofEntries = this.#crc32(this.#piece, 0, this.#end, this.#writtenChecksum);
    writeU32(this.#piece, this.#end, ofEntries ^ shiftCrc32(ofHead, entriesSize));
    this.#end += FILE_CHECKSUM_SIZE;
    this.#writePiece();
    this.#write(head, 0);
    // Whoever keeps the encoder keeps no memory by that.
    this.#piece = new Uint8Array(0);
  }

  #reserve(sizeBytes: number): void {
    const needed = this.#end + sizeBytes;
    if (needed <= this.#piece.length) return;
    if (needed > PIECE_SIZE) {
      this.#writePiece();
      return;
    }
    const larger = new Uint8Array(Math.min(PIECE_SIZE, Math.max(needed, this.#piece.length * 4)));
    larger.set(this.#piece.subarray(0, this.#end));
    this.#piece = larger;
  }

  #writePiece(): void {
    this.#write(this.#piece.subarray(0, this.#end), HINT_FIRST_ENTRY + this.#writtenSize);
    this.#writtenChecksum = this.#crc32(this.#piece, 0, this.#end, this.#writtenChecksum);
    this.#writtenSize += this.#end;
    this.#end = 0;
  }
}

/**
 * Checks a whole hint file, then hands every entry to `sink`. Never throws, and calls nothing unless the checksum
 * of the whole file and every length in it are right: a hint file is believed entirely or not at all.
 */
export function decodeHintFile(bytes: Uint8Array, crc32: Crc32, sink: HintSink): HintFileResult {
  const header = decodeFileHeader(bytes, crc32);
  if (!header.ok) return { ok: false, problem: header.problem };
  if (header.header.kind !== FILE_KIND.hint) return { ok: false, problem: 'wrong-kind' };
  if (bytes.length < HINT_FIRST_ENTRY + FILE_CHECKSUM_SIZE) return { ok: false, problem: 'too-short' };
  const end = bytes.length - FILE_CHECKSUM_SIZE;
  if (HINT_FIRST_ENTRY + readU64(bytes, HINT_SUMMARY.entriesSize) !== end)
    return { ok: false, problem: 'wrong-length' };
  if (readU32(bytes, end) !== crc32(bytes, 0, end, 0)) return { ok: false, problem: 'bad-file-checksum' };
  const summary = readHintSummary(bytes, header.header);
  if (!entriesAreSound(bytes, end, summary)) return { ok: false, problem: 'impossible-entry' };
  if (sink.accept?.(summary) === false) return { ok: true, summary };
  const entry = new HintEntryView();
  for (let at = HINT_FIRST_ENTRY; at < end; at += HINT_ENTRY_HEADER_SIZE + entry.keyLength) {
    readHintEntry(bytes, at, entry);
    sink.entry(entry);
  }
  return { ok: true, summary };
}

/** `bytes` starts with the file's header and summary. */
export function readHintSummary(
  bytes: Uint8Array,
  header: { readonly id: number; readonly createdMs: number },
): HintSummary {
  return {
    segmentId: header.id,
    segmentSizeBytes: readU64(bytes, HINT_SUMMARY.segmentSize),
    segmentHeaderChecksum: readU32(bytes, HINT_SUMMARY.segmentHeaderChecksum),
    entryCount: readU32(bytes, HINT_SUMMARY.entryCount),
    createdMs: header.createdMs,
  };
}

/** Reads the entry at `at`; its header and key must lie in `bytes`. */
export function readHintEntry(bytes: Uint8Array, at: number, entry: HintEntryView): void {
  entry.bytes = bytes;
  entry.entryOffsetBytes = at;
  entry.operation = bytes[at + HINT_ENTRY.operation] as Operation;
  entry.offsetBytes = readU32(bytes, at + HINT_ENTRY.offset);
  entry.valueLength = readU32(bytes, at + HINT_ENTRY.valueLength);
  entry.sequence = readU64(bytes, at + HINT_ENTRY.sequence);
  entry.expiryMs = readU64(bytes, at + HINT_ENTRY.expiry);
  entry.keyLength = readU16(bytes, at + HINT_ENTRY.keyLength);
}

function entriesAreSound(bytes: Uint8Array, end: number, summary: HintSummary): boolean {
  let count = 0;
  let at = HINT_FIRST_ENTRY;
  while (at < end) {
    if (at + HINT_ENTRY_HEADER_SIZE > end) return false;
    const keyLength = readU16(bytes, at + HINT_ENTRY.keyLength);
    if (keyLength === 0 || at + HINT_ENTRY_HEADER_SIZE + keyLength > end) return false;
    if (!entryIsSound(bytes, at, keyLength, summary.segmentSizeBytes)) return false;
    at += HINT_ENTRY_HEADER_SIZE + keyLength;
    count++;
  }
  return count === summary.entryCount;
}

/** Whether what an entry says is possible; its header and key lie in `bytes`. */
export function entryIsSound(bytes: Uint8Array, at: number, keyLength: number, segmentSizeBytes: number): boolean {
  const operation = bytes[at + HINT_ENTRY.operation];
  if (operation !== OPERATION.put && operation !== OPERATION.del) return false;
  if (bytes[at + HINT_ENTRY.reserved] !== 0) return false;
  const valueLength = readU32(bytes, at + HINT_ENTRY.valueLength);
  const offset = readU32(bytes, at + HINT_ENTRY.offset);
  const sequence = readU64(bytes, at + HINT_ENTRY.sequence);
  if (valueLength > MAX_VALUE_SIZE || sequence < 1 || sequence > MAX_U53) return false;
  const expiryMs = readU64(bytes, at + HINT_ENTRY.expiry);
  if (expiryMs > MAX_U53 || (operation === OPERATION.del && (valueLength !== 0 || expiryMs !== 0))) return false;
  return offset >= FILE_HEADER_SIZE && offset + RECORD_HEADER_SIZE + keyLength + valueLength <= segmentSizeBytes;
}
