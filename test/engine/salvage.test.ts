import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type SalvageReport, Store, type StrataError, salvageStore } from '../../src/engine/index.ts';
import { segmentFileName } from '../../src/format/fileName.ts';
import { SegmentBuilder } from '../inspector/segmentBuilder.ts';
import { SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS } from '../support/storeHistory.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe('salvageStore', () => {
  const temporary = temporaryDirectories();

  /** What is in every file of a directory, to show that none of them was touched. */
  function contents(directory: string): Record<string, string> {
    return Object.fromEntries(
      readdirSync(directory).map((name) => [name, readFileSync(path.join(directory, name)).toString('hex')]),
    );
  }

  /** Salvages into a new directory, and gives back what the new store holds. */
  async function salvage(source: string): Promise<{ report: SalvageReport; entries: Record<string, string> }> {
    const target = path.join(temporary.make(), 'salvaged');
    const report = await salvageStore(source, target, { durability: 'os' });
    const copy = await Store.open(target, { readOnly: true });
    try {
      assert.deepEqual(copy.recovery.damage, []);
      return {
        report,
        entries: Object.fromEntries([...copy.entries()].map(([key, value]) => [text(key), text(value)])),
      };
    } finally {
      await copy.close();
    }
  }

  function writeSegment(directory: string, bytes: Uint8Array, name: string): string {
    const file = path.join(directory, name);
    writeFileSync(file, bytes);
    return file;
  }

  /** Five keys, the middle one of them damaged. */
  function damagedSegment(segmentId: number): Uint8Array {
    const builder = new SegmentBuilder(segmentId);
    const offsets = ['a', 'b', 'c', 'd', 'e'].map((key) => builder.add({ key, value: `value of ${key}` }));
    const bytes = builder.bytes();
    const at = (offsets[2] as number) + 42;
    return bytes.with(at, (bytes[at] as number) ^ 1);
  }

  it('copies what is readable before and behind the damage, and writes nothing to the source', async () => {
    const directory = temporary.make();
    const store = await Store.open(directory, { durability: 'os', maxSegmentSizeBytes: 1000 });
    for (let index = 0; index < 60; index++) await store.put(utf8(`key ${index % 30}`), utf8(`value ${index}`));
    await store.del(utf8('key 3'));
    await store.close();
    const first = path.join(directory, segmentFileName(1));
    const bytes = readFileSync(first);
    writeFileSync(first, bytes.with(bytes.length - 1, (bytes.at(-1) as number) ^ 1));
    const before = contents(directory);

    const { report, entries } = await salvage(directory);

    assert.deepEqual(contents(directory), before);
    assert.deepEqual(
      report.damage.map(({ fileName, reason }) => ({ fileName, reason })),
      [{ fileName: segmentFileName(1), reason: 'bad-checksum' }],
    );
    assert.equal(report.recordsRead, 60);
    assert.equal(report.keysCopied, 29);
    assert.equal(Object.keys(entries).length, 29);
    assert.equal(entries['key 29'], 'value 59');
    assert.equal(entries['key 3'], undefined);
  });

  it('takes one segment file alone, with no store around it', async () => {
    const directory = temporary.make();
    const file = writeSegment(directory, damagedSegment(7), segmentFileName(7));
    writeSegment(directory, new SegmentBuilder(8).bytes(), segmentFileName(8));
    const before = contents(directory);
    const { report, entries } = await salvage(file);
    assert.deepEqual(Object.keys(entries), ['a', 'b', 'd', 'e']);
    assert.equal(report.damage.length, 1);
    assert.equal(report.recordsRead, 4);
    assert.deepEqual(contents(directory), before);
  });

  it('takes a segment file that was renamed, by the id in its header', async () => {
    const file = writeSegment(temporary.make(), damagedSegment(7), 'attached to a bug report.seg');
    assert.deepEqual(Object.keys((await salvage(file)).entries), ['a', 'b', 'd', 'e']);
  });

  it('takes a segment file whose header is damaged, by the id in its name', async () => {
    const bytes = damagedSegment(7);
    const file = writeSegment(temporary.make(), bytes.fill(0, 0, 16), segmentFileName(7));
    const { report, entries } = await salvage(file);
    assert.deepEqual(Object.keys(entries), ['a', 'b', 'd', 'e']);
    assert.deepEqual(
      report.damage.map(({ offsetBytes }) => offsetBytes > 0),
      [false, true],
    );
  });

  it('says what to do when neither header nor name tells the id', async () => {
    const file = writeSegment(temporary.make(), damagedSegment(7).fill(0, 0, 16), 'nameless.seg');
    await assert.rejects(salvage(file), /says which segment it is/);
  });

  it('takes all segments of a store without a manifest, also behind one that was cut off', async () => {
    const directory = temporary.make();
    const cut = damagedSegment(1);
    writeSegment(directory, cut.subarray(0, cut.length - 3), segmentFileName(1));
    const later = new SegmentBuilder(2);
    later.add({ key: 'later', value: 'still there' });
    writeSegment(directory, later.bytes(), segmentFileName(2));
    const { report, entries } = await salvage(directory);
    assert.deepEqual(Object.keys(entries), ['a', 'b', 'd', 'later']);
    const damage = report.damage.map(({ reason, reachesEnd }) => ({ reason, reachesEnd }));
    assert.deepEqual(damage, [
      { reason: 'bad-checksum', reachesEnd: undefined },
      { reason: 'short-body', reachesEnd: true },
    ]);
  });

  it('takes the other segments when one is missing or empty', async () => {
    const directory = temporary.make();
    const store = await Store.open(directory, { durability: 'os', maxSegmentSizeBytes: 1000 });
    for (let index = 0; index < 60; index++) await store.put(utf8(`key ${index}`), utf8('some value'));
    await store.close();
    unlinkSync(path.join(directory, segmentFileName(1)));
    writeFileSync(path.join(directory, segmentFileName(2)), '');
    const { report, entries } = await salvage(directory);
    assert.ok(report.damage.some(({ reason }) => reason === 'missing'));
    assert.ok(report.damage.some(({ fileName }) => fileName === segmentFileName(2)));
    assert.equal(entries['key 59'], 'some value');
  });

  it('takes a store whose manifest is damaged', async () => {
    const directory = temporary.make();
    const store = await Store.open(directory, { durability: 'os' });
    await store.put(utf8('a'), utf8('1'));
    await store.close();
    writeFileSync(path.join(directory, 'MANIFEST'), 'nonsense');
    assert.deepEqual((await salvage(directory)).entries, { a: '1' });
  });

  it('keeps expiries and leaves out what has expired', async () => {
    const builder = new SegmentBuilder(7);
    const expiryMs = Date.now() + 3_600_000;
    builder.add({ key: 'gone', value: 'x', expiryMs: 1000 });
    builder.add({ key: 'short-lived', value: 'x', expiryMs });
    const file = writeSegment(temporary.make(), builder.bytes(), segmentFileName(7));
    const target = path.join(temporary.make(), 'salvaged');
    await salvageStore(file, target);
    const copy = await Store.open(target, { readOnly: true });
    assert.deepEqual(
      [...copy.keyInfos()].map((info) => [text(info.key), info.expiryMs]),
      [['short-lived', expiryMs]],
    );
    await copy.close();
  });

  it('refuses a target that holds anything, and leaves it as it is', async () => {
    const file = writeSegment(temporary.make(), damagedSegment(7), segmentFileName(7));
    const target = temporary.make();
    writeFileSync(path.join(target, 'notes.txt'), 'mine');
    await assert.rejects(salvageStore(file, target), (error: StrataError) => {
      assert.equal(error.code, 'TARGET_NOT_EMPTY');
      assert.match(error.message, /is not empty/);
      return true;
    });
    assert.deepEqual(readdirSync(target), ['notes.txt']);
    await assert.rejects(salvageStore(file, path.join(target, 'notes.txt')), /A file is where a directory should be/);
  });

  it('refuses a source that is not there', async () => {
    const target = path.join(temporary.make(), 'salvaged');
    await assert.rejects(salvageStore(path.join(temporary.make(), 'nothing'), target), { code: 'STORE_NOT_FOUND' });
    await assert.rejects(salvageStore(temporary.make(), target), { code: 'STORE_NOT_FOUND' });
    assert.ok(!existsSync(target));
  });

  it('removes what it had copied when it is cancelled', async () => {
    const builder = new SegmentBuilder(7);
    for (let index = 0; index < 40; index++) builder.add({ key: `key ${index}`, value: 'x'.repeat(400_000) });
    const file = writeSegment(temporary.make(), builder.bytes(), segmentFileName(7));
    const target = temporary.make();
    const abort = new AbortController();
    let reports = 0;
    const onProgress = () => {
      if (++reports === 2) abort.abort();
    };
    await assert.rejects(salvageStore(file, target, { signal: abort.signal, onProgress }), { code: 'ABORTED' });
    assert.equal(reports, 2);
    assert.deepEqual(readdirSync(target), []);
  });

  it('leaves the target empty when the disk is full at any of its writes, so that it can be tried again', async () => {
    const disk = new SimulatedDisk();
    const source = await Store.open('/source', QUIET_OPTIONS, disk);
    for (const key of ['a', 'b']) await source.put(utf8(key), utf8('1'));
    await source.close();
    const into = () => salvageStore('/source', '/target', QUIET_OPTIONS, disk);
    let outcome: string | undefined;
    for (let writesBefore = 0; outcome !== 'copied'; writesBefore++) {
      let writes = 0;
      disk.fault = ({ kind, path: file }) =>
        kind === 'write' && file.startsWith('/target/') && writes++ === writesBefore ? { code: 'ENOSPC' } : undefined;
      outcome = await into().then(
        () => 'copied',
        (error: StrataError) => error.code,
      );
      disk.fault = undefined;
      if (outcome === 'copied') continue;
      assert.equal(outcome, 'DISK_FULL');
      assert.deepEqual(disk.list('/target'), [], `after ${writesBefore} writes`);
    }
    assert.equal(disk.openFileCount, 0);
  });

  it('salvages beside a writer', async () => {
    const directory = temporary.make();
    const store = await Store.open(directory, { durability: 'os' });
    await store.put(utf8('a'), utf8('1'));
    assert.deepEqual((await salvage(directory)).entries, { a: '1' });
    await store.put(utf8('b'), utf8('2'));
    await store.close();
    assert.deepEqual((await salvage(directory)).entries, { a: '1', b: '2' });
  });
});
