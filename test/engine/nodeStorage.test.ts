import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { nodeStorage } from '../../src/engine/nodeStorage.ts';
import { readFully, replaceFile } from '../../src/engine/storage.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';

describe('The storage on the real disk', () => {
  const temporary = temporaryDirectories();

  it('makes a directory with its parents, also by a relative path, and does nothing when it is there', () => {
    const parent = temporary.make();
    const deep = path.relative(process.cwd(), path.join(parent, 'a', 'b', 'c'));
    nodeStorage.makeDirectory(deep);
    nodeStorage.makeDirectory(deep);
    assert.ok(statSync(path.join(parent, 'a', 'b', 'c')).isDirectory());
  });

  it('tells a missing file from an empty one', () => {
    const directory = temporary.make();
    const empty = path.join(directory, 'empty');
    writeFileSync(empty, '');
    assert.equal(nodeStorage.fileSize(empty), 0);
    assert.equal(nodeStorage.readFile(empty)?.length, 0);
    assert.equal(nodeStorage.fileSize(path.join(directory, 'missing')), undefined);
    assert.equal(nodeStorage.readFile(path.join(directory, 'missing')), undefined);
    assert.equal(nodeStorage.list(path.join(directory, 'missing')), undefined);
    nodeStorage.remove(path.join(directory, 'missing'));
    assert.deepEqual(nodeStorage.list(directory), ['empty']);
  });

  it('creates only what is not there, and opens only what is', () => {
    const file = path.join(temporary.make(), 'file');
    assert.throws(() => nodeStorage.open(file, 'read'), { code: 'ENOENT' });
    assert.throws(() => nodeStorage.open(file, 'write'), { code: 'ENOENT' });
    nodeStorage.open(file, 'create').close();
    assert.throws(() => nodeStorage.open(file, 'create'), { code: 'EEXIST' });
  });

  for (const mode of ['write', 'write-dsync'] as const) {
    it(`writes, reads, cuts and syncs at positions (${mode})`, async () => {
      const filePath = path.join(temporary.make(), 'file');
      nodeStorage.open(filePath, 'create').close();
      const file = nodeStorage.open(filePath, mode);
      const source = Uint8Array.of(9, 1, 2, 3, 9);
      assert.equal(file.write(source, 1, 3, 2), 3);
      assert.equal(await file.writeAsync(source, 2, 1, 10), 1);
      await file.sync();
      file.syncNow();
      assert.equal(file.size(), 11);
      const target = new Uint8Array(20);
      assert.equal(readFully(file, target, 1, 19, 0), 11);
      assert.deepEqual([...target.subarray(0, 12)], [0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 2]);
      file.truncate(4);
      assert.equal(file.size(), 4);
      assert.equal(file.read(target, 0, 5, 4), 0);
      file.close();
    });
  }

  it('replaces a file as a whole, and leaves nothing else behind', () => {
    const directory = temporary.make();
    writeFileSync(path.join(directory, 'name.tmp'), 'left by a crash');
    for (const text of ['first', 'second, longer']) {
      const parts = [text.slice(0, 3), text.slice(3)].map((part) => new TextEncoder().encode(part));
      replaceFile(nodeStorage, directory, 'name', parts);
      assert.equal(readFileSync(path.join(directory, 'name'), 'utf8'), text);
    }
    assert.deepEqual(readdirSync(directory), ['name']);
  });

  it('leaves nothing behind where a file cannot be replaced', () => {
    const directory = temporary.make();
    mkdirSync(path.join(directory, 'name'));
    const replace = () => replaceFile(nodeStorage, directory, 'name', [new Uint8Array(1)]);
    assert.throws(replace, { syscall: 'rename' });
    assert.deepEqual(readdirSync(directory), ['name']);
  });

  it('knows a living process from one that has ended', () => {
    const self = nodeStorage.self();
    assert.equal(self.pid, process.pid);
    assert.equal(nodeStorage.isAlive(self), true);
    assert.equal(nodeStorage.isAlive({ ...self, pid: 2 ** 22 + 1 }), false);
    assert.equal(nodeStorage.isAlive({ ...self, pid: -1 }), false);
    assert.equal(nodeStorage.isAlive({ ...self, pid: Number.NaN }), false);
    assert.equal(nodeStorage.isAlive({ ...self, pid: 2 ** 22 + 1, host: 'another-host' }), true);
    if (self.startTime !== '') assert.equal(nodeStorage.isAlive({ ...self, startTime: 'another time' }), false);
  });

  it('takes a process for a living one whose pid says nothing here', function () {
    if (process.platform !== 'linux') this.skip();
    const self = nodeStorage.self();
    const ended = { ...self, pid: 2 ** 22 + 1 };
    assert.match(self.pidSpace, /^linux pid:\[\d+\]$/);
    assert.equal(nodeStorage.isAlive({ ...ended, pidSpace: 'linux pid:[1]' }), true, 'of a container');
    assert.equal(nodeStorage.isAlive({ ...ended, pidSpace: 'win32 ', startTime: '' }), true, 'of the system around');
    assert.equal(nodeStorage.isAlive({ ...ended, pidSpace: '' }), false, 'of an earlier version');
    const beforeRestart = { ...ended, pidSpace: 'linux pid:[1]', startTime: 'another-boot:1' };
    assert.equal(nodeStorage.isAlive(beforeRestart), false, 'of before the machine was started');
  });

  it('does not take a process for a living one that its parent has not seen end', async function () {
    if (process.platform !== 'linux') this.skip();
    // The parent becomes a program that waits for no child, long before that ends: a shell would wait for it.
    const parent = spawn('sh', ['-c', 'sleep 2 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(line.toString());
      const state = () => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.[0];
      while (state() !== 'Z') await new Promise((resolve) => setTimeout(resolve, 10));
      assert.equal(process.kill(pid, 0), true);
      assert.equal(nodeStorage.isAlive({ ...nodeStorage.self(), pid, startTime: '' }), false);
    } finally {
      parent.kill('SIGKILL');
    }
  });
});
