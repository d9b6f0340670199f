/** Stores of the embedded engine: directories with segment files. The only file here that knows of directories. */

import * as vscode from 'vscode';
import { MANIFEST_NAME, parseSegmentFileName, SEGMENT_EXTENSION } from '../format/fileName.ts';
import type { EmbeddedStoreOptions, OpenEmbeddedStore, SalvageEmbeddedStore } from '../shared/embeddedStore.ts';
import type { SalvageReport, TaskOptions } from '../shared/keyValueStore.ts';
import { formatCountOf } from '../shared/quantities.ts';
import { engineOptions, storeExclude, storePaths } from './settings.ts';
import { StoreError } from './storeError.ts';
import type { OpenedStore, OpenMode, StoreProvider, StoreReference } from './storeProvider.ts';

/** Segment files that a search looks at, over all workspace folders. */
const MAX_FOUND_FILES = 20_000;
/** Files come in groups: a compaction replaces many at once. */
const SETTLE_MS = 300;

export class EmbeddedStoreProvider implements StoreProvider, vscode.Disposable {
  readonly #openStore: OpenEmbeddedStore;
  readonly #salvageStore: SalvageEmbeddedStore;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable[];
  #settling: NodeJS.Timeout | undefined;
  /** Directories that the last search has found; undefined: none has ended since one began. */
  #found: readonly vscode.Uri[] | undefined;
  /** Paths of the directories of known stores and of all that they stand in. */
  #foldersOfStores: ReadonlySet<string> = new Set();
  /** Something has changed that only a search can tell of. */
  #needsSearch = false;
  /** While a change is told that happened in known directories alone. */
  #isKnownPlace = false;
  readonly onDidChange = this.#changed.event;

