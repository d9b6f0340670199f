import assert from 'node:assert/strict';
import { type AskedPlace, PendingPlace } from '../../media/inspector/pendingPlace.ts';
import { WaitingPlace } from '../../media/inspector/waitingPlace.ts';
import type { RowDetail } from '../../src/shared/inspectorRows.ts';
import { indexed } from './indexed.ts';

const END: AskedPlace = { target: { kind: 'percent', percent: 100 }, select: true };
const ROW: AskedPlace = { target: { kind: 'row', row: 50 }, select: true };
const DETAIL = { fields: [] } as unknown as RowDetail;

/** A place that waits, with what is shown of it in order; the test gives the answers. */
function waiting() {
  const shown: string[] = [];
  const answers: ((detail: RowDetail | undefined) => void)[] = [];
  const state = { canExplain: true, isLookedUp: false };
  const pending = new PendingPlace();
  const place = new WaitingPlace(pending, {
    peek: () => new Promise((resolve) => answers.push(resolve)),
    canExplain: () => state.canExplain,
    explain: () => shown.push('explained'),
    showSelected: () => shown.push('selected row'),
    isWaiting: () => pending.isThere || state.isLookedUp,
    note: {
      show: ({ kind }) => shown.push(`note of ${kind}`),
      showExplained: ({ kind }) => shown.push(`note of explained ${kind}`),
      hide: () => shown.push('no note'),
    },
  });
  const begin = (asked: AskedPlace) => {
    pending.ask(asked, indexed(1));
    return place.begin(asked);
  };
  const explained = async () => {
    const begun = begin(END);
    answers[0]?.(DETAIL);
    await begun;
    assert.deepEqual(shown.splice(0), ['note of percent', 'explained', 'note of explained percent']);
  };
  return { shown, answers, state, pending, place, begin, explained };
}

describe('what is shown of a place that waits', () => {
  it('is its record until its row is there', async () => {
    const { place, explained, shown, pending } = waiting();
    await explained();
    place.mayHaveEnded();
    assert.deepEqual(shown, [], 'it still waits');
    assert.equal(place.isExplained, true);
    pending.forget();
    place.reached();
    place.detailChanges();
    assert.deepEqual(shown, ['no note']);
    assert.equal(place.isExplained, false);
  });

  it('is its record also while its row is just being looked up', async () => {
    const { place, explained, shown, pending, state } = waiting();
    await explained();
    state.isLookedUp = true;
    pending.forget();
    place.mayHaveEnded();
    assert.deepEqual(shown, []);
  });

  it('is nothing once it is given up: the selected row is explained again', async () => {
    const { place, explained, shown, pending } = waiting();
    await explained();
    pending.forget();
    place.mayHaveEnded();
    assert.deepEqual(shown, ['no note', 'selected row']);
    place.mayHaveEnded();
    assert.deepEqual(shown.slice(2), ['no note'], 'which is said once');
  });

  it('is a note where the record cannot be found, and the record of another place does not stay', async () => {
    const { begin, answers, explained, shown } = waiting();
    await explained();
    const begun = begin(ROW);
    answers[1]?.(undefined);
    await begun;
    assert.deepEqual(shown, ['note of row', 'selected row']);
  });

  it('is a note when another row is shown in the detail, before the answer or after', async () => {
    const early = waiting();
    const begun = early.begin(END);
    early.place.detailChanges();
    early.answers[0]?.(DETAIL);
    await begun;
    assert.deepEqual(early.shown, ['note of percent']);
    const late = waiting();
    await late.explained();
    late.place.detailChanges();
    late.pending.forget();
    late.place.mayHaveEnded();
    assert.deepEqual(late.shown, ['note of percent', 'no note'], 'and the other row stays');
  });

  it('is not what was asked for before', async () => {
    const { begin, answers, shown } = waiting();
    const first = begin(END);
    const second = begin({ target: { kind: 'sequence', sequence: 5 }, select: true });
    answers[1]?.(DETAIL);
    answers[0]?.(DETAIL);
    await Promise.all([first, second]);
    assert.deepEqual(shown, ['note of percent', 'note of sequence', 'explained', 'note of explained sequence']);
  });

  it('is a note where the place is only to be scrolled to, or there is no detail to show it, now or by then', async () => {
    const { begin, answers, shown, state } = waiting();
    await begin({ ...END, select: false });
    const begun = begin(END);
    state.canExplain = false;
    answers[0]?.(DETAIL);
    await begun;
    await begin(END);
    assert.deepEqual(shown, ['note of percent', 'note of percent', 'note of percent']);
    assert.equal(answers.length, 1);
  });
});
