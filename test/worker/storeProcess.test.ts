import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { EmbeddedStoreOptions } from '../../src/shared/embeddedStore.ts';
import { embeddedStoreOpener } from '../../src/worker/openEmbeddedStore.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';
import { workerBundle } from '../support/workerBundle.ts';

const workerUrl = workerBundle(new URL('../../src/worker/storeWorker.ts', import.meta.url));
const openStore = embeddedStoreOpener(workerUrl);
const bytes = (text: string) => new TextEncoder().encode(text);
const options: EmbeddedStoreOptions = {
  readOnly: false,
  expect: 'new',
  salvage: false,
  durability: 'os',
  maxSegmentSizeBytes: 1 << 20,
  ownProcess: 'always',
};

/** What only an orderly end writes. */
const SNAPSHOT = 'KEYDIR';

describe('process of a store', function () {
  this.timeout(20_000);
  const temporary = temporaryDirectories();

  it('ends when the extension host is killed, and leaves a store that can be opened', async () => {
    const directory = temporary.make();
    const host = fork(path.join(import.meta.dirname, 'storeProcessOwner.ts'), [directory, workerUrl.href]);
    await once(host, 'message');
    const pid = holderOf(directory);
    assert.notEqual(pid, host.pid);
    host.kill('SIGKILL');
    await gone(pid);
    const store = await openStore(pathToFileURL(directory).href, { ...options, expect: 'existing' });
    assert.deepEqual((await store.get(bytes('a')))?.value, bytes('1'));
    await store.close();
  });

  it('closes the store when it is told to end, which its client notices', async () => {
    const directory = temporary.make();
    const store = await openStore(pathToFileURL(directory).href, options);
    await store.put(bytes('a'), bytes('1'));
    const closed = new Promise((resolve) => store.subscribe(({ kind }) => kind === 'closed' && resolve(undefined)));
    process.kill(holderOf(directory), 'SIGTERM');
    await closed;
    await assert.rejects(store.get(bytes('a')), { code: 'WORKER_EXITED', message: /^The process of the store/ });
    assert.equal(existsSync(path.join(directory, SNAPSHOT)), true);
  });

  it('leaves a store that can be opened again when it is killed', async () => {
    const directory = temporary.make();
    const store = await openStore(pathToFileURL(directory).href, options);
    await store.put(bytes('a'), bytes('1'));
    const waiting = store.verify();
    process.kill(holderOf(directory), 'SIGKILL');
    await assert.rejects(waiting, { code: 'WORKER_EXITED' });
    const again = await openStore(pathToFileURL(directory).href, { ...options, expect: 'existing' });
    assert.deepEqual((await again.get(bytes('a')))?.value, bytes('1'));
    await again.close();
  });

  it('ends with the store', async () => {
    const directory = temporary.make();
    const store = await openStore(pathToFileURL(directory).href, options);
    const pid = holderOf(directory);
    await store.close();
    await gone(pid);
    assert.equal(existsSync(path.join(directory, 'LOCK')), false);
  });
});

function holderOf(directory: string): number {
  return (JSON.parse(readFileSync(path.join(directory, 'LOCK'), 'utf8')) as { readonly pid: number }).pid;
}

async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