  constructor(openStore: OpenEmbeddedStore, salvageStore: SalvageEmbeddedStore, log: vscode.LogOutputChannel) {
    this.#openStore = openStore;
    this.#salvageStore = salvageStore;
    this.#log = log;
    const watcher = vscode.workspace.createFileSystemWatcher(`**/*${SEGMENT_EXTENSION}`, false, true, false);
    // Of a folder that is deleted or renamed VS Code tells only itself, and nothing of what was in it.
    const folderWatcher = vscode.workspace.createFileSystemWatcher('**', true, true, false);
    const settle = () => this.#changeSoon(true);
    const settleFile = (file: vscode.Uri) => this.#changeSoon(!this.#knows(vscode.Uri.joinPath(file, '..')));
    this.#subscriptions = [
      this.#changed,
      watcher,
      watcher.onDidCreate(settleFile),
      watcher.onDidDelete(settleFile),
      folderWatcher,
      folderWatcher.onDidDelete(({ path }) => {
        if (this.#foldersOfStores.has(path)) settle();
      }),
      vscode.workspace.onDidChangeWorkspaceFolders(settle),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('strata.stores') || event.affectsConfiguration('strata.exclude')) settle();
      }),
    ];
  }

  dispose(): void {
    clearTimeout(this.#settling);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async discover(token: vscode.CancellationToken): Promise<StoreReference[]> {
    const known = this.#isKnownPlace ? this.#found : undefined;
    const [found, named] = await Promise.all([known ?? this.#search(token), namedDirectories()]);
    const directories = new Map([...named, ...found].map((directory) => [directory.toString(), directory]));
    if (!token.isCancellationRequested)
      this.#foldersOfStores = new Set([...directories.values()].flatMap(foldersAround));
    const references = await Promise.all([...directories.values()].map((directory) => this.#refer(directory)));
    return references.filter((reference) => reference !== undefined).sort(byPlace);
  }

  /**
   * Searches the workspace, which starts a process, and that holds up the extension host: not for what an open store
   * does in its own directory.
   */
  async #search(token: vscode.CancellationToken): Promise<readonly vscode.Uri[]> {
    this.#found = undefined;
    const found = await findStoreDirectories(token, this.#log);
    if (!token.isCancellationRequested) this.#found = found;
    return found;
  }

  /** Whether no search is needed to find a store there. */
  #knows(directory: vscode.Uri): boolean {
    const isThere = (known: vscode.Uri) => known.toString() === directory.toString();
    return this.#found?.some(isThere) === true || namedDirectories().some(isThere);
  }

  refer(id: string): Promise<StoreReference | undefined> {
    return this.#refer(vscode.Uri.parse(id, true));
  }

  async open(reference: StoreReference, mode: OpenMode): Promise<OpenedStore> {
    const directory = vscode.Uri.parse(reference.id, true);
    requireDisk(directory);
    const options: EmbeddedStoreOptions = { ...mode, expect: 'existing', ...engineOptions() };
    if (mode.readOnly) return { store: await this.#openStore(reference.id, options) };
    try {
      return { store: await this.#openStore(reference.id, options) };
    } catch (error) {
      if (StoreError.codeOf(error) !== 'STORE_LOCKED') throw error;
      const store = await this.#openStore(reference.id, { ...options, readOnly: true });
      return { store, readOnlyReason: (error as Error).message };
    }
  }

  /** Makes an empty store in `directory`, which need not exist. Rejects where a store exists already. */
  async create(directory: vscode.Uri): Promise<StoreReference> {
    requireDisk(directory);
    await vscode.workspace.fs.createDirectory(directory);
    const options: EmbeddedStoreOptions = { readOnly: false, salvage: false, expect: 'new', ...engineOptions() };
    const store = await this.#openStore(directory.toString(), options);
    await store.close();
    const reference = await this.#refer(directory);
    if (reference === undefined)
      throw new StoreError('STORE_NOT_FOUND', `${directory.fsPath} has no store after creating it.`);
    return reference;
  }

  /**
   * Copies everything readable of a store's directory, or of one segment file, into a new store in `target`. A folder
   * that this made goes again when it fails.
   */
  async salvage(source: vscode.Uri, target: vscode.Uri, task: TaskOptions): Promise<SalvageReport> {
    requireDisk(source);
    requireDisk(target);
    const isNew = !(await exists(target));
    try {
      return await this.#salvageStore(source.toString(), target.toString(), engineOptions(), task);
    } catch (error) {
      // Not recursive: what anybody else has put there stays.
      if (isNew && (await exists(target))) await vscode.workspace.fs.delete(target, { recursive: false });
      throw error;
    }
  }

  /** The store that a file stands in; undefined when the file is the only trace of one. */
  async storeAround(file: vscode.Uri): Promise<StoreReference | undefined> {
    const directory = vscode.Uri.joinPath(file, '..');
    const reference = await this.#refer(directory);
    const isAlone =
      !(await exists(vscode.Uri.joinPath(directory, MANIFEST_NAME))) && (await countSegments(directory)) === 1;
    return isAlone && file.path.endsWith(SEGMENT_EXTENSION) ? undefined : reference;
  }

  /** A folder that does not exist yet, where salvaging the source could write: beside the store, or beside the file. */
  async salvageFolder(source: vscode.Uri, isFile: boolean): Promise<vscode.Uri> {
    const directory = vscode.Uri.joinPath(source, '..');
    const isInStore = isFile && (await exists(vscode.Uri.joinPath(directory, MANIFEST_NAME)));
    const base = (isInStore ? directory : source).path.replace(/\.seg$/, '');
    const name = isInStore
      ? `${base}-${source.path.slice(source.path.lastIndexOf('/') + 1, -SEGMENT_EXTENSION.length)}`
      : base;
    for (let attempt = 1; ; attempt++) {
      const folder = source.with({ path: `${name}-salvaged${attempt === 1 ? '' : `-${attempt}`}` });
      if (!(await exists(folder))) return folder;
    }
  }

  /** A reference to the store in `directory`; undefined when there is none. */
  async #refer(directory: vscode.Uri): Promise<StoreReference | undefined> {
    const segmentCount = await countSegments(directory);
    if (segmentCount === undefined) return undefined;
    return {
      id: directory.toString(),
      name: directory.path.slice(directory.path.lastIndexOf('/') + 1) || directory.authority,
      place: vscode.workspace.asRelativePath(directory),
      summary: formatCountOf(segmentCount, 'segment'),
      provider: this,
    };
  }

  #changeSoon(needsSearch: boolean): void {
    this.#needsSearch ||= needsSearch;
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#isKnownPlace = !this.#needsSearch;
      this.#needsSearch = false;
      // Whoever hears of it asks at once.
      this.#changed.fire();
      this.#isKnownPlace = false;
    }, SETTLE_MS);
  }
}

async function findStoreDirectories(
  token: vscode.CancellationToken,
  log: vscode.LogOutputChannel,
): Promise<vscode.Uri[]> {
  const files = await vscode.workspace.findFiles(`**/*${SEGMENT_EXTENSION}`, storeExclude(), MAX_FOUND_FILES, token);
  if (files.length === MAX_FOUND_FILES) {
    log.warn(`Stopped looking for stores after ${MAX_FOUND_FILES} segment files. Name the others in strata.stores.`);
  }
  const directories = new Map<string, vscode.Uri>();
  for (const file of files) {
    if (parseSegmentFileName(file.path.slice(file.path.lastIndexOf('/') + 1)) === undefined) continue;
    const directory = vscode.Uri.joinPath(file, '..');
    directories.set(directory.toString(), directory);
  }
  return [...directories.values()];
}

/** Paths of a directory and of all that it stands in. */
function foldersAround({ path }: vscode.Uri): string[] {
  const ends = [...path.matchAll(/\//g)].map(({ index }) => index).filter((end) => end > 0);
  return [path, ...ends.map((end) => path.slice(0, end))];
}

/** The directories of the setting `strata.stores`, of every workspace folder and of the window. */
function namedDirectories(): vscode.Uri[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const scopes = folders.length === 0 ? [undefined] : folders;
  return scopes.flatMap((folder) => storePaths(folder).flatMap((path) => resolvePath(path, folder) ?? [])).map(asFound);
}

/** The directory as a search would name it: `stores/../cities/` and `cities` are one store. */
function asFound(directory: vscode.Uri): vscode.Uri {
  const { path } = vscode.Uri.joinPath(directory, '.');
  return directory.with({ path: path.replace(/(?<=[^/:])\/+$/, '') });
}

/** `path` as the settings write it: absolute, from `~`, from `${workspaceFolder}`, or relative to `folder`. */
function resolvePath(path: string, folder: vscode.WorkspaceFolder | undefined): vscode.Uri | undefined {
  const inFolder = path.match(/^\$\{workspaceFolder(?::([^}]+))?\}[/\\]?(.*)$/);
  if (inFolder) {
    const [, name, rest = ''] = inFolder;
    const base = name === undefined ? folder : vscode.workspace.workspaceFolders?.find((each) => each.name === name);
    return base && vscode.Uri.joinPath(base.uri, rest);
  }
  const fromHome = path.match(/^(?:~|\$\{userHome\})(?:[/\\](.*))?$/);
  const home = process.env['HOME'] ?? process.env['USERPROFILE'];
  if (fromHome) return home === undefined ? undefined : vscode.Uri.joinPath(vscode.Uri.file(home), fromHome[1] ?? '');
  if (/^(?:[/\\]|[A-Za-z]:[/\\])/.test(path)) return vscode.Uri.file(path);
  return folder && vscode.Uri.joinPath(folder.uri, path);
}

/** Segment files in `directory`; undefined when it holds no store or cannot be read. */
async function countSegments(directory: vscode.Uri): Promise<number | undefined> {
  try {
    const names = (await vscode.workspace.fs.readDirectory(directory)).map(([name]) => name);
    const count = names.filter((name) => parseSegmentFileName(name) !== undefined).length;
    return count > 0 || names.includes(MANIFEST_NAME) ? count : undefined;
  } catch {
    return undefined;
  }
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}

function requireDisk(directory: vscode.Uri): void {
  if (directory.scheme === 'file') return;
  throw new StoreError(
    'NOT_ON_DISK',
    `A store can be opened only where its files are on a disk, and ${directory.scheme}: is none. ` +
      'Its segment files can still be opened in the segment editor.',
  );
}

function byPlace(a: StoreReference, b: StoreReference): number {
  return a.place < b.place ? -1 : a.place > b.place ? 1 : 0;
}
