/**
 * Which stores get a process of their own. A thread is the quicker way to a store, but its memory is the extension
 * host's, and VS Code starts processes from there: `fork` copies the page tables of all that memory, and every
 * extension waits meanwhile. With ten million keys that was up to 65 ms for each start (BENCHMARKS.md).
 */

import { nodeStorage } from '../engine/nodeStorage.ts';
import { SEGMENT_EXTENSION, SNAPSHOT_NAME } from '../format/fileName.ts';
import type { StoreProcessSetting } from '../shared/embeddedStore.ts';
import type { EngineHostKind } from './engineHost.ts';

/** The snapshot has about as many bytes as the index will have in memory: a million keys of 16 bytes have 60 MB. */
export const LARGE_SNAPSHOT_BYTES = 64 * 1024 * 1024;
/** Without a snapshot nobody knows how many keys there are; so much can hold as many. */
export const LARGE_LOG_BYTES = 512 * 1024 * 1024;

/**
 * `path` is the directory of a store, or a segment file. What cannot be looked at is not large: opening it will tell. A
 * store that grows stays where it is until it is opened again.
 */
export function placeFor(path: string, setting: StoreProcessSetting): EngineHostKind {
  if (setting === 'never') return 'thread';
  return setting === 'always' || isLarge(path) ? 'process' : 'thread';
}

function isLarge(path: string): boolean {
  try {
    if (path.endsWith(SEGMENT_EXTENSION)) return sizeOf(path) >= LARGE_LOG_BYTES;
    const snapshot = nodeStorage.fileSize(nodeStorage.join(path, SNAPSHOT_NAME));
    if (snapshot !== undefined) return snapshot >= LARGE_SNAPSHOT_BYTES;
    let sizeBytes = 0;
    // This is the thread that must not be held up, and there may be many files: no more of them than are needed.
    for (const name of nodeStorage.list(path) ?? []) {
      sizeBytes += sizeOf(nodeStorage.join(path, name));
      if (sizeBytes >= LARGE_LOG_BYTES) return true;
    }
    return false;
  } catch {
    return false;
  }
}

function sizeOf(path: string): number {
  return nodeStorage.fileSize(path) ?? 0;
}
