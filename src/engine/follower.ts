/**
 * Keeps a read-only store up with the process that writes it: takes in appended records, new segments, and
 * compactions, after which the old segments' records stand elsewhere.
 *
 * What is known up to some sequence number is known completely. So a record with a smaller number that turns up in a
 * new segment, of a key that is not known, is one that compaction copied just before the key was deleted.
 */

import { segmentFileName } from '../format/fileName.ts';
import { FILE_HEADER_SIZE } from '../format/layout.ts';
import type { Manifest, ManifestSegment } from '../format/manifest.ts';
import { HintReader } from './hintReader.ts';
import type { LiveLog } from './liveLog.ts';
import { LogReplayer } from './logReplayer.ts';
import { readManifest } from './manifestFile.ts';
import { Pacer } from './pacer.ts';
import { Segment } from './segment.ts';
import { scanSegmentInSteps } from './segmentReader.ts';
import { StateReader } from './storeSnapshot.ts';

/** A compaction may remove a file between the reading of the manifest and its opening: so often is it tried again. */
const ATTEMPTS = 8;

export type Followed = 'nothing' | 'data' | 'segments';

export class Follower {
  readonly #log: LiveLog;

  constructor(log: LiveLog) {
    this.#log = log;
  }

  /** Takes in what has changed since. One call at a time. */
  async catchUp(): Promise<Followed> {
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
    this.#openNew(manifest);
    const before = new StateReader(log);
    log.keydir.rememberDeletes();
    try {
      await this.#loadAll(manifest);
    } finally {
      before.close();
      log.keydir.dropGhosts();
    }
    this.#dropGone(manifest);
    const isNewManifest = manifest.generation !== log.generation;
    log.generation = manifest.generation;
    log.nextSegmentId = manifest.nextSegmentId;
    if (isNewManifest) return 'segments';
    return log.appliedSequence === before.sequence ? 'nothing' : 'data';
  }

  /** Until all is taken in, whoever begins to read a state gets the one before. */
  async #loadAll(manifest: Manifest): Promise<void> {
    const log = this.#log;
    let sequence = log.appliedSequence;
    try {
      for (const entry of manifest.segments) {
        const segment = log.segments.byId(entry.segmentId);
        if (segment === undefined) continue;
        try {
          await this.#load(segment, entry);
        } finally {
          sequence = Math.max(sequence, segment.maxSequence);
        }
      }
      // Compaction may have dropped the records with the largest numbers.
      sequence = Math.max(sequence, manifest.sequenceFloor);
    } finally {
      log.appliedSequence = sequence;
    }
  }

  /** Opens the segments that are new in the manifest, all or none. */
  #openNew(manifest: Manifest): void {
    const { storage, directory, segments } = this.#log;
    const opened: Segment[] = [];
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
        segments.add(segment);
        opened.push(segment);
      }
    } catch (error) {
      for (const segment of opened) segments.drop(segment);
      throw error;
    }
  }

  async #load(segment: Segment, entry: ManifestSegment): Promise<void> {
    const { storage, directory, keydir } = this.#log;
    segment.hasHintFile = storage.fileSize(storage.join(directory, segment.hintName)) !== undefined;
    segment.state = entry.state;
    const fileSizeBytes = segment.file.size();
    if (entry.state === 'sealed' && segment.recordCount === 0 && segment.hasHintFile) {
      segment.sizeBytes = fileSizeBytes;
      const place = { storage, directory, knownSequence: this.#log.appliedSequence };
      if (new HintReader().load(place, segment, keydir) === undefined) return;
      segment.sizeBytes = FILE_HEADER_SIZE;
    }
    if (fileSizeBytes > segment.sizeBytes) await this.#scanTail(segment, fileSizeBytes);
  }

  /** What stands behind the last whole record or batch is still being written: the next time will take it in. */
  async #scanTail(segment: Segment, fileSizeBytes: number): Promise<void> {
    const { keydir, appliedSequence: knownSequence } = this.#log;
    const replayer = new LogReplayer(keydir, segment, { applyBehindTrouble: false, knownSequence });
    const { recordCount, tombstoneCount } = segment;
    const { file, id: segmentId, sizeBytes: startOffsetBytes } = segment;
    const pacer = new Pacer('Following the log');
    const steps = scanSegmentInSteps({ file, segmentId, sizeBytes: fileSizeBytes, startOffsetBytes }, replayer);
    try {
      while (steps.next().done !== true) await pacer.pause();
    } catch (error) {
      // The next time reads them again.
      Object.assign(segment, { recordCount, tombstoneCount });
      throw error;
    }
    segment.sizeBytes = replayer.firstTroubleBytes ?? fileSizeBytes;
    segment.writtenBytes = segment.sizeBytes;
  }

  #dropGone(manifest: Manifest): void {
    const { segments, keydir } = this.#log;
    const live = new Set(manifest.segments.map((segment) => segment.segmentId));
    const gone = segments.live().filter((segment) => !live.has(segment.id));
    if (gone.length === 0) return;
    // What compaction kept stands in the new segments by now; the rest was deleted or has expired.
    keydir.removeSlots(new Set(gone.map((segment) => segment.slot)), this.#log.appliedSequence);
    for (const segment of gone) this.#log.retire(segment);
  }
}
