// A real VS Code where no desktop build can be had: the npm package `code-server` carries the complete workbench,
// server and extension host of the VS Code release with the same minor version (4.139 is 1.139).
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from './cacheDirectory.ts';
import { vscodeVersion } from './vscodeVersion.ts';

/** Path of the server's entry script. The first call for a version installs it into the cache, about 20 seconds. */
export async function installVscodeServer(): Promise<string> {
  const packageVersion = vscodeVersion().replace(/^1\./, '4.');
  const directory = path.join(cacheDirectory(), `vscode-server-${packageVersion}`);
  const serverScript = path.join(directory, 'node_modules/code-server/lib/vscode/out/server-main.js');
  if (!existsSync(serverScript)) {
    console.log(`Installing the VS Code server ${vscodeVersion()} into ${directory} ...`);
    await installInto(directory, `code-server@${packageVersion}`);
  }
  return serverScript;
}

/**
 * Installs beside the target and renames at the end. Two runs at once therefore do the work twice and never see half
 * of it, and a run that was killed leaves nothing that a later one could take for complete.
 */
async function installInto(directory: string, packageSpec: string): Promise<void> {
  await mkdir(path.dirname(directory), { recursive: true });
  const partial = await mkdtemp(`${directory}.partial-`);
  try {
    await writeFile(path.join(partial, 'package.json'), '{ "private": true }\n');
    // Install scripts stay off: they compile native modules that the tests do without (terminal, keychain, Kerberos).
    await npm(partial, ['install', '--ignore-scripts', packageSpec]);
    const vscode = path.join(partial, 'node_modules/code-server/lib/vscode');
    await npm(vscode, ['install', '--omit=dev', '--ignore-scripts']);
    await npm(path.join(vscode, 'extensions'), ['install', '--omit=dev', '--ignore-scripts']);
    await rename(partial, directory);
  } catch (error) {
    if (!existsSync(directory)) throw error;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function npm(directory: string, args: string[]): Promise<void> {
  const command = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  await promisify(execFile)(command, [...args, ...quiet], {
    cwd: directory,
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
  });
}
