import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ExpiryQueue } from '../../src/engine/expiryQueue.ts';
import { KeyArena } from '../../src/engine/keyArena.ts';
import { Keydir } from '../../src/engine/keydir.ts';
import { GHOST_SLOT, type KeydirRecord, newRecord } from '../../src/engine/keydirEntries.ts';
import { MAX_ENTRIES } from '../../src/engine/keyTable.ts';
import { OlderVersions } from '../../src/engine/olderVersions.ts';
import { OrderedKeys } from '../../src/engine/orderedKeys.ts';
import { UintMap } from '../../src/engine/uintMap.ts';
import { SeededRandom } from '../support/seededRandom.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

function put(keydir: Keydir, key: string, sequence: number, fields: Partial<KeydirRecord> = {}): boolean {
  const bytes = utf8(key);
  return keydir.put(bytes, 0, bytes.length, { ...newRecord(), offsetBytes: sequence * 100, sequence, ...fields });
}

function del(keydir: Keydir, key: string, sequence: number, remember = false): boolean {
  const bytes = utf8(key);
  return keydir.del(bytes, 0, bytes.length, sequence, remember);
}

/** Sequence number of the key's record as of `at`, or undefined. */
function sequenceAt(keydir: Keydir, key: string, at = Number.POSITIVE_INFINITY): number | undefined {
  const bytes = utf8(key);
  const entry = keydir.find(bytes, 0, bytes.length);
  const record = newRecord();
  return entry !== -1 && keydir.readAt(entry, at, record) ? record.sequence : undefined;
}

function offsetOf(keydir: Keydir, key: string): number {
  const record = newRecord();
  assert.ok(keydir.read(keydir.find(utf8(key), 0, key.length), record));
  return record.offsetBytes;
}

function keysInOrder(keydir: Keydir): string[] {
  const { order } = keydir;
  return [...order.all()].map((entry) => latin1(keydir.keyView(entry)));
}

