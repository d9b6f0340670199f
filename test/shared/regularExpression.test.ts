import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { type MatchedBytes, MatchSequence } from '../../src/shared/matchSequence.ts';
import { compileRegularExpression } from '../../src/shared/regularExpression.ts';
import { SeededRandom } from '../support/seededRandom.ts';

interface TextMatch {
  /** In UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

function matchesOf(pattern: string, text: string, matchCase = true): TextMatch[] {
  const bytes = Buffer.from(text);
  return inUnits(bytes, told(new MatchSequence(compileRegularExpression(pattern, matchCase).compiled, bytes).after()));
}

function inUnits(bytes: Buffer, matches: readonly MatchedBytes[]): TextMatch[] {
  let [atByte, atUnit] = [0, 0];
  const unitAt = (end: number) => {
    atUnit += bytes.toString('utf8', atByte, end).length;
    atByte = end;
    return atUnit;
  };
  return matches.map(({ start, end }) => ({ start: unitAt(start), end: unitAt(end) }));
}

/** Without the pieces of work in which nothing was found. */
function told(matches: Iterable<MatchedBytes | undefined>): MatchedBytes[] {
  return [...matches].filter((match) => match !== undefined);
}

/** The first one, and all further ones that are not empty. */
function wantedOf(matches: Iterable<RegExpMatchArray>): TextMatch[] {
  return [...matches]
    .map((match) => ({ start: match.index as number, end: (match.index as number) + match[0].length }))
    .filter(({ start, end }, index) => index === 0 || end > start);
}

interface Drawn {
  readonly source: string;
  /** It may match without taking a character. */
  readonly mayBeEmpty: boolean;
}

/** Without groups that capture, which look-behinds do not have. */
function expressions(mayRepeatEmpty: boolean): fc.Arbitrary<string> {
  const atoms = ['a', 'b', 'ä', '😀', '.', '[ab]', '[^a]', '\\w', '\\n', ' '].map((source) => ({
    source,
    mayBeEmpty: false,
  }));
  const places = ['^', '$', '\\b', '\\B'].map((source) => ({ source, mayBeEmpty: true }));
  const { any } = fc.letrec<{ any: Drawn }>((tie) => ({
    any: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(...atoms),
      fc.constantFrom(...atoms, ...places),
      fc.tuple(tie('any'), tie('any')).map(([left, right]) => ({
        source: left.source + right.source,
        mayBeEmpty: left.mayBeEmpty && right.mayBeEmpty,
      })),
      fc.tuple(tie('any'), tie('any')).map(([left, right]) => ({
        source: `(?:${left.source}|${right.source})`,
        mayBeEmpty: left.mayBeEmpty || right.mayBeEmpty,
      })),
      fc
        .tuple(tie('any'), fc.constantFrom('*', '+', '?', '*?', '+?', '{2}', '{1,2}'))
        .map(([{ source, mayBeEmpty }, times]) =>
          mayBeEmpty && !mayRepeatEmpty
            ? { source, mayBeEmpty }
            : { source: `(?:${source})${times}`, mayBeEmpty: mayBeEmpty || /^[*?]/.test(times) },
        ),
      fc.tuple(tie('any'), fc.constantFrom('=', '!')).map(([{ source }, sign]) => ({
        source: `(?<${sign}${source})`,
        mayBeEmpty: true,
      })),
    ),
  }));
  return any.map(({ source }) => source);
}

function texts(...characters: readonly string[]): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...characters), { maxLength: 12 }).map((parts) => parts.join(''));
}

