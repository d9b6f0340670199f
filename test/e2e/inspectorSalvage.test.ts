// Salvage as a person with a damaged segment does it, from the button in the editor to the opened copy.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Store } from '../../src/engine/index.ts';
import { SegmentBuilder } from '../inspector/segmentBuilder.ts';
import { writeLargeSegment } from '../inspector/writeSegment.ts';
import { scanIndependently } from '../support/independentScan.ts';
import { eventually } from './eventually.ts';
import { openSegment } from './segmentEditor.ts';
import { screenshotInThemes, THEMES } from './themes.ts';
import { workbenchFixture } from './workbenchFixture.ts';

const LONE = '000000000008.seg';
const FIRST_OF_STORE = '000000000001.seg';
/** The title: a message about what was typed takes the place of the prompt. */
const BOX = /Salvage \S+ into a New Store/;
const KEYS = 300;
const LARGE = '000000000007.seg';
/** Long enough work for a person to cancel it. */
const LARGE_BYTES = 64 * 2 ** 20;

/** Two records and the tail are damaged. */
function loneSegment(): Uint8Array {
  const builder = new SegmentBuilder(8);
  const offsets = Array.from({ length: KEYS }, (_, index) =>
    builder.add({ key: `order/${index}`, value: `{"amount":${index}}` }),
  );
  const bytes = builder.bytes();
  for (const index of [20, 200]) {
    const at = (offsets[index] as number) + 45;
    bytes[at] = (bytes[at] as number) ^ 1;
  }
  return bytes.subarray(0, bytes.length - 5);
}

async function writeDamagedStore(directory: string): Promise<void> {
  const encoder = new TextEncoder();
  const store = await Store.open(directory, { durability: 'os', maxSegmentSizeBytes: 10_000 });
  for (let index = 0; index < 500; index++) {
    await store.put(encoder.encode(`user/${index}`), encoder.encode(`{"version":${index}}`));
  }
  await store.close();
  // With them the damage would be noticed only when the record is read.
  for (const cache of ['KEYDIR', '000000000001.hint']) await rm(path.join(directory, cache));
  const file = path.join(directory, FIRST_OF_STORE);
  const bytes = await readFile(file);
  bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
  await writeFile(file, bytes);
}

