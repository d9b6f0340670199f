import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/**
 * The VS Code that hosts the tests: STRATA_VSCODE_VERSION, as `1.139.1`, as `1.139` for the newest of that month, or as
 * `oldest` for the month that `engines.vscode` names. The default is fixed, so that a test run means the same tomorrow.
 */
export function vscodeVersion(): string {
  const wanted = process.env['STRATA_VSCODE_VERSION'] || '1.139.1';
  const version = wanted === 'oldest' ? oldestVersion() : wanted;
  if (!/^1\.\d+(\.\d+)?$/.test(version)) {
    throw new Error(`STRATA_VSCODE_VERSION is "${wanted}"; give a version such as 1.139.1 or 1.139, or "oldest".`);
  }
  return version;
}

function oldestVersion(): string {
  const { engines } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    engines: { vscode: string };
  };
  return engines.vscode.replace(/^\^/, '').replace(/\.0$/, '');
}
