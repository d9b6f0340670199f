/**
 * The core workloads of the Yahoo! Cloud Serving Benchmark (Cooper et al., SoCC 2010): their shares of operations and
 * their distributions. Records are a single value, and not ten fields, because that is what all of these stores hold.
 */

import { Random, shuffled } from '../dataSet.ts';
import type { BenchStore, MaybePromise, Value } from '../engines/benchEngine.ts';
import { type Bench, secondsSince } from '../measurement.ts';
import { OperationChunk } from '../operationChunk.ts';
import { Zipfian } from '../zipfian.ts';
import { runClients } from './clients.ts';
import { verifySample } from './verifySample.ts';

type Operation = 'read' | 'update' | 'insert' | 'scan' | 'modify';

interface Mix {
  readonly name: string;
  /** The operation that is not a read (or, of E, not a scan), and its share. */
  readonly main: Operation;
  readonly other: Operation;
  readonly otherShare: number;
  readonly distribution: 'zipfian' | 'latest';
}

export const MIXES: readonly Mix[] = [
  { name: 'YCSB A (50 % update)', main: 'read', other: 'update', otherShare: 0.5, distribution: 'zipfian' },
  { name: 'YCSB B (5 % update)', main: 'read', other: 'update', otherShare: 0.05, distribution: 'zipfian' },
  { name: 'YCSB C (reads)', main: 'read', other: 'read', otherShare: 0, distribution: 'zipfian' },
  { name: 'YCSB D (latest, 5 % insert)', main: 'read', other: 'insert', otherShare: 0.05, distribution: 'latest' },
  { name: 'YCSB E (scans, 5 % insert)', main: 'scan', other: 'insert', otherShare: 0.05, distribution: 'zipfian' },
  { name: 'YCSB F (50 % modify)', main: 'read', other: 'modify', otherShare: 0.5, distribution: 'zipfian' },
];

const CLIENTS = 64;
export const MAX_SCAN_LENGTH = 100;
/** Scans are long, and of some stores very slow: a look at the clock after fewer of them. */
const CHUNK_SIZE = { read: 4096, scan: 128 } as const;

export async function ycsbWorkloads(bench: Bench): Promise<void> {
  const store = await bench.open();
  const mixes = MIXES.filter(({ name }) => bench.wants(name));
  const { seconds, warmUpSeconds } = bench.job;
  if (warmUpSeconds > 0 && mixes[0] !== undefined) await new MixRun(bench, store, mixes[0], 32).run(warmUpSeconds);
  for (const mix of mixes) {
    const run = new MixRun(bench, store, mix, 31);
    await run.run(seconds);
    run.report();
  }
  await verifySample(bench, store, 'YCSB');
  await store.close();
}

class MixRun {
  readonly #bench: Bench;
  readonly #store: BenchStore;
  readonly #mix: Mix;
  readonly #random: Random;
  readonly #zipfian: Zipfian;
  readonly #scatter: (rank: number) => number;
  readonly #chunk: OperationChunk;
  readonly #operations: Operation[] = [];
  readonly #scanLengths: Uint8Array;
  #version = 1_000_000;
  #readCount = 0;
  #foundCount = 0;
  #scannedCount = 0;
  #leastScannedCount = 0;
  #operationCount = 0;
  #seconds = 0;

  constructor(bench: Bench, store: BenchStore, mix: Mix, seed: number) {
    const { indexCount } = bench.state;
    this.#random = new Random(seed);
    this.#bench = bench;
    this.#store = store;
    this.#mix = mix;
    this.#zipfian = new Zipfian(indexCount, this.#random);
    this.#scatter = shuffled(indexCount);
    this.#chunk = new OperationChunk(bench.data, CHUNK_SIZE[mix.main === 'scan' ? 'scan' : 'read'], true);
    this.#scanLengths = new Uint8Array(this.#chunk.size);
  }

  async run(wantedSeconds: number): Promise<void> {
    while (this.#seconds < wantedSeconds) {
      const insertCount = this.#fill();
      const startMs = performance.now();
      await runClients(this.#chunk.size, CLIENTS, (position) => this.#operate(position));
      this.#seconds += secondsSince(startMs);
      this.#operationCount += this.#chunk.size;
      const { state } = this.#bench;
      this.#bench.state = { ...state, indexCount: state.indexCount + insertCount };
    }
  }

  report(): void {
    const { name } = this.#mix;
    this.#bench.expect(name, 'the number of values', this.#foundCount, this.#readCount);
    if (this.#scannedCount < this.#leastScannedCount) {
      throw new Error(`${name}: ${this.#scannedCount} entries were scanned of ${this.#leastScannedCount}.`);
    }
    this.#bench.report(name, 'ops/s', this.#operationCount, this.#seconds);
  }

  /** Chooses the operations of a chunk. Returns how many insert. */
  #fill(): number {
    const { indexCount } = this.#bench.state;
    let insertCount = 0;
    this.#version++;
    for (let position = 0; position < this.#chunk.size; position++) {
      const { main, other, otherShare } = this.#mix;
      const operation = this.#random.fraction() < otherShare ? other : main;
      this.#operations[position] = operation;
      if (operation === 'insert') this.#chunk.setEntry(position, indexCount + insertCount++, 0);
      else if (operation === 'read') this.#chunk.setKey(position, this.#chooseIndex());
      else if (operation === 'scan') this.#fillScan(position);
      else this.#chunk.setEntry(position, this.#chooseIndex(), this.#version);
    }
    return insertCount;
  }

  #fillScan(position: number): void {
    const index = this.#chooseIndex();
    const length = 1 + this.#random.below(MAX_SCAN_LENGTH);
    this.#chunk.setKey(position, index);
    this.#scanLengths[position] = length;
    this.#leastScannedCount += Math.min(length, this.#bench.state.indexCount - index);
  }

  #chooseIndex(): number {
    const rank = this.#zipfian.next();
    return this.#mix.distribution === 'latest' ? this.#bench.state.indexCount - 1 - rank : this.#scatter(rank);
  }

  #operate(position: number): Promise<unknown> | undefined {
    const key = this.#chunk.key(position);
    switch (this.#operations[position]) {
      case 'read':
        return this.#read(key);
      case 'scan':
        return this.#scan(key, this.#scanLengths[position] as number);
      case 'modify':
        return this.#modify(key, this.#chunk.value(position));
      default:
        return this.#store.put(key, this.#chunk.value(position));
    }
  }

  #read(key: Buffer): Promise<unknown> | undefined {
    this.#readCount++;
    return this.#count(this.#store.get(key));
  }

  #count(found: MaybePromise<Value>): Promise<void> | undefined {
    if (found instanceof Promise) return found.then((value) => void this.#count(value));
    if (found !== undefined && found !== null) this.#foundCount++;
    return undefined;
  }

  #modify(key: Buffer, value: Buffer): Promise<unknown> | undefined {
    const reading = this.#read(key);
    return reading === undefined ? this.#store.put(key, value) : reading.then(() => this.#store.put(key, value));
  }

  #scan(gte: Buffer, limit: number): Promise<void> | undefined {
    return this.#store.scanEntries({ gte, limit }, () => {
      this.#scannedCount++;
    });
  }
}
