// Runs inside VS Code's extension host, in whichever build of VS Code: loads the test files beside it into Mocha.
import { globSync } from 'node:fs';
import { format } from 'node:util';
import TallyReporter from '../support/tallyReporter.ts';
import { REPORT_MARK } from './reportMark.ts';

/** Called by VS Code. Rejects when a test failed, which ends the host with a code other than 0. */
export async function run(): Promise<void> {
  // Not at the top: what `require` gives for Mocha, an ES module, depends on the version of Node.
  const { default: Mocha } = await import('mocha');
  Mocha.reporters.Base.consoleLog = (...args: unknown[]) => console.log(REPORT_MARK + format(...args));
  // One more try, as in the browser tests: VS Code does much at once while it starts. The report tells which needed it.
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000, retries: 1, reporter: TallyReporter });
  const files = globSync('**/*.test.cjs', { cwd: __dirname }).sort();
  for (const file of files) mocha.addFile(`${__dirname}/${file}`);
  const failureCount = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failureCount > 0) throw new Error(`${failureCount} tests failed in VS Code.`);
  if (files.length === 0) throw new Error('No tests were found.');
}
