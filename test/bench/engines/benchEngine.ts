/** A store as the benchmark sees it. Adapters say only how their engine does each thing best. */

export type Entry = readonly [key: Buffer, value: Buffer];
export type MaybePromise<T> = T | Promise<T>;
export type Value = Uint8Array | null | undefined;

export interface ScanRange {
  readonly gte?: Buffer;
  readonly lt?: Buffer;
  readonly limit?: number;
}

/** Writing methods return undefined when they are done already, so that no promise is paid for by those without. */
export interface BenchStore {
  put(key: Buffer, value: Buffer): Promise<unknown> | undefined;
  del(key: Buffer): Promise<unknown> | undefined;
  /** Atomic where the engine offers it. */
  batch(entries: readonly Entry[]): Promise<unknown> | undefined;
  get(key: Buffer): MaybePromise<Value>;
  /** A value that is good only until the next call, where the engine offers that. */
  getView?(key: Buffer): Value;
  getMany(keys: readonly Buffer[]): MaybePromise<readonly Value[]>;
  /** In byte order. */
  scanKeys(range: ScanRange, visit: (key: Uint8Array | string) => void): Promise<void> | undefined;
  scanEntries(range: ScanRange, visit: (value: Uint8Array) => void): Promise<void> | undefined;
  /** Gives the space of overwritten and deleted entries back. */
  compact?(): Promise<unknown> | undefined;
  /** Bytes of memory that the engine's own statistics state for its keys, with all of them in memory. */
  keyMemoryBytes?(): number;
  close(): Promise<unknown> | undefined;
}

export interface OpenOptions {
  /** A write that has resolved survives a power cut. Otherwise it survives the end of the process. */
  readonly durable: boolean;
  readonly keyCount: number;
  readonly valueSizeBytes: number;
  /** For engines that have a cache of their own. */
  readonly cacheSizeBytes: number;
  /** Settings of one engine, beyond what it is compared with. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

export interface BenchEngine {
  /** Its settings and whatever else one must know to judge its figures, for the table's notes. */
  readonly notes: string;
  /** Reads give promises; many of them are then kept under way at a time. */
  readonly readsAreAsync: boolean;
  /** What the engine cannot do, by workload group, and why. */
  readonly lacks: Readonly<Record<string, string>>;
  open(directory: string, options: OpenOptions): Promise<BenchStore>;
}
