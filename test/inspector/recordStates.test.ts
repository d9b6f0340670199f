import assert from 'node:assert/strict';
import { parseFilter } from '../../src/shared/inspectorFilter.ts';
import type { RecordState } from '../../src/shared/recordState.ts';
import { openWhole, type Probe, probe } from './inspectionProbe.ts';
import { segmentOf } from './segmentBuilder.ts';

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
    const parsed = parseFilter('state:live');
    assert.ok(parsed.ok);
    const filtered = subject.filtered();
    await subject.inspection.setFilter(parsed.filter);
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

describe('records of a batch that is not complete', () => {
  const builder = segmentOf(3, (index) => ({ key: `k${index}`, value: 'v' }));
  const frame = builder.batch([{ key: 'lost/1', value: 'v' }, { key: 'lost/2' }], 3);
  builder.add({ key: 'after', value: 'v' });
  builder.batch([{ key: 'whole', value: 'v' }]);
  const bytes = builder.bytes();

  async function filtered(line: string, opened: Probe) {
    const parsed = parseFilter(line);
    assert.ok(parsed.ok);
    const done = opened.filtered();
    const view = await opened.inspection.setFilter(parsed.filter);
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
});
