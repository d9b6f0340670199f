// The browser tests with the packaged extension, installed into a VS Code that has never seen it.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const [vsixFile, ...others] = globSync('*.vsix', { cwd: root });
if (vsixFile === undefined || others.length > 0) {
  throw new Error('There must be one .vsix beside package.json: remove the old ones and run `npm run package`.');
}
console.log(`Browser tests with ${vsixFile}.`);
const mocha = path.join(root, 'node_modules/mocha/bin/mocha.js');
const { status } = spawnSync(process.execPath, [mocha, '--config', 'test/e2e/.mocharc.json'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, STRATA_E2E_VSIX: vsixFile },
});
process.exitCode = status ?? 1;
