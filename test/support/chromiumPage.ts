import { type Browser, chromium, type Page } from 'playwright-core';
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
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US' });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  // Longer than anything here takes on a busy build machine, and short enough to say which step has failed.
  context.setDefaultTimeout(20_000);
  return { page: await context.newPage(), [Symbol.asyncDispose]: () => browser.close() };
}
