import assert from 'node:assert/strict';
import { parseFilter } from '../../src/shared/inspectorFilter.ts';

function filterOf(line: string) {
  const parsed = parseFilter(line);
  assert.ok(parsed.ok, `${line}: ${parsed.ok ? '' : parsed.message}`);
  return parsed.filter;
}

function messageFor(line: string): string {
  const parsed = parseFilter(line);
  assert.ok(!parsed.ok, line);
  return parsed.message;
}

describe('a condition on times', () => {
  const dayStart = new Date(2026, 10, 22).getTime();
  const dayEnd = new Date(2026, 10, 23).getTime() - 1;
  const minute = new Date(2026, 10, 22, 20, 14).getTime();
  const second = minute + 31_000;

  for (const [line, min, max] of [
    ['time:2026-11-22', dayStart, dayEnd],
    ['time:2026-11-22..2026-11-22', dayStart, dayEnd],
    ['time:2026-11-21..2026-11-22', new Date(2026, 10, 21).getTime(), dayEnd],
    ['time:..2026-11-22', undefined, dayEnd],
    ['time:2026-11-22..', dayStart, undefined],
    ['time:<=2026-11-22', undefined, dayEnd],
    ['time:>2026-11-22', dayEnd + 1, undefined],
    ['time:>=2026-11-22', dayStart, undefined],
    ['time:<2026-11-22', undefined, dayStart - 1],
    ['time:2026-11-22Z', Date.UTC(2026, 10, 22), Date.UTC(2026, 10, 23) - 1],
    ['time:"2026-11-22 20:14"', minute, minute + 59_999],
    ['time:2026-11-22T20:14', minute, minute + 59_999],
    ['time:>2026-11-22T20:14', minute + 60_000, undefined],
    ['time:"2026-11-22 20:14:31"', second, second + 999],
    ['time:2026-11-22T20:14:31', second, second + 999],
    ['time:<=2026-11-22T20:14:31', undefined, second + 999],
    ['time:2026-11-22T20:14:31.5', second + 500, second + 599],
    ['time:2026-11-22T20:14:31.010', second + 10, second + 10],
    ['time:2026-11-22T20:14:31.010999', second + 10, second + 10],
    ['time:>2026-11-22T20:14:31.010', second + 11, undefined],
    ['time:2026-11-22T20:14:31+01:00', Date.UTC(2026, 10, 22, 19, 14, 31), Date.UTC(2026, 10, 22, 19, 14, 31, 999)],
    ['time:2026-11-22T20:14:31-0130', Date.UTC(2026, 10, 22, 21, 44, 31), Date.UTC(2026, 10, 22, 21, 44, 31, 999)],
    ['time:1700000100000..1700000200000', 1_700_000_100_000, 1_700_000_200_000],
    // Without quotes, the time of day belongs to the day before it.
    ['time:2026-11-22 20:14:31', second, second + 999],
    ['time:2026-11-22  20:14Z', Date.UTC(2026, 10, 22, 20, 14), Date.UTC(2026, 10, 22, 20, 14, 59, 999)],
    ['time:>=2026-11-22 20:14', minute, undefined],
    ['time:2026-11-22 20:14..2026-11-22 20:14', minute, minute + 59_999],
    ['time:2026-11-22..2026-11-22 20:14:31.010', dayStart, second + 10],
    ['time:..2026-11-22 20:14', undefined, minute + 59_999],
    ['time:2026-11-22 20:14..', minute, undefined],
    ['time:2026-11-22T20:14..2026-11-22 20:14:31', minute, second + 999],
    ['time:>="2026-11-22 20:14"', minute, undefined],
    ['time:"2026-11-22 20:14".."2026-11-22 20:14:31"', minute, second + 999],
    ['time:"2026-11-22 20:14..2026-11-22 20:14:31"', minute, second + 999],
  ] as const) {
    it(`takes all of what is written: ${line}`, () => {
      const range = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
      assert.deepEqual(filterOf(line), { texts: [], operations: [], states: [], timeMs: range });
    });
  }

  it('ends where a day ends on which clocks are changed', () => {
    const { env } = process as { env: { TZ?: string } };
    const zone = env.TZ;
    env.TZ = 'Europe/Zurich';
    try {
      for (const [day, hours] of [
        ['2026-03-29', 23],
        ['2026-10-25', 25],
      ] as const) {
        const { min, max } = filterOf(`time:${day}`)?.timeMs ?? {};
        assert.equal((max ?? 0) + 1 - (min ?? 0), hours * 3_600_000, day);
      }
    } finally {
      if (zone === undefined) delete env.TZ;
      else env.TZ = zone;
    }
  });

  it('leaves words behind it alone that are no time of day', () => {
    const texts = [{ kind: 'contains', pattern: 'Zurich', where: 'any' }];
    assert.deepEqual(filterOf('time:2026-11-22 Zurich')?.texts, texts);
    assert.deepEqual(filterOf('time:2026-11-22 20:14:31 Zurich')?.texts, texts);
    assert.deepEqual(filterOf('time:2026-11-22 seq:5')?.sequence, { min: 5, max: 5 });
    assert.deepEqual(
      filterOf('20:14 time:2026-11-22')?.texts.map(({ pattern }) => pattern),
      ['20:14'],
    );
  });

  for (const line of [
    'time:yesterday',
    'time:',
    'time:2026-02-31',
    'time:2026-11-22T25:14',
    'time:2026-11-22 20:14:71',
    'time:2026-11-22 20:14x',
    'time:2026-11-22 20:14..tomorrow',
    'time:"2026-11-22 morning"',
    'time:>2026',
    'time:2026-11-22..2026-11-23..2026-11-24',
  ]) {
    it(`says how times are written when one is wrong: ${line}`, () => {
      assert.match(messageFor(line), /is no time\. Write 2026-11-22, .*20:14:31.*UTC.*\.\./);
    });
  }

  it('has a bound that may be a fraction', () => {
    assert.deepEqual(filterOf('size:>1.3k')?.sizeBytes, { min: 1332 });
    assert.deepEqual(filterOf('size:<1.3k')?.sizeBytes, { max: 1331 });
    assert.match(messageFor('size:1..2..3'), /10\.\.20/);
  });
});
