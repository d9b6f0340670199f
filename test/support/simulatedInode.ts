/**
 * The bytes of one file of the simulated disk. What programs see is kept apart from what is durable, and between
 * the two stand the changes that no sync has covered, in order: each of them may have reached the disk or not.
 */

export type FileChange =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly sizeBytes: number };

/** What a crash has to work with: shared, never changed. */
export interface FrozenInode {
  readonly durable: Uint8Array;
  readonly changes: readonly FileChange[];
}

const NO_BYTES: Uint8Array = new Uint8Array(0);

export class SimulatedInode {
  #bytes = NO_BYTES;
  #sizeBytes = 0;
  #durable = NO_BYTES;
  #changes: FileChange[] = [];

  /** A file that has always been there. */
  static durable(bytes: Uint8Array): SimulatedInode {
    const inode = new SimulatedInode();
    inode.#bytes = bytes.slice();
    inode.#sizeBytes = bytes.length;
    inode.#durable = bytes;
    return inode;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get isClean(): boolean {
    return this.#changes.length === 0;
  }

  content(): Uint8Array {
    return this.#bytes.slice(0, this.#sizeBytes);
  }

  freeze(): FrozenInode {
    return { durable: this.#durable, changes: this.#changes.slice() };
  }

  read(target: Uint8Array, start: number, length: number, position: number): number {
    const count = Math.max(0, Math.min(length, this.#sizeBytes - position));
    target.set(this.#bytes.subarray(position, position + count), start);
    return count;
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2, 256));
      larger.set(this.#bytes.subarray(0, this.#sizeBytes));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, position);
    this.#sizeBytes = Math.max(this.#sizeBytes, end);
    this.#changes.push({ kind: 'write', position, bytes });
  }

  truncate(sizeBytes: number): void {
    this.#bytes.fill(0, Math.min(sizeBytes, this.#sizeBytes), this.#sizeBytes);
    this.#sizeBytes = sizeBytes;
    this.#changes.push({ kind: 'truncate', sizeBytes });
  }

  /** A sync that starts now covers what was changed so far. Call the result when the disk has answered. */
  beginSync(): (succeeded: boolean) => void {
    const covered = this.#changes.slice();
    return (succeeded) => {
      const stillWaiting = covered.filter((change) => this.#changes.includes(change));
      // After a failure the kernel takes the pages for clean: no later sync writes them.
      if (succeeded) this.#durable = applyChanges(this.#durable, stillWaiting);
      this.#changes = this.#changes.filter((change) => !covered.includes(change));
    };
  }
}

/** The bytes after these changes. */
export function applyChanges(bytes: Uint8Array, changes: readonly FileChange[]): Uint8Array {
  let sizeBytes = bytes.length;
  let capacity = sizeBytes;
  for (const change of changes) {
    capacity = Math.max(capacity, change.kind === 'write' ? change.position + change.bytes.length : change.sizeBytes);
  }
  const result = new Uint8Array(capacity);
  result.set(bytes);
  for (const change of changes) {
    if (change.kind === 'write') {
      result.set(change.bytes, change.position);
      sizeBytes = Math.max(sizeBytes, change.position + change.bytes.length);
    } else {
      result.fill(0, Math.min(change.sizeBytes, sizeBytes), sizeBytes);
      sizeBytes = change.sizeBytes;
    }
  }
  return result.slice(0, sizeBytes);
}
