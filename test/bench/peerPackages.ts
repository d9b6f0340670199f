import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Installs the packages of the benchmark where they are missing. Not by `npm ci`: the native ones have an optional
 * package for every platform, and a lock file of one machine is not good on another.
 */
export function ensurePeerPackages(): void {
  const { dependencies } = packageJson(import.meta.dirname) as { readonly dependencies: Record<string, string> };
  const isInstalled = Object.entries(dependencies).every(([name, version]) => installedVersion(name) === version);
  if (isInstalled) return;
  console.error('Installing the stores to compare with into test/bench/node_modules ...');
  const { status } = spawnSync('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund'], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('The packages of the benchmark could not be installed; see above.');
}

/** Undefined when the package is not there. */
export function installedVersion(packageName: string): string | undefined {
  const directory = path.join(import.meta.dirname, 'node_modules', packageName);
  return existsSync(path.join(directory, 'package.json')) ? (packageJson(directory)['version'] as string) : undefined;
}

function packageJson(directory: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8')) as Record<string, unknown>;
}
