import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { nodeStorage } from '../../src/engine/nodeStorage.ts';
import { embeddedStoreOpener } from '../../src/worker/openEmbeddedStore.ts';
import { settled } from '../support/settled.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';
import { workerBundle } from '../support/workerBundle.ts';
import { newStoreOptions } from './newStoreOptions.ts';

const workerUrl = workerBundle(new URL('../../src/worker/storeWorker.ts', import.meta.url));
const openStore = embeddedStoreOpener(workerUrl);
const OWNER = fileURLToPath(new URL('./storeProcessOwner.ts', import.meta.url));
const bytes = (text: string) => new TextEncoder().encode(text);
const options = newStoreOptions('always');

/** What only an orderly end writes. */
const SNAPSHOT = 'KEYDIR';

describe('process of a store', function () {
  this.timeout(20_000);
  const temporary = temporaryDirectories();

  it('ends when the extension host is killed, and leaves a store that can be opened', async () => {
    const directory = temporary.make();
    const host = ownerOf(directory, 'write');
    await once(host, 'message');
    const pid = holderOf(directory);
    assert.notEqual(pid, host.pid);
    host.kill('SIGKILL');
    await gone(pid);
    const store = await openStore(pathToFileURL(directory).href, { ...options, expect: 'existing' });
    assert.deepEqual((await store.get(bytes('a')))?.value, bytes('1'));
    await store.close();
  });

  it('goes on with a closing that has begun when the extension host is killed', async () => {
    const directory = temporary.make();
    const host = ownerOf(directory, 'close');
    await once(host, 'message');
    host.kill('SIGKILL');
    await settled(() => !existsSync(path.join(directory, 'LOCK')));
    assert.equal(existsSync(path.join(directory, SNAPSHOT)), true);
  });

  it('finishes what its client has asked it to close when it is told to end', async () => {
    const directory = temporary.make();
    const store = await openStore(pathToFileURL(directory).href, options);
    await store.put(bytes('a'), bytes('1'));
    const pid = holderOf(directory);
    const closing = store.close();
    process.kill(pid, 'SIGTERM');
    await closing;
    assert.equal(existsSync(path.join(directory, SNAPSHOT)), true);
    assert.equal(existsSync(path.join(directory, 'LOCK')), false);
  });

  it('gives way to a thread where it cannot be started, and says why', async () => {
    const directory = temporary.make();
    const warnings: string[] = [];
    const { execPath } = process;
    process.execPath = path.join(temporary.make(), 'no such program');
    try {
      const open = embeddedStoreOpener(workerUrl, (message) => warnings.push(message));
      const store = await open(pathToFileURL(directory).href, options);
      await store.put(bytes('a'), bytes('1'));
      assert.equal(holderOf(directory), process.pid);
      await store.close();
    } finally {
      process.execPath = execPath;
    }
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0] ?? '',
      /^No process could be started for .* \(spawn .* ENOENT\)\. A thread takes its place\.$/,
    );
  });

  for (const [words, code, reason] of [
    ['its exit code', 'process.exit(3)', /ended unexpectedly \(exit code 3\)/],
    [
      'that it ran out of memory',
      'for (const all = [];;) all.push({})',
      /ended unexpectedly \(.*heap out of memory.*\)/,
    ],
    ['the error that ended it', "throw new TypeError('a defect')", /ended unexpectedly \(a defect\)/],
  ] as const) {
    it(`says of its end ${words}`, async () => {
      const [script, program] = ['worker.cjs', 'small node'].map((name) => path.join(temporary.make(), name));
      const { execPath } = process;
      writeFileSync(script as string, code);
      writeFileSync(program as string, `#!/bin/sh\nexec '${execPath}' --max-old-space-size=16 "$@"\n`, { mode: 0o755 });
      process.execPath = program as string;
      try {
        const opening = embeddedStoreOpener(pathToFileURL(script as string))(
          pathToFileURL(temporary.make()).href,
          options,
        );
        await assert.rejects(opening, { code: 'WORKER_EXITED', message: reason });
      } finally {
        process.execPath = execPath;
      }
    });
  }

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
    await assert.rejects(waiting, { code: 'WORKER_EXITED', message: /ended unexpectedly \(SIGKILL\)/ });
    assert.equal(existsSync(path.join(directory, 'LOCK')), false);
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

  /** Another process, which opens the store and then writes to it or begins to close it. */
  function ownerOf(directory: string, action: 'write' | 'close'): ChildProcess {
    return fork(OWNER, [directory, workerUrl.href, action]);
  }
});

function holderOf(directory: string): number {
  return (JSON.parse(readFileSync(path.join(directory, 'LOCK'), 'utf8')) as { readonly pid: number }).pid;
}

/** A process that nobody waits for may stay as a zombie: it does not count. */
function gone(pid: number): Promise<void> {
  return settled(() => !nodeStorage.isAlive({ ...nodeStorage.self(), pid, startTime: '' }));
}
