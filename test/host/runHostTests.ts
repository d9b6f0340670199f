// Runs the suite of this folder inside a real VS Code: the desktop build where it can be downloaded and shown, and
// otherwise the VS Code server in headless Chromium. STRATA_TEST_HOST=desktop or =server decides instead.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { cacheDirectory } from '../support/cacheDirectory.ts';
import { openChromiumPage } from '../support/chromiumPage.ts';
import { startVscodeHost } from '../support/vscodeHost.ts';
import { vscodeVersion } from '../support/vscodeVersion.ts';
import { REPORT_MARK } from './reportMark.ts';

const extensionDirectory = path.resolve(import.meta.dirname, '../..');
const consoleFile = path.join(extensionDirectory, 'test-artifacts/host-console.log');
/** Longer than any test may take; only a host that has lost its tests is silent for so long. */
const silenceMs = 180_000;
const testsModule = path.join(extensionDirectory, 'out/host/index.cjs');

const temporary = await mkdtemp(path.join(tmpdir(), 'strata-host-tests-'));
try {
  const workspace = path.join(temporary, 'workspace');
  await mkdir(workspace);
  const desktop = await findDesktop();
  process.exitCode = desktop === undefined ? await runOnServer(workspace) : await runOnDesktop(desktop, workspace);
} finally {
  await rm(temporary, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** Path of a desktop VS Code of the wanted version, or undefined when the server has to do. */
async function findDesktop(): Promise<string | undefined> {
  const wanted = process.env['STRATA_TEST_HOST'];
  if (wanted === 'server') return undefined;
  if (wanted !== 'desktop' && process.platform === 'linux' && !hasDisplay()) {
    console.log(`VS Code ${vscodeVersion()}: server in headless Chromium, because there is no display.`);
    return undefined;
  }
  const version = vscodeVersion().replace(/^(1\.\d+)$/, '$1.0');
  const cachePath = path.join(cacheDirectory(), 'vscode-desktop');
  try {
    const executable = await downloadAndUnzipVSCode({ version, cachePath, timeout: 20_000 });
    console.log(`VS Code ${version}: desktop build.`);
    return executable;
  } catch (error) {
    if (wanted === 'desktop') throw error;
    console.log(`VS Code ${vscodeVersion()}: server in headless Chromium, because no desktop build can be had.`);
    console.log(`  ${(error as Error).message}`);
    return undefined;
  }
}

function hasDisplay(): boolean {
  return Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']);
}

async function runOnDesktop(vscodeExecutablePath: string, workspace: string): Promise<number> {
  const launchArgs = [workspace, '--disable-extensions', '--disable-workspace-trust', '--user-data-dir', temporary];
  return runTests({
    vscodeExecutablePath,
    extensionDevelopmentPath: extensionDirectory,
    extensionTestsPath: testsModule,
    launchArgs: process.getuid?.() === 0 ? [...launchArgs, '--no-sandbox'] : launchArgs,
  });
}

async function runOnServer(workspace: string): Promise<number> {
  mkdirSync(path.dirname(consoleFile), { recursive: true });
  writeFileSync(consoleFile, '');
  await using host = await startVscodeHost({
    extension: { developmentDirectory: extensionDirectory },
    workspace,
    testsModule,
    fewBuiltinExtensions: true,
  });
  await using browser = await openChromiumPage();
  const { promise: exitCode, resolve, reject } = Promise.withResolvers<number>();
  const silence = setTimeout(
    () => reject(new Error(`VS Code said nothing for minutes; see ${consoleFile}.`)),
    silenceMs,
  );
  // The workbench calls these two in place of a terminal and of a process to end.
  await browser.page.exposeFunction('codeAutomationLog', (type: string, args: unknown[]) => {
    silence.refresh();
    report(type, args);
  });
  await browser.page.exposeFunction('codeAutomationExit', resolve);
  browser.page.once('crash', () => reject(new Error(`The page has crashed.\n${host.log()}`)));
  browser.page.once('close', () => reject(new Error(`The page was closed.\n${host.log()}`)));
  await browser.page.goto(host.url);
  try {
    return await exitCode;
  } finally {
    clearTimeout(silence);
  }
}

/** The workbench talks a lot: only the tests' report goes to the terminal, and everything to a file beside it. */
function report(type: string, args: unknown[]): void {
  const text = args.map(String).join(' ');
  appendFileSync(consoleFile, `${type}: ${text}\n`);
  if (text.startsWith(REPORT_MARK)) console.log(text.slice(REPORT_MARK.length));
}
