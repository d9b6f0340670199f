import assert from 'node:assert/strict';
import { crc32, segmentSalt } from '../../src/format/crc32.ts';
import {
  BATCH_FRAME_SIZE,
  FILE_HEADER_SIZE,
  MAX_RECORD_OFFSET,
  OPERATION,
  type Operation,
  RECORD_FLAG,
  RECORD_HEADER_SIZE,
} from '../../src/format/layout.ts';
import { bindToOffset, encodeRecord, recordSize } from '../../src/format/record.ts';
import { type SegmentDamage, SegmentScanner, scanSegmentBytes } from '../../src/format/segmentScanner.ts';
import { everyByteChange, everyTruncation } from '../support/byteMutations.ts';
import { LARGEST_RECORD_BYTES, type LoggedRecord, type ScanLog, scanToLog } from '../support/scanLog.ts';
import { type BuiltSegment, buildSegment, CREATED_MS, type Planned, toBytes } from '../support/segmentBytes.ts';

const ID = 7;

/** Items 0 to 6; 4 is a batch of three. */
const PLAN: readonly Planned[] = [
  { key: 'first', value: 'one', sequence: 1, flags: RECORD_FLAG.afterSync },
  { key: Uint8Array.of(0xff, 0x00, 0xc3, 0x28), value: '', sequence: 2 },
  { key: 'first', sequence: 3 },
  { key: 'soon over', value: 'x'.repeat(70), sequence: 4, expiryMs: CREATED_MS + 1 },
  {
    batch: [
      { key: 'a', value: '1', sequence: 5 },
      { key: 'b', sequence: 6 },
      { key: 'c', value: '3', sequence: 7 },
    ],
  },
  { key: 'x', value: 'after the batch', sequence: 8, flags: RECORD_FLAG.afterSync },
  { key: 'last', value: '.', sequence: 9 },
];
const BATCH_ITEM = 4;

function scan(segment: BuiltSegment, windowBytes?: number): ScanLog {
  return scanToLog(segment.bytes, windowBytes === undefined ? { segmentId: ID } : { segmentId: ID, windowBytes });
}

function keysOf(log: ScanLog): string[] {
  return log.records.map((record) => Buffer.from(record.key, 'hex').toString());
}

describe('scan from anywhere in a segment', () => {
  const { bytes, offsets } = buildSegment(ID, PLAN);

  it('reports the records that start there or behind, and no damage', () => {
    const whole = scanToLog(bytes, { segmentId: ID });
    for (let anywhereBytes = FILE_HEADER_SIZE; anywhereBytes < bytes.length; anywhereBytes++) {
      for (const windowBytes of [1, 50, bytes.length]) {
        const { records, damages } = scanToLog(bytes, { segmentId: ID, anywhereBytes, windowBytes });
        const expected = whole.records.filter(({ offset }) => offset >= anywhereBytes);
        // Of a batch whose frame was not seen nothing is known.
        const unplaced = (found: LoggedRecord[]) => found.map(({ membership: _, ...record }) => record);
        assert.deepEqual(unplaced(records), unplaced(expected));
        assert.deepEqual(damages, []);
      }
    }
  });

  it('reports damage behind the first record that it finds', () => {
    const damaged = bytes.slice();
    const at = offsets[2] as number;
    damaged[at + 5] = 0xff;
    const anywhereBytes = (offsets[0] as number) + 1;
    const { records, damages } = scanToLog(damaged, { segmentId: ID, anywhereBytes });
    assert.deepEqual([records[0]?.offset, damages.map(({ offsetBytes }) => offsetBytes)], [offsets[1], [at]]);
    const behind = scanToLog(damaged, { segmentId: ID, anywhereBytes: at + 1 });
    assert.deepEqual([behind.records[0]?.offset, behind.damages], [offsets[3], []]);
  });

  it('reports nothing where no record follows', () => {
    const { records, damages } = scanToLog(bytes, { segmentId: ID, anywhereBytes: (offsets.at(-1) as number) + 1 });
    assert.deepEqual([records, damages], [[], []]);
  });
});

