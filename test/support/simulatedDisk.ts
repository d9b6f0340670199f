/**
 * A disk in memory behind the engine's storage interface. It keeps what was written apart from what is durable, and
 * directory entries apart from file contents, so that `crashStates.ts` can say what a crash may leave. Every call
 * can be made to fail, to come up short, or to wait for its turn.
 */

import type { OpenMode, ProcessIdentity, Storage, StorageFile } from '../../src/engine/storage.ts';
import { type FrozenInode, SimulatedInode } from './simulatedInode.ts';

export type DiskCallKind =
  | 'makeDirectory'
  | 'list'
  | 'open'
  | 'readFile'
  | 'fileSize'
  | 'rename'
  | 'remove'
  | 'link'
  | 'syncDirectory'
  | 'size'
  | 'read'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'close';

export interface DiskCall {
  readonly kind: DiskCallKind;
  readonly path: string;
  /** Counts all calls of the disk from 0. */
  readonly index: number;
  /** Bytes to read or write. */
  readonly length?: number;
}

/**
 * What happens to a call instead of its success: an error, or only so many bytes read or written. An error `after`
 * some bytes means that these were written before it.
 */
export type DiskFault =
  | { readonly code: string; readonly after?: number }
  | { readonly code?: undefined; readonly shortTo: number };

export type DirectoryChange =
  | { readonly kind: 'set'; readonly name: string; readonly inode: SimulatedInode }
  | { readonly kind: 'delete'; readonly name: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string; readonly inode: SimulatedInode };

class SimulatedDirectory {
  readonly entries = new Map<string, SimulatedInode>();
  durable: ReadonlyMap<string, SimulatedInode> = new Map();
  changes: DirectoryChange[] = [];

  change(change: DirectoryChange): void {
    applyDirectoryChange(this.entries, change);
    this.changes.push(change);
  }

  sync(): void {
    this.durable = new Map(this.entries);
    this.changes = [];
  }
}

export function applyDirectoryChange<T>(
  entries: Map<string, T>,
  change:
    | { kind: 'set'; name: string; inode: T }
    | { kind: 'delete'; name: string }
    | { kind: 'rename'; from: string; to: string; inode: T },
): void {
  if (change.kind === 'set') entries.set(change.name, change.inode);
  else if (change.kind === 'delete') entries.delete(change.name);
  else {
    entries.delete(change.from);
    entries.set(change.to, change.inode);
  }
}

/** Files by directory and name, with nothing left open: what a disk is after a crash, or before a history. */
export type DiskImage = ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>;

export interface FrozenDirectory {
  readonly path: string;
  readonly durable: ReadonlyMap<string, SimulatedInode>;
  readonly changes: readonly DirectoryChange[];
}

/** Everything that is known about a disk at one moment, for working out what a crash then may leave. */
export interface FrozenDisk {
  readonly directories: readonly FrozenDirectory[];
  readonly inodes: ReadonlyMap<SimulatedInode, FrozenInode>;
}

let bootCount = 0;

export class SimulatedDisk implements Storage {
  readonly replacesOpenFiles: boolean = true;
  readonly #directories = new Map<string, SimulatedDirectory>();
  readonly #watchers = new Map<string, Set<() => void>>();
  readonly #identity: ProcessIdentity;
  #callCount = 0;
  #openFileCount = 0;
  /** Decides about every call before it is done. */
  fault: ((call: DiskCall) => DiskFault | undefined) | undefined;
  /** Runs after every call that changed something that a crash can show. */
  onChange: ((call: DiskCall) => void) | undefined;
  /** Holds asynchronous calls back; by default they end in a microtask. */
  turn: ((call: DiskCall) => Promise<void>) | undefined;
  /** Whether a file can have a second name. */
  canLink = true;

  constructor(image: DiskImage = new Map()) {
    this.#identity = { pid: 1000, startTime: `boot ${++bootCount}`, host: 'simulated', pidSpace: '', threadId: 0 };
    for (const [path, files] of image) {
      const directory = new SimulatedDirectory();
      for (const [name, bytes] of files) directory.entries.set(name, SimulatedInode.durable(bytes));
      directory.sync();
      this.#directories.set(path, directory);
    }
  }

  get callCount(): number {
    return this.#callCount;
  }

  get openFileCount(): number {
    return this.#openFileCount;
  }

