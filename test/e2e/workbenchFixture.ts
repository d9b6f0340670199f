import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CachingChromium } from '../support/chromiumPage.ts';
import type { VscodeHostOptions } from '../support/vscodeHost.ts';
import { Workbench } from './workbench.ts';

export interface WorkbenchFixture {
  readonly workbench: Workbench;
  /** The opened folder: new, and gone after the suite. */
  readonly directory: string;
}

export interface WorkbenchHost extends Pick<VscodeHostOptions, 'furtherExtensions' | 'workspaceTrust'> {
  /** Writes a workspace file for the folder, to be opened in its place, and returns its path. */
  readonly workspaceFile?: (directory: string) => Promise<string>;
}

/**
 * One browser for all suites of this process, and one port for their servers: what the browser has loaded from there is in
 * its cache.
 */
let chromium: CachingChromium | undefined;
let port: number | undefined;

// Where suites run side by side, their processes take several, and nobody tells them which is the last one: the browser
// ends with the process then.
if (process.env['MOCHA_WORKER_ID'] === undefined) after(async () => chromium?.[Symbol.asyncDispose]());

/**
 * One VS Code for the suite that this is called in, on a folder that `fill` has filled. A failed attempt leaves
 * a picture of the moment among the artefacts.
 */
export function workbenchFixture(
  fill: (directory: string) => Promise<void>,
  settings: Readonly<Record<string, unknown>> = {},
  host: WorkbenchHost = {},
): WorkbenchFixture {
  let temporary = '';
  let directory = '';
  let workbench: Workbench | undefined;

  before(async () => {
    temporary = await mkdtemp(path.join(tmpdir(), 'strata-e2e-'));
    // Its name stands in the window's title, and so in every picture.
    directory = path.join(temporary, 'sample');
    await mkdir(directory);
    await fill(directory);
    const { workspaceFile, ...options } = host;
    const workspace = workspaceFile === undefined ? directory : await workspaceFile(directory);
    if (chromium === undefined || chromium.isClosed) chromium = await CachingChromium.launch();
    const browser = chromium;
    workbench = await Workbench.open(
      { workspace, settings, ...(port === undefined ? {} : { preferredPort: port }), ...options },
      (url) => browser.openPage(url),
    );
    port = workbench.port;
  });

  afterEach(async function () {
    // It is not called failed when another attempt follows.
    if (this.currentTest === undefined || this.currentTest.state === 'passed') return;
    await workbench?.screenshotOfFailure(this.currentTest.fullTitle().replaceAll(/[^\w]+/g, '-'));
    // One that it left open would stand in the way of what follows.
    const leftOpen = workbench?.page.locator('.quick-input-widget:visible, .context-view:visible, .monaco-dialog-box');
    if (await leftOpen?.first().isVisible()) await workbench?.page.keyboard.press('Escape');
  });

  after(async () => {
    await workbench?.[Symbol.asyncDispose]();
    await rm(temporary, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  });

  return {
    get workbench() {
      if (workbench === undefined) throw new Error('VS Code is open only while the tests of the suite run.');
      return workbench;
    },
    get directory() {
      return directory;
    },
  };
}
