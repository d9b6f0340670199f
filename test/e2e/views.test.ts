// What the keyboard and the buttons of the two views act on, and the buttons of an editor that shows an old version.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Store } from '../../src/engine/index.ts';
import { eventually } from './eventually.ts';
import { SegmentEditor } from './segmentEditor.ts';
import { workbenchFixture } from './workbenchFixture.ts';

/** Every key has two versions. */
async function writeStore(directory: string): Promise<void> {
  const encoder = new TextEncoder();
  const store = await Store.open(directory, { durability: 'os' });
  for (const version of ['first', 'second']) {
    for (const key of ['apple', 'banana', 'cherry', 'date']) {
      await store.put(encoder.encode(key), encoder.encode(`${version} ${key}`));
    }
  }
  await store.close();
}

describe('views', () => {
  const fixture = workbenchFixture((directory) => writeStore(path.join(directory, 'fruit')));

  before(async () => {
    const { workbench } = fixture;
    await workbench.openViewContainer('Strata');
    await workbench.view('Stores').select('fruit');
    await workbench.view('Keys').row('date').waitFor();
  });

  const press = (key: string) => fixture.workbench.page.keyboard.press(key);
  const dialog = () => fixture.workbench.page.locator('.monaco-dialog-box');
  const box = () => fixture.workbench.page.locator('.quick-input-widget:visible input').first();

  async function assertShown(text: string): Promise<void> {
    await eventually(async () => assert.equal((await fixture.workbench.editorText()).trim(), text));
  }

  /** Clicks a key and waits until its value is shown, after which nothing takes the focus from the tree any more. */
  async function click(key: string): Promise<void> {
    const { workbench } = fixture;
    // What tells of the row under the mouse would cover others.
    await workbench.page.mouse.move(700, 600);
    await workbench.view('Keys').select(key);
    await assertShown(`second ${key}`);
  }

  /** Presses Delete, and says no to the question, which must name this. */
  async function assertDeletes(what: string): Promise<void> {
    await press('Delete');
    await dialog()
      .filter({ hasText: `Delete ${what}?` })
      .waitFor();
    await press('Escape');
    await dialog().waitFor({ state: 'detached' });
  }

  /** The box for a key is open, holds this one, and says that its value would be replaced. */
  async function assertAsksForKey(initial: string): Promise<void> {
    const { workbench } = fixture;
    await eventually(async () => {
      assert.match(await workbench.quickInputText(), /Put \(fruit\)\s*Exists: its value of \d+ B will be replaced/);
      assert.equal(await box().inputValue(), initial);
    });
    await workbench.dismissQuickInput();
  }

  it('keys act on the row with the cursor, where the arrow keys have moved it', async () => {
    await click('apple');
    await assertDeletes('apple');
    await press('ArrowDown');
    await assertDeletes('banana');
    await press('F2');
    await assertShown('second banana');
  });

  it('keys act on all that is selected where the cursor is in it', async () => {
    await click('banana');
    await press('Shift+ArrowDown');
    await assertDeletes('2 keys');
    await press('ArrowDown');
    await assertDeletes('date');
  });

  it('keys delete nothing where no row has the cursor', async () => {
    await click('apple');
    await press('ArrowDown');
    await press('Escape');
    await press('Delete');
    await press('Insert');
    await assertAsksForKey('banana');
    assert.equal(await dialog().isVisible(), false);
  });

  it('Insert and the button above the keys ask for a key, and begin with the one under the cursor', async () => {
    const { workbench } = fixture;
    await click('cherry');
    await press('ArrowUp');
    await press('Insert');
    await assertAsksForKey('banana');
    await click('cherry');
    await workbench.view('Keys').titleButton('Put');
    await assertAsksForKey('cherry');
  });

  it('the button above the stores opens another store than the one under the cursor', async () => {
    const { workbench } = fixture;
    const stores = workbench.view('Stores');
    await stores.select('fruit');
    await stores.titleButton('Open Store');
    await eventually(async () => assert.match(await workbench.quickInputText(), /Open Store/));
    await workbench.dismissQuickInput();
    await stores.contextMenu('fruit', 'Close Store');
    await eventually(async () => assert.match(await stores.row('fruit').innerText(), /closed/));
    await stores.contextMenu('fruit', 'Open Store Read-Only');
    await eventually(async () => assert.match(await stores.row('fruit').innerText(), /read-only/));
    await stores.titleButton('Open Store');
    await eventually(async () => assert.match(await workbench.quickInputText(), /open for reading only/));
    await workbench.dismissQuickInput();
    assert.match(await stores.row('fruit').innerText(), /read-only/);
    await stores.contextMenu('fruit', 'Open Store');
    await eventually(async () => assert.doesNotMatch(await stores.row('fruit').innerText(), /read-only/));
  });

  describe('the editor of an old version', () => {
    before(async () => {
      const { workbench } = fixture;
      await workbench.view('Keys').contextMenu('cherry', 'History');
      await workbench.page.locator('.quick-input-widget:visible .monaco-list-row').filter({ hasText: '#3' }).click();
      await workbench
        .tab(/cherry #3/)
        .first()
        .dblclick();
    });

    const show = async () => {
      await fixture.workbench
        .tab(/cherry #3/)
        .first()
        .click();
      await assertShown('first cherry');
    };

    it('exports that version', async () => {
      const { workbench, directory } = fixture;
      const file = path.join(directory, 'exported');
      await show();
      await workbench.editorAction('Export Value');
      // The dialog puts its folder in place of whatever has been typed before it lists it.
      await workbench.page
        .locator('.quick-input-widget:visible .monaco-list-row')
        .filter({ hasText: /^fruit$/ })
        .waitFor();
      await workbench.answer('Export Value', file);
      await eventually(async () => assert.equal(await readFile(file, 'utf8'), 'first cherry'));
    });

    it('reveals that version in its segment', async () => {
      const { workbench } = fixture;
      await show();
      await workbench.page.locator('.editor-actions').getByRole('button', { name: 'Reveal in Segment' }).click();
      await new SegmentEditor(workbench).active.filter({ hasText: 'first cherry' }).waitFor();
    });

    it('does not offer what changes the key', async () => {
      const { workbench } = fixture;
      const changes = ['Delete', 'Set Time to Live'];
      await show();
      const offered = await workbench.editorActions();
      assert.ok(offered.includes('Export Value'), offered.join());
      assert.deepEqual(
        changes.filter((name) => offered.includes(name)),
        [],
      );
      await click('cherry');
      const offeredForKey = await workbench.editorActions();
      assert.deepEqual(
        changes.filter((name) => !offeredForKey.includes(name)),
        [],
      );
    });

    it('shows that version in another view', async () => {
      const { workbench } = fixture;
      await show();
      await workbench.editorAction('Show Value As');
      await workbench.page
        .locator('.quick-input-widget:visible .monaco-list-row')
        .filter({ hasText: 'Hexadecimal' })
        .click();
      await workbench
        .tab(/cherry #3\.hex/)
        .first()
        .waitFor();
      await eventually(async () => assert.match(await workbench.editorText(), /66 69 72 73 74/));
    });
  });
});
