/**
 * The VS Code that hosts the tests: STRATA_VSCODE_VERSION, as `1.139.1`, or `1.139` for the newest of that month.
 * The default is fixed, so that a test run means the same tomorrow.
 */
export function vscodeVersion(): string {
  const version = process.env['STRATA_VSCODE_VERSION'] || '1.139.1';
  if (!/^1\.\d+(\.\d+)?$/.test(version)) {
    throw new Error(`STRATA_VSCODE_VERSION is "${version}"; give a version such as 1.139.1 or 1.139.`);
  }
  return version;
}
