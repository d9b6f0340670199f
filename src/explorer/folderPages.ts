/**
 * The part of a store's folders that the tree has asked for, one page after the other. Knows no tree: it turns pages
 * into listings, and remembers how far each folder was opened, so that a refresh shows as much as before.
 */

import type { FolderChild, FolderPage } from '../shared/keyValueStore.ts';
import { keyToHex } from './keyPath.ts';

/** The store answers at most this many children at once. */
const MAX_PAGE_SIZE = 10_000;

export interface PageRequest {
  readonly prefix: Uint8Array;
  readonly after?: Uint8Array;
  readonly limit: number;
}

export interface FolderListing {
  readonly children: readonly FolderChild[];
  /** Keys below the folder, whether listed or not. */
  readonly keyCount: number;
  /** Keys below children that are not listed; 0 when all are. */
  readonly remainingKeyCount: number;
  /** Children that are not listed yet. */
  readonly more: boolean;
  /** A child beyond the listed ones that has to be seen all the same, because something points at it. */
  readonly pinned?: FolderChild;
}

/** Looks a child up in the store; undefined when it is not there any more. */
export type FindChild = () => Promise<FolderChild | undefined>;

interface Folder {
  readonly prefix: Uint8Array;
  /** Children to show, when there are that many. */
  wantedCount: number;
  findPinned: FindChild | undefined;
  listing: Promise<FolderListing> | undefined;
}

export class FolderPages {
  readonly #listFolder: (request: PageRequest) => Promise<FolderPage>;
  readonly #pageSize: number;
  readonly #folders = new Map<string, Folder>();

  constructor(listFolder: (request: PageRequest) => Promise<FolderPage>, pageSize: number) {
    this.#listFolder = listFolder;
    this.#pageSize = pageSize;
  }

  /** The children of the folder, from the store or as they were listed since the last `invalidate`. */
  listing(prefix: Uint8Array): Promise<FolderListing> {
    const folder = this.#folder(prefix);
    if (folder.listing === undefined) {
      const listing = this.#append(folder, undefined);
      folder.listing = listing;
      // A failure is not kept: whoever asks next asks the store.
      listing.catch(() => {
        if (folder.listing === listing) folder.listing = undefined;
      });
    }
    return folder.listing;
  }

  /** Makes the next `listing` of the folder one page longer. */
  async extend(prefix: Uint8Array): Promise<void> {
    const folder = this.#folder(prefix);
    const before = await this.listing(prefix);
    folder.wantedCount = before.children.length + this.#pageSize;
    folder.listing = this.#append(folder, before);
    await folder.listing;
  }

  /** Shows a child of the folder even if it is on none of the listed pages. One child a folder: the last one asked. */
  pin(prefix: Uint8Array, find: FindChild): void {
    const folder = this.#folder(prefix);
    folder.findPinned = find;
    folder.listing = undefined;
  }

  /** Forgets what the store said, not how far each folder was opened. */
  invalidate(): void {
    for (const folder of this.#folders.values()) folder.listing = undefined;
  }

  #folder(prefix: Uint8Array): Folder {
    const id = keyToHex(prefix);
    let folder = this.#folders.get(id);
    if (folder === undefined) {
      folder = { prefix, wantedCount: this.#pageSize, findPinned: undefined, listing: undefined };
      this.#folders.set(id, folder);
    }
    return folder;
  }

  /** Asks for pages until the folder has as many children as are wanted, or no more. */
  async #append(folder: Folder, before: FolderListing | undefined): Promise<FolderListing> {
    const children = [...(before?.children ?? [])];
    let page: FolderPage;
    do {
      const limit = Math.min(folder.wantedCount - children.length, MAX_PAGE_SIZE);
      const after = children.at(-1)?.path;
      page = await this.#listFolder({ prefix: folder.prefix, limit, ...(after && { after }) });
      children.push(...page.children);
    } while (page.more && page.children.length > 0 && children.length < folder.wantedCount);
    const listed = children.reduce((sum, child) => sum + (child.kind === 'folder' ? child.keyCount : 1), 0);
    // The store may change between two pages, so the counts need not add up.
    const remainingKeyCount = page.more ? Math.max(1, page.keyCount - listed) : 0;
    const pinned = await folder.findPinned?.();
    const listing = { children, keyCount: page.keyCount, remainingKeyCount, more: page.more };
    return pinned === undefined || children.some((child) => isSame(child, pinned)) ? listing : { ...listing, pinned };
  }
}

function isSame(a: FolderChild, b: FolderChild): boolean {
  return a.kind === b.kind && Buffer.compare(a.path, b.path) === 0;
}
