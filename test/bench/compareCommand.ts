import { loadEngine } from './engines/loadEngine.ts';
import { budgetTable } from './report/budgetTable.ts';
import { comparisonTable } from './report/comparisonTable.ts';
import { describeMachine, type Machine, machineLines } from './report/machine.ts';
import { writeReport } from './report/writeReport.ts';
import { type RunResult, runRounds } from './runner.ts';

export interface CompareOptions {
  readonly keys: readonly number[];
  readonly values: readonly number[];
  readonly engines: readonly string[];
  readonly groups: readonly string[];
  readonly workloads?: readonly string[];
  readonly cache: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly timeout: number;
  readonly patience?: number;
  readonly data: string;
  readonly output: string;
  readonly name?: string;
}

const MEBIBYTE = 1024 * 1024;

/** Strata, its peers and the physical limit, on every combination of sizes. What is finished is written at once. */
export async function compare(options: CompareOptions): Promise<void> {
  const machine = describeMachine();
  const results: RunResult[] = [];
  for (const keyCount of options.keys) {
    for (const valueSizeBytes of options.values) {
      console.error(describeSize({ keyCount, valueSizeBytes }));
      results.push(await runRounds(planOf(options, keyCount, valueSizeBytes), (line) => console.error(`  ${line}`)));
      const markdown = await report(options, machine, results);
      writeReport(options.output, options.name ?? 'compare', markdown, { machine, results });
    }
  }
}

async function report({ rounds, engines, cache }: CompareOptions, machine: Machine, results: readonly RunResult[]) {
  return [
    ...machineLines(machine),
    `- Medians of ${rounds} rounds, the engines interleaved, each group of workloads in a process of its own`,
    `- Cache of the engines that have one: ${cache} MiB`,
    ...results.flatMap(impatience),
    ...results.flatMap((result) => ['', title(result), '', comparisonTable(result), ...budgets(result)]),
    '',
    ...(await notes(engines)),
  ].join('\n');
}

function planOf(options: CompareOptions, keyCount: number, valueSizeBytes: number) {
  const { cache, rounds, seconds, groups, workloads, data, timeout, patience } = options;
  return {
    contestants: options.engines.map((engine) => ({ name: engine, engine })),
    keyCount,
    valueSizeBytes,
    cacheSizeBytes: cache * MEBIBYTE,
    rounds,
    seconds,
    groups,
    ...(workloads === undefined ? {} : { workloads }),
    parentDirectory: data,
    timeoutSeconds: timeout,
    ...(patience === undefined ? {} : { patienceSeconds: patience }),
  };
}

/** Which engines took part in fewer rounds, because one of theirs takes very long. */
function impatience({ plan, series, failures }: RunResult): string[] {
  return plan.contestants.flatMap(({ name }) => {
    if (failures.some(({ contestant }) => contestant === name)) return [];
    const counts = series.filter(({ contestant }) => contestant === name).map(({ values }) => values.length);
    const most = Math.max(0, ...counts);
    if (most === 0 || most >= plan.rounds) return [];
    return [
      `- ${describeSize(plan)}: ${name} took part in ${most} of ${plan.rounds} rounds, because its rounds take very long`,
    ];
  });
}

function describeSize({ keyCount, valueSizeBytes }: Pick<RunResult['plan'], 'keyCount' | 'valueSizeBytes'>): string {
  return `${keyCount.toLocaleString('en-US')} keys, values of ${valueSizeBytes} bytes`;
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
