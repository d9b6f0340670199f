// Starts the VS Code server on a workspace, with the extension from the checkout or from a VSIX, and ends it again.
// Settings, state and installed extensions live in a folder of their own, so that no run sees another's.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { installVscodeServer } from './vscodeServer.ts';

/** The extension under test: a folder with its `package.json` and `dist`, or a packaged VSIX to install. */
export type ExtensionSource = { readonly developmentDirectory: string } | { readonly vsixFile: string };

export interface VscodeHostOptions {
  readonly extension: ExtensionSource;
  /** Absolute path of the folder, or of the `.code-workspace` file, to open. */
  readonly workspace: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Leave out built-in extensions that nothing here has to do with: they take two thirds of the time to start. */
  readonly fewBuiltinExtensions?: boolean;
  /** Folders of extensions that are there beside the one under test. */
  readonly furtherExtensions?: readonly string[];
  /** Ask whether the workspace is trusted, as VS Code does by default; its answer is no until a person says yes. */
  readonly workspaceTrust?: boolean;
  /** A port to listen on if it is free, so that a browser finds in its cache what it has loaded from there before. */
  readonly preferredPort?: number;
  /** Absolute path of a CommonJS module with `run()`, loaded by the extension host in place of a user. */
  readonly testsModule?: string;
  /** Variables for the server and for its extension host. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface VscodeHost extends AsyncDisposable {
  /** Address of the workbench, workspace and extension included. */
  readonly url: string;
  /** The last lines that the server has written; for the message of a failed test. */
  log(): string;
  /** Id of the server's process, whose descendants the extension hosts are. */
  readonly processId: number;
  /** Resolves when the server has ended, whoever ended it. */
  readonly ended: Promise<unknown>;
}

/** Quiet pictures and no surprises: no welcome pages, chat, updates, trust questions or telemetry. */
const baseSettings = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.showReleaseNotes': false,
  'workbench.colorTheme': 'Dark Modern',
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
};

/**
 * With `fewBuiltinExtensions`: themes and icons, the languages of values and settings, and what shows them. Left out
 * are those for programming, whose manifests alone are megabytes that VS Code sends to the window several times over.
 */
const BUILTIN_EXTENSIONS = [
  ...['theme-defaults', 'theme-modern-icons', 'theme-seti'],
  ...['configuration-editing', 'css', 'diff', 'html', 'ini', 'javascript', 'json', 'json-language-features', 'log'],
  ...['markdown-basics', 'markdown-language-features', 'media-preview', 'search-result', 'xml', 'yaml'],
];

const trustSettings = {
  'security.workspace.trust.enabled': true,
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'never',
};

