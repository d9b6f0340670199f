import assert from 'node:assert/strict';
import fc from 'fast-check';
import { keyFilterProblem, parseKeyFilter } from '../../src/explorer/keyFilterText.ts';
import { compileKeyFilter } from '../../src/worker/keyFilter.ts';

/** Which of the keys a filter lets through. */
function matching(text: string, keys: readonly string[]): string[] {
  const filter = parseKeyFilter(text);
  if (filter === undefined) return [...keys];
  const matches = compileKeyFilter(filter);
  return keys.filter((key) => matches(new TextEncoder().encode(key)));
}

const KEYS = ['CH/ZH/Zurich', 'CH/BE/Bern', 'CH.BE', 'a?b', 'line\nbreak'];

describe('key filter text', () => {
  it('takes text as a part of the key', () => {
    assert.deepEqual(matching('BE', KEYS), ['CH/BE/Bern', 'CH.BE']);
    assert.deepEqual(matching('CH.B', KEYS), ['CH.BE']);
    assert.deepEqual(matching('', KEYS), KEYS);
  });

  it('takes * and ? as a pattern for the whole key', () => {
    assert.deepEqual(matching('CH/*', KEYS), ['CH/ZH/Zurich', 'CH/BE/Bern']);
    assert.deepEqual(matching('*/B*', KEYS), ['CH/BE/Bern']);
    assert.deepEqual(matching('CH?BE', KEYS), ['CH.BE']);
    assert.deepEqual(matching('a?b', KEYS), ['a?b']);
    assert.deepEqual(matching('line*break', KEYS), ['line\nbreak']);
    assert.deepEqual(matching('H/*', KEYS), []);
  });

  it('matches * and ? as an expression would that tries every place', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '/', '🏔'), maxLength: 12 });
    const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '?', '🏔'), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(letters, patterns, (key, pattern) => {
        const text = `${pattern}*`;
        const expression = new RegExp(`^${text.replaceAll('*', '[^]*').replaceAll('?', '[^]')}$`, 'u');
        assert.deepEqual(matching(text, [key]), expression.test(key) ? [key] : [], `${text} on ${key}`);
      }),
      { numRuns: 3000 },
    );
  });

  it('matches a pattern of many stars on the longest key', () => {
    const key = 'a'.repeat(65_535);
    assert.deepEqual(matching('*a*a*a*a*b', [key]), []);
    assert.deepEqual(matching('*a*a*a*a*', [key]), [key]);
  });

  it('takes a regular expression between slashes', () => {
    assert.deepEqual(matching('/^CH.BE$/', KEYS), ['CH.BE']);
    assert.deepEqual(matching('/rich|Bern/', KEYS), ['CH/ZH/Zurich', 'CH/BE/Bern']);
    assert.deepEqual(matching('//', ['a//b', 'c']), ['a//b']);
    assert.deepEqual(matching('/^(a+)+$/', ['a'.repeat(65_535), `${'a'.repeat(65_534)}b`]), ['a'.repeat(65_535)]);
  });

  it('says what is wrong with a regular expression', async () => {
    assert.match((await keyFilterProblem('/[/')) ?? '', /regular expression/);
    assert.equal(await keyFilterProblem('/^CH/'), undefined);
    assert.equal(await keyFilterProblem('[*'), undefined, 'no regular expression');
  });
});
