// Browser tests with the packaged extension, installed into a VS Code that has never seen it: a few that between them
// load every file of the package, or with `--all` every one. What they test is the packing; the rest has been tested.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

/** Explorer, commands and the store's thread; the segment editor, its thread and its webview. */
const SUITES = ['store', 'segmentEditor'];
const TESTS = 'shows the store|expands folders|puts a key|shows every record';

const { all } = parseArgs({ options: { all: { type: 'boolean', default: false } } }).values;
const root = path.resolve(import.meta.dirname, '../..');
const [vsixFile, ...others] = globSync('*.vsix', { cwd: root });
if (vsixFile === undefined || others.length > 0) {
  throw new Error('There must be one .vsix beside package.json: remove the old ones and run `npm run package`.');
}
console.log(`Browser tests with ${vsixFile}.`);
const mocha = path.join(root, 'node_modules/mocha/bin/mocha.js');
const selected = [...SUITES.map((suite) => `test/e2e/${suite}.test.ts`), '--grep', TESTS];
const specs = all ? ['test/e2e/**/*.test.ts'] : selected;
const { status } = spawnSync(process.execPath, [mocha, '--config', 'test/e2e/.mocharc.json', ...specs], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, STRATA_E2E_VSIX: vsixFile },
});
process.exitCode = status ?? 1;
