import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { CommandContext } from '../../src/commands/commandContext.ts';
import type { ValueView } from '../../src/explorer/values/valueText.ts';
import { valueUri } from '../../src/explorer/values/valueUri.ts';
import {
  activateStrata,
  bytesOf,
  changeSetting,
  createStore,
  eventually,
  removeStore,
  type TestStore,
  textOf,
} from './strata.ts';

describe('values in editors', () => {
  let context: CommandContext;
  let test: TestStore;
  /** Another one for each test: VS Code may keep a document of the test before for a while. */
  let storeName = 'valued0';

  before(async () => {
    context = await activateStrata();
  });

  beforeEach(async () => {
    storeName = `valued${Number(storeName.slice('valued'.length)) + 1}`;
    test = await createStore(context, storeName, {
      'a/json': '{"n":1,"s":"x"}',
      text: 'one\ntwo',
      'conf/app.yaml': 'a: 1',
    });
    await test.store.put(Uint8Array.of(0xff), Uint8Array.of(0, 1, 2));
  });

  afterEach(() => removeStore(context, test));

  function uriOf(key: string | Uint8Array, view: ValueView): vscode.Uri {
    return valueUri(test.entry, { key: typeof key === 'string' ? bytesOf(key) : key, view }, bytesOf('/'));
  }

  async function storedText(key: string | Uint8Array): Promise<string | undefined> {
    return textOf((await test.store.get(typeof key === 'string' ? bytesOf(key) : key))?.value);
  }

  async function replaceText(document: vscode.TextDocument, text: string): Promise<void> {
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
    assert.ok(await vscode.workspace.applyEdit(edit));
  }

  async function activeDocument(fileName: string): Promise<vscode.TextDocument> {
    return eventually(() => {
      const document = vscode.window.activeTextEditor?.document;
      assert.equal(document?.uri.path.split('/').at(-1), fileName);
      return document as vscode.TextDocument;
    });
  }

  it('opens JSON indented and saves it as compactly as it was', async () => {
    await vscode.commands.executeCommand('strata.get', { store: storeName, key: 'a/json' });
    const document = await activeDocument('json.json');
    assert.equal(document.languageId, 'json');
    assert.equal(document.getText(), '{\n  "n": 1,\n  "s": "x"\n}');
    await replaceText(document, document.getText().replace('"n": 1', '"n": 2'));
    assert.ok(await document.save());
    assert.equal(await storedText('a/json'), '{"n":2,"s":"x"}');
  });

  it('opens text by the extension in its key, and other bytes as a dump', async () => {
    await vscode.commands.executeCommand('strata.get', { store: storeName, key: 'conf/app.yaml' });
    assert.equal((await activeDocument('app.yaml')).languageId, 'yaml');
    await vscode.commands.executeCommand('strata.get', { store: storeName, key: '\\xFF' });
    const dump = await activeDocument('%FF.hex');
    await replaceText(dump, dump.getText().replace('01 02', 'ff 02 03'));
    assert.ok(await dump.save());
    assert.deepEqual([...((await test.store.get(Uint8Array.of(0xff)))?.value ?? [])], [0, 0xff, 2, 3]);
  });

  it('shows a change that came by another way', async () => {
    const document = await vscode.workspace.openTextDocument(uriOf('text', 'text'));
    await vscode.window.showTextDocument(document);
    await test.store.put(bytesOf('text'), bytesOf('three'));
    await eventually(() => assert.equal(document.getText(), 'three'));
  });

  for (const theirs of ['theirs, which is longer', 'ONE\nTWO']) {
    it(`does not save over a value that became ${JSON.stringify(theirs)} meanwhile`, async () => {
      const document = await vscode.workspace.openTextDocument(uriOf('text', 'text'));
      await vscode.window.showTextDocument(document);
      await replaceText(document, 'mine');
      await test.store.put(bytesOf('text'), bytesOf(theirs));
      assert.equal(await document.save(), false);
      assert.equal(await storedText('text'), theirs);
      await vscode.commands.executeCommand('workbench.action.files.revert');
      assert.equal(document.getText(), theirs);
      await replaceText(document, 'mine');
      assert.ok(await document.save());
      assert.equal(await storedText('text'), 'mine');
    });
  }

  it('refuses broken JSON, and takes it as text', async () => {
    const document = await vscode.workspace.openTextDocument(uriOf('a/json', 'json'));
    await vscode.window.showTextDocument(document);
    await replaceText(document, '{"n":');
    assert.equal(await document.save(), false);
    assert.equal(await storedText('a/json'), '{"n":1,"s":"x"}');
    await vscode.commands.executeCommand('workbench.action.files.revert');
    const text = await vscode.workspace.openTextDocument(uriOf('a/json', 'text'));
    await vscode.window.showTextDocument(text);
    await replaceText(text, '{"n":');
    assert.ok(await text.save());
    assert.equal(await storedText('a/json'), '{"n":');
  });

  it('keeps the expiry of a value that is edited', async () => {
    await test.store.put(bytesOf('text'), bytesOf('brief'), { ttlMs: 3_600_000 });
    const before = await test.store.get(bytesOf('text'));
    const document = await vscode.workspace.openTextDocument(uriOf('text', 'text'));
    await vscode.window.showTextDocument(document);
    await replaceText(document, 'edited');
    assert.ok(await document.save());
    const after = await test.store.get(bytesOf('text'));
    assert.equal(textOf(after?.value), 'edited');
    assert.ok(before && after && Math.abs(after.expiryMs - before.expiryMs) < 1000);
  });

  it('shows the beginning of a large value, read-only', async () => {
    const restore = await changeSetting('maxEditorValueSizeKB', 1);
    try {
      await test.store.put(bytesOf('large'), bytesOf('x'.repeat(5000)));
      const uri = uriOf('large', 'text');
      const stat = await vscode.workspace.fs.stat(uri);
      assert.equal(stat.permissions, vscode.FilePermission.Readonly);
      assert.equal((await vscode.workspace.fs.readFile(uri)).length, 1024);
      await assert.rejects(async () => vscode.workspace.fs.writeFile(uri, bytesOf('short')));
      assert.equal((await storedText('large'))?.length, 5000);
    } finally {
      await restore();
    }
  });

  it('shows earlier versions and compares them', async () => {
    await test.store.put(bytesOf('text'), bytesOf('newer'));
    const [newest, before] = await test.store.history(bytesOf('text'));
    const address = { key: bytesOf('text'), view: 'text' as const, sequence: before?.sequence };
    const uri = valueUri(test.entry, address, bytesOf('/'));
    assert.equal(textOf(await vscode.workspace.fs.readFile(uri)), 'one\ntwo');
    assert.equal((await vscode.workspace.fs.stat(uri)).permissions, vscode.FilePermission.Readonly);
    await vscode.commands.executeCommand('strata.diffWithPrevious', { store: storeName, key: 'text' });
    await eventually(() => {
      const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
      assert.ok(input instanceof vscode.TabInputTextDiff);
      assert.match(input.modified.query, new RegExp(`sequence%3D${newest?.sequence}|sequence=${newest?.sequence}`));
    });
  });

  it('says that a key is gone, and that a store is closed', async () => {
    await assert.rejects(async () => vscode.workspace.fs.readFile(uriOf('nothing', 'text')), /nothing/);
    await context.registry.close(test.entry);
    await context.registry.discover();
    await assert.rejects(async () => vscode.workspace.fs.readFile(uriOf('text', 'text')), /Open it/);
  });
});
