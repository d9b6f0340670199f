/**
 * The only way to the disk. `nodeStorage.ts` implements it with Node's `fs`; tests implement it with a simulated
 * disk that loses what was not synced, and inject faults here.
 *
 * Reads and writes are synchronous, because a cached read costs about 1 µs that way and 30 to 60 times as much
 * through a promise. What waits for the disk (sync, writes through O_DSYNC) can be had both ways. Errors are those of
 * the operating system, with their `code`.
 */

import { cleanUp } from './cleanUp.ts';

export interface Storage {
  /** Whether a file may be replaced by renaming another one over it while it is open, and stays readable until it is closed. */
  readonly replacesOpenFiles: boolean;
  join(directory: string, name: string): string;
  /** The same place, whatever the working directory of the process will be. */
  absolute(path: string): string;
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
  /** Processes of one host that have another one here cannot be asked for by their pid; empty: not known. */
  readonly pidSpace: string;
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
 * A file that is to replace the one of its name in one atomic, durable step: it is written under a temporary name and
 * synced, renamed over the old one, and the directory is synced.
 */
export class Replacement {
  readonly #storage: Storage;
  readonly #directory: string;
  readonly #path: string;
  readonly #temporary: string;
  readonly #file: StorageFile;
  #isOpen = true;

  constructor(storage: Storage, directory: string, name: string) {
    this.#storage = storage;
    this.#directory = directory;
    this.#path = storage.join(directory, name);
    this.#temporary = `${this.#path}.tmp`;
    storage.remove(this.#temporary);
    this.#file = storage.open(this.#temporary, 'create');
  }

  write(bytes: Uint8Array, position: number): void {
    writeFully(this.#file, bytes, position);
  }

  syncNow(): void {
    this.#file.syncNow();
  }

  sync(): Promise<void> {
    return this.#file.sync();
  }

  /** Only after a sync. */
  install(): void {
    this.#close();
    this.#storage.rename(this.#temporary, this.#path);
    this.#storage.syncDirectory(this.#directory);
  }

  /** Removes what was written: on a full disk it would take up what is left. Throws nothing. */
  abandon(): void {
    cleanUp([() => this.#close(), () => this.#storage.remove(this.#temporary)]);
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#file.close();
  }
}

/** Replaces a file by these parts, and blocks the thread until it is done. */
export function replaceFile(storage: Storage, directory: string, name: string, parts: Iterable<Uint8Array>): void {
  const replacement = new Replacement(storage, directory, name);
  try {
    let position = 0;
    for (const part of parts) {
      replacement.write(part, position);
      position += part.length;
    }
    replacement.syncNow();
    replacement.install();
  } catch (error) {
    replacement.abandon();
    throw error;
  }
}
