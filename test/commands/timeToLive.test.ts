import assert from 'node:assert/strict';
import { formatTimeToLive, parseTimeToLive } from '../../src/commands/timeToLive.ts';

function ttlOf(text: string): number | undefined {
  const parsed = parseTimeToLive(text);
  assert.ok(parsed.ok, text);
  return parsed.ttlMs;
}

describe('time to live', () => {
  it('reads units and sums of them', () => {
    assert.equal(ttlOf('500ms'), 500);
    assert.equal(ttlOf('90s'), 90_000);
    assert.equal(ttlOf('15m'), 900_000);
    assert.equal(ttlOf('15 min'), 900_000);
    assert.equal(ttlOf('1.5h'), 5_400_000);
    assert.equal(ttlOf('1d 12h'), 129_600_000);
    assert.equal(ttlOf('1w'), 604_800_000);
  });

  it('reads nothing and never as no expiry', () => {
    assert.equal(ttlOf(''), undefined);
    assert.equal(ttlOf('  '), undefined);
    assert.equal(ttlOf('Never'), undefined);
  });

  it('asks for a unit, and refuses what is no time', () => {
    assert.match((parseTimeToLive('90') as { message: string }).message, /unit/);
    for (const text of ['abc', '1y', '-5s', '0s', '0ms', '1000000d', '5s x'])
      assert.ok(!parseTimeToLive(text).ok, text);
  });

  it('writes what it reads', () => {
    for (const ttlMs of [1000, 90_000, 86_400_000, 129_605_000]) assert.equal(ttlOf(formatTimeToLive(ttlMs)), ttlMs);
    assert.equal(formatTimeToLive(1), '1s');
    assert.equal(formatTimeToLive(129_600_000), '1d 12h');
  });
});