describe('scan of a sound segment', () => {
  const segment = buildSegment(ID, PLAN);

  it('reports every record with all its fields, in order', () => {
    const log = scan(segment);
    const frameAt = segment.offsets[BATCH_ITEM] as number;
    const endOfBatch = segment.offsets[BATCH_ITEM + 1] as number;
    assert.deepEqual(log.damages, []);
    assert.deepEqual(log.batches, [{ frameOffsetBytes: frameAt, endOffsetBytes: endOfBatch, complete: true }]);
    assert.equal(log.validEnd, segment.bytes.length);
    assert.deepEqual(
      log.records.map(({ operation, sequence, flags, membership }) => [operation, sequence, flags, membership]),
      [
        ['put', 1, 2, 'none'],
        ['put', 2, 0, 'none'],
        ['del', 3, 0, 'none'],
        ['put', 4, 0, 'none'],
        ['batch', 5, 0, 'none'],
        ['put', 5, 1, 'member'],
        ['del', 6, 1, 'member'],
        ['put', 7, 1, 'member'],
        ['put', 8, 2, 'none'],
        ['put', 9, 0, 'none'],
      ],
    );
    assert.deepEqual(log.records[1], {
      offset: segment.offsets[1],
      size: RECORD_HEADER_SIZE + 4,
      operation: 'put',
      flags: 0,
      sequence: 2,
      timestamp: CREATED_MS + 2,
      expiry: 0,
      key: 'ff00c328',
      value: '',
      membership: 'none',
    });
    assert.equal(log.records[3]?.expiry, CREATED_MS + 1);
    assert.equal(log.records[3]?.value, '78'.repeat(70));
  });

  it('reports the same through windows of every size', () => {
    const whole = scan(segment);
    for (let windowBytes = 1; windowBytes <= segment.bytes.length + 1; windowBytes++) {
      assert.deepEqual(scan(segment, windowBytes), whole, `windows of ${windowBytes} bytes`);
    }
  });

  it('reports nothing for a file of only a header', () => {
    const empty = buildSegment(ID, []);
    assert.deepEqual(scan(empty), { records: [], damages: [], batches: [], validEnd: FILE_HEADER_SIZE });
  });

  it('finds nothing with the id of another segment', () => {
    const log = scanToLog(segment.bytes, { segmentId: ID + 1 });
    assert.deepEqual(log.records, []);
    assert.equal(log.damages.length, 1);
    assert.deepEqual(pick(log.damages[0]), [FILE_HEADER_SIZE, segment.bytes.length, 'bad-checksum', true]);
  });

  it('starts at the record that it is told to start at', () => {
    const startOffsetBytes = segment.offsets[5] as number;
    const seen: number[] = [];
    scanSegmentBytes(
      segment.bytes,
      { segmentId: ID, crc32, startOffsetBytes },
      {
        record: (record) => seen.push(record.sequence),
        damage: () => assert.fail('damage'),
        batchEnd: () => assert.fail('batch'),
      },
    );
    assert.deepEqual(seen, [8, 9]);
  });
});

describe('scan of files at the border of buffers', () => {
  const WINDOW = 256;
  for (const buffers of [1, 2, 3]) {
    for (const difference of [-1, 0, 1]) {
      const size = buffers * WINDOW + difference;
      it(`reads a file of ${size} bytes through buffers of ${WINDOW}`, () => {
        // Two small records, and a last one that fills the file up to exactly this size.
        const head = buildSegment(ID, PLAN.slice(0, 2));
        const fill = size - head.bytes.length - recordSize(1, 0);
        const segment = buildSegment(ID, [
          ...PLAN.slice(0, 2),
          { key: 'f', value: new Uint8Array(fill).fill(0x66), sequence: 3 },
        ]);
        assert.equal(segment.bytes.length, size);
        const log = scan(segment, WINDOW);
        assert.deepEqual(log.damages, []);
        assert.deepEqual(
          log.records.map((record) => record.size),
          [recordSize(5, 3), recordSize(4, 0), recordSize(1, fill)],
        );
        assert.equal(log.validEnd, size);
      });
    }
  }
});

