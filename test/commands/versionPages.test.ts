import assert from 'node:assert/strict';
import { VersionPages } from '../../src/commands/versionPages.ts';
import type { HistoryOptions, KeyValueStore, KeyVersion } from '../../src/shared/keyValueStore.ts';

const key = Uint8Array.of(1);

/** A store of one key with versions 1 to `count`, which tells them in pieces of 3. */
function storeWith(count: number, abortAfter = Number.POSITIVE_INFINITY) {
  const asked: HistoryOptions[] = [];
  const history: KeyValueStore['history'] = async (_key, options = {}) => {
    asked.push(options);
    const { before = count + 1, limit = 1000, onVersions, signal } = options;
    const versions = Array.from({ length: Math.min(limit, before - 1) }, (_, i) => version(before - 1 - i));
    for (let i = 0; i < versions.length; i += 3) {
      if (signal?.aborted) throw Object.assign(new Error('Cancelled.'), { code: 'ABORTED' });
      onVersions?.(versions.slice(i, i + 3));
      if (i + 3 >= abortAfter) options.onProgress?.({ done: i, total: versions.length });
    }
    return versions;
  };
  return { store: { history } as KeyValueStore, asked };
}

const version = (sequence: number): KeyVersion => ({
  ...{ operation: 'put', sequence, timestampMs: 0, expiryMs: 0, valueSizeBytes: 0 },
});

describe('pages of versions', () => {
  const shown = (pages: VersionPages) => pages.shown.map(({ sequence }) => sequence);

  it('come one after the other, without values, until there are none', async () => {
    const { store, asked } = storeWith(12);
    const pages = new VersionPages(store, key, 5);
    await pages.load({}, () => undefined);
    assert.deepEqual(shown(pages), [12, 11, 10, 9, 8]);
    assert.equal(pages.before(4)?.sequence, 7, 'the last one can be compared as well');
    assert.equal(pages.hasMore, true);
    await pages.load({}, () => undefined);
    assert.deepEqual(shown(pages), [12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
    await pages.load({}, () => undefined);
    assert.deepEqual([shown(pages).length, pages.hasMore, pages.before(11)], [12, false, undefined]);
    assert.ok(asked.every(({ valuePreviewBytes, limit = 0 }) => valuePreviewBytes === undefined && limit <= 6));
  });

  it('know their end when it is the end of a page', async () => {
    const pages = new VersionPages(storeWith(5).store, key, 5);
    await pages.load({}, () => undefined);
    assert.deepEqual([shown(pages).length, pages.hasMore], [5, false]);
  });

  it('grow while they are read', async () => {
    const pages = new VersionPages(storeWith(20).store, key, 8);
    const lengths: number[] = [];
    await pages.load({}, () => lengths.push(pages.shown.length));
    assert.deepEqual(lengths, [3, 6, 8]);
  });

  it('keep what was read before a cancellation, and go on from there', async () => {
    const pages = new VersionPages(storeWith(20, 6).store, key, 12);
    const abort = new AbortController();
    await assert.rejects(
      pages.load({ signal: abort.signal, onProgress: () => abort.abort() }, () => undefined),
      { code: 'ABORTED' },
    );
    assert.deepEqual([shown(pages), pages.hasMore], [[20, 19, 18, 17, 16, 15], true]);
    await pages.load({}, () => undefined);
    assert.deepEqual(shown(pages), [20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9]);
    assert.equal(pages.hasMore, true);
  });
});
