import assert from 'node:assert/strict';
import { crc32 } from '../../src/format/crc32.ts';
import {
  BATCH_FRAME,
  BATCH_FRAME_SIZE,
  FILE_HEADER,
  HINT_ENTRY,
  HINT_FIRST_ENTRY,
  RECORD,
  RECORD_HEADER_SIZE,
} from '../../src/format/layout.ts';
import { readU16, readU32, writeU32 } from '../../src/format/littleEndian.ts';
import { strataSegment } from '../../src/inspector/formats/strataSegment.ts';
import { MemoryFile } from '../../src/inspector/rangedFile.ts';
import type { Located, LocateTarget, RowPage } from '../../src/shared/inspectorMessages.ts';
import type { RowDetail } from '../../src/shared/inspectorRows.ts';
import { hintOfSegment } from './hintOfSegment.ts';
import { openWhole, probe } from './inspectionProbe.ts';
import { SegmentBuilder, START_MS, segmentOf } from './segmentBuilder.ts';

const HINT = '000000000007.hint';

/** Larger than the first pieces that are read, with batches among single records. */
function mixedSegment(): { readonly bytes: Uint8Array; readonly offsets: readonly number[] } {
  const builder = new SegmentBuilder();
  const offsets: number[] = [];
  for (let index = 0; index < 9000; index++) {
    const value = `value ${index} `.repeat(20);
    if (index % 7 === 3) {
      builder.batch(Array.from({ length: 1 + (index % 5) }, (_, at) => ({ key: `batch/${index}/${at}`, value })));
    } else {
      offsets.push(builder.add(index % 11 === 5 ? { key: `key/${index}` } : { key: `key/${index}`, value }));
    }
  }
  return { bytes: builder.bytes(), offsets };
}

/** Rows asked for while only `source` tells where they start, and the same when the file has been read. */
async function earlyAndLate(bytes: Uint8Array, source: string, firsts: readonly number[]) {
  const early: Promise<RowPage>[] = [];
  const subject = probe(bytes, {
    onIndexReport: ({ quick, indexedBytes, sizeBytes }) => {
      if (quick?.state !== 'shown' || quick.source !== source || early.length > 0) return;
      assert.ok(indexedBytes < sizeBytes / 2, 'the file has hardly been checked');
      early.push(...firsts.map((first) => subject.inspection.rows({ view: 0, first, count: 50 })));
    },
  });
  const progress = await openWhole(subject);
  const late = await Promise.all(firsts.map((first) => subject.inspection.rows({ view: 0, first, count: 50 })));
  return { early: await Promise.all(early), late, progress, subject };
}

function withRightChecksum(hint: Uint8Array): Uint8Array {
  writeU32(hint, hint.length - 4, crc32(hint, 0, hint.length - 4, 0));
  return hint;
}

