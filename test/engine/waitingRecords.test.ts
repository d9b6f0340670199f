import assert from 'node:assert/strict';
import { Keydir } from '../../src/engine/keydir.ts';
import type { KeydirRecord } from '../../src/engine/keydirEntries.ts';
import { LogReplayer } from '../../src/engine/logReplayer.ts';
import { Segment } from '../../src/engine/segment.ts';
import type { StorageFile } from '../../src/engine/storage.ts';
import { ENOUGH_WAITING, WaitingRecords } from '../../src/engine/waitingRecords.ts';
import { crc32 } from '../../src/format/crc32.ts';
import { OPERATION, type Operation } from '../../src/format/layout.ts';
import { SegmentScanner } from '../../src/format/segmentScanner.ts';
import { SeededRandom } from '../support/seededRandom.ts';
import { buildSegment, type Planned } from '../support/segmentBytes.ts';

const ID = 5;
const SLOT = 3;
const SEED = 11;
const NO_FILE = {} as StorageFile;

interface Waiting extends Omit<KeydirRecord, 'slot'> {
  readonly operation: Operation;
  readonly key: string;
}

function newSegment(): Segment {
  return new Segment({ id: ID, slot: SLOT, file: NO_FILE, state: 'sealed', sizeBytes: 0 });
}

/** Few keys, so that most groups hold some of them several times, and sequence numbers in no order. */
function makeRecords(count: number, keyCount: number, seed: number): Waiting[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const isDelete = random.oneIn(4);
    return {
      operation: isDelete ? OPERATION.del : OPERATION.put,
      key: `key ${'x'.repeat(random.below(9))}${random.below(keyCount)}`,
      offsetBytes: 32 + index * 64,
      valueLength: isDelete ? 0 : random.below(100),
      sequence: 1 + random.below(count * 2),
      expiryMs: isDelete || !random.oneIn(5) ? 0 : 2 ** 41 + index,
    };
  });
}

/** By key: its record, or that it is deleted as of a sequence number. */
function contents(keydir: Keydir, records: readonly Waiting[]): Map<string, KeydirRecord | number> {
  const found = new Map<string, KeydirRecord | number>();
  for (const { key } of records) {
    const record: KeydirRecord = { slot: 0, offsetBytes: 0, valueLength: 0, sequence: 0, expiryMs: 0 };
    const entry = keydir.find(Buffer.from(key), 0, key.length);
    if (entry !== -1) found.set(key, keydir.read(entry, record) ? record : record.sequence);
  }
  return found;
}

function takeOneByOne(records: readonly Waiting[], rememberDeletes: boolean, knownSequence: number): Keydir {
  const keydir = new Keydir(SEED);
  for (const { key, operation, sequence, ...fields } of records) {
    const bytes = Buffer.from(key);
    if (operation === OPERATION.del) keydir.del(bytes, 0, bytes.length, sequence, rememberDeletes);
    else if (sequence > knownSequence || keydir.find(bytes, 0, bytes.length) !== -1) {
      keydir.put(bytes, 0, bytes.length, { ...fields, sequence, slot: SLOT });
    }
  }
  return keydir;
}

function takeTogether(records: readonly Waiting[], rememberDeletes: boolean, knownSequence: number) {
  const keydir = new Keydir(SEED);
  const segment = newSegment();
  const waiting = new WaitingRecords();
  const keys = Buffer.from(records.map(({ key }) => key).join(''));
  let keyStart = 0;
  for (const record of records) {
    waiting.add(record, keyStart, record.key.length);
    keyStart += record.key.length;
  }
  assert.equal(waiting.count, records.length);
  waiting.takeInto({ keydir, segment, rememberDeletes, knownSequence }, keys);
  assert.equal(waiting.count, 0);
  return { keydir, segment };
}

