import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { RootRefresh } from '../../src/explorer/rootRefresh.ts';

const AGAIN_MS = 10;

describe('RootRefresh', () => {
  let told: number;
  let roots: RootRefresh;

  beforeEach(() => {
    told = 0;
    roots = new RootRefresh(() => told++, AGAIN_MS);
  });

  it('tells at once, and once more where nobody has asked since', async () => {
    roots.asked();
    roots.changed();
    assert.equal(told, 1);
    while (told === 1) await sleep(AGAIN_MS);
    await sleep(5 * AGAIN_MS);
    assert.equal(told, 2, 'and not for ever');
  });

  it('tells once where somebody has asked', async () => {
    roots.changed();
    roots.asked();
    await sleep(5 * AGAIN_MS);
    assert.equal(told, 1);
  });

  it('tells nobody any more when it is disposed of', async () => {
    roots.changed();
    roots.dispose();
    await sleep(5 * AGAIN_MS);
    assert.equal(told, 1);
  });
});
