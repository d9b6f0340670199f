/**
 * Keeps a read-only store up with the process that writes it: takes in appended records, new segments, and
 * compactions, after which the old segments' records stand elsewhere.
 *
 * What is known up to some sequence number is known completely. So a record with a smaller number that turns up in a
 * new segment, of a key that is not known, is one that compaction copied just before the key was deleted. Where only
 * some segments could be read, that holds for none of what is new, and deletes are remembered until all have been read.
 *
 * What is no record at the end of the log is an unfinished write, for which the next time comes; all else is damage.
 * Of a write that fails on a full disk, whole records may be there for a moment, until the writer cuts them off. When
 * what was read last has gone, its segment is read anew, and then the keydir is put right by the log.
 */

import { segmentFileName } from '../format/fileName.ts';
import { FILE_HEADER_SIZE, RECORD } from '../format/layout.ts';
import { readU32 } from '../format/littleEndian.ts';
import type { Manifest, ManifestSegment } from '../format/manifest.ts';
import type { FileDamage } from './api.ts';
import { HintReader } from './hintReader.ts';
import type { LiveLog } from './liveLog.ts';
import { LogReplayer } from './logReplayer.ts';
import { readManifest } from './manifestFile.ts';
import { Pacer } from './pacer.ts';
import { damagedStoreError } from './recovery.ts';
import { Segment } from './segment.ts';
import { scanSegmentInSteps } from './segmentReader.ts';
import { readFully } from './storage.ts';
import { StateReader } from './storeSnapshot.ts';

/** A compaction may remove a file between the reading of the manifest and its opening: so often is it tried again. */
const ATTEMPTS = 8;

const CHECKSUM_SIZE = 4;

export type Followed = 'nothing' | 'data' | 'segments';

export class Follower {
  readonly #log: LiveLog;
  readonly #repair: () => Promise<unknown>;
  /** All that was written up to this sequence number is known. */
  #knownSequence: number;
  #isBehind = false;
  #mustRepair = false;
  /** Sealed segments that have been taken in. */
  readonly #complete = new WeakSet<Segment>();
  /** Sizes of the files of unsealed segments when the store was opened, which has told of a torn tail and of damage. */
  readonly #openedSizes = new WeakMap<Segment, number>();

  /** `repair` puts the keydir right by the log, or leaves it as it is and rejects. */
  constructor(log: LiveLog, repair: () => Promise<unknown>) {
    this.#log = log;
    this.#repair = repair;
    this.#knownSequence = log.appliedSequence;
    for (const segment of log.segments.live()) {
      if (segment.state === 'sealed') this.#complete.add(segment);
      else this.#openedSizes.set(segment, segment.writtenBytes);
    }
  }

