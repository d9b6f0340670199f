/** Drives the format's scanner over a segment file, in pieces of bounded size. */

import { decodeFileHeader, type FileHeaderResult } from '../format/fileHeader.ts';
import { FILE_HEADER_SIZE } from '../format/layout.ts';
import { SegmentScanner, type SegmentSink } from '../format/segmentScanner.ts';
import { crc32 } from './checksum.ts';
import { readFully, type StorageFile } from './storage.ts';

/** Read this much at a time: large enough for the checksum's and the disk's full speed, small enough for caches. */
const CHUNK_SIZE = 1024 * 1024;

/** Only one scan at a time uses the shared chunk; a scan that starts within another allocates its own. */
let sharedChunk: Uint8Array | undefined = new Uint8Array(CHUNK_SIZE);

export interface ScanOptions {
  readonly file: StorageFile;
  readonly segmentId: number;
  readonly sizeBytes: number;
  readonly startOffsetBytes?: number;
}

/**
 * Scans step by step: every call of `next` reads and reports about one MiB, so that the caller can let others run
 * in between. The generator returns the scanner, which knows where the valid records end.
 */
export function* scanSegmentInSteps(options: ScanOptions, sink: SegmentSink): Generator<number, SegmentScanner> {
  const scanner = new SegmentScanner({
    segmentId: options.segmentId,
    fileSizeBytes: options.sizeBytes,
    crc32,
    ...(options.startOffsetBytes === undefined ? {} : { startOffsetBytes: options.startOffsetBytes }),
  });
  let chunk = sharedChunk ?? new Uint8Array(CHUNK_SIZE);
  sharedChunk = undefined;
  try {
    while (!scanner.done) {
      const from = scanner.wantOffsetBytes;
      if (scanner.wantBytes > chunk.length) chunk = new Uint8Array(scanner.wantBytes);
      const length = Math.min(chunk.length, options.sizeBytes - from);
      const got = readFully(options.file, chunk, 0, length, from);
      if (got < length) scanner.truncate(from + got);
      scanner.feed(chunk.subarray(0, got), sink);
      yield scanner.wantOffsetBytes - from;
    }
    scanner.feed(new Uint8Array(0), sink);
    return scanner;
  } finally {
    if (chunk.length === CHUNK_SIZE) sharedChunk = chunk;
  }
}

export function readFileHeader(file: StorageFile): FileHeaderResult {
  const bytes = new Uint8Array(FILE_HEADER_SIZE);
  const got = readFully(file, bytes, 0, FILE_HEADER_SIZE, 0);
  return decodeFileHeader(bytes.subarray(0, got), crc32);
}
