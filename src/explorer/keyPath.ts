/** Keys as paths: a delimiter splits a key into the folders that hold it and its name. */

import { createHash } from 'node:crypto';

/** Paths of the folders that hold `path`, outermost first. A folder's path ends with the delimiter. */
export function foldersOf(path: Uint8Array, delimiter: Uint8Array): Uint8Array[] {
  const folders: Uint8Array[] = [];
  for (let at = indexOf(path, delimiter, 0); at !== -1; at = indexOf(path, delimiter, at + delimiter.length)) {
    folders.push(path.subarray(0, at + delimiter.length));
  }
  return folders;
}

/** Path of the folder that lists the key `key`; undefined for the root. A key may itself end with the delimiter. */
export function parentOfKey(key: Uint8Array, delimiter: Uint8Array): Uint8Array | undefined {
  return foldersOf(key, delimiter).at(-1);
}

/** Path of the folder that lists the folder `folder`; undefined for the root. */
export function parentOfFolder(folder: Uint8Array, delimiter: Uint8Array): Uint8Array | undefined {
  return foldersOf(folder, delimiter).at(-2);
}

/** What distinguishes a child from its siblings: its path without its parent's. Empty for a key named as its folder. */
export function nameWithin(path: Uint8Array, parent: Uint8Array | undefined): Uint8Array {
  return path.subarray(parent?.length ?? 0);
}

/** Longer keys are told apart by a hash: a page of them would be megabytes of identifiers. */
const MAX_HEX_BYTES = 256;

/** A short text that is equal for equal keys, and for no others. */
export function keyToId(key: Uint8Array): string {
  return key.length <= MAX_HEX_BYTES ? keyToHex(key) : `sha256-${createHash('sha256').update(key).digest('hex')}`;
}

/** A key as text that is equal for equal keys. */
export function keyToHex(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('hex');
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(wanted, from);
}