describe('Records that wait for the keydir', () => {
  it('have the same outcome together as one by one, however many there are', () => {
    for (const count of [0, 1, 63, 64, 65, ENOUGH_WAITING - 1, ENOUGH_WAITING, ENOUGH_WAITING + 1, 3000]) {
      const records = makeRecords(count, Math.ceil(count / 3), count);
      for (const [rememberDeletes, knownSequence] of [
        [true, 0],
        [true, count],
        [false, 0],
      ] as const) {
        const expected = takeOneByOne(records, rememberDeletes, knownSequence);
        const { keydir } = takeTogether(records, rememberDeletes, knownSequence);
        assert.deepEqual(contents(keydir, records), contents(expected, records));
        assert.equal(keydir.count, expected.count);
        assert.deepEqual(keydir.usage(SLOT), expected.usage(SLOT));
        assert.equal(keydir.nextExpiryMs, expected.nextExpiryMs);
      }
    }
  });

  it('are counted by their segment', () => {
    const records = makeRecords(500, 100, 1);
    const { segment } = takeTogether(records, true, 0);
    const sequences = records.map(({ sequence }) => sequence);
    assert.equal(segment.recordCount, records.length);
    assert.equal(segment.tombstoneCount, records.filter(({ operation }) => operation === OPERATION.del).length);
    assert.equal(segment.minSequence, Math.min(...sequences));
    assert.equal(segment.maxSequence, Math.max(...sequences));
  });

  it('are gone once they are cleared', () => {
    const keydir = new Keydir(SEED);
    const waiting = new WaitingRecords();
    for (const record of makeRecords(300, 300, 2)) waiting.add(record, 0, 1);
    waiting.clear();
    waiting.takeInto({ keydir, segment: newSegment(), rememberDeletes: true, knownSequence: 0 }, new Uint8Array(1));
    assert.equal(keydir.count, 0);
  });
});

describe('Replaying a log', () => {
  /** Singles and batches by turns, both longer and shorter than what waits at most. */
  function makePlan(): Planned[] {
    const plan: Planned[] = [];
    let sequence = 0;
    const next = () => {
      sequence++;
      return { operation: OPERATION.put, key: `key ${sequence}`, value: `value ${sequence}`, sequence };
    };
    for (const length of [1, 700, 10, 300, 1]) {
      for (let index = 0; index < length; index++) plan.push(next());
      plan.push({ batch: Array.from({ length: length * 2 }, () => next()) });
    }
    return plan;
  }

  it('keeps nothing of the bytes it was shown', () => {
    const { bytes } = buildSegment(ID, makePlan());
    const keydir = new Keydir(SEED);
    const segment = newSegment();
    const replayer = new LogReplayer(keydir, segment, { applyBehindTrouble: false });
    const scanner = new SegmentScanner({ segmentId: ID, fileSizeBytes: bytes.length, crc32 });
    // One place for all windows, which the next one overwrites, as when a file is read.
    const window = new Uint8Array(4096);
    while (!scanner.done) {
      const from = scanner.wantOffsetBytes;
      const part = bytes.subarray(from, from + window.length);
      window.set(part);
      scanner.feed(window.subarray(0, part.length), replayer);
      window.fill(0x61);
    }
    assert.deepEqual(replayer.damages, []);
    assert.equal(segment.recordCount, 3 * (1 + 700 + 10 + 300 + 1));
    assert.equal(keydir.count, segment.recordCount);
    for (let sequence = 1; sequence <= segment.recordCount; sequence++) {
      const key = Buffer.from(`key ${sequence}`);
      const entry = keydir.find(key, 0, key.length);
      assert.equal(entry === -1 ? entry : keydir.sequenceOf(entry), sequence);
    }
  });

  it('takes nothing in behind damage, and all before it', () => {
    const { bytes, offsets } = buildSegment(
      ID,
      Array.from({ length: 100 }, (_, index) => {
        return { operation: OPERATION.put, key: `key ${index + 1}`, value: 'value', sequence: index + 1 };
      }),
    );
    const damaged = Uint8Array.from(bytes);
    damaged.fill(0xee, (offsets[70] as number) + 40, (offsets[70] as number) + 41);
    const keydir = new Keydir(SEED);
    const segment = newSegment();
    const replayer = new LogReplayer(keydir, segment, { applyBehindTrouble: false });
    new SegmentScanner({ segmentId: ID, fileSizeBytes: damaged.length, crc32 }).feed(damaged.subarray(32), replayer);
    assert.equal(replayer.firstTroubleBytes, offsets[70]);
    assert.equal(replayer.recordsBehindTrouble, 29);
    assert.equal(keydir.count, 70);
    assert.equal(segment.maxSequence, 70);
  });
});
