// Accessibility by axe, in webviews.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { Frame, FrameLocator } from 'playwright-core';

/** The axe that the Playwright package brings along. */
const axe: { readonly source: string } = createRequire(import.meta.resolve('@axe-core/playwright'))('axe-core');

/**
 * Runs axe on an element inside a webview alone: going through the frames around it would open another page, which hides
 * this one.
 */
export async function assertAccessible(webview: FrameLocator, selector: string, state: string): Promise<void> {
  const root = await webview.locator(selector).elementHandle();
  const frame = await root?.ownerFrame();
  assert.ok(frame, 'the webview is there');
  await assertNoViolations(frame, selector, state);
}

async function assertNoViolations(frame: Frame, selector: string, state: string): Promise<void> {
  if (!(await frame.evaluate(`'axe' in window`))) await frame.evaluate(axe.source);
  // Nothing here is media or turned with the device, for which alone axe would load the style sheets once more.
  const found = await frame.evaluate<string[]>(
    `axe.run('${selector}', { preload: false, resultTypes: ['violations'] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).join(', ')))`,
  );
  assert.deepEqual(found, [], `axe on ${state}`);
}
