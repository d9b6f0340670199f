import assert from 'node:assert/strict';
import { FolderPages, type PageRequest } from '../../src/explorer/folderPages.ts';
import { foldersOf } from '../../src/explorer/keyPath.ts';
import type { FolderChild, FolderPage } from '../../src/shared/keyValueStore.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const ROOT = new Uint8Array(0);

/** A store of keys in memory, listed as the real one lists them, counting the calls. */
class KeyList {
  keys: string[];
  readonly requests: PageRequest[] = [];
  failure: Error | undefined;

  constructor(keys: string[]) {
    this.keys = keys;
  }

  readonly list = async (request: PageRequest): Promise<FolderPage> => {
    this.requests.push(request);
    if (this.failure) throw this.failure;
    const prefix = textOf(request.prefix);
    const below = this.keys.filter((key) => key.startsWith(prefix)).sort();
    const children = new Map<string, FolderChild>();
    for (const key of below) {
      const folder = foldersOf(bytesOf(key), bytesOf('/'))
        .map(textOf)
        .find((path) => path.length > prefix.length);
      const child = folder === undefined ? keyChild(key) : folderChild(folder, below);
      children.set(textOf(child.path), child);
    }
    const after = request.after && textOf(request.after);
    const rest = [...children.values()].filter((child) => after === undefined || textOf(child.path) > after);
    const page = rest.slice(0, request.limit);
    return { children: page, more: rest.length > page.length, keyCount: below.length };
  };
}

function keyChild(key: string): FolderChild {
  const entry = { key: bytesOf(key), valueSizeBytes: 1, sequence: 1, timestampMs: 0, expiryMs: 0 };
  return { kind: 'key', path: entry.key, entry };
}

function folderChild(path: string, keys: readonly string[]): FolderChild {
  return { kind: 'folder', path: bytesOf(path), keyCount: keys.filter((key) => key.startsWith(path)).length };
}

function names(children: readonly FolderChild[]): string[] {
  return children.map((child) => textOf(child.path));
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `k${String(index).padStart(5, '0')}`);
}

describe('folder pages', () => {
  it('lists a page and says what is left', async () => {
    const store = new KeyList(['a', 'b/1', 'b/2', 'b/3', 'c', 'd']);
    const pages = new FolderPages(store.list, 2);
    const listing = await pages.listing(ROOT);
    assert.deepEqual(names(listing.children), ['a', 'b/']);
    assert.equal(listing.keyCount, 6);
    assert.equal(listing.remainingKeyCount, 2);
    assert.equal(listing.more, true);
  });

  it('asks the store once, also when asked twice at a time', async () => {
    const store = new KeyList(['a']);
    const pages = new FolderPages(store.list, 10);
    await Promise.all([pages.listing(ROOT), pages.listing(ROOT)]);
    await pages.listing(ROOT);
    assert.equal(store.requests.length, 1);
  });

  it('goes on after the last child, page by page', async () => {
    const store = new KeyList(numbered(25));
    const pages = new FolderPages(store.list, 10);
    await pages.extend(ROOT);
    assert.equal((await pages.listing(ROOT)).children.length, 20);
    await pages.extend(ROOT);
    const listing = await pages.listing(ROOT);
    assert.deepEqual(names(listing.children), store.keys);
    assert.deepEqual([listing.more, listing.remainingKeyCount], [false, 0]);
    assert.equal(store.requests.length, 3);
  });

  it('shows as many children as before after a refresh, with what changed', async () => {
    const store = new KeyList(numbered(25));
    const pages = new FolderPages(store.list, 10);
    await pages.extend(ROOT);
    store.keys = ['a new one', ...store.keys.slice(1)];
    pages.invalidate();
    const listing = await pages.listing(ROOT);
    assert.equal(listing.children.length, 20);
    assert.equal(names(listing.children)[0], 'a new one');
  });

  it('asks for at most 10,000 children at once', async () => {
    const store = new KeyList(numbered(24_000));
    const pages = new FolderPages(store.list, 10_000);
    await pages.extend(ROOT);
    await pages.extend(ROOT);
    pages.invalidate();
    store.requests.length = 0;
    assert.equal((await pages.listing(ROOT)).children.length, 24_000);
    assert.deepEqual(
      store.requests.map((request) => request.limit),
      [10_000, 10_000, 10_000],
    );
  });

  it('keeps folders apart', async () => {
    const store = new KeyList(['a/1', 'a/2', 'b/1']);
    const pages = new FolderPages(store.list, 1);
    await pages.extend(bytesOf('a/'));
    assert.deepEqual(names((await pages.listing(bytesOf('a/'))).children), ['a/1', 'a/2']);
    assert.deepEqual(names((await pages.listing(ROOT)).children), ['a/']);
  });

  it('shows a pinned child beyond the page until its page is listed or it is gone', async () => {
    const store = new KeyList(numbered(6));
    const pages = new FolderPages(store.list, 2);
    pages.pin(ROOT, async () => (store.keys.includes('k00005') ? keyChild('k00005') : undefined));
    const pinned = (await pages.listing(ROOT)).pinned;
    assert.equal(pinned && textOf(pinned.path), 'k00005');
    await pages.extend(ROOT);
    assert.ok((await pages.listing(ROOT)).pinned);
    store.keys.pop();
    pages.invalidate();
    assert.equal((await pages.listing(ROOT)).pinned, undefined);
    store.keys.push('k00005');
    await pages.extend(ROOT);
    assert.equal((await pages.listing(ROOT)).pinned, undefined);
  });

  it('reports a failure, and asks again the next time', async () => {
    const store = new KeyList(['a']);
    const pages = new FolderPages(store.list, 2);
    store.failure = new Error('no disk');
    await assert.rejects(pages.listing(ROOT), /no disk/);
    store.failure = undefined;
    assert.deepEqual(names((await pages.listing(ROOT)).children), ['a']);
  });
});