describe('an index from a hint file', () => {
  const { bytes, offsets } = mixedSegment();
  const hint = hintOfSegment(bytes);

  it('shows any row before the file has been read, and the same rows after', async () => {
    const early: Promise<RowPage>[] = [];
    const jumps: Promise<Located | undefined>[] = [];
    const firsts = [0, 1, 500, 5000, 12_000];
    const last = offsets.at(-1) as number;
    const subject = probe(bytes, {
      beside: { [HINT]: hint },
      onIndexReport: ({ quick, indexedBytes, sizeBytes }) => {
        if (quick?.state !== 'shown' || early.length > 0) return;
        assert.ok(indexedBytes < sizeBytes / 2, 'the file itself has hardly been read');
        early.push(...firsts.map((first) => subject.inspection.rows({ view: 0, first, count: 50 })));
        jumps.push(
          subject.inspection.locate({ kind: 'offset', offsetBytes: last }, 0),
          subject.inspection.locate({ kind: 'percent', percent: 100 }, 0),
          subject.inspection.locate({ kind: 'row', row: 7000 }, 0),
          subject.inspection.locate({ kind: 'sequence', sequence: 4000 }, 0),
        );
      },
    });
    const progress = await openWhole(subject);
    assert.equal(progress.quick?.state, 'agreed');
    assert.equal(progress.damage.ranges, 0);
    assert.equal(early.length, firsts.length, 'the hint file was used');
    const shown = subject.indexReports.find(({ quick }) => quick?.state === 'shown');
    assert.equal(shown?.rowCount, progress.rowCount);
    for (const [at, first] of firsts.entries()) {
      const late = await subject.inspection.rows({ view: 0, first, count: 50 });
      assert.deepEqual(await early[at], late);
    }
    const [atOffset, atEnd, atRow, atSequence] = await Promise.all(jumps);
    assert.equal(atOffset?.offsetBytes, last);
    assert.equal(atEnd?.row, progress.rowCount - 1);
    assert.equal(atRow?.row, 7000);
    const found = await subject.inspection.locate({ kind: 'sequence', sequence: 4000 }, 0);
    assert.deepEqual(atSequence, found);
  });

  it('does not hide damage: the file is read all the same, and its rows replace those told', async () => {
    const damaged = bytes.slice();
    const offset = offsets[4000] as number;
    damaged[offset + 50] = (damaged[offset + 50] as number) ^ 1;
    const early: Promise<RowPage>[] = [];
    const subject = probe(damaged, {
      beside: { [HINT]: hint },
      onIndexReport: ({ quick, rowCount }) => {
        if (quick?.state === 'shown' && early.length === 0) {
          early.push(subject.inspection.rows({ view: 0, first: rowCount - 1, count: 1 }));
        }
      },
    });
    const progress = await openWhole(subject);
    assert.equal(progress.quick?.state, 'differed');
    assert.equal(progress.damage.ranges, 1);
    assert.equal((await early[0])?.rows[0]?.kind, 'record');
    const damage = await subject.inspection.adjacentDamage(-1, 'next');
    assert.equal(damage?.offsetBytes, offset);
    const { rows } = await subject.inspection.rows({ view: 0, first: damage?.row ?? 0, count: 1 });
    assert.equal(rows[0]?.kind, 'damage');
  });

  it('describes the row that starts at a place, whatever number it is known by', async () => {
    // The hint file tells three rows where the file has one damaged range: behind it, the numbers differ.
    const damaged = bytes.slice();
    damaged.fill(0, offsets[4000] as number, offsets[4003] as number);
    const details: Promise<RowDetail | undefined>[] = [];
    const whole = probe(damaged);
    const { rowCount } = await openWhole(whole);
    const [last] = (await whole.inspection.rows({ view: 0, first: rowCount - 1, count: 1 })).rows;
    const place = { row: last?.row ?? 0, offsetBytes: last?.offsetBytes ?? 0 };
    const subject = probe(damaged, {
      beside: { [HINT]: hint },
      onIndexReport: ({ quick, rowCount: toldCount }) => {
        if (quick?.state !== 'shown' || details.length > 0) return;
        assert.notEqual(toldCount, rowCount);
        details.push(Promise.resolve(subject.inspection.detail(place)));
      },
    });
    await openWhole(subject);
    const detail = await details[0];
    assert.deepEqual([detail?.row.row, detail?.row.offsetBytes], [place.row, place.offsetBytes]);
    assert.deepEqual(await subject.inspection.detail(place), detail);
    assert.equal(await subject.inspection.detail({ row: 1, offsetBytes: place.offsetBytes - 1 }), undefined);
  });

  for (const [what, change] of [
    ['has a wrong checksum', (copy: Uint8Array) => writeU32(copy, 200, readU32(copy, 200) ^ 1)],
    ['is of a segment of another size', (copy: Uint8Array) => writeU32(copy, 32, readU32(copy, 32) - 1)],
    ['is of another segment of this name', (copy: Uint8Array) => writeU32(copy, 40, 1)],
    [
      'leaves a record out',
      (copy: Uint8Array) => {
        // The second entry says the place of the third: a gap that no batch frame fills.
        const second = HINT_FIRST_ENTRY + 28 + readU16(copy, HINT_FIRST_ENTRY + HINT_ENTRY.keyLength);
        const third = second + 28 + readU16(copy, second + HINT_ENTRY.keyLength);
        writeU32(copy, second + HINT_ENTRY.offset, readU32(copy, third + HINT_ENTRY.offset));
      },
    ],
  ] as const) {
    it(`is not believed when the hint file ${what}`, async () => {
      const copy = hint.slice();
      change(copy);
      if (what !== 'has a wrong checksum') withRightChecksum(copy);
      const subject = probe(bytes, { beside: { [HINT]: copy } });
      const progress = await openWhole(subject);
      assert.equal(progress.quick?.state, 'refused');
      assert.ok(!subject.indexReports.some(({ quick }) => quick?.state === 'shown' && quick.source === 'hint file'));
      assert.equal(progress.rowCount, (await openWhole(probe(bytes))).rowCount);
    });
  }

  it('is not looked for where no file beside can be reached, and ends with the editor', async () => {
    const subject = probe(bytes);
    assert.equal((await openWhole(subject)).quick, undefined);
    assert.ok(!subject.indexReports.some(({ quick }) => quick?.source === 'hint file'));
    const closed = probe(bytes, { beside: { [HINT]: hint } });
    closed.inspection.start();
    closed.inspection.close();
  });
});

