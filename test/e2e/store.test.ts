// A person with the sample store: look, put, delete, compact, replay, reload. After each step the number of keys in the
// tree, in the statistics, and in a scan of the files that shares no code with the engine must agree.
import assert from 'node:assert/strict';
import path from 'node:path';
import { scanIndependently } from '../support/independentScan.ts';
import { eventually } from './eventually.ts';
import { copySample } from './sampleCopy.ts';
import { SegmentEditor } from './segmentEditor.ts';
import { VALUE_OF } from './workbench.ts';
import { workbenchFixture } from './workbenchFixture.ts';

const activeSegment = '000000000005.seg';
/** The prompt, and what takes its place where the key that stands in the box at first exists. */
const KEY_OR_EXISTS = /Key\.|Exists:/;
const newKey = 'CH/ZH/Aaa first in the canton';

describe('store', () => {
  const fixture = workbenchFixture(copySample);

  it('shows the store, its segments and its keys', async () => {
    const { workbench } = fixture;
    await workbench.openViewContainer('Strata');
    const stores = workbench.view('Stores');
    await stores.select('cities');
    await stores.expand('cities');
    await stores.row(activeSegment).waitFor();
    await assertCountsAgree();
    await workbench.screenshot('stores');
  });

  it('expands folders of keys and shows a value', async () => {
    const { workbench } = fixture;
    const keys = workbench.view('Keys');
    await keys.expand('CH/');
    await keys.expand('ZH/');
    await keys.select('Adliswil');
    await eventually(async () => assert.match(await workbench.editorText(), /"name": "Adliswil"/));
    await workbench.screenshot('value');
  });

  it('shows a segment beside its store, in every theme', async () => {
    const { workbench } = fixture;
    await workbench.view('Stores').select('000000000003.seg');
    const editor = new SegmentEditor(workbench);
    await eventually(async () => assert.match((await editor.visibleRows())[2]?.['State'] ?? '', /live|superseded/));
    await workbench.screenshot('overview');
    const themes = { 'Light Modern': 'light', 'Dark High Contrast': 'high-contrast', 'Dark Modern': 'dark' } as const;
    for (const [theme, kind] of Object.entries(themes) as [keyof typeof themes, string][]) {
      await workbench.setTheme(theme);
      await editor.frame.locator(`body.vscode-${kind}`).waitFor();
      await workbench.screenshot(`overview-${kind}`);
    }
  });

  it('puts a key through the palette; tree and segment editor follow', async () => {
    const { workbench } = fixture;
    await workbench.view('Stores').select(activeSegment);
    const editor = new SegmentEditor(workbench);
    await editor.untilRead(activeSegment);
    const before = await editor.count('records');
    await workbench.runCommand('Strata: Put');
    await workbench.answer(KEY_OR_EXISTS, newKey);
    await workbench.answer(VALUE_OF, '{"name":"First"}');
    await workbench.answer('Time to live', '');
    await workbench.view('Keys').scrollTo('Aaa first in the canton');
    await eventually(async () => assert.equal(await editor.count('records'), before + 1));
    await editor.filter(`key:"${newKey}"`);
    await editor.row(newKey).waitFor();
    await workbench.screenshot('put');
    await assertCountsAgree();
  });

  it('deletes it again', async () => {
    const { workbench } = fixture;
    const editor = new SegmentEditor(workbench);
    await workbench.runCommand('Strata: Delete');
    await workbench.answer('Key.', newKey);
    await workbench.confirm('Delete');
    await workbench.view('Keys').row('Aaa first in the canton').waitFor({ state: 'detached' });
    await eventually(async () => assert.equal(await editor.rowCount(), 2, 'the put and its tombstone'));
    await workbench.screenshot('delete');
    await assertCountsAgree();
  });

  it('makes no link of what a key says, where VS Code would make one that runs a command', async () => {
    const { workbench } = fixture;
    const key = '[press](command:workbench.action.files.newUntitledFile)';
    const shown = '[press]\\x28command:workbench.action.files.newUntitledFile)';
    await workbench.runCommand('Strata: Put');
    await workbench.answer(KEY_OR_EXISTS, key);
    await workbench.typeAnswer(VALUE_OF, 'x');
    assert.ok((await workbench.quickInputText()).includes(`Value of ${shown}.`));
    await workbench.answer(VALUE_OF, 'x');
    await workbench.answer('Time to live', '');
    // Not before it is there.
    await workbench.page.locator('.statusbar-item', { hasText: 'Put [press]' }).waitFor();
    await workbench.runCommand('Strata: Compare with Previous Version');
    await workbench.answer('Key.', key);
    const notification = workbench.notification(/no version of .* before this one/);
    await notification.waitFor();
    const message = notification.locator('.notification-list-item-message');
    assert.equal(await message.locator('a').count(), 0);
    assert.ok((await message.innerText()).includes(shown));
    await workbench.runCommand('Strata: Delete');
    await workbench.answer('Key.', shown);
    await workbench.confirm('Delete');
    await workbench.view('Keys').row(key).waitFor({ state: 'detached' });
    await assertCountsAgree();
  });

  it('compacts', async () => {
    const { workbench, directory } = fixture;
    const store = path.join(directory, 'cities');
    const before = scanIndependently(store);
    await workbench.runCommand('Strata: Compact');
    await workbench.notification(/Compacted cities/).waitFor();
    const after = scanIndependently(store);
    assert.ok(after.recordCount < before.recordCount, 'dead records are gone');
    await workbench.screenshot('compact');
    await assertCountsAgree();
  });

  it('replays the log', async () => {
    const { workbench } = fixture;
    await workbench.runCommand('Strata: Replay');
    await workbench.notification(/Replayed cities: .* the index agrees with the log/).waitFor();
    await workbench.screenshot('replay');
    await assertCountsAgree();
  });

  it('is the same after a reload of the window', async () => {
    const { workbench } = fixture;
    await workbench.reload();
    await workbench.openViewContainer('Strata');
    await assertCountsAgree();
  });

  /** The three counts are read one after the other, and keys of the sample expire meanwhile: hence more than once. */
  async function assertCountsAgree(): Promise<void> {
    await eventually(async () => {
      const inFiles = scanIndependently(path.join(fixture.directory, 'cities')).liveKeys.size;
      assert.equal(await countInTree(), inFiles, 'tree and files');
      assert.equal(await countInStatistics(), inFiles, 'statistics and files');
    });
  }

  async function countInTree(): Promise<number> {
    const row = await fixture.workbench.view('Stores').row('cities').innerText();
    return numberIn(/([\d,]+) keys/.exec(row)?.[1]);
  }

  async function countInStatistics(): Promise<number> {
    const { workbench } = fixture;
    await workbench.runCommand('Strata: Show Statistics');
    await workbench.tab(/Statistics of cities/).waitFor();
    const text = await workbench.webview().getByRole('row', { name: 'Live keys' }).innerText();
    await workbench.runCommand('View: Close Editor');
    return numberIn(/[\d,]+/.exec(text)?.[0]);
  }
});

function numberIn(text: string | undefined): number {
  return Number((text ?? 'none').replaceAll(',', ''));
}
