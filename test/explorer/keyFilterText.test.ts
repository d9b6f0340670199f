import assert from 'node:assert/strict';
import fc from 'fast-check';
import { keyFilterProblem, parseKeyFilter } from '../../src/explorer/keyFilterText.ts';
import { formatKey } from '../../src/shared/keyText.ts';
import type { KeyFilter } from '../../src/shared/keyValueStore.ts';
import { compileKeyFilter } from '../../src/worker/keyFilter.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

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

  it('takes keys as they are shown, and parts of them', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 12 }),
        fc.nat(11),
        fc.constantFrom('', '*', '?*'),
        (key, cut, wildcards) => {
          const part = key.subarray(0, cut + 1);
          // What stands for itself in keys need not do so in filters.
          const text = formatKey(part).replaceAll(/[*?/]/g, (sign) => `\\x${sign.charCodeAt(0).toString(16)}`);
          const isWhole = part.length === key.length;
          const matches = compileKeyFilter(parseKeyFilter(`${text}${wildcards}`) as KeyFilter)(key);
          assert.equal(matches, wildcards !== '?*' || !isWhole, text + wildcards);
        },
      ),
    );
  });

  it('takes \\xNN for a byte and \\\\ for a backslash, also beside * and ?', () => {
    const keys = [bytes(0x61, 0x2f, 0xff, 0x01), bytes(0x61, 0x5c, 0x62), bytes(0x61, 0xc2, 0xa0, 0x62), bytes(0x2a)];
    const found = (text: string) => {
      const matches = compileKeyFilter(parseKeyFilter(text) as KeyFilter);
      return keys.flatMap((key, index) => (matches(key) ? [index] : []));
    };
    assert.deepEqual(found('a/\\xFF\\x01'), [0]);
    assert.deepEqual(found('\\xff'), [0]);
    assert.deepEqual(found('a\\\\b'), [1]);
    assert.deepEqual(found('a\\xC2\\xA0b'), [2]);
    assert.deepEqual(found('\u00a0'), [2]);
    assert.deepEqual(found('a*\\x01'), [0]);
    assert.deepEqual(found('a?b'), [1, 2]);
    assert.deepEqual(found('a??\\x01'), [0]);
    assert.deepEqual(found('*\\xA0?'), [2]);
    assert.deepEqual(found('\\x2a'), [3]);
    assert.deepEqual(found('a*\\\\*'), [1]);
  });

  it('counts a character as one, and so each byte that is part of none', () => {
    assert.deepEqual(matching('*??', ['\u20ac']), []);
    assert.deepEqual(matching('?', ['\u20ac', '\u{1f3d4}', 'ab']), ['\u20ac', '\u{1f3d4}']);
    const matches = compileKeyFilter({ kind: 'wildcards', pattern: '??' });
    assert.equal(matches(bytes(0xe2, 0x82)), true);
    assert.equal(matches(bytes(0xe2, 0x82, 0xac)), false);
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
    assert.equal(await keyFilterProblem('/\\d/'), undefined);
  });

  it('says that a backslash starts no escape', async () => {
    assert.match((await keyFilterProblem('a\\b')) ?? '', /position 2 starts no escape/);
    assert.match((await keyFilterProblem('a*\\b')) ?? '', /position 3 starts no escape/);
    assert.equal(await keyFilterProblem('a\\\\b*\\xFF'), undefined);
    // One that was kept from before there were escapes.
    assert.throws(() => matching('a\\b', KEYS), { code: 'INVALID_OPTION', message: /starts no escape/ });
  });
});
