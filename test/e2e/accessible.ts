// Accessibility by axe, in webviews: those that run scripts, and those that allow none.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Frame, FrameLocator, Page } from 'playwright-core';

/** The axe that the Playwright package brings along; every webview is sent it anew. */
const axeSource = readFileSync(
  createRequire(import.meta.resolve('@axe-core/playwright')).resolve('axe-core/axe.min.js'),
  'utf8',
);

/** Which rules are run: where only the theme is another one than before, those on colours say all that can be new. */
export type AxeRules = 'all' | 'colours';

const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

/**
 * Runs axe on an element inside a webview alone: going through the frames around it would open another page, which hides
 * this one.
 */
export async function assertAccessible(
  webview: FrameLocator,
  selector: string,
  state: string,
  rules: AxeRules = 'all',
): Promise<void> {
  const root = await webview.locator(selector).elementHandle();
  const frame = await root?.ownerFrame();
  assert.ok(frame, 'the webview is there');
  await assertNoViolations(frame, selector, state, rules);
}

/**
 * Runs axe on a webview that allows no scripts, by a copy of its elements with the colours and fonts that they have
 * there, in a page that is before the window for so long.
 */
export async function assertScriptlessAccessible(webview: FrameLocator, window: Page, state: string): Promise<void> {
  const html = await webview.locator('html').evaluate((root) => {
    const copy = root.cloneNode(true) as HTMLElement;
    for (const unseen of copy.querySelectorAll('meta, style, link, script')) unseen.remove();
    const originals = [root, ...root.querySelectorAll('body, body *')];
    for (const [index, element] of [copy, ...copy.querySelectorAll('body, body *')].entries()) {
      const { color, backgroundColor, font } = getComputedStyle(originals[index] as Element);
      element.setAttribute(
        'style',
        `color: ${color}; background-color: ${backgroundColor}; font: ${font}`.replaceAll('"', "'"),
      );
    }
    // The page is transparent before the editor.
    const behind = getComputedStyle(root).getPropertyValue('--vscode-editor-background');
    copy.style.backgroundColor = behind;
    return `<!DOCTYPE html>${copy.outerHTML}`;
  });
  assert.match(html, /background-color: (rgb|#)/, 'the theme has told the webview its colours');
  const page = await window.context().newPage();
  try {
    await page.setContent(html);
    await assertNoViolations(page.mainFrame(), 'html', state, 'all');
  } finally {
    await page.close();
    await window.bringToFront();
  }
}

async function assertNoViolations(frame: Frame, selector: string, state: string, rules: AxeRules): Promise<void> {
  if (!(await frame.evaluate(`'axe' in window`))) await frame.evaluate(axeSource);
  // Nothing here is media or turned with the device, for which alone axe would load the style sheets once more.
  const only = rules === 'all' ? {} : { runOnly: COLOUR_RULES };
  const options = JSON.stringify({ preload: false, resultTypes: ['violations'], ...only });
  const found = await frame.evaluate<string[]>(
    `axe.run('${selector}', ${options}).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).join(', ')))`,
  );
  assert.deepEqual(found, [], `axe on ${state}`);
}
