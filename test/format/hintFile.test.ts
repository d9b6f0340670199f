import assert from 'node:assert/strict';
import { crc32 } from '../../src/format/crc32.ts';
import { encodeFileHeader } from '../../src/format/fileHeader.ts';
import { decodeHintFile, type HintEntry, type HintFileResult } from '../../src/format/hintFile.ts';
import { FILE_KIND, HINT_ENTRY, HINT_FIRST_ENTRY, HINT_SUMMARY, OPERATION } from '../../src/format/layout.ts';
import { writeU32 } from '../../src/format/littleEndian.ts';
import { everyByteChange, everyTruncation } from '../support/byteMutations.ts';
import { hintFileBytes } from '../support/hintFileBytes.ts';
import { toBytes } from '../support/segmentBytes.ts';

const SEGMENT = { segmentId: 9, segmentSizeBytes: 400, segmentHeaderChecksum: 0xdeadbeef, createdMs: 5 };
const MAX = 2 ** 53 - 1;

function entry(key: string | Uint8Array, fields: Partial<HintEntry> = {}): HintEntry {
  const { operation = OPERATION.put, offsetBytes = 32, valueLength = 0, sequence = 1, expiryMs = 0 } = fields;
  return { operation, offsetBytes, valueLength, sequence, expiryMs, key: toBytes(key) };
}

/** The last one ends exactly at the segment's end. */
const ENTRIES: readonly HintEntry[] = [
  entry('first', { valueLength: 100 }),
  entry(Uint8Array.of(0, 0xff), { offsetBytes: 173, sequence: MAX, expiryMs: MAX }),
  entry('gone', { operation: OPERATION.del, offsetBytes: 211, sequence: 4 }),
  entry('last', { offsetBytes: 251, valueLength: 109, sequence: 3 }),
];

function encode(entries: readonly HintEntry[], segment = SEGMENT): Uint8Array {
  return hintFileBytes(segment, (encoder) => {
    for (const each of entries) encoder.add(each);
  });
}

function decode(bytes: Uint8Array): { result: HintFileResult; entries: HintEntry[] } {
  const entries: HintEntry[] = [];
  const result = decodeHintFile(bytes, crc32, {
    entry: ({ operation, offsetBytes, valueLength, sequence, expiryMs, key }) =>
      entries.push({ operation, offsetBytes, valueLength, sequence, expiryMs, key: key.slice() }),
  });
  return { result, entries };
}

function withRightChecksum(bytes: Uint8Array): Uint8Array {
  writeU32(bytes, bytes.length - 4, crc32(bytes, 0, bytes.length - 4, 0));
  return bytes;
}

