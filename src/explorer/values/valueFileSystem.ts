/** The values of keys as files, so that editors open them, save them with Ctrl+S and compare them. */

import * as vscode from 'vscode';
import type { KeyValueStore } from '../../shared/keyValueStore.ts';
import { findEntry } from '../findEntry.ts';
import { findVersion } from '../findVersion.ts';
import { maxEditorValueSizeBytes } from '../settings.ts';
import type { StoreEntry } from '../storeEntry.ts';
import type { RegistryChange, StoreRegistry } from '../storeRegistry.ts';
import { encodeValue, showValue, type ValueText, wholeCharacters } from './valueText.ts';
import { parseValueUri, VALUE_SCHEME, type ValueAddress } from './valueUri.ts';

interface ShownValue {
  readonly content: Uint8Array;
  readonly shown: ValueText;
  readonly sequence: number;
  /** Milliseconds since 1970-01-01 UTC; 0: never. */
  readonly expiryMs: number;
  /** Only the beginning is shown. */
  readonly isPart: boolean;
}

const encoder = new TextEncoder();

export class ValueFileSystem implements vscode.FileSystemProvider, vscode.Disposable {
  readonly #registry: StoreRegistry;
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly #subscriptions: vscode.Disposable[];
  /** What each open document shows: the state that an edit starts from. */
  readonly #shown = new Map<string, ShownValue>();
  /** What `stat` has read of a value that no editor shows yet: an editor that opens asks for it right afterwards. */
  #justRead: { readonly uri: string; readonly value: ShownValue } | undefined;
  readonly #modifications = new Map<string, { readonly sequence: number; readonly timeMs: number }>();
  readonly onDidChangeFile = this.#changed.event;

  constructor(registry: StoreRegistry) {
    this.#registry = registry;
    this.#subscriptions = [
      this.#changed,
      registry.onDidChange((change) => void this.#noticeChange(change)),
      vscode.workspace.onDidCloseTextDocument((document) => this.#shown.delete(document.uri.toString())),
    ];
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  watch(): vscode.Disposable {
    return { dispose() {} };
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { entry, address } = await this.#locate(uri);
    const value = await this.#current(uri, entry, address);
    const isEditable = entry.isWritable && address.sequence === undefined && !value.isPart && !value.shown.lossy;
    return {
      type: vscode.FileType.File,
      ctime: 0,
      mtime: this.#modificationTimeMs(uri, value.sequence),
      size: value.content.length + (this.#isHiddenChange(uri, value) ? 1 : 0),
      ...(!isEditable && { permissions: vscode.FilePermission.Readonly }),
    };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const { entry, address } = await this.#locate(uri);
    const value = await this.#read(uri, requireStore(entry), address);
    this.#shown.set(uri.toString(), value);
    return value.content;
  }

  async writeFile(uri: vscode.Uri, content: Uint8Array): Promise<void> {
    const { entry, address } = await this.#locate(uri);
    const store = requireStore(entry);
    if (!entry.isWritable || address.sequence !== undefined) throw vscode.FileSystemError.NoPermissions(uri);
    const current = await readValue(uri, store, address).catch(ignoreMissing);
    const before = this.#shown.get(uri.toString()) ?? current;
    if (before?.isPart) throw vscode.FileSystemError.NoPermissions('Only the beginning of this value is shown.');
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(content);
    const encoded = encodeValue(text, before?.shown ?? { view: address.view });
    if (!encoded.ok) throw new vscode.FileSystemError(encoded.message);
    await store.put(address.key, encoded.value, remainingTimeToLive(current));
    this.#shown.set(uri.toString(), await readValue(uri, store, address));
  }

  async delete(uri: vscode.Uri): Promise<void> {
    const { entry, address } = await this.#locate(uri);
    if (!entry.isWritable || address.sequence !== undefined) throw vscode.FileSystemError.NoPermissions(uri);
    await requireStore(entry).del(address.key);
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  /** Editors of the last session are restored before the stores are open again. */
  async #locate(uri: vscode.Uri): Promise<{ entry: StoreEntry; address: ValueAddress }> {
    const address = parseValueUri(uri);
    if (address === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    await this.#registry.ready();
    const entry = this.#registry.find(address.storeId);
    if (entry === undefined) throw vscode.FileSystemError.Unavailable('The store is gone. Open it again first.');
    return { entry, address };
  }

  /** The value as it is in the store now, read again only when it is another record than the one shown. */
  async #current(uri: vscode.Uri, entry: StoreEntry, address: ValueAddress): Promise<ShownValue> {
    const store = requireStore(entry);
    const shown = this.#shown.get(uri.toString());
    if (shown !== undefined) {
      if (address.sequence !== undefined) return shown;
      const found = await findEntry(store, address.key);
      if (found?.sequence === shown.sequence) return shown;
    }
    const value = await this.#read(uri, store, address);
    if (shown === undefined) this.#justRead = { uri: uri.toString(), value };
    return value;
  }

  async #read(uri: vscode.Uri, store: KeyValueStore, address: ValueAddress): Promise<ShownValue> {
    const justRead = this.#justRead;
    this.#justRead = undefined;
    if (justRead?.uri !== uri.toString()) return readValue(uri, store, address);
    const isSame =
      address.sequence !== undefined || (await findEntry(store, address.key))?.sequence === justRead.value.sequence;
    return isSame ? justRead.value : readValue(uri, store, address);
  }

  /**
   * Editors notice a conflict by a later modification time. The record's own time may stand still or step back, so
   * each other record that is seen here gets a later one: an overwritten value, also a store that was made anew.
   */
  #modificationTimeMs(uri: vscode.Uri, sequence: number): number {
    const last = this.#modifications.get(uri.toString());
    if (last?.sequence === sequence) return last.timeMs;
    const timeMs = Math.max(Date.now(), (last?.timeMs ?? 0) + 1);
    this.#modifications.set(uri.toString(), { sequence, timeMs });
    return timeMs;
  }

  /**
   * An editor that is about to save takes a later file of the same size for the one it has read, and would overwrite
   * a change of, say, one digit. Until it reads again, the size of such a value is told one byte too large, so that
   * the editor asks whether to compare or to overwrite, as it does for every other change.
   */
  #isHiddenChange(uri: vscode.Uri, value: ShownValue): boolean {
    const shown = this.#shown.get(uri.toString());
    if (shown === undefined || shown.sequence === value.sequence) return false;
    return shown.content.length === value.content.length && Buffer.compare(shown.content, value.content) !== 0;
  }

