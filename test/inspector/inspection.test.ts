import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FILE_HEADER_SIZE } from '../../src/format/layout.ts';
import { parseFilter } from '../../src/shared/inspectorFilter.ts';
import type { LocateTarget } from '../../src/shared/inspectorMessages.ts';
import type { InspectorRow } from '../../src/shared/inspectorRows.ts';
import { openWhole, probe } from './inspectionProbe.ts';
import { SegmentBuilder, START_MS, segmentOf } from './segmentBuilder.ts';

function keyOf(row: InspectorRow | undefined): string | undefined {
  return row?.cells?.key?.text;
}

async function turns(): Promise<void> {
  for (let count = 0; count < 20; count++) await nextTurn();
}

describe('inspection of a segment', () => {
  it('shows the file header and every record in file order', async () => {
    const builder = new SegmentBuilder();
    const first = builder.add({ key: 'CH/ZH/Uster', value: '{"lat":47.35}' });
    const second = builder.add({ key: 'CH/ZH/Uster' });
    const subject = probe(builder.bytes());
    const progress = await openWhole(subject);
    assert.equal(progress.rowCount, 3);
    assert.equal(progress.recordCount, 2);
    assert.deepEqual(progress.operationCounts, [0, 1, 1, 0]);
    const page = await subject.inspection.rows({ view: 0, first: 0, count: 10 });
    assert.deepEqual(
      page.rows.map(({ kind, offsetBytes, cells }) => [kind, offsetBytes, cells?.operation]),
      [
        ['header', 0, 'header'],
        ['record', first, 'put'],
        ['record', second, 'del'],
      ],
    );
    assert.equal(keyOf(page.rows[1]), 'CH/ZH/Uster');
    assert.equal(page.rows[1]?.cells?.value?.text, '{"lat":47.35}');
    assert.equal(page.rows[1]?.cells?.checksum?.valid, true);
  });

  it('shows an empty segment as its header alone', async () => {
    const subject = probe(new SegmentBuilder().bytes());
    const progress = await openWhole(subject);
    assert.equal(progress.rowCount, 1);
    assert.equal(progress.damage.ranges, 0);
  });

  it('returns the same rows for every page size, also where the index holds only every other row', async () => {
    const subject = probe(segmentOf(70_000, (index) => ({ key: `k${index}`, value: `v${index}` })).bytes());
    const progress = await openWhole(subject);
    assert.equal(progress.rowCount, 70_001);
    for (const [first, count] of [
      [0, 3],
      [1, 1],
      [69_999, 10],
      [35_000, 500],
      [65_535, 4],
    ] as const) {
      const { rows } = await subject.inspection.rows({ view: 0, first, count });
      assert.equal(rows.length, Math.min(count, 70_001 - first));
      assert.deepEqual(
        rows.map(({ row }) => row),
        rows.map((_, index) => first + index),
      );
      const last = rows.at(-1);
      assert.equal(keyOf(last), `k${(last?.row ?? 0) - 1}`);
    }
  });

  it('marks exactly the record with a flipped bit and still says what its header says', async () => {
    const builder = new SegmentBuilder();
    builder.add({ key: 'a', value: 'one' });
    const damaged = builder.add({ key: 'b', value: 'two' });
    const after = builder.add({ key: 'c', value: 'three' });
    const bytes = builder.bytes();
    bytes[after - 1] = (bytes[after - 1] as number) ^ 1;
    const subject = probe(bytes);
    const progress = await openWhole(subject);
    assert.deepEqual(progress.damage, { ranges: 1, bytes: after - damaged });
    const { rows } = await subject.inspection.rows({ view: 0, first: 0, count: 10 });
    assert.deepEqual(
      rows.map(({ kind }) => kind),
      ['header', 'record', 'damage', 'record'],
    );
    const row = rows[2];
    assert.ok(row?.kind === 'damage');
    assert.equal(row.reason, 'bad checksum');
    assert.deepEqual([row.offsetBytes, row.sizeBytes], [damaged, after - damaged]);
    assert.equal(keyOf(row), 'b');
    assert.equal(row.cells?.checksum?.valid, false);
    assert.notEqual(row.cells?.checksum?.computed, row.cells?.checksum?.stored);
  });

  it('opens a file that was created at a time that no calendar shows', async () => {
    const subject = probe(new SegmentBuilder(7, Number.MAX_SAFE_INTEGER).bytes());
    await openWhole(subject);
    const created = (await subject.inspection.open()).summary.facts.find(({ label }) => label === 'created');
    assert.equal(created?.value, 'beyond year 9999');
  });

  it('tells the first rows of a file before it reads the rest of it', async () => {
    const subject = probe(segmentOf(5000, (index) => ({ key: `k${index}`, value: 'v'.repeat(100) })).bytes());
    const looked = await subject.inspection.look();
    await turns();
    assert.deepEqual(subject.indexReports, []);
    assert.equal(looked.firstRows?.rows.length, 100);
    assert.ok(looked.progress.rowCount >= 100 && !looked.progress.done);
    const indexed = subject.indexed();
    const opened = await subject.inspection.open();
    assert.deepEqual(opened.summary, looked.summary);
    assert.deepEqual(opened.firstRows?.rows, looked.firstRows?.rows);
    assert.equal((await indexed).rowCount, 5001);
  });

  it('tells all rows of a small file at once, and reports on it once it is opened', async () => {
    const subject = probe(segmentOf(3, (index) => ({ key: `k${index}`, value: 'value' })).bytes());
    const looked = await subject.inspection.look();
    await turns();
    assert.deepEqual(subject.indexReports, []);
    assert.deepEqual([looked.progress.rowCount, looked.progress.done, looked.firstRows?.rows.length], [4, true, 4]);
    const indexed = subject.indexed();
    await subject.inspection.open();
    assert.equal((await indexed).rowCount, 4);
  });

  it('tells of one file alone when another takes its place meanwhile', async () => {
    const subject = probe(segmentOf(3, (index) => ({ key: `k${index}`, value: 'value' })).bytes());
    const looking = subject.inspection.look();
    subject.file.bytes = new SegmentBuilder(9).bytes();
    subject.inspection.refresh();
    const { summary, progress, firstRows } = await looking;
    assert.equal(summary.segmentId, 9);
    assert.deepEqual([progress.rowCount, firstRows?.rows.length], [1, 1]);
  });

  it('shows a torn tail as one damaged range, and a file cut inside its header', async () => {
    const whole = segmentOf(3, (index) => ({ key: `k${index}`, value: 'value' })).bytes();
    const torn = probe(whole.subarray(0, whole.length - 2));
    assert.deepEqual((await openWhole(torn)).damage.ranges, 1);
    const { rows } = await torn.inspection.rows({ view: 0, first: 3, count: 1 });
    assert.equal(rows[0]?.kind === 'damage' && rows[0].reason, 'torn tail');
    const cut = probe(whole.subarray(0, FILE_HEADER_SIZE - 1));
    const progress = await openWhole(cut);
    assert.deepEqual([progress.rowCount, progress.damage.bytes], [1, FILE_HEADER_SIZE - 1]);
  });

  it('does not guess at the bytes of an unknown version', async () => {
    const bytes = segmentOf(3, (index) => ({ key: `k${index}`, value: 'value' })).bytes();
    bytes[9] = 2;
    const subject = probe(bytes);
    const progress = await openWhole(subject);
    assert.deepEqual([progress.rowCount, progress.damage.bytes], [1, bytes.length]);
    const { rows } = await subject.inspection.rows({ view: 0, first: 0, count: 1 });
    assert.equal(rows[0]?.kind === 'damage' && rows[0].reason, 'unknown version');
  });

  it('marks batches: the frame, its members, and a batch that lacks records', async () => {
    const builder = new SegmentBuilder();
    const whole = builder.batch([{ key: 'a', value: '1' }, { key: 'b' }]);
    const broken = builder.batch([{ key: 'c', value: '3' }], 2);
    const subject = probe(builder.bytes());
    const progress = await openWhole(subject);
    assert.equal(progress.incompleteGroups, 1);
    const { filterOperations, groupNames } = (await subject.inspection.open()).summary;
    assert.deepEqual(filterOperations, ['put', 'del', 'batch']);
    assert.deepEqual(groupNames, { one: 'batch', many: 'batches' });
    const { rows } = await subject.inspection.rows({ view: 0, first: 0, count: 10 });
    assert.equal(rows[0]?.cells?.note, 'file header');
    assert.deepEqual(
      rows.slice(1).map((row) => row.cells?.group),
      [
        { role: 'frame', name: 'batch', startBytes: whole, complete: true },
        { role: 'member', name: 'batch', startBytes: whole, complete: true },
        { role: 'member', name: 'batch', startBytes: whole, complete: true },
        { role: 'frame', name: 'batch', startBytes: broken, complete: false },
        { role: 'member', name: 'batch', startBytes: broken, complete: false },
      ],
    );
  });

  it('knows the batch of a record also when a page starts inside it', async () => {
    const builder = new SegmentBuilder();
    const frame = builder.batch(Array.from({ length: 100 }, (_, index) => ({ key: `k${index}`, value: 'v' })));
    builder.add({ key: 'after', value: 'v' });
    const subject = probe(builder.bytes());
    await openWhole(subject);
    const { rows } = await subject.inspection.rows({ view: 0, first: 60, count: 60 });
    assert.deepEqual(rows[0]?.cells?.group, { role: 'member', name: 'batch', startBytes: frame, complete: true });
    assert.equal(rows.at(-1)?.cells?.group, undefined);
  });

  it('reads records larger than its buffers', async () => {
    const large = new Uint8Array(3_000_000).fill(0x61);
    const builder = new SegmentBuilder();
    builder.add({ key: 'before', value: 'v' });
    builder.add({ key: 'large', value: large });
    builder.add({ key: 'after', value: 'v' });
    const subject = probe(builder.bytes());
    assert.equal((await openWhole(subject)).recordCount, 3);
    const { rows } = await subject.inspection.rows({ view: 0, first: 1, count: 3 });
    assert.deepEqual(rows.map(keyOf), ['before', 'large', 'after']);
    const detail = await subject.inspection.detail(rows[1] as InspectorRow);
    assert.equal(detail?.fields.at(-1)?.sizeBytes, large.length);
    assert.ok((detail?.bytes.length ?? 0) < large.length);
  });

  describe('a file that grows', () => {
    it('indexes only what was appended', async () => {
      const builder = segmentOf(10, (index) => ({ key: `k${index}`, value: 'v' }));
      const subject = probe(builder.bytes());
      await openWhole(subject);
      builder.add({ key: 'new', value: 'v' });
      subject.file.bytes = builder.bytes();
      const again = subject.indexed();
      subject.inspection.refresh();
      assert.equal((await again).rowCount, 12);
      assert.deepEqual(subject.changes, ['grew']);
      const { rows } = await subject.inspection.rows({ view: 0, first: 11, count: 1 });
      assert.equal(keyOf(rows[0]), 'new');
    });

    it('turns a torn tail and an open batch into records once the rest arrives, at every cut', async () => {
      const builder = new SegmentBuilder();
      builder.add({ key: 'first', value: 'v' });
      const batch = builder.batch([
        { key: 'a', value: '1' },
        { key: 'b', value: '2' },
      ]);
      builder.add({ key: 'last', value: 'v' });
      const whole = builder.bytes();
      for (let cut = batch; cut < whole.length; cut++) {
        const subject = probe(whole.slice(0, cut));
        await openWhole(subject);
        subject.file.bytes = whole;
        const again = subject.indexed();
        subject.inspection.refresh();
        const progress = await again;
        assert.deepEqual([progress.rowCount, progress.recordCount, progress.damage.ranges], [6, 5, 0], `cut at ${cut}`);
        assert.deepEqual([progress.incompleteGroups, progress.damage.bytes], [0, 0], `cut at ${cut}`);
        const { recordBytes, damagedBytes } = subject.inspection.overview();
        const sum = (blocks: Float64Array) => blocks.reduce((total, value) => total + value, 0);
        assert.deepEqual([sum(recordBytes), sum(damagedBytes)], [whole.length - FILE_HEADER_SIZE, 0], `cut at ${cut}`);
      }
    });

    it('starts over when the file was cut, and says when it is gone', async () => {
      const builder = segmentOf(10, (index) => ({ key: `k${index}`, value: 'v' }));
      const subject = probe(builder.bytes());
      await openWhole(subject);
      subject.file.bytes = segmentOf(2, (index) => ({ key: `n${index}`, value: 'v' })).bytes();
      const again = subject.indexed();
      subject.inspection.refresh();
      assert.equal((await again).rowCount, 3);
      subject.file.gone = true;
      subject.inspection.refresh();
      assert.deepEqual(subject.changes, ['replaced', 'gone']);
    });
  });

  describe('with more damage than its index lists one by one', () => {
    const PAIRS = 70_000;

    it('goes from each damaged range to the next and the previous one, and round the ends', async () => {
      const builder = new SegmentBuilder();
      const damaged: number[] = [];
      for (let index = 0; index < PAIRS; index++) {
        damaged.push(builder.add({ key: `bad${index}`, value: 'v' }));
        builder.add({ key: `good${index}`, value: 'v' });
      }
      const bytes = builder.bytes();
      for (const offset of damaged) bytes[offset + 40] = (bytes[offset + 40] as number) ^ 1;
      const subject = probe(bytes);
      assert.equal((await openWhole(subject)).damage.ranges, PAIRS);
      const step = async (row: number, direction: 'next' | 'previous') => {
        const located = await subject.inspection.adjacentDamage(row, direction);
        assert.ok(located);
        const { ordinal, total, offsetBytes } = located;
        assert.deepEqual([located.row, total, offsetBytes], [2 * ordinal - 1, PAIRS, damaged[ordinal - 1]]);
        return ordinal;
      };
      // Row 0 is the header, row 2n - 1 the nth damaged range.
      assert.deepEqual([await step(0, 'next'), await step(0, 'previous')], [1, PAIRS]);
      for (const ordinal of [2, 3, 1001, 65_535, 65_536, 65_537, PAIRS - 1]) {
        const row = 2 * ordinal - 1;
        assert.deepEqual([await step(row, 'next'), await step(row, 'previous')], [ordinal + 1, ordinal - 1]);
        assert.deepEqual([await step(row - 1, 'next'), await step(row + 1, 'previous')], [ordinal, ordinal]);
      }
      assert.deepEqual([await step(2 * PAIRS - 1, 'next'), await step(2 * PAIRS, 'next')], [1, 1]);
      assert.equal(await step(1, 'previous'), PAIRS);
    });

    it('knows of each batch whether it lacks records', async () => {
      const builder = new SegmentBuilder();
      const members = [{ key: 'k', value: 'v' }];
      for (let index = 0; index < PAIRS; index++) {
        builder.batch(members, 2);
        builder.batch(members);
      }
      const subject = probe(builder.bytes());
      assert.equal((await openWhole(subject)).incompleteGroups, PAIRS);
      for (const first of [1, 4 * 1000 + 1, 4 * 65_536 + 1, 4 * (PAIRS - 3) + 1]) {
        const { rows } = await subject.inspection.rows({ view: 0, first, count: 12 });
        const marks = rows.map(({ cells }) => cells?.group?.complete);
        assert.deepEqual(
          marks,
          [1, 2, 3].flatMap(() => [false, false, true, true]),
        );
      }
    });
  });

  describe('going to a place', () => {
    const COUNT = 70_000;
    const builder = segmentOf(COUNT, (index) => ({
      key: `k${index}`,
      value: 'v',
      timestampMs: 1_000_000 + index * 10,
    }));
    const bytes = builder.bytes();
    const subject = probe(bytes);
    before(() => openWhole(subject));

    it('finds a row, an offset inside a record, an offset from the end, a share of the file', async () => {
      const { inspection } = subject;
      assert.equal((await inspection.locate({ kind: 'row', row: 12_345 }, 0))?.row, 12_345);
      const { rows } = await inspection.rows({ view: 0, first: 40_000, count: 1 });
      const offsetBytes = rows[0]?.offsetBytes ?? 0;
      assert.equal((await inspection.locate({ kind: 'offset', offsetBytes: offsetBytes + 5 }, 0))?.row, 40_000);
      assert.equal((await inspection.locate({ kind: 'offset', offsetBytes: -1 }, 0))?.row, COUNT);
      assert.equal((await inspection.locate({ kind: 'percent', percent: 0 }, 0))?.row, 0);
      for (const beyond of [
        { kind: 'row', row: COUNT + 1 },
        { kind: 'offset', offsetBytes: Number.MAX_SAFE_INTEGER },
        { kind: 'sequence', sequence: COUNT + 1 },
      ] as const) {
        const { row, isBefore } = (await inspection.locate(beyond, 0)) ?? {};
        assert.deepEqual([row, isBefore], [COUNT, true], beyond.kind);
      }
      assert.equal((await inspection.locate({ kind: 'row', row: COUNT }, 0))?.isBefore, undefined);
      assert.equal((await inspection.locate({ kind: 'percent', percent: 100 }, 0))?.row, COUNT);
    });

    it('finds the first record of a time and a sequence number', async () => {
      const { inspection } = subject;
      assert.equal((await inspection.locate({ kind: 'time', timeMs: 1_000_000 + 50_000 * 10 - 3 }, 0))?.row, 50_001);
      assert.equal((await inspection.locate({ kind: 'sequence', sequence: 1 }, 0))?.row, 1);
      assert.equal((await inspection.locate({ kind: 'sequence', sequence: 69_123 }, 0))?.row, 69_123);
    });
  });

  describe('going to a number in a segment that compaction wrote', () => {
    const COUNT = 9000;
    // In no order, as records of several segments come; of five numbers, four were of records that were dropped.
    const numbers = Array.from({ length: COUNT }, (_, index) => 5 * ((index * 2749) % COUNT) + 1);
    const timeOf = (sequence: number) => 1_000_000 + sequence * 10;
    const bytes = segmentOf(COUNT, (index) => {
      const sequence = numbers[index] as number;
      return { key: `k${sequence}`, value: 'v'.repeat(50), sequence, timestampMs: timeOf(sequence) };
    }).bytes();
    const subject = probe(bytes);
    before(() => openWhole(subject));

    const rowOf = (sequence: number) => numbers.indexOf(sequence) + 1;

    it('finds each record by its number and its time, and says when another one is the next higher', async () => {
      for (let index = 3; index < COUNT; index += 271) {
        const sequence = 5 * index + 1;
        const { offsetBytes } =
          (await subject.inspection.rows({ view: 0, first: rowOf(sequence), count: 1 })).rows[0] ?? {};
        const place = { position: rowOf(sequence), row: rowOf(sequence), offsetBytes };
        const locate = (target: LocateTarget) => subject.inspection.locate(target, 0);
        assert.deepEqual(await locate({ kind: 'sequence', sequence }), place);
        assert.deepEqual(await locate({ kind: 'sequence', sequence: sequence - 2 }), { ...place, isNextNumber: true });
        assert.deepEqual(await locate({ kind: 'time', timeMs: timeOf(sequence) }), place);
        assert.deepEqual(await locate({ kind: 'time', timeMs: timeOf(sequence) - 15 }), place);
      }
      const beyond = await subject.inspection.locate({ kind: 'sequence', sequence: 5 * COUNT }, 0);
      assert.deepEqual([beyond?.row, beyond?.isBefore, beyond?.isNextNumber], [COUNT, true, undefined]);
    });

    it('finds it among the rows of a filter and of an order', async () => {
      const filtered = subject.filtered();
      const parsed = parseFilter('seq:>20000');
      assert.ok(parsed.ok);
      const view = await subject.inspection.setFilter(parsed.filter);
      await filtered;
      const kept = numbers.filter((sequence) => sequence > 20_000);
      const located = await subject.inspection.locate({ kind: 'sequence', sequence: 25_001 }, view);
      assert.deepEqual([located?.position, located?.row], [kept.indexOf(25_001), rowOf(25_001)]);
      const least = await subject.inspection.locate({ kind: 'sequence', sequence: 7 }, view);
      assert.deepEqual([least?.row, least?.isNextNumber], [rowOf(20_001), true]);
      const order = { column: 'sequence', descending: false } as const;
      const sorted = await subject.inspection.sort({ view, order });
      const inOrder = await subject.inspection.locate({ kind: 'time', timeMs: timeOf(20_010) }, sorted?.view ?? 0);
      assert.deepEqual([inOrder?.position, inOrder?.row], [2, rowOf(20_011)]);
    });

    it('is not misled before the file has been read', async () => {
      const early = probe(bytes);
      const whole = openWhole(early);
      for (const sequence of [1, 3001, 20_001, 44_996]) {
        const peeked = await early.inspection.peek({ kind: 'sequence', sequence });
        const found = peeked?.row.kind === 'record' ? peeked.row.cells.sequence : sequence;
        assert.equal(found, sequence);
        assert.equal(await early.inspection.peek({ kind: 'sequence', sequence: sequence + 1 }), undefined);
      }
      await whole;
      assert.equal(await early.inspection.peek({ kind: 'time', timeMs: timeOf(20_001) }), undefined);
    });

    it('ends a walk that nobody waits for, and lets others have their turn', async () => {
      const target = { kind: 'sequence', sequence: 5 * COUNT } as const;
      const ended = subject.inspection.locate(target, 0);
      const last = subject.inspection.locate(target, 0);
      assert.equal(await ended, undefined);
      assert.equal((await last)?.isBefore, true);
      const left = subject.inspection.locate(target, 0);
      subject.inspection.leave();
      assert.equal(await left, undefined);
    });
  });

  it('reads little to go to a number of a log that has grown, also where a batch at its end was cut off', async () => {
    const value = 'v'.repeat(1000);
    const builder = segmentOf(9000, () => ({ key: 'k', value }));
    // The frame of a batch has the number of the first record in it.
    const members = [9001, 9002, 9003].map((sequence) => ({
      key: 'b',
      value,
      sequence,
      timestampMs: START_MS + 90_010,
    }));
    const cut = builder.batch(members) + 2300;
    for (let sequence = 9004; sequence <= 12_000; sequence++) builder.add({ key: 'k', value, sequence });
    const bytes = builder.bytes();
    const subject = probe(bytes.slice(0, cut));
    await openWhole(subject);
    const indexed = subject.indexed();
    subject.file.bytes = bytes;
    subject.inspection.refresh();
    await indexed;
    let readBytes = 0;
    const read = subject.file.read.bind(subject.file);
    subject.file.read = (target, offsetBytes) => {
      readBytes += target.length;
      return read(target, offsetBytes);
    };
    for (const sequence of [8000, 10_000]) {
      const { row } = (await subject.inspection.locate({ kind: 'sequence', sequence }, 0)) ?? {};
      assert.equal(row, sequence < 9000 ? sequence : sequence + 1);
    }
    assert.equal((await subject.inspection.locate({ kind: 'sequence', sequence: 12_001 }, 0))?.isBefore, true);
    assert.ok(readBytes < bytes.length / 2, `${readBytes} bytes of ${bytes.length}`);
  });

  it('describes every byte of a record once, and the range that its checksum covers', async () => {
    const builder = new SegmentBuilder();
    builder.add({ key: 'key', value: 'value', expiryMs: 2_000_000_000_000 });
    builder.batch([{ key: 'x', value: 'y' }]);
    const subject = probe(builder.bytes());
    await openWhole(subject);
    const { rows } = await subject.inspection.rows({ view: 0, first: 0, count: 4 });
    for (const [row, place] of rows.entries()) {
      const detail = await subject.inspection.detail(place);
      let end = 0;
      for (const field of detail?.fields ?? []) {
        assert.equal(field.offsetBytes, end, `${row}: ${field.name}`);
        end += field.sizeBytes;
      }
      assert.equal(end, detail?.row.sizeBytes);
      const checksum = detail?.fields.find(({ name }) => name === 'checksum');
      assert.equal(checksum?.problem, false);
      assert.equal((checksum?.covers?.sizeBytes ?? 0) + 4, detail?.row.sizeBytes);
    }
  });
});
