import assert from 'node:assert/strict';
import { LastMatch } from '../../media/inspector/lastMatch.ts';
import type { FindHit, FindPattern } from '../../src/shared/inspectorMessages.ts';

const PATTERN: FindPattern = { kind: 'text', pattern: 'needle', matchCase: false };
const HIT: FindHit = {
  position: 900,
  row: 900,
  offsetBytes: 50_000,
  where: 'value',
  matchOffsetBytes: 40,
  matchSizeBytes: 6,
  wrapped: false,
};
const AFTER_HIT = { from: 900, fromMatch: { rowOffsetBytes: 50_000, matchOffsetBytes: 40 } };

describe('the next search', () => {
  const last = new LastMatch();
  last.found(HIT, PATTERN, 0);

  it('goes on from the match, also before its row has come', () => {
    assert.deepEqual(last.startOf(PATTERN, 0, { position: 900, offsetBytes: 50_000 }), AFTER_HIT);
    assert.deepEqual(last.startOf(PATTERN, 0, { position: 900, offsetBytes: undefined }), AFTER_HIT);
  });

  it('goes on from the match when its row has another position now', () => {
    const start = last.startOf(PATTERN, 0, { position: 950, offsetBytes: 50_000 });
    assert.deepEqual(start, { ...AFTER_HIT, from: 950 });
    assert.deepEqual(last.startOf(PATTERN, 3, { position: 7, offsetBytes: 50_000 }), { ...AFTER_HIT, from: 7 });
  });

  it('starts after the selected row where that is another one', () => {
    assert.deepEqual(last.startOf(PATTERN, 0, { position: 900, offsetBytes: 60_000 }), { from: 900 });
    assert.deepEqual(last.startOf(PATTERN, 0, { position: 901, offsetBytes: undefined }), { from: 901 });
    assert.deepEqual(last.startOf(PATTERN, 3, { position: 900, offsetBytes: undefined }), { from: 900 });
    assert.deepEqual(last.startOf(PATTERN, 0, { position: -1, offsetBytes: undefined }), { from: -1 });
  });

  it('starts after the selected row when it looks for something else', () => {
    const selected = { position: 900, offsetBytes: 50_000 };
    for (const other of [{ kind: 'regex' }, { pattern: 'needles' }, { matchCase: true }] as const) {
      assert.deepEqual(last.startOf({ ...PATTERN, ...other }, 0, selected), { from: 900 });
    }
    assert.deepEqual(new LastMatch().startOf(PATTERN, 0, selected), { from: 900 });
  });
});
