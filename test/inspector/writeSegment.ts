/** Writes segments of any size to disk, without holding them in memory. */

import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { segmentSalt } from '../../src/format/crc32.ts';
import { encodeFileHeader } from '../../src/format/fileHeader.ts';
import { FILE_KIND, OPERATION } from '../../src/format/layout.ts';
import { bindToOffset, encodeRecord, recordSize } from '../../src/format/record.ts';
import { nodeCrc32 } from '../../src/inspector/nodeCrc32.ts';

export interface WrittenSegment {
  readonly recordCount: number;
  readonly sizeBytes: number;
}

export const LARGE_START_MS = Date.UTC(2026, 0, 1);
const KEY_DIGITS = 12;
const BUFFER_BYTES = 0x80_0000;

/** The key of the nth record, counted from 0: `record/` and its number with leading zeros. */
export function largeKey(index: number): string {
  return `record/${String(index).padStart(KEY_DIGITS, '0')}`;
}

/** Fills a file with records up to `sizeBytes`. Record n has sequence number n + 1 and was written n ms after the start. */
export function writeLargeSegment(path: string, sizeBytes: number, valueSizeBytes: number): WrittenSegment {
  const file = openSync(path, 'wx');
  const salt = segmentSalt(7);
  const buffer = new Uint8Array(BUFFER_BYTES);
  const value = Buffer.alloc(valueSizeBytes, '{"name":"x"}');
  const key = Buffer.from(largeKey(0));
  const oneRecord = recordSize(key.length, valueSizeBytes);
  let filled = 0;
  let written = 0;
  let recordCount = 0;
  const flush = () => {
    writeSync(file, buffer, 0, filled);
    written += filled;
    filled = 0;
  };
  const header = encodeFileHeader({ kind: FILE_KIND.segment, id: 7, createdMs: LARGE_START_MS }, nodeCrc32);
  buffer.set(header);
  filled = header.length;
  flush();
  for (; written + filled + oneRecord <= sizeBytes; recordCount++) {
    if (filled + oneRecord > buffer.length) {
      bindToOffset(buffer, filled, written);
      flush();
    }
    writeDigits(key, recordCount);
    const record = {
      operation: OPERATION.put,
      flags: 0,
      sequence: recordCount + 1,
      timestampMs: LARGE_START_MS + recordCount,
      expiryMs: 0,
      key,
      value,
    };
    filled = encodeRecord(buffer, filled, record, salt, nodeCrc32);
  }
  bindToOffset(buffer, filled, written);
  flush();
  // Or whoever syncs the next file has to wait for this one too.
  fsyncSync(file);
  closeSync(file);
  return { recordCount, sizeBytes: written };
}

function writeDigits(key: Buffer, index: number): void {
  let rest = index;
  for (let at = key.length - 1; at >= key.length - KEY_DIGITS; at--) {
    key[at] = 0x30 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}
