/** All stores that are known, open or not: found by providers, or opened by hand. */

import * as vscode from 'vscode';
import { reopenStores } from './settings.ts';
import { type OpenState, StoreEntry, type StoreEntryChange } from './storeEntry.ts';
import type { OpenMode, StoreProvider, StoreReference } from './storeProvider.ts';

/** `list`: stores came or went. */
export type RegistryChange =
  | { readonly kind: 'list' }
  | { readonly kind: StoreEntryChange; readonly entry: StoreEntry };

interface RememberedStore {
  readonly id: string;
  readonly readOnly: boolean;
}

const REMEMBERED = 'strata.openStores';
const UNTRUSTED =
  'The workspace is in Restricted Mode, so nothing is written. Trust the workspace and open the store again.';

export class StoreRegistry implements vscode.Disposable {
  readonly #providers: readonly StoreProvider[];
  readonly #memory: vscode.Memento;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<RegistryChange>();
  readonly #entries = new Map<string, StoreEntry>();
  readonly #subscriptions: vscode.Disposable[];
  #discovery: vscode.CancellationTokenSource | undefined;
  #latestSearch: Promise<void> | undefined;
  #discoveredIds: ReadonlySet<string> = new Set();
  #listed: Promise<void> | undefined;
  #ready: Promise<void> | undefined;
  #disposed = false;
  readonly onDidChange = this.#changed.event;

