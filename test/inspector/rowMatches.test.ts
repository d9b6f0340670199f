import assert from 'node:assert/strict';
import type { ByteMatch, ByteMatcher } from '../../src/inspector/byteMatcher.ts';
import { RowMatches } from '../../src/inspector/rowMatches.ts';

const NEVER = new AbortController().signal;

/** Matches at every second byte; counts how many it has told. */
function everySecondByte(): { readonly matcher: Pick<ByteMatcher, 'matchesIn'>; told: number } {
  const counted = {
    told: 0,
    matcher: {
      matchesIn: (bytes: Uint8Array) => ({
        *after(previous?: ByteMatch) {
          for (let at = previous === undefined ? 0 : previous.at + 2; at < bytes.length; at += 2) {
            counted.told++;
            yield { at, sizeBytes: 1 };
            yield undefined;
          }
        },
      }),
    },
  };
  return counted;
}

describe('the matches of a row', () => {
  it('are gone through one by one, both ways, without going through all of them each time', async () => {
    const counted = everySecondByte();
    const row = new RowMatches(counted.matcher, [
      { where: 'key', bytes: new Uint8Array(10), start: 40 },
      { where: 'value', bytes: new Uint8Array(20_000), start: 50 },
    ]);
    const wanted = Array.from({ length: 10_005 }, (_, index) => 40 + 2 * index);
    for (const direction of ['next', 'previous'] as const) {
      const offsets: number[] = [];
      counted.told = 0;
      let from = direction === 'next' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
      for (;;) {
        const match = await row.beside(from, direction, NEVER);
        if (match === undefined) break;
        assert.equal(match.where, match.matchOffsetBytes < 50 ? 'key' : 'value');
        from = match.matchOffsetBytes;
        offsets.push(from);
      }
      assert.deepEqual(offsets, direction === 'next' ? wanted : wanted.toReversed());
      // Without landmarks it would be half of the matches for each.
      assert.ok(counted.told < 1100 * wanted.length, `${direction}: ${counted.told}`);
    }
  });

  it('are found from any place in the row', async () => {
    const { matcher } = everySecondByte();
    const row = new RowMatches(matcher, [{ where: 'value', bytes: new Uint8Array(9000), start: 0 }]);
    assert.equal((await row.beside(8000, 'previous', NEVER))?.matchOffsetBytes, 7998);
    assert.equal((await row.beside(3, 'next', NEVER))?.matchOffsetBytes, 4);
    assert.equal((await row.beside(7001, 'next', NEVER))?.matchOffsetBytes, 7002);
    assert.equal((await row.beside(2048, 'previous', NEVER))?.matchOffsetBytes, 2046);
    assert.equal(await row.beside(0, 'previous', NEVER), undefined);
    assert.equal(await row.beside(8998, 'next', NEVER), undefined);
  });

  it('are looked for until that is cancelled', async () => {
    const endless: Pick<ByteMatcher, 'matchesIn'> = {
      matchesIn: () => ({
        *after() {
          for (;;) yield undefined;
        },
      }),
    };
    const row = new RowMatches(endless, [{ where: 'value', bytes: new Uint8Array(1), start: 0 }]);
    const abort = new AbortController();
    setImmediate(() => abort.abort());
    assert.equal(await row.beside(Number.NEGATIVE_INFINITY, 'next', abort.signal), undefined);
  });
});
