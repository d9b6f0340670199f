import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';

const installedPaths = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/usr/bin/microsoft-edge',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ...[process.env['PROGRAMFILES'], process.env['PROGRAMFILES(X86)'], process.env['LOCALAPPDATA']]
    .filter((folder) => folder !== undefined)
    .flatMap((folder) => [
      path.join(folder, 'Google/Chrome/Application/chrome.exe'),
      path.join(folder, 'Microsoft/Edge/Application/msedge.exe'),
    ]),
];

/**
 * Path of a Chromium or of one of its kin: STRATA_CHROMIUM, an installed one, or one that playwright has downloaded.
 * On Debian and as root a missing one is installed, so that a bare build machine needs no preparation.
 */
export function findChromium(): string {
  const found = findInstalled();
  if (found !== undefined) return found;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log('Installing Chromium with apt-get ...');
    const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const;
    execFileSync('apt-get', ['update', '-qq'], options);
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu'], options);
    const installed = findInstalled();
    if (installed !== undefined) return installed;
  }
  throw new Error('No Chromium was found: install Chromium or Chrome, or set STRATA_CHROMIUM to the path of one.');
}

function findInstalled(): string | undefined {
  const named = process.env['STRATA_CHROMIUM'];
  if (named !== undefined && named !== '') {
    if (!existsSync(named)) throw new Error(`STRATA_CHROMIUM names ${named}, which does not exist.`);
    return named;
  }
  return [...installedPaths, chromium.executablePath()].find((candidate) => existsSync(candidate));
}
