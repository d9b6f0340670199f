import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { CommandContext } from '../../src/commands/commandContext.ts';
import { valueUri } from '../../src/explorer/values/valueUri.ts';
import {
  activateStrata,
  bytesOf,
  changeSetting,
  childNode,
  createStore,
  eventually,
  removeStore,
  type TestStore,
  textOf,
} from './strata.ts';

describe('commands', () => {
  let context: CommandContext;
  let test: TestStore;
  let restoreConfirm: () => Promise<void>;

  before(async () => {
    context = await activateStrata();
    restoreConfirm = await changeSetting('confirmDelete', false);
  });

  after(() => restoreConfirm());

  beforeEach(async () => {
    test = await createStore(context, 'commanded', { 'a/1': 'one', 'a/2': 'two', 'b/1': 'three', c: '{"x":1}' });
  });

  afterEach(() => removeStore(context, test));

  const run = (id: string, ...args: unknown[]) => vscode.commands.executeCommand(`strata.${id}`, ...args);
  const keyCount = () => test.store.count({});

  it('are all registered, and all declared', async () => {
    const declared: string[] = vscode.extensions
      .getExtension('strata.strata')
      ?.packageJSON.contributes.commands.map((each: { command: string }) => each.command);
    const registered = (await vscode.commands.getCommands(true)).filter((id) => /^strata\.[a-zA-Z.]+$/.test(id));
    const own = registered.filter((id) => !/\.(focus|open|removeView|resetViewLocation|toggleVisibility)$/.test(id));
    assert.deepEqual(
      declared.filter((id) => !registered.includes(id)),
      [],
    );
    assert.deepEqual(
      own.filter((id) => !declared.includes(id) && !/^strata\.(stores|keys)\b/.test(id)),
      [],
    );
  });

  it('put: text, bytes, time to live', async () => {
    await run('put', { key: 'new', value: 'text' });
    assert.equal(textOf((await test.store.get(bytesOf('new')))?.value), 'text');
    await run('put', { key: 'new', value: 'hex:0aFF', ttl: '2h' });
    const found = await test.store.get(bytesOf('new'));
    assert.deepEqual([...(found?.value ?? [])], [0x0a, 0xff]);
    assert.ok(found && found.expiryMs > Date.now());
  });

  it('put refuses what is no key, and changes nothing', async () => {
    await run('put', { key: 'bad\\q', value: 'x' });
    await run('put', { key: '', value: 'x' });
    await run('put', { key: 'x'.repeat(65_536), value: 'x' });
    assert.equal(await keyCount(), 4);
  });

  it('put refuses what is no value, and changes nothing', async () => {
    for (const value of [1, null, true, { lat: 47 }, [1, 2]]) await run('put', { key: 'c', value, ttl: '' });
    assert.equal(textOf((await test.store.get(bytesOf('c')))?.value), '{"x":1}');
  });

  it('delete: one key, several, and a folder', async () => {
    await run('delete', { key: 'c' });
    assert.equal(await keyCount(), 3);
    const folder = await eventually(() => childNode(context, 'a/'));
    const b = await childNode(context, '1', await childNode(context, 'b/'));
    await run('delete', folder, [folder, b]);
    assert.equal(await keyCount(), 0);
  });

  it('delete: what lies in a selected folder is counted and deleted once', async () => {
    await test.store.put(bytesOf('a/b/3'), bytesOf('four'));
    await test.store.put(bytesOf('a0'), bytesOf('beside the folder'));
    const folder = await eventually(() => childNode(context, 'a/'));
    const inner = await eventually(() => childNode(context, 'b/', folder));
    const key = await childNode(context, '1', folder);
    await run('delete', inner, [inner, key, folder]);
    assert.equal(await keyCount(), 3);
    assert.equal(await test.store.get(bytesOf('a/b/3')), undefined);
    assert.equal(textOf((await test.store.get(bytesOf('a0')))?.value), 'beside the folder');
  });

  it('act on the store of the editor they are called on, also when it is closed, and on no other', async () => {
    const other = await createStore(context, 'other', { c: 'other' });
    const uri = valueUri(test.entry, { key: bytesOf('c'), view: 'text' }, bytesOf('/'));
    try {
      await context.registry.close(test.entry);
      await run('delete', uri);
      assert.equal(textOf((await other.store.get(bytesOf('c')))?.value), 'other');
      const entry = context.registry.find(test.entry.id);
      assert.equal(await entry?.store?.count({}), 3, 'it was opened for it');
      if (entry !== undefined) await context.registry.close(entry);
    } finally {
      await removeStore(context, other);
    }
  });

  it('delete: a folder of thousands, in batches', async () => {
    const keys = Array.from({ length: 2500 }, (_, index) => bytesOf(`many/${index}`));
    await test.store.batch(keys.map((key) => ({ type: 'put', key, value: bytesOf('') })));
    const folder = await eventually(() => childNode(context, 'many/'));
    await run('delete', folder);
    assert.equal(await keyCount(), 4);
  });

  it('set time to live, and take it away again', async () => {
    await run('setTimeToLive', { key: 'c', ttl: '1d' });
    const limited = await test.store.get(bytesOf('c'));
    assert.equal(textOf(limited?.value), '{"x":1}');
    assert.ok(limited && limited.expiryMs > Date.now() + 3_600_000);
    await run('setTimeToLive', { key: 'c', ttl: '' });
    assert.equal((await test.store.get(bytesOf('c')))?.expiryMs, 0);
  });

  it('copy key and value', async () => {
    await run('copyValue', { key: 'c' });
    assert.equal(await vscode.env.clipboard.readText(), '{"x":1}');
    await test.store.put(Uint8Array.of(0x61, 0xff), Uint8Array.of(0xff, 0));
    await run('copyKey', { key: 'a\\xFF' });
    assert.equal(await vscode.env.clipboard.readText(), 'a\\xFF');
    await run('copyValue', { key: 'a\\xFF' });
    assert.equal(await vscode.env.clipboard.readText(), 'ff00');
  });

  it('compact drops what is dead and keeps what is live', async () => {
    for (let round = 0; round < 50; round++) await test.store.put(bytesOf('c'), bytesOf(`${round}`));
    const before = await test.store.statistics();
    assert.ok(before.deadBytes > 0);
    await run('compact', { store: 'commanded' });
    const after = await test.store.statistics();
    assert.ok(after.totalBytes < before.totalBytes);
    assert.equal(after.keyCount, 4);
    assert.equal(textOf((await test.store.get(bytesOf('c')))?.value), '49');
  });

  it('replay and verify find nothing wrong with a sound store', async () => {
    await run('replay', { store: 'commanded' });
    await run('verify', { store: 'commanded' });
    const report = await test.store.verify();
    assert.deepEqual([report.ok, report.problems], [true, []]);
    const replayed = await test.store.replay();
    assert.deepEqual([replayed.keyCount, replayed.differences], [4, []]);
  });

  it('show statistics as a document', async () => {
    await run('showStatistics', { store: 'commanded' });
    await eventually(() => {
      const labels = vscode.window.tabGroups.all.flatMap((group) => group.tabs).map((tab) => tab.label);
      assert.ok(
        labels.some((label) => /Statistics of commanded/.test(label)),
        labels.join(),
      );
    });
  });

  it('reveal in segment opens the segment editor', async () => {
    await run('revealInSegment', { key: 'b/1' });
    await eventually(() => {
      const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
      assert.ok(input instanceof vscode.TabInputCustom);
      assert.match(input.uri.path, /commanded\/000000000001\.seg$/);
    });
  });

  it('history opens the version that is chosen', async () => {
    await test.store.put(bytesOf('c'), bytesOf('second'));
    await run('history', { key: 'c' });
    await eventually(async () => {
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      assert.equal(vscode.window.activeTextEditor?.document.getText(), 'second');
    });
  });

  it('history lists 500 versions, and then as many more as somebody asks for', async () => {
    const versions = Array.from({ length: 502 }, (_, i) => bytesOf(`version ${i + 2}`));
    for (const value of versions) void test.store.put(bytesOf('c'), value);
    await eventually(async () => assert.equal((await test.store.history(bytesOf('c'))).length, 503));
    // What it shows is drawn a moment later, and cannot be asked for.
    const press = async (id: string) => {
      await sleep(300);
      await vscode.commands.executeCommand(`workbench.action.${id}`);
    };
    await eventually(async () => {
      await run('history', { key: 'c' });
      // The list goes round: before its first item comes its last, which lists more.
      await press('quickOpenSelectPrevious');
      await press('acceptSelectedQuickOpenItem');
      await press('acceptSelectedQuickOpenItem');
      await sleep(300);
      assert.equal(vscode.window.activeTextEditor?.document.getText(), 'version 3');
    });
  });

  it('open read-only takes no lock and refuses to write', async () => {
    const { directory } = test;
    await run('openStoreReadOnly', directory);
    const entry = context.registry.find(test.entry.id);
    assert.equal(entry?.isWritable, false);
    await run('put', { store: 'commanded', key: 'no', value: 'x' });
    assert.equal(await entry?.store?.count({}), 4);
    await run('openStore', directory);
    assert.equal(context.registry.find(test.entry.id)?.isWritable, true);
  });

  it('close and open', async () => {
    await run('closeStore', { store: 'commanded' });
    assert.equal(context.registry.openEntries.length, 0);
    await run('openStore', test.directory);
    assert.equal(await context.registry.find(test.entry.id)?.store?.count({}), 4);
  });

  it('create refuses a folder that holds a store', async () => {
    await run('createStore', test.directory);
    assert.equal(await keyCount(), 4);
  });

  it('open says when a folder holds no store', async () => {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(folder);
    await run('openStore', vscode.Uri.joinPath(folder.uri, 'nowhere'));
    assert.equal(context.registry.entries.length, 1);
  });
});
