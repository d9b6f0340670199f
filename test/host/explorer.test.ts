import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import diagnosticsChannel from 'node:diagnostics_channel';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { CommandContext } from '../../src/commands/commandContext.ts';
import type { KeyNode, MoreNode } from '../../src/explorer/treeNode.ts';
import {
  activateStrata,
  bytesOf,
  changeSetting,
  childNode,
  createStore,
  eventually,
  labels,
  removeStore,
  type TestStore,
  textOf,
} from './strata.ts';

describe('explorer', () => {
  let context: CommandContext;
  let test: TestStore;

  before(async () => {
    context = await activateStrata();
  });

  beforeEach(async () => {
    test = await createStore(context, 'explored', {
      'CH/ZH/Zurich': '{"lat":47.37}',
      'CH/ZH/Uster': '{"lat":47.35}',
      'CH/BE/Bern': 'text',
      plain: '',
    });
  });

  afterEach(() => removeStore(context, test));

  it('shows folders with counts, and keys with a preview', async () => {
    assert.deepEqual(await labels(context), ['CH/', 'plain']);
    const folder = await childNode(context, 'CH/');
    assert.equal(context.keysTree.getTreeItem(folder).description, '3');
    assert.deepEqual(await labels(context, folder), ['BE/', 'ZH/']);
    const bern = await childNode(context, 'Bern', await childNode(context, 'BE/', folder));
    assert.equal(context.keysTree.getTreeItem(bern).description, 'text  ·  4 B');
    assert.equal(context.keysTree.getTreeItem(await childNode(context, 'plain')).description, '(empty)  ·  0 B');
  });

  it('follows every change of the store by itself', async () => {
    await test.store.put(bytesOf('new'), bytesOf('1'));
    await eventually(async () => assert.deepEqual(await labels(context), ['CH/', 'new', 'plain']));
    await test.store.del(bytesOf('plain'));
    await eventually(async () => assert.deepEqual(await labels(context), ['CH/', 'new']));
    await eventually(() => assert.equal(test.entry.openState?.statistics.keyCount, 4));
  });

  /** Resolves when the list of stores has been told anew. */
  function listed(): Promise<void> {
    return new Promise((resolve) => {
      const subscription = context.registry.onDidChange(({ kind }) => {
        if (kind !== 'list') return;
        subscription.dispose();
        resolve();
      });
    });
  }

  /** What has made a store, or changed the settings, is told a moment later, and searched for. */
  async function untilQuiet(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await context.registry.discover();
  }

  /** Runs when all is quiet, and can ask how many searches of the workspace have begun since then. */
  async function countingSearches(run: (searches: () => number) => Promise<void>): Promise<void> {
    await untilQuiet();
    const started: ChildProcess[] = [];
    const note = (message: unknown) => started.push((message as { process: ChildProcess }).process);
    diagnosticsChannel.subscribe('child_process', note);
    try {
      await run(() => started.filter(({ spawnfile }) => /rg(?:\.exe)?$/.test(spawnfile)).length);
    } finally {
      diagnosticsChannel.unsubscribe('child_process', note);
    }
  }

  it('searches the workspace for a new store, but not for what an open one does to its files', async () => {
    const other = vscode.Uri.joinPath(test.directory, '..', 'another');
    try {
      await countingSearches(async (searches) => {
        const compacted = listed();
        await test.store.compact();
        await compacted;
        assert.equal(searches(), 0);
        const found = listed();
        await vscode.workspace.fs.copy(test.directory, other);
        await found;
        await eventually(() => assert.ok(context.registry.find(other.toString()) !== undefined));
        assert.ok(searches() > 0);
      });
    } finally {
      await vscode.workspace.fs.delete(other, { recursive: true });
      await context.registry.discover();
    }
  });

  it('knows the files of a store that the settings name without a search, also where the search leaves them out', async () => {
    const restore = [await changeSetting('exclude', '**/explored/**'), await changeSetting('stores', ['explored/'])];
    try {
      await countingSearches(async (searches) => {
        const ids = context.registry.entries.map(({ id }) => id);
        assert.deepEqual(
          ids.filter((id) => id.includes('/explored')),
          [test.entry.id],
        );
        const compacted = listed();
        await test.store.compact();
        await compacted;
        assert.equal(searches(), 0);
      });
    } finally {
      for (const each of restore) await each();
    }
  });

  it('drops a key when it expires', async () => {
    await test.store.put(bytesOf('brief'), bytesOf('1'), { ttlMs: 300 });
    await eventually(async () => assert.deepEqual(await labels(context), ['CH/', 'brief', 'plain']));
    await eventually(async () => assert.deepEqual(await labels(context), ['CH/', 'plain']));
  });

  it('lists a page, says what is left, and loads more', async () => {
    const restore = await changeSetting('pageSize', 10);
    try {
      const operations = Array.from({ length: 25 }, (_, index) => `n${String(index).padStart(2, '0')}`);
      await test.store.batch(operations.map((key) => ({ type: 'put', key: bytesOf(key), value: bytesOf('') })));
      const more = await eventually(async () => {
        const node = (await context.keysTree.getChildren()).at(-1);
        assert.equal(node?.kind, 'more');
        assert.equal(context.keysTree.getTreeItem(node).description, '17 keys left');
        return node as MoreNode;
      });
      await vscode.commands.executeCommand('strata.loadMore', more);
      assert.equal((await context.keysTree.getChildren()).length, 21);
      await vscode.commands.executeCommand('strata.loadMore', more);
      assert.equal((await labels(context)).at(-1), 'plain');
    } finally {
      await restore();
    }
  });

  it('shows keys that are not UTF-8, and takes them as they are shown', async () => {
    await vscode.commands.executeCommand('strata.put', {
      store: 'explored',
      key: 'bin\\xFF\\x00/k',
      value: 'hex:00ff',
    });
    const folder = await eventually(() => childNode(context, 'bin\\xFF\\x00/'));
    const key = (await childNode(context, 'k', folder)) as KeyNode;
    assert.deepEqual([...key.path], [0x62, 0x69, 0x6e, 0xff, 0, 0x2f, 0x6b]);
    assert.match(String(context.keysTree.getTreeItem(key).description), /^00 ff/);
  });

  it('splits keys at the delimiter of the settings', async () => {
    const restore = await changeSetting('keyDelimiter', '::');
    try {
      await test.store.put(bytesOf('a::b'), bytesOf(''));
      await eventually(async () =>
        assert.deepEqual(await labels(context), ['CH/BE/Bern', 'CH/ZH/Uster', 'CH/ZH/Zurich', 'a::', 'plain']),
      );
    } finally {
      await restore();
    }
  });

  it('does without a setting of the wrong type, and says so once', async () => {
    const warnings: string[] = [];
    // Another one at each try, or nothing would be said of it any more.
    const wrong = Date.now();
    const { warn } = context.log;
    context.log.warn = (message: string) => warnings.push(message);
    const restore: (() => Promise<void>)[] = [];
    try {
      restore.push(await changeSetting('keyDelimiter', wrong));
      await test.store.put(bytesOf('new/key'), bytesOf(''));
      await eventually(async () => assert.deepEqual(await labels(context), ['CH/', 'new/', 'plain']));
      restore.push(await changeSetting('stores', [wrong]), await changeSetting('pageSize', `${wrong}`));
      await context.registry.close(test.entry);
      await context.registry.discover();
      assert.ok(context.registry.find(test.entry.id), 'the others are found');
      await context.registry.open(test.entry);
      await eventually(async () => assert.deepEqual(await labels(context), ['CH/', 'new/', 'plain']));
      restore.push(await changeSetting('durability', `${wrong}`), await changeSetting('maxSegmentSizeMB', [wrong]));
      await context.registry.close(test.entry);
      await context.registry.open(test.entry);
      assert.deepEqual(warnings.filter((message) => message.includes('setting')).sort(), [
        `The setting strata.durability is "${wrong}", which is none of fsync, dsync, interval, os. "fsync" is used.`,
        `The setting strata.keyDelimiter is ${wrong}, which is no text. "/" is used.`,
        `The setting strata.maxSegmentSizeMB is [${wrong}], which is no number. 64 is used.`,
        `The setting strata.pageSize is "${wrong}", which is no number. 200 is used.`,
        `The setting strata.stores holds ${wrong}, which is no text. It is left out.`,
      ]);
    } finally {
      context.log.warn = warn;
      for (const each of restore) await each();
    }
  });

  it('takes a single text for a list of one store', async () => {
    await context.registry.close(test.entry);
    const restore = [await changeSetting('exclude', '**/explored/**'), await changeSetting('stores', 'explored')];
    try {
      await context.registry.discover();
      assert.ok(context.registry.find(test.entry.id));
    } finally {
      for (const each of restore) await each();
    }
  });

  it('gives nodes stable ids and parents, and reveals a key beyond the first page', async () => {
    const restore = await changeSetting('pageSize', 10);
    try {
      const keys = Array.from({ length: 30 }, (_, index) => bytesOf(`CH/ZH/a${String(index).padStart(2, '0')}`));
      await test.store.batch(keys.map((key) => ({ type: 'put', key, value: bytesOf('') })));
      const node = await context.keysTree.nodeToReveal(test.entry, bytesOf('CH/ZH/a25'));
      assert.ok(node);
      const parent = context.keysTree.getParent(node);
      assert.equal(parent && context.keysTree.getTreeItem(parent).label, 'ZH/');
      await vscode.commands.executeCommand('strata.revealInKeys', { store: 'explored', key: 'CH/ZH/a25' });
      await eventually(() => {
        const [selected] = context.keysView.selection;
        assert.ok(selected);
        assert.equal(context.keysTree.getTreeItem(selected).id, context.keysTree.getTreeItem(node).id);
      });
    } finally {
      await restore();
    }
  });

  it('shows value, size, expiry, segment and offset in the tooltip, as text', async () => {
    await test.store.put(bytesOf('tip'), bytesOf('[x](command:evil)'), { ttlMs: 3_600_000 });
    const node = await eventually(() => childNode(context, 'tip'));
    const item = await context.keysTree.resolveTreeItem(context.keysTree.getTreeItem(node), node);
    assert.ok(item.tooltip instanceof vscode.MarkdownString);
    assert.ok(!item.tooltip.isTrusted);
    const text = item.tooltip.value.replaceAll('\\', '');
    assert.match(text, /Value: 17 B/);
    assert.match(text, /in 1 h|in 60 min/);
    assert.match(text, /segment 1, offset 0x000/);
    assert.match(text, /```text\n\[x\]\(command:evil\)\n```/);
  });

  it('filters, counts the matches, and remembers the filter', async () => {
    await vscode.commands.executeCommand('strata.filterKeys', { store: 'explored' }, 'CH/ZH');
    await eventually(async () => assert.deepEqual(await labels(context), ['CH/']));
    assert.equal(context.keysView.message, '2 of 4 keys match CH/ZH');
    await vscode.commands.executeCommand('strata.filterKeys', { store: 'explored' }, '/[/');
    assert.equal(context.filters.text(test.entry.id), 'CH/ZH', 'one that is none changes nothing');
    await vscode.commands.executeCommand('strata.filterKeys', { store: 'explored' }, '/^p/');
    await eventually(async () => assert.deepEqual(await labels(context), ['plain']));
    await vscode.commands.executeCommand('strata.filterKeys', { store: 'explored' }, 'CH/*/B*');
    await eventually(async () => assert.equal(context.keysView.message, '1 of 4 keys match CH/*/B*'));
    await context.registry.close(test.entry);
    await context.registry.open(test.entry);
    assert.equal(context.filters.text(test.entry.id), 'CH/*/B*');
    await vscode.commands.executeCommand('strata.clearFilter');
    await eventually(async () => assert.deepEqual(await labels(context), ['CH/', 'plain']));
    assert.equal(context.keysView.message || undefined, undefined);
  });

  it('gives each store a node when several are open', async () => {
    const other = await createStore(context, 'second', { key: 'value' });
    try {
      await eventually(async () => assert.deepEqual((await labels(context)).sort(), ['explored', 'second']));
      assert.deepEqual(await labels(context, await childNode(context, 'second')), ['key']);
    } finally {
      await removeStore(context, other);
    }
    await eventually(async () => assert.deepEqual(await labels(context), ['CH/', 'plain']));
  });

  it('opens the entry that it lists, for a caller who holds one that was forgotten', async () => {
    const restoreExclude = await changeSetting('exclude', '**/relisted/**');
    const { entry, directory } = await createStore(context, 'relisted');
    try {
      await context.registry.discover();
      await context.registry.close(entry);
      assert.equal(context.registry.find(entry.id), undefined);
      const listed = context.registry.add(entry.reference);
      assert.notEqual(listed, entry);
      await context.registry.open(entry);
      assert.equal(context.registry.find(entry.id), listed);
      assert.equal(listed.state.kind, 'open');
      await context.registry.close(listed);
    } finally {
      await restoreExclude();
      await vscode.workspace.fs.delete(directory, { recursive: true });
    }
  });

  it('finds stores by itself, and those that the settings name', async () => {
    await context.registry.close(test.entry);
    await context.registry.discover();
    assert.equal(context.registry.find(test.entry.id)?.state.kind, 'closed');
    const restoreExclude = await changeSetting('exclude', '**/explored/**');
    const restoreStores = await changeSetting('stores', ['explored']);
    try {
      await context.registry.discover();
      assert.ok(context.registry.find(test.entry.id), 'named');
      await restoreStores();
      await context.registry.discover();
      assert.equal(context.registry.find(test.entry.id), undefined, 'neither found nor named');
    } finally {
      await restoreStores();
      await restoreExclude();
    }
  });

  it('finds a store that was moved with a folder above it, and forgets one that was deleted so', async () => {
    const { entry, directory } = await createStore(context, 'above/within', { key: 'value' });
    await context.registry.close(entry);
    await untilQuiet();
    assert.ok(context.registry.find(entry.id));
    const above = path.dirname(directory.fsPath);
    const moved = `${above} it`;
    try {
      await rename(above, moved);
      const movedId = vscode.Uri.file(path.join(moved, 'within')).toString();
      await eventually(() => assert.ok(context.registry.find(movedId)));
      await eventually(() => assert.equal(context.registry.find(entry.id), undefined));
      await untilQuiet();
      await rm(moved, { recursive: true });
      await eventually(() => assert.equal(context.registry.find(movedId), undefined));
    } finally {
      await rm(above, { recursive: true, force: true });
      await rm(moved, { recursive: true, force: true });
    }
  });

  it('keeps a store that is open while its folder is deleted, until it is closed', async () => {
    const { entry, directory } = await createStore(context, 'pulled', { key: 'value' });
    await rm(directory.fsPath, { recursive: true });
    await untilQuiet();
    assert.equal(context.registry.find(entry.id)?.state.kind, 'open');
    // What it wanted to leave for the next opening has no place any more.
    await context.registry.close(entry).catch(() => undefined);
    assert.equal(context.registry.find(entry.id), undefined);
  });

  it('lists a store outside the workspace that cannot be opened only as long as there is one', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'strata-elsewhere-'));
    try {
      const segment = path.join(folder, '000000000001.seg');
      await writeFile(segment, 'no segment');
      const entry = await context.registry.resolve(vscode.Uri.file(folder).toString());
      assert.ok(entry);
      await assert.rejects(context.registry.open(entry));
      await context.registry.discover();
      assert.equal(context.registry.find(entry.id)?.state.kind, 'failed');
      await rm(folder, { recursive: true });
      await assert.rejects(context.registry.open(entry));
      await eventually(() => assert.equal(context.registry.find(entry.id), undefined));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('opens a store for reading when another writes to it, names the holder, and follows', async () => {
    const { reference } = test.entry;
    await context.registry.close(test.entry);
    const { store: writer } = await context.embeddedStores.open(reference, { readOnly: false, salvage: false });
    try {
      const entry = context.registry.add(reference);
      const open = await context.registry.open(entry);
      assert.match(open.readOnlyReason ?? '', /\d+/, 'the process that holds the lock');
      assert.equal(entry.isWritable, false);
      await writer.put(bytesOf('from elsewhere'), bytesOf('1'));
      await eventually(async () => assert.deepEqual(await labels(context), ['CH/', 'from elsewhere', 'plain']));
      await context.registry.close(entry);
    } finally {
      await writer.close();
    }
  });

  it('runs a store in a process of its own where the settings ask for it, and says when that has ended', async () => {
    const restore = await changeSetting('ownProcess', 'always');
    try {
      await context.registry.close(test.entry);
      const { store } = await context.registry.open(test.entry);
      const lock = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(test.directory, 'LOCK'));
      const { pid } = JSON.parse(textOf(lock) ?? '') as { readonly pid: number };
      assert.notEqual(pid, process.pid);
      await store.put(bytesOf('from there'), bytesOf('1'));
      await eventually(async () => assert.deepEqual(await labels(context), ['CH/', 'from there', 'plain']));
      assert.deepEqual((await store.verify()).damage, []);
      process.kill(pid, 'SIGKILL');
      await eventually(() => {
        const { state } = test.entry;
        assert.match(state.kind === 'failed' ? state.error.message : state.kind, /stopped unexpectedly/);
      });
      await context.registry.open(test.entry);
      await eventually(async () => assert.deepEqual(await labels(context), ['CH/', 'from there', 'plain']));
    } finally {
      await restore();
    }
  });

  it('says that a store is damaged, changes nothing, and reads what is readable when asked to', async () => {
    for (let round = 0; round < 5; round++) await test.store.put(bytesOf(`k${round}`), bytesOf('x'.repeat(100)));
    await context.registry.close(test.entry);
    const segment = vscode.Uri.joinPath(test.directory, '000000000001.seg');
    const damaged = await vscode.workspace.fs.readFile(segment);
    const at = Math.floor(damaged.length / 2);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    await vscode.workspace.fs.writeFile(segment, damaged);
    await vscode.workspace.fs.delete(vscode.Uri.joinPath(test.directory, 'KEYDIR'));
    await assert.rejects(context.registry.open(test.entry), { code: 'STORE_DAMAGED' });
    assert.equal(test.entry.state.kind, 'failed');
    assert.deepEqual(await vscode.workspace.fs.readFile(segment), damaged);
    const open = await context.registry.open(test.entry, { readOnly: true, salvage: true });
    const [statistics] = open.statistics.segments;
    assert.equal(statistics?.damagedRangeCount, 1);
    assert.ok(open.statistics.keyCount >= 7, `${open.statistics.keyCount} of 9 keys`);
    assert.deepEqual(await vscode.workspace.fs.readFile(segment), damaged);
  });
});
