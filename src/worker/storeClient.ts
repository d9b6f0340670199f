/** A store whose engine runs in a thread or process of its own, seen from the thread that wants to stay responsive. */

import type { EmbeddedStore } from '../shared/embeddedStore.ts';
import type {
  BatchOperation,
  CompactionReport,
  FolderPage,
  FolderRequest,
  HistoryOptions,
  KeyEntry,
  KeyRange,
  KeyVersion,
  ListOptions,
  PutOptions,
  RecordLocation,
  ReplayReport,
  StoreCapabilities,
  StoreChange,
  StoredValue,
  StoreStatistics,
  TaskOptions,
  VerifyReport,
} from '../shared/keyValueStore.ts';
import type { NextRecord, RecordState } from '../shared/recordState.ts';
import { causeInWords, type EngineHost } from './engineHost.ts';
import { ownBytes, packBytes, trimmed } from './packedBytes.ts';
import { buffersOfBytes, unpackEntries, unpackFolderPage } from './packedEntries.ts';
import { connect, handOver, type RequestChannel } from './requestChannel.ts';
import { StoreRequestError } from './requestError.ts';
import type { OpenRequest, PackedBatch, StoreNotifications, StoreRequests } from './storeProtocol.ts';

/** What was asked for, in words. */
type TaskName = 'read the history' | 'find the next record' | 'compact' | 'replay' | 'verify';
type ChangeListener = (change: StoreChange) => void;

export class StoreClient implements EmbeddedStore {
  readonly id: string;
  readonly name: string;
  readonly capabilities: StoreCapabilities;
  readonly #host: EngineHost;
  readonly #channel: RequestChannel<StoreRequests, StoreNotifications>;
  readonly #listeners = new Set<ChangeListener>();
  readonly #tasks = new Map<number, HistoryOptions>();
  #nextTaskId = 1;
  /** Why no request can be answered any more. */
  #ended: StoreRequestError | undefined;
  #closing: Promise<void> | undefined;

  /** The store is not open yet: `open` comes first. */
  constructor(host: EngineHost, request: OpenRequest) {
    this.id = request.directoryUri;
    this.name = lastSegment(request.directoryUri);
    this.capabilities = capabilitiesOf(request.options.readOnly === true);
    this.#host = host;
    this.#channel = connect<StoreRequests, StoreNotifications>(
      {
        versions: (taskId, versions) => this.#tasks.get(taskId)?.onVersions?.(trimmedVersions(versions)),
        progress: (taskId, done, total) => this.#tasks.get(taskId)?.onProgress?.({ done, total }),
        changed: (kinds) => this.#notify(kinds),
      },
      host,
    );
    void host.ended.then((defect) => this.#end(this.#exitError(defect)));
  }

  /** Opens the store there. When it rejects, thread or process are gone. */
  async open(request: OpenRequest): Promise<void> {
    try {
      await this.#request((worker) => worker.open(request));
    } catch (error) {
      await this.#host.end();
      throw error;
    }
  }

  async get(key: Uint8Array): Promise<StoredValue | undefined> {
    const found = await this.#request((worker) => worker.get(ownBytes(key)));
    if (found === undefined) return undefined;
    return { ...found, key: new Uint8Array(key), value: trimmed(found.value) };
  }

  /** Many values in one message, in the order of the keys; undefined where a key does not exist. */
  async getMany(keys: readonly Uint8Array[]): Promise<(StoredValue | undefined)[]> {
    const packed = packBytes(keys);
    handOver(packed, buffersOfBytes(packed));
    const { isFound, entries } = await this.#request((worker) => worker.getMany(packed));
    const found = unpackEntries(entries).values();
    return Array.from(isFound, (flag) => {
      if (flag === 0) return undefined;
      const { valuePreview, ...entry } = found.next().value as KeyEntry;
      return { ...entry, value: valuePreview as Uint8Array };
    });
  }

  async put(key: Uint8Array, value: Uint8Array, options: PutOptions = {}): Promise<void> {
    const copy = new Uint8Array(value);
    handOver(copy, [copy.buffer]);
    await this.#request((worker) => worker.put(ownBytes(key), copy, options.ttlMs));
  }

  async del(key: Uint8Array): Promise<void> {
    await this.#request((worker) => worker.del(ownBytes(key)));
  }

  async batch(operations: readonly BatchOperation[]): Promise<void> {
    const batch: PackedBatch = {
      keys: packBytes(operations.map(({ key }) => key)),
      values: packBytes(operations.map((operation) => (operation.type === 'put' ? operation.value : undefined))),
      ttlsMs: Float64Array.from(operations, (operation) =>
        operation.type === 'put' ? (operation.ttlMs ?? Number.NaN) : Number.NaN,
      ),
    };
    handOver(batch, [...buffersOfBytes(batch.keys), ...buffersOfBytes(batch.values), batch.ttlsMs.buffer]);
    await this.#request((worker) => worker.batch(batch));
  }

  async list(range: KeyRange, options: ListOptions = {}): Promise<KeyEntry[]> {
    const previewBytes = options.valuePreviewBytes ?? 0;
    return unpackEntries(await this.#request((worker) => worker.list(ownRange(range), previewBytes)));
  }

  async count(range: KeyRange): Promise<number> {
    return this.#request((worker) => worker.count(ownRange(range)));
  }

  async listFolder(request: FolderRequest): Promise<FolderPage> {
    const { prefix, delimiter, after, limit, filter, valuePreviewBytes } = request;
    const page = await this.#request((worker) =>
      worker.listFolder({
        prefix: ownBytes(prefix),
        delimiter: ownBytes(delimiter),
        after: after === undefined ? undefined : ownBytes(after),
        limit,
        filter,
        valuePreviewBytes: valuePreviewBytes ?? 0,
      }),
    );
    return unpackFolderPage(page);
  }

