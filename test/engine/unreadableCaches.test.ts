import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Store } from '../../src/engine/store.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';

const KEYS = 100;
const bytes = (text: string) => new TextEncoder().encode(text);

describe('a cache that cannot be read', () => {
  const directories = temporaryDirectories();
  let directory: string;

  beforeEach(async () => {
    directory = directories.make();
    const store = await Store.open(directory);
    for (let i = 0; i < KEYS; i++) await store.put(bytes(`key ${i}`), bytes(`value ${i}`));
    await store.compact();
    await store.close();
  });

  function putDirectoryInPlaceOf(name: string): void {
    rmSync(path.join(directory, name));
    mkdirSync(path.join(directory, name));
  }

  function checkAll(store: Store): void {
    assert.equal(store.stats().keyCount, KEYS);
    for (let i = 0; i < KEYS; i++) assert.deepEqual(store.get(bytes(`key ${i}`)), bytes(`value ${i}`));
  }

  it('is ignored and named: the snapshot', async () => {
    putDirectoryInPlaceOf('KEYDIR');
    const store = await Store.open(directory);
    assert.deepEqual(store.recovery.ignoredCaches, [{ fileName: 'KEYDIR', reason: 'unreadable' }]);
    checkAll(store);
    await store.put(bytes('key 0'), bytes('value 0'));
    await store.close();
    const again = await Store.open(directory);
    checkAll(again);
    await again.close();
  });

  it('is named by verify and left out of a checkpoint', async () => {
    const hintName = readdirSync(directory).find((name) => name.endsWith('.hint'));
    assert.ok(hintName);
    putDirectoryInPlaceOf(hintName);
    const store = await Store.open(directory);
    assert.equal(store.recovery.openedBy, 'snapshot');
    const { problems } = await store.verify();
    assert.deepEqual(
      problems.map(({ fileName }) => fileName),
      [hintName],
    );
    assert.match(problems[0]?.message ?? '', /cannot be read/);
    const target = path.join(directories.make(), 'checkpoint');
    await store.checkpoint(target);
    await store.close();
    const copy = await Store.open(target);
    checkAll(copy);
    await copy.close();
  });

  it('is ignored and named: a hint file', async () => {
    rmSync(path.join(directory, 'KEYDIR'));
    const hintName = readdirSync(directory).find((name) => name.endsWith('.hint'));
    assert.ok(hintName);
    putDirectoryInPlaceOf(hintName);
    const store = await Store.open(directory);
    assert.deepEqual(store.recovery.ignoredCaches, [{ fileName: hintName, reason: 'unreadable' }]);
    checkAll(store);
    await store.compact();
    await store.close();
    const again = await Store.open(directory);
    checkAll(again);
    await again.close();
  });
});
