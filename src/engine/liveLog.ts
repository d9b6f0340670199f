/** The log of an open store: its segments, the keydir over them, and the manifest that says which are live. */

import { RECORD_HEADER_SIZE } from '../format/layout.ts';
import type { ManifestSegment } from '../format/manifest.ts';
import { decodeRecord, decodeRecordHeader, RecordView } from '../format/record.ts';
import { crc32 } from './checksum.ts';
import type { Keydir } from './keydir.ts';
import type { KeydirRecord } from './keydirEntries.ts';
import { writeManifest } from './manifestFile.ts';
import type { Segment, SegmentTable } from './segment.ts';
import { saveSnapshot } from './snapshotFile.ts';
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

  /**
   * Saves the keydir as a snapshot. What it covers is synced before, because the next opening will not look at it
   * again. While older states are read there is nothing to save: their ghosts would come along.
   */
  saveSnapshot(nowMs: number): void {
    const { storage, directory, keydir } = this;
    if (keydir.readerCount > 0) return;
    const segments = this.segments.live();
    for (const segment of segments) {
      if (segment.syncedBytes >= segment.sizeBytes || segment.state === 'sealed') continue;
      try {
        segment.file.syncNow();
      } catch (error) {
        throw this.fail(error, `syncing ${segment.fileName}`);
      }
      segment.syncedBytes = segment.writtenBytes;
    }
    saveSnapshot(storage, directory, { keydir, segments, lastSequence: this.appliedSequence, createdMs: nowMs });
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
    view.offsetBytes = record.offsetBytes;
    const problem = whole ? decodeRecord(view, bytes, 0, segment.salt, crc32) : 'short-body';
    if (problem !== undefined || view.sequence !== record.sequence || !isKey(view, key)) {
      throw this.#damagedRecord(segment, record.offsetBytes, sizeBytes, problem ?? 'another-record');
    }
    const valueStart = RECORD_HEADER_SIZE + key.length;
    return fits ? bytes.slice(valueStart, sizeBytes) : bytes.subarray(valueStart);
  }

  /**
   * As `readValue`, with the time of the record. Of a longer value only the first `maxValueBytes` are read; then its
   * checksum cannot be compared, and key and sequence number alone tell the record from damage.
   */
  readRecord(
    record: Readonly<KeydirRecord>,
    key: Uint8Array,
    maxValueBytes: number,
  ): { readonly value: Uint8Array; readonly timestampMs: number } {
    const view = this.#view;
    if (record.valueLength <= maxValueBytes) {
      const value = this.readValue(record, key);
      return { value, timestampMs: view.timestampMs };
    }
    const segment = this.segments.at(record.slot);
    const valueStart = RECORD_HEADER_SIZE + key.length;
    const bytes = new Uint8Array(valueStart + maxValueBytes);
    let got: number;
    try {
      got = readFully(segment.file, bytes, 0, bytes.length, record.offsetBytes);
    } catch (error) {
      throw storageError(error, `reading ${segment.fileName}`);
    }
    const problem = got === bytes.length ? decodeRecordHeader(view, bytes, 0) : 'short-body';
    if (problem !== undefined || view.sequence !== record.sequence || !isKey(view, key)) {
      throw this.#damagedRecord(segment, record.offsetBytes, bytes.length, problem ?? 'another-record');
    }
    return { value: bytes.slice(valueStart), timestampMs: view.timestampMs };
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

  /** The segment no longer belongs to the store; its file is closed when no reader of an older state is left. */
  retire(segment: Segment): void {
    segment.retired = true;
    this.#retired.push(segment);
    this.closeRetired();
  }

  /** Removes the files of a segment that no manifest names. */
  removeFiles(segment: Segment): void {
    this.storage.remove(this.storage.join(this.directory, segment.hintName));
    this.storage.remove(this.storage.join(this.directory, segment.fileName));
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
