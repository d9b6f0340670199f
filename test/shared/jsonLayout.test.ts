import assert from 'node:assert/strict';
import fc from 'fast-check';
import { oneLineStyle, toManyLines, toOneLine } from '../../src/shared/jsonLayout.ts';

describe('JSON layout', () => {
  it('has the lines of JSON.stringify, and gives one line back as it was', () =>
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (json) => {
        const lines = toManyLines(json);
        assert.equal(lines, JSON.stringify(JSON.parse(json), undefined, 2));
        assert.equal(toManyLines(lines), lines);
        assert.equal(toOneLine(lines, 'compact'), json);
        const spaced = toOneLine(lines, 'spaced');
        assert.deepEqual(JSON.parse(spaced), JSON.parse(json));
        if (json.length > 0 && spaced !== json) assert.equal(oneLineStyle(spaced), 'spaced');
        assert.equal(oneLineStyle(json), 'compact');
      }),
    ));

  it('keeps every token as it is written', () => {
    const json = String.raw`{"n":12345678901234567890,"n":1.0e+3,"s":"\u00e9\"\\","t":"a , b : [ { ","e":[ ],"o":{ }}`;
    const lines = [
      '{',
      '  "n": 12345678901234567890,',
      '  "n": 1.0e+3,',
      String.raw`  "s": "\u00e9\"\\",`,
      '  "t": "a , b : [ { ",',
      '  "e": [],',
      '  "o": {}',
      '}',
    ];
    assert.equal(toManyLines(json), lines.join('\n'));
  });

  it('copes with a megabyte of rows, of escapes and of brackets', () => {
    const rows = JSON.stringify(Array.from({ length: 30_000 }, (_, index) => ({ index, name: 'a name' })));
    assert.equal(toManyLines(rows), JSON.stringify(JSON.parse(rows), undefined, 2));
    const escapes = `"${String.raw`\"\\`.repeat(250_000)}"`;
    assert.equal(toManyLines(escapes), escapes);
    const brackets = '['.repeat(100_000) + ']'.repeat(100_000);
    const lines = toManyLines(brackets);
    assert.equal(toOneLine(lines, 'compact'), brackets);
    assert.ok(lines.length < brackets.length * 100, 'the indentation has a bound');
  });
});
