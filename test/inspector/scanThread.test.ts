import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ScanThread } from '../../src/inspector/scanThread.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';
import { quietEvents } from './inspectionProbe.ts';
import type { LargeValueAnswers } from './largeValueThread.ts';
import { SegmentBuilder, segmentOf } from './segmentBuilder.ts';

const PROGRAM = path.join(import.meta.dirname, 'largeValueThread.ts');
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

describe('a scanning thread and a value larger than its heap', () => {
  const directories = temporaryDirectories();

  it('filters and searches it, whatever its bytes, and exports one of quotes', () => {
    const place = ' Zürich-17 ';
    const value = new Uint8Array(140 * 2 ** 20).fill(0xe9);
    value.set(Buffer.from(place), 1000);
    const builder = new SegmentBuilder();
    builder.add({ key: 'large', value });
    const quotes = 16 * 2 ** 20;
    builder.add({ key: 'quotes', value: new Uint8Array(quotes).fill(0x22) });
    const file = path.join(directories.make(), '000000000007.seg');
    writeFileSync(file, builder.bytes());
    // Were the thread to run out of memory, its process would end with it.
    const { stdout, stderr, signal } = spawnSync(process.execPath, [PROGRAM, file], { encoding: 'utf8' });
    assert.equal(signal, null, stderr.slice(0, 2000));
    const { kept, foundAtBytes, exportedBytes } = JSON.parse(stdout) as LargeValueAnswers;
    assert.deepEqual(kept, [1, 0, 1, 0, 0]);
    const valueAt = 36 + 'large'.length;
    const zurichAt = valueAt + 1000 + 1;
    assert.deepEqual(foundAtBytes, [zurichAt + Buffer.byteLength('Zü'), zurichAt]);
    assert.ok(exportedBytes > 2 * quotes && exportedBytes < 2 * quotes + 1000, `${exportedBytes} bytes`);
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
