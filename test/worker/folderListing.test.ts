import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { KeyInfo, KeyRange } from '../../src/engine/api.ts';
import { compareBytes } from '../../src/engine/keyRange.ts';
import { startsWithBytes } from '../../src/worker/byteSearch.ts';
import {
  type FolderListing,
  type FolderListingRequest,
  listFilteredFolder,
  listFolder,
  type OrderedKeys,
} from '../../src/worker/folderListing.ts';
import type { KeyPredicate } from '../../src/worker/keyFilter.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

/** A store of keys alone, in order, that also counts how many keys a listing looked at. */
class KeyList implements OrderedKeys {
  readonly sorted: Uint8Array[];
  visitedCount = 0;

  constructor(keys: Iterable<Uint8Array>) {
    const unique = new Map([...keys].map((key) => [text(key), key]));
    this.sorted = [...unique.values()].sort(compareBytes);
  }

  *keys(range: KeyRange): Iterable<Uint8Array> {
    for (const key of this.sorted) {
      if (!isInRange(key, range)) continue;
      this.visitedCount++;
      yield key;
    }
  }

  info(key: Uint8Array): KeyInfo {
    const location = { segmentId: 1, offsetBytes: 32, sizeBytes: 40 };
    return { key, location, valueSizeBytes: 0, sequence: 1, expiryMs: 0 };
  }

  count(range: KeyRange): number {
    return this.sorted.filter((key) => isInRange(key, range)).length;
  }
}

function isInRange(key: Uint8Array, { prefix, gt, gte, lt, lte }: KeyRange): boolean {
  if (prefix !== undefined && !startsWithBytes(key, prefix)) return false;
  if (gt !== undefined && compareBytes(key, gt) <= 0) return false;
  if (gte !== undefined && compareBytes(key, gte) < 0) return false;
  if (lt !== undefined && compareBytes(key, lt) >= 0) return false;
  return lte === undefined || compareBytes(key, lte) <= 0;
}

interface NaiveChild {
  readonly kind: 'folder' | 'key';
  readonly path: string;
  keyCount: number;
}

/** All children of a folder, by looking at every key as a text of one character a byte. */
function naiveChildren(list: KeyList, prefix: Uint8Array, delimiter: Uint8Array, matches: KeyPredicate): NaiveChild[] {
  const children = new Map<string, NaiveChild>();
  for (const key of list.sorted) {
    const name = text(key);
    if (!name.startsWith(text(prefix)) || !matches(key)) continue;
    const at = name.indexOf(text(delimiter), prefix.length);
    const path = at < 0 ? name : name.slice(0, at + delimiter.length);
    const child = children.get(path) ?? { kind: at < 0 ? 'key' : 'folder', path, keyCount: 0 };
    child.keyCount++;
    children.set(path, child);
  }
  return [...children.values()];
}

function plain(listing: FolderListing): NaiveChild[] {
  return listing.children.map((child) => ({
    kind: child.kind,
    path: text(child.path),
    keyCount: child.kind === 'folder' ? child.keyCount : 1,
  }));
}

/** Reads a folder page by page, and checks what every page says of itself. */
async function readPages(
  request: FolderListingRequest,
  list: (request: FolderListingRequest, keyCount: number | undefined) => Promise<FolderListing>,
): Promise<{ children: NaiveChild[]; keyCount: number }> {
  const children: NaiveChild[] = [];
  let page = await list(request, undefined);
  children.push(...plain(page));
  while (page.more) {
    assert.equal(page.children.length, request.limit, 'only the last page may be short');
    const keyCount: number = page.keyCount;
    page = await list({ ...request, after: page.children.at(-1)?.path }, keyCount);
    assert.equal(page.keyCount, keyCount);
    assert.ok(page.children.length > 0, 'a page that was announced is not empty');
    children.push(...plain(page));
  }
  return { children, keyCount: page.keyCount };
}