describe('scan of a segment cut at every byte', () => {
  const segment = buildSegment(ID, PLAN);
  const whole = scan(segment);

  it('reports what lies before the cut, and the rest as damage that reaches the end', () => {
    for (const bytes of everyTruncation(segment.bytes)) {
      if (bytes.length < FILE_HEADER_SIZE) {
        assert.deepEqual(scanToLog(bytes, { segmentId: ID }).records, []);
        continue;
      }
      const log = scanToLog(bytes, { segmentId: ID });
      const cut = bytes.length;
      const before = whole.records.filter((record) => record.offset + record.size <= cut);
      assert.deepEqual(log.records, before, `cut at ${cut}`);
      const end = before.reduce((_, record) => record.offset + record.size, FILE_HEADER_SIZE);
      const reason = cut - end < RECORD_HEADER_SIZE ? 'short-header' : 'short-body';
      assert.deepEqual(log.damages.map(pick), end === cut ? [] : [[end, cut, reason, true]], `cut at ${cut}`);
      const [frameAt, batchEnd] = segment.offsets.slice(BATCH_ITEM) as [number, number];
      const hasFrame = cut >= frameAt + BATCH_FRAME_SIZE;
      assert.deepEqual(
        log.batches.map((batch) => batch.complete),
        hasFrame ? [cut >= batchEnd] : [],
        `cut at ${cut}`,
      );
      assert.equal(log.validEnd, hasFrame && cut < batchEnd ? frameAt : end, `cut at ${cut}`);
    }
  });
});

describe('scan of a segment with any byte changed', () => {
  const segment = buildSegment(ID, PLAN);
  const whole = scan(segment);

  it('loses exactly the record that was changed', () => {
    for (const { bytes, at, description } of everyByteChange(segment.bytes)) {
      const log = scanToLog(bytes, { segmentId: ID });
      const hit = whole.records.find((record) => at >= record.offset && at < record.offset + record.size);
      if (hit === undefined) {
        assert.deepEqual(log, whole, description);
        continue;
      }
      const end = hit.offset + hit.size;
      assert.deepEqual(withoutMembership(log), withoutMembership(whole, hit), description);
      assert.deepEqual(
        log.damages.map(({ offsetBytes, sizeBytes, reachesEnd }) => [offsetBytes, sizeBytes, reachesEnd]),
        [[hit.offset, hit.size, end === bytes.length]],
        description,
      );
      assert.deepEqual(log.batches, batchesWithout(hit), description);
    }
  });

  it('calls members whose frame is gone orphans', () => {
    const frameAt = segment.offsets[BATCH_ITEM] as number;
    for (const { bytes, at } of everyByteChange(segment.bytes)) {
      if (at < frameAt || at >= frameAt + BATCH_FRAME_SIZE) continue;
      const inBatch = scanToLog(bytes, { segmentId: ID }).records.filter((record) => (record.flags & 1) !== 0);
      assert.deepEqual(
        inBatch.map((record) => record.membership),
        ['orphan', 'orphan', 'orphan'],
      );
    }
  });

  it('does so through small windows too', () => {
    for (const { bytes, at, description } of everyByteChange(segment.bytes)) {
      if (at % 5 !== 0) continue;
      const log = scanToLog(bytes, { segmentId: ID });
      for (const windowBytes of [1, 37, 64, 100]) {
        assert.deepEqual(scanToLog(bytes, { segmentId: ID, windowBytes }), log, `${description}, ${windowBytes}`);
      }
    }
  });

  function batchesWithout(hit: LoggedRecord) {
    const [frameOffsetBytes, endOffsetBytes] = segment.offsets.slice(BATCH_ITEM) as [number, number];
    if (hit.offset === frameOffsetBytes) return [];
    const complete = hit.offset < frameOffsetBytes || hit.offset >= endOffsetBytes;
    return [{ frameOffsetBytes, endOffsetBytes, complete }];
  }
});

