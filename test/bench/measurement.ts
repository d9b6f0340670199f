import { DataSet } from './dataSet.ts';
import type { BenchEngine, BenchStore } from './engines/benchEngine.ts';

/** `more`: a larger value is better; `less`: a smaller one. */
export interface Measurement {
  readonly workload: string;
  readonly value: number;
  readonly unit: 'ops/s' | 'entries/s' | 'MB/s' | 'ms' | 'B/key' | 'µs';
  /** Operations done in the measured time. */
  readonly operationCount: number;
  readonly seconds: number;
}

/** What a data directory holds, handed from one process to the next that works on it. */
export interface DataState {
  /** Indices from 0 below this exist, but for deleted ones. */
  readonly indexCount: number;
  /** Every index that leaves no rest by this is deleted; 0: none is. */
  readonly deletedEvery: number;
}

/** One process's work: a group of workloads on one engine's directory. */
export interface Job {
  readonly engine: string;
  readonly group: string;
  readonly directory: string;
  readonly keyCount: number;
  readonly valueSizeBytes: number;
  /** For engines that have a cache of their own. */
  readonly cacheSizeBytes: number;
  /** A workload without a natural end stops after this. */
  readonly seconds: number;
  /** For so long a process writes before the first of its writes is measured. */
  readonly warmUpSeconds: number;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The workloads of the group that are wanted; absent: all. */
  readonly workloads?: readonly string[];
  readonly state: DataState;
}

export interface JobResult {
  readonly measurements: readonly Measurement[];
  readonly state: DataState;
}

/** What the workloads of a group share while they run. */
export class Bench {
  readonly engine: BenchEngine;
  readonly job: Job;
  readonly data: DataSet;
  readonly measurements: Measurement[] = [];
  state: DataState;

  constructor(engine: BenchEngine, job: Job) {
    this.engine = engine;
    this.job = job;
    this.data = new DataSet(job.keyCount, job.valueSizeBytes);
    this.state = job.state;
  }

  get liveCount(): number {
    const { indexCount, deletedEvery } = this.state;
    return deletedEvery === 0 ? indexCount : indexCount - Math.ceil(indexCount / deletedEvery);
  }

  isLive(index: number): boolean {
    return this.state.deletedEvery === 0 || index % this.state.deletedEvery !== 0;
  }

  wants(workload: string): boolean {
    return this.job.workloads?.includes(workload) ?? true;
  }

  open(durable = false): Promise<BenchStore> {
    const { directory, keyCount, valueSizeBytes, cacheSizeBytes, settings = {} } = this.job;
    return this.engine.open(directory, { durable, keyCount, valueSizeBytes, cacheSizeBytes, settings });
  }

  /** A rate, from a count and the seconds it took. */
  report(workload: string, unit: Measurement['unit'], operationCount: number, seconds: number): void {
    this.measurements.push({ workload, value: operationCount / seconds, unit, operationCount, seconds });
  }

  /** A figure that is no rate. */
  reportValue(workload: string, unit: Measurement['unit'], value: number): void {
    this.measurements.push({ workload, value, unit, operationCount: 1, seconds: 0 });
  }

  /** A benchmark that read something else than it wrote has measured nothing. */
  expect(workload: string, what: string, found: number, expected: number): void {
    if (found !== expected) throw new Error(`${workload}: ${what} is ${found} and should be ${expected}.`);
  }
}

export function secondsSince(startMs: number): number {
  return (performance.now() - startMs) / 1000;
}
