import { appendFileSync } from 'node:fs';
import { type MochaOptions, Runner, reporters } from 'mocha';

/**
 * Mocha's usual report, and one line of JSON for each run in the file that STRATA_TEST_TALLY names, so that a build
 * can add up runs in several processes without reading their output. Before it stands a line `failed: <title>` for each
 * test that failed, and a line `second attempt: <title>` for each that failed once where its suite allows another try.
 */
export default class TallyReporter extends reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    const file = process.env['STRATA_TEST_TALLY'];
    if (file === undefined || file === '') return;
    runner.on(Runner.constants.EVENT_TEST_FAIL, (test) => {
      appendFileSync(file, `failed: ${test.fullTitle()}\n`);
    });
    runner.on(Runner.constants.EVENT_TEST_RETRY, (test, error) => {
      appendFileSync(file, `second attempt: ${test.fullTitle()}\n`);
      reporters.Base.consoleLog(`    Second attempt of "${test.title}", which failed with\n${error.stack}`);
    });
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      appendFileSync(file, `${JSON.stringify({ passes, failures, pending })}\n`);
    });
  }
}