describe('The keydir', () => {
  it('lets sequence numbers decide, whatever the order in which records arrive', () => {
    const records = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), isPut: fc.boolean() }), {
      maxLength: 12,
    });
    const property = fc.property(records, fc.infiniteStream(fc.nat()), (log, order) => {
      const newest = new Map<string, number | undefined>();
      const numbered = log.map((record, index) => ({ ...record, sequence: index + 1 }));
      for (const { key, isPut, sequence } of numbered) newest.set(key, isPut ? sequence : undefined);
      const shuffled = numbered
        .map((record) => ({ record, rank: order.next().value as number }))
        .sort((a, b) => a.rank - b.rank);
      const keydir = new Keydir(7);
      for (const { record } of shuffled) {
        if (record.isPut) put(keydir, record.key, record.sequence);
        else del(keydir, record.key, record.sequence, true);
      }
      keydir.dropGhosts();
      for (const key of ['a', 'b', 'c']) assert.equal(sequenceAt(keydir, key), newest.get(key));
      assert.equal(keydir.count, [...newest.values()].filter((sequence) => sequence !== undefined).length);
    });
    fc.assert(property, { numRuns: 500 });
  });

  it('remembers a delete that is loaded before the put that it deletes', () => {
    const keydir = new Keydir(1);
    del(keydir, 'a', 5, true);
    assert.equal(put(keydir, 'a', 3), false);
    assert.equal(sequenceAt(keydir, 'a'), undefined);
    assert.equal(put(keydir, 'a', 6), true);
    keydir.dropGhosts();
    assert.equal(sequenceAt(keydir, 'a'), 6);
  });

  it('keeps every older state that has a reader, and forgets the others', () => {
    const keydir = new Keydir(2);
    const random = new SeededRandom(2);
    const keys = ['a', 'b', 'c', 'd'];
    const states: (Map<string, number> | undefined)[] = [new Map()];
    const readers = new Map<number, number>();
    const check = () => {
      for (const sequence of readers.keys()) {
        for (const key of keys) assert.equal(sequenceAt(keydir, key, sequence), states[sequence]?.get(key));
      }
    };
    const checkNothingElse = (newest: Map<string, number>) => {
      const seen = [newest, ...[...readers.keys()].map((sequence) => states[sequence])];
      for (const key of keys) {
        const isFound = keydir.find(utf8(key), 0, key.length) !== -1;
        assert.equal(
          isFound,
          seen.some((state) => state?.has(key)),
        );
      }
    };
    for (let sequence = 1; sequence <= 3000; sequence++) {
      const key = random.pick(keys);
      const next = new Map(states[sequence - 1]);
      if (random.oneIn(3)) {
        del(keydir, key, sequence);
        next.delete(key);
      } else {
        put(keydir, key, sequence);
        next.set(key, sequence);
      }
      states[sequence] = next;
      if (random.oneIn(4)) {
        keydir.openReader(sequence);
        readers.set(sequence, (readers.get(sequence) ?? 0) + 1);
      }
      if (readers.size > 0 && random.oneIn(3)) {
        const closed = random.pick([...readers.keys()]);
        keydir.closeReader(closed);
        const left = (readers.get(closed) as number) - 1;
        if (left === 0) readers.delete(closed);
        else readers.set(closed, left);
      }
      if (random.oneIn(10)) keysInOrder(keydir);
      check();
      checkNothingElse(next);
      assert.equal(keydir.count, next.size);
    }
  });

  it('keeps nothing for a reader of keys that came and went after it began', () => {
    const keydir = new Keydir(9);
    put(keydir, 'first', 1);
    keydir.openReader(1);
    const entriesBefore = keydir.parts.entries.end;
    for (let sequence = 2; sequence <= 2001; sequence += 2) {
      put(keydir, `key ${sequence}`, sequence);
      del(keydir, `key ${sequence}`, sequence + 1);
    }
    assert.equal(keydir.parts.entries.end, entriesBefore + 1);
    assert.equal(keydir.find(utf8('key 2'), 0, 5), -1);
    keydir.openReader(2001);
    put(keydir, 'first', 2002);
    del(keydir, 'first', 2003);
    assert.equal(sequenceAt(keydir, 'first', 1), 1);
    assert.equal(sequenceAt(keydir, 'first', 2001), 1);
    keydir.closeReader(1);
    assert.equal(sequenceAt(keydir, 'first', 2001), 1);
    keydir.closeReader(2001);
    assert.equal(keydir.find(utf8('first'), 0, 5), -1);
  });

  it('forgets, while one reader stays, what only a reader that has closed could see', () => {
    const keydir = new Keydir(10);
    put(keydir, 'old', 1);
    keydir.openReader(1);
    put(keydir, 'new', 2);
    keydir.openReader(2);
    del(keydir, 'new', 3);
    del(keydir, 'old', 4);
    assert.equal(sequenceAt(keydir, 'new', 2), 2);
    keydir.closeReader(2);
    assert.equal(keydir.find(utf8('new'), 0, 3), -1);
    assert.equal(sequenceAt(keydir, 'old', 1), 1);
  });

  it('remembers a delete while records are loaded beside readers of older states', () => {
    const keydir = new Keydir(11);
    put(keydir, 'a', 1);
    keydir.openReader(1);
    keydir.rememberDeletes();
    put(keydir, 'b', 5, { expiryMs: 100 });
    assert.equal(keydir.expire(100), 1);
    assert.equal(put(keydir, 'b', 4), false, 'an older put arrives after the expiry');
    del(keydir, 'a', 6);
    assert.equal(put(keydir, 'a', 3), false, 'an older put arrives after the delete');
    keydir.dropGhosts();
    assert.equal(keydir.find(utf8('b'), 0, 1), -1);
    assert.equal(sequenceAt(keydir, 'a', 1), 1);
  });

  it('counts live bytes and records of each segment as records come, go and move', () => {
    const keydir = new Keydir(3);
    put(keydir, 'a', 1, { slot: 0, valueLength: 10 });
    put(keydir, 'bb', 2, { slot: 0, valueLength: 20 });
    assert.deepEqual({ ...keydir.usage(0) }, { liveBytes: 36 + 1 + 10 + 36 + 2 + 20, liveCount: 2 });
    put(keydir, 'a', 3, { slot: 1, valueLength: 5 });
    assert.deepEqual({ ...keydir.usage(0) }, { liveBytes: 36 + 2 + 20, liveCount: 1 });
    const entry = keydir.find(utf8('bb'), 0, 2);
    const old = { slot: 0, offsetBytes: offsetOf(keydir, 'bb') };
    assert.equal(keydir.relocate(entry, old, { slot: 1, offsetBytes: 500 }, 36 + 2 + 20), true);
    assert.equal(keydir.relocate(entry, old, { slot: 0, offsetBytes: 32 }, 36 + 2 + 20), false, 'stands elsewhere');
    assert.equal(offsetOf(keydir, 'bb'), 500);
    assert.deepEqual({ ...keydir.usage(0) }, { liveBytes: 0, liveCount: 0 });
    assert.deepEqual({ ...keydir.usage(1) }, { liveBytes: 36 + 1 + 5 + 36 + 2 + 20, liveCount: 2 });
    del(keydir, 'a', 4);
    assert.equal(keydir.usage(1).liveCount, 1);
  });

  it('removes keys whose time is over, and only those', () => {
    const keydir = new Keydir(4);
    put(keydir, 'short', 1, { expiryMs: 100 });
    put(keydir, 'long', 2, { expiryMs: 200 });
    put(keydir, 'ever', 3);
    put(keydir, 'written again', 4, { expiryMs: 50 });
    put(keydir, 'written again', 5);
    assert.equal(keydir.expire(99), 0);
    assert.equal(keydir.expire(100), 1);
    assert.deepEqual(keysInOrder(keydir), ['ever', 'long', 'written again']);
    assert.equal(keydir.nextExpiryMs, 200);
    assert.equal(keydir.expire(1_000_000), 1);
    assert.equal(keydir.nextExpiryMs, Number.POSITIVE_INFINITY);
    assert.equal(keydir.count, 2);
  });

  it('keeps keys in byte order through additions and removals of any number', () => {
    const keydir = new Keydir(5);
    const random = new SeededRandom(5);
    const live = new Set<string>();
    let sequence = 0;
    for (let round = 0; round < 60; round++) {
      const changes = random.pick([1, 3, 40, 2000]);
      for (let i = 0; i < changes; i++) {
        const key = random.oneIn(4) ? `${random.below(5000)}` : `prefix of all keys ${random.below(5000)}`;
        if (random.oneIn(3)) {
          del(keydir, key, ++sequence);
          live.delete(key);
        } else {
          put(keydir, key, ++sequence);
          live.add(key);
        }
      }
      assert.deepEqual(keysInOrder(keydir), [...live].sort(), `round ${round}`);
    }
  });

  it('does not grow when keys come and go after an ordered read', () => {
    const keydir = new Keydir(6);
    put(keydir, 'first', 1);
    keysInOrder(keydir);
    let sequence = 1;
    const churn = (count: number) => {
      for (let i = 0; i < count; i++) {
        put(keydir, `key ${i}`, ++sequence);
        del(keydir, `key ${i}`, ++sequence);
      }
    };
    churn(20_000);
    const before = keydir.allocatedBytes;
    churn(200_000);
    assert.ok(keydir.allocatedBytes <= before * 2, `${before} bytes became ${keydir.allocatedBytes}`);
    assert.deepEqual(keysInOrder(keydir), ['first']);
  });
});

