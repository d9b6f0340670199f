import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { loadEngine } from './engines/loadEngine.ts';
import type { DataState, Job, JobResult, Measurement } from './measurement.ts';
import { WORKLOAD_GROUPS, type WorkloadGroup } from './workloads/groups.ts';

/** An engine in the comparison: the same one can take part several times, with other settings. */
export interface Contestant {
  readonly name: string;
  readonly engine: string;
  readonly settings?: Readonly<Record<string, unknown>>;
}

export interface RunPlan {
  readonly contestants: readonly Contestant[];
  readonly keyCount: number;
  readonly valueSizeBytes: number;
  /** Memory for the caches of engines that have one. */
  readonly cacheSizeBytes: number;
  readonly rounds: number;
  readonly seconds: number;
  /** For so long a process writes before the first of its writes is measured. */
  readonly warmUpSeconds: number;
  /** Names of workload groups; the load that others need is done in any case. */
  readonly groups: readonly string[];
  readonly workloads?: readonly string[];
  /** Where the data directories go. */
  readonly parentDirectory: string;
  /** A process that needs longer is ended, and its figures are missing. */
  readonly timeoutSeconds: number;
  /** A contestant that has taken longer than this begins no further round. Default: none does. */
  readonly patienceSeconds?: number;
}

/** A contestant's figures for one workload, of all rounds. */
export interface Series {
  readonly contestant: string;
  readonly group: string;
  readonly workload: string;
  readonly unit: Measurement['unit'];
  readonly values: readonly number[];
  readonly median: number;
}

export interface RunResult {
  readonly plan: Omit<RunPlan, 'parentDirectory'>;
  readonly roundsDone: number;
  /** By contestant. */
  readonly secondsTaken: Readonly<Record<string, number>>;
  readonly series: readonly Series[];
  readonly failures: readonly Failure[];
}

export interface Failure {
  readonly contestant: string;
  readonly group: string;
  readonly message: string;
}

interface GroupMeasurement extends Measurement {
  readonly group: string;
}

/** Strata's own default. */
export const DEFAULT_CACHE_SIZE = 256 * 1024 * 1024;

const MAX_ERROR_TEXT_LENGTH = 4000;
const EMPTY: DataState = { indexCount: 0, deletedEvery: 0 };

export interface RunHooks {
  readonly log: (line: string) => void;
  /** Rounds that have been run before, of the same plan: these are not run again. */
  readonly earlier?: RunResult | undefined;
  readonly onRound?: (soFar: RunResult) => Promise<void>;
}

/** Runs all rounds; in each, the contestants one after the other, each round beginning with another. */
export async function runRounds(plan: RunPlan, { log, earlier, onRound }: RunHooks): Promise<RunResult> {
  const series = new SeriesCollector(earlier?.series);
  const failures: Failure[] = [...(earlier?.failures ?? [])];
  const secondsTaken = new Map(Object.entries(earlier?.secondsTaken ?? {}));
  const { parentDirectory: _, ...described } = plan;
  const resultAfter = (roundsDone: number): RunResult => ({
    plan: described,
    roundsDone,
    secondsTaken: Object.fromEntries(secondsTaken),
    series: series.all(),
    failures,
  });
  for (let round = earlier?.roundsDone ?? 0; round < plan.rounds; round++) {
    for (const contestant of rotated(plan.contestants, round)) {
      const takenBefore = secondsTaken.get(contestant.name) ?? 0;
      if (takenBefore > (plan.patienceSeconds ?? Number.POSITIVE_INFINITY)) continue;
      const startMs = performance.now();
      for (const measurement of await runContestant(plan, contestant, failures))
        series.add(contestant.name, measurement);
      const seconds = (performance.now() - startMs) / 1000;
      secondsTaken.set(contestant.name, takenBefore + seconds);
      log(`round ${round + 1} of ${plan.rounds}: ${contestant.name}, ${seconds.toFixed(1)} s`);
    }
    await onRound?.(resultAfter(round + 1));
  }
  for (const { contestant, group, message } of failures) log(`${contestant}, ${group}: ${message}`);
  return resultAfter(plan.rounds);
}

class SeriesCollector {
  readonly #series = new Map<string, Omit<Series, 'median'> & { readonly values: number[] }>();

