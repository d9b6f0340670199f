import assert from 'node:assert/strict';
import { compileRegularExpression } from '../../src/shared/regularExpression.ts';

describe('a regular expression', () => {
  it('is found where JavaScript finds it', () => {
    const text = 'CH/Zürich 8001\n😀😀 key-7013 Ürich';
    const patterns = [
      '[a-z]+',
      '^CH',
      '(?<=/)Z',
      '😀+',
      '\\u00fcr',
      'key-7\\d{3}$',
      'key-(?<n>\\d+)',
      '\\/',
      '[^]{20}',
      'x?',
    ];
    for (const pattern of patterns) {
      for (const matchCase of [true, false]) {
        const expected = new RegExp(pattern, matchCase ? 'u' : 'iu').exec(text.normalize());
        const found = compileRegularExpression(pattern, matchCase).find(text);
        const wanted =
          expected === null ? undefined : { start: expected.index, end: expected.index + expected[0].length };
        assert.deepEqual(found, wanted, `${pattern} ${matchCase}`);
      }
    }
  });

  it('matches a long text in one pass, whatever is repeated in it', () => {
    const text = 'a'.repeat(65_535);
    for (const pattern of ['(a+)+$b', '(a|aa)*b', 'a*a*a*a*b', '(a*)*c']) {
      const expression = compileRegularExpression(pattern, true);
      assert.equal(expression.test(text), false, pattern);
      assert.equal(expression.find(text), undefined, pattern);
    }
    assert.deepEqual(compileRegularExpression('(a+)+b', true).find(`${text}b`), { start: 0, end: 65_536 });
  });

  it('says what is wrong, and what is not supported', () => {
    const messageOf = (pattern: string): string => {
      try {
        compileRegularExpression(pattern, true);
      } catch (error) {
        return (error as Error).message;
      }
      return 'none';
    };
    assert.equal(messageOf('('), 'This is not a regular expression: missing closing ).');
    assert.match(messageOf('a(?=b)'), /Look-ahead and back-references are not supported\.$/);
    assert.match(messageOf('(a)\\1'), /Look-ahead and back-references are not supported\.$/);
  });
});
