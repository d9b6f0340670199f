import assert from 'node:assert/strict';
import fc from 'fast-check';
import { crc32, segmentSalt } from '../../src/format/crc32.ts';
import { BATCH_FRAME_SIZE, OPERATION, type Operation, RECORD, RECORD_HEADER_SIZE } from '../../src/format/layout.ts';
import { readU32, writeU32 } from '../../src/format/littleEndian.ts';
import {
  bindToOffset,
  chainChecksum,
  computeRecordChecksum,
  decodeRecord,
  decodeRecordHeader,
  encodeBatchFrame,
  encodeRecord,
  type RecordFields,
  RecordView,
  rebindChecksum,
  recordSize,
} from '../../src/format/record.ts';

const SALT = segmentSalt(3);
const OFFSET = 0xabcd_ef01;

const exact = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER));
const fields: fc.Arbitrary<RecordFields> = fc
  .record({
    operation: fc.constantFrom<Operation>(OPERATION.put, OPERATION.del),
    flags: fc.integer({ min: 0, max: 3 }),
    sequence: exact.map((value) => Math.max(1, value)),
    timestampMs: exact,
    expiryMs: exact,
    key: fc.uint8Array({ minLength: 1, maxLength: 70 }),
    value: fc.uint8Array({ maxLength: 200 }),
  })
  .map((record) =>
    record.operation === OPERATION.del ? { ...record, expiryMs: 0, value: new Uint8Array(0) } : record,
  );

function encode(record: RecordFields, offsetBytes = OFFSET): Uint8Array {
  const bytes = new Uint8Array(recordSize(record.key.length, record.value.length));
  assert.equal(encodeRecord(bytes, 0, record, SALT, crc32), bytes.length);
  bindToOffset(bytes, bytes.length, offsetBytes);
  return bytes;
}

function viewAt(offsetBytes: number): RecordView {
  const view = new RecordView();
  view.offsetBytes = offsetBytes;
  return view;
}

const SMALL: RecordFields = {
  operation: OPERATION.put,
  flags: 0,
  sequence: 1,
  timestampMs: 2,
  expiryMs: 3,
  key: Uint8Array.of(9),
  value: Uint8Array.of(8, 7),
};

