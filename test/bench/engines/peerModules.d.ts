/**
 * What the benchmark uses of the stores it measures. They are installed only for a benchmark, so that their own types
 * are not there when the project is checked.
 */

declare module 'lmdb' {
  interface Database {
    readonly flushed: Promise<unknown>;
    put(key: Buffer, value: Buffer): Promise<unknown>;
    remove(key: Buffer): Promise<unknown>;
    getBinary(key: Buffer): Buffer | undefined;
    getBinaryFast(key: Buffer): Buffer | undefined;
    getKeys(range: object): Iterable<Buffer>;
    getRange(range: object): Iterable<{ key: Buffer; value: Buffer }>;
    backup(path: string, compact: boolean): Promise<unknown>;
    close(): Promise<unknown>;
  }
  export function open(options: object): Database;
}

declare module 'classic-level' {
  interface Steps<T> {
    nextv(size: number): Promise<T[]>;
    close(): Promise<void>;
  }
  export class ClassicLevel {
    constructor(location: string, options: object);
    open(): Promise<void>;
    put(key: Buffer, value: Buffer, options: object): Promise<void>;
    del(key: Buffer, options: object): Promise<void>;
    batch(operations: readonly object[], options: object): Promise<void>;
    getSync(key: Buffer): Buffer | undefined;
    getMany(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]>;
    keys(options: object): Steps<Buffer>;
    iterator(options: object): Steps<[Buffer, Buffer]>;
    compactRange(start: Buffer, end: Buffer): Promise<void>;
    close(): Promise<void>;
  }
}

declare module 'better-sqlite3' {
  interface Statement {
    run(...parameters: unknown[]): unknown;
    get(...parameters: unknown[]): unknown;
    all(...parameters: unknown[]): unknown[];
    iterate(...parameters: unknown[]): IterableIterator<unknown>;
    pluck(): this;
    raw(): this;
  }
  export default class Database {
    constructor(path: string);
    pragma(text: string): unknown;
    exec(sql: string): this;
    prepare(sql: string): Statement;
    transaction<Arguments extends unknown[]>(run: (...args: Arguments) => void): (...args: Arguments) => void;
    close(): this;
  }
}

declare module 'rocksdb-native' {
  interface WriteBatch {
    tryPut(key: Buffer, value: Buffer): void;
    flush(): Promise<void>;
  }
  interface ReadBatch {
    get(key: Buffer): Promise<Buffer | null>;
    tryFlush(): void;
  }
  export default class RocksDB {
    constructor(path: string, options?: object);
    ready(): Promise<void>;
    put(key: Buffer, value: Buffer): Promise<void>;
    delete(key: Buffer): Promise<void>;
    get(key: Buffer): Promise<Buffer | null>;
    flush(): Promise<void>;
    read(options: object): ReadBatch;
    write(options: object): WriteBatch;
    iterator(range: object, options: object): AsyncIterable<{ key: Buffer; value: Buffer }>;
    compactRange(): Promise<void>;
    close(): Promise<void>;
  }
}

declare module 'echarts' {
  interface Chart {
    setOption(option: object): void;
    renderToSVGString(): string;
    dispose(): void;
  }
  export function init(element: null, theme: null, options: object): Chart;
}
