/** A file that is read by ranges, wherever it is. */

export interface RangedFile {
  /** Size in bytes at the last `refresh`. */
  readonly sizeBytes: number;
  /** Fills `target` from `offsetBytes` on and returns how many bytes there were; fewer only at the end of the file. */
  read(target: Uint8Array, offsetBytes: number): number;
  /** Looks again; `replaced` when another file stands under the name now. */
  refresh(): 'same' | 'grew' | 'shrank' | 'replaced' | 'gone';
  close(): void;
}

/** Bytes of a file in memory of their own; fewer at its end. */
export function readBytes(file: Pick<RangedFile, 'read'>, offsetBytes: number, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  return bytes.subarray(0, file.read(bytes, offsetBytes));
}

/** A file whose bytes are all in memory: small files of file systems that cannot be read by ranges. */
export class MemoryFile implements RangedFile {
  #bytes: Uint8Array;
  #next: Uint8Array | undefined;
  #gone = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get sizeBytes(): number {
    return this.#bytes.length;
  }

  read(target: Uint8Array, offsetBytes: number): number {
    const part = this.#bytes.subarray(offsetBytes, offsetBytes + target.length);
    target.set(part);
    return part.length;
  }

  /** The file's new content, which the next `refresh` takes; undefined: it is gone, and what was read stays. */
  replace(bytes: Uint8Array | undefined): void {
    this.#next = bytes;
    this.#gone = bytes === undefined;
  }

  refresh(): 'same' | 'grew' | 'replaced' | 'gone' {
    if (this.#gone) return 'gone';
    const next = this.#next;
    if (next === undefined) return 'same';
    const before = this.#bytes;
    this.#next = undefined;
    this.#bytes = next;
    const startsAlike = next.length >= before.length && Buffer.compare(before, next.subarray(0, before.length)) === 0;
    if (!startsAlike) return 'replaced';
    return next.length > before.length ? 'grew' : 'same';
  }

  close(): void {}
}