  constructor(providers: readonly StoreProvider[], memory: vscode.Memento, log: vscode.LogOutputChannel) {
    this.#providers = providers;
    this.#memory = memory;
    this.#log = log;
    this.#subscriptions = [
      this.#changed,
      ...providers.map((provider) => provider.onDidChange(() => this.discover())),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#reopenForWriting().then(() => this.#reopenRemembered())),
    ];
  }

  /** In the order in which to show them. */
  get entries(): readonly StoreEntry[] {
    return [...this.#entries.values()];
  }

  get openEntries(): readonly StoreEntry[] {
    return this.entries.filter((entry) => entry.openState !== undefined);
  }

  find(id: string): StoreEntry | undefined {
    return this.#entries.get(id);
  }

  /** Done when the stores have been looked for once. */
  listed(): Promise<void> {
    this.#listed ??= this.discover();
    return this.#listed;
  }

  /** Done when those that were open in the last window are open again, too. */
  ready(): Promise<void> {
    this.#ready ??= this.listed().then(() => this.#reopenRemembered());
    return this.#ready;
  }

  /** Done when one of them is open: the others may take longer, and need not be waited for to show its keys. */
  someOpen(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        subscription.dispose();
        resolve();
      };
      const subscription = this.onDidChange(() => {
        if (this.openEntries.length > 0) done();
      });
      if (this.openEntries.length > 0) done();
      else void this.ready().then(done, done);
    });
  }

  /**
   * Looks for stores again. What was opened by hand stays as long as it is open, or is there and cannot be opened. A
   * search that a later one overtakes changes nothing; its caller waits for the later one.
   */
  async discover(): Promise<void> {
    this.#discovery?.cancel();
    this.#discovery = new vscode.CancellationTokenSource();
    this.#latestSearch = this.#search(this.#discovery.token);
    for (let awaited: Promise<void> | undefined; awaited !== this.#latestSearch; ) {
      awaited = this.#latestSearch;
      await awaited;
    }
  }

  async #search(token: vscode.CancellationToken): Promise<void> {
    const found = await Promise.allSettled(this.#providers.map((provider) => provider.discover(token)));
    if (token.isCancellationRequested || this.#disposed) return;
    const references = found.flatMap((result) => {
      if (result.status === 'fulfilled') return result.value;
      this.#log.error(`Looking for stores failed: ${String(result.reason)}`);
      return [];
    });
    const gone = await this.#goneEntries(references);
    if (token.isCancellationRequested || this.#disposed) return;
    this.#replaceEntries(references, gone);
  }

  /** Those that could not be opened, and that are no longer where they were. */
  async #goneEntries(references: readonly StoreReference[]): Promise<ReadonlySet<StoreEntry>> {
    const found = new Set(references.map(({ id }) => id));
    const failed = this.entries.filter(({ id, state }) => state.kind === 'failed' && !found.has(id));
    const isGone = await Promise.all(failed.map((entry) => this.#isGone(entry)));
    return new Set(failed.filter((_, index) => isGone[index]));
  }

  async #isGone({ id, reference }: StoreEntry): Promise<boolean> {
    return (await reference.provider.refer(id)) === undefined;
  }

  /** The store with this id, also when no provider finds it by itself; undefined when there is no store. */
  async resolve(id: string): Promise<StoreEntry | undefined> {
    const known = this.#entries.get(id);
    if (known !== undefined) return known;
    for (const provider of this.#providers) {
      const reference = await provider.refer(id);
      if (reference !== undefined) return this.add(reference);
    }
    return undefined;
  }

  /** Shows the store from now on; it goes when it is closed, unless a provider finds it. */
  add(reference: StoreReference, forgotten?: StoreEntry): StoreEntry {
    const known = this.#entries.get(reference.id);
    if (known !== undefined) return known;
    const entry = forgotten ?? this.#newEntry(reference);
    this.#entries.set(reference.id, entry);
    this.#changed.fire({ kind: 'list' });
    return entry;
  }

  /**
   * Opens a store, and remembers to open it with the next window. In Restricted Mode always for reading only. One that
   * is open, but not as `mode` says, is closed first.
   */
  async open(entry: StoreEntry, mode: Partial<OpenMode> = {}): Promise<OpenState> {
    const open = await this.#open(entry, mode);
    await this.#remember([...this.#remembered(entry), { id: entry.id, readOnly: open.mode.readOnly }]);
    return open;
  }

  async #open(requested: StoreEntry, mode: Partial<OpenMode>): Promise<OpenState> {
    // Since the caller got hold of the entry, it may have been closed and forgotten, and then be found again as a new
    // one. The one that is listed is the one that the views show.
    const entry = this.add(requested.reference, requested);
    if (entry.openState !== undefined && entry.isWritable === (mode.readOnly === true)) await entry.close();
    const restriction = vscode.workspace.isTrusted ? undefined : UNTRUSTED;
    const open = await this.#openOrForget(entry, { readOnly: false, salvage: false, ...mode }, restriction);
    this.#log.info(`Opened ${entry.id} ${open.readOnlyReason === undefined ? 'for writing' : 'for reading'}.`);
    return open;
  }

  async #openOrForget(entry: StoreEntry, mode: OpenMode, restriction: string | undefined): Promise<OpenState> {
    try {
      return await entry.open(mode, restriction);
    } catch (error) {
      // Nothing tells of what is deleted outside the workspace.
      if (await this.#isGone(entry)) void this.discover();
      throw error;
    }
  }

  async close(requested: StoreEntry): Promise<void> {
    const entry = this.#entries.get(requested.id) ?? requested;
    try {
      await entry.close();
      this.#log.info(`Closed ${entry.id}.`);
    } finally {
      // Whatever went wrong, it is closed now.
      if (!this.#discoveredIds.has(entry.id)) {
        this.#entries.delete(entry.id);
        this.#changed.fire({ kind: 'list' });
      }
      await this.#remember(this.#remembered(entry));
    }
  }

  /** Closes all stores; the next window opens them again. */
  async closeAll(): Promise<void> {
    this.#disposed = true;
    await Promise.allSettled(this.entries.map((entry) => entry.close()));
  }

  dispose(): void {
    this.#disposed = true;
    this.#discovery?.cancel();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #newEntry(reference: StoreReference): StoreEntry {
    return new StoreEntry(reference, (entry, kind) => this.#changed.fire({ kind, entry }));
  }

  #replaceEntries(references: readonly StoreReference[], gone: ReadonlySet<StoreEntry>): void {
    const before = new Map(this.#entries);
    this.#discoveredIds = new Set(references.map((reference) => reference.id));
    this.#entries.clear();
    for (const reference of references) {
      const entry = before.get(reference.id) ?? this.#newEntry(reference);
      entry.reference = reference;
      this.#entries.set(reference.id, entry);
    }
    for (const [id, entry] of before) {
      const isOver = entry.state.kind === 'closed' || (entry.state.kind === 'failed' && gone.has(entry));
      if (!this.#discoveredIds.has(id) && !isOver) this.#entries.set(id, entry);
    }
    this.#changed.fire({ kind: 'list' });
  }

  async #reopenRemembered(): Promise<void> {
    if (!vscode.workspace.isTrusted || !reopenStores()) return;
    await Promise.all(this.#remembered().map((store) => this.#reopen(store)));
  }

  async #reopen({ id, readOnly }: RememberedStore): Promise<void> {
    try {
      const entry = await this.resolve(id);
      if (entry !== undefined && entry.openState === undefined) await this.#open(entry, { readOnly });
    } catch (error) {
      this.#log.warn(`Opening ${id} again failed: ${(error as Error).message}`);
    }
  }

  async #reopenForWriting(): Promise<void> {
    const restricted = this.openEntries.filter((entry) => entry.openState?.readOnlyReason === UNTRUSTED);
    for (const entry of restricted) {
      const readOnly = entry.openState?.mode.readOnly === true;
      await entry.close();
      await this.#reopen({ id: entry.id, readOnly });
    }
  }

  /** What to open with the next window, leaving out one store. Also stores that cannot be opened now. */
  #remembered(but?: StoreEntry): readonly RememberedStore[] {
    return this.#memory.get<RememberedStore[]>(REMEMBERED, []).filter(({ id }) => id !== but?.id);
  }

  async #remember(stores: readonly RememberedStore[]): Promise<void> {
    if (!this.#disposed) await this.#memory.update(REMEMBERED, stores);
  }
}
