import assert from 'node:assert/strict';
import { askedByte, placeName, placeRemark } from '../../media/inspector/placeOutcome.ts';
import type { Located, LocateTarget } from '../../src/shared/inspectorMessages.ts';

const SIZE_BYTES = 1000;
const LOCATED: Located = { position: 3, row: 7, offsetBytes: 300 };

describe('what came of going to a place', () => {
  it('is a byte within the row that was asked for by its offset', () => {
    assert.equal(askedByte({ kind: 'offset', offsetBytes: 320 }, 300, SIZE_BYTES), 20);
    assert.equal(askedByte({ kind: 'offset', offsetBytes: -680 }, 300, SIZE_BYTES), 20);
    assert.equal(askedByte({ kind: 'offset', offsetBytes: 300 }, 300, SIZE_BYTES), undefined);
    assert.equal(askedByte({ kind: 'row', row: 7 }, 300, SIZE_BYTES), undefined);
  });

  it('is nothing to speak of where it is the right row', () => {
    for (const target of [
      { kind: 'row', row: 7 },
      { kind: 'offset', offsetBytes: 320 },
      { kind: 'offset', offsetBytes: -680 },
      { kind: 'percent', percent: 30 },
      { kind: 'time', timeMs: 5 },
      { kind: 'sequence', sequence: 5 },
    ] as const) {
      assert.equal(placeRemark(target, LOCATED, SIZE_BYTES), undefined, placeName(target));
    }
  });

  it('is said where it is another row', () => {
    const remark = (target: LocateTarget, isBefore: boolean) =>
      placeRemark(target, isBefore ? { ...LOCATED, isBefore } : LOCATED, SIZE_BYTES) ?? '';
    assert.match(remark({ kind: 'row', row: 5 }, false), /^Row #5 is not among these rows/);
    assert.match(remark({ kind: 'offset', offsetBytes: 200 }, false), /^Offset 0x000000C8 is not among these rows/);
    assert.match(remark({ kind: 'offset', offsetBytes: -1001 }, false), /fewer bytes/);
    assert.equal(
      placeRemark({ kind: 'sequence', sequence: 1234 }, { ...LOCATED, isNextNumber: true }, SIZE_BYTES),
      'Sequence number 1,234 is not among these rows: this is the next higher one that is.',
    );
    assert.match(
      remark({ kind: 'row', row: 1234 }, true),
      /^None of these rows has number 1,234 or a higher one: this is the last one/,
    );
    assert.match(remark({ kind: 'time', timeMs: 5 }, true), /^None of these rows is of that time or later/);
    assert.match(
      remark({ kind: 'sequence', sequence: 9 }, true),
      /^None of these rows has sequence number 9 or a higher one/,
    );
  });
});
