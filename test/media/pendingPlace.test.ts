import assert from 'node:assert/strict';
import { PendingPlace } from '../../media/inspector/pendingPlace.ts';
import type { LocateTarget } from '../../src/shared/inspectorMessages.ts';
import { indexed } from './indexed.ts';

const END: LocateTarget = { kind: 'percent', percent: 100 };
const START: LocateTarget = { kind: 'offset', offsetBytes: 0 };

describe('a place that waits for the index', () => {
  it('waits until the index has come so far, and is shown once', () => {
    const pending = new PendingPlace();
    const row: LocateTarget = { kind: 'row', row: 50 };
    assert.equal(pending.ask({ target: row, select: true }, undefined), false);
    assert.equal(pending.take(indexed(500)), undefined);
    assert.deepEqual(pending.take(indexed(510)), { target: row, select: true });
    assert.equal(pending.take(indexed(1000)), undefined);
  });

  it('is forgotten when another place is asked for, and that can be shown at once', () => {
    const pending = new PendingPlace();
    assert.equal(pending.ask({ target: END, select: true }, indexed(100)), false);
    assert.equal(pending.ask({ target: START, select: true }, indexed(100)), true);
    assert.equal(pending.isThere, false);
    assert.equal(pending.take(indexed(1000)), undefined);
  });

  it('is this one and no other that may look the same', () => {
    const pending = new PendingPlace();
    const place = { target: END, select: true };
    pending.ask(place, indexed(100));
    assert.equal(pending.place, place);
    assert.notEqual(pending.place, { ...place });
    pending.ask({ target: START, select: true }, indexed(100));
    assert.notEqual(pending.place, place);
  });

  it('waits no more once it is forgotten', () => {
    const pending = new PendingPlace();
    pending.hold(START);
    pending.forget();
    assert.equal(pending.isThere, false);
    assert.equal(pending.take(indexed(1000)), undefined);
  });

  it('is only scrolled to when no more was asked for', () => {
    const pending = new PendingPlace();
    pending.ask({ target: { kind: 'offset', offsetBytes: 700 }, select: false }, indexed(100));
    assert.equal(pending.take(indexed(1000))?.select, false);
  });

  it('need not wait when something quicker tells all rows', () => {
    const pending = new PendingPlace();
    for (const target of [END, { kind: 'time', timeMs: 5 }, { kind: 'offset', offsetBytes: -1 }] as const) {
      assert.equal(pending.ask({ target, select: true }, indexed(100, 'reading')), false, target.kind);
      assert.equal(pending.ask({ target, select: true }, indexed(100, 'shown')), true, target.kind);
    }
  });
});
