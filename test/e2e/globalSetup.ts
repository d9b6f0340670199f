import { findChromium } from '../support/chromium.ts';
import { installVscodeServer } from '../support/vscodeServer.ts';

/** Once, before test files run side by side: two of them must not install the same at the same time. */
export async function mochaGlobalSetup(): Promise<void> {
  findChromium();
  await installVscodeServer();
}
