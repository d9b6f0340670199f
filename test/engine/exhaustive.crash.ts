/**
 * The long run of the crash tests: short histories exhaustively with every durability, crashing again at every
 * operation of every recovery, and long histories of random seeds for as long as `STRATA_CRASH_MINUTES` says
 * (default 10). `STRATA_CRASH_SEED` replays the seed that a failure names.
 */

import { CrashExplorer, exploreSeed } from '../support/crashExplorer.ts';
import { SeededRandom } from '../support/seededRandom.ts';
import { DURABILITIES, shortHistories } from '../support/shortHistories.ts';

const LONG_HISTORY_STEPS = 25;

describe('After a crash, at length', function () {
  this.timeout(0);
  const chosenSeed = process.env['STRATA_CRASH_SEED'];
  const minutes = Number(process.env['STRATA_CRASH_MINUTES'] ?? 10);
  const newExplorer = () =>
    new CrashExplorer({ thoroughness: 'every', recoveryThoroughness: 2, recoveryMoments: 'every' });

  if (chosenSeed === undefined) {
    for (const { name, history } of shortHistories(DURABILITIES)) {
      it(`at every operation, and again at every operation of the recovery: ${name}`, async () => {
        const explorer = newExplorer();
        await explorer.explore(history, new SeededRandom(1));
        report(explorer);
      });
    }
  }

  it(`at every operation of long histories${chosenSeed === undefined ? '' : `, seed ${chosenSeed}`}`, async () => {
    const explorer = new CrashExplorer({ thoroughness: 4, recoveryThoroughness: 2, recoveryMoments: 4 });
    if (chosenSeed !== undefined) {
      await exploreSeed(explorer, Number(chosenSeed), LONG_HISTORY_STEPS);
    } else {
      const endMs = Date.now() + minutes * 60_000;
      for (let seed = Math.floor(Math.random() * 2 ** 31); Date.now() < endMs; seed++) {
        await exploreSeed(explorer, seed, LONG_HISTORY_STEPS);
      }
    }
    report(explorer);
  });
});

function report(explorer: CrashExplorer): void {
  const { historyStateCount, recoveryStateCount } = explorer;
  console.log(
    `      ${historyStateCount} states that crashes left, ${recoveryStateCount} that crashes in recoveries left`,
  );
}
