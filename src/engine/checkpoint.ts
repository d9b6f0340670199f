/** A consistent copy of the store in another directory, made while it is written to. */

import { MANIFEST_NAME } from '../format/fileName.ts';
import { encodeManifest, type ManifestSegment } from '../format/manifest.ts';
import type { TaskOptions } from './api.ts';
import { crc32 } from './checksum.ts';
import { emptyDirectory } from './emptyDirectory.ts';
import type { LiveLog } from './liveLog.ts';
import { Pacer } from './pacer.ts';
import type { Segment } from './segment.ts';
import { readFully, replaceFile, writeFully } from './storage.ts';
import { isSystemError, StrataError } from './strataError.ts';

const COPY_CHUNK_SIZE = 1024 * 1024;

/**
 * Links (or, on another file system, copies) the sealed segments into `target`, which must not exist or be empty.
 * The caller has ended the active segment, so that all segments with records are sealed, and keeps compaction away.
 */
export async function writeCheckpoint(log: LiveLog, target: string, nowMs: number, task: TaskOptions): Promise<void> {
  const { storage } = log;
  const existing = storage.list(target);
  if (existing !== undefined && existing.length > 0) {
    throw new StrataError(
      'STORE_EXISTS',
      `The directory ${target} is not empty. Choose another one for the checkpoint.`,
    );
  }
  storage.makeDirectory(target);
  const segments = log.segments.live().filter((segment) => segment.state === 'sealed');
  const pacer = new Pacer('The checkpoint', task.signal);
  const total = segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
  let done = 0;
  try {
    for (const segment of segments) {
      await linkOrCopy(log, segment, target, pacer);
      done += segment.sizeBytes;
      task.onProgress?.({ done, total });
      await pacer.pause();
    }
    storage.syncDirectory(target);
    const bytes = encodeManifest(
      {
        generation: 1,
        nextSegmentId: log.nextSegmentId,
        sequenceFloor: log.appliedSequence,
        segments: segments.map(describeSealed),
        createdMs: nowMs,
      },
      crc32,
    );
    replaceFile(storage, target, MANIFEST_NAME, [bytes]);
  } catch (error) {
    // Without a manifest it is no store; what was made so far goes again.
    emptyDirectory(storage, target);
    throw error;
  }
}

function describeSealed(segment: Segment): ManifestSegment {
  return {
    segmentId: segment.id,
    state: 'sealed',
    durableSizeBytes: segment.sizeBytes,
    minSequence: segment.recordCount > 0 ? segment.minSequence : 0,
    maxSequence: segment.maxSequence,
  };
}

async function linkOrCopy(log: LiveLog, segment: Segment, target: string, pacer: Pacer): Promise<void> {
  const { storage, directory } = log;
  const place = async (name: string) => {
    try {
      storage.link(storage.join(directory, name), storage.join(target, name));
    } catch {
      await copyFile(log, storage.join(directory, name), storage.join(target, name), pacer);
    }
  };
  await place(segment.fileName);
  if (!segment.hasHintFile) return;
  try {
    await place(segment.hintName);
  } catch (error) {
    // A checkpoint is whole without it, and what was copied of it is not believed.
    if (!isSystemError(error)) throw error;
  }
}

async function copyFile(log: LiveLog, from: string, to: string, pacer: Pacer): Promise<void> {
  const source = log.storage.open(from, 'read');
  try {
    const copy = log.storage.open(to, 'create');
    try {
      const chunk = new Uint8Array(COPY_CHUNK_SIZE);
      for (let position = 0; ; ) {
        const got = readFully(source, chunk, 0, chunk.length, position);
        if (got === 0) break;
        writeFully(copy, chunk.subarray(0, got), position);
        position += got;
        await pacer.pause();
      }
      copy.syncNow();
    } finally {
      copy.close();
    }
  } finally {
    source.close();
  }
}
