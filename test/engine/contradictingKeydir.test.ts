import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { Store, StrataError } from '../../src/engine/index.ts';
import { crc32 as tableCrc32 } from '../../src/format/crc32.ts';
import { decodeSnapshotHead } from '../../src/format/keydirSnapshot.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const KEYS = 200;

describe('a keydir that contradicts the log', () => {
  let directory: string;

  beforeEach(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'strata-contradiction-'));
    const store = await Store.open(directory, { durability: 'os', maxSegmentSizeBytes: 4000 });
    for (let i = 0; i < KEYS; i++) await store.put(bytes(`key ${i}`), bytes(`value ${i}`));
    await store.close();
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  /** Changes the snapshot's bytes and makes its checksum right again. */
  function changeSnapshot(change: (file: Buffer) => void): void {
    const name = path.join(directory, 'KEYDIR');
    const file = readFileSync(name);
    change(file);
    file.writeUInt32LE(crc32(file.subarray(0, -4)), file.length - 4);
    writeFileSync(name, file);
  }

  function columns(file: Buffer) {
    const result = decodeSnapshotHead(file, file.length, tableCrc32);
    assert.ok(result.ok);
    return result.layout.columns;
  }

  it('is not loaded from a snapshot whose hash table was made with another hash', async () => {
    changeSnapshot((file) => {
      const { offsetBytes, sizeBytes } = columns(file).table;
      for (let at = offsetBytes; at < offsetBytes + sizeBytes; at += 4) {
        const stored = file.readUInt32LE(at);
        if (stored !== 0) file.writeUInt32LE((stored ^ 0xf800_0000) >>> 0, at);
      }
    });
    const store = await Store.open(directory);
    try {
      assert.deepEqual(
        store.recovery.ignoredCaches.map((cache) => cache.fileName),
        ['KEYDIR'],
      );
      assert.equal(store.stats().keyCount, KEYS);
      for (let i = 0; i < KEYS; i++) assert.deepEqual(store.get(bytes(`key ${i}`)), bytes(`value ${i}`));
    } finally {
      await store.close();
    }
  });

  it('is named by verify where a search in the snapshot does not lead to a key', async () => {
    const store = await Store.open(directory);
    changeSnapshot((file) => {
      const { entries, table } = columns(file);
      const slotsOf = (entry: number) =>
        Array.from({ length: table.sizeBytes / 4 }, (_, slot) => table.offsetBytes + slot * 4).filter(
          (at) => (file.readUInt32LE(at) & 0x7ff_ffff) === entry + 1,
        );
      const [a = 0, b = 0] = [...slotsOf(5), ...slotsOf(6)];
      const stored = file.readUInt32LE(a);
      file.writeUInt32LE(file.readUInt32LE(b), a);
      file.writeUInt32LE(stored, b);
      const hashAt = entries.offsetBytes + 7 * 28;
      file.writeUInt32LE((file.readUInt32LE(hashAt) ^ 1) >>> 0, hashAt);
    });
    try {
      const { problems } = await store.verify();
      assert.deepEqual(
        problems.map(({ message }) => message),
        ['key 5', 'key 6', 'key 7'].map(
          (key) => `it lacks the newest record of the key ${Buffer.from(key).toString('hex')} (hex)`,
        ),
      );
    } finally {
      await store.close();
    }
  });

  it('drops nothing in a compaction, and is put right by a replay', async () => {
    changeSnapshot((file) => {
      const { offsetBytes, sizeBytes } = columns(file).entries;
      // Every entry's place is one byte off.
      for (let at = offsetBytes; at < offsetBytes + sizeBytes; at += 28)
        file.writeUInt32LE(file.readUInt32LE(at + 8) + 1, at + 8);
    });
    const store = await Store.open(directory, { compaction: 'manual' });
    try {
      assert.equal(store.recovery.openedBy, 'snapshot');
      const { problems } = await store.verify();
      assert.equal(problems.filter(({ message }) => message.includes('is different for the key')).length, 100);
      assert.equal(problems.filter(({ message }) => message.includes('is not what the log says')).length, 100);
      await assert.rejects(store.compact(), (error) => error instanceof StrataError && error.code === 'STORE_DAMAGED');
      const report = await store.replay();
      assert.equal(report.differences.length, KEYS);
      const { recordsKept } = await store.compact();
      assert.equal(recordsKept, KEYS);
      for (let i = 0; i < KEYS; i++) assert.deepEqual(store.get(bytes(`key ${i}`)), bytes(`value ${i}`));
    } finally {
      await store.close();
    }
  });
});