describe('record', () => {
  it('comes back as it was written, from anywhere in a buffer', () => {
    fc.assert(
      fc.property(fields, fc.nat(20), (record, start) => {
        const bytes = encode(record);
        const buffer = new Uint8Array(start + bytes.length + 5).fill(0xee);
        buffer.set(bytes, start);
        const view = viewAt(OFFSET);
        assert.equal(decodeRecord(view, buffer, start, SALT, crc32), undefined);
        const { operation, flags, sequence, timestampMs, expiryMs, key, value, sizeBytes } = view;
        assert.deepEqual({ operation, flags, sequence, timestampMs, expiryMs, key, value }, { ...record });
        assert.equal(sizeBytes, bytes.length);
      }),
    );
  });

  it('is written without touching a byte around it', () => {
    const buffer = new Uint8Array(100).fill(0xee);
    const end = encodeRecord(buffer, 10, SMALL, SALT, crc32);
    assert.equal(end, 10 + RECORD_HEADER_SIZE + 3);
    assert.ok(buffer.subarray(0, 10).every((byte) => byte === 0xee));
    assert.ok(buffer.subarray(end).every((byte) => byte === 0xee));
  });

  it('has a key of more than 48 bytes copied as a shorter one is', () => {
    for (let length = 45; length <= 52; length++) {
      const key = Uint8Array.from({ length }, (_, index) => index + 1);
      assert.deepEqual(encode({ ...SMALL, key }).subarray(RECORD_HEADER_SIZE, RECORD_HEADER_SIZE + length), key);
    }
  });

  it('is none with the salt of another segment, or at another offset', () => {
    const bytes = encode(SMALL);
    assert.equal(decodeRecord(viewAt(OFFSET), bytes, 0, SALT, crc32), undefined);
    assert.equal(decodeRecord(viewAt(OFFSET), bytes, 0, segmentSalt(4), crc32), 'bad-checksum');
    for (let bit = 0; bit < 32; bit++) {
      const elsewhere = (OFFSET ^ (1 << bit)) >>> 0;
      assert.equal(decodeRecord(viewAt(elsewhere), bytes, 0, SALT, crc32), 'bad-checksum');
    }
  });

  it('is bound together with those behind it, each to its own offset', () => {
    const one = recordSize(1, 2);
    const both = new Uint8Array(2 * one);
    encodeRecord(both, encodeRecord(both, 0, SMALL, SALT, crc32), { ...SMALL, sequence: 2 }, SALT, crc32);
    bindToOffset(both, both.length, OFFSET);
    assert.deepEqual(both.subarray(0, one), encode(SMALL));
    assert.deepEqual(both.subarray(one), encode({ ...SMALL, sequence: 2 }, OFFSET + one));
  });

  it('is short when bytes are missing', () => {
    const bytes = encode(SMALL);
    for (let size = 0; size < bytes.length; size++) {
      const expected = size < RECORD_HEADER_SIZE ? 'short-header' : 'short-body';
      assert.equal(decodeRecord(viewAt(OFFSET), bytes.subarray(0, size), 0, SALT, crc32), expected);
    }
  });

  it('has its lengths checked before its presence, and both before its checksum', () => {
    const header = encode(SMALL).subarray(0, RECORD_HEADER_SIZE);
    assert.equal(decodeRecordHeader(viewAt(0), new Uint8Array(RECORD_HEADER_SIZE), 0), 'zeros');
    writeU32(header, RECORD.valueLength, 2 ** 28 + 1);
    assert.equal(decodeRecord(viewAt(OFFSET), header, 0, SALT, crc32), 'impossible-length');
    writeU32(header, RECORD.valueLength, 2 ** 28);
    assert.equal(decodeRecord(viewAt(OFFSET), header, 0, SALT, crc32), 'short-body');
  });

  it('that is a batch frame holds what follows it', () => {
    const bytes = new Uint8Array(BATCH_FRAME_SIZE);
    const frame = { recordCount: 5, bodySizeBytes: 0x3fff_ffff, flags: 2, sequence: 77, timestampMs: 88 };
    assert.equal(encodeBatchFrame(bytes, 0, frame, SALT, crc32), BATCH_FRAME_SIZE);
    bindToOffset(bytes, bytes.length, OFFSET);
    const view = viewAt(OFFSET);
    assert.equal(decodeRecord(view, bytes, 0, SALT, crc32), undefined);
    const { batchRecordCount, batchBodySizeBytes, flags, sequence, timestampMs, operation } = view;
    assert.deepEqual(
      { recordCount: batchRecordCount, bodySizeBytes: batchBodySizeBytes, flags, sequence, timestampMs },
      frame,
    );
    assert.equal(operation, OPERATION.batch);
  });

  it('has the checksum of its copy without flags in another segment foretold', () => {
    fc.assert(
      fc.property(fields, exact, exact, fc.nat(), (record, fromOffset, toOffset, toId) => {
        const view = viewAt(fromOffset % 2 ** 32);
        assert.equal(decodeRecord(view, encode(record, view.offsetBytes), 0, SALT, crc32), undefined);
        const toSalt = segmentSalt(toId);
        const copy = viewAt(toOffset % 2 ** 32);
        const bytes = new Uint8Array(view.sizeBytes);
        encodeRecord(bytes, 0, { ...record, flags: 0 }, toSalt, crc32);
        decodeRecordHeader(copy, bytes, 0);
        const expected = computeRecordChecksum(copy, toSalt, crc32);
        assert.equal(rebindChecksum(view, SALT, toSalt, copy.offsetBytes), expected);
      }),
    );
  });

  it('has its checksum checked with those of its neighbours: any wrong one makes the outcome another', () => {
    fc.assert(
      fc.property(fc.array(fields, { minLength: 1, maxLength: 6 }), fc.nat(), fc.nat(), (records, at, bit) => {
        const sizes = records.map(({ key, value }) => recordSize(key.length, value.length));
        const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
        let end = 0;
        for (const record of records) {
          bytes.set(encode(record, OFFSET + end), end);
          end += recordSize(record.key.length, record.value.length);
        }
        assert.equal(chainOf(bytes, sizes), crc32(bytes, 0, end, 0));
        bytes[at % end] = (bytes[at % end] as number) ^ (1 << (bit % 8));
        assert.notEqual(chainOf(bytes, sizes), crc32(bytes, 0, end, 0));
      }),
    );
  });
});

function chainOf(bytes: Uint8Array, sizes: readonly number[]): number {
  let chain = 0;
  let at = 0;
  for (const size of sizes) {
    chain = chainChecksum(chain, readU32(bytes, at + RECORD.checksum), OFFSET + at, size, SALT);
    at += size;
  }
  return chain;
}
