/** A local file, read by ranges. Opened read-only; nothing here writes, creates or locks. */

import { Buffer } from 'node:buffer';
// biome-ignore lint/style/noRestrictedImports: the scanning thread reads local files by ranges, which vscode.workspace.fs cannot.
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { RangedFile } from './rangedFile.ts';

/**
 * A file that grows keeps its first bytes; one that was written anew in the same place has others. So few are enough:
 * a time of creation or an identifier stands among them. With less than that, a file was taken for something else.
 */
const HEAD_SIZE_BYTES = 32;

/**
 * Reads are synchronous because this runs in a thread of its own, where a cached `readSync` costs a microsecond and a
 * promise fifty. The descriptor stays open, so that a file can be looked at to its end after it was deleted.
 */
export class LocalFile implements RangedFile {
  readonly #path: string;
  #opened: OpenedFile;
  /** A time of modification that nothing else has confirmed yet. */
  #doubtfulNs: bigint | undefined;

  /** Throws what `open` throws: the file is missing, or may not be read. */
  constructor(path: string) {
    this.#path = path;
    this.#opened = openFile(path);
  }

  get sizeBytes(): number {
    return this.#opened.sizeBytes;
  }

  read(target: Uint8Array, offsetBytes: number): number {
    return readAt(this.#opened.descriptor, target, offsetBytes);
  }

  refresh(): 'same' | 'grew' | 'shrank' | 'replaced' | 'gone' {
    try {
      return this.#look();
    } catch {
      // It may not be read any more, or went away between two calls.
      return 'gone';
    }
  }

  #look(): 'same' | 'grew' | 'shrank' | 'replaced' | 'gone' {
    const stat = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return 'gone';
    const opened = this.#opened;
    if (stat.ino !== opened.inode) {
      this.#opened = openFile(this.#path);
      closeSync(opened.descriptor);
      return 'replaced';
    }
    const before = opened.sizeBytes;
    opened.sizeBytes = Number(stat.size);
    if (opened.sizeBytes === before) return this.#isOverwritten(stat.mtimeNs) ? 'replaced' : 'same';
    opened.modifiedNs = stat.mtimeNs;
    const { head } = opened;
    opened.head = readHead(opened.descriptor);
    if (Buffer.compare(head, opened.head) !== 0) return 'replaced';
    return opened.sizeBytes > before ? 'grew' : 'shrank';
  }

  /**
   * Written to, though nothing was appended. Believed at the second look only: a write changes the time a little before
   * the size. The time at which the file's entry was changed does not count: a checkpoint that links to the file changes
   * it too.
   */
  #isOverwritten(modifiedNs: bigint): boolean {
    if (modifiedNs === this.#opened.modifiedNs) return false;
    const isSeenAgain = modifiedNs === this.#doubtfulNs;
    this.#doubtfulNs = modifiedNs;
    if (isSeenAgain) this.#opened.modifiedNs = modifiedNs;
    return isSeenAgain;
  }

  close(): void {
    closeSync(this.#opened.descriptor);
  }
}

/** What was known of the file when it was last looked at. */
interface OpenedFile {
  readonly descriptor: number;
  readonly inode: bigint;
  sizeBytes: number;
  modifiedNs: bigint;
  head: Uint8Array;
}

function openFile(path: string): OpenedFile {
  const descriptor = openSync(path, 'r');
  try {
    const { size, ino, mtimeNs } = fstatSync(descriptor, { bigint: true });
    return { descriptor, inode: ino, sizeBytes: Number(size), modifiedNs: mtimeNs, head: readHead(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function readHead(descriptor: number): Uint8Array {
  const head = new Uint8Array(HEAD_SIZE_BYTES);
  return head.subarray(0, readAt(descriptor, head, 0));
}

/** Fewer bytes than `target` holds only at the end of the file. */
function readAt(descriptor: number, target: Uint8Array, offsetBytes: number): number {
  let filled = 0;
  while (filled < target.length) {
    const count = readSync(descriptor, target, filled, target.length - filled, offsetBytes + filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}