  constructor(earlier: readonly Series[] = []) {
    for (const { median: _, values, ...one } of earlier) this.#series.set(idOf(one), { ...one, values: [...values] });
  }

  add(contestant: string, { group, workload, unit, value }: GroupMeasurement): void {
    const entry = this.#series.get(idOf({ contestant, workload })) ?? { contestant, group, workload, unit, values: [] };
    entry.values.push(value);
    this.#series.set(idOf(entry), entry);
  }

  all(): Series[] {
    return [...this.#series.values()].map((entry) => ({ ...entry, median: median(entry.values) }));
  }
}

function idOf({ contestant, workload }: Pick<Series, 'contestant' | 'workload'>): string {
  return `${contestant}\n${workload}`;
}

/** All groups of workloads on one new data directory. What failed in an earlier round is not tried again. */
async function runContestant(plan: RunPlan, contestant: Contestant, failures: Failure[]): Promise<GroupMeasurement[]> {
  const directory = mkdtempSync(path.join(plan.parentDirectory, 'strata-bench-'));
  const { lacks } = await loadEngine(contestant.engine);
  const measurements: GroupMeasurement[] = [];
  let state = EMPTY;
  try {
    for (const group of WORKLOAD_GROUPS.filter((candidate) => isNeeded(candidate, plan, contestant))) {
      if (lacks[group.name] !== undefined || hasFailed(failures, contestant, group)) continue;
      if (group.startsEmpty) emptyDirectory(directory);
      else if (state === EMPTY) continue;
      const outcome = await runJob(jobOf(plan, contestant, group.name, directory, state), plan.timeoutSeconds);
      if (typeof outcome === 'string') {
        failures.push({ contestant: contestant.name, group: group.name, message: outcome });
        // What the failed process has written is unknown: nothing that needs it can be measured.
        state = EMPTY;
      } else {
        if (plan.groups.includes(group.name)) {
          measurements.push(...outcome.measurements.map((measurement) => ({ ...measurement, group: group.name })));
        }
        state = outcome.state;
      }
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return measurements;
}

function hasFailed(failures: readonly Failure[], { name }: Contestant, group: WorkloadGroup): boolean {
  return failures.some((failure) => failure.contestant === name && failure.group === group.name);
}

function isNeeded(group: WorkloadGroup, plan: RunPlan, { engine }: Contestant): boolean {
  if (group.onlyFor?.includes(engine) === false) return false;
  const isLoadOfOthers = group.name === 'load' && plan.groups.some((name) => name !== 'load-ordered');
  return plan.groups.includes(group.name) || isLoadOfOthers;
}

function jobOf(plan: RunPlan, contestant: Contestant, group: string, directory: string, state: DataState): Job {
  const { keyCount, valueSizeBytes, cacheSizeBytes, seconds, warmUpSeconds, workloads } = plan;
  const { engine, settings = {} } = contestant;
  const wanted = workloads === undefined ? {} : { workloads };
  const sizes = { keyCount, valueSizeBytes, cacheSizeBytes, seconds, warmUpSeconds };
  return { engine, group, directory, ...sizes, settings, state, ...wanted };
}

function emptyDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
}

/** Runs one process to its end. Resolves to a sentence when it fails, crashes or takes too long. */
function runJob(job: Job, timeoutSeconds: number): Promise<JobResult | string> {
  const child = fork(path.join(import.meta.dirname, 'engineProcess.ts'), [JSON.stringify(job)], {
    execArgv: ['--expose-gc', '--max-old-space-size=16384'],
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    timeout: timeoutSeconds * 1000,
    killSignal: 'SIGKILL',
  });
  let errorText = '';
  child.stderr?.on('data', (text: Buffer) => {
    errorText = (errorText + text.toString()).slice(-MAX_ERROR_TEXT_LENGTH);
  });
  let result: JobResult | undefined;
  child.once('message', (message) => {
    result = message as unknown as JobResult;
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => {
      if (result !== undefined) resolve(result);
      else if (signal === 'SIGKILL') resolve(`not finished in ${timeoutSeconds} s`);
      else resolve(`ended with ${signal ?? code}: ${errorText.trim()}`);
    });
  });
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >>> 1;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
