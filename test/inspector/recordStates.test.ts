import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ViewId } from '../../src/shared/inspectorMessages.ts';
import type { RecordState } from '../../src/shared/recordState.ts';
import { openWhole, type Probe, probe, startFilter } from './inspectionProbe.ts';
import { SegmentBuilder, segmentOf } from './segmentBuilder.ts';

describe('a store that is closed while states are asked for', () => {
  const bytes = segmentOf(3, (index) => ({ key: `k${index}`, value: 'v' })).bytes();
  let isClosed = true;
  const states = (offsets: readonly number[]): RecordState[] => {
    if (isClosed) throw new Error('The store is closed.');
    return offsets.map(() => 'live');
  };

  async function openFiltered(): Promise<Probe> {
    isClosed = true;
    const subject = probe(bytes, { states });
    await openWhole(subject);
    const filtered = subject.filtered();
    await startFilter(subject, 'state:live');
    await filtered;
    return subject;
  }

  it('ends a filter by state with a sentence that says why', async () => {
    const { filterReports } = await openFiltered();
    const { done, matchCount, problem } = filterReports.at(-1) ?? {};
    assert.deepEqual([done, matchCount], [true, 0]);
    assert.equal(problem, 'The store no longer tells the states of records: The store is closed.');
  });

  it('lets the filter go on where it ended once the file grows and states are told again', async () => {
    const { inspection, file, filterReports, ...subject } = await openFiltered();
    isClosed = false;
    file.bytes = segmentOf(4, (index) => ({ key: `k${index}`, value: 'v' })).bytes();
    const filtered = subject.filtered();
    inspection.refresh();
    assert.deepEqual([(await filtered).matchCount, filterReports.at(-1)?.problem], [5, undefined]);
  });

  it('sorts by states as unknown ones', async () => {
    isClosed = true;
    const subject = probe(bytes, { states });
    await openWhole(subject);
    const sorted = await subject.inspection.sort({ view: 0, order: { column: 'state', descending: false } });
    assert.equal(sorted?.rowCount, 4);
  });
});

describe('rows of a filter by state', () => {
  const COUNT = 10;
  let builder: SegmentBuilder;
  /** Of the records, by row; the first row is the header. */
  let offsets: number[];
  let supersededRows: readonly number[];
  let askedCount: number;
  /** What they are once somebody has asked. */
  let supersededRowsThen: readonly number[] | undefined;
  const states = (asked: readonly number[]): RecordState[] => {
    askedCount += asked.length;
    const told = asked.map((offset) => (supersededRows.includes(offsets.indexOf(offset)) ? 'superseded' : 'live'));
    supersededRows = supersededRowsThen ?? supersededRows;
    return told;
  };
  const add = (key: string) => void offsets.push(builder.add({ key, value: 'v' }));

  async function openFiltered() {
    builder = new SegmentBuilder();
    offsets = [0];
    for (let index = 0; index < COUNT; index++) add(`k${index}`);
    supersededRows = [1, 4];
    supersededRowsThen = undefined;
    askedCount = 0;
    const subject = probe(builder.bytes(), { states });
    await openWhole(subject);
    const filtered = subject.filtered();
    const view = await startFilter(subject, 'state:live');
    await filtered;
    const shownRows = async (shown: ViewId = view) => {
      const { rows } = await subject.inspection.rows({ view: shown, first: 0, count: 100 });
      return rows.map(({ row }) => row);
    };
    return { ...subject, view, shownRows };
  }

  it('stay as they were found, however states change', async () => {
    const { inspection, view, shownRows } = await openFiltered();
    const found = await shownRows();
    assert.deepEqual(found, [0, 2, 3, 5, 6, 7, 8, 9, 10]);
    const askedBefore = askedCount;
    supersededRows = [2, 3];
    assert.deepEqual(await shownRows(), found);
    for (const [position, row] of found.entries()) {
      assert.equal((await inspection.locate({ kind: 'row', row }, view))?.position, position, `row ${row}`);
    }
    const pattern = { kind: 'text', pattern: 'k1', matchCase: true } as const;
    const hit = await inspection.find({ pattern, view, from: -1, direction: 'next' });
    assert.deepEqual([hit?.row, hit?.position], [2, 1]);
    assert.equal(askedCount, askedBefore, 'no state was asked for again');
  });

  it('are ordered by the states that their records have when they are sorted', async () => {
    const { inspection, view, shownRows } = await openFiltered();
    supersededRows = [2, 3];
    const sorted = await inspection.sort({ view, order: { column: 'state', descending: true } });
    assert.deepEqual(await shownRows(sorted?.view), [2, 3, 5, 6, 7, 8, 9, 10, 0]);
  });

  it('are found in their order also before the filter knows them', async () => {
    const { inspection, view } = await openFiltered();
    const superseded = await startFilter({ inspection }, 'state:superseded');
    // The states asked for last may be told first.
    inspection.cancelFilter();
    assert.notEqual(superseded, view);
    const sorted = await inspection.sort({ view: superseded, order: { column: 'state', descending: false } });
    assert.equal(sorted?.rowCount, supersededRows.length);
    const row = 4;
    const offsetBytes = offsets[row] as number;
    const expected = { position: 1, row, offsetBytes };
    assert.deepEqual(await inspection.locate({ kind: 'row', row }, sorted.view), expected);
    assert.deepEqual(await inspection.locate({ kind: 'offset', offsetBytes }, sorted.view), expected);
    assert.equal(await inspection.locate({ kind: 'row', row: 5 }, sorted.view), undefined);
  });

  it('stay when the file grows, and what was appended is chosen by its state', async () => {
    const { inspection, file, shownRows, ...subject } = await openFiltered();
    const found = await shownRows();
    add('k1');
    add('k1');
    supersededRows = [1, 2, 4, COUNT + 1];
    file.bytes = builder.bytes();
    const filtered = subject.filtered();
    inspection.refresh();
    await filtered;
    assert.deepEqual(await shownRows(), [...found, COUNT + 2]);
  });

  it('stay when the end of the file is read anew, and only what stands there is chosen again', async () => {
    const { inspection, file, shownRows, ...subject } = await openFiltered();
    const found = await shownRows();
    const torn = builder.sizeBytes + 5;
    add('k1');
    const whole = builder.bytes();
    for (const [bytes, tail] of [
      [whole.slice(0, torn), []],
      [whole, [COUNT + 1]],
    ] as const) {
      file.bytes = bytes;
      const filtered = subject.filtered();
      supersededRows = [1, 2, 4];
      inspection.refresh();
      assert.equal((await filtered).matchCount, found.length + tail.length);
      assert.deepEqual(await shownRows(), [...found, ...tail]);
    }
  });

  it('are all that a search ahead of the filter finds: it passes over what is not one of them by then', async () => {
    const { inspection, ...subject } = await openFiltered();
    const filtered = subject.filtered();
    const view = await startFilter({ inspection }, 'state:live');
    const pattern = { kind: 'regex', pattern: 'k[12]', matchCase: true } as const;
    // The search asks before the filter does.
    supersededRowsThen = [1, 2, 4];
    const hit = await inspection.find({ pattern, view, from: -1, direction: 'next' });
    assert.deepEqual([hit?.row, hit?.position], [3, 1]);
    await filtered;
    assert.equal((await inspection.rows({ view, first: 1, count: 1 })).rows[0]?.row, 3);
  });

  it('are gone through to their end by such a search before it begins at the first of them', async () => {
    const large = segmentOf(3000, (index) => ({ key: `k${index}`, value: 'v'.repeat(1000) })).bytes();
    const filterGoesOn = Promise.withResolvers<void>();
    let askCount = 0;
    const subject = probe(large, {
      states: async (asked) => {
        askCount++;
        const superseded = askCount === 2 ? 6 : 0;
        // The search asks first, then the filter does, twice, and then again the search, for what the filter waits with.
        if (askCount === 3) await filterGoesOn.promise;
        if (askCount === 4) filterGoesOn.resolve();
        return asked.map((_, at) => (at === superseded ? 'superseded' : 'live'));
      },
    });
    await openWhole(subject);
    const view = await startFilter(subject, 'state:live');
    const pattern = { kind: 'regex', pattern: '^k(1|5|2999)$', matchCase: true } as const;
    const hit = await subject.inspection.find({ pattern, view, from: 2, direction: 'next' });
    filterGoesOn.resolve();
    assert.deepEqual([hit?.row, hit?.wrapped], [3000, false]);
  });

  it('give a hit that was found ahead of the filter the position that it has among them', async () => {
    const { inspection } = await openFiltered();
    const view = await startFilter({ inspection }, 'state:live');
    const pattern = { kind: 'text', pattern: 'k6', matchCase: true } as const;
    supersededRowsThen = [2];
    const hit = await inspection.find({ pattern, view, from: -1, direction: 'next' });
    assert.deepEqual([hit?.row, hit?.position], [7, 6]);
    assert.equal((await inspection.rows({ view, first: 6, count: 1 })).rows[0]?.row, 7);
  });
});

