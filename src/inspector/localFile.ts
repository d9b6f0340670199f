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
  #descriptor: number;
  #sizeBytes: number;
  #inode: bigint;
  #modifiedNs: bigint;
  /** A time of modification that nothing else has confirmed yet. */
  #doubtfulNs: bigint | undefined;
  #head: Uint8Array;

  /** Throws what `open` throws: the file is missing, or may not be read. */
  constructor(path: string) {
    this.#path = path;
    this.#descriptor = openSync(path, 'r');
    const stat = fstatSync(this.#descriptor, { bigint: true });
    this.#sizeBytes = Number(stat.size);
    this.#inode = stat.ino;
    this.#modifiedNs = stat.mtimeNs;
    this.#head = this.#readHead();
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  read(target: Uint8Array, offsetBytes: number): number {
    let filled = 0;
    while (filled < target.length) {
      const count = readSync(this.#descriptor, target, filled, target.length - filled, offsetBytes + filled);
      if (count === 0) break;
      filled += count;
    }
    return filled;
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
    if (stat.ino !== this.#inode) {
      const descriptor = openSync(this.#path, 'r');
      closeSync(this.#descriptor);
      this.#descriptor = descriptor;
      const opened = fstatSync(descriptor, { bigint: true });
      this.#sizeBytes = Number(opened.size);
      this.#inode = opened.ino;
      this.#modifiedNs = opened.mtimeNs;
      this.#head = this.#readHead();
      return 'replaced';
    }
    const before = this.#sizeBytes;
    this.#sizeBytes = Number(stat.size);
    if (this.#sizeBytes === before) return this.#isOverwritten(stat.mtimeNs) ? 'replaced' : 'same';
    this.#modifiedNs = stat.mtimeNs;
    const head = this.#head;
    this.#head = this.#readHead();
    if (Buffer.compare(head, this.#head) !== 0) return 'replaced';
    return this.#sizeBytes > before ? 'grew' : 'shrank';
  }

  /**
   * Written to, though nothing was appended. Believed at the second look only: a write changes the time a little before
   * the size. The time at which the file's entry was changed does not count: a checkpoint that links to the file changes
   * it too.
   */
  #isOverwritten(modifiedNs: bigint): boolean {
    if (modifiedNs === this.#modifiedNs) return false;
    const isSeenAgain = modifiedNs === this.#doubtfulNs;
    this.#doubtfulNs = modifiedNs;
    if (isSeenAgain) this.#modifiedNs = modifiedNs;
    return isSeenAgain;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #readHead(): Uint8Array {
    const head = new Uint8Array(HEAD_SIZE_BYTES);
    return head.subarray(0, this.read(head, 0));
  }
}
