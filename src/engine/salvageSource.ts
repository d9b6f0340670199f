/** What salvage reads: the segment files of a store, or one of them alone, as a storage that can only be read. */

import { MANIFEST_NAME, parseSegmentFileName, segmentFileName } from '../format/fileName.ts';
import { FILE_HEADER_SIZE, FILE_KIND } from '../format/layout.ts';
import { encodeManifest, type ManifestSegment } from '../format/manifest.ts';
import { crc32 } from './checksum.ts';
import { readManifest } from './manifestFile.ts';
import { readFileHeader } from './segmentReader.ts';
import type { OpenMode, Storage, StorageFile } from './storage.ts';
import { StrataError } from './strataError.ts';

/** A segment file by the id that its records are bound to. */
interface SourceSegment {
  readonly id: number;
  readonly path: string;
}

/**
 * Shows the source as a store of sealed segments without hint files and snapshot. So every record is read from the
 * log itself; nothing at the end of a segment passes for the torn tail of a crash, behind which recovery would drop
 * what is readable; and a segment file needs neither a manifest nor its usual name.
 */
export class SalvageSource implements Storage {
  /** Nothing is replaced here. */
  readonly replacesOpenFiles = true;
  readonly #storage: Storage;
  readonly #directory: string;
  readonly #paths: ReadonlyMap<string, string>;
  readonly #manifest: Uint8Array;

  /** `source` is the directory of a store, or one segment file. */
  constructor(storage: Storage, source: string) {
    this.#storage = storage;
    this.#directory = source;
    const segments = isDirectory(storage, source) ? segmentsOfStore(storage, source) : [segmentOfFile(storage, source)];
    this.#paths = new Map(segments.map(({ id, path }) => [this.join(source, segmentFileName(id)), path]));
    const entries = segments.map(({ id, path }): ManifestSegment => {
      const durableSizeBytes = Math.max(FILE_HEADER_SIZE, storage.fileSize(path) ?? 0);
      return { segmentId: id, state: 'sealed', durableSizeBytes, minSequence: 0, maxSequence: 0 };
    });
    const nextSegmentId = (segments.at(-1)?.id ?? 0) + 1;
    this.#manifest = encodeManifest(
      { generation: 1, nextSegmentId, sequenceFloor: 0, segments: entries, createdMs: 0 },
      crc32,
    );
  }

  join(directory: string, name: string): string {
    return this.#storage.join(directory, name);
  }

  absolute(path: string): string {
    return this.#storage.absolute(path);
  }

  list(): string[] {
    return [...this.#paths.keys()];
  }

  open(path: string, mode: OpenMode): StorageFile {
    const real = this.#paths.get(path);
    return mode === 'read' && real !== undefined ? this.#storage.open(real, mode) : refuse();
  }

  readFile(path: string): Uint8Array | undefined {
    return path === this.join(this.#directory, MANIFEST_NAME) ? this.#manifest : undefined;
  }

  fileSize(path: string): number | undefined {
    const real = this.#paths.get(path);
    return real === undefined ? undefined : this.#storage.fileSize(real);
  }

  makeDirectory(): never {
    return refuse();
  }

  rename(): never {
    return refuse();
  }

  remove(): never {
    return refuse();
  }

  link(): never {
    return refuse();
  }

  syncDirectory(): never {
    return refuse();
  }

  self(): never {
    return refuse();
  }

  isAlive(): never {
    return refuse();
  }

  watch(): () => void {
    return () => {};
  }
}

function refuse(): never {
  throw new StrataError('READ_ONLY', 'The source of a salvage is only read.');
}

function isDirectory(storage: Storage, path: string): boolean {
  try {
    if (storage.list(path) !== undefined) return true;
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOTDIR') throw error;
    return false;
  }
  throw new StrataError('STORE_NOT_FOUND', `There is no store and no segment file at ${path}.`);
}

/** Those that the manifest names; without a manifest that can be read, all there are. */
function segmentsOfStore(storage: Storage, directory: string): SourceSegment[] {
  const ids = idsInManifest(storage, directory) ?? idsInDirectory(storage, directory);
  if (ids.length === 0) {
    throw new StrataError('STORE_NOT_FOUND', `There are no segment files in ${directory}.`);
  }
  return ids.map((id) => ({ id, path: storage.join(directory, segmentFileName(id)) }));
}

function idsInManifest(storage: Storage, directory: string): number[] | undefined {
  try {
    return readManifest(storage, directory)?.segments.map(({ segmentId }) => segmentId);
  } catch (error) {
    if (error instanceof StrataError && error.code === 'STORE_DAMAGED') return undefined;
    throw error;
  }
}

function idsInDirectory(storage: Storage, directory: string): number[] {
  const ids = (storage.list(directory) ?? []).map(parseSegmentFileName);
  return ids.filter((id) => id !== undefined).sort((a, b) => a - b);
}

/** The file may have another name than its store gave it; then its header says which id its records are bound to. */
function segmentOfFile(storage: Storage, path: string): SourceSegment {
  const file = storage.open(path, 'read');
  try {
    const header = readFileHeader(file);
    const id =
      header.ok && header.header.kind === FILE_KIND.segment
        ? header.header.id
        : parseSegmentFileName(path.split(/[/\\]/).at(-1) ?? '');
    if (id !== undefined) return { id, path };
  } finally {
    file.close();
  }
  throw new StrataError(
    'STORE_NOT_FOUND',
    `Neither the header nor the name of ${path} says which segment it is, so its checksums cannot be checked. ` +
      `If you know the id, name a copy of the file after it, as ${segmentFileName(7)}.`,
  );
}
