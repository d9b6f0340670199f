/** The storage on Node's `fs`. No other file of the engine imports it. */

import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  watch,
  write,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { threadId } from 'node:worker_threads';
import type { OpenMode, ProcessIdentity, Storage, StorageFile } from './storage.ts';

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = constants;
/** Windows has none; there every write is followed by a sync instead. */
const O_DSYNC: number | undefined = constants.O_DSYNC;

const OPEN_FLAGS: Readonly<Record<OpenMode, number>> = {
  read: O_RDONLY,
  write: O_RDWR,
  create: O_RDWR | O_CREAT | O_EXCL,
  'write-dsync': O_RDWR | (O_DSYNC ?? 0),
};

class NodeFile implements StorageFile {
  readonly #descriptor: number;
  readonly #syncsWrites: boolean;

  constructor(path: string, mode: OpenMode) {
    this.#descriptor = openSync(path, OPEN_FLAGS[mode]);
    this.#syncsWrites = mode === 'write-dsync' && O_DSYNC === undefined;
  }

  size(): number {
    return fstatSync(this.#descriptor).size;
  }

  read(target: Uint8Array, start: number, length: number, position: number): number {
    return readSync(this.#descriptor, target, start, length, position);
  }

  write(source: Uint8Array, start: number, length: number, position: number): number {
    const count = writeSync(this.#descriptor, source, start, length, position);
    if (this.#syncsWrites) fdatasyncSync(this.#descriptor);
    return count;
  }

  async writeAsync(source: Uint8Array, start: number, length: number, position: number): Promise<number> {
    const count = await new Promise<number>((resolve, reject) => {
      write(this.#descriptor, source, start, length, position, (error, written) =>
        error === null ? resolve(written) : reject(error),
      );
    });
    if (this.#syncsWrites) await this.sync();
    return count;
  }

  truncate(sizeBytes: number): void {
    ftruncateSync(this.#descriptor, sizeBytes);
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fdatasync(this.#descriptor, (error) => (error === null || error === undefined ? resolve() : reject(error)));
    });
  }

  syncNow(): void {
    fdatasyncSync(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** On Windows a scanner may hold a file for a moment after it was written; renaming it is tried again then. */
const RENAME_ATTEMPTS = process.platform === 'win32' ? 20 : 1;

class NodeStorage implements Storage {
  readonly replacesOpenFiles = process.platform !== 'win32';

  join(directory: string, name: string): string {
    return join(directory, name);
  }

  absolute(path: string): string {
    return resolve(path);
  }

  makeDirectory(path: string): void {
    const first = mkdirSync(path, { recursive: true });
    if (first === undefined) return;
    // A new directory is an entry of its parent, and lasts when that is synced.
    const top = dirname(resolve(first));
    for (let made = resolve(path); made !== top; made = dirname(made)) this.syncDirectory(dirname(made));
  }

  list(directory: string): string[] | undefined {
    return unlessMissing(() => readdirSync(directory));
  }

  open(path: string, mode: OpenMode): StorageFile {
    return new NodeFile(path, mode);
  }

  readFile(path: string): Uint8Array | undefined {
    return unlessMissing(() => readFileSync(path));
  }

  fileSize(path: string): number | undefined {
    return unlessMissing(() => statSync(path).size);
  }

  rename(from: string, to: string): void {
    for (let attempt = 1; ; attempt++) {
      try {
        renameSync(from, to);
        return;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (attempt >= RENAME_ATTEMPTS || (code !== 'EPERM' && code !== 'EACCES' && code !== 'EBUSY')) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      }
    }
  }

  remove(path: string): void {
    unlessMissing(() => unlinkSync(path));
  }

  link(from: string, to: string): void {
    linkSync(from, to);
  }

  syncDirectory(path: string): void {
    // Windows refuses to sync directories; NTFS keeps its entries in a journal of its own.
    if (process.platform === 'win32') return;
    const descriptor = openSync(path, O_RDONLY);
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  self(): ProcessIdentity {
    return { pid: process.pid, startTime: startTimeOf(process.pid), host: hostname(), pidSpace: pidSpace(), threadId };
  }

  isAlive(holder: ProcessIdentity): boolean {
    if (holder.host !== hostname() || isOutOfReach(holder)) return true;
    if (!isRunning(holder.pid) || hasEnded(holder.pid)) return false;
    const startTime = startTimeOf(holder.pid);
    return startTime === '' || holder.startTime === '' || startTime === holder.startTime;
  }

  watch(directory: string, changed: () => void): () => void {
    const watcher = watch(directory, { persistent: false }, changed);
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  }
}

function unlessMissing<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, under another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A zombie: it can be signalled, and is there until its parent notices that it has ended, which some never do. */
function hasEnded(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    return ['Z', 'X'].includes(statOf(pid)[0] ?? '');
  } catch {
    return false;
  }
}

/**
 * Fields of /proc/PID/stat from the third on, its state: counted after the command's closing parenthesis, because the
 * command may contain spaces.
 */
function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/**
 * Whether its pid says nothing here: it is another process's, or nobody's. So it is with containers that have the name
 * of their host, and with Windows and the Linux within it. What ran before the machine was started is gone all the same.
 */
function isOutOfReach(holder: ProcessIdentity): boolean {
  if (holder.pidSpace === '' || holder.pidSpace === pidSpace()) return false;
  const isOfThisSystem = holder.pidSpace.startsWith(`${process.platform} `);
  return !isOfThisSystem || holder.startTime.startsWith(`${bootId()}:`);
}

/** The system and, on Linux, the namespace of pids. */
function pidSpace(): string {
  try {
    return `${process.platform} ${process.platform === 'linux' ? readlinkSync('/proc/self/ns/pid') : ''}`;
  } catch {
    return '';
  }
}

/** Start of a process in clock ticks since boot, together with the boot's id, from Linux's /proc; empty elsewhere. */
function startTimeOf(pid: number): string {
  if (process.platform !== 'linux') return '';
  try {
    return `${bootId()}:${statOf(pid)[19] ?? ''}`;
  } catch {
    return '';
  }
}

/** Only on Linux. */
function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}

export const nodeStorage: Storage = new NodeStorage();
