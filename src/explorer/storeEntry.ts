/** A store that the explorer shows: closed, being opened, open, or impossible to open. */

import type { KeyValueStore, StoreChange, StoreStatistics } from '../shared/keyValueStore.ts';
import { StoreError } from './storeError.ts';
import type { OpenMode, StoreReference } from './storeProvider.ts';

export type StoreState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'opening' }
  | { readonly kind: 'failed'; readonly error: Error }
  | { readonly kind: 'open'; readonly open: OpenState };

export interface OpenState {
  readonly store: KeyValueStore;
  /** As it was asked for. */
  readonly mode: OpenMode;
  /** As of the last change that was noticed. */
  readonly statistics: StoreStatistics;
  /** Why it is read-only, in a sentence; undefined when it is not. */
  readonly readOnlyReason: string | undefined;
}

/** `state`: opened, closed, failed. `data` and `segments`: as in `StoreChange`, statistics read again before. */
export type StoreEntryChange = 'state' | 'data' | 'segments';

/** Changes of a busy store are passed on at most this often. */
const CHANGE_INTERVAL_MS = 200;

/** A store that another process writes is looked at this often, to be opened for writing when that process is gone. */
const WRITER_CHECK_INTERVAL_MS = 2000;

const ASKED_READ_ONLY = 'It was opened for reading only.';

export class StoreEntry {
  reference: StoreReference;
  readonly #onChange: (entry: StoreEntry, change: StoreEntryChange) => void;
  #state: StoreState = { kind: 'closed' };
  #opening: Promise<OpenState> | undefined;
  /** Until the lock is free: writing hint files and the snapshot takes a while. */
  #closing: Promise<void> | undefined;
  #subscription: { dispose(): void } | undefined;
  #pendingChange: 'data' | 'segments' | undefined;
  #nextChange: NodeJS.Timeout | undefined;
  #refreshing = false;
  #writerCheck: NodeJS.Timeout | undefined;

  constructor(reference: StoreReference, onChange: (entry: StoreEntry, change: StoreEntryChange) => void) {
    this.reference = reference;
    this.#onChange = onChange;
  }

  get id(): string {
    return this.reference.id;
  }

  get name(): string {
    return this.reference.name;
  }

  get state(): StoreState {
    return this.#state;
  }

  get openState(): OpenState | undefined {
    return this.#state.kind === 'open' ? this.#state.open : undefined;
  }

  get store(): KeyValueStore | undefined {
    return this.openState?.store;
  }

  get isWritable(): boolean {
    const open = this.openState;
    return open !== undefined && open.readOnlyReason === undefined && open.store.capabilities.write;
  }

  /**
   * Opens the store unless it is open. Whoever asks while it is being opened gets the same store. With a `restriction`,
   * a sentence that says why nothing may be written, it is opened for reading whatever the mode says.
   */
  async open(mode: OpenMode, restriction: string | undefined): Promise<OpenState> {
    const open = this.openState;
    if (open !== undefined) return open;
    this.#opening ??= this.#open(mode, restriction, this.#closing).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  close(): Promise<void> {
    if (this.#closing !== undefined && this.#opening === undefined) return this.#closing;
    const closing = this.#close().finally(() => {
      if (this.#closing === closing) this.#closing = undefined;
    });
    this.#closing = closing;
    return closing;
  }

  async #close(): Promise<void> {
    // Without it at once: nobody may get hold of the store any more.
    if (this.#opening !== undefined) await this.#opening.catch(() => undefined);
    const store = this.store;
    this.#forgetStore();
    this.#setState({ kind: 'closed' });
    await store?.close();
  }

  /** Reads the statistics again and tells everyone that the data may have changed. */
  async refresh(): Promise<void> {
    await this.#passOn('data');
  }

  async #open(mode: OpenMode, restriction: string | undefined, closing: Promise<void> | undefined): Promise<OpenState> {
    this.#setState({ kind: 'opening' });
    try {
      // Or it would meet its own lock.
      await closing?.catch(() => undefined);
      const readOnly = mode.readOnly || restriction !== undefined;
      const opened = await this.reference.provider.open(this.reference, { ...mode, readOnly });
      const { store } = opened;
      const statistics = await store.statistics();
      const reason = restriction ?? opened.readOnlyReason ?? statistics.readOnlyReason ?? ASKED_READ_ONLY;
      const open = { store, mode, statistics, readOnlyReason: statistics.readOnly ? reason : undefined };
      this.#subscription = store.subscribe((change) => this.#noticeChange(change));
      this.#setState({ kind: 'open', open });
      if (!readOnly && opened.readOnlyReason !== undefined) this.#awaitWriter();
      return open;
    } catch (error) {
      this.#setState({ kind: 'failed', error: error as Error });
      throw error;
    }
  }

  #setState(state: StoreState): void {
    this.#state = state;
    this.#onChange(this, 'state');
  }

  #forgetStore(): void {
    this.#subscription?.dispose();
    this.#subscription = undefined;
    this.#pendingChange = undefined;
    clearTimeout(this.#nextChange);
    clearInterval(this.#writerCheck);
    this.#nextChange = undefined;
  }

  /** After a reload of the window, say, the writer is the old extension host, which ends a moment later. */
  #awaitWriter(): void {
    this.#writerCheck = setInterval(() => {
      // What fails here shows in the store's state.
      void this.#takeOver().catch(() => undefined);
    }, WRITER_CHECK_INTERVAL_MS);
  }

  async #takeOver(): Promise<void> {
    const open = this.openState;
    const statistics = await open?.store.statistics();
    if (open === undefined || statistics?.readOnlyReason !== undefined || this.store !== open.store) return;
    await this.close();
    await this.open(open.mode, undefined);
  }

  #noticeChange(change: StoreChange): void {
    if (change.kind === 'closed') {
      this.#forgetStore();
      this.#setState({
        kind: 'failed',
        error: new StoreError('STORE_CLOSED', `${this.name} stopped unexpectedly. Open it again.`),
      });
      return;
    }
    // A change of data concerns everything that a change of segments does.
    this.#pendingChange = this.#pendingChange === 'data' ? 'data' : change.kind;
    this.#passOnPending();
  }

  /** The first change is passed on at once; those that follow wait for the interval to end. */
  #passOnPending(): void {
    const change = this.#pendingChange;
    if (change === undefined || this.#nextChange !== undefined || this.#refreshing) return;
    this.#pendingChange = undefined;
    this.#refreshing = true;
    void this.#passOn(change).finally(() => {
      this.#refreshing = false;
      if (this.#state.kind !== 'open') return;
      this.#nextChange = setTimeout(() => {
        this.#nextChange = undefined;
        this.#passOnPending();
      }, CHANGE_INTERVAL_MS);
    });
  }

  async #passOn(change: 'data' | 'segments'): Promise<void> {
    const open = this.openState;
    if (open === undefined) return;
    try {
      const statistics = await open.store.statistics();
      if (this.openState?.store !== open.store) return;
      this.#state = { kind: 'open', open: { ...open, statistics } };
    } catch {
      // The store was closed meanwhile, or is about to say so itself; what is shown gets refreshed all the same.
    }
    this.#onChange(this, change);
  }
}
