import assert from 'node:assert/strict';
import fc from 'fast-check';
import { KeptRows } from '../../src/inspector/keptRows.ts';

describe('rows that a filter has kept', () => {
  it('tells of each row up to the last decided one whether it was kept, and of others nothing', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 9000 }), { maxLength: 20 });
    const property = fc.property(gaps, fc.nat(9000), (steps, rest) => {
      const kept = new KeptRows();
      const expected = new Set<number>();
      let row = -1;
      for (const step of steps) {
        row += step;
        kept.keep(row);
        expected.add(row);
        assert.equal(kept.isKept(row + 1), undefined);
      }
      const end = row + 1 + rest;
      kept.decideUpTo(end);
      for (let at = 0; at < end; at++) assert.equal(kept.isKept(at), expected.has(at), `row ${at}`);
      assert.equal(kept.isKept(end), undefined);
    });
    fc.assert(property, { numRuns: 30 });
  });

  it('are the same in a copy up to one of them, and counted', () => {
    const property = fc.property(fc.array(fc.nat(300)), fc.nat(320), (rows, from) => {
      const kept = new KeptRows();
      const ascending = [...new Set(rows)].toSorted((one, other) => one - other);
      for (const row of ascending) kept.keep(row);
      kept.decideUpTo(310);
      const copy = kept.upTo(from);
      assert.deepEqual(
        [kept.keptCount, copy.keptCount],
        [ascending.length, ascending.filter((row) => row < from).length],
      );
      assert.equal(copy.isKept(from), undefined);
      copy.decideUpTo(320);
      for (let row = 0; row < 320; row++) {
        assert.equal(copy.isKept(row), row < from && ascending.includes(row), `row ${row} of the copy`);
        assert.equal(kept.isKept(row), row < 310 ? ascending.includes(row) : undefined, `row ${row}`);
      }
    });
    fc.assert(property);
  });
});
