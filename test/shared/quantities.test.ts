import assert from 'node:assert/strict';
import {
  formatCount,
  formatCountOf,
  formatDuration,
  formatOffset,
  formatShare,
  formatSize,
  formatTime,
  formatTimeLeft,
  formatUtc,
} from '../../src/shared/quantities.ts';

/** Each row: what is given, what is shown. */
function table<T>(format: (input: T) => string, rows: readonly (readonly [T, string])[]): void {
  for (const [input, expected] of rows) assert.equal(format(input), expected, String(input));
}

describe('quantities', () => {
  it('counts', () => {
    table(formatCount, [
      [0, '0'],
      [140_213, '140,213'],
    ]);
    assert.equal(formatCountOf(1, 'key'), '1 key');
    assert.equal(formatCountOf(2000, 'key'), '2,000 keys');
    assert.equal(formatCountOf(0, 'entry', 'entries'), '0 entries');
  });

  it('sizes', () => {
    table(formatSize, [
      [0, '0 B'],
      [1023, '1023 B'],
      [1024, '1.0 KB'],
      [4_300_000, '4.1 MB'],
      [1024 * 1024 - 1, '1.0 MB'],
      [125_829_120, '120 MB'],
      [2 ** 32, '4.0 GB'],
      [2 ** 52, '4096 TB'],
    ]);
  });

  it('shares', () => {
    table(formatShare, [
      [0, '0%'],
      [0.0001, '<1%'],
      [0.384, '38%'],
      [0.9999, '>99%'],
      [1, '100%'],
    ]);
  });

  it('durations', () => {
    table(formatDuration, [
      [0.2, '<1 ms'],
      [12.4, '12 ms'],
      [1449, '1.4 s'],
      [59_990, '1 min 0 s'],
      [125_000, '2 min 5 s'],
    ]);
  });

  it('times left', () => {
    table(formatTimeLeft, [
      [-5, '0 s'],
      [1, '1 s'],
      [59_000, '59 s'],
      [59_001, '1 min'],
      [60_000, '1 min'],
      [100_000, '2 min'],
      [59.4 * 60_000, '59 min'],
      [59.5 * 60_000, '1 h'],
      [3 * 3_600_000 - 5, '3 h'],
      [47 * 3_600_000, '47 h'],
      [12 * 86_400_000, '12 d'],
      [3652 * 86_400_000, '3,652 d'],
      [30 * 365.25 * 86_400_000, '30 y'],
      [Number.MAX_SAFE_INTEGER, '285,427 y'],
    ]);
  });

  it('times and offsets', () => {
    assert.equal(formatTime(new Date(2026, 10, 2, 3, 4, 5).getTime()), '2026-11-02 03:04:05');
    assert.equal(formatUtc(Date.UTC(2026, 10, 2, 3, 4, 5)), '2026-11-02T03:04:05.000Z');
    for (const format of [formatTime, formatUtc]) {
      assert.equal(format(Number.MAX_SAFE_INTEGER), 'beyond year 9999');
      assert.equal(format(-Number.MAX_SAFE_INTEGER), 'before year 1');
    }
    assert.equal(formatOffset(0x4f1a20), '0x004F1A20');
    assert.equal(formatOffset(0x1_0000_0000), '0x100000000');
  });
});
