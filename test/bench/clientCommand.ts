import { markdownTable } from './report/comparisonTable.ts';
import { describeMachine, machineLines } from './report/machine.ts';
import { formatQuantity } from './report/quantities.ts';
import { writeReport } from './report/writeReport.ts';
import { DEFAULT_CACHE_SIZE, type RunResult, runRounds } from './runner.ts';

export interface ClientOptions {
  readonly keys: number;
  readonly value: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUp: number;
  readonly timeout: number;
  readonly data: string;
  readonly output: string;
  readonly name?: string;
}

const IN_PROCESS = 'in process';
const THROUGH_CLIENT = "through the worker's client";

/** What it costs to ask a store in its worker thread instead of one in the same thread. */
export async function measureClient(options: ClientOptions): Promise<void> {
  const machine = describeMachine();
  const result = await runRounds(
    {
      contestants: [
        { name: IN_PROCESS, engine: 'strata' },
        { name: THROUGH_CLIENT, engine: 'strata-client' },
      ],
      keyCount: options.keys,
      valueSizeBytes: options.value,
      cacheSizeBytes: DEFAULT_CACHE_SIZE,
      rounds: options.rounds,
      seconds: options.seconds,
      warmUpSeconds: options.warmUp,
      groups: ['load', 'open', 'read', 'write'],
      parentDirectory: options.data,
      timeoutSeconds: options.timeout,
    },
    { log: console.error },
  );
  const markdown = [
    ...machineLines(machine),
    `- ${options.keys.toLocaleString('en-US')} keys, ${options.value}-byte values, medians of ${options.rounds} rounds`,
    '',
    clientTable(result),
  ].join('\n');
  writeReport(options.output, options.name ?? 'client', markdown, { machine, results: [result] });
}

/** Microseconds an operation, and what the way to the other thread adds. */
function clientTable({ series }: RunResult): string {
  const perSecond = series.filter(({ unit }) => unit.endsWith('/s'));
  const workloads = [...new Set(perSecond.map(({ workload }) => workload))];
  const rows = workloads.map((workload) => {
    const [direct, client] = [IN_PROCESS, THROUGH_CLIENT].map((name) => {
      const found = perSecond.find((one) => one.contestant === name && one.workload === workload);
      return found === undefined ? undefined : 1e6 / found.median;
    });
    const added = direct === undefined || client === undefined ? undefined : client - direct;
    return [workload, ...[direct, client, added].map((cost) => (cost === undefined ? '—' : formatQuantity(cost)))];
  });
  return markdownTable(['µs an operation', IN_PROCESS, THROUGH_CLIENT, 'added'], rows);
}