  /** Tells the editors of the store's values whether theirs is another one now, or gone. */
  async #noticeChange(change: RegistryChange): Promise<void> {
    if (change.kind !== 'data' && change.kind !== 'state') return;
    const events = await Promise.all(
      vscode.workspace.textDocuments
        .filter((document) => document.uri.scheme === VALUE_SCHEME)
        .map((document) => this.#changeOf(document.uri, change.entry)),
    );
    this.#changed.fire(events.filter((event) => event !== undefined));
  }

  async #changeOf(uri: vscode.Uri, entry: StoreEntry): Promise<vscode.FileChangeEvent | undefined> {
    const address = parseValueUri(uri);
    if (address?.storeId !== entry.id || address.sequence !== undefined || entry.store === undefined) return undefined;
    try {
      const found = await findEntry(entry.store, address.key);
      if (found === undefined) return { type: vscode.FileChangeType.Deleted, uri };
      if (found.sequence === this.#shown.get(uri.toString())?.sequence) return undefined;
      return { type: vscode.FileChangeType.Changed, uri };
    } catch {
      // The store is being closed; its editors keep what they show.
      return undefined;
    }
  }
}

function requireStore(entry: StoreEntry): KeyValueStore {
  if (entry.store !== undefined) return entry.store;
  throw vscode.FileSystemError.Unavailable(`${entry.name} is closed. Open it with "Strata: Open Store" and try again.`);
}

async function readValue(uri: vscode.Uri, store: KeyValueStore, address: ValueAddress): Promise<ShownValue> {
  const { key, view, sequence } = address;
  if (sequence !== undefined) return readVersion(uri, store, key, view, sequence);
  const entry = await findEntry(store, key, maxEditorValueSizeBytes());
  if (entry === undefined) throw vscode.FileSystemError.FileNotFound(uri);
  const preview = entry.valuePreview ?? new Uint8Array(0);
  const isPart = preview.length < entry.valueSizeBytes;
  return present(preview, view, entry, isPart);
}

async function readVersion(
  uri: vscode.Uri,
  store: KeyValueStore,
  key: Uint8Array,
  view: ValueText['view'],
  sequence: number,
): Promise<ShownValue> {
  const version = await findVersion(store, key, sequence, { valuePreviewBytes: maxEditorValueSizeBytes() });
  if (version === undefined) throw vscode.FileSystemError.FileNotFound(uri);
  const { valuePreview = new Uint8Array(0), valueSizeBytes } = version;
  return present(valuePreview, view, version, valuePreview.length < valueSizeBytes);
}

function present(
  value: Uint8Array,
  view: ValueText['view'],
  { sequence, expiryMs }: { readonly sequence: number; readonly expiryMs: number },
  isPart: boolean,
): ShownValue {
  const shown = showValue(isPart && view !== 'hex' ? wholeCharacters(value) : value, view);
  return { content: encoder.encode(shown.text), shown, sequence, expiryMs, isPart };
}

/** Editing a value does not make it live longer, or for ever. */
function remainingTimeToLive(current: ShownValue | undefined): { ttlMs: number } | undefined {
  if (current === undefined || current.expiryMs === 0) return undefined;
  return { ttlMs: Math.max(1, current.expiryMs - Date.now()) };
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return undefined;
  throw error;
}
