/** What a program does wrong that uses the engine: it is told so, and no disk is blamed. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { salvageStore } from '../../src/engine/salvage.ts';
import { Store } from '../../src/engine/store.ts';
import { StrataError, type StrataErrorCode } from '../../src/engine/strataError.ts';
import { LOCK_NAME } from '../../src/format/fileName.ts';
import { QUIET_OPTIONS } from '../support/storeHistory.ts';
import { keyBytes } from '../support/storeModel.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';

const OPTIONS = { ...QUIET_OPTIONS, durability: 'os' } as const;
const VALUE = new Uint8Array(40);

const withCode = (code: StrataErrorCode) => (error: unknown) => error instanceof StrataError && error.code === code;

/** As a program in JavaScript may give it. */
function untyped<T>(value: unknown): T {
  return value as T;
}

describe('A program that', () => {
  const directories = temporaryDirectories();

  it('names no directory hears so, and has none made for it', async () => {
    const home = process.cwd();
    const empty = directories.make();
    process.chdir(empty);
    try {
      for (const name of [undefined, '', 7, Buffer.from('data'), new URL('file:///data'), 'a\0b']) {
        const directory = untyped<string>(name);
        await assert.rejects(Store.open(directory, OPTIONS), withCode('INVALID_OPTION'), String(name));
        await assert.rejects(Store.open(directory, { readOnly: true }), withCode('INVALID_OPTION'), String(name));
        await assert.rejects(salvageStore(directory, 'copy'), withCode('INVALID_OPTION'), String(name));
        await assert.rejects(salvageStore(empty, directory), withCode('INVALID_OPTION'), String(name));
      }
      assert.deepEqual(readdirSync('.'), []);
    } finally {
      process.chdir(home);
    }
  });

  it('gives a checkpoint no directory hears so', async () => {
    const store = await Store.open(directories.make(), OPTIONS);
    for (const name of [undefined, '', 7]) {
      await assert.rejects(store.checkpoint(untyped<string>(name)), withCode('INVALID_OPTION'), String(name));
    }
    await store.close();
  });

  it('changes its working directory goes on with the store that it has opened by a relative path', async () => {
    const home = process.cwd();
    const base = directories.make();
    const elsewhere = directories.make();
    process.chdir(base);
    try {
      const store = await Store.open('data', { ...OPTIONS, maxSegmentSizeBytes: 200 });
      process.chdir(elsewhere);
      for (const key of ['a', 'b', 'c', 'd', 'e']) await store.put(keyBytes(key), VALUE);
      assert.ok(store.stats().segments.length > 1, 'no segment was begun after the change');
      assert.equal(path.isAbsolute(store.directory), true);
      await store.checkpoint('copy');
      await store.close();
      assert.deepEqual(readdirSync(elsewhere), ['copy']);
      assert.equal(existsSync(path.join(base, 'data', LOCK_NAME)), false);
    } finally {
      process.chdir(home);
    }
    for (const directory of [path.join(base, 'data'), path.join(elsewhere, 'copy')]) {
      const again = await Store.open(directory, { ...OPTIONS, readOnly: true });
      assert.equal(again.count(), 5);
      await again.close();
    }
  });

  it('asks a snapshot for what is no key hears so, as from the store', async () => {
    const store = await Store.open(directories.make(), OPTIONS);
    const snapshot = store.snapshot();
    for (const name of [undefined, 'a', new Uint8Array(0), new Uint8Array(65_536)]) {
      const key = untyped<Uint8Array>(name);
      for (const state of [store, snapshot]) {
        assert.throws(() => state.get(key), withCode('INVALID_KEY'));
        assert.throws(() => state.has(key), withCode('INVALID_KEY'));
        assert.throws(() => state.getMany([key]), withCode('INVALID_KEY'));
      }
    }
    snapshot.close();
    await store.close();
  });

  it('counts with a limit gets no more than that, and hears of one that is none', async () => {
    const store = await Store.open(directories.make(), OPTIONS);
    for (const key of ['a', 'b', 'c']) await store.put(keyBytes(key), VALUE);
    for (const limit of [0, 1, 3, 4, -1, Number.POSITIVE_INFINITY]) {
      assert.equal(store.count({ limit }), [...store.keys({ limit })].length, String(limit));
    }
    assert.equal(store.count({ gte: keyBytes('b'), limit: 1 }), 1);
    for (const name of [Number.NaN, '3', 1.5, -2]) {
      assert.throws(() => store.count({ limit: untyped<number>(name) }), withCode('INVALID_OPTION'), String(name));
    }
    await store.close();
  });

  it('throws in a callback of a task gets that error, and the store is as it was', async () => {
    const store = await Store.open(directories.make(), { ...OPTIONS, maxSegmentSizeBytes: 200 });
    for (const key of ['a', 'b', 'c', 'a', 'b', 'c']) await store.put(keyBytes(key), VALUE);
    const mistake = new Error('of the program');
    const fail = () => {
      throw mistake;
    };
    const isMistake = (error: unknown) => error === mistake;
    const copy = path.join(directories.make(), 'copy');
    await assert.rejects(store.compact({ onProgress: fail }), isMistake);
    await assert.rejects(store.verify({ onProgress: fail }), isMistake);
    await assert.rejects(store.replay({ onProgress: fail }), isMistake);
    await assert.rejects(store.history(keyBytes('a'), { onProgress: fail }), isMistake);
    await assert.rejects(store.history(keyBytes('a'), { onVersions: fail }), isMistake);
    await assert.rejects(store.checkpoint(copy, { onProgress: fail }), isMistake);
    assert.equal((await store.verify()).ok, true);
    await store.compact();
    assert.equal(store.count(), 3);
    const { directory } = store;
    await store.close();
    const salvaged = path.join(directories.make(), 'salvaged');
    await assert.rejects(salvageStore(directory, salvaged, { onProgress: fail }), isMistake);
    assert.deepEqual(readdirSync(salvaged), []);
  });
});
