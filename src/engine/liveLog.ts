/** The log of an open store: its segments, the keydir over them, and the manifest that says which are live. */

import { RECORD_HEADER_SIZE } from '../format/layout.ts';
import type { ManifestSegment } from '../format/manifest.ts';
import { decodeRecord, RecordView } from '../format/record.ts';
import { crc32 } from './checksum.ts';
import type { Keydir, KeydirRecord } from './keydir.ts';
import { writeManifest } from './manifestFile.ts';
import type { Segment, SegmentTable } from './segment.ts';
import { readFully, type Storage } from './storage.ts';
import { StrataError, storageError } from './strataError.ts';

/** Records up to this size are read through one buffer that is used again. */
const SCRATCH_SIZE = 64 * 1024;

export interface LiveLogState {
  readonly storage: Storage;
  readonly directory: string;
  readonly segments: SegmentTable;
  readonly keydir: Keydir;
  readonly generation: number;
  readonly nextSegmentId: number;
  readonly lastSequence: number;
}

export class LiveLog {
  readonly storage: Storage;
  readonly directory: string;
  readonly segments: SegmentTable;
  readonly keydir: Keydir;
  /** Sequence number of the newest record that readers see. */
  appliedSequence: number;
  generation: number;
  nextSegmentId: number;
  /** Why the store refuses to write until it is opened again. */
  failure: StrataError | undefined;
  readonly #scratch = new Uint8Array(SCRATCH_SIZE);
  readonly #view = new RecordView();
  /** Segments out of the store whose files older readers may still need. */
  #retired: Segment[] = [];

  constructor(state: LiveLogState) {
    this.storage = state.storage;
    this.directory = state.directory;
    this.segments = state.segments;
    this.keydir = state.keydir;
    this.generation = state.generation;
    this.nextSegmentId = state.nextSegmentId;
    this.appliedSequence = state.lastSequence;
  }

  takeSegmentId(): number {
    return this.nextSegmentId++;
  }

  /** Writes a manifest of the segments as they are now: the one step that makes a change of files count. */
  installManifest(nowMs: number): void {
    const segments = this.segments.live().map((segment): ManifestSegment => {
      const sealed = segment.state === 'sealed';
      return {
        segmentId: segment.id,
        state: segment.state,
        durableSizeBytes: sealed ? segment.sizeBytes : segment.syncedBytes,
        minSequence: sealed && segment.recordCount > 0 ? segment.minSequence : 0,
        maxSequence: sealed ? segment.maxSequence : 0,
      };
    });
    this.generation++;
    const { generation, nextSegmentId, appliedSequence } = this;
    const manifest = { generation, nextSegmentId, sequenceFloor: appliedSequence, segments, createdMs: nowMs };
    writeManifest(this.storage, this.directory, manifest);
  }

  /** From now on every write fails with this error. Returns it. */
  fail(cause: unknown, doing: string): StrataError {
    const first = storageError(cause, doing);
    this.failure ??= new StrataError(
      'STORE_FAILED',
      `${first.message} The store refuses further writes until it is opened again, because nobody can tell what reached the disk.`,
      { cause: first },
    );
    return this.failure;
  }

  /**
   * Reads the value of a record and checks it: checksum, key and sequence number. The value is a copy of its own.
   * Throws `STORE_DAMAGED` when the bytes on disk are not this record.
   */
  readValue(record: Readonly<KeydirRecord>, key: Uint8Array): Uint8Array {
    const segment = this.segments.at(record.slot);
    const sizeBytes = RECORD_HEADER_SIZE + key.length + record.valueLength;
    const fits = sizeBytes <= SCRATCH_SIZE;
    const bytes = fits ? this.#scratch : new Uint8Array(sizeBytes);
    let got: number;
    try {
      got = readFully(segment.file, bytes, 0, sizeBytes, record.offsetBytes);
    } catch (error) {
      throw storageError(error, `reading ${segment.fileName}`);
    }
    const whole = got === sizeBytes;
    const view = this.#view;
    const problem = whole ? decodeRecord(view, bytes, 0, segment.salt, crc32) : 'short-body';
    if (problem !== undefined || view.sequence !== record.sequence || !isKey(view, key)) {
      throw this.#damagedRecord(segment, record.offsetBytes, sizeBytes, problem ?? 'another-record');
    }
    const valueStart = RECORD_HEADER_SIZE + key.length;
    return fits ? bytes.slice(valueStart, sizeBytes) : bytes.subarray(valueStart);
  }

  #damagedRecord(segment: Segment, offsetBytes: number, sizeBytes: number, reason: string): StrataError {
    const { fileName } = segment;
    return new StrataError(
      'STORE_DAMAGED',
      `The record at offset ${offsetBytes} of ${fileName} is damaged (${reason}). ` +
        `Verify the store to see what else is, and copy its readable records into a new one.`,
      { damage: [{ fileName, offsetBytes, sizeBytes, reason }] },
    );
  }

  /**
   * Takes a segment out of the store after the manifest forgot it: its files go at once, its descriptor when no
   * reader of an older state is left.
   */
  retire(segment: Segment): void {
    segment.retired = true;
    this.storage.remove(this.storage.join(this.directory, segment.hintName));
    this.storage.remove(this.storage.join(this.directory, segment.fileName));
    this.#retired.push(segment);
    this.closeRetired();
  }

  closeRetired(): void {
    if (this.keydir.readerCount > 0) return;
    for (const segment of this.#retired) this.segments.drop(segment);
    this.#retired = [];
  }
}

function isKey(view: RecordView, key: Uint8Array): boolean {
  if (view.keyLength !== key.length) return false;
  const start = view.start + RECORD_HEADER_SIZE;
  for (let i = 0; i < key.length; i++) if (view.bytes[start + i] !== key[i]) return false;
  return true;
}
