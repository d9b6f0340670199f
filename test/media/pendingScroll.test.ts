import assert from 'node:assert/strict';
import { PendingScroll } from '../../media/inspector/pendingScroll.ts';
import { indexed } from './indexed.ts';

const PAGE_ROWS = 10;

describe('a scroll position that waits for the index', () => {
  it('waits until the rows below it are known too, and is taken once', () => {
    const pending = new PendingScroll();
    pending.hold(50);
    assert.equal(pending.take(undefined, PAGE_ROWS), undefined);
    assert.equal(pending.take(indexed(600), PAGE_ROWS), undefined);
    assert.equal(pending.isThere, true);
    assert.equal(pending.take(indexed(610), PAGE_ROWS), 50);
    assert.equal(pending.take(indexed(1000), PAGE_ROWS), undefined);
  });

  it('waits no longer than the index takes', () => {
    const pending = new PendingScroll();
    pending.hold(95);
    assert.equal(pending.take(indexed(990), PAGE_ROWS), undefined);
    assert.equal(pending.take(indexed(1000), PAGE_ROWS), 95);
  });

  it('is forgotten when somebody scrolls before', () => {
    const pending = new PendingScroll();
    pending.hold(50);
    pending.forget();
    assert.equal(pending.take(indexed(1000), PAGE_ROWS), undefined);
  });
});
