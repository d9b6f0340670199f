/** Segment files read beside the engine, for whoever asks about old records. The engine may remove one at any time. */

import { nodeStorage } from '../engine/nodeStorage.ts';
import { readFully, type StorageFile } from '../engine/storage.ts';
import { storageError } from '../engine/strataError.ts';
import { segmentFileName } from '../format/fileName.ts';
import { MAX_KEY_SIZE, RECORD_HEADER_SIZE } from '../format/layout.ts';
import { checkRecordFields, decodeRecordHeader, RecordView } from '../format/record.ts';

/** Enough for a header and all usual keys in one read. */
const FIRST_READ_BYTES = 512;

/** Opened for reading; undefined when there is no such segment (any more). The caller closes it. */
export function openSegmentFile(directory: string, segmentId: number): StorageFile | undefined {
  const fileName = segmentFileName(segmentId);
  try {
    return nodeStorage.open(nodeStorage.join(directory, fileName), 'read');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw storageError(error, `opening ${fileName}`);
  }
}

/** Reads headers and keys of single records. The values are not read and so the checksums not compared. */
export class RecordKeyReader {
  readonly #file: StorageFile;
  readonly #buffer = new Uint8Array(RECORD_HEADER_SIZE + MAX_KEY_SIZE);
  readonly #view = new RecordView();

  constructor(file: StorageFile) {
    this.#file = file;
  }

  /** The record at an offset, valid until the next call; undefined where none can be. */
  read(offsetBytes: number): RecordView | undefined {
    const view = this.#view;
    let got = readFully(this.#file, this.#buffer, 0, FIRST_READ_BYTES, offsetBytes);
    if (decodeRecordHeader(view, this.#buffer.subarray(0, got), 0) !== undefined) return undefined;
    const needed = RECORD_HEADER_SIZE + view.keyLength;
    if (needed > got) got += readFully(this.#file, this.#buffer, got, needed - got, offsetBytes + got);
    view.bytes = this.#buffer;
    return needed > got || checkRecordFields(view) !== undefined ? undefined : view;
  }
}