describe('an index from the lengths of records', () => {
  const { bytes, offsets } = mixedSegment();

  it('shows any row before the file has been checked, and the same rows after', async () => {
    const { early, late, progress } = await earlyAndLate(bytes, 'chain of lengths', [0, 1, 500, 5000, 12_000]);
    assert.deepEqual(early, late);
    assert.equal(progress.quick, undefined, 'nothing is left to say when all is read');
  });

  it('goes to any place before the file has been checked', async () => {
    // Batches of the builder stand in no order of time.
    const single = segmentOf(15_000, (index) => ({ key: `key/${index}`, value: 'v'.repeat(300) })).bytes();
    const targets: LocateTarget[] = [
      { kind: 'offset', offsetBytes: single.length - 1 },
      { kind: 'offset', offsetBytes: -1000 },
      { kind: 'percent', percent: 66.6 },
      { kind: 'percent', percent: 100 },
      { kind: 'row', row: 11_000 },
      { kind: 'sequence', sequence: 9876 },
      { kind: 'time', timeMs: START_MS + 8000 },
    ];
    const early: Promise<Located | undefined>[] = [];
    const subject = probe(single, {
      onIndexReport: ({ quick, indexedBytes, sizeBytes }) => {
        if (quick?.state !== 'shown' || early.length > 0) return;
        assert.ok(indexedBytes < sizeBytes / 2, 'the file has hardly been checked');
        early.push(...targets.map((target) => subject.inspection.locate(target, 0)));
      },
    });
    const { rowCount } = await openWhole(subject);
    const late = await Promise.all(targets.map((target) => subject.inspection.locate(target, 0)));
    assert.deepEqual(await Promise.all(early), late);
    assert.equal(late[3]?.row, rowCount - 1);
    assert.equal(late[4]?.row, 11_000);
    assert.equal(late[5]?.row, 9876);
    assert.equal(late[6]?.row, 800);
    assert.ok((late[2]?.row ?? 0) > rowCount / 2);
  });

  it('follows values that are larger than what is read at a time', async () => {
    const builder = new SegmentBuilder();
    for (let index = 0; index < 12; index++) {
      builder.add({ key: `key/${index}`, value: 'x'.repeat(index % 2 === 0 ? 3_000_000 : 10) });
    }
    const { early, late } = await earlyAndLate(builder.bytes(), 'chain of lengths', [0, 11]);
    assert.equal(early.length, 2);
    assert.deepEqual(early, late);
  });

  it('takes over when the hint file is of no use', async () => {
    const subject = probe(bytes, { beside: { [HINT]: new Uint8Array(100) } });
    const progress = await openWhole(subject);
    assert.ok(
      subject.indexReports.some(({ quick }) => quick?.state === 'shown' && quick.source === 'chain of lengths'),
    );
    assert.equal(progress.quick?.source, 'hint file');
    assert.equal(progress.quick?.state, 'refused');
  });

  it('shows a record with a wrong checksum as damage, before the file has been checked too', async () => {
    const damaged = bytes.slice();
    const offset = offsets[4000] as number;
    damaged[offset + 50] = (damaged[offset + 50] as number) ^ 1;
    const whole = probe(damaged);
    await openWhole(whole);
    const row = (await whole.inspection.adjacentDamage(-1, 'next'))?.row ?? 0;
    const { early, late, progress } = await earlyAndLate(damaged, 'chain of lengths', [row]);
    assert.equal(early[0]?.rows[0]?.kind, 'damage');
    assert.deepEqual(early, late);
    assert.equal(progress.damage.ranges, 1);
  });

  /** Every row while only lengths tell where they start, and when the file has been checked. */
  async function assertSameRows(damaged: Uint8Array, damagedRanges: number): Promise<void> {
    const firsts = Array.from({ length: 400 }, (_, page) => page * 50);
    const { early, late, progress } = await earlyAndLate(damaged, 'chain of lengths', firsts);
    assert.equal(early.length, firsts.length, 'rows were told before the file was checked');
    assert.equal(progress.damage.ranges, damagedRanges);
    assert.ok(progress.rowCount < firsts.length * 50);
    for (const [page, rows] of late.entries()) assert.deepEqual(early[page], rows);
  }

  for (const [what, change, ranges] of [
    ['a length is too large', (copy: Uint8Array, at: number) => writeU32(copy, at + RECORD.valueLength, 1_000_000), 1],
    ['a length is too small', (copy: Uint8Array, at: number) => writeU32(copy, at + RECORD.valueLength, 5), 1],
    [
      'a length leads beyond the end',
      (copy: Uint8Array, at: number) => writeU32(copy, at + RECORD.valueLength, 2e8),
      1,
    ],
    ['a header is zeros', (copy: Uint8Array, at: number) => copy.fill(0, at, at + 200), 1],
    ['many records are zeros', (copy: Uint8Array, at: number) => copy.fill(0, at, at + 500_000), 1],
    [
      'there is damage again and again',
      (copy: Uint8Array) => {
        for (let index = 100; index < offsets.length; index += 100) {
          writeU32(copy, (offsets[index] as number) + RECORD.valueLength, 1_000_003 + 13 * index);
        }
      },
      Math.ceil(offsets.length / 100) - 1,
    ],
    ['the first record is damaged', (copy: Uint8Array) => copy.fill(0xff, 32, 60), 1],
    ['the last record is torn', (copy: Uint8Array) => copy.subarray(0, copy.length - 3), 1],
    ['less than a header is at the end', (copy: Uint8Array) => Buffer.concat([copy, new Uint8Array(5)]), 1],
  ] as const) {
    it(`goes on behind damage when ${what}`, async () => {
      const copy = bytes.slice();
      await assertSameRows(change(copy, offsets[4000] as number) ?? copy, ranges);
    });
  }

  /** 4000 times one record and a batch of three, so that the rows of one such part are five. */
  function segmentOfBatches() {
    const builder = new SegmentBuilder();
    const value = 'x'.repeat(400);
    const frames: number[] = [];
    for (let index = 0; index < 4000; index++) {
      builder.add({ key: `before/${index}`, value });
      frames.push(builder.batch(Array.from({ length: 3 }, (_, at) => ({ key: `batch/${index}/${at}`, value }))));
    }
    return {
      whole: builder.bytes(),
      frameOf: (index: number) => frames[index] as number,
      firstMemberRow: (index: number) => 1 + 5 * index + 2,
      memberSize: RECORD_HEADER_SIZE + 'batch/1000/0'.length + value.length,
    };
  }

  const places = (pages: readonly RowPage[]) =>
    pages.map(({ rows }) => rows.map(({ row, kind, offsetBytes, sizeBytes }) => [row, kind, offsetBytes, sizeBytes]));

  it('passes a damaged batch: its frame, a record in it, and its last record', async () => {
    const { whole, frameOf, memberSize } = segmentOfBatches();
    // Lengths and operation: of the frame, and of each of the records behind it.
    for (const [batch, at] of [
      [1000, 0],
      [1500, BATCH_FRAME_SIZE],
      [2000, BATCH_FRAME_SIZE + memberSize],
      [3000, BATCH_FRAME_SIZE + 2 * memberSize],
    ] as const) {
      const start = frameOf(batch) + at + RECORD.keyLength;
      whole.fill(0xee, start, start + 8);
    }
    const { early, late, progress } = await earlyAndLate(
      whole,
      'chain of lengths',
      [0, 5000, 7490, 10_000, 14_990, 19_990],
    );
    assert.equal(early.length, 6);
    assert.equal(progress.damage.ranges, 4);
    // That a batch is incomplete is known only when it has been checked.
    assert.deepEqual(places(early), places(late));
  });

  for (const [what, field, value] of [
    ['no records', BATCH_FRAME.recordCount, 0],
    ['more records than its bytes can hold', BATCH_FRAME.recordCount, 0x0100_0003],
    ['more bytes than a batch may have', BATCH_FRAME.bodySize, 0xffff_ffff],
  ] as const) {
    it(`takes a batch frame that promises ${what} for damage`, async () => {
      const { whole, frameOf, firstMemberRow } = segmentOfBatches();
      writeU32(whole, frameOf(1000) + RECORD_HEADER_SIZE + field, value);
      const firsts = [4950, firstMemberRow(1000), 15_000];
      const { early, late, progress } = await earlyAndLate(whole, 'chain of lengths', firsts);
      assert.equal(progress.damage.ranges, 1);
      assert.equal(early.length, firsts.length);
      assert.deepEqual(early, late);
    });
  }

  it('ends a batch whose frame promises too many bytes at the first record that is in no batch', async () => {
    const { whole, frameOf, firstMemberRow } = segmentOfBatches();
    writeU32(whole, frameOf(1000) + RECORD_HEADER_SIZE + BATCH_FRAME.bodySize, 0x3000_0000);
    // The records behind the next frame would else pass for members of this batch.
    const lost = frameOf(1001) + RECORD.keyLength;
    whole.fill(0xee, lost, lost + 8);
    const firsts = [firstMemberRow(1001), ...Array.from({ length: 401 }, (_, page) => page * 50)];
    const { early, late, progress } = await earlyAndLate(whole, 'chain of lengths', firsts);
    assert.equal(progress.damage.ranges, 2);
    assert.equal(early.length, firsts.length);
    assert.deepEqual(places(early), places(late));
    assert.deepEqual(early[0], late[0]);
  });

  describe('with zeros behind the records', () => {
    const records = segmentOf(2000, (index) => ({ key: `key/${index}`, value: 'v'.repeat(300) }));
    const zeros = 64 * 2 ** 20;
    const recordBytes = records.sizeBytes;
    const withZeros = () => Buffer.concat([records.bytes(), new Uint8Array(zeros)]);

    it('ends where they begin, and leaves them to the pass over the file', async () => {
      const bytes = withZeros();
      const early: Promise<RowPage | Located | undefined>[] = [];
      let readBytes = 0;
      const subject = probe(bytes, {
        onIndexReport: ({ quick, rowCount }) => {
          if (quick?.state !== 'shown' || early.length > 0) return;
          assert.equal(rowCount, 2001);
          assert.ok(readBytes < recordBytes + 4 * 2 ** 20, `${readBytes} bytes were read`);
          early.push(
            subject.inspection.rows({ view: 0, first: 1990, count: 50 }),
            subject.inspection.locate({ kind: 'percent', percent: 100 }, 0),
          );
        },
      });
      const read = subject.file.read.bind(subject.file);
      subject.file.read = (target, offsetBytes) => {
        const count = read(target, offsetBytes);
        readBytes += count;
        return count;
      };
      const { rowCount, damage } = await openWhole(subject);
      assert.deepEqual([rowCount, damage.ranges], [2002, 1]);
      const [page, atEnd] = (await Promise.all(early)) as [RowPage, Located];
      const late = await subject.inspection.rows({ view: 0, first: 1990, count: 50 });
      assert.deepEqual(page.rows, late.rows.slice(0, 11));
      assert.equal(atEnd.row, 2000);
    });

    for (const [what, at, early] of [
      ['in the middle', recordBytes + 30 * 2 ** 20 + 12_345, 2001],
      ['at the end', recordBytes + zeros, 2003],
    ] as const) {
      it(`shows what stands behind them in the end: ${what}`, async () => {
        const whole = new SegmentBuilder();
        for (let index = 0; index < 2000; index++) whole.add({ key: `key/${index}`, value: 'v'.repeat(300) });
        whole.raw(new Uint8Array(at - recordBytes));
        whole.add({ key: 'behind', value: 'v' });
        const bytes = Buffer.concat([whole.bytes(), new Uint8Array(Math.max(0, recordBytes + zeros - at))]);
        const counts: number[] = [];
        const subject = probe(bytes, {
          onIndexReport: ({ quick, rowCount }) => {
            if (quick?.state === 'shown') counts.push(rowCount);
          },
        });
        await openWhole(subject);
        assert.equal(counts[0], early);
        const { rows } = await subject.inspection.rows({ view: 0, first: 2001, count: 2 });
        assert.deepEqual(
          rows.map(({ kind, cells }) => [kind, cells?.key?.text]),
          [
            ['damage', undefined],
            ['record', 'behind'],
          ],
        );
      });
    }
  });

  it('tells how far it has read, also within damage that is longer than it reads at a time', () => {
    const records = segmentOf(10, (index) => ({ key: `key/${index}` })).bytes();
    const bytes = Buffer.concat([records, new Uint8Array(4 * 2 ** 20)]);
    const read = (offsetBytes: number, sizeBytes: number) => bytes.subarray(offsetBytes, offsetBytes + sizeBytes);
    const logFile = strataSegment.open({
      fileName: '000000000007.seg',
      head: read(0, 64),
      sizeBytes: bytes.length,
      read,
    });
    const rows = logFile.quickRows?.({ file: new MemoryFile(bytes), openBeside: undefined }).next().value;
    assert.ok(rows !== undefined);
    const shares: number[] = [];
    while (rows.step({ row: () => {} }) === 'more') shares.push(rows.share);
    for (const share of [0.25, 0.5, 0.75]) {
      assert.ok(
        shares.some((told) => Math.abs(told - share) < 0.05),
        `${share} is told on the way: ${shares}`,
      );
    }
    assert.deepEqual(
      shares,
      shares.toSorted((a, b) => a - b),
    );
  });

  it('tells nothing of a segment of another version', async () => {
    const copy = bytes.slice();
    copy[FILE_HEADER.version] = 9;
    const subject = probe(copy);
    assert.equal((await openWhole(subject)).rowCount, 1);
    assert.ok(!subject.indexReports.some(({ quick }) => quick?.state === 'shown'));
  });
});
