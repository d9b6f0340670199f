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

const SAME_THREAD = 'in the same thread';
const IN_THREAD = 'in a thread';
const IN_OWN_PROCESS = 'in a process of its own';

/** What it costs to ask a store in a thread or process of its own instead of one in the same thread. */
export async function measureClient(options: ClientOptions): Promise<void> {
  const machine = describeMachine();
  const result = await runRounds(
    {
      contestants: [
        { name: SAME_THREAD, engine: 'strata' },
        { name: IN_THREAD, engine: 'strata-client', settings: { ownProcess: 'never' } },
        { name: IN_OWN_PROCESS, engine: 'strata-client', settings: { ownProcess: 'always' } },
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

/** Microseconds an operation, and what the way to the other thread or process adds. */
function clientTable({ series }: RunResult): string {
  const perSecond = series.filter(({ unit }) => unit.endsWith('/s'));
  const workloads = [...new Set(perSecond.map(({ workload }) => workload))];
  const rows = workloads.map((workload) => {
    const [direct, thread, process] = [SAME_THREAD, IN_THREAD, IN_OWN_PROCESS].map((name) => {
      const found = perSecond.find((one) => one.contestant === name && one.workload === workload);
      return found === undefined ? undefined : 1e6 / found.median;
    });
    const costs = [direct, thread, difference(thread, direct), process, difference(process, direct)];
    return [workload, ...costs.map((cost) => (cost === undefined ? '—' : formatQuantity(cost)))];
  });
  return markdownTable(['µs an operation', SAME_THREAD, IN_THREAD, 'added', IN_OWN_PROCESS, 'added'], rows);
}

function difference(cost: number | undefined, base: number | undefined): number | undefined {
  return cost === undefined || base === undefined ? undefined : cost - base;
}
