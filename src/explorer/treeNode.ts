/** The nodes of the two trees. Commands get them as arguments, so they carry what a command needs to know. */

import type { FolderChild, KeyEntry, SegmentStatistics } from '../shared/keyValueStore.ts';
import type { StoreEntry } from './storeEntry.ts';

export interface StoreNode {
  readonly kind: 'store';
  readonly entry: StoreEntry;
}

export interface SegmentsNode {
  readonly kind: 'segments';
  readonly entry: StoreEntry;
}

export interface SegmentNode {
  readonly kind: 'segment';
  readonly entry: StoreEntry;
  readonly segment: SegmentStatistics;
}

export interface FolderNode {
  readonly kind: 'folder';
  readonly entry: StoreEntry;
  readonly path: Uint8Array;
  /** Absent where only the path matters. */
  readonly keyCount?: number;
}

export interface KeyNode {
  readonly kind: 'key';
  readonly entry: StoreEntry;
  readonly path: Uint8Array;
  /** Absent where only the key matters. */
  readonly keyEntry?: KeyEntry;
}

/** Lists the next page of the folder `prefix`. */
export interface MoreNode {
  readonly kind: 'more';
  readonly entry: StoreEntry;
  readonly prefix: Uint8Array;
  readonly remainingKeyCount: number;
}

/** A sentence in the place of children. */
export interface NoteNode {
  readonly kind: 'note';
  readonly entry: StoreEntry;
  readonly text: string;
  readonly isError: boolean;
  /** Tells the notes of one store apart. */
  readonly place: string;
}

export type StoresTreeNode = StoreNode | SegmentsNode | SegmentNode;
export type KeysTreeNode = StoreNode | FolderNode | KeyNode | MoreNode | NoteNode;
export type TreeNode = StoresTreeNode | KeysTreeNode;

export function isTreeNode(value: unknown): value is TreeNode {
  const node = value as Partial<TreeNode> | undefined;
  return typeof node?.kind === 'string' && node.entry !== undefined;
}

export function childNode(entry: StoreEntry, child: FolderChild): FolderNode | KeyNode {
  if (child.kind === 'folder') return { kind: 'folder', entry, path: child.path, keyCount: child.keyCount };
  return { kind: 'key', entry, path: child.path, keyEntry: child.entry };
}
