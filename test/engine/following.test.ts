/** A read-only store beside a writer that deletes, compacts and rotates while the reader takes it in. */

import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { Store } from '../../src/engine/store.ts';
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
});
