/** A storage that holds one file in memory and can only be read. For decoders that read through the storage interface. */

import type { Storage, StorageFile } from '../../src/engine/storage.ts';

export function soleFileStorage(name: string, bytes: Uint8Array): Storage {
  const refuse = (): never => {
    throw new Error('this storage can only be read');
  };
  return {
    replacesOpenFiles: true,
    join: (directory, fileName) => `${directory}/${fileName}`,
    absolute: (path) => path,
    makeDirectory: refuse,
    list: () => [name],
    open: (path, mode) => (mode === 'read' && path.endsWith(`/${name}`) ? new MemoryFile(bytes) : refuse()),
    readFile: (path) => (path.endsWith(`/${name}`) ? bytes.slice() : undefined),
    fileSize: (path) => (path.endsWith(`/${name}`) ? bytes.length : undefined),
    rename: refuse,
    remove: refuse,
    link: refuse,
    syncDirectory: refuse,
    self: refuse,
    isAlive: refuse,
    watch: refuse,
  };
}

class MemoryFile implements StorageFile {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  size(): number {
    return this.#bytes.length;
  }

  read(target: Uint8Array, start: number, length: number, position: number): number {
    const part = this.#bytes.subarray(position, position + length);
    target.set(part, start);
    return part.length;
  }

  write(): number {
    return refuseWrite();
  }

  async writeAsync(): Promise<number> {
    return refuseWrite();
  }

  truncate(): void {
    refuseWrite();
  }

  async sync(): Promise<void> {
    refuseWrite();
  }

  syncNow(): void {
    refuseWrite();
  }

  close(): void {}
}

function refuseWrite(): never {
  throw new Error('this storage can only be read');
}
