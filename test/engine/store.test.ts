/** The store on a real directory, method by method. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { mock } from 'node:test';
import type { Durability, StoreOptions } from '../../src/engine/api.ts';
import { Keydir } from '../../src/engine/keydir.ts';
import { Store } from '../../src/engine/store.ts';
import { segmentFileName } from '../../src/format/fileName.ts';
import { FILE_HEADER_SIZE, RECORD_HEADER_SIZE } from '../../src/format/layout.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : new TextDecoder().decode(bytes));
const texts = (keys: Iterable<Uint8Array>) => [...keys].map((key) => text(key));
const withCode = (code: string) => (error: Error & { code?: string }) => {
  assert.equal(error.code, code, error.stack);
  assert.equal(error.name, 'StrataError');
  // A sentence that says something, and ends.
  assert.match(error.message, /^\S.{20,}[.)]$/s);
  return true;
};

const DURABILITIES: readonly Durability[] = ['fsync', 'dsync', 'os', { intervalMs: 5 }];

describe('The store', function () {
  this.timeout(0);
  const temporary = temporaryDirectories();

  const open = (directory: string, options: StoreOptions = {}) =>
    Store.open(directory, { compaction: 'manual', ...options });

  async function withStore<T>(options: StoreOptions, use: (store: Store) => Promise<T>): Promise<T> {
    const store = await open(path.join(temporary.make(), 'store'), options);
    try {
      return await use(store);
    } finally {
      await store.close();
    }
  }

  it('gets what was put, and nothing that was deleted or never there', () =>
    withStore({}, async (store) => {
      await store.put(utf8('a'), utf8('1'));
      await store.put(utf8('empty'), utf8(''));
      await store.put(Uint8Array.of(0, 255, 10), Uint8Array.of(0, 1, 2, 255));
      assert.equal(text(store.get(utf8('a'))), '1');
      assert.deepEqual(store.get(utf8('empty')), utf8(''), 'an empty value is a value');
      assert.deepEqual(store.get(Uint8Array.of(0, 255, 10)), Uint8Array.of(0, 1, 2, 255));
      assert.equal(store.get(utf8('never')), undefined);
      assert.deepEqual(store.getMany([utf8('a'), utf8('never')]).map(text), ['1', undefined]);
      await store.del(utf8('a'));
      await store.del(utf8('never'));
      assert.equal(store.has(utf8('a')), false);
      assert.equal(store.has(utf8('empty')), true);
      assert.equal(store.stats().keyCount, 2);
    }));

  it('applies batches in their order, the last operation on a key winning', () =>
    withStore({}, async (store) => {
      await store.batch([]);
      await store.batch([
        { type: 'put', key: utf8('a'), value: utf8('1') },
        { type: 'del', key: utf8('b') },
        { type: 'put', key: utf8('b'), value: utf8('2') },
        { type: 'put', key: utf8('a'), value: utf8('3') },
      ]);
      assert.deepEqual(store.getMany([utf8('a'), utf8('b')]).map(text), ['3', '2']);
      assert.equal(store.stats().lastSequence, 4);
    }));

  it('lists ranges in byte order, forwards and backwards', () =>
    withStore({}, async (store) => {
      for (const key of ['b', 'a', 'ab', 'c', 'abc', 'ca']) await store.put(utf8(key), utf8(`value of ${key}`));
      assert.deepEqual(texts(store.keys()), ['a', 'ab', 'abc', 'b', 'c', 'ca']);
      assert.deepEqual(texts(store.keys({ prefix: utf8('ab') })), ['ab', 'abc']);
      assert.deepEqual(texts(store.keys({ gt: utf8('ab'), lte: utf8('c') })), ['abc', 'b', 'c']);
      assert.deepEqual(texts(store.keys({ gte: utf8('ab'), lt: utf8('c'), reverse: true })), ['b', 'abc', 'ab']);
      assert.deepEqual(texts(store.keys({ reverse: true, limit: 2 })), ['ca', 'c']);
      assert.deepEqual(texts(store.keys({ limit: 0 })), []);
      assert.equal(store.count({ prefix: utf8('c') }), 2);
      assert.deepEqual(
        [...store.entries({ prefix: utf8('c') })].map(([key, value]) => [text(key), text(value)]),
        [
          ['c', 'value of c'],
          ['ca', 'value of ca'],
        ],
      );
    }));

  it('orders long keys that share their beginning, or part from each other word by word', () =>
    withStore({}, async (store) => {
      const shared = Array.from({ length: 60 }, (_, index) => `${'s'.repeat(40_000)}${index}`);
      const parting = Array.from({ length: 1500 }, (_, index) => `${'p'.repeat(index * 4)}x${index}`);
      const keys = [...shared, ...parting];
      await store.batch(keys.map((key) => ({ type: 'put', key: utf8(key), value: utf8('') })));
      assert.deepEqual(texts(store.keys()), keys.toSorted());
      await store.put(utf8('s'.repeat(39_999)), utf8(''));
      assert.equal(store.count({ prefix: utf8('s') }), 61);
    }));

  it('lists as many keys as its limit says, whatever else lies in the range', () =>
    withStore({}, async (store) => {
      const all = Array.from({ length: 700 }, (_, index) => `key ${String(index).padStart(3, '0')}`);
      await store.batch(all.map((key) => ({ type: 'put', key: utf8(key), value: utf8(key) })));
      // Iterators of the state before still see every second key; those of the state after step over them.
      const before = store.snapshot();
      const isKept = (_: string, index: number) => index % 2 === 0;
      await store.batch(all.filter((_, index) => index % 2 === 1).map((key) => ({ type: 'del', key: utf8(key) })));
      for (const limit of [1, 15, 16, 17, 50, 271, 272, 273, 300, 1000]) {
        for (const reverse of [false, true]) {
          const inOrder = reverse ? all.toReversed() : all;
          const range = { limit, reverse };
          assert.deepEqual(texts(before.keys(range)), inOrder.slice(0, limit), `before, ${limit}`);
          const kept = all.filter(isKept);
          assert.deepEqual(texts(store.keys(range)), (reverse ? kept.toReversed() : kept).slice(0, limit));
          const values = Array.from(before.entries({ ...range, gte: utf8('key 100') }), ([, value]) => text(value));
          const from100 = all.slice(100);
          assert.deepEqual(values, (reverse ? from100.toReversed() : from100).slice(0, limit));
        }
      }
      before.close();
    }));

  it('forgets keys when their time is over, also when the clock steps back', async () => {
    let nowMs = 10_000;
    await withStore({ now: () => nowMs, maxSegmentSizeBytes: 100 }, async (store) => {
      await store.put(utf8('short'), utf8('1'), { ttlMs: 10 });
      await store.put(utf8('long'), utf8('2'), { ttlMs: 1000 });
      await store.put(utf8('under'), utf8('old'));
      await store.put(utf8('under'), utf8('new'), { ttlMs: 10 });
      nowMs += 9;
      assert.equal(store.has(utf8('short')), true);
      assert.equal(store.info(utf8('short'))?.expiryMs, 10_010);
      nowMs += 1;
      assert.equal(store.get(utf8('short')), undefined, 'its time is over at the millisecond of its expiry');
      nowMs -= 10;
      assert.equal(store.get(utf8('short')), undefined, 'it does not come back');
      assert.equal(store.get(utf8('under')), undefined, 'what it had replaced does not come back');
      assert.deepEqual(texts(store.keys()), ['long']);
      await store.compact();
      assert.equal(store.get(utf8('under')), undefined);
      nowMs += 10_000;
      await store.compact();
      assert.equal(store.stats().totalBytes, FILE_HEADER_SIZE * store.stats().segments.length);
    });
  });

  for (const durability of DURABILITIES) {
    const words = typeof durability === 'string' ? durability : 'interval';
    it(`writes, rotates, closes and opens again (${words})`, async () => {
      const directory = path.join(temporary.make(), 'store');
      for (const maxSegmentSizeBytes of [1, 100, 1000, 1_000_000]) {
        const options = { durability, maxSegmentSizeBytes };
        const store = await open(directory, options);
        assert.deepEqual(store.stats().durability, durability);
        await Promise.all(
          Array.from({ length: 30 }, (_, i) => store.put(utf8(`${maxSegmentSizeBytes} ${i}`), utf8(`${i}`))),
        );
        await store.sync();
        await store.del(utf8(`${maxSegmentSizeBytes} 7`));
        await store.close();
        for (const file of readdirSync(directory)) assert.doesNotMatch(file, /\.tmp$|^LOCK/);
      }
      const store = await open(directory, { durability });
      assert.equal(store.stats().keyCount, 4 * 29);
      assert.equal(text(store.get(utf8('1000 29'))), '29');
      assert.deepEqual((await store.verify()).problems, []);
      await store.close();
    });
  }

  it('opens in four ways to the same keydir', async () => {
    const directory = path.join(temporary.make(), 'store');
    let store = await open(directory, { maxSegmentSizeBytes: 300 });
    for (let i = 0; i < 60; i++) {
      await store.put(utf8(`${i % 13}`), utf8(`${i}`), i % 5 === 0 ? { ttlMs: 1_000_000 } : {});
      if (i % 4 === 0) await store.del(utf8(`${(i * 7) % 13}`));
    }
    const describe = (opened: Store) => [...opened.keyInfos()];
    const expected = describe(store);
    await store.close();
    const files = new Map(readdirSync(directory).map((name) => [name, readFileSync(path.join(directory, name))]));
    const hints = [...files.keys()].filter((name) => name.endsWith('.hint'));
    const ways = {
      snapshot: [],
      hints: ['KEYDIR'],
      mixed: ['KEYDIR', ...hints.slice(0, 3)],
      scan: ['KEYDIR', ...hints],
    };
    for (const [openedBy, missing] of Object.entries(ways)) {
      for (const [name, bytes] of files) writeFileSync(path.join(directory, name), bytes);
      for (const name of missing) unlinkSync(path.join(directory, name));
      // Read-only, so that nothing is written in between.
      const reader = await open(directory, { readOnly: true });
      assert.equal(reader.recovery.openedBy, openedBy);
      assert.deepEqual(describe(reader), expected);
      await reader.close();
      store = await open(directory, { maxSegmentSizeBytes: 300 });
      assert.deepEqual(describe(store), expected);
      assert.deepEqual((await store.replay()).differences, []);
      await store.close();
    }
  });

  it('reads beside a writer, takes no lock and writes nothing', async () => {
    const directory = path.join(temporary.make(), 'store');
    const writer = await open(directory);
    await writer.put(utf8('a'), utf8('1'));
    const before = readdirSync(directory);
    const reader = await open(directory, { readOnly: true });
    assert.equal(reader.readOnly, true);
    assert.equal(text(reader.get(utf8('a'))), '1');
    await assert.rejects(reader.put(utf8('b'), utf8('2')), withCode('READ_ONLY'));
    await assert.rejects(reader.del(utf8('a')), withCode('READ_ONLY'));
    await assert.rejects(reader.compact(), withCode('READ_ONLY'));
    await reader.close();
    assert.deepEqual(readdirSync(directory), before);
    await writer.close();
  });

  it('keeps iterators on the state of their making, whatever is written and compacted meanwhile', () =>
    withStore({ maxSegmentSizeBytes: 200 }, async (store) => {
      const expected: [string, string][] = [];
      for (let i = 10; i < 60; i++) {
        await store.put(utf8(`${i}`), utf8(`value ${i}`));
        expected.push([`${i}`, `value ${i}`]);
      }
      const iterator = store.entries();
      const backwards = store.entries({ reverse: true });
      const snapshot = store.snapshot();
      const shown: [string, string][] = [];
      for (let i = 10; i < 60; i++) {
        const { value } = iterator.next();
        shown.push([text(value[0]) as string, text(value[1]) as string]);
        await store.del(utf8(`${59 - (i - 10)}`));
        await store.put(utf8(`${i} new`), utf8('new'));
        if (i % 7 === 0) await store.compact();
      }
      assert.equal(iterator.next().done, true);
      assert.deepEqual(shown, expected);
      assert.deepEqual(
        [...backwards].map(([key, value]) => [text(key), text(value)]),
        [...expected].reverse(),
      );
      assert.deepEqual(
        [...snapshot.entries()].map(([key, value]) => [text(key), text(value)]),
        expected,
      );
      snapshot.close();
      assert.throws(() => snapshot.get(utf8('10')), withCode('STORE_CLOSED'));
      assert.equal(store.stats().keyCount, 50);
    }));

  it('makes checkpoints that are stores of their own', async () => {
    const parent = temporary.make();
    const store = await open(path.join(parent, 'store'), { maxSegmentSizeBytes: 200 });
    for (let i = 0; i < 20; i++) await store.put(utf8(`${i}`), utf8('before'));
    await store.checkpoint(path.join(parent, 'copy'));
    await assert.rejects(store.checkpoint(path.join(parent, 'copy')), withCode('STORE_EXISTS'));
    for (let i = 0; i < 20; i++) await store.put(utf8(`${i}`), utf8('after'));
    await store.compact();
    const copy = await open(path.join(parent, 'copy'));
    assert.equal(copy.stats().keyCount, 20);
    for (const [, value] of copy.entries()) assert.equal(text(value), 'before');
    await copy.put(utf8('0'), utf8('of the copy'));
    assert.deepEqual((await copy.verify()).problems, []);
    await copy.close();
    assert.equal(text(store.get(utf8('0'))), 'after');
    assert.deepEqual((await store.verify()).problems, []);
    await store.close();
  });

  it('tells the history of a key, newest first', async () => {
    let nowMs = 1000;
    await withStore({ now: () => nowMs++, maxSegmentSizeBytes: 120 }, async (store) => {
      await store.put(utf8('a'), utf8('1'));
      await store.put(utf8('b'), utf8('other'));
      await store.del(utf8('a'));
      await store.put(utf8('a'), utf8('2'), { ttlMs: 5000 });
      const history = await store.history(utf8('a'));
      assert.deepEqual(
        history.map(({ operation, sequence, value }) => [operation, sequence, text(value)]),
        [
          ['put', 4, '2'],
          ['del', 3, undefined],
          ['put', 1, '1'],
        ],
      );
      assert.ok((history[0]?.expiryMs as number) > 5000);
      assert.ok(
        history.every(({ timestampMs }, i) => i === 0 || timestampMs <= (history[i - 1]?.timestampMs as number)),
      );
      await store.compact();
      assert.equal((await store.history(utf8('a'))).length, 1);
    });
  });

  it('verifies every file against the others', async () => {
    const directory = path.join(temporary.make(), 'store');
    const store = await open(directory, { cacheSizeBytes: 0 });
    for (let i = 0; i < 20; i++) await store.put(utf8(`${i}`), utf8('value'));
    await store.compact();
    await store.put(utf8('in the active one'), utf8('value'));
    const sound = await store.verify();
    assert.equal(sound.ok, true);
    assert.equal(sound.recordCount, 21);
    const [compacted] = store.stats().segments.filter(({ liveCount }) => liveCount === 20);
    assert.ok(compacted);
    for (const fileName of [compacted.fileName, compacted.fileName.replace('.seg', '.hint'), 'MANIFEST']) {
      const file = path.join(directory, fileName);
      const bytes = readFileSync(file);
      const broken = Uint8Array.from(bytes);
      broken[50] = (broken[50] as number) ^ 1;
      writeFileSync(file, broken);
      const report = await store.verify();
      assert.equal(report.ok, false, fileName);
      assert.ok(
        report.problems.some((problem) => problem.fileName === fileName),
        fileName,
      );
      writeFileSync(file, bytes);
    }
    assert.equal((await store.verify()).ok, true);
    await store.close();
  });

  it('says which record is damaged instead of giving a wrong value', async () => {
    const directory = path.join(temporary.make(), 'store');
    const store = await open(directory, { cacheSizeBytes: 0 });
    await store.put(utf8('a'), utf8('value'));
    const file = path.join(directory, segmentFileName(1));
    const bytes = readFileSync(file);
    for (let at = FILE_HEADER_SIZE; at < bytes.length; at++) {
      writeFileSync(file, bytes.with(at, (bytes[at] as number) ^ 0x40));
      assert.throws(() => store.get(utf8('a')), withCode('STORE_DAMAGED'));
    }
    writeFileSync(file, bytes);
    assert.equal(text(store.get(utf8('a'))), 'value');
    await store.close();
  });

  it('refuses a damaged store, lists the damage, and opens it to salvage', async () => {
    const directory = path.join(temporary.make(), 'store');
    const store = await open(directory);
    for (const key of ['a', 'b', 'c']) await store.put(utf8(key), utf8('value'));
    await store.close();
    const file = path.join(directory, segmentFileName(1));
    const bytes = readFileSync(file);
    const recordSize = RECORD_HEADER_SIZE + 'a'.length + 'value'.length;
    const damagedByte = FILE_HEADER_SIZE + recordSize + RECORD_HEADER_SIZE;
    writeFileSync(file, bytes.with(damagedByte, 0));
    unlinkSync(path.join(directory, 'KEYDIR'));
    await assert.rejects(open(directory), (error: Error & { code?: string; damage?: unknown }) => {
      assert.deepEqual(error.damage, [
        {
          fileName: segmentFileName(1),
          offsetBytes: FILE_HEADER_SIZE + recordSize,
          sizeBytes: recordSize,
          reason: 'bad-checksum',
        },
      ]);
      return withCode('STORE_DAMAGED')(error);
    });
    const salvaged = await open(directory, { salvage: true });
    assert.deepEqual(texts(salvaged.keys()), ['a', 'c']);
    await salvaged.close();
  });

  it('answers wrong arguments with typed errors', () =>
    withStore({}, async (store) => {
      assert.throws(() => store.get(new Uint8Array(0)), withCode('INVALID_KEY'));
      assert.throws(() => store.get('a' as unknown as Uint8Array), withCode('INVALID_KEY'));
      await assert.rejects(store.put(new Uint8Array(65_536), utf8('')), withCode('INVALID_KEY'));
      await assert.rejects(store.put(utf8('a'), undefined as unknown as Uint8Array), withCode('INVALID_VALUE'));
      for (const ttlMs of [0, -1, 1.5, Number.NaN, Number.MAX_SAFE_INTEGER]) {
        await assert.rejects(store.put(utf8('a'), utf8(''), { ttlMs }), withCode('INVALID_OPTION'));
      }
      await assert.rejects(store.batch([{ type: 'get' } as never]), withCode('INVALID_OPTION'));
      const directory = temporary.make();
      for (const options of [
        { maxSegmentSizeBytes: 0 },
        { maxSegmentSizeBytes: 2 ** 32 },
        { durability: 'never' as never },
        { durability: { intervalMs: 0 } },
      ]) {
        await assert.rejects(open(directory, options), withCode('INVALID_OPTION'));
      }
      assert.equal(store.stats().lastSequence, 0);
    }));

  it('answers wrong openings with typed errors', async () => {
    const directory = temporary.make();
    const nowhere = path.join(directory, 'nowhere');
    await assert.rejects(open(nowhere, { createIfMissing: false }), withCode('STORE_NOT_FOUND'));
    await assert.rejects(open(nowhere, { readOnly: true }), withCode('STORE_NOT_FOUND'));
    await assert.rejects(open(directory, { createIfMissing: false }), withCode('STORE_NOT_FOUND'));
    assert.equal(existsSync(nowhere), false);
    const store = await open(directory);
    await store.put(utf8('a'), utf8('1'));
    await assert.rejects(open(directory), withCode('STORE_LOCKED'));
    await store.close();
    await assert.rejects(open(directory, { errorIfExists: true }), withCode('STORE_EXISTS'));
    const manifest = readFileSync(path.join(directory, 'MANIFEST'));
    writeFileSync(path.join(directory, 'MANIFEST'), manifest.with(9, 2));
    await assert.rejects(open(directory), withCode('UNSUPPORTED_VERSION'));
    unlinkSync(path.join(directory, 'MANIFEST'));
    await assert.rejects(open(directory), withCode('STORE_DAMAGED'));
  });

  it('takes everything but new keys when it holds as many as it can', () =>
    withStore({}, async (store) => {
      await store.put(utf8('a'), utf8('1'));
      await store.put(utf8('b'), utf8('1'));
      mock.method(Keydir.prototype, 'hasRoomFor', () => false);
      try {
        await assert.rejects(store.put(utf8('c'), utf8('1')), withCode('TOO_MANY_KEYS'));
        const withNew = [
          { type: 'put', key: utf8('a'), value: utf8('lost') },
          { type: 'put', key: utf8('c'), value: utf8('lost') },
        ] as const;
        await assert.rejects(store.batch(withNew), withCode('TOO_MANY_KEYS'));
        await store.put(utf8('a'), utf8('2'));
        await store.del(utf8('b'));
        await store.batch([
          { type: 'put', key: utf8('a'), value: utf8('3') },
          { type: 'del', key: utf8('c') },
        ]);
        await store.sync();
        assert.equal((await store.compact()).recordsKept, 1);
        assert.deepEqual(texts(store.keys()), ['a']);
        assert.equal(text(store.get(utf8('a'))), '3');
      } finally {
        mock.restoreAll();
      }
    }));

  it('is closed after close, whatever was still open', async () => {
    const store = await open(path.join(temporary.make(), 'store'));
    await store.put(utf8('a'), utf8('1'));
    await store.put(utf8('b'), utf8('2'));
    const snapshot = store.snapshot();
    const iterator = store.entries();
    iterator.next();
    const late = store.put(utf8('c'), utf8('written before the closing ends'));
    await Promise.all([store.close(), store.close()]);
    await late;
    await store.close();
    assert.throws(() => store.get(utf8('a')), withCode('STORE_CLOSED'));
    assert.throws(() => store.keys(), withCode('STORE_CLOSED'));
    assert.throws(() => store.stats(), withCode('STORE_CLOSED'));
    assert.throws(() => iterator.next(), withCode('STORE_CLOSED'));
    assert.throws(() => snapshot.get(utf8('a')), withCode('STORE_CLOSED'));
    await assert.rejects(store.put(utf8('a'), utf8('')), withCode('STORE_CLOSED'));
    await assert.rejects(store.compact(), withCode('STORE_CLOSED'));
    snapshot.close();
    iterator.return();
    const reopened = await open(store.directory);
    assert.equal(reopened.stats().keyCount, 3);
    await reopened.close();
  });

  it('finishes what waits for room in the queue before it closes, in the order of the calls', async () => {
    const directory = path.join(temporary.make(), 'store');
    const store = await open(directory, { durability: 'os' });
    const size = 1024 * 1024;
    const writes = Array.from({ length: 100 }, (_, i) => store.put(utf8(`${i % 3}`), new Uint8Array(size).fill(i)));
    const closed = store.close();
    await Promise.all(writes);
    await closed;
    const reopened = await open(directory);
    assert.equal(reopened.stats().lastSequence, 100);
    for (const [key, last] of [
      ['0', 99],
      ['1', 97],
      ['2', 98],
    ] as const) {
      assert.equal(reopened.get(utf8(key))?.[0], last);
    }
    await reopened.close();
  });

  it('holds one descriptor a segment, and none after closing', async function () {
    if (process.platform !== 'linux') this.skip();
    const count = () => readdirSync('/proc/self/fd').length;
    const before = count();
    const store = await open(path.join(temporary.make(), 'store'), { maxSegmentSizeBytes: 100 });
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 20; i++) await store.put(utf8(`${i}`), utf8(`${round}`));
      const iterator = store.entries();
      iterator.next();
      await store.compact();
      iterator.return();
      await store.verify();
      assert.equal(count() - before, store.stats().segments.length);
    }
    await store.close();
    assert.equal(count(), before);
  });

  it('reports progress, and is as before when a task is cancelled', () =>
    withStore({ maxSegmentSizeBytes: 100 }, async (store) => {
      for (let i = 0; i < 50; i++) await store.put(utf8(`${i % 10}`), utf8(`${i}`));
      const seen: number[] = [];
      const cancel = new AbortController();
      const compacting = store.compact({
        signal: cancel.signal,
        onProgress: ({ done, total }) => {
          assert.ok(done <= total);
          seen.push(done);
          if (seen.length === 5) cancel.abort();
        },
      });
      await assert.rejects(compacting, withCode('ABORTED'));
      assert.deepEqual(
        seen,
        [...seen].sort((a, b) => a - b),
      );
      assert.equal(store.stats().keyCount, 10);
      assert.deepEqual((await store.verify()).problems, []);
      const report = await store.compact();
      assert.ok(report.bytesAfter < report.bytesBefore);
      assert.equal(store.stats().deadBytes, 0);
      assert.equal(store.stats().keyCount, 10);
    }));
});
