/**
 * The hint file of a segment while it is being written, beside the records that it tells of. Its bytes go to a
 * temporary file as they come; `install` gives it its name.
 */

import { HintFileEncoder } from '../format/hintFile.ts';
import { RECORD_HEADER_SIZE } from '../format/layout.ts';
import type { RecordView } from '../format/record.ts';
import { crc32 } from './checksum.ts';
import type { LiveLog } from './liveLog.ts';
import type { Segment } from './segment.ts';
import { Replacement } from './storage.ts';

export class HintOutput {
  readonly #log: LiveLog;
  readonly #segment: Segment;
  readonly #encoder = new HintFileEncoder((bytes, offsetBytes) => this.#write(bytes, offsetBytes), crc32);
  #replacement: Replacement | undefined;

  constructor(log: LiveLog, segment: Segment) {
    this.#log = log;
    this.#segment = segment;
  }

  /** `record` stands at `offsetBytes` of the segment and has the key of `view`. Throws what the disk says. */
  add(
    record: Pick<RecordView, 'operation' | 'valueLength' | 'sequence' | 'expiryMs'>,
    offsetBytes: number,
    { bytes, start, keyLength }: RecordView,
  ): void {
    this.#encoder.addRecord(record, offsetBytes, bytes, start + RECORD_HEADER_SIZE, keyLength);
  }

  /** Makes it the segment's hint file, which holds all of its records now, unless it is not wanted any more by then. */
  async install(nowMs: number, isWanted: () => boolean): Promise<void> {
    const segment = this.#segment;
    try {
      this.#encoder.finish({
        segmentId: segment.id,
        segmentSizeBytes: segment.sizeBytes,
        segmentHeaderChecksum: segment.readHeaderChecksum(),
        createdMs: nowMs,
      });
      await this.#replacement?.sync();
      if (!isWanted()) {
        this.abandon();
        return;
      }
      this.#replacement?.install();
      this.#replacement = undefined;
      segment.hasHintFile = true;
    } catch (error) {
      this.abandon();
      throw error;
    }
  }

  /** Leaves no temporary file behind, and throws nothing. Nothing happens once it is installed. */
  abandon(): void {
    this.#replacement?.abandon();
    this.#replacement = undefined;
  }

  #write(bytes: Uint8Array, offsetBytes: number): void {
    this.#replacement ??= new Replacement(this.#log.storage, this.#log.directory, this.#segment.hintName);
    this.#replacement.write(bytes, offsetBytes);
  }
}
