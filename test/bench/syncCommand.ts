import type { Durability } from '../../src/engine/index.ts';
import { markdownTable } from './report/comparisonTable.ts';
import { describeMachine, machineLines } from './report/machine.ts';
import { formatQuantity } from './report/quantities.ts';
import { writeReport } from './report/writeReport.ts';
import { type Contestant, DEFAULT_CACHE_SIZE, type RunResult, runRounds } from './runner.ts';

export interface SyncOptions {
  readonly keys: number;
  readonly value: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUp: number;
  readonly data: string;
  readonly output: string;
  readonly name?: string;
}

const DURABILITIES: readonly { readonly name: string; readonly durability: Durability }[] = [
  { name: 'fsync', durability: 'fsync' },
  { name: 'dsync', durability: 'dsync' },
  { name: 'interval of 100 ms', durability: { intervalMs: 100 } },
  { name: 'os', durability: 'os' },
];

/** Each durability under both ways of taking turns, with 1 to 256 clients that wait for their puts. */
export async function compareSync(options: SyncOptions): Promise<void> {
  const machine = describeMachine();
  const contestants = DURABILITIES.flatMap(({ name, durability }) =>
    ['queue', 'lock'].map((writeSerialization): Contestant => {
      return { name: `${name}, ${writeSerialization}`, engine: 'strata', settings: { durability, writeSerialization } };
    }),
  );
  const result = await runRounds(
    {
      contestants: [...contestants, { name: 'physical limit of fsync', engine: 'limit' }],
      keyCount: options.keys,
      valueSizeBytes: options.value,
      cacheSizeBytes: DEFAULT_CACHE_SIZE,
      rounds: options.rounds,
      seconds: options.seconds,
      warmUpSeconds: options.warmUp,
      groups: ['durable'],
      parentDirectory: options.data,
      timeoutSeconds: 600,
    },
    { log: console.error },
  );
  const markdown = [
    ...machineLines(machine),
    `- Puts a second of ${options.value}-byte values, medians of ${options.rounds} rounds, configurations interleaved`,
    '',
    syncTable(result),
  ].join('\n');
  writeReport(options.output, options.name ?? 'sync', markdown, { machine, results: [result] });
}

function syncTable({ plan, series }: RunResult): string {
  const workloads = [...new Set(series.map(({ workload }) => workload))];
  const header = [
    'durability, write serialization',
    ...workloads.map((workload) => workload.replace('durable put, ', '')),
  ];
  const rows = plan.contestants.map(({ name }) => {
    const cells = workloads.map((workload) => {
      const found = series.find((candidate) => candidate.contestant === name && candidate.workload === workload);
      return found === undefined ? 'failed' : formatQuantity(found.median);
    });
    return [name, ...cells];
  });
  return markdownTable(header, rows);
}