describe('A full keydir', () => {
  it('takes new keys as soon as others were deleted, after an ordered read too', () => {
    const keydir = new Keydir(7, 3);
    for (let i = 1; i <= 4; i++) put(keydir, `key ${i}`, i);
    assert.equal(keydir.hasRoomFor(1), false);
    keysInOrder(keydir);
    del(keydir, 'key 2', 5);
    assert.equal(keydir.hasRoomFor(1), true);
    assert.equal(keydir.hasRoomFor(2), false);
    put(keydir, 'key 5', 6);
    assert.equal(keydir.hasRoomFor(1), false);
    assert.deepEqual(keysInOrder(keydir), ['key 1', 'key 3', 'key 4', 'key 5']);
  });

  it('throws rather than lose a key, when more are loaded than entries can be numbered or keys referred to', () => {
    const ofEntries = new Keydir(7);
    ofEntries.parts.entries.restore(MAX_ENTRIES - 1, false, () => undefined);
    put(ofEntries, 'the last', 1);
    assert.throws(() => put(ofEntries, 'one too many', 2), { code: 'TOO_MANY_KEYS' });
    assert.equal(sequenceAt(ofEntries, 'the last'), 1);
    const ofKeys = new Keydir(7);
    ofKeys.parts.arena.restore(2 ** 32 - 2 ** 20, () => undefined);
    assert.equal(ofKeys.hasRoomFor(1), false);
    const added: string[] = [];
    const addLongKeys = () => {
      for (let i = 0; i < 100; i++) {
        const key = `${i} ${'x'.repeat(60_000)}`;
        put(ofKeys, key, i + 1);
        added.push(key);
      }
    };
    assert.throws(addLongKeys, { code: 'TOO_MANY_KEYS' });
    assert.ok(added.length > 30, `${added.length} keys`);
    for (const [i, key] of added.entries()) assert.equal(sequenceAt(ofKeys, key), i + 1);
  });
});

