import assert from 'node:assert/strict';
import { COLUMNS } from '../../media/inspector/columns.ts';
import type { GroupMark, InspectorRow, RecordCells, RecordRow } from '../../src/shared/inspectorRows.ts';

function cellOf(id: string, row: InspectorRow) {
  const column = COLUMNS.find((each) => each.id === id);
  assert.ok(column);
  return column.cell(row, undefined);
}

function rowOf(cells: Partial<RecordCells>, kind: RecordRow['kind'] = 'record'): RecordRow {
  return { kind, row: 1, offsetBytes: 32, sizeBytes: 40, cells: { operation: 'damage', ...cells } };
}

describe('the cells of the table', () => {
  it('name groups as the format does', () => {
    const group: GroupMark = { role: 'member', name: 'transaction', startBytes: 16, complete: true };
    const tooltipOf = (mark: Partial<GroupMark>) =>
      cellOf('operation', rowOf({ group: { ...group, ...mark } })).tooltip;
    assert.equal(tooltipOf({ role: 'frame' }), 'opens the transaction that follows');
    assert.equal(tooltipOf({}), 'in the transaction at 0x00000010');
    assert.equal(
      tooltipOf({ complete: false }),
      'in the transaction at 0x00000010, which is incomplete and therefore never happened',
    );
    assert.match(tooltipOf({ role: 'orphan', complete: false }) ?? '', /^says that it belongs to the transaction/);
    const { tooltip } = cellOf('state', rowOf({ group: { ...group, complete: false } }));
    assert.equal(tooltip, 'Its transaction is not complete');
  });

  it('say of a part that is no record what the format says', () => {
    assert.equal(cellOf('value', rowOf({ note: 'preamble' }, 'header')).text, 'preamble');
    assert.equal(cellOf('value', rowOf({}, 'header')).text, '');
  });

  it('say of a damaged range why it is one, also where its header still makes sense', () => {
    const place = { row: 1, offsetBytes: 32, sizeBytes: 40, reason: 'bad checksum', message: '40 bytes: other ones' };
    const cells = { operation: 'put', value: { text: 'guessed', escaped: false, truncated: false } };
    for (const row of [{ kind: 'damage', ...place } as const, { kind: 'damage', ...place, cells } as const]) {
      assert.equal(cellOf('value', row).text, 'bad checksum — 40 bytes: other ones');
    }
  });

  it('do not look as those of damage where an operation has that name', () => {
    assert.equal(cellOf('operation', rowOf({})).className, undefined);
  });

  it('have the number of a time that no calendar shows', () => {
    const time = cellOf('time', rowOf({ timestampMs: Number.MAX_SAFE_INTEGER }));
    assert.equal(time.text, 'beyond year 9999');
    assert.equal(time.tooltip, 'beyond year 9999 (9,007,199,254,740,991 ms since 1970)');
    const expiry = cellOf('expiry', rowOf({ expiryMs: Number.MAX_SAFE_INTEGER }));
    assert.match(expiry.text, /^in 285,\d{3} y$/);
    assert.equal(expiry.tooltip, time.tooltip);
  });
});
