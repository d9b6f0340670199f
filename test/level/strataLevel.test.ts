import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mock } from 'node:test';
import fc from 'fast-check';
import { compareBytes } from '../../src/engine/keyRange.ts';
import { Store } from '../../src/engine/store.ts';
import { StrataLevel } from '../../src/level/index.ts';
import { fromStoreKey, toStoreKey } from '../../src/level/levelData.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('StrataLevel', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'strata level-'));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  it('stores keys and values as they are, for the engine to read', async () => {
    const db = new StrataLevel<string, object>(directory, { valueEncoding: 'json', durability: 'os' });
    await db.put('CH/Zürich', { lat: 47.37 });
    await db.close();
    const store = await Store.open(directory);
    assert.deepEqual([...store.keys()], [bytes('CH/Zürich')]);
    assert.deepEqual(store.get(bytes('CH/Zürich')), bytes('{"lat":47.37}'));
    await store.close();
  });

  it('takes a time to live, in put and in batches', async () => {
    let nowMs = 1_000_000;
    const db = new StrataLevel(directory, { durability: 'os', now: () => nowMs });
    await db.put('a', '1', { ttlMs: 10 });
    const put = { type: 'put', key: 'b', value: '2', ttlMs: 20 } as const;
    await db.batch([put, { type: 'put', key: 'c', value: '3' }]);
    nowMs += 10;
    assert.deepEqual(await db.keys().all(), ['b', 'c']);
    nowMs += 10;
    assert.deepEqual(await db.keys().all(), ['c']);
    await db.put('d', '4', { expiryMs: nowMs + 5 });
    await db.batch([{ type: 'put', key: 'e', value: '5', expiryMs: nowMs + 5 }], { sync: true });
    assert.equal(await db.get('d'), '4');
    assert.equal(await db.get('e'), '5');
    await db.del('c', { sync: true });
    const chained = db
      .batch()
      .put('f', '6', { ttlMs: 5 })
      .put('g', '7', { expiryMs: nowMs + 5 })
      .put('h', '8');
    await chained.write({ sync: true });
    assert.deepEqual(await db.keys().all(), ['d', 'e', 'f', 'g', 'h']);
    nowMs += 5;
    assert.deepEqual(await db.keys().all(), ['h']);
    await db.close();
  });

  it('leads to the store for what abstract-level has no name for', async () => {
    const db = new StrataLevel(directory, { durability: 'os' });
    assert.equal(typeof db.store, 'undefined');
    await db.put('a', '1', { sync: true });
    await db.put('a', '2');
    assert.equal((await db.store?.history(bytes('a')))?.length, 2);
    await db.close();
    assert.equal(typeof db.store, 'undefined');
  });

  it('can be closed and opened again after closing failed', async () => {
    const db = new StrataLevel(directory);
    await db.put('a', '1');
    const inTheWay = path.join(directory, 'MANIFEST.tmp');
    await mkdir(inTheWay);
    await assert.rejects(db.close(), { code: 'LEVEL_DATABASE_NOT_CLOSED' });
    await assert.rejects(db.put('b', '2'), { code: 'STORE_CLOSED' });
    await db.close();
    await rmdir(inTheWay);
    await db.open();
    assert.equal(await db.get('a'), '1');
    await db.put('b', '2');
    await db.close();
  });

  it('opens read-only beside a writer, and refuses to write', async () => {
    const writer = new StrataLevel(directory);
    await writer.put('a', '1');
    const reader = new StrataLevel(directory, { readOnly: true });
    assert.equal(await reader.get('a'), '1');
    await assert.rejects(reader.put('b', '2'), { code: 'READ_ONLY' });
    await reader.close();
    await writer.close();
  });

  it('says why it could not be opened', async () => {
    const writer = new StrataLevel(directory);
    await writer.open();
    const second = new StrataLevel(directory);
    await assert.rejects(
      second.open(),
      (error: Error & { code: string; cause: { code: string; cause: { code: string } } }) => {
        assert.equal(error.code, 'LEVEL_DATABASE_NOT_OPEN');
        assert.equal(error.cause.code, 'LEVEL_LOCKED');
        assert.equal(error.cause.cause.code, 'STORE_LOCKED');
        return true;
      },
    );
    await writer.close();
    assert.throws(() => new StrataLevel(''), TypeError);
  });

  it('clears ranges of thousands of keys', async () => {
    const db = new StrataLevel(directory, { durability: 'os' });
    const keys = Array.from({ length: 2500 }, (_, i) => String(i).padStart(4, '0'));
    await db.batch(keys.map((key) => ({ type: 'put', key, value: '' })));
    await db.clear({ gte: '0100', lt: '2400' });
    assert.deepEqual(await db.keys().all(), [...keys.slice(0, 100), ...keys.slice(2400)]);
    await db.close();
  });

  it('clears, over many batches, the keys of one state and no others', async () => {
    const db = new StrataLevel(directory, { durability: 'os' });
    const keys = Array.from({ length: 5000 }, (_, i) => String(i).padStart(4, '0'));
    await db.batch(keys.map((key) => ({ type: 'put', key, value: '' })));
    const snapshot = db.snapshot();
    await db.clear({ reverse: true, limit: 2500 });
    assert.deepEqual(await db.keys().all(), keys.slice(0, 2500));
    await db.put('0000 later', '');
    await db.put('9999 later', '');
    await db.clear({ snapshot, gte: '0000', lt: '2400' });
    assert.deepEqual(await db.keys().all(), ['0000 later', ...keys.slice(2400, 2500), '9999 later']);
    assert.equal((await db.keys({ snapshot }).all()).length, 5000);
    await snapshot.close();
    const cleared = db.clear();
    // The first batch is under way: what is put from here on is no part of what is cleared.
    const put = db.put('meanwhile', '');
    await Promise.all([cleared, put]);
    assert.deepEqual(await db.keys().all(), ['meanwhile']);
    await db.close();
  });

  it('clears without keeping what it has cleared, and leaves what is put meanwhile', async () => {
    for (const reverse of [false, true]) {
      const db = new StrataLevel(path.join(directory, String(reverse)), { durability: 'os' });
      const operations = (prefix: string, count: number) =>
        Array.from({ length: count }, (_, i) => {
          return { type: 'put', key: `${prefix}${String(i).padStart(5, '0')}`, value: '' } as const;
        });
      await db.batch(operations('key ', 15_000));
      await db.keys({ limit: 1 }).all();
      const before = db.store?.stats().keydirBytes ?? 0;
      const cleared = db.clear({ reverse });
      const others = ['a', 'z', 'key 00000', 'key 14999'];
      for (let batch = 0; batch < 15; batch++) {
        await db.batch(operations(`${others[batch % 4]} ${batch} `, 1000));
      }
      await cleared;
      const after = db.store?.stats().keydirBytes ?? 0;
      assert.equal((await db.keys().all()).length, 15_000);
      assert.equal((await db.keys({ gte: 'key 00000', lte: 'key 00000' }).all()).length, 0);
      assert.ok(after < before * 2, `${before} bytes became ${after}`);
      await db.close();
    }
  });

  it('clears no more than its limit, and passes over what was put since it began', async () => {
    const db = new StrataLevel(directory, { durability: 'os' });
    const keys = Array.from({ length: 3000 }, (_, i) => String(i).padStart(4, '0'));
    await db.batch(keys.map((key) => ({ type: 'put', key, value: '' })));
    const cleared = db.clear({ limit: 2500, gt: '0099' });
    // The first batch is under way; the third one would have met 2300 as it was.
    await db.batch(['0500', '2000 new', '2300'].map((key) => ({ type: 'put', key, value: 'new' })));
    await cleared;
    const stay = ['0500', '2000 new', '2300'];
    assert.deepEqual(await db.keys().all(), [...keys.slice(0, 100), ...stay, ...keys.slice(2601)]);
    assert.equal(await db.get('2300'), 'new');
    await db.close();
  });

  it('clears nothing that was put since, while the put waits for the disk', async () => {
    const db = new StrataLevel(directory, { durability: 'os' });
    const keys = Array.from({ length: 4000 }, (_, i) => String(i).padStart(4, '0'));
    const values = async () => Object.fromEntries(await db.iterator().all());
    for (const withSnapshot of [false, true]) {
      for (let turns = 0; turns < 6; turns++) {
        await db.batch(keys.map((key) => ({ type: 'put', key, value: 'old' })));
        const snapshot = db.snapshot();
        const cleared = db.clear(withSnapshot ? { snapshot } : {});
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
        // One for each page that is to come, and one behind all of them.
        const put = ['0500', '1500', '2500', '3500'].map((key) => db.put(key, 'new'));
        const batch = db.batch(['0600', '1600', '2600', '3600'].map((key) => ({ type: 'put', key, value: 'new' })));
        const deleted = db.batch([{ type: 'del', key: '3700' }]);
        await Promise.all([...put, batch, deleted, cleared]);
        const expected = Object.fromEntries(keys.filter((key) => /[56]00$/.test(key)).map((key) => [key, 'new']));
        assert.deepEqual(await values(), expected, `${turns} turns, ${withSnapshot ? 'with' : 'without'} a snapshot`);
        await snapshot.close();
      }
    }
    await db.close();
  });

  it('clears a key whose put failed meanwhile', async () => {
    const db = new StrataLevel(directory, { durability: 'os' });
    await db.batch(['a', 'b', 'c'].map((key) => ({ type: 'put', key, value: 'old' })));
    const failure = Promise.withResolvers<void>();
    mock.method(db.store as Store, 'put', () => failure.promise);
    const before = db.clear({ lte: 'a' });
    const put = db.put('b', 'new');
    const cleared = db.clear();
    await before;
    assert.deepEqual(await db.keys().all(), ['b']);
    failure.reject(new Error('no room'));
    await assert.rejects(put, { message: 'no room' });
    await cleared;
    assert.deepEqual(await db.keys().all(), []);
    await db.close();
  });

  it('has room for the empty key without changing the order of keys, or other keys', () => {
    const key = fc.array(fc.constantFrom(0, 0, 1, 0x61, 0xff), { maxLength: 6 }).map((list) => Uint8Array.from(list));
    fc.assert(
      fc.property(key, key, (a, b) => {
        const [storedA, storedB] = [toStoreKey(a), toStoreKey(b)];
        assert.ok(storedA.length > 0);
        assert.equal(Math.sign(compareBytes(storedA, storedB)), Math.sign(compareBytes(a, b)));
        assert.deepEqual(fromStoreKey(storedA, 'view'), a);
        if (a.some((byte) => byte !== 0)) assert.deepEqual(storedA, a);
      }),
      { numRuns: 2000 },
    );
  });
});