  async history(key: Uint8Array, options: HistoryOptions = {}): Promise<KeyVersion[]> {
    const { signal: _signal, onProgress: _onProgress, onVersions, ...range } = options;
    const versions = await this.#runTask(
      'read the history',
      (worker, taskId) => worker.history(taskId, ownBytes(key), range, onVersions !== undefined),
      options,
    );
    return trimmedVersions(versions);
  }

  async statistics(): Promise<StoreStatistics> {
    return this.#request((worker) => worker.statistics());
  }

  compact(task?: TaskOptions): Promise<CompactionReport> {
    return this.#runTask('compact', (worker, taskId) => worker.compact(taskId), task);
  }

  replay(task?: TaskOptions): Promise<ReplayReport> {
    return this.#runTask('replay', (worker, taskId) => worker.replay(taskId), task);
  }

  verify(task?: TaskOptions): Promise<VerifyReport> {
    return this.#runTask('verify', (worker, taskId) => worker.verify(taskId), task);
  }

  async recordStates(segmentId: number, offsetsBytes: readonly number[]): Promise<RecordState[]> {
    const offsets = Float64Array.from(offsetsBytes);
    return this.#request((worker) => worker.recordStates(segmentId, handOver(offsets, [offsets.buffer])));
  }

  async liveBytesByBlock(segmentId: number, blockSizeBytes: number, blockCount: number): Promise<Float64Array> {
    return trimmed(await this.#request((worker) => worker.liveBytesByBlock(segmentId, blockSizeBytes, blockCount)));
  }

  async newestRecord(key: Uint8Array): Promise<RecordLocation | undefined> {
    return this.#request((worker) => worker.newestRecord(ownBytes(key)));
  }

  nextRecord(key: Uint8Array, sequence: number, task?: TaskOptions): Promise<NextRecord | undefined> {
    return this.#runTask(
      'find the next record',
      (worker, taskId) => worker.nextRecord(taskId, ownBytes(key), sequence),
      task,
    );
  }

  subscribe(listener: ChangeListener): { dispose(): void } {
    // A listener that is registered twice is called twice, and each registration ends by itself.
    const registration: ChangeListener = (change) => listener(change);
    this.#listeners.add(registration);
    return { dispose: () => void this.#listeners.delete(registration) };
  }

  /** Waits for writes that were accepted. Closing twice is the same as closing once. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#ended !== undefined) return;
    try {
      await this.#channel.close();
    } finally {
      this.#end(new StoreRequestError('STORE_CLOSED', `The store ${this.name} is closed. Open it again.`));
      await this.#host.end();
    }
  }

  async #request<Result>(
    send: (worker: RequestChannel<StoreRequests, StoreNotifications>) => Result,
  ): Promise<Awaited<Result>> {
    if (this.#ended !== undefined) throw this.#ended;
    return await send(this.#channel);
  }

  /** A task has a number under which it is cancelled and tells its progress. */
  async #runTask<Report>(
    name: TaskName,
    start: (worker: RequestChannel<StoreRequests, StoreNotifications>, taskId: number) => Promise<Report>,
    task: TaskOptions = {},
  ): Promise<Report> {
    const { signal } = task;
    if (signal?.aborted === true) throw new StoreRequestError('ABORTED', `The request to ${name} was cancelled.`);
    const taskId = this.#nextTaskId++;
    const cancel = () => {
      if (this.#ended === undefined) void this.#channel.cancel.asEvent(taskId);
    };
    this.#tasks.set(taskId, task);
    signal?.addEventListener('abort', cancel);
    try {
      return await this.#request((worker) => start(worker, taskId));
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#tasks.delete(taskId);
    }
  }

  #notify(kinds: readonly StoreChange['kind'][]): void {
    for (const kind of kinds) {
      for (const listener of [...this.#listeners]) {
        try {
          listener({ kind });
        } catch (error) {
          // A listener's defect must not keep the others from being told, nor go unnoticed.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    }
  }

  #end(reason: StoreRequestError): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#channel.$close(reason);
    this.#notify(['closed']);
    this.#listeners.clear();
  }

  #exitError(defect: Error | undefined): StoreRequestError {
    const cause = causeInWords(defect);
    const message = `The ${this.#host.kind} of the store ${this.name} ended unexpectedly${cause}. Open it again.`;
    return new StoreRequestError('WORKER_EXITED', message, { stack: defect?.stack });
  }
}

function capabilitiesOf(readOnly: boolean): StoreCapabilities {
  return {
    write: !readOnly,
    timeToLive: true,
    history: true,
    compact: !readOnly,
    replay: true,
    verify: true,
    segments: true,
  };
}

/** What people call the store: the last part of its directory's URI. */
function lastSegment(uri: string): string {
  const { pathname } = new URL(uri);
  return decodeURIComponent(pathname.split('/').findLast((part) => part !== '') ?? pathname);
}

function trimmedVersions(versions: readonly KeyVersion[]): KeyVersion[] {
  return versions.map((version) => {
    const { valuePreview } = version;
    return valuePreview === undefined ? version : { ...version, valuePreview: trimmed(valuePreview) };
  });
}

function ownRange(range: KeyRange): KeyRange {
  const bounds = { gt: range.gt, gte: range.gte, lt: range.lt, lte: range.lte, prefix: range.prefix };
  const own = Object.entries(bounds).flatMap(([name, bytes]) => (bytes === undefined ? [] : [[name, ownBytes(bytes)]]));
  return { ...range, ...Object.fromEntries(own) };
}
