/** Crashes at every operation of histories on a simulated disk. `npm run test:crash` goes deeper. */

import assert from 'node:assert/strict';
import { CrashExplorer, exploreSeed } from '../support/crashExplorer.ts';
import { SeededRandom } from '../support/seededRandom.ts';
import { shortHistories } from '../support/shortHistories.ts';

const WANTED_STATES = 20_000;
const WANTED_STATES_OF_LONG_HISTORIES = 4_000;
const LONG_HISTORY_STEPS = 12;

describe('After a crash', function () {
  this.timeout(0);
  let exploredCount = 0;

  // A failure names its seed. With it in the environment, this file runs the history of that seed and nothing else.
  const chosenSeed = process.env['STRATA_CRASH_SEED'];
  if (chosenSeed !== undefined) {
    it(`at every operation of the history of seed ${chosenSeed}`, () =>
      exploreSeed(newLongExplorer(), Number(chosenSeed), LONG_HISTORY_STEPS));
    return;
  }

  for (const { name, history } of shortHistories(['fsync'])) {
    it(`at every operation, every state of: ${name}`, async () => {
      const explorer = new CrashExplorer({ thoroughness: 'every', recoveryThoroughness: 0, recoveryMoments: 1 });
      await explorer.explore(history, new SeededRandom(1));
      exploredCount += explorer.stateCount;
    });
  }

  it('at every operation of long histories', async () => {
    const explorer = newLongExplorer();
    const firstSeed = Math.floor(Math.random() * 2 ** 31);
    for (let seed = firstSeed; explorer.stateCount < WANTED_STATES_OF_LONG_HISTORIES; seed++) {
      await exploreSeed(explorer, seed, LONG_HISTORY_STEPS);
    }
    exploredCount += explorer.stateCount;
    console.log(`      ${exploredCount} crash states explored`);
    assert.ok(exploredCount >= WANTED_STATES);
  });
});

function newLongExplorer(): CrashExplorer {
  return new CrashExplorer({ thoroughness: 1, recoveryThoroughness: 1, recoveryMoments: 2 });
}
