/** Pages of entries and folders as columns: a page of 10,000 children is a handful of buffers, not 10,000 objects. */

import type { FolderChild, FolderPage, KeyEntry } from '../shared/keyValueStore.ts';
import { type PackedBytes, packBytes, unpackAllBytes, unpackBytes } from './packedBytes.ts';

export interface PackedEntries {
  readonly keys: PackedBytes;
  readonly previews: PackedBytes;
  /** Seven numbers an entry, in the order of `packEntries`. */
  readonly numbers: Float64Array<ArrayBuffer>;
}

export interface PackedFolderPage {
  /** Which child is a folder (1) and which a key (0), in order. */
  readonly isFolder: Uint8Array<ArrayBuffer>;
  readonly folderPaths: PackedBytes;
  readonly folderKeyCounts: Float64Array<ArrayBuffer>;
  readonly entries: PackedEntries;
  readonly more: boolean;
  readonly keyCount: number;
}

/** An entry of a store whose records have a location. */
export type LocatedEntry = KeyEntry & { readonly location: NonNullable<KeyEntry['location']> };

const COLUMNS = 7;

export function packEntries(entries: readonly LocatedEntry[]): PackedEntries {
  const numbers = new Float64Array(entries.length * COLUMNS);
  let at = 0;
  for (const { valueSizeBytes, sequence, timestampMs, expiryMs, location } of entries) {
    numbers[at++] = valueSizeBytes;
    numbers[at++] = sequence;
    numbers[at++] = timestampMs;
    numbers[at++] = expiryMs;
    numbers[at++] = location.segmentId;
    numbers[at++] = location.offsetBytes;
    numbers[at++] = location.sizeBytes;
  }
  const keys = packBytes(entries.map((entry) => entry.key));
  return { keys, previews: packBytes(entries.map((entry) => entry.valuePreview)), numbers };
}

export function unpackEntries({ keys, previews, numbers }: PackedEntries): LocatedEntry[] {
  const valuePreviews = unpackBytes(previews);
  let at = 0;
  const next = () => numbers[at++] as number;
  return unpackAllBytes(keys).map((key, index) => {
    // Initializers run in the order of the columns.
    const columns = { valueSizeBytes: next(), sequence: next(), timestampMs: next(), expiryMs: next() };
    const location = { segmentId: next(), offsetBytes: next(), sizeBytes: next() };
    const valuePreview = valuePreviews[index];
    return valuePreview === undefined ? { key, ...columns, location } : { key, ...columns, location, valuePreview };
  });
}

/** A child that is a key must have a located entry. */
export type LocatedChild =
  | Extract<FolderChild, { kind: 'folder' }>
  | { readonly kind: 'key'; readonly path: Uint8Array; readonly entry: LocatedEntry };

export function packFolderPage(page: {
  readonly children: readonly LocatedChild[];
  readonly more: boolean;
  readonly keyCount: number;
}): PackedFolderPage {
  const folders = page.children.filter((child) => child.kind === 'folder');
  const entries = page.children.filter((child) => child.kind === 'key').map((child) => child.entry);
  return {
    isFolder: Uint8Array.from(page.children, (child) => (child.kind === 'folder' ? 1 : 0)),
    folderPaths: packBytes(folders.map((folder) => folder.path)),
    folderKeyCounts: Float64Array.from(folders, (folder) => folder.keyCount),
    entries: packEntries(entries),
    more: page.more,
    keyCount: page.keyCount,
  };
}

export function unpackFolderPage(page: PackedFolderPage): FolderPage {
  const paths = unpackAllBytes(page.folderPaths);
  const entries = unpackEntries(page.entries);
  let nextFolder = 0;
  let nextEntry = 0;
  const children = Array.from(page.isFolder, (isFolder): FolderChild => {
    if (isFolder === 0) {
      const entry = entries[nextEntry++] as LocatedEntry;
      return { kind: 'key', path: entry.key, entry };
    }
    const keyCount = page.folderKeyCounts[nextFolder] as number;
    return { kind: 'folder', path: paths[nextFolder++] as Uint8Array, keyCount };
  });
  return { children, more: page.more, keyCount: page.keyCount };
}

/** The buffers to hand over with a page of entries. */
export function buffersOfEntries({ keys, previews, numbers }: PackedEntries): ArrayBuffer[] {
  return [...buffersOfBytes(keys), ...buffersOfBytes(previews), numbers.buffer];
}

export function buffersOfFolderPage(page: PackedFolderPage): ArrayBuffer[] {
  const { isFolder, folderPaths, folderKeyCounts, entries } = page;
  return [isFolder.buffer, ...buffersOfBytes(folderPaths), folderKeyCounts.buffer, ...buffersOfEntries(entries)];
}

export function buffersOfBytes({ bytes, sizes }: PackedBytes): ArrayBuffer[] {
  return [bytes.buffer, sizes.buffer];
}
