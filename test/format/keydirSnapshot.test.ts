import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Store } from '../../src/engine/index.ts';
import type { Keydir } from '../../src/engine/keydir.ts';
import type { KeydirRecord } from '../../src/engine/keydirEntries.ts';
import { loadSnapshot } from '../../src/engine/snapshotFile.ts';
import { crc32 } from '../../src/format/crc32.ts';
import { encodeFileHeader } from '../../src/format/fileHeader.ts';
import { SNAPSHOT_NAME } from '../../src/format/fileName.ts';
import {
  decodeSnapshotHead,
  encodeSnapshotHead,
  SNAPSHOT_COLUMNS,
  type SnapshotHead,
  snapshotHeadSize,
  snapshotLayout,
} from '../../src/format/keydirSnapshot.ts';
import { FILE_HEADER_SIZE, FILE_KIND, SNAPSHOT, SNAPSHOT_FIRST_SEGMENT } from '../../src/format/layout.ts';
import { readU32, writeU32 } from '../../src/format/littleEndian.ts';
import { everyByteChange, everyTruncation } from '../support/byteMutations.ts';
import { toBytes } from '../support/segmentBytes.ts';
import { soleFileStorage } from '../support/soleFileStorage.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';
import { readSnapshot } from './secondDecoder.ts';

const HEAD: SnapshotHead = {
  createdMs: 5,
  segments: [
    {
      segmentId: 3,
      coveredSizeBytes: 1000,
      recordCount: 9,
      tombstoneCount: 2,
      liveCount: 7,
      liveBytes: 900,
      minSequence: 1,
      maxSequence: 2 ** 53 - 1,
    },
    {
      segmentId: 2,
      coveredSizeBytes: 32,
      recordCount: 0,
      tombstoneCount: 0,
      liveCount: 0,
      liveBytes: 0,
      minSequence: 0,
      maxSequence: 0,
    },
  ],
  entryCount: 11,
  freeCount: 4,
  keyUnits: 13,
  tableSlots: 16,
  hashSeed: 0xfedcba98,
  lastSequence: 2 ** 53 - 1,
  shardBits: 3,
  hasExpiries: true,
  hasOrder: true,
};

describe('head of a keydir snapshot', () => {
  const head = encodeSnapshotHead(HEAD, crc32);
  const { fileSizeBytes } = snapshotLayout(HEAD);

  it('comes back as it was written, with the places of the columns', () => {
    const result = decodeSnapshotHead(head, fileSizeBytes, crc32);
    assert.deepEqual(result, { ok: true, head: HEAD, layout: snapshotLayout(HEAD) });
  });

  it('places the columns one after another at multiples of 8', () => {
    const { columns, checksumOffsetBytes } = snapshotLayout(HEAD);
    const places = SNAPSHOT_COLUMNS.map((name) => [name, columns[name].offsetBytes, columns[name].sizeBytes]);
    assert.deepEqual(places, [
      ['entries', 168, 308],
      ['expiries', 480, 88],
      ['shardSizes', 568, 32],
      ['shardCounts', 600, 32],
      ['table', 632, 64],
      ['order', 696, 28],
      ['keyArea', 728, 52],
    ]);
    assert.equal(checksumOffsetBytes, 784);
    assert.equal(fileSizeBytes, 788);
  });

  it('leaves out the columns that are not there', () => {
    const { columns } = snapshotLayout({ ...HEAD, hasExpiries: false, hasOrder: false });
    assert.equal(columns.expiries.sizeBytes, 0);
    assert.equal(columns.order.sizeBytes, 0);
  });

  it('is refused when the file has another size than its counts make', () => {
    for (const size of [0, FILE_HEADER_SIZE, fileSizeBytes - 1, fileSizeBytes + 1, 2 ** 40]) {
      assert.deepEqual(decodeSnapshotHead(head, size, crc32), { ok: false, problem: 'wrong-length' });
    }
  });

  it('is refused when it is cut', () => {
    for (const cut of everyTruncation(head)) {
      const problem = cut.length < SNAPSHOT_FIRST_SEGMENT ? 'too-short' : 'wrong-length';
      assert.deepEqual(decodeSnapshotHead(cut, fileSizeBytes, crc32), { ok: false, problem }, `${cut.length}`);
    }
  });

  it('does not reserve memory for the segments that it merely promises', () => {
    const forged = head.slice();
    writeU32(forged, SNAPSHOT.segmentCount, 0xffff_ffff);
    const result = decodeSnapshotHead(forged, snapshotHeadSize(0xffff_ffff), crc32);
    assert.deepEqual(result, { ok: false, problem: 'wrong-length' });
  });

  it('is refused when it is another kind of file', () => {
    const header = encodeFileHeader({ kind: FILE_KIND.manifest, id: 0, createdMs: 0 }, crc32);
    assert.deepEqual(decodeSnapshotHead(header, 32, crc32), { ok: false, problem: 'wrong-kind' });
  });

  const segment = HEAD.segments[0] as SnapshotHead['segments'][number];
  const impossible: [string, SnapshotHead][] = [
    ['more free entries than entries', { ...HEAD, hasOrder: false, freeCount: 12 }],
    ['a last sequence number above 2^53 - 1', { ...HEAD, lastSequence: 2 ** 53 }],
    ['segment id 0', { ...HEAD, segments: [{ ...segment, segmentId: 0 }] }],
    ['two segments of one id', { ...HEAD, segments: [segment, segment] }],
    ['a segment covered less than its header', { ...HEAD, segments: [{ ...segment, coveredSizeBytes: 31 }] }],
    ['more live bytes than covered ones', { ...HEAD, segments: [{ ...segment, liveBytes: 1001 }] }],
    ['more live records than records', { ...HEAD, segments: [{ ...segment, liveCount: 8 }] }],
    ['a smallest number above the largest', { ...HEAD, segments: [{ ...segment, maxSequence: 0 }] }],
    ['a largest number above 2^53 - 1', { ...HEAD, segments: [{ ...segment, maxSequence: 2 ** 53 }] }],
  ];
  for (const [title, forged] of impossible) {
    it(`is refused with ${title}`, () => {
      const result = decodeSnapshotHead(encodeSnapshotHead(forged, crc32), snapshotLayout(forged).fileSizeBytes, crc32);
      assert.deepEqual(result, { ok: false, problem: 'impossible-entry' });
    });
  }

  it('is refused with unknown switches and reserved bytes', () => {
    const sizes = snapshotLayout({ ...HEAD, hasExpiries: false, hasOrder: false }).fileSizeBytes;
    const plain = encodeSnapshotHead({ ...HEAD, hasExpiries: false, hasOrder: false }, crc32);
    for (const at of [SNAPSHOT.hasExpiries, SNAPSHOT.hasOrder, SNAPSHOT.reserved, SNAPSHOT.reserved + 4]) {
      const forged = plain.slice();
      forged[at] = 2;
      assert.deepEqual(decodeSnapshotHead(forged, sizes, crc32), { ok: false, problem: 'impossible-entry' }, `${at}`);
    }
  });
});