describe('the next valid record after damage', () => {
  it('is found behind garbage of every length', () => {
    for (let length = 1; length <= 2 * RECORD_HEADER_SIZE; length++) {
      for (const fill of [0x00, 0x01, 0xff]) {
        const raw = new Uint8Array(length).fill(fill);
        const plan: Planned[] = [PLAN[0] as Planned, { raw }, { key: 'k', value: 'v', sequence: 2 }];
        const segment = buildSegment(ID, plan);
        const log = scan(segment);
        assert.deepEqual(keysOf(log), ['first', 'k']);
        assert.equal(log.damages.length, 1);
        const [from, to, reason, reachesEnd] = pick(log.damages[0]);
        assert.deepEqual([from, to, reachesEnd], [segment.offsets[1], segment.offsets[2], false]);
        if (fill === 0xff && length >= RECORD_HEADER_SIZE) assert.equal(reason, 'impossible-length');
        if (fill === 0x00 && length >= RECORD_HEADER_SIZE) assert.equal(reason, 'zeros');
      }
    }
  });

  it('is not one in a copy of a segment that somebody stored as a value', () => {
    const copy = buildSegment(ID, PLAN).bytes;
    const plan: Planned[] = [PLAN[0] as Planned, { key: 'backup', value: copy, sequence: 2 }];
    const segment = buildSegment(ID, [...plan, { key: 'next', value: 'v', sequence: 3 }]);
    const outer = segment.offsets[1] as number;
    for (const { bytes, at, description } of everyByteChange(segment.bytes)) {
      if (at < outer || at >= outer + RECORD_HEADER_SIZE + 12) continue;
      const log = scanToLog(bytes, { segmentId: ID });
      assert.deepEqual(keysOf(log), ['first', 'next'], description);
      assert.deepEqual(
        log.damages.map(pick).map(([from, to]) => [from, to]),
        [[outer, segment.offsets[2]]],
      );
    }
    const torn = buildSegment(ID, plan).bytes;
    const log = scanToLog(torn.subarray(0, torn.length - 3), { segmentId: ID });
    assert.deepEqual(keysOf(log), ['first']);
    assert.deepEqual(log.damages.map(pick), [[outer, torn.length - 3, 'short-body', true]]);
  });

  it('is not one that a misdirected write put at another offset', () => {
    const { bytes, offsets } = buildSegment(ID, PLAN.slice(0, 2));
    const record = bytes.subarray(offsets[0], offsets[1]);
    const log = scan(buildSegment(ID, [{ raw: new Uint8Array(1) }, { raw: record }]));
    assert.deepEqual(log.records, []);
  });

  it('reports the stored and the computed checksum of the record at the beginning of the damage', () => {
    const segment = buildSegment(ID, PLAN.slice(0, 2));
    const start = segment.offsets[0] as number;
    const stored = new DataView(segment.bytes.buffer).getUint32(start, true);
    segment.bytes[start + RECORD_HEADER_SIZE] = 0x46;
    const fresh = buildSegment(ID, [{ ...(PLAN[0] as object), key: 'First' } as Planned]);
    const computed = new DataView(fresh.bytes.buffer).getUint32(start, true);
    const [damage] = scan(segment).damages;
    assert.equal(damage?.reason, 'bad-checksum');
    assert.equal(damage?.storedChecksum, stored);
    assert.equal(damage?.computedChecksum, computed);
    assert.notEqual(stored, computed);
  });
});

