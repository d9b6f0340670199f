/** A file of a file system that cannot be read by ranges: taken whole, up to a size, and again whenever it changes. */

import * as vscode from 'vscode';
import { NUMBER, readSetting } from '../checkedSettings.ts';
import { messageOf } from '../shared/messageOf.ts';

export interface VirtualFileEvents {
  /** The file's new content; undefined: it is gone. */
  onContent(bytes: Uint8Array | undefined): void;
  /** The file cannot be shown any further, with a sentence that says why. */
  onProblem(message: string): void;
}

/** Throws with a sentence for people when the file is larger than the setting allows. */
export async function readVirtualFile(uri: vscode.Uri): Promise<Uint8Array> {
  const limitMb = readSetting('inspector.maxVirtualFileSizeMb', NUMBER);
  const { size: sizeBytes } = await vscode.workspace.fs.stat(uri);
  if (sizeBytes > limitMb * 1024 * 1024) {
    const fileName = uri.path.slice(uri.path.lastIndexOf('/') + 1);
    throw new Error(
      `${fileName} has ${Math.ceil(sizeBytes / 1024 / 1024)} MB and is on a file system that cannot be read by ranges. ` +
        `The setting strata.inspector.maxVirtualFileSizeMb allows ${limitMb} MB.`,
    );
  }
  return vscode.workspace.fs.readFile(uri);
}

export class VirtualFileWatcher implements vscode.Disposable {
  readonly #uri: vscode.Uri;
  readonly #events: VirtualFileEvents;
  readonly #watcher: vscode.FileSystemWatcher;
  #reading = false;
  #changedMeanwhile = false;
  #disposed = false;

  constructor(uri: vscode.Uri, events: VirtualFileEvents) {
    this.#uri = uri;
    this.#events = events;
    const fileName = uri.path.slice(uri.path.lastIndexOf('/') + 1);
    const pattern = new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), fileName);
    this.#watcher = vscode.workspace.createFileSystemWatcher(pattern);
    const look = () => void this.#read();
    this.#watcher.onDidChange(look);
    this.#watcher.onDidCreate(look);
    this.#watcher.onDidDelete(look);
  }

  dispose(): void {
    this.#disposed = true;
    this.#watcher.dispose();
  }

  /** One reading at a time; whatever changes during one is read after it. */
  async #read(): Promise<void> {
    if (this.#reading) {
      this.#changedMeanwhile = true;
      return;
    }
    this.#reading = true;
    do {
      this.#changedMeanwhile = false;
      await this.#readOnce();
    } while (this.#changedMeanwhile && !this.#disposed);
    this.#reading = false;
  }

  async #readOnce(): Promise<void> {
    try {
      const bytes = await readVirtualFile(this.#uri);
      if (!this.#disposed) this.#events.onContent(bytes);
    } catch (error) {
      if (this.#disposed) return;
      if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') this.#events.onContent(undefined);
      else this.#events.onProblem(messageOf(error));
    }
  }
}