export async function startVscodeHost(options: VscodeHostOptions): Promise<VscodeHost> {
  const { node, script } = await installVscodeServer();
  const home = await mkdtemp(path.join(tmpdir(), 'strata-host-'));
  const log: string[] = [];
  const preferredPort = options.preferredPort === undefined ? 0 : await freePort(options.preferredPort);
  try {
    const trust = options.workspaceTrust === true ? trustSettings : {};
    await writeSettings(home, { ...trust, ...options.settings });
    await mkdir(path.join(home, 'extensions'));
    for (const directory of options.furtherExtensions ?? []) await linkExtension(home, directory);
    const args = [script, '--accept-server-license-terms', ...directoryArguments(home)];
    if (options.fewBuiltinExtensions === true) {
      args.push('--builtin-extensions-dir', await linkBuiltinExtensions(home, script));
    }
    const env = { ...process.env, ...options.environment };
    if ('vsixFile' in options.extension) await installVsix(node, args, options.extension.vsixFile);
    else if (options.testsModule === undefined) await linkExtension(home, options.extension.developmentDirectory);
    const server = spawn(node, [...args, ...serverArguments(options, preferredPort)], {
      // A group of its own: ending the group also ends the extension host and its watchers.
      detached: process.platform !== 'win32',
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stop = stopper(server, home);
    try {
      const port = await listeningPort(server, log);
      return {
        url: workbenchUrl(port, options),
        log: () => log.slice(-40).join('\n'),
        processId: server.pid as number,
        ended: once(server, 'exit'),
        [Symbol.asyncDispose]: stop,
      };
    } catch (error) {
      await stop();
      throw error;
    }
  } catch (error) {
    await rm(home, { recursive: true, force: true });
    throw error;
  }
}

/** The port, or 0 when something listens there. */
async function freePort(port: number): Promise<number> {
  const probe = createServer();
  try {
    await once(probe.listen(port, '127.0.0.1'), 'listening');
    return port;
  } catch {
    return 0;
  } finally {
    probe.close();
  }
}

function serverArguments({ testsModule, workspaceTrust }: VscodeHostOptions, port: number): string[] {
  return [
    ...['--host', '127.0.0.1', '--port', String(port), '--without-connection-token'],
    ...['--telemetry-level', 'off'],
    ...(workspaceTrust === true ? [] : ['--disable-workspace-trust']),
    // Without it a built product does not let an address name a tests module. It also suppresses notifications, so
    // it must not be there for people and for tests that act as people.
    ...(testsModule === undefined ? [] : ['--enable-smoke-test-driver']),
  ];
}

function directoryArguments(home: string): string[] {
  const folder = (name: string) => path.join(home, name);
  return [
    ...['--server-data-dir', folder('server')],
    ...['--user-data-dir', folder('user')],
    ...['--extensions-dir', folder('extensions')],
  ];
}

async function writeSettings(home: string, settings: Readonly<Record<string, unknown>>): Promise<void> {
  for (const level of ['User', 'Machine']) {
    const file = path.join(home, 'user', level, 'settings.json');
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify(level === 'User' ? { ...baseSettings, ...settings } : {}, undefined, 2));
  }
}

/** A link among the installed extensions: the host then treats the checkout as it treats any extension. */
async function linkExtension(home: string, directory: string): Promise<void> {
  const { publisher, name, version } = JSON.parse(await readFile(path.join(directory, 'package.json'), 'utf8'));
  await symlink(directory, path.join(home, 'extensions', `${publisher}.${name}-${version}`), 'junction');
}

async function linkBuiltinExtensions(home: string, serverScript: string): Promise<string> {
  const all = path.resolve(serverScript, '../../extensions');
  const few = path.join(home, 'builtin');
  await mkdir(few);
  // An older VS Code may lack one of them.
  const names = BUILTIN_EXTENSIONS.filter((name) => existsSync(path.join(all, name)));
  for (const name of names) await symlink(path.join(all, name), path.join(few, name), 'junction');
  return few;
}

async function installVsix(node: string, args: string[], vsixFile: string): Promise<void> {
  const installer = spawn(node, [...args, '--install-extension', vsixFile, '--force'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [installer.stdout, installer.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const [code] = await once(installer, 'close');
  if (code !== 0) throw new Error(`Installing ${vsixFile} ended with ${code}:\n${output}`);
}

/** Resolves with the port once the server says that it listens; rejects with its output when it ends before. */
async function listeningPort(server: ChildProcess, log: string[]): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  for (const stream of [server.stdout, server.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      log.push(line);
      const port = /Extension host agent listening on (\d+)/.exec(line)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  }
  server.once('error', reject);
  server.once('exit', (code) => reject(new Error(`The VS Code server ended with ${code}:\n${log.join('\n')}`)));
  return promise;
}

function workbenchUrl(port: number, { extension, workspace, testsModule }: VscodeHostOptions): string {
  const remote = (absolutePath: string) => `vscode-remote://localhost:${port}${absolutePath}`;
  const url = new URL(`http://localhost:${port}/`);
  url.searchParams.set(workspace.endsWith('.code-workspace') ? 'workspace' : 'folder', workspace);
  if (testsModule !== undefined && 'developmentDirectory' in extension) {
    const payload = [
      ['extensionDevelopmentPath', remote(extension.developmentDirectory)],
      ['extensionTestsPath', remote(testsModule)],
      ['skipWelcome', 'true'],
    ];
    url.searchParams.set('payload', JSON.stringify(payload));
  }
  return url.href;
}

/** Ends the server by its process id, and removes its folder. A second call does nothing. */
function stopper(server: ChildProcess, home: string): () => Promise<void> {
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= end();
    return stopped;
  };
  const end = async () => {
    if (server.exitCode === null && server.signalCode === null && server.pid !== undefined) {
      const exit = once(server, 'exit');
      signalGroup(server.pid, 'SIGTERM');
      const impatience = setTimeout(() => signalGroup(server.pid as number, 'SIGKILL'), 5000);
      await exit;
      clearTimeout(impatience);
    }
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    for (const signal of signals) process.off(signal, interrupted);
  };
  // A group of its own also means that the server would outlive an interrupted run.
  const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;
  const interrupted = (signal: NodeJS.Signals) =>
    void stop().finally(() => process.exit(128 + constants.signals[signal]));
  for (const signal of signals) process.once(signal, interrupted);
  return stop;
}

function signalGroup(processId: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === 'win32' ? processId : -processId, signal);
  } catch (error) {
    // The group has just ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