describe('records of a batch that is not complete', () => {
  const builder = segmentOf(3, (index) => ({ key: `k${index}`, value: 'v' }));
  const frame = builder.batch([{ key: 'lost/1', value: 'v' }, { key: 'lost/2' }], 3);
  builder.add({ key: 'after', value: 'v' });
  builder.batch([{ key: 'whole', value: 'v' }]);
  const bytes = builder.bytes();

  async function filtered(line: string, opened: Probe) {
    const done = opened.filtered();
    const view = await startFilter(opened, line);
    const { matchCount } = await done;
    return (await opened.inspection.rows({ view, first: 0, count: matchCount })).rows;
  }

  it('are found as uncommitted without a store, and not as unknown', async () => {
    const subject = probe(bytes);
    await openWhole(subject);
    const rows = await filtered('state:uncommitted', subject);
    assert.deepEqual(
      rows.map(({ offsetBytes, cells }) => [offsetBytes >= frame, cells?.operation]),
      [
        [true, 'batch'],
        [true, 'put'],
        [true, 'del'],
      ],
    );
    const unknown = await filtered('state:unknown', subject);
    assert.ok(unknown.every(({ cells }) => cells?.key?.text.startsWith('lost') !== true));
    assert.ok(unknown.some(({ cells }) => cells?.key?.text === 'after'));
  });

  it('are found also by a filter that is set before the file has been read', async () => {
    const subject = probe(bytes);
    const rows = filtered('state:uncommitted', subject);
    subject.inspection.start();
    assert.equal((await rows).length, 3);
  });

  it('are not taken for what the store says of them by a filter that is ahead of the index', async () => {
    const subject = probe(bytes, { states: (offsets) => offsets.map(() => 'superseded') });
    const rows = filtered('state:superseded', subject);
    await sleep(20);
    subject.inspection.start();
    const keys = (await rows).map(({ cells }) => cells?.key?.text ?? '');
    assert.ok(keys.includes('after'));
    assert.deepEqual(
      keys.filter((key) => key.startsWith('lost')),
      [],
    );
  });
});
