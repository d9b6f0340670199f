/**
 * The only way to the disk. `nodeStorage.ts` implements it with Node's `fs`; tests implement it with a simulated
 * disk that loses what was not synced, and inject faults here.
 *
 * Reads and writes are synchronous, because a cached read costs about 1 µs that way and 30 to 60 times as much
 * through a promise. What waits for the disk (sync, writes through O_DSYNC) can be had both ways. Errors are those of
 * the operating system, with their `code`.
 */
export interface Storage {
  /** Whether a file may be replaced by renaming another one over it while it is open, and stays readable until it is closed. */
  readonly replacesOpenFiles: boolean;
  join(directory: string, name: string): string;
  /** With its parents, and durable when it returns; nothing happens when it is there. */
  makeDirectory(path: string): void;
  /** Names of the files in a directory, or undefined when there is no such directory. */
  list(directory: string): string[] | undefined;
  open(path: string, mode: OpenMode): StorageFile;
  /** The whole file, or undefined when there is none. */
  readFile(path: string): Uint8Array | undefined;
  /** Bytes of the file, or undefined when there is none. */
  fileSize(path: string): number | undefined;
  /** Atomic; replaces `to`. */
  rename(from: string, to: string): void;
  /** Nothing happens when it is not there. */
  remove(path: string): void;
  /** A second name for the same file. Fails with EXDEV, EPERM or ENOTSUP where that is impossible. */
  link(from: string, to: string): void;
  /** Makes creations, renames and removals in the directory durable, where the platform can. */
  syncDirectory(path: string): void;
  /** Who this process is, for the lock. */
  self(): ProcessIdentity;
  /** Whether the process still runs. Always true for another host, which cannot be asked. */
  isAlive(process: ProcessIdentity): boolean;
  /** Calls back when something in the directory may have changed. Returns the function that ends it. */
  watch(directory: string, changed: () => void): () => void;
}

/**
 * - `read`: an existing file.
 * - `write`: an existing file, for reading and writing.
 * - `create`: a new file, for reading and writing; fails with EEXIST.
 * - `write-dsync`: as `write`, and every write is durable when it returns (O_DSYNC).
 */
export type OpenMode = 'read' | 'write' | 'create' | 'write-dsync';

export interface StorageFile {
  size(): number;
  /** Reads into `target[start, start + length)` from `position` of the file on; returns the bytes read, 0 at the end. */
  read(target: Uint8Array, start: number, length: number, position: number): number;
  /** Writes `source[start, start + length)`; may write less; returns the bytes written. */
  write(source: Uint8Array, start: number, length: number, position: number): number;
  /** The same without blocking the thread while the disk works. */
  writeAsync(source: Uint8Array, start: number, length: number, position: number): Promise<number>;
  truncate(sizeBytes: number): void;
  /** Resolves when what was written is durable. After a failure nothing about it is known. */
  sync(): Promise<void>;
  /** The same, and the thread waits for it. */
  syncNow(): void;
  close(): void;
}

export interface ProcessIdentity {
  readonly pid: number;
  /** Tells a process from a later one with the same pid; empty where the platform does not say. */
  readonly startTime: string;
  readonly host: string;
  /** Which thread of the process; 0: the first. Never used again while the process runs. */
  readonly threadId: number;
}

/** Reads exactly `length` bytes unless the file ends before; returns the bytes read. */
export function readFully(
  file: StorageFile,
  target: Uint8Array,
  start: number,
  length: number,
  position: number,
): number {
  let done = 0;
  while (done < length) {
    const count = file.read(target, start + done, length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

export function writeFully(file: StorageFile, source: Uint8Array, position: number): void {
  let done = 0;
  while (done < source.length) {
    const count = file.write(source, done, source.length - done, position + done);
    if (count === 0) throw Object.assign(new Error('a write wrote nothing'), { code: 'EIO' });
    done += count;
  }
}

export async function writeFullyAsync(file: StorageFile, source: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < source.length) {
    const count = await file.writeAsync(source, done, source.length - done, position + done);
    if (count === 0) throw Object.assign(new Error('a write wrote nothing'), { code: 'EIO' });
    done += count;
  }
}

/**
 * Replaces a small file in one atomic, durable step: a temporary file is written and synced, renamed over the old
 * one, and the directory is synced.
 */
export function replaceFile(storage: Storage, directory: string, name: string, parts: Iterable<Uint8Array>): void {
  const path = storage.join(directory, name);
  const temporary = `${path}.tmp`;
  storage.remove(temporary);
  const file = storage.open(temporary, 'create');
  try {
    let position = 0;
    for (const part of parts) {
      writeFully(file, part, position);
      position += part.length;
    }
    file.syncNow();
  } catch (error) {
    file.close();
    // On a full disk it would take up what is left.
    storage.remove(temporary);
    throw error;
  }
  file.close();
  storage.rename(temporary, path);
  storage.syncDirectory(directory);
}

/**
 * The same for a large file, without blocking the thread while the disk works: `pause` lets others run between the
 * parts. The file is given up when nobody wants it any more. Returns whether it was replaced.
 */
export async function replaceFileInSteps(
  storage: Storage,
  directory: string,
  name: string,
  parts: Iterable<Uint8Array>,
  { pause, isWanted }: { readonly pause: () => Promise<void>; readonly isWanted: () => boolean },
): Promise<boolean> {
  const path = storage.join(directory, name);
  const temporary = `${path}.tmp`;
  storage.remove(temporary);
  const file = storage.open(temporary, 'create');
  let isWhole = false;
  try {
    let position = 0;
    for (const part of parts) {
      writeFully(file, part, position);
      position += part.length;
      await pause();
    }
    await file.sync();
    isWhole = true;
  } finally {
    file.close();
    isWhole &&= isWanted();
    // On a full disk it would take up what is left.
    if (!isWhole) storage.remove(temporary);
  }
  if (!isWhole) return false;
  storage.rename(temporary, path);
  storage.syncDirectory(directory);
  return true;
}