  freeze(): FrozenDisk {
    const inodes = new Map<SimulatedInode, FrozenInode>();
    const directories = [...this.#directories].map(([path, directory]): FrozenDirectory => {
      for (const inode of directory.durable.values()) inodes.set(inode, inode.freeze());
      for (const change of directory.changes) {
        if (change.kind !== 'delete') inodes.set(change.inode, change.inode.freeze());
      }
      return { path, durable: directory.durable, changes: directory.changes.slice() };
    });
    return { directories, inodes };
  }

  /** What programs see now, as an orderly shutdown leaves it. */
  image(): DiskImage {
    return new Map(
      [...this.#directories].map(([path, { entries }]) => [
        path,
        new Map([...entries].map(([name, inode]) => [name, inode.content()])),
      ]),
    );
  }

  // Storage

  /** Nothing of it depends on a working directory. */
  absolute(path: string): string {
    return path;
  }

  join(directory: string, name: string): string {
    return `${directory}/${name}`;
  }

  /** Durable at once, as the interface promises. */
  makeDirectory(path: string): void {
    const call = this.#enter('makeDirectory', path);
    if (this.#directories.has(path)) return;
    this.#directories.set(path, new SimulatedDirectory());
    this.#changed(call);
  }

  list(directory: string): string[] | undefined {
    this.#enter('list', directory);
    const found = this.#directories.get(directory);
    return found === undefined ? undefined : [...found.entries.keys()];
  }

  open(path: string, mode: OpenMode): StorageFile {
    const call = this.#enter('open', path);
    const { directory, name } = this.#place(path);
    let inode = directory.entries.get(name);
    if (mode === 'create') {
      if (inode !== undefined) throw diskError('EEXIST', call);
      inode = new SimulatedInode();
      directory.change({ kind: 'set', name, inode });
      this.#changed(call);
    }
    if (inode === undefined) throw diskError('ENOENT', call);
    this.#openFileCount++;
    return new SimulatedFile(this, inode, path, mode);
  }

  readFile(path: string): Uint8Array | undefined {
    this.#enter('readFile', path);
    return this.#find(path)?.content();
  }

  /** As somebody does who puts another file in the place of one that is there. */
  replaceFile(path: string, bytes: Uint8Array): void {
    this.remove(path);
    const file = this.open(path, 'create');
    file.write(bytes, 0, bytes.length, 0);
    file.close();
  }

  fileSize(path: string): number | undefined {
    this.#enter('fileSize', path);
    return this.#find(path)?.sizeBytes;
  }

  rename(from: string, to: string): void {
    const call = this.#enter('rename', from);
    const source = this.#place(from);
    const target = this.#place(to);
    const inode = source.directory.entries.get(source.name);
    if (inode === undefined) throw diskError('ENOENT', call);
    if (source.directory !== target.directory) throw diskError('EXDEV', call);
    source.directory.change({ kind: 'rename', from: source.name, to: target.name, inode });
    this.#changed(call);
  }

  remove(path: string): void {
    const call = this.#enter('remove', path);
    const { directory, name } = this.#place(path);
    if (!directory.entries.has(name)) return;
    directory.change({ kind: 'delete', name });
    this.#changed(call);
  }

  link(from: string, to: string): void {
    const call = this.#enter('link', from);
    if (!this.canLink) throw diskError('EXDEV', call);
    const inode = this.#find(from);
    const target = this.#place(to);
    if (inode === undefined) throw diskError('ENOENT', call);
    if (target.directory.entries.has(target.name)) throw diskError('EEXIST', call);
    target.directory.change({ kind: 'set', name: target.name, inode });
    this.#changed(call);
  }

  syncDirectory(path: string): void {
    const call = this.#enter('syncDirectory', path);
    const directory = this.#directories.get(path);
    if (directory === undefined) throw diskError('ENOENT', call);
    directory.sync();
    this.#changed(call);
  }

  self(): ProcessIdentity {
    return this.#identity;
  }

  isAlive(process: ProcessIdentity): boolean {
    return process.host !== this.#identity.host || process.startTime === this.#identity.startTime;
  }

  watch(directory: string, changed: () => void): () => void {
    const watchers = this.#watchers.get(directory) ?? new Set();
    this.#watchers.set(directory, watchers.add(changed));
    return () => watchers.delete(changed);
  }

  // For open files

  /** Counts the call and lets the test decide about it. */
  begin(kind: DiskCallKind, path: string, length?: number): { readonly call: DiskCall; readonly fault?: DiskFault } {
    const call: DiskCall = { kind, path, index: this.#callCount++, ...(length === undefined ? {} : { length }) };
    const fault = this.fault?.(call);
    return fault === undefined ? { call } : { call, fault };
  }

  ended(call: DiskCall): void {
    this.#changed(call);
  }

  closed(): void {
    this.#openFileCount--;
  }

  // Below: inside

  #enter(kind: DiskCallKind, path: string): DiskCall {
    const { call, fault } = this.begin(kind, path);
    if (fault?.code !== undefined) throw diskError(fault.code, call);
    return call;
  }

  #changed(call: DiskCall): void {
    this.onChange?.(call);
    for (const [directory, watchers] of this.#watchers) {
      if (call.path !== directory && !call.path.startsWith(`${directory}/`)) continue;
      for (const watcher of watchers) setImmediate(() => watchers.has(watcher) && watcher());
    }
  }

  #place(path: string): { readonly directory: SimulatedDirectory; readonly name: string } {
    const at = path.lastIndexOf('/');
    const directory = this.#directories.get(path.slice(0, at));
    if (directory === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return { directory, name: path.slice(at + 1) };
  }

  #find(path: string): SimulatedInode | undefined {
    const at = path.lastIndexOf('/');
    return this.#directories.get(path.slice(0, at))?.entries.get(path.slice(at + 1));
  }
}

