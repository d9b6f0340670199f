import assert from 'node:assert/strict';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { EmbeddedStore, EmbeddedStoreOptions, StoreProcessSetting } from '../../src/shared/embeddedStore.ts';
import type { FolderPage, KeyVersion, StoreChange } from '../../src/shared/keyValueStore.ts';
import { embeddedStoreOpener } from '../../src/worker/openEmbeddedStore.ts';
import type { StoreRequestError } from '../../src/worker/requestError.ts';
import type { StoreClient } from '../../src/worker/storeClient.ts';
import { settled } from '../support/settled.ts';
import { workerBundle } from '../support/workerBundle.ts';
import { newStoreOptions } from './newStoreOptions.ts';

const openEmbeddedStore = embeddedStoreOpener(
  workerBundle(new URL('../../src/worker/storeWorker.ts', import.meta.url)),
);

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined) => (value === undefined ? undefined : new TextDecoder().decode(value));
const root = { prefix: bytes(''), delimiter: bytes('/'), limit: 100 };

for (const ownProcess of ['never', 'always'] as const) describeStoresIn(ownProcess);

function describeStoresIn(ownProcess: StoreProcessSetting): void {
  describe(`embedded store in a ${ownProcess === 'never' ? 'thread' : 'process'}`, function () {
    this.timeout(20_000);
    const defaults = newStoreOptions(ownProcess);
    const holder = ownProcess === 'never' ? String(process.pid) : `(?!${process.pid}\\b)\\d+`;
    let directory: string;
    let uri: string;
    const opened: EmbeddedStore[] = [];

    async function open(options: Partial<EmbeddedStoreOptions> = {}): Promise<StoreClient> {
      const store = await openEmbeddedStore(uri, { ...defaults, ...options });
      opened.push(store);
      return store as StoreClient;
    }

    beforeEach(async () => {
      directory = await mkdtemp(path.join(tmpdir(), 'strata worker-'));
      uri = pathToFileURL(directory).href;
    });

    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close().catch(() => undefined);
      await rm(directory, { recursive: true });
    });

    describe('reading and writing', () => {
      it('gives back what was put, with where it stands', async () => {
        const store = await open();
        await store.put(bytes('a'), bytes('one'));
        const found = await store.get(bytes('a'));
        assert.equal(text(found?.value), 'one');
        assert.equal(found?.valueSizeBytes, 3);
        assert.equal(found?.expiryMs, 0);
        assert.ok(Math.abs((found?.timestampMs ?? 0) - Date.now()) < 60_000);
        assert.equal(found?.location?.segmentId, 1);
        assert.equal(await store.get(bytes('b')), undefined);
      });

      it('names the store by its URI and directory', async () => {
        const store = await open();
        assert.equal(store.id, uri);
        assert.equal(store.name, path.basename(directory));
      });

      it('leaves the arrays of the caller as they are', async () => {
        const store = await open();
        const pool = Buffer.from('key value');
        const [key, value] = [pool.subarray(0, 3), pool.subarray(4)];
        await store.put(key, value);
        await store.batch([{ type: 'put', key: bytes('other'), value }]);
        assert.equal(pool.toString(), 'key value');
        assert.equal(text((await store.get(key))?.value), 'value');
        assert.equal(text((await store.get(bytes('other')))?.value), 'value');
      });

      it('keeps an empty value apart from no value', async () => {
        const store = await open();
        await store.put(bytes('empty'), bytes(''));
        assert.equal((await store.get(bytes('empty')))?.value.length, 0);
        await store.del(bytes('empty'));
        assert.equal(await store.get(bytes('empty')), undefined);
      });

      it('carries values of many megabytes', async () => {
        const store = await open({ maxSegmentSizeBytes: 1 << 26 });
        const value = new Uint8Array(20 * 1024 * 1024).map((_, i) => i);
        await store.put(bytes('large'), value);
        assert.deepEqual(Buffer.from((await store.get(bytes('large')))?.value ?? []).equals(value), true);
        const [entry] = await store.list({}, { valuePreviewBytes: 4 });
        assert.deepEqual(entry?.valuePreview, Uint8Array.of(0, 1, 2, 3));
        assert.equal(entry?.valueSizeBytes, value.length);
      });

      it('applies a batch as a whole, with deletes and times to live', async () => {
        const store = await open();
        await store.put(bytes('gone'), bytes('x'));
        await store.batch([
          { type: 'put', key: bytes('a'), value: bytes('1') },
          { type: 'del', key: bytes('gone') },
          { type: 'put', key: bytes('b'), value: bytes('2'), ttlMs: 3_600_000 },
        ]);
        const [a, gone, b] = await store.getMany(['a', 'gone', 'b'].map(bytes));
        assert.equal(text(a?.value), '1');
        assert.equal(gone, undefined);
        assert.equal(text(b?.value), '2');
        assert.ok((b?.expiryMs ?? 0) > Date.now());
        assert.equal(a?.expiryMs, 0);
      });

      it('answers pipelined requests, each with its own result', async () => {
        const store = await open();
        const keys = Array.from({ length: 500 }, (_, i) => bytes(`key ${i}`));
        await Promise.all(keys.map((key, i) => store.put(key, bytes(`value ${i}`))));
        const values = await Promise.all(keys.map((key) => store.get(key)));
        assert.deepEqual(
          values.map((found) => text(found?.value)),
          keys.map((_, i) => `value ${i}`),
        );
      });

      it('lists ranges in byte order, 1000 entries unless told otherwise', async () => {
        const store = await open();
        const keys = Array.from({ length: 1200 }, (_, i) => bytes(`k${String(i).padStart(4, '0')}`));
        await store.batch(keys.map((key) => ({ type: 'put', key, value: key })));
        assert.equal((await store.list({})).length, 1000);
        assert.equal((await store.list({ limit: -1 })).length, 1000);
        assert.equal((await store.list({ limit: 1100 })).length, 1100);
        const last = await store.list({ gte: bytes('k1198'), reverse: true, limit: 5 }, { valuePreviewBytes: 2 });
        assert.deepEqual(
          last.map((entry) => text(entry.key)),
          ['k1199', 'k1198'],
        );
        assert.deepEqual(
          last.map((entry) => text(entry.valuePreview)),
          ['k1', 'k1'],
        );
        assert.equal(await store.count({ prefix: bytes('k00') }), 100);
        assert.equal(await store.count({ prefix: bytes('k00'), limit: 3 }), 100);
      });

      it('keeps every version of a key, newest first', async () => {
        const store = await open();
        await store.put(bytes('a'), bytes('one'));
        await store.del(bytes('a'));
        await store.put(bytes('a'), bytes('three'));
        const history = await store.history(bytes('a'), { valuePreviewBytes: 3 });
        assert.deepEqual(
          history.map(({ operation, valuePreview, valueSizeBytes }) => [operation, text(valuePreview), valueSizeBytes]),
          [
            ['put', 'thr', 5],
            ['del', undefined, 0],
            ['put', 'one', 3],
          ],
        );
        const withoutValues = history.map(({ valuePreview: _, ...version }) => version);
        assert.deepEqual(await store.history(bytes('a')), withoutValues);
        assert.deepEqual(await store.history(bytes('a'), { limit: 1, before: 3 }), withoutValues.slice(1, 2));
      });

      it('tells versions while it reads the log, 1000 unless told otherwise, until it is cancelled', async () => {
        const store = await open({ maxSegmentSizeBytes: 16 * 1024 });
        const puts = Array.from({ length: 3000 }, () => ({ type: 'put' as const, key: bytes('a'), value: bytes('v') }));
        await store.batch(puts.map((put, i) => ({ ...put, key: bytes(`other ${i}`) })));
        for (let i = 0; i < puts.length; i += 100) await store.batch(puts.slice(i, i + 100));
        const told: KeyVersion[][] = [];
        const versions = await store.history(bytes('a'), { onVersions: (next) => told.push([...next]) });
        assert.equal(versions.length, 1000);
        assert.deepEqual(told.flat(), versions);
        assert.ok(told.length > 1);
        const abort = new AbortController();
        const compaction = store.compact();
        const reading = store.history(bytes('other 7'), { signal: abort.signal });
        abort.abort();
        await assert.rejects(reading, { code: 'ABORTED' });
        await compaction;
      });

      it('finds the record that superseded another one, and says whether others may have stood between them', async () => {
        const store = await open({ maxSegmentSizeBytes: 200 });
        for (const value of ['1', '2', '3', '4']) {
          await store.put(bytes('a'), bytes(value));
          await store.put(bytes('b'), bytes('x'.repeat(100)));
        }
        const [newest, third, second, first] = await store.history(bytes('a'));
        assert.ok(first && second && third && newest);
        assert.deepEqual(await store.nextRecord(bytes('a'), first.sequence), {
          location: second.location,
          isDirect: true,
        });
        assert.deepEqual(await store.nextRecord(bytes('a'), second.sequence), {
          location: third.location,
          isDirect: true,
        });
        assert.equal(await store.nextRecord(bytes('a'), newest.sequence), undefined);
        await store.compact();
        const [left] = await store.history(bytes('a'));
        assert.deepEqual(await store.nextRecord(bytes('a'), first.sequence), {
          location: left?.location,
          isDirect: false,
        });
      });
    });

    describe('folders', () => {
      it('pages through folders and keys, with previews', async () => {
        const store = await open();
        await store.batch(
          ['b/1', 'b/2', 'a', 'c', 'd//x'].map((key) => ({ type: 'put', key: bytes(key), value: bytes(`<${key}>`) })),
        );
        const first = await store.listFolder({ ...root, limit: 2, valuePreviewBytes: 2 });
        assert.deepEqual(describePage(first), ['a=<a', 'b/ (2)']);
        assert.deepEqual([first.more, first.keyCount], [true, 5]);
        const second = await store.listFolder({ ...root, limit: 2, after: bytes('b/') });
        assert.deepEqual(describePage(second), ['c', 'd/ (1)']);
        assert.deepEqual([second.more, second.keyCount], [false, 5]);
      });

      it('shows only what a filter matches, and counts again after a change', async () => {
        const store = await open();
        await store.batch(
          ['CH/Bern', 'CH/Chur', 'DE/Bernau', 'Bern'].map((key) => ({
            type: 'put',
            key: bytes(key),
            value: bytes(''),
          })),
        );
        const request = { ...root, filter: { kind: 'regex', pattern: 'Bern$' } } as const;
        const before = await store.listFolder(request);
        assert.deepEqual(describePage(before), ['Bern', 'CH/ (1)']);
        assert.equal(before.keyCount, 2);
        await store.put(bytes('FR/Bern'), bytes(''));
        const after = await store.listFolder(request);
        assert.deepEqual(describePage(after), ['Bern', 'CH/ (1)', 'FR/ (1)']);
        assert.equal(after.keyCount, 3);
      });

      it('finds text in keys that are not UTF-8', async () => {
        const store = await open();
        const key = Uint8Array.of(0xff, 0x2f, 0xc3, 0xbc, 0xfe);
        await store.put(key, bytes(''));
        await store.put(bytes('u'), bytes(''));
        const page = await store.listFolder({ ...root, filter: { kind: 'text', pattern: 'ü' } });
        assert.deepEqual(page.children, [{ kind: 'folder', path: Uint8Array.of(0xff, 0x2f), keyCount: 1 }]);
      });

      it('refuses limits, delimiters and patterns that make no sense', async () => {
        const store = await open();
        await assert.rejects(store.listFolder({ ...root, limit: 0 }), { code: 'INVALID_OPTION' });
        await assert.rejects(store.listFolder({ ...root, limit: 10_001 }), { code: 'INVALID_OPTION' });
        await assert.rejects(store.listFolder({ ...root, delimiter: bytes('') }), { code: 'INVALID_OPTION' });
        const filter = { kind: 'regex', pattern: '(' } as const;
        await assert.rejects(store.listFolder({ ...root, filter }), { code: 'INVALID_OPTION' });
      });

      it('lets gets pass while a filter looks at every key', async () => {
        const store = await open({ maxSegmentSizeBytes: 1 << 26 });
        for (let start = 0; start < 300_000; start += 10_000) {
          const keys = Array.from({ length: 10_000 }, (_, i) => bytes(`folder/${start + i}`));
          await store.batch(keys.map((key) => ({ type: 'put', key, value: bytes('') })));
        }
        let isListed = false;
        const filter = { kind: 'regex', pattern: '(1|2|3)+x*y*z*9$' } as const;
        const listing = store.listFolder({ ...root, filter }).then((page) => {
          isListed = true;
          return page;
        });
        await store.get(bytes('folder/1'));
        assert.equal(isListed, false, 'the get came back before the listing');
        assert.ok((await listing).keyCount > 0);
      });
    });

    describe('tasks', () => {
      async function fill(store: StoreClient, rounds: number): Promise<void> {
        const value = new Uint8Array(1000);
        for (let round = 0; round < rounds; round++) {
          const keys = Array.from({ length: 1000 }, (_, i) => bytes(`key ${i}`));
          await store.batch(keys.map((key) => ({ type: 'put', key, value })));
        }
      }

      it('compacts with progress and reports what it saved', async () => {
        const store = await open();
        await fill(store, 20);
        const progress: number[] = [];
        const report = await store.compact({ onProgress: ({ done, total }) => progress.push(done / total) });
        assert.ok(report.bytesAfter < report.bytesBefore / 10);
        assert.equal(report.recordsKept, 1000);
        assert.ok(progress.length > 0 && progress.every((share) => share >= 0 && share <= 1));
        assert.equal((await store.statistics()).keyCount, 1000);
      });

      it('replays and verifies', async () => {
        const store = await open();
        await fill(store, 2);
        const replay = await store.replay();
        assert.deepEqual([replay.keyCount, replay.putCount, replay.differences], [1000, 2000, []]);
        const verified = await store.verify();
        assert.equal(verified.ok, true);
      });

      it('cancels a task that runs, and one before it starts', async () => {
        const store = await open();
        await fill(store, 20);
        const running = new AbortController();
        const compaction = store.compact({ signal: running.signal });
        running.abort();
        await assert.rejects(compaction, { code: 'ABORTED' });
        await assert.rejects(store.verify({ signal: running.signal }), { code: 'ABORTED' });
        assert.equal((await store.statistics()).keyCount, 1000);
        assert.equal((await store.verify()).ok, true);
      });
    });

    describe('statistics', () => {
      it('names segments by URI', async () => {
        const store = await open({ durability: { intervalMs: 100 } });
        await store.put(bytes('a'), bytes('1'));
        await store.put(bytes('a'), bytes('2'));
        const statistics = await store.statistics();
        assert.equal(statistics.keyCount, 1);
        assert.equal(statistics.durability, 'every 100 ms');
        assert.equal(statistics.deadShare, 0.5);
        assert.equal(statistics.openedBy, 'empty');
        assert.equal(statistics.segments[0]?.uri, `${uri}/000000000001.seg`);
        assert.equal(statistics.segments[0]?.damagedRangeCount, 0);
      });
    });

    describe('records', () => {
      it('have states, and blocks of a segment live bytes', async () => {
        const store = await open();
        await store.put(bytes('a'), bytes('1'));
        await store.put(bytes('a'), bytes('2'));
        await store.del(bytes('b'));
        const [newest, first] = await store.history(bytes('a'));
        const [tombstone] = await store.history(bytes('b'));
        const offsets = [first, newest, tombstone].map((version) => version?.location?.offsetBytes ?? 0);
        assert.deepEqual(await store.recordStates(1, [...offsets, 7]), ['superseded', 'live', 'tombstone', 'unknown']);
        assert.deepEqual(await store.newestRecord(bytes('a')), newest?.location);
        assert.deepEqual(await store.newestRecord(bytes('b')), tombstone?.location);
        assert.equal(await store.newestRecord(bytes('c')), undefined);

        const blocks = await store.liveBytesByBlock(1, 10, 10);
        const expected = new Float64Array(10);
        expected[Math.floor((newest?.location?.offsetBytes ?? 0) / 10)] = newest?.location?.sizeBytes ?? 0;
        assert.deepEqual(blocks, expected);
        await assert.rejects(store.liveBytesByBlock(1, 0, 10), { code: 'INVALID_OPTION' });
      });

      it('that are damaged are named when opening fails, and left out when salvaging', async () => {
        const store = await open({ maxSegmentSizeBytes: 500 });
        for (let i = 0; i < 40; i++) await store.put(bytes(`key ${i}`), bytes('a value that is easy to spoil'));
        await store.close();
        await rm(path.join(directory, 'KEYDIR'));
        await rm(path.join(directory, '000000000001.hint'));
        const file = path.join(directory, '000000000001.seg');
        const segment = await readFile(file);
        segment.writeUInt8(segment.readUInt8(100) ^ 1, 100);
        await writeFile(file, segment);

        await assert.rejects(open({ expect: 'existing' }), (error: StoreRequestError) => {
          assert.equal(error.code, 'STORE_DAMAGED');
          assert.equal(error.damage[0]?.fileName, '000000000001.seg');
          return true;
        });
        const salvaged = await open({ expect: 'existing', salvage: true });
        const { segments, keyCount } = await salvaged.statistics();
        assert.equal(segments[0]?.damagedRangeCount, 1);
        assert.ok(keyCount >= 38 && keyCount < 40);
        assert.equal((await salvaged.list({}, { valuePreviewBytes: 10 })).length, keyCount);
      });
    });

    describe('changes', () => {
      /** Resolves with the next change of this kind. */
      function nextChange(store: EmbeddedStore, kind: StoreChange['kind']): Promise<void> {
        return new Promise((resolve) => {
          const subscription = store.subscribe((change) => {
            if (change.kind !== kind) return;
            subscription.dispose();
            resolve();
          });
        });
      }

      it('are told after a put, a compaction and a close', async () => {
        const store = await open();
        const data = nextChange(store, 'data');
        await store.put(bytes('a'), bytes('1'));
        await data;
        const segments = nextChange(store, 'segments');
        await store.compact();
        await segments;
        const closed = nextChange(store, 'closed');
        await store.close();
        await closed;
      });

      it('are told when a key expires, without anybody reading', async () => {
        const store = await open();
        const ttlMs = 300;
        const earliestExpiryMs = Date.now() + ttlMs;
        const expired = new Promise<void>((resolve) => {
          store.subscribe(({ kind }) => {
            if (kind === 'data' && Date.now() >= earliestExpiryMs) resolve();
          });
        });
        await store.put(bytes('a'), bytes('1'), { ttlMs });
        await expired;
        await settled(async () => (await store.count({})) === 0);
      });

      it('names the process that writes a store open for reading, as long as there is one', async () => {
        const writer = await open();
        await writer.put(bytes('a'), bytes('1'));
        const reader = await open({ expect: 'existing', readOnly: true });
        assert.match((await reader.statistics()).readOnlyReason ?? '', new RegExp(`process ${holder} on `));
        await writer.close();
        assert.equal((await reader.statistics()).readOnlyReason, undefined);
      });

      it('of another process are followed by a read-only store', async () => {
        const writer = await open({ maxSegmentSizeBytes: 2000 });
        await writer.put(bytes('a'), bytes('1'));
        const reader = await open({ expect: 'existing', readOnly: true });
        const filter = { kind: 'text', pattern: 'a' } as const;
        assert.equal((await reader.listFolder({ ...root, filter })).keyCount, 1);

        const appended = nextChange(reader, 'data');
        await writer.put(bytes('ab'), bytes('2'));
        await appended;
        assert.equal(text((await reader.get(bytes('ab')))?.value), '2');
        assert.equal((await reader.listFolder({ ...root, filter })).keyCount, 2);

        const rotated = nextChange(reader, 'segments');
        for (let i = 0; i < 40; i++) await writer.put(bytes('a'), new Uint8Array(100));
        await writer.compact();
        await rotated;
        await settled(async () => (await reader.get(bytes('a')))?.value.length === 100);
        await settled(async () => (await reader.statistics()).totalBytes === (await writer.statistics()).totalBytes);
        assert.equal(await reader.count({}), 2);
      });

      it('that a read-only store cannot follow are told, until it can again', async () => {
        const writer = await open();
        await writer.put(bytes('a'), bytes('1'));
        const reader = await open({ expect: 'existing', readOnly: true });
        assert.equal((await reader.statistics()).behindReason, undefined);
        const manifest = path.join(directory, 'MANIFEST');
        const sound = await readFile(manifest);
        await writeFile(`${manifest}.damaged`, sound.subarray(0, 20));
        await rename(`${manifest}.damaged`, manifest);
        await settled(async () => (await reader.statistics()).behindReason !== undefined);
        assert.match((await reader.statistics()).behindReason ?? '', /MANIFEST/);
        assert.equal(text((await reader.get(bytes('a')))?.value), '1');
        await writeFile(`${manifest}.sound`, sound);
        await rename(`${manifest}.sound`, manifest);
        await settled(async () => (await reader.statistics()).behindReason === undefined);
      });

      it('stop with the subscription', async () => {
        const store = await open();
        let count = 0;
        const listener = () => count++;
        const first = store.subscribe(listener);
        store.subscribe(listener);
        first.dispose();
        const data = nextChange(store, 'data');
        await store.put(bytes('a'), bytes('1'));
        await data;
        assert.equal(count, 1);
      });
    });

    describe('errors', () => {
      it('carry the code and the sentence of the engine', async () => {
        const store = await open();
        await assert.rejects(store.put(new Uint8Array(0), bytes('1')), (error: Error & { code: string }) => {
          assert.equal(error.code, 'INVALID_KEY');
          assert.match(error.message, /key/i);
          return true;
        });
        await assert.rejects(store.put(bytes('a'), bytes('1'), { ttlMs: 0 }), { code: 'INVALID_OPTION' });
        await assert.rejects(store.batch([{ type: 'put', key: bytes('a'), value: bytes('1'), ttlMs: 0.5 }]), {
          code: 'INVALID_OPTION',
        });
      });

      it('say when there is a store already, and when there is none', async () => {
        await assert.rejects(open({ expect: 'existing' }), { code: 'STORE_NOT_FOUND' });
        await (await open()).close();
        await assert.rejects(open(), { code: 'STORE_EXISTS' });
      });

      it('name the holder of the lock; reading beside it works', async () => {
        const writer = await open();
        await writer.put(bytes('a'), bytes('1'));
        await assert.rejects(open({ expect: 'existing' }), (error: Error & { code: string }) => {
          assert.equal(error.code, 'STORE_LOCKED');
          assert.match(error.message, new RegExp(`process ${holder} on `));
          return true;
        });
        const reader = await open({ expect: 'existing', readOnly: true });
        assert.equal(reader.capabilities.write, false);
        assert.equal(reader.capabilities.compact, false);
        assert.equal(text((await reader.get(bytes('a')))?.value), '1');
        await assert.rejects(reader.put(bytes('b'), bytes('2')), { code: 'READ_ONLY' });
      });

      it('of a worker that dies reject everything that waits, and everything after', async () => {
        const openDying = embeddedStoreOpener(workerBundle(new URL('./dyingStoreWorker.ts', import.meta.url)));
        const store = await openDying(uri, defaults);
        const changes: string[] = [];
        store.subscribe(({ kind }) => changes.push(kind));
        const outcomes = await Promise.allSettled([store.verify(), store.compact(), store.get(bytes('a'))]);
        for (const outcome of outcomes.slice(0, 2)) {
          assert.equal(outcome.status, 'rejected');
          assert.equal(outcome.reason.code, 'WORKER_EXITED');
          assert.match(outcome.reason.message, /a defect of the worker/);
        }
        await assert.rejects(store.get(bytes('a')), { code: 'WORKER_EXITED' });
        assert.deepEqual(changes, ['closed']);
        await store.close();
      });

      it('of a worker that dies leave no lock behind, and no lock of another is touched', async () => {
        const openDying = embeddedStoreOpener(workerBundle(new URL('./dyingStoreWorker.ts', import.meta.url)));
        const dying = await openDying(uri, defaults);
        await dying.put(bytes('a'), bytes('1'));
        await assert.rejects(dying.verify(), { code: 'WORKER_EXITED' });
        const again = await open({ expect: 'existing' });
        assert.equal(text((await again.get(bytes('a')))?.value), '1');

        const reader = await openDying(uri, { ...defaults, expect: 'existing', readOnly: true });
        await assert.rejects(reader.verify(), { code: 'WORKER_EXITED' });
        await assert.rejects(open({ expect: 'existing' }), { code: 'STORE_LOCKED' });
      });

      it('of a worker that cannot start reject the opening', async () => {
        const openBroken = embeddedStoreOpener(new URL('./no such worker.ts', import.meta.url));
        await assert.rejects(openBroken(uri, defaults), { code: 'WORKER_EXITED' });
      });

      it('of a closed store say that it is closed', async () => {
        const store = await open();
        await store.close();
        await store.close();
        await assert.rejects(store.get(bytes('a')), { code: 'STORE_CLOSED' });
      });
    });

    it('waits with closing for writes that were accepted', async () => {
      const store = await open({ durability: 'fsync' });
      const puts = Array.from({ length: 50 }, (_, i) => store.put(bytes(`${i}`), bytes('x')));
      await store.close();
      await Promise.all(puts);
      const again = await open({ expect: 'existing' });
      assert.equal(await again.count({}), 50);
    });
  });
}

function describePage(page: FolderPage): string[] {
  return page.children.map((child) => {
    if (child.kind === 'folder') return `${text(child.path)} (${child.keyCount})`;
    const { key, valuePreview } = child.entry;
    return valuePreview === undefined ? `${text(key)}` : `${text(key)}=${text(valuePreview)}`;
  });
}