describe('Versions of records', () => {
  const record = (sequence: number, slot = 0): KeydirRecord => ({ ...newRecord(), slot, sequence });

  it('are kept where a reader stands between them and the next, and dropped at once elsewhere', () => {
    const older = new OlderVersions();
    older.open(10);
    older.open(20);
    const copied: number[] = [];
    for (let sequence = 1; sequence < 30; sequence++) {
      older.keep(0, sequence, sequence + 1, () => {
        copied.push(sequence);
        return record(sequence);
      });
    }
    assert.deepEqual(copied, [10, 20]);
    const kept = [5, 10, 15, 20, 30].map((sequence) => older.at(0, sequence)?.sequence);
    assert.deepEqual(kept, [undefined, 10, 10, 20, 20]);
  });

  it('are not kept of a record that only stands elsewhere now', () => {
    const older = new OlderVersions();
    older.open(10);
    older.keep(0, 5, 5, () => record(5));
    assert.equal(older.has(0), false);
  });

  it('pass on to the next reader that sees them, and end with the last', () => {
    const older = new OlderVersions();
    for (const sequence of [10, 12, 12, 14]) older.open(sequence);
    older.keep(0, 9, 13, () => record(9));
    older.keep(0, 13, 20, () => record(13, GHOST_SLOT));
    const ended: number[] = [];
    const close = (sequence: number) =>
      older.close(
        sequence,
        () => 20,
        (entry) => ended.push(entry),
      );
    close(10);
    close(12);
    assert.equal(older.at(0, 12)?.sequence, 9);
    assert.equal(older.at(0, 14)?.slot, GHOST_SLOT);
    assert.deepEqual(ended, []);
    close(12);
    assert.deepEqual(ended, [0]);
    assert.equal(older.at(0, 14), undefined, 'a delete with nothing before it leaves no trace');
    assert.equal(older.readerCount, 1);
  });
});

describe('A map of integers', () => {
  it('holds keys of all 32 bits', () => {
    const map = new UintMap<string>();
    const keys = [0, 1, 2 ** 22 - 1, 2 ** 22, 2 ** 31, 2 ** 32 - 1];
    for (const key of keys) map.set(key, `${key}`);
    assert.deepEqual([...map.keys()], keys);
    assert.equal(map.get(2 ** 32 - 1), '4294967295');
    assert.equal(map.get(3), undefined);
    for (const key of keys) assert.equal(map.delete(key), true);
    assert.equal(map.delete(0), false);
    assert.equal(map.isEmpty, true);
  });
});

describe('Packing the keydir', () => {
  it('gives the memory of gone keys back and leaves every key as it was', () => {
    const keydir = new Keydir(8);
    const keyCount = 40_000;
    const name = (i: number) => `a key of some length, number ${i}`;
    for (let i = 0; i < keyCount; i++) put(keydir, name(i), i + 1, { slot: 1, valueLength: i });
    keysInOrder(keydir);
    for (let i = 0; i < keyCount; i++) if (i % 10 !== 0) del(keydir, name(i), keyCount + i);
    const { usedUnits } = keydir.parts.arena;
    keydir.packKeys();
    assert.ok(keydir.parts.arena.usedUnits * 9 < usedUnits);
    for (let i = 0; i < keyCount; i++) assert.equal(sequenceAt(keydir, name(i)), i % 10 === 0 ? i + 1 : undefined);
    assert.equal(keysInOrder(keydir).length, keydir.count);
    put(keydir, 'one more', 3 * keyCount);
    del(keydir, name(0), 3 * keyCount + 1);
    assert.equal(sequenceAt(keydir, 'one more'), 3 * keyCount);
    assert.equal(keysInOrder(keydir)[0], name(10));
  });
});