  /** Only some of what is new could be taken in: until the rest is, the keydir must not forget what was deleted. */
  get isBehind(): boolean {
    return this.#isBehind;
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
    const isNewManifest = manifest.generation !== log.generation;
    // What the same manifest named before and is not open was left out, because it lies behind a torn tail.
    if (isNewManifest) this.#openNew(manifest);
    const gone = this.#goneFrom(manifest);
    if (gone.some((segment) => !this.#complete.has(segment) && isCutOff(segment, segment))) this.#mustRepair = true;
    const sequence = await this.#loadAll(manifest);
    this.#drop(gone);
    const isChanged = this.#mustRepair || sequence !== this.#knownSequence;
    this.#knownSequence = sequence;
    if (this.#mustRepair) await this.#repairAsOf(sequence);
    log.generation = manifest.generation;
    log.nextSegmentId = manifest.nextSegmentId;
    if (isNewManifest) return 'segments';
    return isChanged ? 'data' : 'nothing';
  }

  async #repairAsOf(sequence: number): Promise<void> {
    await this.#repair();
    this.#mustRepair = false;
    this.#log.appliedSequence = sequence;
  }

  /**
   * Takes in all segments, and returns the sequence number of the newest record. Until that is done, whoever begins to
   * read a state gets the one before.
   */
  async #loadAll(manifest: Manifest): Promise<number> {
    const log = this.#log;
    const before = new StateReader(log);
    log.keydir.rememberDeletes();
    this.#isBehind = true;
    let sequence = 0;
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
      this.#isBehind = false;
    } finally {
      log.appliedSequence = Math.max(log.appliedSequence, sequence);
      before.close();
      if (!this.#isBehind) log.keydir.dropGhosts();
    }
    // Records that were cut off may have had larger numbers, and the writer gives them out again.
    return this.#mustRepair ? sequence : Math.max(sequence, this.#knownSequence);
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
    const { storage, directory } = this.#log;
    segment.hasHintFile = storage.fileSize(storage.join(directory, segment.hintName)) !== undefined;
    if (this.#complete.has(segment)) return;
    segment.state = entry.state;
    if (!this.#loadHints(segment, entry)) await this.#scanTail(segment, entry);
    if (entry.state === 'sealed') this.#complete.add(segment);
  }

  #loadHints(segment: Segment, entry: ManifestSegment): boolean {
    if (entry.state === 'unsealed' || segment.recordCount > 0 || !segment.hasHintFile) return false;
    if (segment.file.size() !== entry.durableSizeBytes) return false;
    const { storage, directory, keydir } = this.#log;
    segment.sizeBytes = entry.durableSizeBytes;
    const place = { storage, directory, knownSequence: this.#knownSequence };
    if (new HintReader().load(place, segment, keydir) === undefined) return true;
    segment.sizeBytes = FILE_HEADER_SIZE;
    return false;
  }

  /** Takes in what stands behind the last record that was. Throws `STORE_DAMAGED`; what stands before that is taken in. */
  async #scanTail(segment: Segment, entry: ManifestSegment): Promise<void> {
    const { lastOffsetBytes, lastChecksum } = segment;
    let scanned = await this.#scan(segment, entry);
    // Not before the scan: the writer may cut it off meanwhile.
    if (isCutOff(segment, { lastOffsetBytes, lastChecksum })) {
      this.#mustRepair = true;
      Object.assign(segment, NOTHING_READ);
      this.#log.records.cache.drop(segment);
      scanned = await this.#scan(segment, entry);
    }
    const { replayer, fileSizeBytes, endBytes } = scanned;
    segment.sizeBytes = replayer.firstTroubleBytes ?? endBytes;
    segment.writtenBytes = segment.sizeBytes;
    if (entry.state === 'unsealed' && fileSizeBytes === this.#openedSizes.get(segment)) return;
    const damage = [...damagedRecords(entry, replayer), ...damagedSize(segment, entry, fileSizeBytes)];
    if (damage.length > 0) throw damagedStoreError(this.#log.directory, damage);
  }

  async #scan(segment: Segment, { state, durableSizeBytes }: ManifestSegment): Promise<Scanned> {
    const fileSizeBytes = segment.file.size();
    const endBytes = state === 'sealed' ? Math.min(fileSizeBytes, durableSizeBytes) : fileSizeBytes;
    const options = { applyBehindTrouble: false, knownSequence: this.#knownSequence };
    const replayer = new LogReplayer(this.#log.keydir, segment, options);
    const { recordCount, tombstoneCount, lastOffsetBytes, lastChecksum } = segment;
    const { file, id: segmentId, sizeBytes: startOffsetBytes } = segment;
    const pacer = new Pacer('Following the log');
    const steps = scanSegmentInSteps({ file, segmentId, sizeBytes: endBytes, startOffsetBytes }, replayer);
    try {
      while (steps.next().done !== true) await pacer.pause();
    } catch (error) {
      // The next time reads them again.
      Object.assign(segment, { recordCount, tombstoneCount, lastOffsetBytes, lastChecksum });
      throw error;
    }
    return { replayer, fileSizeBytes, endBytes };
  }

  #goneFrom(manifest: Manifest): Segment[] {
    const live = new Set(manifest.segments.map((segment) => segment.segmentId));
    return this.#log.segments.live().filter((segment) => !live.has(segment.id));
  }

  #drop(gone: readonly Segment[]): void {
    if (gone.length === 0) return;
    // What compaction kept stands in the new segments by now; the rest was deleted or has expired.
    this.#log.keydir.removeSlots(new Set(gone.map((segment) => segment.slot)), this.#log.appliedSequence);
    for (const segment of gone) this.#log.retire(segment);
  }
}

interface Scanned {
  readonly replayer: LogReplayer;
  readonly fileSizeBytes: number;
  /** So much of the file is log. */
  readonly endBytes: number;
}

/** Of a segment as it is when it has just been opened. */
const NOTHING_READ = {
  sizeBytes: FILE_HEADER_SIZE,
  writtenBytes: FILE_HEADER_SIZE,
  recordCount: 0,
  tombstoneCount: 0,
  minSequence: Number.POSITIVE_INFINITY,
  maxSequence: 0,
  lastOffsetBytes: 0,
  lastChecksum: 0,
};

/** Whether the record that was read last is not in the file any more. */
function isCutOff(
  segment: Segment,
  { lastOffsetBytes, lastChecksum }: Pick<Segment, 'lastOffsetBytes' | 'lastChecksum'>,
): boolean {
  if (segment.file.size() < segment.sizeBytes) return true;
  if (lastOffsetBytes === 0) return false;
  const checksum = new Uint8Array(CHECKSUM_SIZE);
  readFully(segment.file, checksum, 0, CHECKSUM_SIZE, lastOffsetBytes + RECORD.checksum);
  return readU32(checksum, 0) !== lastChecksum;
}

/** What is no record may become one, while it is written: nothing else stands behind it then. */
function damagedRecords({ state, durableSizeBytes }: ManifestSegment, replayer: LogReplayer): readonly FileDamage[] {
  const isReal = state === 'sealed' || replayer.troubleIsReal(durableSizeBytes) || replayer.recordsBehindTrouble > 0;
  return isReal ? replayer.damages : [];
}

/** What the file lacks, or has too much, by what the manifest says of it. */
function damagedSize({ fileName }: Segment, entry: ManifestSegment, fileSizeBytes: number): FileDamage[] {
  const { durableSizeBytes, state } = entry;
  const sizeBytes = Math.abs(fileSizeBytes - durableSizeBytes);
  if (fileSizeBytes < durableSizeBytes) {
    return [{ fileName, offsetBytes: fileSizeBytes, sizeBytes, reason: 'cut-off' }];
  }
  if (state === 'unsealed' || sizeBytes === 0) return [];
  return [{ fileName, offsetBytes: durableSizeBytes, sizeBytes, reason: 'bytes-after-end' }];
}