describe('loading a keydir snapshot', () => {
  const directories = temporaryDirectories();
  let bytes: Uint8Array;

  before(async () => {
    const directory = directories.make();
    const store = await Store.open(directory, { durability: 'os', maxSegmentSizeBytes: 300, now: () => 1000 });
    for (let i = 0; i < 12; i++) await store.put(toBytes(`key ${i}`), toBytes(`value ${i}`));
    await store.put(Uint8Array.of(0xff), toBytes(''), { ttlMs: 50 });
    await store.del(toBytes('key 3'));
    assert.equal([...store.keys()].length, 12);
    await store.close();
    bytes = new Uint8Array(readFileSync(path.join(directory, SNAPSHOT_NAME)));
  });

  function load(file: Uint8Array): { keydir: Keydir } | string {
    const loaded = loadSnapshot(soleFileStorage(SNAPSHOT_NAME, file), '', () => undefined);
    assert.ok(loaded !== undefined);
    return loaded.ok ? loaded : loaded.reason;
  }

  it('gives what the second decoder reads', () => {
    const second = readSnapshot(bytes);
    assert.ok(typeof second !== 'string');
    assert.equal(second.entries.length, 12);
    const loaded = load(bytes);
    assert.ok(typeof loaded !== 'string');
    const record: KeydirRecord = { slot: 0, offsetBytes: 0, valueLength: 0, sequence: 0, expiryMs: 0 };
    for (const expected of second.entries) {
      const key = Buffer.from(expected.key, 'hex');
      const entry = loaded.keydir.find(key, 0, key.length);
      assert.ok(entry !== -1 && loaded.keydir.read(entry, record), expected.key);
      const { segmentId, offset, valueLength, sequence, expiry } = expected;
      const slot = second.segments.findIndex((segment) => segment.id === segmentId);
      assert.deepEqual(record, { slot, offsetBytes: offset, valueLength, sequence, expiryMs: expiry });
    }
    assert.equal(loaded.keydir.count, second.entries.length);
  });

  it('is refused with a right checksum and a shard that holds more than its count says, or is full', () => {
    const head = decodeSnapshotHead(bytes, bytes.length, crc32);
    assert.ok(head.ok);
    const { shardSizes, shardCounts, table } = head.layout.columns;
    let shard = 0;
    let tableAt = table.offsetBytes;
    // The first shard that holds an entry.
    while (readU32(bytes, shardCounts.offsetBytes + 4 * shard) === 0) {
      tableAt += 4 * readU32(bytes, shardSizes.offsetBytes + 4 * shard++);
    }
    const size = readU32(bytes, shardSizes.offsetBytes + 4 * shard);
    const countAt = shardCounts.offsetBytes + 4 * shard;
    const count = readU32(bytes, countAt);
    const slots = Array.from({ length: size }, (_, slot) => tableAt + 4 * slot);
    const stored = readU32(bytes, slots.find((at) => readU32(bytes, at) !== 0) as number);
    for (const [forgedCount, filledSlots] of [
      [count, slots],
      [size, slots],
      [size - 1, slots],
      [count + 1, []],
      [count - 1, []],
    ] as const) {
      const forged = bytes.slice();
      writeU32(forged, countAt, forgedCount);
      for (const at of filledSlots) writeU32(forged, at, stored);
      writeU32(forged, forged.length - 4, crc32(forged, 0, forged.length - 4, 0));
      assert.equal(load(forged), 'bad-file-checksum');
      assert.equal(readSnapshot(forged), 'impossible-entry');
    }
  });

  it('is refused when the file is cut anywhere', () => {
    for (const cut of everyTruncation(bytes)) {
      const problem = cut.length < SNAPSHOT_FIRST_SEGMENT ? 'too-short' : 'wrong-length';
      assert.equal(load(cut), problem, `${cut.length} bytes`);
    }
  });

  it('is refused with any byte changed', function () {
    this.timeout(60_000);
    for (const { bytes: changed, description } of everyByteChange(bytes)) {
      assert.equal(typeof load(changed), 'string', description);
    }
  });
});
