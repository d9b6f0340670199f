/**
 * Opens the log of a store: finds the live segments, loads the keydir by the quickest way that can be trusted, and
 * decides what damage means. Writes nothing; `store.ts` makes the outcome durable.
 *
 * What a crash may leave, and only that, is taken for a torn tail: bytes at the end of the unsealed part of the log
 * that were never known to be synced. A record behind the trouble that was written after a sync proves otherwise,
 * and so does the manifest's durable size. Everything else is damage and an error, unless salvage was asked for.
 */

import { MANIFEST_NAME, parseSegmentFileName, SNAPSHOT_NAME, segmentFileName } from '../format/fileName.ts';
import type { SnapshotHead } from '../format/keydirSnapshot.ts';
import { FILE_HEADER_SIZE, FILE_KIND } from '../format/layout.ts';
import type { Manifest, ManifestSegment } from '../format/manifest.ts';
import type { FileDamage, RecoveryReport } from './api.ts';
import { HintReader } from './hintReader.ts';
import { Keydir } from './keydir.ts';
import { KeyForecast } from './keyForecast.ts';
import { LogReplayer } from './logReplayer.ts';
import { readManifest } from './manifestFile.ts';
import { Pacer } from './pacer.ts';
import { Segment, SegmentTable } from './segment.ts';
import { readFileHeader, scanSegmentInSteps } from './segmentReader.ts';
import { loadSnapshot } from './snapshotFile.ts';
import type { Storage, StorageFile } from './storage.ts';
import { StrataError } from './strataError.ts';

export interface RecoveryOptions {
  readonly storage: Storage;
  readonly directory: string;
  readonly salvage: boolean;
  /** Believe neither snapshot nor hint files. */
  readonly ignoreCaches?: boolean;
}

export interface RecoveredLog {
  readonly manifest: Manifest;
  readonly segments: SegmentTable;
  readonly keydir: Keydir;
  readonly lastSequence: number;
  /** Unsealed segments that lie behind a torn tail and so belong to no prefix of the history. */
  readonly cutSegments: readonly Segment[];
  /** The segment whose tail is torn; its `sizeBytes` says where the valid records end. */
  readonly tornSegment: Segment | undefined;
  readonly report: Omit<RecoveryReport, 'durationMs'>;
}

/** The store's log, or undefined when the directory holds no store. */
export async function recoverLog(options: RecoveryOptions): Promise<RecoveredLog | undefined> {
  const manifest = findManifest(options);
  if (manifest === undefined) return undefined;
  const recovery = new Recovery(options, manifest);
  try {
    return await recovery.run();
  } catch (error) {
    recovery.close();
    throw error;
  }
}

/** A random seed, so that nobody can choose keys that collide. */
export function makeHashSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] as number;
}

function findManifest(options: RecoveryOptions): Manifest | undefined {
  const { storage, directory } = options;
  let problem: StrataError;
  try {
    const manifest = readManifest(storage, directory);
    if (manifest !== undefined) return manifest;
    if (segmentIdsWithRecords(storage, directory).length === 0) return undefined;
    problem = missingManifestError(directory);
  } catch (error) {
    if (!(error instanceof StrataError) || error.code !== 'STORE_DAMAGED') throw error;
    problem = error;
  }
  if (!options.salvage) throw problem;
  return makeUpManifest(storage, directory);
}

/** For damage of at least one range. */
export function damagedStoreError(directory: string, damage: readonly FileDamage[]): StrataError {
  const first = damage[0] as FileDamage;
  const others = damage.length > 1 ? ` and ${damage.length - 1} more` : '';
  return new StrataError(
    'STORE_DAMAGED',
    `The store ${directory} is damaged: ${first.fileName} at offset ${first.offsetBytes} (${first.reason})${others}. ` +
      `Nothing was changed. Look at it in the segment editor, restore a copy, or open it with the option salvage.`,
    { damage },
  );
}

/** Segment files that hold more than a header: without a manifest, an empty one is a creation that a crash cut off. */
function segmentIdsWithRecords(storage: Storage, directory: string): number[] {
  const ids: number[] = [];
  for (const name of storage.list(directory) ?? []) {
    const id = parseSegmentFileName(name);
    if (id === undefined) continue;
    if ((storage.fileSize(storage.join(directory, name)) ?? 0) > FILE_HEADER_SIZE) ids.push(id);
  }
  return ids.sort((a, b) => a - b);
}

