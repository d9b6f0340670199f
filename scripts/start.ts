// `npm start`: VS Code with the extension on the sample workspace. The desktop build when `code` is installed,
// otherwise the VS Code server, whose address is printed, and opened in a browser where there is a display.
import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { ensureSampleWorkspace } from '../test/support/sampleWorkspace.ts';
import { startVscodeHost } from '../test/support/vscodeHost.ts';

const extensionDirectory = path.resolve(import.meta.dirname, '..');
const workspace = path.join(extensionDirectory, 'sample-workspace');
const onWindows = process.platform === 'win32';

await ensureSampleWorkspace(workspace);
if (desktopIsInstalled()) openDesktop();
else await serveUntilInterrupted();

function desktopIsInstalled(): boolean {
  const { status } = spawnSync('code', ['--version'], { stdio: 'ignore', shell: onWindows });
  return status === 0;
}

function openDesktop(): void {
  console.log(`Opening ${workspace} in the installed VS Code.`);
  const args = [`--extensionDevelopmentPath=${extensionDirectory}`, workspace];
  const { status } = spawnSync('code', args, { stdio: 'inherit', shell: onWindows });
  process.exitCode = status ?? 1;
}

async function serveUntilInterrupted(): Promise<void> {
  await using host = await startVscodeHost({ extension: { developmentDirectory: extensionDirectory }, workspace });
  console.log(`\nStrata runs in VS Code at\n\n  ${host.url}\n\nCtrl+C ends it.`);
  openBrowser(host.url);
  await host.ended;
}

function openBrowser(url: string): void {
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) return;
  const openers = { darwin: 'open', win32: 'explorer', linux: 'xdg-open' } as Record<string, string>;
  const opener = spawn(openers[process.platform] ?? 'xdg-open', [url], { stdio: 'ignore', detached: true });
  // The address is on the terminal already; a machine without an opener needs no second message.
  opener.on('error', () => {});
  opener.unref();
}
