import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { findChromium } from './chromium.ts';

export interface ChromiumPage extends AsyncDisposable {
  readonly page: Page;
}

/** Quiet and the same everywhere; a build machine has neither a sandbox nor a graphics card. */
const chromiumArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A page in a headless browser of its own, which ends with it. */
export async function openChromiumPage(): Promise<ChromiumPage> {
  const browser: Browser = await chromium.launch({ executablePath: findChromium(), args: chromiumArguments });
  const context = await browser.newContext(contextOptions);
  await prepare(context);
  return { page: await context.newPage(), [Symbol.asyncDispose]: () => browser.close() };
}

/**
 * A headless browser with a cache on disk, for pages that follow each other. Each of them finds nothing of what the
 * last one has stored, but need not load and compile the megabytes of VS Code again.
 */
export class CachingChromium implements AsyncDisposable {
  readonly #context: BrowserContext;
  readonly #profile: string;
  #isClosed = false;

  private constructor(context: BrowserContext, profile: string) {
    this.#context = context;
    this.#profile = profile;
    context.once('close', () => {
      this.#isClosed = true;
    });
  }

  /** Also when it has crashed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  static async launch(): Promise<CachingChromium> {
    const profile = await mkdtemp(path.join(tmpdir(), 'strata-chromium-'));
    const options = { ...contextOptions, executablePath: findChromium(), args: chromiumArguments };
    const context = await chromium.launchPersistentContext(profile, options);
    // After Playwright, which ends its browsers with the process.
    process.once('exit', () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
    await prepare(context);
    return new CachingChromium(context, profile);
  }

  /** A page for this address, without anything that was stored for it before. */
  async openPage(url: string): Promise<ChromiumPage> {
    const page = await this.#context.newPage();
    const session = await this.#context.newCDPSession(page);
    // The cache of what was loaded is none of these.
    await session.send('Storage.clearDataForOrigin', { origin: new URL(url).origin, storageTypes: 'all' });
    await session.detach();
    return { page, [Symbol.asyncDispose]: () => page.close() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

const contextOptions = { viewport: { width: 1440, height: 900 }, locale: 'en-US' };

async function prepare(context: BrowserContext): Promise<void> {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  // Longer than anything here takes on a busy build machine, and short enough to say which step has failed.
  context.setDefaultTimeout(20_000);
}