describe('the budget of a search', () => {
  /** Headers of 48 bytes, each promising a body of 3 MiB: a search would checksum 3 MiB for each. */
  function falseHeaders(sizeBytes: number): Uint8Array {
    const bytes = new Uint8Array(sizeBytes);
    const view = new DataView(bytes.buffer);
    for (let at = 0; at + 48 <= sizeBytes; at += 48) {
      view.setUint16(at + 4, 1, true);
      view.setUint32(at + 6, 3 << 20, true);
      view.setUint8(at + 10, OPERATION.put);
      view.setUint8(at + 12, 1);
    }
    return bytes;
  }

  it('ends the search in a file made of false headers, and says that what follows is not known', () => {
    const segment = buildSegment(ID, [{ raw: falseHeaders(8 << 20) }, { key: 'k', value: 'v', sequence: 1 }]);
    let checksummedBytes = 0;
    const counting: typeof crc32 = (_bytes, start, end) => {
      checksummedBytes += end - start;
      return 0;
    };
    const damages: SegmentDamage[] = [];
    scanSegmentBytes(
      segment.bytes,
      { segmentId: ID, crc32: counting },
      { record: () => assert.fail('record'), damage: (damage) => damages.push(damage), batchEnd: () => undefined },
    );
    assert.deepEqual(damages.map(pick), [[FILE_HEADER_SIZE, segment.bytes.length, 'search-limit', false]]);
    const budget = 2 ** 28;
    // Two checksums of the record at the start, one for the check and one for the report, are not of the search.
    const atTheStart = 2 * (3 << 20) + 200;
    assert.ok(checksummedBytes <= budget + atTheStart, `${checksummedBytes} bytes were checksummed`);
    assert.ok(checksummedBytes > budget - atTheStart, `${checksummedBytes} bytes were checksummed`);
  });

  it('lasts for ordinary damage', () => {
    const segment = buildSegment(ID, [{ raw: falseHeaders(1 << 20) }, { key: 'k', value: 'v', sequence: 1 }]);
    assert.deepEqual(keysOf(scan(segment)), ['k']);
  });
});

describe('a record that this version does not know', () => {
  const known: Planned = { key: 'known', value: 'v', sequence: 2 };
  const next = { key: 'next', value: 'v', sequence: 3 };

  it('is stepped over when its operation is unknown', () => {
    for (const operation of [0, 4, 255]) {
      const unknown: Planned = { key: 'u', value: 'some value', sequence: 1, operation: operation as Operation };
      const segment = buildSegment(ID, [known, unknown, next]);
      const log = scan(segment);
      assert.deepEqual(keysOf(log), ['known', 'next']);
      assert.deepEqual(log.damages.map(pick), [[segment.offsets[1], segment.offsets[2], 'unknown-operation', false]]);
    }
  });

  it('is stepped over when it has unknown flags, also at the end', () => {
    for (const flags of [4, 8, 0x80, 0xff]) {
      const segment = buildSegment(ID, [known, { ...next, flags }]);
      const log = scan(segment);
      assert.deepEqual(keysOf(log), ['known']);
      assert.deepEqual(log.damages.map(pick), [[segment.offsets[1], segment.offsets[2], 'unknown-flags', false]]);
    }
  });

  it('makes the batch incomplete in which it stands', () => {
    const segment = buildSegment(ID, [
      {
        batch: [
          { key: 'a', value: '', sequence: 1 },
          { ...next, flags: 0x10 },
        ],
        promisedRecords: 2,
      },
      known,
    ]);
    const log = scan(segment);
    assert.deepEqual(
      log.batches.map((batch) => batch.complete),
      [false],
    );
    assert.deepEqual(keysOf(log), ['', 'a', 'known']);
  });
});

