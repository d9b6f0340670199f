import assert from 'node:assert/strict';
import { type AskedPlace, PendingPlace } from '../../media/inspector/pendingPlace.ts';
import { PlaceSearch } from '../../media/inspector/placeSearch.ts';
import type { Located, LocateTarget, ViewId } from '../../src/shared/inspectorMessages.ts';
import { indexed } from './indexed.ts';

const ROW: AskedPlace = { target: { kind: 'row', row: 50 }, select: true };
const OTHER_ROW: AskedPlace = { target: { kind: 'row', row: 60 }, select: false };

interface Question {
  readonly target: LocateTarget;
  readonly view: ViewId;
  readonly answer: (position: number | undefined) => void;
  readonly refuse: (error: Error) => void;
}

/** A search among rows whose answers the test gives. */
function searched(indexedBytes = 1000) {
  const state = { view: 0, base: 0, progress: indexed(indexedBytes), waiting: [] as AskedPlace[] };
  const questions: Question[] = [];
  const shown: [AskedPlace, position: number][] = [];
  const pending = new PendingPlace();
  const search = new PlaceSearch(pending, {
    view: () => state.view,
    progress: () => state.progress,
    locate: (target, view) =>
      new Promise<Located | undefined>((resolve, reject) => {
        const answer = (position: number | undefined) =>
          resolve(position === undefined ? undefined : { position, row: position, offsetBytes: 0 });
        questions.push({ target, view, answer, refuse: reject });
      }),
    leaveOrder: () => {
      const isSorted = state.view !== state.base;
      state.view = state.base;
      return isSorted;
    },
    show: (place, { position }) => shown.push([place, position]),
    onWait: (place) => state.waiting.push(place),
  });
  return { state, questions, shown, pending, search, question: (at: number) => questions[at] as Question };
}

/** What has been answered has come. */
const answered = () => new Promise((resolve) => setImmediate(resolve));

describe('a place among the rows that are shown', () => {
  it('is shown where it is', async () => {
    const { search, question, shown } = searched();
    const found = search.find(ROW);
    assert.deepEqual([question(0).target, question(0).view], [ROW.target, 0]);
    question(0).answer(7);
    await found;
    assert.deepEqual(shown, [[ROW, 7]]);
  });

  it('is looked up once more when other rows are shown by the time the answer comes', async () => {
    const { search, state, question, questions, shown } = searched();
    const found = search.find(ROW);
    state.view = 3;
    question(0).answer(7);
    await answered();
    assert.deepEqual(shown, []);
    assert.equal(question(1).view, 3);
    question(1).answer(8);
    await found;
    assert.deepEqual(shown, [[ROW, 8]]);
    assert.equal(questions.length, 2);
  });

  it('is looked up once more when the rows that it was looked for in are gone', async () => {
    const { search, state, question, shown } = searched();
    const found = search.find(ROW);
    state.view = 3;
    question(0).refuse(new Error('these rows are gone'));
    await answered();
    question(1).answer(8);
    await found;
    assert.deepEqual(shown, [[ROW, 8]]);
    const failing = search.find(ROW);
    question(2).refuse(new Error('no disk'));
    await assert.rejects(failing, /no disk/);
  });

  it('waits again when the file has been replaced meanwhile', async () => {
    const { search, state, pending, question, shown } = searched();
    const found = search.find(ROW);
    state.view = 3;
    state.progress = indexed(100);
    question(0).answer(7);
    await found;
    assert.deepEqual([pending.isThere, state.waiting, shown.length], [true, [ROW], 0]);
  });

  it('is open while it waits or is looked up, and no longer', async () => {
    const { search, state, question } = searched(100);
    assert.equal(search.isOpen, false);
    await search.find({ target: { kind: 'percent', percent: 100 }, select: true });
    assert.equal(search.isOpen, true);
    state.progress = indexed(1000);
    const found = search.find(ROW);
    assert.equal(search.isOpen, true);
    question(0).answer(7);
    await found;
    assert.equal(search.isOpen, false);
    const failing = search.find(ROW);
    question(1).refuse(new Error('no disk'));
    await assert.rejects(failing);
    assert.equal(search.isOpen, false);
    const forgotten = search.find(ROW);
    search.forget();
    assert.equal(search.isOpen, false);
    question(2).answer(7);
    await forgotten;
  });

  it('is shown in the order of the file when the order does not keep it', async () => {
    const { search, state, question, shown } = searched();
    state.view = 5;
    const found = search.find(ROW);
    question(0).answer(undefined);
    await answered();
    assert.equal(question(1).view, 0);
    question(1).answer(50);
    await found;
    assert.deepEqual(shown, [[ROW, 50]]);
    // Where there is no such order, there is no such place.
    const nowhere = search.find(ROW);
    question(2).answer(undefined);
    await nowhere;
    assert.equal(shown.length, 1);
  });

  it('is not shown when another one is asked for, whichever answer comes first', async () => {
    const { search, question, shown } = searched();
    const first = search.find(ROW);
    const second = search.find(OTHER_ROW);
    question(1).answer(60);
    await second;
    question(0).answer(50);
    await first;
    assert.deepEqual(shown, [[OTHER_ROW, 60]]);
  });

  it('is not shown once it is forgotten, also when it is just looked up, or waits', async () => {
    const { search, state, pending, question, questions, shown } = searched();
    const found = search.find(ROW);
    search.forget();
    question(0).answer(50);
    await found;
    state.progress = indexed(100);
    await search.find(ROW);
    assert.ok(pending.isThere);
    search.forget();
    assert.equal(pending.take(indexed(1000)), undefined);
    assert.deepEqual([shown.length, questions.length], [0, 1]);
  });
});
