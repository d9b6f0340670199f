/**
 * Folders out of ordered keys. A store knows no folders: keys that share their bytes up to a delimiter are shown as
 * one. Without a filter a page costs two seeks a folder, however many keys are in it; with one, every key of the
 * folder has to be looked at once for the count.
 *
 * A listing that takes several slices of time sees the store at several moments. Every slice seeks from the last key
 * it saw, so a key never shows up twice and one that was there all the time is never missed.
 */

import type { KeyInfo, KeyRange } from '../engine/api.ts';
import { compareBytes, prefixEnd } from '../engine/keyRange.ts';
import { indexOfBytes, startsWithBytes } from './byteSearch.ts';
import type { KeyPredicate } from './keyFilter.ts';
import { TimeSlice } from './timeSlice.ts';

/** What a listing needs of a store. */
export interface OrderedKeys {
  keys(range: KeyRange): Iterable<Uint8Array>;
  info(key: Uint8Array): KeyInfo | undefined;
  /** Live keys in a range; must not cost a walk over them. */
  count(range: KeyRange): number;
}

export interface FolderListingRequest {
  readonly prefix: Uint8Array;
  readonly delimiter: Uint8Array;
  /** Path of the last child of the page before. */
  readonly after?: Uint8Array | undefined;
  /** At most this many children. */
  readonly limit: number;
}

export type ListedChild =
  | { readonly kind: 'folder'; readonly path: Uint8Array; readonly keyCount: number }
  | { readonly kind: 'key'; readonly path: Uint8Array; readonly info: KeyInfo };

export interface FolderListing {
  readonly children: readonly ListedChild[];
  /** Children follow after the last of this page. */
  readonly more: boolean;
  /** Keys below the folder, those of other pages included. */
  readonly keyCount: number;
}

/** How a scan goes on: with the next key, with the first key at or after `seekTo`, or not at all. */
type ScanStep = 'next' | 'stop' | { readonly seekTo: Uint8Array };

/** One page of the children of a folder, all keys counted. */
export async function listFolder(keys: OrderedKeys, request: FolderListingRequest): Promise<FolderListing> {
  const { prefix, limit } = request;
  const children: ListedChild[] = [];
  let more = false;
  const start = firstRangeAfter(request);
  if (start !== undefined) {
    await scanInSlices(keys, start, (key) => {
      more = children.length === limit;
      if (more) return 'stop';
      const path = folderPathOf(key, request);
      if (path === undefined) {
        const info = keys.info(key);
        if (info !== undefined) children.push({ kind: 'key', path: key, info });
        return 'next';
      }
      children.push({ kind: 'folder', path, keyCount: keys.count({ prefix: path }) });
      const seekTo = prefixEnd(path);
      return seekTo === undefined ? 'stop' : { seekTo };
    });
  }
  return { children, more, keyCount: keys.count({ prefix }) };
}

/**
 * One page of the children of a folder that match or hold keys that match; only those are counted.
 *
 * `knownKeyCount` is the `keyCount` of an earlier page: with it the scan starts at `after` and ends with the page.
 */
export async function listFilteredFolder(
  keys: OrderedKeys,
  request: FolderListingRequest,
  matches: KeyPredicate,
  knownKeyCount: number | undefined,
): Promise<FolderListing> {
  const page = new FilteredPage(keys, request);
  const range = knownKeyCount === undefined ? { prefix: request.prefix } : firstRangeAfter(request);
  if (range !== undefined) {
    await scanInSlices(keys, range, (key) => {
      if (matches(key)) page.add(key);
      return page.more && knownKeyCount !== undefined ? 'stop' : 'next';
    });
  }
  page.end();
  return { children: page.children, more: page.more, keyCount: knownKeyCount ?? page.keyCount };
}

/** Gathers matching keys, which come in order, into children; a folder is a child once its last key has come. */
class FilteredPage {
  readonly children: ListedChild[] = [];
  more = false;
  keyCount = 0;
  readonly #keys: OrderedKeys;
  readonly #request: FolderListingRequest;
  #folderPath: Uint8Array | undefined;
  #folderKeyCount = 0;

  constructor(keys: OrderedKeys, request: FolderListingRequest) {
    this.#keys = keys;
    this.#request = request;
  }

  add(key: Uint8Array): void {
    this.keyCount++;
    if (this.#folderPath !== undefined && startsWithBytes(key, this.#folderPath)) {
      this.#folderKeyCount++;
      return;
    }
    this.end();
    this.#folderPath = folderPathOf(key, this.#request);
    this.#folderKeyCount = 1;
    if (this.#folderPath !== undefined) return;
    const info = this.#keys.info(key);
    if (info !== undefined) this.#addChild({ kind: 'key', path: key, info });
  }

  end(): void {
    const path = this.#folderPath;
    this.#folderPath = undefined;
    if (path !== undefined) this.#addChild({ kind: 'folder', path, keyCount: this.#folderKeyCount });
  }

  #addChild(child: ListedChild): void {
    const { after, limit } = this.#request;
    if (after !== undefined && compareBytes(child.path, after) <= 0) return;
    if (this.children.length === limit) this.more = true;
    else this.children.push(child);
  }
}

/** The path up to and with the first delimiter after the folder's own; undefined for a key of the folder itself. */
function folderPathOf(key: Uint8Array, { prefix, delimiter }: FolderListingRequest): Uint8Array | undefined {
  const at = indexOfBytes(key, delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** Where the page starts: after the whole folder `after`, or after the key `after`. Undefined: nothing can follow. */
function firstRangeAfter(request: FolderListingRequest): KeyRange | undefined {
  const { prefix, after } = request;
  if (after === undefined) return { prefix };
  const path = folderPathOf(after, request);
  if (path === undefined) return { prefix, gt: after };
  const gte = prefixEnd(path);
  return gte === undefined ? undefined : { prefix, gte };
}

async function scanInSlices(keys: OrderedKeys, range: KeyRange, visit: (key: Uint8Array) => ScanStep): Promise<void> {
  const slice = new TimeSlice();
  let rest: KeyRange | undefined = range;
  while (rest !== undefined) {
    rest = scanOneRun(keys, rest, visit, slice);
    if (rest !== undefined && slice.isOver()) await slice.next();
  }
}

/** Visits keys until a seek, the end of the slice or of the range; returns what is left. */
function scanOneRun(
  keys: OrderedKeys,
  range: KeyRange,
  visit: (key: Uint8Array) => ScanStep,
  slice: TimeSlice,
): KeyRange | undefined {
  const prefix = range.prefix ?? new Uint8Array(0);
  for (const key of keys.keys(range)) {
    const step = visit(key);
    if (step === 'stop') return undefined;
    if (step !== 'next') return { prefix, gte: step.seekTo };
    if (slice.isOver()) return { prefix, gt: key };
  }
  return undefined;
}
