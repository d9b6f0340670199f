import assert from 'node:assert/strict';
import { type KnownRows, PendingScroll } from '../../media/inspector/pendingScroll.ts';

const PAGE_ROWS = 10;

/** In a view that will have 100 rows. */
function known(rowCount: number): KnownRows {
  return { rowCount, all: rowCount === 100 };
}

describe('a scroll position that waits for rows', () => {
  it('waits until the rows below it are known too, and is taken once', () => {
    const pending = new PendingScroll();
    pending.hold(50);
    assert.equal(pending.take(known(0), PAGE_ROWS), undefined);
    assert.equal(pending.take(known(60), PAGE_ROWS), undefined);
    assert.equal(pending.isThere, true);
    assert.equal(pending.take(known(61), PAGE_ROWS), 50);
    assert.equal(pending.take(known(100), PAGE_ROWS), undefined);
  });

  it('waits no longer than until all rows are known', () => {
    const pending = new PendingScroll();
    pending.hold(95);
    assert.equal(pending.take(known(99), PAGE_ROWS), undefined);
    assert.equal(pending.take(known(100), PAGE_ROWS), 95);
  });

  it('is forgotten when somebody scrolls before', () => {
    const pending = new PendingScroll();
    pending.hold(50);
    pending.forget();
    assert.equal(pending.take(known(100), PAGE_ROWS), undefined);
  });
});
