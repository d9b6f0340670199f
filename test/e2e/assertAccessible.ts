import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { SegmentEditor } from './segmentEditor.ts';

/** The axe that the Playwright package brings along. */
const axe: { readonly source: string } = createRequire(import.meta.resolve('@axe-core/playwright'))('axe-core');

/** Runs axe inside the webview alone: going through the frames around it would open another page, which hides this one. */
export async function assertAccessible(editor: SegmentEditor, state: string): Promise<void> {
  const root = await editor.frame.locator('#inspector').elementHandle();
  const frame = await root?.ownerFrame();
  assert.ok(frame, 'the webview is there');
  await frame.evaluate(axe.source);
  const found = await frame.evaluate<string[]>(
    `axe.run('#inspector').then(({ violations }) => violations.map(({ id, nodes }) =>
      id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).join(', ')))`,
  );
  assert.deepEqual(found, [], `axe on ${state}`);
}