describe('sound checksums around impossible fields', () => {
  const cases: [string, Planned, string][] = [
    ['a put without a key', { key: '', value: 'v', sequence: 1 }, 'impossible-length'],
    ['a delete without a key', { key: '', sequence: 1 }, 'impossible-length'],
    ['a delete with a value', { key: 'k', value: 'v', sequence: 1, operation: OPERATION.del }, 'impossible-length'],
    ['a delete with an expiry', { key: 'k', sequence: 1, expiryMs: 5 }, 'impossible-value'],
    ['sequence number 0', { key: 'k', value: 'v', sequence: 0 }, 'impossible-value'],
    ['a sequence number above 2^53 - 1', { key: 'k', value: 'v', sequence: 2 ** 53 }, 'impossible-value'],
    ['a timestamp above 2^53 - 1', { key: 'k', value: 'v', sequence: 1, timestampMs: 2 ** 53 }, 'impossible-value'],
    ['an expiry above 2^53 - 1', { key: 'k', value: 'v', sequence: 1, expiryMs: 2 ** 60 }, 'impossible-value'],
    [
      'a frame with a key',
      { key: 'k', value: '12345678', sequence: 1, operation: OPERATION.batch },
      'impossible-length',
    ],
    ['a frame of 7 bytes', { key: '', value: '1234567', sequence: 1, operation: OPERATION.batch }, 'impossible-length'],
    ['a frame within a batch', { batch: [], flags: RECORD_FLAG.inBatch, promisedRecords: 1 }, 'impossible-value'],
    ['a frame of no records', { batch: [], promisedRecords: 0, promisedBytes: 0 }, 'impossible-length'],
    ['a frame of too few bytes', { batch: [], promisedRecords: 2, promisedBytes: 73 }, 'impossible-length'],
    ['a frame of too many bytes', { batch: [], promisedRecords: 1, promisedBytes: 2 ** 30 + 1 }, 'impossible-length'],
  ];
  for (const [title, planned, reason] of cases) {
    it(`damage: ${title}`, () => {
      const segment = buildSegment(ID, [planned, { key: 'next', value: 'v', sequence: 9 }]);
      const log = scan(segment);
      assert.deepEqual(keysOf(log), ['next']);
      assert.deepEqual(log.damages.map(pick), [[segment.offsets[0], segment.offsets[1], reason, false]]);
    });
  }

  it('accepts the limits themselves', () => {
    const limits = { sequence: 2 ** 53 - 1, timestampMs: 2 ** 53 - 1, expiryMs: 2 ** 53 - 1 };
    const key = new Uint8Array(0xffff).fill(1);
    const log = scan(buildSegment(ID, [{ key, value: '', ...limits }]), 1000);
    assert.deepEqual(log.damages, []);
    const [record] = log.records;
    assert.deepEqual(
      [record?.sequence, record?.timestamp, record?.expiry, record?.key.length],
      [2 ** 53 - 1, 2 ** 53 - 1, 2 ** 53 - 1, 2 * 0xffff],
    );
  });

  it('damage: a value longer than 256 MiB, whatever the file holds', () => {
    const header = new Uint8Array(64).fill(1);
    new DataView(header.buffer).setUint32(6, 2 ** 28 + 1, true);
    const log = scan(buildSegment(ID, [{ raw: header }]));
    assert.deepEqual(
      log.damages.map((damage) => damage.reason),
      ['impossible-length'],
    );
  });
});

describe('records beyond 4 GiB', () => {
  it('begin at most at the last offset that 32 bits hold', () => {
    for (const [offset, isRecord] of [
      [MAX_RECORD_OFFSET, true],
      [MAX_RECORD_OFFSET + 1, false],
    ] as const) {
      const bytes = new Uint8Array(recordSize(1, 1));
      const fields = { operation: OPERATION.put, flags: 0, sequence: 1, timestampMs: 0, expiryMs: 0 };
      encodeRecord(bytes, 0, { ...fields, key: toBytes('k'), value: toBytes('v') }, segmentSalt(ID), crc32);
      bindToOffset(bytes, bytes.length, offset);
      const fileSizeBytes = offset + bytes.length;
      const scanner = new SegmentScanner({ segmentId: ID, fileSizeBytes, crc32, startOffsetBytes: offset });
      const records: number[] = [];
      const damages: SegmentDamage[] = [];
      scanner.feed(bytes, {
        record: (record) => records.push(record.offsetBytes),
        damage: (damage) => damages.push(damage),
        batchEnd: () => undefined,
      });
      assert.ok(scanner.done);
      assert.deepEqual(records, isRecord ? [offset] : []);
      assert.deepEqual(damages.map(pick), isRecord ? [] : [[offset, fileSizeBytes, 'impossible-value', true]]);
    }
  });
});

