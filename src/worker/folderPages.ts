import { StrataError } from '../engine/strataError.ts';
import type { KeyFilter } from '../shared/keyValueStore.ts';
import { type FolderListing, listFilteredFolder, listFolder, type OrderedKeys } from './folderListing.ts';
import { compileKeyFilter } from './keyFilter.ts';
import type { FolderPageRequest } from './storeProtocol.ts';

const MAX_LIMIT = 10_000;
/** Folders whose filtered counts are remembered; a tree shows about as many at a time. */
const MAX_REMEMBERED_COUNTS = 256;

/** Pages of folders. Remembers how many keys a filter found in a folder, until the store changes. */
export class FolderPages {
  readonly #keys: OrderedKeys;
  readonly #keyCounts = new Map<string, number>();
  #changeCount = 0;

  constructor(keys: OrderedKeys) {
    this.#keys = keys;
  }

  /** The store's keys are not what they were. */
  forget(): void {
    this.#changeCount++;
    this.#keyCounts.clear();
  }

  /** Throws `INVALID_OPTION` for a limit, delimiter or filter that the interface does not allow. */
  async page(request: FolderPageRequest): Promise<FolderListing> {
    const { delimiter, limit, filter } = request;
    if (delimiter.length === 0) throw new StrataError('INVALID_OPTION', 'The delimiter needs at least one byte.');
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
      throw new StrataError('INVALID_OPTION', `The limit of a page is a whole number from 1 to ${MAX_LIMIT}.`);
    }
    return filter === undefined ? listFolder(this.#keys, request) : this.#filteredPage(request, filter);
  }

  async #filteredPage(request: FolderPageRequest, filter: KeyFilter): Promise<FolderListing> {
    const name = `${filter.kind} ${Buffer.from(request.prefix).toString('hex')} ${filter.pattern}`;
    const changeCount = this.#changeCount;
    const known = this.#keyCounts.get(name);
    const listing = await listFilteredFolder(this.#keys, request, compileKeyFilter(filter), known);
    if (changeCount === this.#changeCount) {
      if (this.#keyCounts.size >= MAX_REMEMBERED_COUNTS) this.#keyCounts.clear();
      this.#keyCounts.set(name, listing.keyCount);
    }
    return listing;
  }
}
