import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Store } from '../../src/engine/index.ts';
import { crc32 } from '../../src/format/crc32.ts';
import { segmentFileName } from '../../src/format/fileName.ts';
import { decodeSnapshotHead } from '../../src/format/keydirSnapshot.ts';
import type { hashKey } from '../../src/format/keyHash.ts';
import {
  BATCH_FRAME_SIZE,
  RECORD_FLAG,
  SNAPSHOT_ENTRY,
  SNAPSHOT_ENTRY_SIZE,
  SNAPSHOT_FIRST_SEGMENT,
  SNAPSHOT_FREE_ENTRY,
  SNAPSHOT_SEGMENT,
  SNAPSHOT_SEGMENT_SIZE,
} from '../../src/format/layout.ts';
import { readU32, writeU32, writeU64 } from '../../src/format/littleEndian.ts';
import {
  type EntrylessSearch,
  findRecordsWithoutEntry,
  type SearchEnd,
} from '../../src/inspector/formats/entrylessRecords.ts';
import { NewestRecords } from '../../src/inspector/formats/newestRecords.ts';
import type { CoveredSegment } from '../../src/inspector/formats/snapshotCheck.ts';
import { openSegment } from '../../src/inspector/formats/strataHint.ts';
import { strataSnapshot } from '../../src/inspector/formats/strataSnapshot.ts';
import { LocalFile } from '../../src/inspector/localFile.ts';
import { MemoryFile, type RangedFile } from '../../src/inspector/rangedFile.ts';

import { SegmentBuilder } from './segmentBuilder.ts';

const encoder = new TextEncoder();