describe('folder listing', () => {
  const root = { prefix: new Uint8Array(0), delimiter: utf8('/'), limit: 100 };

  it('puts keys and folders in byte order, folders with the number of all keys below', async () => {
    const keys = new KeyList(['a', 'a/x', 'a/y/z', 'a!', 'b', 'a0/1'].map(utf8));
    assert.deepEqual(plain(await listFolder(keys, root)), [
      { kind: 'key', path: 'a', keyCount: 1 },
      { kind: 'key', path: 'a!', keyCount: 1 },
      { kind: 'folder', path: 'a/', keyCount: 2 },
      { kind: 'folder', path: 'a0/', keyCount: 1 },
      { kind: 'key', path: 'b', keyCount: 1 },
    ]);
  });

  it('shows a key that equals the prefix of a folder inside that folder', async () => {
    const keys = new KeyList(['a/', 'a/b'].map(utf8));
    assert.deepEqual(plain(await listFolder(keys, root)), [{ kind: 'folder', path: 'a/', keyCount: 2 }]);
    assert.deepEqual(plain(await listFolder(keys, { ...root, prefix: utf8('a/') })), [
      { kind: 'key', path: 'a/', keyCount: 1 },
      { kind: 'key', path: 'a/b', keyCount: 1 },
    ]);
  });

  it('keeps empty segments as folders of their own', async () => {
    const keys = new KeyList(['a//b', '/x'].map(utf8));
    assert.deepEqual(plain(await listFolder(keys, root)), [
      { kind: 'folder', path: '/', keyCount: 1 },
      { kind: 'folder', path: 'a/', keyCount: 1 },
    ]);
    assert.deepEqual(plain(await listFolder(keys, { ...root, prefix: utf8('a/') })), [
      { kind: 'folder', path: 'a//', keyCount: 1 },
    ]);
  });

  it('splits at delimiters of several bytes, at the first place they stand', async () => {
    const keys = new KeyList(['a::b', 'a:::c', 'a:b', ':::'].map(utf8));
    assert.deepEqual(plain(await listFolder(keys, { ...root, delimiter: utf8('::') })), [
      { kind: 'folder', path: '::', keyCount: 1 },
      { kind: 'folder', path: 'a::', keyCount: 2 },
      { kind: 'key', path: 'a:b', keyCount: 1 },
    ]);
  });

  it('ends after a folder whose path is all 0xFF', async () => {
    const keys = new KeyList([Uint8Array.of(0xff, 0xff), Uint8Array.of(0xff, 0xff, 1), Uint8Array.of(1)]);
    const request = { ...root, delimiter: Uint8Array.of(0xff), limit: 1 };
    const { children } = await readPages(request, (next) => listFolder(keys, next));
    assert.deepEqual(children, [
      { kind: 'key', path: '\x01', keyCount: 1 },
      { kind: 'folder', path: '\xff', keyCount: 2 },
    ]);
  });

  it('goes on after a child that is gone', async () => {
    const keys = new KeyList(['a', 'c/1', 'e'].map(utf8));
    const afterKey = await listFolder(keys, { ...root, after: utf8('b') });
    const afterFolder = await listFolder(keys, { ...root, after: utf8('d/') });
    assert.deepEqual(
      plain(afterKey).map((child) => child.path),
      ['c/', 'e'],
    );
    assert.deepEqual(
      plain(afterFolder).map((child) => child.path),
      ['e'],
    );
  });

  it('looks at one key a folder, however many are in it', async () => {
    const keys = new KeyList(Array.from({ length: 5000 }, (_, i) => utf8(`folder${i % 5}/${i}`)));
    assert.equal((await listFolder(keys, root)).children.length, 5);
    assert.ok(keys.visitedCount <= 10, `${keys.visitedCount} keys were looked at`);
  });

  it('scans a filtered folder once for its count, and later pages only as far as they reach', async () => {
    const keys = new KeyList(Array.from({ length: 1000 }, (_, i) => utf8(`k${String(i).padStart(4, '0')}`)));
    const even: KeyPredicate = (key) => (key.at(-1) as number) % 2 === 0;
    const first = await listFilteredFolder(keys, { ...root, limit: 10 }, even, undefined);
    assert.equal(first.keyCount, 500);
    keys.visitedCount = 0;
    const after = first.children.at(-1)?.path;
    const second = await listFilteredFolder(keys, { ...root, limit: 10, after }, even, first.keyCount);
    assert.deepEqual(
      plain(second)
        .map((child) => child.path)
        .slice(0, 2),
      ['k0020', 'k0022'],
    );
    assert.ok(keys.visitedCount <= 25, `${keys.visitedCount} keys were looked at`);
  });

  // Few different bytes, so that delimiters, prefixes and equal keys meet often.
  const bytes = (minLength: number, maxLength: number) =>
    fc
      .array(fc.constantFrom(0x00, 0x2f, 0x3a, 0x61, 0xff), { minLength, maxLength })
      .map((list) => Uint8Array.from(list));

  it('agrees with a naive model on any keys, prefixes, delimiters and page sizes', async () => {
    const property = fc.asyncProperty(
      fc.array(bytes(1, 6), { maxLength: 60 }),
      bytes(0, 3),
      bytes(1, 2),
      fc.integer({ min: 1, max: 7 }),
      fc.option(fc.constantFrom(0x00, 0x61, 0xff)),
      async (keyList, prefix, delimiter, limit, wantedByte) => {
        const keys = new KeyList(keyList);
        const matches: KeyPredicate = (key) => wantedByte === null || key.includes(wantedByte);
        const expected = naiveChildren(keys, prefix, delimiter, matches);
        const { children, keyCount } = await readPages({ prefix, delimiter, limit }, (request, known) =>
          wantedByte === null ? listFolder(keys, request) : listFilteredFolder(keys, request, matches, known),
        );
        assert.deepEqual(children, expected);
        assert.equal(
          keyCount,
          expected.reduce((sum, child) => sum + child.keyCount, 0),
        );
      },
    );
    await fc.assert(property, { numRuns: 500 });
  });
});
