import assert from 'node:assert/strict';
import {
  type CompactionPolicy,
  DEFAULT_COMPACTION_POLICY,
  planCompaction,
  type SealedSegmentStats,
} from '../../src/engine/compactionPlan.ts';

const MIB = 1024 * 1024;
const LARGE = 64 * MIB;
const NOON = 12;

const segment = (segmentId: number, deadBytes: number, recordBytes = LARGE) => ({ segmentId, recordBytes, deadBytes });
const plan = (segments: readonly SealedSegmentStats[], policy: Partial<CompactionPolicy> = {}, hour = NOON) =>
  planCompaction(segments, { ...DEFAULT_COMPACTION_POLICY, ...policy }, hour);

describe('The compaction plan', () => {
  it('is empty while nothing is bad enough', () => {
    assert.deepEqual(plan([]), []);
    assert.deepEqual(plan([segment(1, 0), segment(2, 0.59 * LARGE)]), []);
    assert.deepEqual(plan([segment(1, 0, 0)]), [], 'a segment without records has no dead share');
  });

  it('starts by dead share, and then takes all that are worth it, by ascending id', () => {
    const segments = [segment(5, 0.6 * LARGE), segment(3, 0.4 * LARGE), segment(1, 0.39 * LARGE), segment(2, 0, MIB)];
    assert.deepEqual(plan(segments), [2, 3, 5]);
  });

  it('does not start for tombstones that are needed, but takes them along: with their segment they may go', () => {
    const needed = { ...segment(2, 0.9 * LARGE), neededBytes: 0.9 * LARGE };
    assert.deepEqual(plan([segment(1, 0.59 * LARGE), needed]), []);
    assert.deepEqual(plan([segment(1, 0.6 * LARGE), needed]), [1, 2]);
    assert.deepEqual(plan([{ ...needed, neededBytes: 0.2 * LARGE }]), [2]);
  });

  it('starts by dead bytes', () => {
    const huge = 4096 * MIB;
    assert.deepEqual(plan([segment(1, 512 * MIB - 1, huge)]), []);
    assert.deepEqual(plan([segment(1, 512 * MIB, huge), segment(2, 128 * MIB, huge), segment(3, MIB, huge)]), [1, 2]);
  });

  it('starts when there are many small segments', () => {
    const small = (count: number) => Array.from({ length: count }, (_, i) => segment(i + 1, 0, MIB));
    assert.deepEqual(plan(small(15)), []);
    assert.equal(plan(small(16)).length, 16);
    assert.deepEqual(plan([...small(16), segment(99, 0)]), plan(small(16)), 'a large one without dead bytes stays');
  });

  it('keeps to the hours it is allowed, also over midnight', () => {
    const bad = [segment(1, LARGE)];
    const day = { hours: { from: 9, to: 17 } };
    const night = { hours: { from: 22, to: 6 } };
    const allowed = (policy: Partial<CompactionPolicy>) =>
      Array.from({ length: 24 }, (_, hour) => hour).filter((hour) => plan(bad, policy, hour).length > 0);
    assert.deepEqual(allowed(day), [9, 10, 11, 12, 13, 14, 15, 16]);
    assert.deepEqual(allowed(night), [0, 1, 2, 3, 4, 5, 22, 23]);
    assert.equal(allowed({}).length, 24);
  });
});