function missingManifestError(directory: string): StrataError {
  return new StrataError(
    'STORE_DAMAGED',
    `The directory ${directory} holds segments but no file ${MANIFEST_NAME} that says which of them are live. ` +
      `Restore that file, or open with the option salvage, which takes all of them for live.`,
    { damage: [{ fileName: MANIFEST_NAME, offsetBytes: 0, sizeBytes: 0, reason: 'missing' }] },
  );
}

function makeUpManifest(storage: Storage, directory: string): Manifest {
  const ids = segmentIdsWithRecords(storage, directory);
  const segments = ids.map((segmentId): ManifestSegment => {
    return { segmentId, state: 'unsealed', durableSizeBytes: 0, minSequence: 0, maxSequence: 0 };
  });
  return { generation: 0, nextSegmentId: (ids.at(-1) ?? 0) + 1, sequenceFloor: 0, segments, createdMs: 0 };
}

type Method = 'snapshot' | 'hint' | 'scan';

class Recovery {
  readonly segments = new SegmentTable();
  readonly #options: RecoveryOptions;
  readonly #manifest: Manifest;
  readonly #pacer = new Pacer('Opening the store');
  readonly #hintReader = new HintReader();
  readonly #damage: FileDamage[] = [];
  readonly #ignoredCaches: { fileName: string; reason: string }[] = [];
  readonly #methods = new Set<Method>();
  #keydir = new Keydir(makeHashSeed());
  #lastSequence: number;
  #covered = new Map<number, number>();
  #forecast: KeyForecast | undefined;
  #tornSegment: Segment | undefined;
  #tornTailBytes = 0;
  #tornTailRecordCount = 0;
  readonly #cutSegments: Segment[] = [];

  constructor(options: RecoveryOptions, manifest: Manifest) {
    this.#options = options;
    this.#manifest = manifest;
    this.#lastSequence = manifest.sequenceFloor;
  }

  close(): void {
    this.#keydir.close();
    this.segments.closeAll();
  }

  async run(): Promise<RecoveredLog> {
    const snapshot = this.#options.ignoreCaches === true ? undefined : this.#loadSnapshot();
    this.#openSegments(snapshot);
    this.#throwDamage();
    this.#forecast = new KeyForecast(this.#keydir, this.#uncoveredBytes());
    for (const segment of this.segments.live()) await this.#loadSegment(segment);
    this.#throwDamage();
    this.#keydir.dropGhosts();
    return {
      manifest: this.#manifest,
      segments: this.segments,
      keydir: this.#keydir,
      lastSequence: this.#lastSequence,
      cutSegments: this.#cutSegments,
      tornSegment: this.#tornSegment,
      report: {
        openedBy: this.#openedBy(),
        tornTailBytes: this.#tornTailBytes,
        tornTailRecordCount: this.#tornTailRecordCount,
        damage: this.#damage,
        ignoredCaches: this.#ignoredCaches,
      },
    };
  }

  #openedBy(): RecoveryReport['openedBy'] {
    if (this.segments.live().every((segment) => segment.recordCount === 0)) return 'empty';
    if (this.#methods.has('snapshot')) return 'snapshot';
    const sealed = this.segments.live().filter((segment) => segment.state === 'sealed');
    if (sealed.length > 0 && sealed.every((segment) => segment.hasHintFile)) return 'hints';
    return this.#methods.has('hint') ? 'mixed' : 'scan';
  }

  // Snapshot

  #loadSnapshot(): SnapshotHead | undefined {
    const { storage, directory } = this.#options;
    const loaded = loadSnapshot(storage, directory, (head) => this.#refuseSnapshot(head));
    if (loaded === undefined) return undefined;
    if (!loaded.ok) {
      this.#ignoredCaches.push({ fileName: SNAPSHOT_NAME, reason: loaded.reason });
      return undefined;
    }
    this.#keydir = loaded.keydir;
    this.#lastSequence = Math.max(this.#lastSequence, loaded.head.lastSequence);
    this.#methods.add('snapshot');
    return loaded.head;
  }

