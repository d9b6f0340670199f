import { isDeepStrictEqual } from 'node:util';
import { loadEngine } from './engines/loadEngine.ts';
import { budgetTable } from './report/budgetTable.ts';
import { comparisonTable } from './report/comparisonTable.ts';
import { describeMachine, type Machine, machineLines } from './report/machine.ts';
import { type Results, readResults, writeReport } from './report/writeReport.ts';
import { type RunPlan, type RunResult, runRounds } from './runner.ts';

export interface CompareOptions {
  readonly keys: readonly number[];
  readonly values: readonly number[];
  readonly engines: readonly string[];
  readonly groups: readonly string[];
  readonly workloads?: readonly string[];
  readonly cache: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUp: number;
  readonly timeout: number;
  readonly patience?: number;
  readonly resume?: boolean;
  readonly data: string;
  readonly output: string;
  readonly name?: string;
}

const MEBIBYTE = 1024 * 1024;

/** Strata, its peers and the physical limit, on every combination of sizes. Each round is written when it is done. */
export async function compare(options: CompareOptions): Promise<void> {
  const { machine, results: earlier } = earlierResults(options);
  let results = earlier;
  for (const keyCount of options.keys) {
    for (const valueSizeBytes of options.values) {
      console.error(describeSize({ keyCount, valueSizeBytes }));
      const plan = planOf(options, keyCount, valueSizeBytes);
      await runRounds(plan, {
        log: (line) => console.error(`  ${line}`),
        earlier: results.find((result) => isOfSameSize(result.plan, plan)),
        // With what was measured of other sizes, which an interruption must not lose.
        onRound: async (soFar) => {
          results = withResult(results, soFar);
          await write(options, machine, results);
        },
      });
    }
  }
}

/** In the place of the result of the same size, if there is one. */
function withResult(results: readonly RunResult[], next: RunResult): readonly RunResult[] {
  const at = results.findIndex((result) => isOfSameSize(result.plan, next.plan));
  return at < 0 ? [...results, next] : results.with(at, next);
}

async function write(options: CompareOptions, machine: Machine, results: readonly RunResult[]): Promise<void> {
  const markdown = await report(options, machine, results);
  writeReport(options.output, nameOf(options), markdown, { machine, results });
}

function nameOf({ name = 'compare' }: CompareOptions): string {
  return name;
}

/** What an interrupted run has left. Only rounds of the same machine, versions and settings go into one table. */
function earlierResults(options: CompareOptions): Results {
  const machine = describeMachine();
  if (options.resume !== true) return { machine, results: [] };
  const earlier = readResults(options.output, nameOf(options));
  if (earlier === undefined) return { machine, results: [] };
  if (!isDeepStrictEqual(lasting(earlier.machine), lasting(machine))) {
    throw new Error(`${nameOf(options)} was begun on another machine or with other versions. Run it without --resume.`);
  }
  for (const { plan } of earlier.results) {
    const { parentDirectory: _, rounds: __, ...wanted } = planOf(options, plan.keyCount, plan.valueSizeBytes);
    const { rounds: ___, ...begun } = plan;
    if (!isDeepStrictEqual(JSON.parse(JSON.stringify(wanted)), begun)) {
      throw new Error(`${nameOf(options)} was begun with other settings. Run it without --resume.`);
    }
  }
  return earlier;
}

/** What has to be the same, or figures do not compare. */
function lasting({ loadAverage: _, startedAt: __, command: ___, ...machine }: Machine) {
  return JSON.parse(JSON.stringify(machine)) as unknown;
}

type Size = Pick<RunPlan, 'keyCount' | 'valueSizeBytes'>;

function isOfSameSize(a: Size, b: Size): boolean {
  return a.keyCount === b.keyCount && a.valueSizeBytes === b.valueSizeBytes;
}

async function report({ engines, cache, warmUp }: CompareOptions, machine: Machine, results: readonly RunResult[]) {
  return [
    ...machineLines(machine),
    `- Medians of ${roundsOf(results)} rounds, the engines interleaved, each group of workloads in a process of its own`,
    `- Processes that write did so for ${warmUp} s before they were measured`,
    `- Cache of the engines that have one: ${cache} MiB`,
    ...results.flatMap(impatience),
    ...results.flatMap((result) => ['', title(result), '', comparisonTable(result), ...budgets(result)]),
    '',
    ...(await notes(engines)),
  ].join('\n');
}

function planOf(options: CompareOptions, keyCount: number, valueSizeBytes: number) {
  const { cache, rounds, seconds, warmUp, groups, workloads, data, timeout, patience } = options;
  return {
    contestants: options.engines.map((engine) => ({ name: engine, engine })),
    keyCount,
    valueSizeBytes,
    cacheSizeBytes: cache * MEBIBYTE,
    rounds,
    seconds,
    warmUpSeconds: warmUp,
    groups,
    ...(workloads === undefined ? {} : { workloads }),
    parentDirectory: data,
    timeoutSeconds: timeout,
    ...(patience === undefined ? {} : { patienceSeconds: patience }),
  };
}

/** Which engines took part in fewer rounds, because one of theirs takes very long. */
function impatience({ plan, roundsDone, series, failures }: RunResult): string[] {
  return plan.contestants.flatMap(({ name }) => {
    if (failures.some(({ contestant }) => contestant === name)) return [];
    const counts = series.filter(({ contestant }) => contestant === name).map(({ values }) => values.length);
    const most = Math.max(0, ...counts);
    if (most === 0 || most >= roundsDone) return [];
    return [
      `- ${describeSize(plan)}: ${name} took part in ${most} of ${roundsDone} rounds, because its rounds take very long`,
    ];
  });
}

function describeSize({ keyCount, valueSizeBytes }: Size): string {
  return `${keyCount.toLocaleString('en-US')} keys, values of ${valueSizeBytes} bytes`;
}

function roundsOf(results: readonly RunResult[]): string {
  return [...new Set(results.map(({ roundsDone }) => roundsDone))].join(' or ');
}

function budgets(result: RunResult): string[] {
  const table = budgetTable(result);
  return table === undefined ? [] : ['', table];
}

function title({ plan }: RunResult): string {
  return `#### ${plan.keyCount.toLocaleString('en-US')} keys of 16 bytes, values of ${plan.valueSizeBytes} bytes`;
}

async function notes(engines: readonly string[]): Promise<string[]> {
  const lines = await Promise.all(engines.map(async (name) => `- ${name}: ${(await loadEngine(name)).notes}`));
  return ['Settings:', '', ...lines];
}
