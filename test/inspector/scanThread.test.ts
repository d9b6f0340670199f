import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ScanThread } from '../../src/inspector/scanThread.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';
import { quietEvents } from './inspectionProbe.ts';
import { segmentOf } from './segmentBuilder.ts';

const WORKER = path.join(import.meta.dirname, '../../src/inspector/scanWorker.ts');

describe('a scanning thread that cannot open its file', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'strata-scan-thread-'))));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  /** The failure of the thread, and what it answers to calls before and after it. */
  async function messagesFor(fileName: string): Promise<string[]> {
    let onFailure: (error: Error) => void = () => {};
    const failed = new Promise<Error>((resolve) => (onFailure = resolve));
    const source = { kind: 'path', fileName, path: path.join(directory, fileName) } as const;
    const thread = new ScanThread(WORKER, source, quietEvents, onFailure);
    const open = async () => {
      const outcome = await thread.calls.open().then(
        () => 'opened',
        (error: Error) => error.message,
      );
      return outcome;
    };
    const before = open();
    const { message } = await failed;
    const messages = [message, await before, await open()];
    await thread.dispose();
    return messages;
  }

  it('says of a missing file that it is gone, also to whoever asks later', async () => {
    const gone = 'This file is gone: a compaction may have replaced it, or somebody has deleted it.';
    assert.deepEqual(await messagesFor('000000000001.seg'), [gone, gone, gone]);
  });

  it('passes on what the file system says', async () => {
    const unreadable = 'EISDIR: illegal operation on a directory, read';
    assert.deepEqual(await messagesFor('.'), [unreadable, unreadable, unreadable]);
  });
});

describe('a scanning thread that ends while it exports', () => {
  const directories = temporaryDirectories();

  it('leaves no file behind', async () => {
    const directory = directories.make();
    const name = path.join(directory, '000000000007.seg');
    writeFileSync(name, segmentOf(100_000, (index) => ({ key: `key-${index}`, value: 'v'.repeat(200) })).bytes());
    const source = { kind: 'path', fileName: '000000000007.seg', path: name } as const;
    const thread = new ScanThread(WORKER, source, quietEvents, assert.fail);
    await thread.calls.open();
    const exporting = thread.exportRows({ view: 0, format: 'jsonl', path: path.join(directory, 'rows.jsonl') });
    const outcome = assert.rejects(exporting, /editor was closed/);
    while (readdirSync(directory).length === 1) await nextTurn();
    const [, partial] = readdirSync(directory).sort();
    assert.match(partial ?? '', /^rows\.jsonl\..+\.partial$/);
    await thread.dispose();
    await outcome;
    assert.deepEqual(readdirSync(directory), ['000000000007.seg']);
  });
});

describe('two exports to one file at a time', () => {
  const directories = temporaryDirectories();

  it('do not write into each other: the file is that of the one that ends last', async () => {
    const directory = directories.make();
    const target = path.join(directory, 'rows.jsonl');
    const counts = [20_000, 30_000];
    const threads = counts.map((count, index) => {
      const name = `00000000000${index + 1}.seg`;
      const file = path.join(directory, name);
      writeFileSync(file, segmentOf(count, (at) => ({ key: `key-${at}`, value: 'v'.repeat(200) })).bytes());
      return new ScanThread(WORKER, { kind: 'path', fileName: name, path: file }, quietEvents, assert.fail);
    });
    try {
      for (const thread of threads) await thread.calls.open();
      const results = await Promise.all(
        threads.map((thread) => thread.exportRows({ view: 0, format: 'jsonl', path: target })),
      );
      assert.deepEqual(
        results.map(({ rowCount }) => rowCount),
        counts,
      );
      const lines = readFileSync(target, 'utf8').split('\n').slice(0, -1);
      assert.ok(counts.includes(lines.length), `${lines.length} lines`);
      assert.ok(lines.every((line, index) => JSON.parse(line).key === `key-${index}`));
      assert.deepEqual(readdirSync(directory).sort(), ['000000000001.seg', '000000000002.seg', 'rows.jsonl']);
    } finally {
      for (const thread of threads) await thread.dispose();
    }
  });
});