  /** A snapshot is of use when every segment it knows is still live and has at least the bytes it covers. */
  #refuseSnapshot(head: SnapshotHead): string | undefined {
    const { storage, directory } = this.#options;
    const live = new Map(this.#manifest.segments.map((segment) => [segment.segmentId, segment]));
    for (const { segmentId, coveredSizeBytes } of head.segments) {
      const known = live.get(segmentId);
      if (known === undefined) return 'out-of-date';
      if (known.state === 'sealed' && coveredSizeBytes > known.durableSizeBytes) return 'out-of-date';
      const name = storage.join(directory, segmentFileName(segmentId));
      if ((storage.fileSize(name) ?? 0) < coveredSizeBytes) return 'covers-missing-bytes';
    }
    return undefined;
  }

  // Segments

  /** The snapshot's segments get the slots that its columns name, the others follow. */
  #openSegments(snapshot: SnapshotHead | undefined): void {
    const order = new Map(snapshot?.segments.map((segment, index) => [segment.segmentId, index]));
    const sorted = [...this.#manifest.segments].sort(
      (a, b) =>
        (order.get(a.segmentId) ?? order.size) - (order.get(b.segmentId) ?? order.size) || a.segmentId - b.segmentId,
    );
    sorted.forEach((entry, slot) => {
      const segment = this.#openSegment(entry, slot);
      if (segment === undefined) return;
      const known = snapshot?.segments[order.get(entry.segmentId) ?? -1];
      if (known === undefined) return;
      segment.recordCount = known.recordCount;
      segment.tombstoneCount = known.tombstoneCount;
      segment.minSequence = known.recordCount === 0 ? Number.POSITIVE_INFINITY : known.minSequence;
      segment.maxSequence = known.maxSequence;
      this.#covered.set(entry.segmentId, known.coveredSizeBytes);
    });
  }

  #openSegment(entry: ManifestSegment, slot: number): Segment | undefined {
    const { storage, directory } = this.#options;
    const fileName = segmentFileName(entry.segmentId);
    const path = storage.join(directory, fileName);
    const sizeBytes = storage.fileSize(path);
    if (sizeBytes === undefined) {
      this.#damage.push({ fileName, offsetBytes: 0, sizeBytes: 0, reason: 'missing' });
      return undefined;
    }
    const file = storage.open(path, 'read');
    const { state } = entry;
    const segment = new Segment({ id: entry.segmentId, slot, file, state, sizeBytes });
    this.segments.add(segment);
    segment.hasHintFile = storage.fileSize(storage.join(directory, segment.hintName)) !== undefined;
    this.#checkHeader(segment, file);
    const isWrongSize = state === 'sealed' ? sizeBytes !== entry.durableSizeBytes : sizeBytes < entry.durableSizeBytes;
    if (isWrongSize) this.#wrongSize(segment, entry.durableSizeBytes);
    segment.syncedBytes = Math.min(entry.durableSizeBytes, segment.sizeBytes);
    return segment;
  }

  #checkHeader(segment: Segment, file: StorageFile): void {
    const header = readFileHeader(file);
    const { fileName } = segment;
    if (header.ok && header.header.kind === FILE_KIND.segment && header.header.id === segment.id) return;
    if (!header.ok && header.problem === 'unknown-version') {
      throw new StrataError(
        'UNSUPPORTED_VERSION',
        `The file ${fileName} has format version ${header.version}; this version of Strata knows version 1. Use the newer version to open it.`,
      );
    }
    const reason = header.ok ? 'header-of-another-file' : header.problem;
    this.#damage.push({ fileName, offsetBytes: 0, sizeBytes: FILE_HEADER_SIZE, reason });
  }

  #wrongSize(segment: Segment, expectedBytes: number): void {
    const { fileName, sizeBytes } = segment;
    const offsetBytes = Math.min(sizeBytes, expectedBytes);
    const reason = sizeBytes < expectedBytes ? 'cut-off' : 'bytes-after-end';
    this.#damage.push({ fileName, offsetBytes, sizeBytes: Math.abs(sizeBytes - expectedBytes), reason });
    segment.sizeBytes = offsetBytes;
  }

  /** What the snapshot does not tell of. */
  #uncoveredBytes(): number {
    let sum = 0;
    for (const { id, sizeBytes } of this.segments.live()) {
      sum += sizeBytes - (this.#covered.get(id) ?? FILE_HEADER_SIZE);
    }
    return sum;
  }

  async #loadSegment(segment: Segment): Promise<void> {
    if (this.#tornSegment !== undefined && segment.state === 'unsealed') {
      this.#cut(segment);
      return;
    }
    const coveredBytes = this.#covered.get(segment.id);
    if (coveredBytes === undefined && segment.state === 'sealed' && this.#loadHints(segment)) return;
    await this.#scan(segment, coveredBytes ?? FILE_HEADER_SIZE);
    this.#lastSequence = Math.max(this.#lastSequence, segment.maxSequence);
  }

  /** Everything written after a torn tail was written after what is lost: it is no part of a prefix. */
  #cut(segment: Segment): void {
    this.#tornTailBytes += segment.sizeBytes - FILE_HEADER_SIZE;
    segment.retired = true;
    this.#cutSegments.push(segment);
  }

  #loadHints(segment: Segment): boolean {
    if (!segment.hasHintFile || this.#options.ignoreCaches === true) return false;
    const problem = this.#hintReader.load(this.#options, segment, this.#keydir);
    if (problem !== undefined) {
      this.#ignoredCaches.push({ fileName: segment.hintName, reason: problem });
      segment.hasHintFile = false;
      return false;
    }
    this.#forecast?.advance(segment.sizeBytes - FILE_HEADER_SIZE);
    this.#methods.add('hint');
    this.#lastSequence = Math.max(this.#lastSequence, segment.maxSequence);
    return true;
  }

  async #scan(segment: Segment, startOffsetBytes: number): Promise<void> {
    const counted = { recordCount: segment.recordCount, tombstoneCount: segment.tombstoneCount };
    const replayer = await this.#replay(segment, startOffsetBytes, this.#options.salvage && segment.state === 'sealed');
    if (startOffsetBytes < segment.sizeBytes && startOffsetBytes === FILE_HEADER_SIZE) this.#methods.add('scan');
    if (replayer.firstTroubleBytes === undefined) {
      if (this.#lacksItsEnd(segment)) this.#tornSegment = segment;
      return;
    }
    if (segment.state === 'unsealed' && !replayer.troubleIsReal(this.#durableBytesOf(segment))) {
      this.#tear(segment, replayer);
      return;
    }
    this.#damage.push(...replayer.damages);
    if (!this.#options.salvage || segment.state === 'sealed') return;
    Object.assign(segment, counted);
    await this.#replay(segment, startOffsetBytes, true);
  }

  async #replay(segment: Segment, startOffsetBytes: number, applyBehindTrouble: boolean): Promise<LogReplayer> {
    const replayer = new LogReplayer(this.#keydir, segment, { applyBehindTrouble });
    const { file, id: segmentId, sizeBytes } = segment;
    const steps = scanSegmentInSteps({ file, segmentId, sizeBytes, startOffsetBytes }, replayer);
    for (let step = steps.next(); step.done !== true; step = steps.next()) {
      this.#forecast?.advance(step.value);
      await this.#pacer.pause();
    }
    return replayer;
  }

  /**
   * A segment that was complete before it was synced may have lost whole records at its end. Then what was written
   * to later segments is no part of a prefix either.
   */
  #lacksItsEnd(segment: Segment): boolean {
    return segment.state === 'unsealed' && segment.maxSequence < (this.#entryOf(segment)?.maxSequence ?? 0);
  }

  #entryOf(segment: Segment): ManifestSegment | undefined {
    return this.#manifest.segments.find(({ segmentId }) => segmentId === segment.id);
  }

  #durableBytesOf(segment: Segment): number {
    return Math.max(this.#entryOf(segment)?.durableSizeBytes ?? 0, this.#covered.get(segment.id) ?? 0);
  }

  #tear(segment: Segment, replayer: LogReplayer): void {
    const endBytes = replayer.firstTroubleBytes as number;
    this.#tornSegment = segment;
    this.#tornTailBytes += segment.sizeBytes - endBytes;
    this.#tornTailRecordCount += replayer.recordsBehindTrouble;
    segment.sizeBytes = endBytes;
  }

  #throwDamage(): void {
    if (this.#damage.length === 0 || this.#options.salvage) return;
    throw damagedStoreError(this.#options.directory, this.#damage);
  }
}