function diskError(code: string, call: DiskCall): Error {
  return Object.assign(new Error(`${code}: ${call.kind} ${call.path} (call ${call.index})`), { code });
}

class SimulatedFile implements StorageFile {
  readonly #disk: SimulatedDisk;
  readonly #inode: SimulatedInode;
  readonly #path: string;
  readonly #mode: OpenMode;
  #isOpen = true;

  constructor(disk: SimulatedDisk, inode: SimulatedInode, path: string, mode: OpenMode) {
    this.#disk = disk;
    this.#inode = inode;
    this.#path = path;
    this.#mode = mode;
  }

  size(): number {
    const { call, fault } = this.#begin('size');
    if (fault?.code !== undefined) throw diskError(fault.code, call);
    return this.#inode.sizeBytes;
  }

  read(target: Uint8Array, start: number, length: number, position: number): number {
    const { call, fault } = this.#begin('read', length);
    if (fault?.code !== undefined) throw diskError(fault.code, call);
    return this.#inode.read(target, start, Math.min(length, fault?.shortTo ?? length), position);
  }

  write(source: Uint8Array, start: number, length: number, position: number): number {
    const { call, fault } = this.#begin('write', length);
    return this.#write(call, fault, source.slice(start, start + length), position);
  }

  async writeAsync(source: Uint8Array, start: number, length: number, position: number): Promise<number> {
    const { call, fault } = this.#begin('write', length);
    await this.#disk.turn?.(call);
    // Not before: the system takes the bytes at any time until the call ends.
    return this.#write(call, fault, source.slice(start, start + length), position);
  }

  #write(call: DiskCall, fault: DiskFault | undefined, bytes: Uint8Array, position: number): number {
    if (this.#mode === 'read') throw diskError('EBADF', call);
    const written = fault === undefined ? bytes.length : fault.code === undefined ? fault.shortTo : (fault.after ?? 0);
    const count = Math.min(written, bytes.length);
    if (count > 0) {
      this.#inode.write(bytes.subarray(0, count), position);
      // While the call runs a crash may show any part of it, with O_DSYNC too.
      this.#disk.ended(call);
      if (this.#mode === 'write-dsync') {
        this.#inode.beginSync()(fault?.code === undefined);
        this.#disk.ended(call);
      }
    }
    if (fault?.code !== undefined) throw diskError(fault.code, call);
    return count;
  }

  truncate(sizeBytes: number): void {
    const { call, fault } = this.#begin('truncate');
    if (fault?.code !== undefined) throw diskError(fault.code, call);
    this.#inode.truncate(sizeBytes);
    this.#disk.ended(call);
  }

  async sync(): Promise<void> {
    const { call, fault } = this.#begin('sync');
    const end = this.#inode.beginSync();
    await this.#disk.turn?.(call);
    this.#endSync(call, fault, end);
  }

  syncNow(): void {
    const { call, fault } = this.#begin('sync');
    this.#endSync(call, fault, this.#inode.beginSync());
  }

  #endSync(call: DiskCall, fault: DiskFault | undefined, end: (succeeded: boolean) => void): void {
    end(fault?.code === undefined);
    this.#disk.ended(call);
    if (fault?.code !== undefined) throw diskError(fault.code, call);
  }

  close(): void {
    const { call, fault } = this.#begin('close');
    this.#isOpen = false;
    this.#disk.closed();
    if (fault?.code !== undefined) throw diskError(fault.code, call);
  }

  #begin(kind: DiskCallKind, length?: number): { readonly call: DiskCall; readonly fault?: DiskFault } {
    const begun = this.#disk.begin(kind, this.#path, length);
    // A descriptor that was closed may belong to another file by now: using it is the worst of errors.
    if (!this.#isOpen) throw diskError('EBADF', begun.call);
    return begun;
  }
}
