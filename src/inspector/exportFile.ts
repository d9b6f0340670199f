/** The file that an export writes: the only thing the inspector ever writes, and only where a person said. */

// biome-ignore lint/style/noRestrictedImports: an export of any size is written piece by piece, which vscode.workspace.fs cannot.
import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { ExportRequest } from '../shared/inspectorMessages.ts';
import { formatSize } from '../shared/quantities.ts';

const PIECE_CHARACTERS = 0x10_0000;

type ExportFileOptions = Pick<ExportRequest, 'path' | 'partialPath' | 'maxSizeBytes'>;

/** Text goes to a temporary file, which takes the name at the end: a cancelled export leaves nothing behind. */
export class ExportFile {
  readonly #path: string;
  readonly #partialPath: string;
  readonly #maxSizeBytes: number;
  readonly #descriptor: number;
  #waiting: string[] = [];
  #waitingCharacters = 0;
  #sizeBytes = 0;
  #isOpen = true;

  /** `partialPath` is this export's alone: two to one path must not write into each other's. */
  constructor({ path, partialPath, maxSizeBytes = Number.POSITIVE_INFINITY }: ExportFileOptions) {
    this.#path = path;
    this.#partialPath = partialPath;
    this.#maxSizeBytes = maxSizeBytes;
    this.#descriptor = openSync(this.#partialPath, 'w');
  }

  /** Throws a sentence when the file becomes too large. */
  write(text: string): void {
    this.#waiting.push(text);
    this.#waitingCharacters += text.length;
    if (this.#waitingCharacters >= PIECE_CHARACTERS) this.#flush();
  }

  finish(): void {
    this.#flush();
    this.#close();
    renameSync(this.#partialPath, this.#path);
  }

  abandon(): void {
    this.#close();
    rmSync(this.#partialPath, { force: true });
  }

  /** What fails in `finish` is abandoned after it, which may have closed the file. */
  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#descriptor);
  }

  #flush(): void {
    const bytes = Buffer.from(this.#waiting.join(''), 'utf8');
    this.#sizeBytes += bytes.length;
    if (this.#sizeBytes > this.#maxSizeBytes) {
      const limit = formatSize(this.#maxSizeBytes);
      throw new Error(`They take more than ${limit}, for which only a local file has room.`);
    }
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    this.#waiting = [];
    this.#waitingCharacters = 0;
  }
}

/** Removes what an export left whose thread has ended. */
export function removePartialExport(partialPath: string): void {
  rmSync(partialPath, { force: true });
}