describe('The key arena', () => {
  it('gives back every key, also after places were freed and used again', () => {
    const arena = new KeyArena();
    const random = new SeededRandom(1);
    const held = new Map<number, Uint8Array>();
    for (let i = 0; i < 5000; i++) {
      if (held.size > 0 && random.oneIn(3)) {
        const reference = random.pick([...held.keys()].slice(0, 50));
        arena.free(reference);
        held.delete(reference);
      } else {
        const key = random.bytes(random.oneIn(500) ? 65_535 : 1 + random.below(40));
        const reference = arena.add(Uint8Array.of(9, ...key, 9), 1, key.length);
        assert.equal(held.has(reference), false);
        held.set(reference, key);
      }
    }
    for (const [reference, key] of held) {
      assert.deepEqual(arena.copy(reference), key);
      assert.equal(arena.equals(reference, key, 0, key.length), true);
      assert.equal(arena.equals(reference, key, 0, key.length - 1), false);
    }
  });

  it('goes on at the next chunk beyond 8 GiB', () => {
    const arena = new KeyArena();
    const end = 2 ** 31 + 2 ** 18;
    arena.restore(end - 3, () => undefined);
    const key = utf8('a key of twenty bytes');
    assert.equal(arena.add(key, 0, key.length), end);
    assert.deepEqual(arena.copy(end), key);
    assert.equal(arena.usedUnits, end + 6);
  });

  it('compares as bytes compare', () => {
    const arena = new KeyArena();
    const property = fc.property(fc.uint8Array({ minLength: 1 }), fc.uint8Array({ minLength: 1 }), (a, b) => {
      const reference = arena.add(a, 0, a.length);
      assert.equal(Math.sign(arena.compare(reference, b)), Math.sign(Buffer.compare(a, b)));
      arena.free(reference);
    });
    fc.assert(property, { numRuns: 2000 });
  });
});

describe('Ordered keys', () => {
  it('sort and find keys of shared prefixes, zeros and any length', () => {
    const key = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 12 }),
      fc.array(fc.constantFrom(0, 1, 255), { minLength: 1, maxLength: 10 }).map((bytes) => Uint8Array.from(bytes)),
    );
    const property = fc.property(fc.uniqueArray(key, { selector: latin1, maxLength: 120 }), key, (keys, sought) => {
      const arena = new KeyArena();
      const references = keys.map((bytes) => arena.add(bytes, 0, bytes.length));
      const order = new OrderedKeys(arena, (entry) => references[entry] as number);
      order.build(Uint32Array.from(keys.keys()));
      const sorted = [...keys].sort(Buffer.compare);
      assert.deepEqual(
        [...order.all()].map((entry) => latin1(keys[entry] as Uint8Array)),
        sorted.map(latin1),
      );
      const before = sorted.filter((other) => Buffer.compare(other, sought) < 0).length;
      const upTo = sorted.filter((other) => Buffer.compare(other, sought) <= 0).length;
      assert.equal(order.rank(order.seek(sought, false)), before);
      assert.equal(order.rank(order.seek(sought, true)), upTo);
    });
    fc.assert(property, { numRuns: 500 });
  });
});

describe('The expiry queue', () => {
  it('gives items by expiry, soonest first', () => {
    const property = fc.property(fc.array(fc.nat(1000), { maxLength: 200 }), (expiries) => {
      const queue = new ExpiryQueue();
      for (const [entry, expiryMs] of expiries.entries()) queue.add(expiryMs, entry, entry + 1);
      const given: number[] = [];
      while (queue.size > 0) {
        const { soonestMs } = queue;
        queue.pop((entry, sequence) => {
          assert.equal(sequence, entry + 1);
          assert.equal(expiries[entry], soonestMs);
        });
        given.push(soonestMs);
      }
      assert.deepEqual(
        given,
        [...expiries].sort((a, b) => a - b),
      );
      assert.equal(queue.soonestMs, Number.POSITIVE_INFINITY);
    });
    fc.assert(property, { numRuns: 300 });
  });
});
