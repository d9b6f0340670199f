// A real VS Code where no desktop build can be had: the npm package `code-server` carries the complete workbench,
// server and extension host of the VS Code release with the same minor version (4.139 is 1.139).
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from './cacheDirectory.ts';
import { vscodeVersion } from './vscodeVersion.ts';

export interface VscodeServer {
  /** Path of the Node to run it in, of the major version that this VS Code ships with. */
  readonly node: string;
  /** Path of its entry script. */
  readonly script: string;
}

/** The first call for a version installs it into the cache, which takes about 20 seconds. */
export async function installVscodeServer(): Promise<VscodeServer> {
  const packageVersion = vscodeVersion().replace(/^1\./, '4.');
  const directory = path.join(cacheDirectory(), `vscode-server-${packageVersion}`);
  if (!existsSync(directory)) {
    console.log(`Installing the VS Code server ${vscodeVersion()} into ${directory} ...`);
    await installInto(directory, `code-server@${packageVersion}`);
  }
  const ownNode = path.join(directory, 'runtime/node_modules/node/bin/node');
  return {
    node: existsSync(ownNode) ? ownNode : process.execPath,
    script: path.join(directory, 'node_modules/code-server/lib/vscode/out/server-main.js'),
  };
}

/**
 * Installs beside the target and renames at the end. Two runs at once therefore do the work twice and never see half
 * of it, and a run that was killed leaves nothing that a later one could take for complete.
 */
async function installInto(directory: string, packageSpec: string): Promise<void> {
  await mkdir(path.dirname(directory), { recursive: true });
  const partial = await mkdtemp(`${directory}.partial-`);
  try {
    await makePackage(partial);
    // Install scripts stay off: they compile native modules that the tests do without (terminal, keychain, Kerberos).
    await npm(partial, ['install', '--ignore-scripts', packageSpec]);
    const codeServer = path.join(partial, 'node_modules/code-server');
    const vscode = path.join(codeServer, 'lib/vscode');
    await npm(vscode, ['install', '--omit=dev', '--ignore-scripts']);
    await npm(path.join(vscode, 'extensions'), ['install', '--omit=dev', '--ignore-scripts']);
    await addRipgrep(partial, path.join(vscode, 'node_modules/@vscode/ripgrep'));
    await addNode(path.join(partial, 'runtime'), path.join(codeServer, 'package.json'));
    await rename(partial, directory);
  } catch (error) {
    if (!existsSync(directory)) throw error;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Older servers fetch their search tool in an install script; a later package carries it for every platform. */
async function addRipgrep(partial: string, ripgrep: string): Promise<void> {
  if (!existsSync(ripgrep)) return;
  await npm(partial, ['install', '--ignore-scripts', '@vscode/ripgrep-universal@1.18.0']);
  const name = process.platform === 'win32' ? 'rg.exe' : 'rg';
  const platform = `${process.platform}-${process.arch}`;
  const source = path.join(partial, 'node_modules/@vscode/ripgrep-universal/bin', platform, name);
  await mkdir(path.join(ripgrep, 'bin'), { recursive: true });
  await copyFile(source, path.join(ripgrep, 'bin', name));
}

/** An older VS Code runs extensions in an older Node; in a newer one its extension host hangs. */
async function addNode(runtime: string, manifestFile: string): Promise<void> {
  const { engines } = JSON.parse(await readFile(manifestFile, 'utf8')) as { engines: { node: string } };
  const major = /\d+/.exec(engines.node)?.[0];
  if (major === undefined || process.versions.node.startsWith(`${major}.`)) return;
  await makePackage(runtime);
  await npm(runtime, ['install', `node@${major}`]);
}

async function makePackage(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, 'package.json'), '{ "private": true, "allowScripts": { "node": true } }\n');
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
