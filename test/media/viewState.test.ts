import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { StateKeeper } from '../../media/inspector/viewState.ts';
import type { ViewState } from '../../src/shared/inspectorViewState.ts';

/** Longer than a change waits before it is saved. */
const SAVED_BY_MS = 400;

describe('what an editor keeps of its view', () => {
  let saved: ViewState[];
  let keeper: StateKeeper;

  beforeEach(() => {
    saved = [];
    keeper = new StateKeeper((state) => saved.push(state));
  });

  it('is saved once for changes that come together', async () => {
    keeper.restore({ query: 'op:del' });
    keeper.update({ topRow: 3 });
    keeper.update({ topRow: 4 });
    await pause(SAVED_BY_MS);
    assert.deepEqual(
      saved.map(({ query, topRow }) => ({ query, topRow })),
      [{ query: 'op:del', topRow: 4 }],
    );
  });

  it('is not overwritten by an empty table that is laid out before it has come, however long that takes', async () => {
    keeper.update({ topRow: 0 });
    await pause(SAVED_BY_MS);
    assert.deepEqual(saved, []);
    keeper.restore({ query: 'op:del', topRow: 50 });
    assert.equal(keeper.current.topRow, 50);
    keeper.update({ selectedRow: 51 });
    await pause(SAVED_BY_MS);
    assert.deepEqual(
      saved.map(({ query, topRow, selectedRow }) => ({ query, topRow, selectedRow })),
      [{ query: 'op:del', topRow: 50, selectedRow: 51 }],
    );
  });
});
