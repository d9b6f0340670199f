/**
 * Keeps a read-only store up with the process that writes it: takes in appended records, new segments, and
 * compactions, after which the old segments' records stand elsewhere.
 */

import { segmentFileName } from '../format/fileName.ts';
import { FILE_HEADER_SIZE } from '../format/layout.ts';
import type { Manifest, ManifestSegment } from '../format/manifest.ts';
import type { LiveLog } from './liveLog.ts';
import { LogReplayer } from './logReplayer.ts';
import { readManifest } from './manifestFile.ts';
import { Pacer } from './pacer.ts';
import { loadHintFile } from './recovery.ts';
import { Segment } from './segment.ts';
import { scanSegmentInSteps } from './segmentReader.ts';

/** A compaction may remove a file between the reading of the manifest and its opening: so often is it tried again. */
const ATTEMPTS = 8;

export type Followed = 'nothing' | 'data' | 'segments';

export class Follower {
  readonly #log: LiveLog;
  #running: Promise<Followed> | undefined;

  constructor(log: LiveLog) {
    this.#log = log;
  }

  /** Takes in what has changed since. Calls that come while one runs share its outcome. */
  catchUp(): Promise<Followed> {
    this.#running ??= this.#catchUp().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #catchUp(): Promise<Followed> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#takeIn();
      } catch (error) {
        if (attempt === ATTEMPTS || (error as { code?: string }).code !== 'ENOENT') throw error;
      }
    }
  }

  async #takeIn(): Promise<Followed> {
    const log = this.#log;
    const manifest = readManifest(log.storage, log.directory);
    if (manifest === undefined) return 'nothing';
    const opened = this.#openNew(manifest);
    const sequenceBefore = log.appliedSequence;
    for (const entry of manifest.segments) {
      const segment = opened.get(entry.segmentId) ?? log.segments.byId(entry.segmentId);
      if (segment !== undefined) await this.#load(segment, entry);
    }
    for (const segment of opened.values()) segment.retired = false;
    this.#dropGone(manifest);
    log.keydir.dropGhosts();
    const isNewManifest = manifest.generation !== log.generation;
    log.generation = manifest.generation;
    log.nextSegmentId = manifest.nextSegmentId;
    if (isNewManifest) return 'segments';
    return log.appliedSequence === sequenceBefore ? 'nothing' : 'data';
  }

  /** Opens the segments that are new in the manifest, all or none. */
  #openNew(manifest: Manifest): Map<number, Segment> {
    const { storage, directory, segments } = this.#log;
    const opened = new Map<number, Segment>();
    try {
      for (const { segmentId, state } of manifest.segments) {
        if (segments.byId(segmentId) !== undefined) continue;
        const segment = new Segment({
          id: segmentId,
          slot: segments.nextSlot,
          file: storage.open(storage.join(directory, segmentFileName(segmentId)), 'read'),
          state,
          sizeBytes: FILE_HEADER_SIZE,
        });
        // Not part of the store before its records are loaded.
        segment.retired = true;
        segments.add(segment);
        opened.set(segmentId, segment);
      }
    } catch (error) {
      for (const segment of opened.values()) segments.drop(segment);
      throw error;
    }
    return opened;
  }

  async #load(segment: Segment, entry: ManifestSegment): Promise<void> {
    const { storage, directory, keydir } = this.#log;
    segment.hasHintFile = storage.fileSize(storage.join(directory, segment.hintName)) !== undefined;
    segment.state = entry.state;
    const fileSizeBytes = segment.file.size();
    if (entry.state === 'sealed' && segment.recordCount === 0 && segment.hasHintFile) {
      segment.sizeBytes = fileSizeBytes;
      if (loadHintFile({ storage, directory }, segment, keydir) === undefined) {
        this.#log.appliedSequence = Math.max(this.#log.appliedSequence, segment.maxSequence);
        return;
      }
      segment.sizeBytes = FILE_HEADER_SIZE;
    }
    if (fileSizeBytes > segment.sizeBytes) await this.#scanTail(segment, fileSizeBytes);
  }

  /** What stands behind the last whole record or batch is still being written: the next time will take it in. */
  async #scanTail(segment: Segment, fileSizeBytes: number): Promise<void> {
    const replayer = new LogReplayer(this.#log.keydir, segment, { applyBehindTrouble: false });
    const { file, id: segmentId, sizeBytes: startOffsetBytes } = segment;
    const pacer = new Pacer('Following the log');
    const steps = scanSegmentInSteps({ file, segmentId, sizeBytes: fileSizeBytes, startOffsetBytes }, replayer);
    while (steps.next().done !== true) await pacer.pause();
    segment.sizeBytes = replayer.firstTroubleBytes ?? fileSizeBytes;
    segment.writtenBytes = segment.sizeBytes;
    this.#log.appliedSequence = Math.max(this.#log.appliedSequence, segment.maxSequence);
  }

  #dropGone(manifest: Manifest): void {
    const { segments, keydir } = this.#log;
    const live = new Set(manifest.segments.map((segment) => segment.segmentId));
    const gone = segments.live().filter((segment) => !live.has(segment.id));
    if (gone.length === 0) return;
    // What compaction kept stands in the new segments by now; the rest was deleted or has expired.
    keydir.removeSlots(new Set(gone.map((segment) => segment.slot)));
    for (const segment of gone) this.#log.retire(segment);
  }
}
