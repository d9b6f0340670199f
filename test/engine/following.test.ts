/** A read-only store beside a writer that deletes, compacts and rotates while the reader takes it in. */

import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { Store } from '../../src/engine/store.ts';
import type { StrataError } from '../../src/engine/strataError.ts';
import { SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes } from '../support/storeModel.ts';

const VALUE = new Uint8Array(40);
const OPTIONS = { ...QUIET_OPTIONS, durability: 'os', maxSegmentSizeBytes: 200 } as const;

async function openBoth(maxSegmentSizeBytes = 200): Promise<{ disk: SimulatedDisk; writer: Store; reader: Store }> {
  const disk = new SimulatedDisk();
  const writer = await Store.open(STORE_DIRECTORY, { ...OPTIONS, maxSegmentSizeBytes }, disk);
  const reader = await Store.open(STORE_DIRECTORY, { ...OPTIONS, readOnly: true }, disk);
  return { disk, writer, reader };
}

const textsOf = (store: Store) => [...store.keys()].map((key) => Buffer.from(key).toString('latin1'));

describe('A read-only store follows its writer', () => {
  it('does not bring a key back that was deleted while a compaction copied its record', async () => {
    const { disk, writer, reader } = await openBoth();
    for (const key of ['gone', 'a', 'b', 'a', 'b']) await writer.put(keyBytes(key), VALUE);
    let deleted: Promise<void> | undefined;
    let copied = false;
    disk.turn = () => new Promise((resolve) => setImmediate(resolve));
    const compacted = writer.compact({
      onProgress: () => {
        if (copied) return;
        copied = true;
        deleted = writer.del(keyBytes('gone'));
      },
    });
    disk.onChange = ({ kind, path }) => {
      // The delete is in the log and the compaction is not installed: the reader takes the delete in.
      if (deleted !== undefined && kind === 'sync' && path.endsWith('.seg')) void reader.refresh();
    };
    await compacted;
    await deleted;
    await reader.refresh();
    assert.equal(writer.has(keyBytes('gone')), false);
    assert.deepEqual(textsOf(reader), ['a', 'b']);
    assert.equal(reader.has(keyBytes('gone')), false);
    await reader.close();
    await writer.close();
  });

  afterEach(() => mock.restoreAll());

  it('shows every key to an iterator that starts while it takes in new values of them', async () => {
    const { writer, reader } = await openBoth(1 << 20);
    const keys = Array.from({ length: 3000 }, (_, i) => `key ${i}`);
    const putAll = () =>
      writer.batch(keys.map((key) => ({ type: 'put', key: keyBytes(key), value: new Uint8Array(3000) })));
    await putAll();
    await reader.refresh();
    for (let round = 0; round < 8; round++) await putAll();
    // Every look at the clock is longer after the one before than a slice of work may last: between any two steps, others
    // get their turn, however quick the machine is.
    let nowMs = 0;
    mock.method(performance, 'now', () => (nowMs += 10));
    let isDone = false;
    const refreshed = reader.refresh().then(() => {
      isDone = true;
    });
    let looks = 0;
    while (!isDone) {
      assert.equal(textsOf(reader).length, keys.length, `look ${looks}`);
      looks++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await refreshed;
    assert.ok(looks > 1, `${looks} looks`);
    await reader.close();
    await writer.close();
  });

  it('can be closed while it takes in what was written', async () => {
    const { disk, writer, reader } = await openBoth(1 << 20);
    for (let i = 0; i < 40; i++) await writer.put(keyBytes(`key ${i}`), new Uint8Array(400_000));
    const refreshed = reader.refresh();
    await reader.close();
    await refreshed.catch((error: { code: string }) => assert.equal(error.code, 'ABORTED'));
    await writer.close();
    assert.equal(disk.openFileCount, 0);
  });

  it('leaves no descriptors open when taking in fails, and goes on afterwards', async () => {
    const { disk, writer, reader } = await openBoth();
    for (let i = 0; i < 12; i++) await writer.put(keyBytes(`key ${i}`), VALUE);
    for (let nth = 0; nth < 40; nth++) {
      let calls = 0;
      disk.fault = ({ kind }) =>
        (kind === 'read' || kind === 'open' || kind === 'size') && calls++ === nth ? { code: 'EIO' } : undefined;
      await reader.refresh().catch(() => undefined);
      disk.fault = undefined;
      await writer.put(keyBytes(`more ${nth}`), VALUE);
    }
    await reader.refresh();
    assert.deepEqual(textsOf(reader), textsOf(writer));
    for (const key of reader.keys()) assert.deepEqual(reader.get(key), VALUE);
    const segments = reader.stats().segments.length;
    await writer.close();
    assert.equal(disk.openFileCount, segments, 'one descriptor a segment');
    await reader.close();
    assert.equal(disk.openFileCount, 0);
  });

  it('misses no hint file that went with a compaction, before verifying or during it, but any other one', async () => {
    const { disk, writer, reader } = await openBoth();
    const makeHintFiles = async () => {
      for (let i = 0; i < 12; i++) await writer.put(keyBytes(`key ${i % 6}`), VALUE);
      await writer.verify();
      await reader.refresh();
      return reader.stats().segments.filter(({ hasHintFile }) => hasHintFile);
    };
    const [first] = await makeHintFiles();
    disk.remove(`${STORE_DIRECTORY}/${first?.fileName.replace('.seg', '.hint')}`);
    assert.deepEqual(
      (await reader.verify()).problems.map(({ message }) => message),
      ['the file is missing'],
    );
    await writer.compact();
    assert.deepEqual((await reader.verify()).problems, []);

    await makeHintFiles();
    // As above: others get their turn between any two steps.
    let nowMs = 0;
    mock.method(performance, 'now', () => (nowMs += 10));
    let compacted: Promise<unknown> | undefined;
    const onProgress = () => {
      compacted ??= writer.compact();
    };
    assert.deepEqual((await reader.verify({ onProgress })).problems, []);
    assert.equal(disk.fileSize(`${STORE_DIRECTORY}/${reader.stats().segments[0]?.fileName}`), undefined);
    await compacted;
    await reader.close();
    await writer.close();
  });

  it('knows all keys, and no deleted one, after one of its files could not be read', async () => {
    for (const work of ['nothing', 'verify', 'replay'] as const) {
      const { disk, writer, reader } = await openBoth(1 << 20);
      for (const key of ['a', 'b', 'gone']) await writer.put(keyBytes(key), VALUE);
      await writer.compact();
      // In a segment with a smaller id than that of the one which compaction has written.
      await writer.del(keyBytes('gone'));
      await writer.put(keyBytes('c'), VALUE);
      const [active, compacted] = writer.stats().segments;
      assert.equal(active?.state, 'active');
      disk.fault = ({ kind, path }) =>
        kind === 'read' && path.endsWith(compacted?.fileName ?? '') ? { code: 'EIO' } : undefined;
      await assert.rejects(reader.refresh(), { code: 'IO_ERROR' });
      disk.fault = undefined;
      if (work !== 'nothing') await reader[work]();
      assert.equal(await reader.refresh(), true);
      assert.deepEqual(textsOf(reader), ['a', 'b', 'c'], work);
      assert.equal(await reader.refresh(), false);
      assert.equal(reader.lastSequence, writer.lastSequence);
      await reader.close();
      await writer.close();
    }
  });

  it('tells of what it took in before a failure, once it is past that', async () => {
    const { disk, writer, reader } = await openBoth(1 << 20);
    await writer.put(keyBytes('a'), VALUE);
    await writer.compact();
    await reader.refresh();
    await writer.put(keyBytes('b'), VALUE);
    const [, compacted] = writer.stats().segments;
    const hintName = compacted?.fileName.replace('.seg', '.hint') ?? '';
    disk.fault = ({ kind, path }) => (kind === 'fileSize' && path.endsWith(hintName) ? { code: 'EIO' } : undefined);
    await assert.rejects(reader.refresh(), { code: 'IO_ERROR' });
    disk.fault = undefined;
    assert.equal(await reader.refresh(), true);
    assert.equal(await reader.refresh(), false);
    assert.deepEqual(textsOf(reader), ['a', 'b']);
    await reader.close();
    await writer.close();
  });
});

/** Turns one bit of a file over, in place. */
function flip(disk: SimulatedDisk, fileName: string, offsetBytes: number): void {
  const file = disk.open(`${STORE_DIRECTORY}/${fileName}`, 'write');
  const byte = new Uint8Array(1);
  file.read(byte, 0, 1, offsetBytes);
  byte[0] = (byte[0] as number) ^ 1;
  file.write(byte, 0, 1, offsetBytes);
  file.close();
}

describe('A read-only store that follows', () => {
  const RECORD_SIZE = 36 + 'key 0'.length + VALUE.length;
  const offsetOf = (index: number) => 32 + index * RECORD_SIZE;
  const putKeys = async (store: Store, from: number, to: number) => {
    for (let i = from; i < to; i++) await store.put(keyBytes(`key ${i}`), VALUE);
  };
  const isDamaged = (index: number) => (error: StrataError) => {
    assert.equal(error.code, 'STORE_DAMAGED');
    assert.deepEqual(error.damage, [
      { fileName: '000000000001.seg', offsetBytes: offsetOf(index), sizeBytes: RECORD_SIZE, reason: 'bad-checksum' },
    ]);
    return true;
  };

  for (const [where, maxSegmentSizeBytes, durability] of [
    ['a sealed segment', offsetOf(4), 'os'],
    ['the active segment', 1 << 20, 'os'],
    ['what was synced of the active segment', 1 << 20, 'fsync'],
  ] as const) {
    it(`tells of damage in ${where} each time, and takes in nothing behind it`, async () => {
      const disk = new SimulatedDisk();
      const options = { ...OPTIONS, maxSegmentSizeBytes, durability };
      const writer = await Store.open(STORE_DIRECTORY, options, disk);
      await putKeys(writer, 0, 1);
      const reader = await Store.open(STORE_DIRECTORY, { ...options, readOnly: true }, disk);
      await putKeys(writer, 1, 6);
      flip(disk, '000000000001.seg', offsetOf(2) + 50);
      for (let time = 0; time < 3; time++) {
        await assert.rejects(reader.refresh(), isDamaged(2));
        assert.deepEqual(textsOf(reader), ['key 0', 'key 1']);
        assert.equal(reader.lastSequence, 2);
      }
      // Somebody has put a copy of the file in its place.
      flip(disk, '000000000001.seg', offsetOf(2) + 50);
      assert.equal(await reader.refresh(), true);
      assert.deepEqual(textsOf(reader), textsOf(writer));
      assert.deepEqual((await reader.verify()).problems, []);
      await reader.close();
      await writer.close();
    });
  }

  it('tells of a segment that is shorter than the manifest says, and of one that is longer', async () => {
    for (const [change, damage] of [
      [-RECORD_SIZE, { offsetBytes: offsetOf(3), sizeBytes: RECORD_SIZE, reason: 'cut-off' }],
      [9, { offsetBytes: offsetOf(4), sizeBytes: 9, reason: 'bytes-after-end' }],
    ] as const) {
      const { disk, writer, reader } = await openBoth(offsetOf(4));
      await putKeys(writer, 0, 6);
      const path = `${STORE_DIRECTORY}/000000000001.seg`;
      const bytes = new Uint8Array(offsetOf(4) + change);
      bytes.set((disk.readFile(path) as Uint8Array).subarray(0, bytes.length));
      const file = disk.open(path, 'write');
      file.truncate(0);
      file.write(bytes, 0, bytes.length, 0);
      file.close();
      await assert.rejects(reader.refresh(), { damage: [{ fileName: '000000000001.seg', ...damage }] });
      await reader.close();
      await writer.close().catch(() => undefined);
    }
  });

  it('waits for the rest of a record and of a batch', async () => {
    const whole = new SimulatedDisk();
    const writer = await Store.open(STORE_DIRECTORY, { ...OPTIONS, maxSegmentSizeBytes: 1 << 20 }, whole);
    await putKeys(writer, 0, 2);
    await writer.batch(['key 2', 'key 3'].map((key) => ({ type: 'put', key: keyBytes(key), value: VALUE })));
    const bytes = whole.readFile(`${STORE_DIRECTORY}/000000000001.seg`) as Uint8Array;
    const disk = new SimulatedDisk(whole.image());
    const file = disk.open(`${STORE_DIRECTORY}/000000000001.seg`, 'write');
    file.truncate(offsetOf(1));
    const reader = await Store.open(STORE_DIRECTORY, { ...OPTIONS, readOnly: true }, disk);
    const counts = new Set<number>();
    for (let end = offsetOf(1); end < bytes.length; end++) {
      file.write(bytes, end, 1, end);
      await reader.refresh();
      counts.add(reader.count());
    }
    assert.deepEqual([...counts], [1, 2, 4]);
    file.close();
    await reader.close();
    await writer.close();
  });

  it('leaves out what lies behind a torn tail, as opening did', async () => {
    const crashed = new SimulatedDisk();
    const options = { ...OPTIONS, maxSegmentSizeBytes: offsetOf(4) };
    const writer = await Store.open(STORE_DIRECTORY, options, crashed);
    await putKeys(writer, 0, 3);
    // The first segment is not sealed before it is synced.
    const { promise, resolve } = Promise.withResolvers<void>();
    crashed.turn = () => promise;
    await putKeys(writer, 3, 7);
    flip(crashed, '000000000001.seg', offsetOf(2) + 50);
    const disk = new SimulatedDisk(crashed.image());
    resolve();
    await writer.close();
    const reader = await Store.open(STORE_DIRECTORY, { ...options, readOnly: true }, disk);
    assert.equal(reader.recovery.tornTailRecordCount, 1);
    for (let time = 0; time < 3; time++) {
      assert.equal(await reader.refresh(), false);
      assert.deepEqual(textsOf(reader), ['key 0', 'key 1']);
    }
    disk.remove(`${STORE_DIRECTORY}/LOCK`);
    const next = await Store.open(STORE_DIRECTORY, options, disk);
    await putKeys(next, 5, 6);
    await reader.refresh();
    assert.deepEqual(textsOf(reader), ['key 0', 'key 1', 'key 5']);
    assert.deepEqual(textsOf(reader), textsOf(next));
    await reader.close();
    await next.close();
  });

  /** A store whose reader came or looked while a group of writes was there that the disk had no room for the end of. */
  async function openWithLostGroup(
    how: 'opened' | 'refreshed',
  ): Promise<{ disk: SimulatedDisk; writer: Store; reader: Store }> {
    const disk = new SimulatedDisk();
    const options = { ...OPTIONS, maxSegmentSizeBytes: 1 << 20, durability: 'dsync' } as const;
    const writer = await Store.open(STORE_DIRECTORY, options, disk);
    await putKeys(writer, 0, 3);
    await writer.compact();
    await putKeys(writer, 3, 4);
    let reader = await Store.open(STORE_DIRECTORY, { ...options, readOnly: true }, disk);
    let writes = 0;
    disk.fault = ({ kind, length = 0 }) => {
      if (kind !== 'write') return undefined;
      return writes++ === 0 ? { shortTo: length - 1 } : { code: 'ENOSPC' };
    };
    disk.turn = async () => {
      if (writes !== 2) return;
      if (how === 'refreshed') await reader.refresh();
      else {
        await reader.close();
        reader = await Store.open(STORE_DIRECTORY, { ...options, readOnly: true }, disk);
      }
    };
    const lost = ['key 1', 'key 8', 'key 9', 'key 7'].map((key) =>
      writer.put(keyBytes(key), new Uint8Array(40).fill(9)),
    );
    for (const put of lost) await assert.rejects(put, { code: 'DISK_FULL' });
    disk.fault = undefined;
    disk.turn = undefined;
    assert.deepEqual(textsOf(reader), ['key 0', 'key 1', 'key 2', 'key 3', 'key 8', 'key 9']);
    return { disk, writer, reader };
  }

  const AFTER_LOST_GROUP: Record<string, (writer: Store, disk: SimulatedDisk) => Promise<Store>> = {
    nothing: async (writer) => writer,
    'the same writes': async (writer) => {
      const keys = ['key 1', 'key 8', 'key 9', 'key 7'];
      await Promise.all(keys.map((key) => writer.put(keyBytes(key), new Uint8Array(40).fill(9))));
      return writer;
    },
    'writes of other sizes': async (writer) => {
      for (let i = 10; i < 30; i++) await writer.put(keyBytes(`key ${i}`), new Uint8Array(i * 3));
      return writer;
    },
    'a delete': async (writer) => {
      await writer.del(keyBytes('key 3'));
      return writer;
    },
    'a compaction': async (writer) => {
      await writer.put(keyBytes('key 8'), VALUE);
      await writer.compact();
      return writer;
    },
    'another writer, who gives the same sequence numbers out': async (writer, disk) => {
      await writer.close();
      const next = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
      await putKeys(next, 8, 9);
      return next;
    },
  };

  for (const [what, change] of Object.entries(AFTER_LOST_GROUP)) {
    it(`forgets records that a full disk had no room for the group of, before ${what}`, async () => {
      for (const how of ['opened', 'refreshed'] as const) {
        const { disk, writer, reader } = await openWithLostGroup(how);
        const next = await change(writer, disk);
        const check = () => {
          assert.deepEqual([...reader.entries()], [...next.entries()], how);
          assert.equal(reader.lastSequence, next.lastSequence);
        };
        assert.equal(await reader.refresh(), true);
        check();
        assert.equal(await reader.refresh(), false);
        assert.deepEqual((await reader.verify()).problems, []);
        await putKeys(next, 5, 8);
        await reader.refresh();
        check();
        await reader.close();
        await next.close();
      }
    });
  }

  it('tells of damage in the log that it has to read anew, and is right when that is gone', async () => {
    const { disk, writer, reader } = await openWithLostGroup('refreshed');
    const [, compacted] = writer.stats().segments;
    flip(disk, compacted?.fileName ?? '', offsetOf(1) + 50);
    for (let time = 0; time < 2; time++) await assert.rejects(reader.refresh(), { code: 'STORE_DAMAGED' });
    flip(disk, compacted?.fileName ?? '', offsetOf(1) + 50);
    assert.equal(await reader.refresh(), true);
    assert.deepEqual([...reader.entries()], [...writer.entries()]);
    await reader.close();
    await writer.close();
  });
});
