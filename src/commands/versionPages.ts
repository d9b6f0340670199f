/** The versions of a key as far as somebody has asked for them, newest first: a key may have millions. */

import type { KeyValueStore, KeyVersion, TaskOptions } from '../shared/keyValueStore.ts';

/** Versions that are listed at once. */
export const VERSIONS_PER_PAGE = 500;

export class VersionPages {
  readonly #store: KeyValueStore;
  readonly #key: Uint8Array;
  readonly #pageSize: number;
  /** One more than is shown, if there is one: the last one shown is compared with it. */
  #found: readonly KeyVersion[] = [];
  #shownCount = 0;
  /** Reading was cancelled before the page was full. */
  #isCut = false;

  constructor(store: KeyValueStore, key: Uint8Array, pageSize = VERSIONS_PER_PAGE) {
    this.#store = store;
    this.#key = key;
    this.#pageSize = pageSize;
  }

  get shown(): readonly KeyVersion[] {
    return this.#found.slice(0, this.#shownCount);
  }

  /** The log has, or may have, older versions than those shown. */
  get hasMore(): boolean {
    return this.#isCut || this.#found.length > this.#shownCount;
  }

  /** The next older version, as far as it has been read. */
  before(index: number): KeyVersion | undefined {
    return this.#found[index + 1];
  }

  /** Reads the next page, or the rest of one that was cancelled. What was read before a cancellation stays. */
  async load(task: TaskOptions, onVersions: () => void): Promise<void> {
    if (!this.#isCut) this.#shownCount += this.#pageSize;
    this.#isCut = true;
    const before = this.#found.at(-1)?.sequence;
    const earlier = this.#found;
    const versions = await this.#store.history(this.#key, {
      ...task,
      ...(before !== undefined && { before }),
      limit: this.#shownCount + 1 - earlier.length,
      onVersions: (next) => {
        this.#found = [...this.#found, ...next];
        this.#isCut = this.#found.length <= this.#shownCount;
        onVersions();
      },
    });
    this.#found = [...earlier, ...versions];
    this.#isCut = false;
  }
}
