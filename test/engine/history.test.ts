/** The versions of a key: in order, in part, and no more work than what was asked for needs. */

import assert from 'node:assert/strict';
import path from 'node:path';
import type { HistoryOptions, RecordVersion } from '../../src/engine/api.ts';
import { Store } from '../../src/engine/store.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const key = utf8('key');
const VERSION_COUNT = 3000;
const VALUE_BYTES = 100;

describe('The history of a key', function () {
  this.timeout(0);
  // Before the directory goes.
  after(() => store.close());
  const temporary = temporaryDirectories();
  let store: Store;
  let logBytes = 0;

  /** Versions 1, 3, 5 and so on are of the key, the others of another one; the log has many segments. */
  before(async () => {
    store = await Store.open(path.join(temporary.make(), 'store'), {
      durability: 'os',
      compaction: 'manual',
      maxSegmentSizeBytes: 32 * 1024,
    });
    for (let i = 0; i < VERSION_COUNT; i += 500) {
      const batch = Array.from({ length: 500 }, (_, at) => ({
        type: 'put' as const,
        key,
        value: new Uint8Array(VALUE_BYTES).fill(i + at),
      }));
      for (const put of batch) void store.batch([put, { ...put, key: utf8('other') }]);
      await store.sync();
    }
    logBytes = store.stats().totalBytes;
    assert.ok(store.stats().segments.length > 10);
  });

  const sequences = (versions: readonly RecordVersion[]) => versions.map(({ sequence }) => sequence);
  const newest = (count: number, from = VERSION_COUNT) => Array.from({ length: count }, (_, i) => 2 * (from - i) - 1);

  async function read(options: HistoryOptions): Promise<{ versions: RecordVersion[]; readBytes: number }> {
    let readBytes = 0;
    const onProgress: HistoryOptions['onProgress'] = ({ done }) => {
      readBytes = done;
    };
    const versions = await store.history(key, { onProgress, ...options });
    return { versions, readBytes };
  }

  it('gives all, newest first', async () => {
    const { versions, readBytes } = await read({});
    assert.deepEqual(sequences(versions), newest(VERSION_COUNT));
    assert.ok(versions.every(({ value }) => value?.length === VALUE_BYTES));
    assert.ok(readBytes > logBytes * 0.9);
  });

  it('reads no more of the log than the newest few need, and so for each page of older ones', async () => {
    const first = await read({ limit: 100 });
    assert.deepEqual(sequences(first.versions), newest(100));
    assert.ok(first.readBytes < logBytes / 5, `${first.readBytes} of ${logBytes}`);
    const second = await read({ limit: 100, before: 2 * (VERSION_COUNT - 100) + 1 });
    assert.deepEqual(sequences(second.versions), newest(100, VERSION_COUNT - 100));
    assert.ok(second.readBytes < logBytes / 5);
  });

  it('finds one version by its number in the segment that can hold it', async () => {
    const { versions, readBytes } = await read({ after: 998, before: 1000 });
    assert.deepEqual(sequences(versions), [999]);
    assert.ok(readBytes < logBytes / 5);
    assert.deepEqual((await read({ after: 999, before: 1001 })).versions, [], 'that one is of the other key');
    assert.deepEqual((await read({ after: 1000, before: 1001 })).versions, []);
  });

  it('finds the next version after one', async () => {
    const { versions, readBytes } = await read({ after: 999, limit: 2, oldestFirst: true });
    assert.deepEqual(sequences(versions), [1001, 1003]);
    assert.ok(readBytes < logBytes / 5);
  });

  it('reads as much of each value as it is told to, and says how long each is', async () => {
    for (const maxValueBytes of [0, 7]) {
      const { versions } = await read({ limit: 3, maxValueBytes });
      assert.deepEqual(
        versions.map(({ value, valueSizeBytes }) => [value?.length, valueSizeBytes]),
        Array(3).fill([maxValueBytes, VALUE_BYTES]),
      );
    }
  });

  it('tells versions while it reads, each once and in order', async () => {
    const told: RecordVersion[][] = [];
    const { versions } = await read({ maxValueBytes: 0, onVersions: (next) => told.push([...next]) });
    assert.ok(told.length > 10, 'segment by segment');
    assert.deepEqual(told.flat(), versions);
  });

  it('is the same after a compaction has changed the order of the segments', async () => {
    const mixed = await Store.open(path.join(temporary.make(), 'mixed'), {
      durability: 'os',
      compaction: 'manual',
      maxSegmentSizeBytes: 4096,
    });
    try {
      for (let i = 0; i < 300; i++) await mixed.put(utf8(`${i % 7}`), new Uint8Array(100));
      await mixed.del(utf8('3'));
      const [firstSegment, , third, , fifth] = mixed.stats().segments.map(({ segmentId }) => segmentId);
      const before = await mixed.history(utf8('3'));
      const lost = new Set([firstSegment, third, fifth]);
      await mixed.compact({ segmentIds: [...lost].filter((id) => id !== undefined) });
      const kept = before.filter(({ location }) => !lost.has(location.segmentId));
      assert.deepEqual(sequences(await mixed.history(utf8('3'))), sequences(kept));
      for (const limit of [1, 2, 5, 20]) {
        assert.deepEqual(sequences(await mixed.history(utf8('3'), { limit })), sequences(kept).slice(0, limit));
        const oldest = await mixed.history(utf8('3'), { limit, oldestFirst: true });
        assert.deepEqual(sequences(oldest), sequences(kept).toReversed().slice(0, limit));
      }
    } finally {
      await mixed.close();
    }
  });

  it('ends when it is cancelled, also while it waits for another task', async () => {
    const whileReading = new AbortController();
    const reading = store.history(key, { signal: whileReading.signal, onProgress: () => whileReading.abort() });
    await assert.rejects(reading, { code: 'ABORTED' });
    const whileWaiting = new AbortController();
    let hasVerified = false;
    const verifying = store.verify().then((report) => {
      hasVerified = true;
      return report;
    });
    const waiting = store.history(key, { signal: whileWaiting.signal });
    whileWaiting.abort();
    await assert.rejects(waiting, { code: 'ABORTED' });
    assert.equal(hasVerified, false);
    assert.ok((await verifying).ok);
    assert.equal((await store.history(key, { limit: 1 })).length, 1);
  });

  it('refuses what is no number of versions or bytes', async () => {
    for (const options of [{ limit: -1 }, { limit: 1.5 }, { maxValueBytes: Number.NaN }, { before: -2 }]) {
      await assert.rejects(store.history(key, options), { code: 'INVALID_OPTION' });
    }
  });
});
