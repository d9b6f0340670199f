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
});
