import assert from 'node:assert/strict';
import { overviewColumn } from '../../media/inspector/overviewColumn.ts';

/** Blocks of 100 bytes: a record of 350 in the second one, which is dead, and small ones in the first and the last. */
const overview = {
  blockSizeBytes: 100,
  sizeBytes: 600,
  recordBytes: Float64Array.of(100, 350, 0, 0, 0, 50),
  damagedBytes: Float64Array.of(0, 0, 0, 0, 30, 0),
  liveBytes: Float64Array.of(50, 0, 0, 0, 0, 50),
};

describe('a column of the overview', () => {
  it('is as live as its records are', () => {
    assert.deepEqual(overviewColumn(overview, 0, 0), { damagedBytes: 0, liveShare: 0.5 });
    assert.deepEqual(overviewColumn(overview, 0, 1), { damagedBytes: 0, liveShare: 50 / 450 });
    assert.deepEqual(overviewColumn(overview, 4, 5), { damagedBytes: 30, liveShare: 1 });
  });

  it('is in the middle of a large record what that record is', () => {
    assert.deepEqual(overviewColumn(overview, 2, 3), { damagedBytes: 0, liveShare: 0 });
    const live = { ...overview, liveBytes: Float64Array.of(50, 350, 0, 0, 0, 50) };
    assert.deepEqual(overviewColumn(live, 3, 3), { damagedBytes: 0, liveShare: 1 });
  });

  it('is not known where no store tells, or no record is', () => {
    const { liveBytes: _, ...unknown } = overview;
    assert.equal(overviewColumn(unknown, 1, 1).liveShare, undefined);
    const empty = { ...overview, recordBytes: new Float64Array(6) };
    assert.equal(overviewColumn(empty, 3, 3).liveShare, undefined);
  });
});