describe('batches', () => {
  const members = [
    { key: 'a', value: '1', sequence: 1 },
    { key: 'b', value: '22', sequence: 2 },
  ];
  const outside = { key: 'z', value: '', sequence: 9 };
  const bytesOfMembers = recordSize(1, 1) + recordSize(1, 2);

  function completeness(plan: readonly Planned[]): boolean[] {
    return scan(buildSegment(ID, plan)).batches.map((batch) => batch.complete);
  }

  it('are complete with exactly the promised records and bytes', () => {
    assert.deepEqual(completeness([{ batch: members }, outside]), [true]);
    assert.deepEqual(completeness([{ batch: members }, { batch: members }]), [true, true]);
  });

  it('are incomplete with a record more or less than promised', () => {
    assert.deepEqual(completeness([{ batch: members, promisedRecords: 1 }, outside]), [false]);
    assert.deepEqual(completeness([{ batch: members, promisedRecords: 3, promisedBytes: 111 }, outside]), [false]);
  });

  it('are incomplete with bytes more or less than promised', () => {
    const promisedBytes = bytesOfMembers + 1;
    assert.deepEqual(completeness([{ batch: members, promisedBytes }, outside]), [false]);
    assert.deepEqual(completeness([{ batch: members, promisedBytes: bytesOfMembers - 1 }, outside]), [false]);
  });

  it('are incomplete when the file, another record or another frame comes before their end', () => {
    const promised = { promisedRecords: 3, promisedBytes: 3 * 40 };
    assert.deepEqual(completeness([{ batch: members, ...promised }]), [false]);
    assert.deepEqual(completeness([{ batch: members, ...promised }, outside]), [false]);
    assert.deepEqual(completeness([{ batch: members, ...promised }, { batch: members }]), [false, true]);
  });

  it('do not take in the members of a batch whose frame is damaged', () => {
    const segment = buildSegment(ID, [{ batch: members }, { batch: members }]);
    const secondFrame = segment.offsets[1] as number;
    segment.bytes[secondFrame] = (segment.bytes[secondFrame] as number) ^ 1;
    const log = scan(segment);
    assert.deepEqual(
      log.batches.map((batch) => batch.complete),
      [true],
    );
    assert.deepEqual(
      log.records.map((record) => record.membership),
      ['none', 'member', 'member', 'orphan', 'orphan'],
    );
  });

  it('stay incomplete when damage covers one’s end and the next one’s frame', () => {
    const segment = buildSegment(ID, [{ batch: members }, { batch: members }]);
    const secondFrame = segment.offsets[1] as number;
    segment.bytes.fill(0xee, secondFrame - 5, secondFrame + 5);
    const log = scan(segment);
    assert.deepEqual(
      log.batches.map((batch) => batch.complete),
      [false],
    );
    assert.deepEqual(
      log.records.map((record) => record.membership),
      ['none', 'member', 'orphan', 'orphan'],
    );
  });

  it('move the end of the valid bytes only when they are complete', () => {
    const segment = buildSegment(ID, [outside, { batch: members }]);
    const bytes = segment.bytes.subarray(0, segment.bytes.length - 1);
    assert.equal(scanToLog(bytes, { segmentId: ID }).validEnd, segment.offsets[1]);
    assert.equal(scan(segment).validEnd, segment.bytes.length);
  });
});