describe('salvage', () => {
  const fixture = workbenchFixture(async (directory) => {
    await mkdir(path.join(directory, 'evidence'));
    await writeFile(path.join(directory, 'evidence', LONE), loneSegment());
    await writeDamagedStore(path.join(directory, 'users'));
    await mkdir(path.join(directory, 'large'));
    writeLargeSegment(path.join(directory, 'large', LARGE), LARGE_BYTES, 84);
  });

  /** Presses the button of the notification that shows the progress of `work`. */
  async function cancel(work: RegExp): Promise<void> {
    const progress = fixture.workbench.notification(work);
    await progress.getByRole('button', { name: 'Cancel' }).click();
    await progress.waitFor({ state: 'detached' });
  }

  it('copies what a lone segment file still holds into a new store, and opens it', async () => {
    const { workbench, directory } = fixture;
    const evidence = path.join(directory, 'evidence');
    // Of an attempt that failed.
    await rm(path.join(evidence, '000000000008-salvaged'), { recursive: true, force: true });
    const editor = await openSegment(workbench, LONE);
    await editor.button('Salvage…').click();
    await eventually(async () => assert.match(await workbench.quickInputText(), /Salvage 000000000008.seg/));
    const input = workbench.page.locator('.quick-input-widget:visible input').first();
    const proposal = await input.inputValue();
    assert.equal(proposal, path.join(evidence, '000000000008-salvaged'));

    // A folder that holds something is refused while it is typed, and Enter does not get past.
    await workbench.answer(BOX, evidence);
    await eventually(async () => assert.match(await workbench.quickInputText(), /That folder is not empty/));
    await screenshotInThemes(workbench, 'inspector-salvage-refused');

    await workbench.answer(BOX, proposal);
    const done = workbench.notification(/Salvaged 000000000008.seg: 297 keys copied, 3 damaged ranges/);
    await done.waitFor();
    await workbench.tab(/Salvage of 000000000008/).waitFor();
    await workbench.webview().getByRole('heading', { name: 'Damage' }).waitFor();
    assert.equal(scanIndependently(proposal).liveKeys.size, KEYS - 3);
    assert.ok((await readFile(path.join(evidence, LONE))).equals(loneSegment()), 'the source is unchanged');

    await screenshotInThemes(workbench, 'inspector-salvage-done');
    await done.getByRole('button', { name: 'Open New Store' }).click();
    await workbench.openViewContainer('Strata');
    await eventually(async () =>
      assert.match(await workbench.view('Stores').row('000000000008-salvaged').innerText(), /297 keys/),
    );
    await screenshotInThemes(workbench, 'inspector-salvage-report');
  });

  it('copies a whole store that cannot be opened, through the palette and beside the file that shows the damage', async () => {
    const { workbench, directory } = fixture;
    const store = path.join(directory, 'users');
    const before = (await readdir(store)).sort();
    await openSegment(workbench, FIRST_OF_STORE);
    await workbench.runCommandAndPick('Strata: Salvage into New Store', 'The whole store');
    await workbench.answer(BOX, path.join(store, 'within'));
    await eventually(async () => assert.match(await workbench.quickInputText(), /within the damaged store/));
    const target = path.join(directory, 'users-salvaged');
    await workbench.answer(BOX, target);
    await workbench.notification(/Salvaged users: 499 keys copied, 1 damaged range/).waitFor();
    assert.equal(scanIndependently(target).liveKeys.size, 499);
    assert.deepEqual((await readdir(store)).sort(), before, 'nothing was written to the source');
  });

  it('is offered where opening a damaged store fails', async () => {
    const { workbench, directory } = fixture;
    await workbench.openViewContainer('Strata');
    // The store that was just salvaged is found a little later; a row that moves meanwhile takes the click of another.
    await workbench.view('Stores').row('users-salvaged').waitFor();
    for (const [theme, name] of THEMES) {
      await workbench.setTheme(theme);
      await workbench.view('Stores').contextMenu('users', 'Open Store');
      await workbench.page.locator('.monaco-dialog-box').waitFor();
      await workbench.screenshot(`inspector-salvage-offer-${name}`);
      // A dialog lets no theme be chosen beside it, and is opened anew in each.
      await workbench.confirm(theme === THEMES.at(-1)?.[0] ? 'Salvage into New Store' : 'Cancel');
    }
    await workbench.typeAnswer(BOX, path.join(directory, 'users-salvaged'));
    await eventually(async () => assert.match(await workbench.quickInputText(), /That folder is not empty/));
    await workbench.dismissQuickInput();
  });

  it('is cancelled by a person, and leaves nothing behind', async () => {
    const { workbench, directory } = fixture;
    const target = path.join(directory, 'large', 'cancelled');
    const editor = await openSegment(workbench, LARGE);
    await workbench.runCommand('Strata: Salvage into New Store');
    await workbench.answer(BOX, target);
    await cancel(/Salvaging 000000000007\.seg/);
    await workbench.statusBarItem('Strata: Salvage was cancelled. What had been copied was removed.').waitFor();
    assert.deepEqual(await readdir(target).catch(() => []), []);
    await editor.filter('key:record/000000001000');
    await eventually(async () => assert.equal(await editor.rowCount(), 1));
    await editor.filter('');
  });

  it('and so is an export', async () => {
    const { workbench, directory } = fixture;
    const editor = await openSegment(workbench, LARGE);
    const file = path.join(directory, 'large', 'cancelled.jsonl');
    await editor.exportTo(LARGE, file);
    await cancel(/Exporting records/);
    await workbench.statusBarItem('Strata: The export was cancelled. No file was written.').waitFor();
    assert.equal(await workbench.notification(/Exported/).count(), 0);
    assert.ok(!(await readdir(path.dirname(file))).some((name) => name.startsWith('cancelled.jsonl')));
  });
});
