import assert from 'node:assert/strict';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { StoreEntry } from '../../src/explorer/storeEntry.ts';
import type { OpenedStore, OpenMode, StoreReference } from '../../src/explorer/storeProvider.ts';
import type { KeyValueStore, StoreChange } from '../../src/shared/keyValueStore.ts';

const WRITING: OpenMode = { readOnly: false, salvage: false };

/** What an entry uses of a store: its statistics, its changes and its end. */
class WatchedStore {
  readonly capabilities = { write: true };
  readonly #listeners = new Set<(change: StoreChange) => void>();
  readonly readOnly: boolean;
  statisticsCount = 0;
  isClosed = false;

  constructor(readOnly: boolean) {
    this.readOnly = readOnly;
  }

  async statistics() {
    this.statisticsCount++;
    return { keyCount: this.statisticsCount, readOnly: this.readOnly };
  }

  subscribe(listener: (change: StoreChange) => void) {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  change(kind: StoreChange['kind']): void {
    for (const listener of this.#listeners) listener({ kind });
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

function entryOf(open: (mode: OpenMode) => Promise<OpenedStore>) {
  const provider = { open: (_: StoreReference, mode: OpenMode) => open(mode) };
  const reference = { id: 'x:1', name: 'one', place: '', summary: '', provider } as unknown as StoreReference;
  const changes: string[] = [];
  const entry = new StoreEntry(reference, (_, change) => changes.push(change));
  return { entry, changes };
}

function openable(): { stores: WatchedStore[]; open: (mode: OpenMode) => Promise<OpenedStore> } {
  const stores: WatchedStore[] = [];
  const open = async ({ readOnly }: OpenMode) => {
    await nextTurn();
    const store = new WatchedStore(readOnly);
    stores.push(store);
    return { store: store as unknown as KeyValueStore };
  };
  return { stores, open };
}

describe('store entry', () => {
  it('opens once, whoever asks meanwhile', async () => {
    const { stores, open } = openable();
    const { entry, changes } = entryOf(open);
    const [first, second] = await Promise.all([entry.open(WRITING, undefined), entry.open(WRITING, undefined)]);
    assert.equal(first, second);
    assert.equal(stores.length, 1);
    assert.ok(entry.isWritable);
    assert.deepEqual(changes, ['state', 'state']);
  });

  it('reads only under a restriction, and says why', async () => {
    const { entry } = entryOf(openable().open);
    const open = await entry.open(WRITING, 'Not trusted.');
    assert.equal(open.readOnlyReason, 'Not trusted.');
    assert.equal(entry.isWritable, false);
  });

  it('keeps the error, and can be opened again', async () => {
    const { open } = openable();
    let failure: Error | undefined = new Error('no disk');
    const { entry } = entryOf(async (mode) => {
      if (failure) throw failure;
      return open(mode);
    });
    await assert.rejects(entry.open(WRITING, undefined), /no disk/);
    assert.equal(entry.state.kind, 'failed');
    failure = undefined;
    await entry.open(WRITING, undefined);
    assert.equal(entry.state.kind, 'open');
  });

  it('passes the first change on at once and draws those that follow together', async () => {
    const { stores, open } = openable();
    const { entry, changes } = entryOf(open);
    await entry.open(WRITING, undefined);
    changes.length = 0;
    stores[0]?.change('segments');
    await nextTurn();
    assert.deepEqual(changes, ['segments']);
    for (let count = 0; count < 100; count++) stores[0]?.change(count % 2 === 0 ? 'data' : 'segments');
    while (changes.length < 2) await wait(20);
    await wait(300);
    assert.deepEqual(changes, ['segments', 'data']);
    assert.equal(entry.openState?.statistics.keyCount, stores[0]?.statisticsCount);
    await entry.close();
  });

  it('notices that a store ended by itself', async () => {
    const { stores, open } = openable();
    const { entry } = entryOf(open);
    await entry.open(WRITING, undefined);
    stores[0]?.change('closed');
    assert.equal(entry.state.kind, 'failed');
    assert.equal(entry.store, undefined);
  });

  it('opens again only when it has closed, whose lock it would meet otherwise', async () => {
    const { stores, open } = openable();
    const { entry } = entryOf(async (mode) => {
      assert.ok(
        stores.every((store) => store.isClosed),
        'the store before it is closed',
      );
      return open(mode);
    });
    await entry.open(WRITING, undefined);
    let endClosing = (): void => undefined;
    const first = stores[0] as WatchedStore;
    first.close = async () => {
      await new Promise<void>((resolve) => {
        endClosing = resolve;
      });
      first.isClosed = true;
    };
    const closing = entry.close();
    assert.equal(entry.close(), closing);
    const opening = entry.open(WRITING, undefined);
    await wait(10);
    assert.equal(entry.state.kind, 'opening');
    endClosing();
    await Promise.all([closing, opening]);
    assert.deepEqual([entry.state.kind, stores.length], ['open', 2]);
    // Closing what is being opened while it still closes ends with a closed store.
    const again = entry.close();
    const reopening = entry.open(WRITING, undefined);
    await Promise.all([again, entry.close(), reopening]);
    assert.equal(entry.state.kind, 'closed');
    assert.ok(stores.every((store) => store.isClosed));
  });

  it('closes after an opening that is under way, and hears nothing afterwards', async () => {
    const { stores, open } = openable();
    const { entry, changes } = entryOf(open);
    const opening = entry.open(WRITING, undefined);
    await entry.close();
    await opening;
    assert.equal(entry.state.kind, 'closed');
    assert.ok(stores[0]?.isClosed);
    const before = changes.length;
    stores[0]?.change('data');
    await nextTurn();
    assert.equal(changes.length, before);
  });
});
