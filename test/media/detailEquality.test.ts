import assert from 'node:assert/strict';
import { isSameDetail } from '../../media/inspector/detailEquality.ts';
import type { RowDetail } from '../../src/shared/inspectorRows.ts';

function detail(key: string, bytes: readonly number[]): RowDetail {
  const cells = { operation: 'put', key: { text: key, escaped: false, truncated: false } };
  return {
    row: { kind: 'record', row: 1, offsetBytes: 32, sizeBytes: bytes.length, cells },
    fields: [],
    bytes: Uint8Array.from(bytes),
  };
}

describe('a record that is read again', () => {
  it('is the same when its row, its fields and its bytes are', () => {
    assert.equal(isSameDetail(detail('a', [1, 2]), detail('a', [1, 2])), true);
    assert.equal(isSameDetail(detail('a', [1, 2]), detail('b', [1, 2])), false);
    assert.equal(isSameDetail(detail('a', [1, 2]), detail('a', [1, 3])), false);
    assert.equal(isSameDetail(detail('a', [1, 2]), detail('a', [1, 2, 3])), false);
  });

  it('is the same whatever its number and its group', () => {
    const { row, ...rest } = detail('a', [1, 2]);
    const group = { role: 'member', name: 'batch', startBytes: 5, complete: true } as const;
    const cells = { operation: 'put', ...row.cells, group };
    assert.equal(isSameDetail({ ...rest, row: { ...row, row: 7 } }, { ...rest, row: { ...row, row: -1 } }), true);
    assert.equal(isSameDetail({ ...rest, row }, { ...rest, row: { ...row, kind: 'record', cells } }), true);
    assert.equal(isSameDetail({ ...rest, row }, { ...rest, row: { ...row, offsetBytes: 33 } }), false);
  });
});
