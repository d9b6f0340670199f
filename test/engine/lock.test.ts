import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { takeLock } from '../../src/engine/lock.ts';
import { nodeStorage } from '../../src/engine/nodeStorage.ts';
import { Store } from '../../src/engine/store.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';

const CONTENDER = fileURLToPath(new URL('../support/lockContender.ts', import.meta.url));
const ROUNDS = 25;

function endedProcess(): number {
  const { pid } = spawnSync(process.execPath, ['--version']);
  return pid;
}

function winsOfProcess(directory: string): Promise<number> {
  const child = spawn(process.execPath, [CONTENDER, directory, String(ROUNDS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (part) => {
    text += part;
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code) => (code === 0 ? resolve(Number(text)) : reject(new Error(`it ended with ${code}`))));
  });
}

function winsOfThread(directory: string): Promise<number> {
  const worker = new Worker(CONTENDER, { workerData: { directory, rounds: ROUNDS } });
  return new Promise((resolve, reject) => {
    worker.on('message', resolve);
    worker.on('error', reject);
  });
}

describe('The lock of a store', function () {
  this.timeout(0);
  const temporary = temporaryDirectories();
  const self = nodeStorage.self();
  const take = (directory: string) => takeLock({ storage: nodeStorage, directory, nowMs: Date.now() });

  function lockedBy(holder: object | string): string {
    const directory = temporary.make();
    writeFileSync(path.join(directory, 'LOCK'), typeof holder === 'string' ? holder : JSON.stringify(holder));
    return directory;
  }

  it('names its holder, and goes when it is released', async () => {
    const directory = temporary.make();
    const lock = await take(directory);
    const holder = JSON.parse(readFileSync(path.join(directory, 'LOCK'), 'utf8'));
    assert.equal(holder.pid, process.pid);
    assert.equal(holder.host, hostname());
    assert.match(holder.nonce, /^[0-9a-f]{16}$/);
    assert.equal(lock.isLost(), false);
    lock.release();
    assert.deepEqual(readdirSync(directory), []);
  });

  for (const [name, text] of [
    ['empty', ''],
    ['zeros', '\0'.repeat(100)],
    ['garbage', '\x93\xff{{{'],
    ['half written', '{"pid":1,"host":"loc'],
    ['of another kind', '[1, 2, 3]'],
    ['null', 'null'],
  ] as const) {
    it(`is taken over when the file is ${name}`, async () => {
      const directory = lockedBy(text);
      (await take(directory)).release();
      assert.deepEqual(readdirSync(directory), []);
    });
  }

  it('is taken over from a process that has ended', async () => {
    const directory = lockedBy({ ...self, pid: endedProcess(), nonce: 'x', sinceMs: 0 });
    (await take(directory)).release();
  });

  it('is taken over when another process has the holder’s pid by now', async function () {
    if (self.startTime === '') this.skip();
    const directory = lockedBy({ ...self, startTime: 'another time', nonce: 'x', sinceMs: 0 });
    (await take(directory)).release();
  });

  it('is not taken from a living process, and the error says who holds it', async () => {
    const directory = lockedBy({ ...self, nonce: 'x', sinceMs: 0 });
    await assert.rejects(take(directory), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'STORE_LOCKED');
      return error.message.includes(String(process.pid)) && error.message.includes(hostname());
    });
    assert.deepEqual(readdirSync(directory), ['LOCK'], 'no claim is left behind');
  });

  it('is not taken from a process of another namespace of pids, which cannot be asked', async function () {
    if (process.platform !== 'linux') this.skip();
    const directory = lockedBy({ ...self, pid: endedProcess(), pidSpace: 'linux pid:[1]', nonce: 'x', sinceMs: 0 });
    await assert.rejects(take(directory), { code: 'STORE_LOCKED' });
  });

  it('is not taken from another host, which cannot be asked', async () => {
    const directory = lockedBy({ pid: 1, startTime: '', host: 'another-host', threadId: 0, nonce: 'x', sinceMs: 0 });
    await assert.rejects(take(directory), { code: 'STORE_LOCKED' });
  });

  it('knows when somebody else has it, and then leaves it alone', async () => {
    const directory = temporary.make();
    const lock = await take(directory);
    const other = JSON.stringify({ ...self, nonce: 'of another', sinceMs: 0 });
    writeFileSync(path.join(directory, 'LOCK'), other);
    assert.equal(lock.isLost(), true);
    lock.release();
    assert.equal(readFileSync(path.join(directory, 'LOCK'), 'utf8'), other);
  });

  it('is missed when the store is closed', async () => {
    for (const other of [undefined, JSON.stringify({ ...self, nonce: 'of another', sinceMs: 0 })]) {
      const directory = temporary.make();
      const store = await Store.open(directory, { compaction: 'manual' });
      await store.put(Uint8Array.of(1), Uint8Array.of(2));
      const name = path.join(directory, 'LOCK');
      rmSync(name);
      if (other !== undefined) writeFileSync(name, other);
      await assert.rejects(store.close(), { code: 'STORE_FAILED', message: /lock .* was deleted or taken/ });
      assert.equal(existsSync(name), other !== undefined);
      rmSync(name, { force: true });
      const again = await Store.open(directory);
      assert.deepEqual(again.get(Uint8Array.of(1)), Uint8Array.of(2));
      await again.close();
    }
  });

  it('removes the claims of takers that died', async () => {
    const directory = temporary.make();
    const claim = { ...self, pid: endedProcess(), nonce: 'dead', sinceMs: 0 };
    writeFileSync(path.join(directory, 'LOCK.dead'), JSON.stringify(claim));
    (await take(directory)).release();
    assert.deepEqual(readdirSync(directory), []);
  });

  it('lets only one of several takers of one process in', async () => {
    const directory = temporary.make();
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => take(directory)));
    const winners = results.filter(({ status }) => status === 'fulfilled');
    assert.ok(winners.length <= 1);
    for (const result of results) if (result.status === 'fulfilled') result.value.release();
    assert.equal(existsSync(path.join(directory, 'LOCK')), false);
  });

  it('lets only one of several processes in at a time', async () => {
    const directory = temporary.make();
    const wins = await Promise.all(Array.from({ length: 3 }, () => winsOfProcess(directory)));
    await checkAllIsThere(directory, wins);
  });

  it('lets only one of several worker threads in at a time', async () => {
    const directory = temporary.make();
    const wins = await Promise.all(Array.from({ length: 3 }, () => winsOfThread(directory)));
    const sum = wins.reduce((total, count) => total + count, 0);
    assert.ok(sum > 0);
    assert.equal(existsSync(path.join(directory, 'LOCK')), false);
    const store = await Store.open(directory);
    assert.deepEqual((await store.verify()).problems, []);
    await store.close();
  });

  /** Each win wrote a key of its own. */
  async function checkAllIsThere(directory: string, wins: readonly number[]): Promise<void> {
    const sum = wins.reduce((total, count) => total + count, 0);
    assert.ok(sum > 0);
    assert.equal(existsSync(path.join(directory, 'LOCK')), false);
    const store = await Store.open(directory);
    assert.equal(store.stats().keyCount, sum);
    assert.deepEqual((await store.verify()).problems, []);
    await store.close();
  }
});