describe('hint file', () => {
  const bytes = encode(ENTRIES);

  it('comes back in any size, with long keys, in one piece of the encoder and in several', () => {
    const keys = Array.from({ length: 4000 }, (_, i) => toBytes(`key ${i}`));
    keys.splice(3, 0, new Uint8Array(65_535).fill(1));
    keys.splice(3000, 0, new Uint8Array(65_535).fill(2), new Uint8Array(4096).fill(3));
    // More than a MiB together.
    for (let i = 4; i < 24; i++) keys.splice(150 * i, 0, new Uint8Array(65_535).fill(i));
    const entries = keys.map((key, i) => entry(key, { sequence: i + 1, offsetBytes: 32 + i }));
    const { result, entries: decoded } = decode(encode(entries, { ...SEGMENT, segmentSizeBytes: 2 ** 20 }));
    assert.ok(result.ok);
    assert.equal(result.summary.entryCount, entries.length);
    assert.deepEqual(decoded, entries);
  });

  it('comes back as it was written', () => {
    const { result, entries } = decode(bytes);
    assert.deepEqual(result, { ok: true, summary: { ...SEGMENT, entryCount: ENTRIES.length } });
    assert.deepEqual(entries, ENTRIES);
  });

  it('may have no entries, or more than a first buffer holds', () => {
    assert.deepEqual(decode(encode([])).result, { ok: true, summary: { ...SEGMENT, entryCount: 0 } });
    const many = Array.from({ length: 1000 }, (_, index) => entry(`key ${index}`, { sequence: index + 1 }));
    assert.deepEqual(decode(encode(many)).entries, many);
    const long = [entry(new Uint8Array(0xffff).fill(7), { offsetBytes: 32 })];
    assert.deepEqual(decode(encode(long, { ...SEGMENT, segmentSizeBytes: 0x10100 })).entries, long);
  });

  it('says where each entry stands', () => {
    const places: number[] = [];
    decodeHintFile(bytes, crc32, { entry: (each) => places.push(each.entryOffsetBytes) });
    assert.deepEqual(places, [56, 56 + 33, 56 + 33 + 30, 56 + 33 + 30 + 32]);
  });

  it('hands out no entry to one that does not accept its summary', () => {
    let entries = 0;
    const result = decodeHintFile(bytes, crc32, { accept: () => false, entry: () => entries++ });
    assert.equal(result.ok, true);
    assert.equal(entries, 0);
  });

  it('is refused when it is cut anywhere, without any entry', () => {
    for (const cut of everyTruncation(bytes)) {
      const { result, entries } = decode(cut);
      const problem = cut.length < HINT_FIRST_ENTRY + 4 ? 'too-short' : 'wrong-length';
      assert.deepEqual(result, { ok: false, problem }, `${cut.length} bytes`);
      assert.deepEqual(entries, []);
    }
  });

  it('is refused with any byte changed, without any entry', () => {
    for (const { bytes: changed, at, description } of everyByteChange(bytes)) {
      const { result, entries } = decode(changed);
      assert.ok(!result.ok, description);
      assert.deepEqual(entries, [], description);
      if (at < HINT_SUMMARY.segmentSize) continue;
      const isSize = at >= HINT_SUMMARY.entriesSize && at < HINT_FIRST_ENTRY;
      assert.equal(result.problem, isSize ? 'wrong-length' : 'bad-file-checksum', description);
    }
  });

  it('is refused with bytes behind it', () => {
    const longer = new Uint8Array(bytes.length + 8);
    longer.set(bytes);
    assert.deepEqual(decode(longer).result, { ok: false, problem: 'wrong-length' });
  });

  it('is refused when it is another kind of file', () => {
    const header = encodeFileHeader({ kind: FILE_KIND.segment, id: 9, createdMs: 0 }, crc32);
    assert.deepEqual(decode(header).result, { ok: false, problem: 'wrong-kind' });
  });

  const impossible: [string, Partial<HintEntry>][] = [
    ['operation 0', { operation: 0 as HintEntry['operation'] }],
    ['a batch frame', { operation: OPERATION.batch }],
    ['an empty key', { key: new Uint8Array(0) }],
    ['an offset in the file header', { offsetBytes: 31 }],
    ['a record that ends behind the segment', { offsetBytes: 252, valueLength: 109 }],
    ['a value above the limit', { valueLength: 2 ** 28 + 1 }],
    ['sequence number 0', { sequence: 0 }],
    ['a sequence number above 2^53 - 1', { sequence: 2 ** 53 }],
    ['an expiry above 2^53 - 1', { expiryMs: 2 ** 53 }],
    ['a delete with a value', { operation: OPERATION.del, valueLength: 1 }],
    ['a delete with an expiry', { operation: OPERATION.del, expiryMs: 1 }],
  ];
  for (const [title, fields] of impossible) {
    it(`is refused with a right checksum and ${title}, without any entry`, () => {
      const { result, entries } = decode(encode([ENTRIES[0] as HintEntry, { ...entry('last'), ...fields }]));
      assert.deepEqual(result, { ok: false, problem: 'impossible-entry' });
      assert.deepEqual(entries, []);
    });
  }

  it('is refused with a right checksum and a wrong count, reserved byte or key length', () => {
    const changes: [number, number][] = [
      [HINT_SUMMARY.entryCount, 3],
      [HINT_SUMMARY.entryCount, 5],
      [HINT_FIRST_ENTRY + HINT_ENTRY.reserved, 1],
      [HINT_FIRST_ENTRY + HINT_ENTRY.keyLength, 4],
      [HINT_FIRST_ENTRY + HINT_ENTRY.keyLength + 1, 0xff],
    ];
    for (const [at, value] of changes) {
      const forged = bytes.slice();
      forged[at] = value;
      const { result, entries } = decode(withRightChecksum(forged));
      assert.deepEqual(result, { ok: false, problem: 'impossible-entry' }, `byte ${at}`);
      assert.deepEqual(entries, []);
    }
  });
});