describe('a file that turns out to be shorter', () => {
  it('ends where the reads end', () => {
    const segment = buildSegment(ID, PLAN.slice(0, 3));
    const scanner = new SegmentScanner({ segmentId: ID, fileSizeBytes: segment.bytes.length + 500, crc32 });
    const sequences: number[] = [];
    const damages: SegmentDamage[] = [];
    const sink = {
      record: (record: { sequence: number }) => void sequences.push(record.sequence),
      damage: (damage: SegmentDamage) => void damages.push(damage),
      batchEnd: () => undefined,
    };
    scanner.feed(segment.bytes.subarray(FILE_HEADER_SIZE), sink);
    assert.equal(scanner.done, false);
    assert.equal(scanner.wantOffsetBytes, segment.bytes.length);
    scanner.truncate(segment.bytes.length);
    assert.equal(scanner.done, true);
    scanner.feed(new Uint8Array(0), sink);
    assert.deepEqual(sequences, [1, 2, 3]);
    assert.deepEqual(damages, []);
  });

  it('closes open damage at its new end', () => {
    const raw = new Uint8Array(50).fill(0xff);
    const { bytes, offsets } = buildSegment(ID, [{ raw }]);
    const scanner = new SegmentScanner({ segmentId: ID, fileSizeBytes: bytes.length + 500, crc32 });
    const damages: SegmentDamage[] = [];
    const sink = {
      record: () => assert.fail('record'),
      damage: (damage: SegmentDamage) => void damages.push(damage),
      batchEnd: () => undefined,
    };
    scanner.feed(bytes.subarray(FILE_HEADER_SIZE), sink);
    scanner.truncate(bytes.length);
    scanner.feed(new Uint8Array(0), sink);
    assert.deepEqual(damages.map(pick), [[offsets[0], bytes.length, 'impossible-length', true]]);
  });
});

describe('records within the value of a record that nobody would write', () => {
  it('have their own checksums checked, although that of the record around them is right', () => {
    const inner = { operation: OPERATION.put, flags: 0, timestampMs: 0, expiryMs: 0, value: new Uint8Array(20) };
    const size = recordSize(1, inner.value.length);
    const plan = (value: Uint8Array): Planned[] => [
      { key: 'before', value: 'sound', sequence: 1 },
      { key: 'around', value, sequence: 0 },
      { key: 'behind', value: 'sound', sequence: 4 },
    ];
    const { offsets } = buildSegment(ID, plan(new Uint8Array(size * 2)));
    const innerOffset = (offsets[1] as number) + recordSize(6, 0);
    const value = new Uint8Array(size * 2);
    const salt = segmentSalt(ID);
    encodeRecord(value, 0, { ...inner, sequence: 2, key: toBytes('i') }, salt, crc32);
    encodeRecord(value, size, { ...inner, sequence: 3, key: toBytes('j') }, salt, crc32);
    bindToOffset(value, value.length, innerOffset);
    value[value.length - 1] = 1;
    const segment = buildSegment(ID, plan(value));
    const log = scan(segment);
    assert.deepEqual(keysOf(log), ['before', 'i', 'behind']);
    assert.deepEqual(log.damages.map(pick), [
      [offsets[1], innerOffset, 'impossible-value', false],
      [innerOffset + size, offsets[2], 'bad-checksum', false],
    ]);
  });
});

describe('what a scanner wants', () => {
  it('is never more than the largest record', () => {
    const header = new Uint8Array(RECORD_HEADER_SIZE).fill(1);
    const view = new DataView(header.buffer);
    view.setUint16(4, 0xffff, true);
    view.setUint32(6, 2 ** 28, true);
    const scanner = new SegmentScanner({ segmentId: ID, fileSizeBytes: 2 ** 32, crc32 });
    const nothing = { record: () => undefined, damage: () => undefined, batchEnd: () => undefined };
    scanner.feed(header, nothing);
    assert.equal(scanner.wantBytes, LARGEST_RECORD_BYTES);
    assert.equal(LARGEST_RECORD_BYTES, 36 + 65_535 + 2 ** 28);
  });
});

function pick(damage: SegmentDamage | undefined): [number, number, string, boolean] {
  assert.ok(damage !== undefined);
  const { offsetBytes, sizeBytes, reason, reachesEnd } = damage;
  return [offsetBytes, offsetBytes + sizeBytes, reason, reachesEnd];
}

function withoutMembership(log: ScanLog, except?: LoggedRecord): unknown[] {
  return log.records.filter((record) => record !== except).map(({ membership: _, ...rest }) => rest);
}