const BMP = ['a', 'b', 'A', 'ä', ' ', '\n'];

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
        const found = matchesOf(pattern, text, matchCase)[0];
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
      assert.deepEqual(matchesOf(pattern, text), [], pattern);
    }
    assert.deepEqual(matchesOf('(a+)+b', `${text}b`), [{ start: 0, end: 65_536 }]);
  });

  // Between the halves of one character V8 looks for empty matches too.
  it('has the matches that JavaScript finds one after the other, whatever it is and whatever the text', () => {
    fc.assert(
      fc.property(expressions(false), texts(...BMP), fc.boolean(), (pattern, text, matchCase) => {
        const wanted = wantedOf(text.matchAll(new RegExp(pattern, matchCase ? 'gu' : 'giu')));
        assert.deepEqual(matchesOf(pattern, text, matchCase), wanted);
        assert.equal(compileRegularExpression(pattern, matchCase).test(text), wanted.length > 0);
      }),
      { numRuns: 10_000 },
    );
  });

  it('has the matches of RE2 also where it repeats what may be empty', () => {
    fc.assert(
      fc.property(expressions(true), texts(...BMP, '😀'), (pattern, text) => {
        const expression = RE2JS.compile(RE2JS.translateRegExp(pattern), RE2JS.LOOKBEHINDS);
        assert.deepEqual(matchesOf(pattern, text), wantedOf(expression.matchAll(text)));
      }),
      { numRuns: 5000 },
    );
  });

  describe('in a long text', () => {
    const random = new SeededRandom(7);
    const parts = ['a', 'b', 'ab', '😀', 'ä', ' ', 'key-17', '\n'];
    let text = 'x';
    // Characters of two units also where the pieces meet that it is read in.
    while (text.length < 50_000) text += text.length % 0x4000 > 0x3f00 ? '😀' : random.pick(parts);

    for (const pattern of [
      'a.*b|a',
      '\\bk\\w+',
      '(?<=[^]{2}😀)😀',
      '(?<!a)b+',
      '[^]{9}b',
      '17[^]*?(?:ab){4}',
      '😀$|😀\\B',
      '\\d??',
    ]) {
      it(`has the matches that JavaScript finds, and goes on from any of them: ${pattern}`, () => {
        const bytes = Buffer.from(text);
        const sequence = new MatchSequence(compileRegularExpression(pattern, true).compiled, bytes);
        const found = told(sequence.after());
        assert.deepEqual(inUnits(bytes, found), wantedOf(text.matchAll(new RegExp(pattern, 'gu'))));
        for (let drawn = 0; drawn < 20; drawn++) {
          const at = random.below(found.length);
          const next: MatchedBytes[] = [];
          for (const match of sequence.after(found[at])) if (match !== undefined && next.push(match) === 3) break;
          assert.deepEqual(next, found.slice(at + 1, at + 4));
        }
      });
    }
  });

  it('is looked for in pieces, also where one match needs all of a text', () => {
    for (const pattern of ['a.*b|a', '(?<!b)a[^]*b|a', '(?:a|[^b]{3})+?b|a']) {
      const pieces = 40;
      const text = 'a'.repeat(pieces * 4096);
      const sequence = new MatchSequence(compileRegularExpression(pattern, true).compiled, Buffer.from(text));
      let idle = 0;
      for (const match of sequence.after()) {
        if (match !== undefined) {
          assert.deepEqual(match, { start: 0, end: 1 }, pattern);
          break;
        }
        idle++;
      }
      assert.ok(idle >= pieces, `${pattern}: ${idle}`);
    }
  });

  function messageOf(pattern: string): string {
    try {
      compileRegularExpression(pattern, true);
    } catch (error) {
      return (error as Error).message;
    }
    return 'none';
  }

  it('is looked for in pieces, also where there is no match', () => {
    const pieces = 4;
    const text = 'aä'.repeat(pieces * 0x8000);
    for (const pattern of ['[^aä]{2}', '(?:[ab]{2}|ä$.)[ab]', '(?<!b)[bc]']) {
      const idle = [...new MatchSequence(compileRegularExpression(pattern, true).compiled, Buffer.from(text)).after()];
      assert.ok(idle.length >= pieces, `${pattern}: ${idle.length}`);
      assert.deepEqual(told(idle), [], pattern);
    }
  });

  it('says what is wrong, and what is not supported', () => {
    assert.equal(messageOf('('), 'This is not a regular expression: missing closing ).');
    assert.match(messageOf('a(?=b)'), /Look-ahead and back-references are not supported\.$/);
    assert.match(messageOf('(a)\\1'), /Look-ahead and back-references are not supported\.$/);
  });

  it('says when it is too long, and what the limit is', () => {
    const limit = 1_398_101;
    const message = 'This is too long: at most 1,398,101 characters, fewer where some are repeated or stand for many.';
    assert.equal(messageOf('ä'.repeat(limit)), 'none');
    assert.equal(messageOf('ä'.repeat(limit + 1)), message);
    assert.equal(messageOf('a{1000}'.repeat(1400)), message);
  });
});
