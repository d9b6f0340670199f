/** Processes killed while they write to a store on a real disk, again and again on the same store. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Store } from '../../src/engine/store.ts';
import { callOf } from '../support/killedWriter.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';

const ROUNDS = 13;
const WRITER = fileURLToPath(new URL('../support/killedWriter.ts', import.meta.url));

/** What the killed process said: for each client its calls, and how many of them were acknowledged. */
interface Transcript {
  readonly acknowledged: Map<number, number>;
  readonly tried: Map<number, number>;
}

/** Lets the program write for a while, then kills it. */
async function writeAndKill(
  directory: string,
  durability: string,
  round: number,
  killAfterAcks: number,
): Promise<Transcript> {
  const child = spawn(process.execPath, [WRITER, directory, durability, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const transcript: Transcript = { acknowledged: new Map(), tried: new Map() };
  let text = '';
  let ackCount = 0;
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (part: string) => {
    text += part;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      const [word, client, number] = line.split(' ');
      if (word === 'ack') {
        transcript.acknowledged.set(Number(client), Number(number));
        ackCount++;
      }
      if (word === 'try') transcript.tried.set(Number(client), Number(number));
    }
    if (ackCount >= killAfterAcks) child.kill('SIGKILL');
  });
  const signal = await new Promise((resolve) => child.on('close', (_, by) => resolve(by)));
  assert.equal(signal, 'SIGKILL', 'the program ended by itself');
  return transcript;
}

type State = Map<string, string>;

function apply(state: State, client: number, round: number, number: number): void {
  for (const operation of callOf(client, round, number)) {
    const key = Buffer.from(operation.key).toString();
    if (operation.type === 'del') state.delete(key);
    else state.set(key, Buffer.from(operation.value).toString());
  }
}

/** The client's keys in the store, in the model's form. */
function shown(store: Store, client: number): State {
  const state: State = new Map();
  for (const [key, value] of store.entries({ prefix: Buffer.from(`${client} `) })) {
    state.set(Buffer.from(key).toString(), Buffer.from(value).toString());
  }
  return state;
}

const sorted = (state: State) => [...state].sort(([a], [b]) => (a < b ? -1 : 1));

describe('A killed process', function () {
  this.timeout(0);
  const temporary = temporaryDirectories();
  let killCount = 0;
  let ackCount = 0;

  // A killed process loses nothing that it handed to the operating system, so every durability must keep its word.
  for (const durability of ['fsync', 'dsync', 'interval', 'os']) {
    it(`leaves everything that was acknowledged, ${ROUNDS} times over (${durability})`, async () => {
      const directory = temporary.make();
      const models = new Map<number, State>();
      for (let round = 0; round < ROUNDS; round++) {
        const transcript = await writeAndKill(directory, durability, round, 20 + ((round * 37) % 150));
        killCount++;
        const store = await Store.open(directory);
        for (const [client, lastTried] of transcript.tried) {
          const model = models.get(client) ?? new Map();
          const lastAcknowledged = transcript.acknowledged.get(client) ?? -1;
          for (let number = 0; number <= lastAcknowledged; number++) apply(model, client, round, number);
          ackCount += lastAcknowledged + 1;
          const found = shown(store, client);
          const withLast: State = new Map(model);
          if (lastTried > lastAcknowledged) apply(withLast, client, round, lastTried);
          const isWithLast = sorted(found).join() === sorted(withLast).join();
          if (!isWithLast) assert.deepEqual(sorted(found), sorted(model), `client ${client} in round ${round}`);
          models.set(client, isWithLast ? withLast : model);
        }
        assert.deepEqual((await store.verify()).problems, []);
        await store.close();
      }
    });
  }

  after(() => console.log(`      ${killCount} kills, ${ackCount} acknowledged calls, 0 lost`));
});

describe('A full disk', function () {
  this.timeout(0);
  let mountPoint: string | undefined;

  before(async function () {
    mountPoint = await mountSmallFileSystem();
    // The simulated disk tests the same everywhere: test/engine/faults.test.ts, "A full disk".
    if (mountPoint === undefined) this.skip();
  });
  after(async () => {
    if (mountPoint === undefined) return;
    await run('umount', [mountPoint]);
    rmSync(mountPoint, { recursive: true });
  });

  it('of a real file system: what was acknowledged stays, and the store goes on when space is freed', async () => {
    const directory = path.join(mountPoint as string, 'store');
    const value = new Uint8Array(10_000).fill(7);
    const store = await Store.open(directory, { maxSegmentSizeBytes: 64 * 1024, compaction: 'manual' });
    const acknowledged: Buffer[] = [];
    for (let i = 0; ; i++) {
      const key = Buffer.from(`key ${i % 20} ${i}`);
      try {
        await store.put(key, value);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'DISK_FULL');
        break;
      }
      acknowledged.push(key);
    }
    for (const key of acknowledged) assert.deepEqual(store.get(key), value);
    rmSync(path.join(mountPoint as string, 'ballast'));
    await store.put(Buffer.from('after'), value);
    await store.close();
    const reopened = await Store.open(directory);
    for (const key of [...acknowledged, Buffer.from('after')]) assert.deepEqual(reopened.get(key), value);
    assert.deepEqual((await reopened.verify()).problems, []);
    await reopened.close();
  });
});

/** A file system of 2 MiB with a file of 512 KiB that can be removed; undefined where this machine allows none. */
async function mountSmallFileSystem(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const directory = mkdtempSync(path.join(tmpdir(), 'strata-full-'));
  if ((await run('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'strata-test', directory])) !== 0) {
    rmSync(directory, { recursive: true });
    return undefined;
  }
  writeFileSync(path.join(directory, 'ballast'), new Uint8Array(512 * 1024));
  return directory;
}

function run(command: string, parameters: readonly string[]): Promise<number | null> {
  const child = spawn(command, parameters, { stdio: 'ignore' });
  return new Promise((resolve) => {
    child.on('error', () => resolve(null));
    child.on('close', resolve);
  });
}