describe('the search for records without an entry', () => {
  const LIVE_KEYS = 270;
  let directory: string;
  let stop: AbortController;

  beforeEach(async () => {
    stop = new AbortController();
    directory = mkdtempSync(path.join(tmpdir(), 'strata-entryless-'));
    const store = await Store.open(directory, { durability: 'os', maxSegmentSizeBytes: 10_000, compaction: 'manual' });
    for (let index = 0; index < 600; index++) {
      await store.put(encoder.encode(`key/${index % 300}`), encoder.encode(`value ${index}`));
    }
    for (let index = LIVE_KEYS; index < 300; index++) await store.del(encoder.encode(`key/${index}`));
    await store.close();
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  /** Frees every live entry that `isFreed` says yes to; returns where their records stand, as `segment index@offset`. */
  function freeEntries(isFreed: (index: number) => boolean): string[] {
    const file = path.join(directory, 'KEYDIR');
    const bytes = new Uint8Array(readFileSync(file));
    const decoded = decodeSnapshotHead(bytes, bytes.length, crc32);
    assert.ok(decoded.ok);
    const freed: string[] = [];
    let index = 0;
    const { offsetBytes, sizeBytes } = decoded.layout.columns.entries;
    for (let at = offsetBytes; at < offsetBytes + sizeBytes; at += SNAPSHOT_ENTRY_SIZE) {
      const segment = readU32(bytes, at + SNAPSHOT_ENTRY.segment);
      if (segment === SNAPSHOT_FREE_ENTRY || !isFreed(index++)) continue;
      freed.push(`${decoded.head.segments[segment]?.segmentId}@${readU32(bytes, at + SNAPSHOT_ENTRY.offset)}`);
      writeU32(bytes, at + SNAPSHOT_ENTRY.segment, SNAPSHOT_FREE_ENTRY);
    }
    writeU32(bytes, bytes.length - 4, crc32(bytes, 0, bytes.length - 4, 0));
    writeFileSync(file, bytes);
    return freed.sort();
  }

  /** Adds to the segment that was written last, and has the snapshot cover that; returns the segment's id. */
  function coverMore(add: (segment: SegmentBuilder) => void): number {
    const file = path.join(directory, 'KEYDIR');
    const bytes = new Uint8Array(readFileSync(file));
    const decoded = decodeSnapshotHead(bytes, bytes.length, crc32);
    assert.ok(decoded.ok);
    const ids = decoded.head.segments.map(({ segmentId }) => segmentId);
    const segmentId = Math.max(...ids);
    const segmentPath = path.join(directory, segmentFileName(segmentId));
    const builder = new SegmentBuilder(segmentId);
    builder.raw(readFileSync(segmentPath).subarray(builder.sizeBytes));
    add(builder);
    writeFileSync(segmentPath, builder.bytes());
    const at = SNAPSHOT_FIRST_SEGMENT + ids.indexOf(segmentId) * SNAPSHOT_SEGMENT_SIZE + SNAPSHOT_SEGMENT.coveredSize;
    writeU64(bytes, at, builder.sizeBytes);
    writeU32(bytes, bytes.length - 4, crc32(bytes, 0, bytes.length - 4, 0));
    writeFileSync(file, bytes);
    return segmentId;
  }

  async function search(
    options: Pick<
      Partial<EntrylessSearch>,
      'keysAtOnce' | 'hash' | 'countsDiffer' | 'onProgress' | 'onUncommitted'
    > = {},
    wrap: (file: RangedFile) => RangedFile = (file) => file,
  ): Promise<{ end: SearchEnd; found: string[] }> {
    const bytes = new Uint8Array(readFileSync(path.join(directory, 'KEYDIR')));
    const decoded = decodeSnapshotHead(bytes, bytes.length, crc32);
    assert.ok(decoded.ok);
    const snapshot = strataSnapshot.open({
      fileName: 'KEYDIR',
      head: bytes.subarray(0, 4096),
      sizeBytes: bytes.length,
      read: (offsetBytes, sizeBytes) => bytes.subarray(offsetBytes, offsetBytes + sizeBytes),
    });
    const segments = decoded.head.segments.map(({ segmentId, coveredSizeBytes, liveCount }): CoveredSegment => {
      const file = wrap(new LocalFile(path.join(directory, segmentFileName(segmentId))));
      return { segmentId, coveredSizeBytes, liveCount, file, salt: 0, entriesSeen: liveCount };
    });
    assert.ok(segments.length > 3);
    const found: string[] = [];
    try {
      const end = await findRecordsWithoutEntry({
        snapshot,
        entryOperation: snapshot.operations.indexOf('entry'),
        openSegment,
        segments,
        countsDiffer: true,
        onProgress: () => {},
        context: {
          file: new MemoryFile(bytes),
          openBeside: undefined,
          pause: () => undefined,
          progress: () => {},
          signal: stop.signal,
        },
        onFound: ({ segmentId, offsetBytes }) => found.push(`${segmentId}@${offsetBytes}`),
        onUncommitted: () => assert.fail('no entry points at such a record'),
        ...options,
      });
      return { end, found: found.sort() };
    } finally {
      for (const { file } of segments) file?.close();
    }
  }

  it('finds none in a sound snapshot, and every one of those whose entry is gone', async () => {
    assert.deepEqual(await search(), { end: 'complete', found: [] });
    const freed = freeEntries((index) => index % 7 === 3);
    assert.ok(freed.length > 30);
    assert.deepEqual(await search(), { end: 'complete', found: freed });
  });

  it('finds the same in several passes, each over a share of the keys', async () => {
    const freed = freeEntries((index) => index % 7 === 3);
    for (const keysAtOnce of [299, 150, 60]) {
      assert.deepEqual(await search({ keysAtOnce }), { end: 'complete', found: freed }, `${keysAtOnce}`);
    }
  });

  it('makes eight passes at most, and only one where the counts agree', async () => {
    assert.deepEqual(await search({ keysAtOnce: 30 }), { end: 'too-many-keys', found: [] });
    assert.deepEqual(await search({ keysAtOnce: 300, countsDiffer: false }), { end: 'complete', found: [] });
    // Deleted keys are noticed only as they are read.
    for (const keysAtOnce of [299, LIVE_KEYS - 1]) {
      const { end } = await search({ keysAtOnce, countsDiffer: false });
      assert.equal(end, 'too-many-keys', `${keysAtOnce}`);
    }
  });

  it('names no record that has an entry, nor one that needs none, whatever hashes collide', async () => {
    /** Keys of which every hundredth collides: those from 70 to 99 and from 170 to 199 with a deleted key. */
    const everyHundredth: typeof hashKey = (bytes, start, length) =>
      Number(Buffer.from(bytes.subarray(start + 'key/'.length, start + length)).toString()) % 100;
    for (const hash of [everyHundredth, () => 0, () => 0xffff_ffff]) {
      assert.deepEqual(await search({ hash }), { end: 'complete', found: [] });
    }
    const isFreed = (index: number) => index % 7 === 3;
    const freed = freeEntries(isFreed);
    const { end, found } = await search({ hash: everyHundredth });
    assert.equal(end, 'complete');
    assert.deepEqual(
      found.filter((record) => !freed.includes(record)),
      [],
    );
    // Entries are in the order in which the keys came. Of three keys that collide, the last one has the newest record.
    const seen = Array.from({ length: LIVE_KEYS }, (_, index) => index >= 200 && isFreed(index)).filter(Boolean);
    assert.equal(found.length, seen.length);
    assert.ok(seen.length > 0);
    // The newest record of all is a delete.
    assert.deepEqual(await search({ hash: () => 0 }), { end: 'complete', found: [] });
  });

  it('does not count the members of a batch whose end is missing, however large it is, as the engine does not', async () => {
    const puts = (name: string, count: number) =>
      Array.from({ length: count }, (_, index) => ({ key: `${name}/${index}`, value: 'v'.repeat(5000) }));
    let whole = 0;
    const segmentId = coverMore((segment) => {
      segment.batch(puts('small', 2), 3);
      whole = segment.batch(puts('whole', 1));
      segment.batch(puts('large', 200), 201);
      segment.add({ key: 'between' });
      segment.batch(puts('last', 2), 3);
    });
    const found = [`${segmentId}@${whole + BATCH_FRAME_SIZE}`];
    assert.deepEqual(await search(), { end: 'complete', found });
    assert.deepEqual(await search({ keysAtOnce: 150 }), { end: 'complete', found });
  });

  it('names the entries of records whose batch is not complete, and of those whose batch has no frame', async () => {
    const put = { key: 'k', value: 'v' };
    const records: number[] = [];
    const segmentId = coverMore((segment) => {
      const frame = segment.batch([put, put], 3);
      const first = frame + BATCH_FRAME_SIZE;
      records.push(first, first + (segment.sizeBytes - first) / 2);
      const whole = segment.batch([put]);
      records.push(segment.add(put, RECORD_FLAG.inBatch), whole + BATCH_FRAME_SIZE);
    });
    const file = path.join(directory, 'KEYDIR');
    const bytes = new Uint8Array(readFileSync(file));
    const decoded = decodeSnapshotHead(bytes, bytes.length, crc32);
    assert.ok(decoded.ok);
    const index = decoded.head.segments.findIndex((segment) => segment.segmentId === segmentId);
    const entries: number[] = [];
    for (
      let at = decoded.layout.columns.entries.offsetBytes;
      entries.length < records.length;
      at += SNAPSHOT_ENTRY_SIZE
    ) {
      if (readU32(bytes, at + SNAPSHOT_ENTRY.segment) === SNAPSHOT_FREE_ENTRY) continue;
      writeU32(bytes, at + SNAPSHOT_ENTRY.segment, index);
      writeU32(bytes, at + SNAPSHOT_ENTRY.offset, records[entries.length] as number);
      entries.push(at);
    }
    writeU32(bytes, bytes.length - 4, crc32(bytes, 0, bytes.length - 4, 0));
    writeFileSync(file, bytes);
    for (const keysAtOnce of [150, 1000]) {
      const uncommitted: [number, string][] = [];
      const { end } = await search({
        keysAtOnce,
        onUncommitted: (at, record) => uncommitted.push([at, `${record.segmentId}@${record.offsetBytes}`]),
      });
      assert.equal(end, 'complete');
      const wanted = records.slice(0, -1).map((offset, at) => [entries[at], `${segmentId}@${offset}`]);
      assert.deepEqual(
        uncommitted.sort(([one], [other]) => one - other),
        wanted,
      );
    }
  });

  it('gives up where more batches lack their end than it remembers', async () => {
    coverMore((segment) => {
      for (let index = 0; index < 10_001; index++) segment.batch([{ key: `${index}`, value: '' }], 2);
    });
    assert.deepEqual(await search(), { end: 'damaged', found: [] });
  });

  it('is not concerned with what is behind the covered bytes, and gives up over damage in them', async () => {
    const covered = coverMore(() => {});
    const file = path.join(directory, segmentFileName(covered));
    const { length } = readFileSync(file);
    // A record that was cut off, longer than what is covered, and one that the snapshot need not know.
    const behind = new SegmentBuilder(covered);
    behind.raw(readFileSync(file).subarray(behind.sizeBytes));
    behind.add({ key: 'newer', value: 'than the snapshot' });
    behind.add({ key: 'torn', value: 'v'.repeat(length) });
    writeFileSync(file, behind.bytes().subarray(0, behind.sizeBytes - 5));
    assert.deepEqual(await search(), { end: 'complete', found: [] });
    const damaged = readFileSync(file);
    damaged[length - 1] = (damaged[length - 1] as number) ^ 1;
    writeFileSync(file, damaged);
    assert.deepEqual(await search(), { end: 'damaged', found: [] });
    writeFileSync(file, damaged.subarray(0, length - 1));
    assert.deepEqual(await search(), { end: 'missing', found: [] });
  });

  it('tells how far it is, from 0 to 1, and ends when it is stopped', async () => {
    for (const keysAtOnce of [300, 150]) {
      const shares: number[] = [];
      const { end } = await search({ keysAtOnce, onProgress: (share) => shares.push(share) });
      assert.equal(end, 'complete');
      assert.ok(shares.length > 3);
      assert.ok(shares.every((share) => share > 0 && share <= 1));
      assert.equal(shares.at(-1), 1);
    }
    let steps = 0;
    const onProgress = () => {
      if (++steps === 3) stop.abort();
    };
    assert.deepEqual(await search({ onProgress }), { end: 'stopped', found: [] });
    assert.equal(steps, 3);
  });

  it('gives up where a segment is cut while it is read', async () => {
    let cutAt = 0;
    let length = 0;
    coverMore((segment) => {
      cutAt = segment.sizeBytes;
      segment.add({ key: 'lost' });
      length = segment.sizeBytes;
    });
    // Between two records, where nothing else shows it.
    const cut = (file: RangedFile): RangedFile => ({
      sizeBytes: file.sizeBytes,
      read: (target, offsetBytes) =>
        file.read(
          file.sizeBytes === length ? target.subarray(0, Math.max(0, cutAt - offsetBytes)) : target,
          offsetBytes,
        ),
      refresh: () => 'same',
      close: () => file.close(),
    });
    assert.deepEqual(await search({}, cut), { end: 'damaged', found: [] });
  });
});

describe('NewestRecords', () => {
  const record = { hashLow: 1, hashHigh: 2, sequence: 2 ** 52 + 1, segmentIndex: 3, offsetBytes: 0xffff_fffe };
  const placesOf = (records: NewestRecords) => {
    const places: [number, number][] = [];
    records.forEachWithoutEntry((...place) => places.push(place));
    return places;
  };

  it('keeps the record with the largest sequence number, in whatever order they come', () => {
    for (const order of [1, -1]) {
      const records = new NewestRecords(10);
      for (const step of [-order, 0, order]) {
        const older = { ...record, sequence: record.sequence + step, offsetBytes: 100 + step, wantsEntry: true };
        assert.ok(records.add(older));
      }
      assert.deepEqual(placesOf(records), [[3, 101]]);
      assert.ok(records.add({ ...record, sequence: record.sequence + 2, wantsEntry: false }));
      assert.deepEqual(placesOf(records), []);
    }
  });

  it('takes as many keys as it was made for, and other records of these', () => {
    const records = new NewestRecords(3);
    for (const hashLow of [0, 8, 16]) assert.ok(records.add({ ...record, hashLow, wantsEntry: true }));
    assert.equal(records.add({ ...record, hashLow: 24, wantsEntry: true }), false);
    assert.equal(records.add({ ...record, hashLow: 16, hashHigh: 1, wantsEntry: true }), false);
    assert.ok(records.add({ ...record, hashLow: 8, sequence: record.sequence + 1, wantsEntry: true }));
    records.clear();
    assert.deepEqual(placesOf(records), []);
    assert.ok(records.add({ ...record, hashLow: 24, wantsEntry: true }));
  });

  it('believes an entry only of the very place and key, and tells places in the order of segments', () => {
    const records = new NewestRecords(10);
    assert.ok(records.add({ ...record, wantsEntry: true }));
    assert.ok(records.add({ ...record, hashLow: 7, segmentIndex: 0, offsetBytes: 40, wantsEntry: true }));
    for (const other of [{ hashLow: 3 }, { hashHigh: 1 }, { segmentIndex: 2 }, { offsetBytes: 40 }]) {
      records.foundEntry({ ...record, ...other });
    }
    assert.deepEqual(placesOf(records), [
      [0, 40],
      [3, 0xffff_fffe],
    ]);
    records.foundEntry(record);
    assert.deepEqual(placesOf(records), [[0, 40]]);
  });
});
