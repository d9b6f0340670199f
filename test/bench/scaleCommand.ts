import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { markdownTable } from './report/comparisonTable.ts';
import { drawCurves } from './report/drawCurves.ts';
import { describeMachine, machineLines } from './report/machine.ts';
import { formatQuantity } from './report/quantities.ts';
import { writeReport } from './report/writeReport.ts';
import { DEFAULT_CACHE_SIZE, type RunResult, runRounds, type Series } from './runner.ts';

export interface ScaleOptions {
  readonly keys: readonly number[];
  readonly value: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUp: number;
  readonly timeout: number;
  readonly data: string;
  readonly output: string;
  readonly name?: string;
}

/** A cost that should not change with the number of keys: what one key, or one operation, takes. */
export interface CostCurve {
  readonly workload: string;
  readonly unit: string;
  readonly contestant: string;
  /** By number of keys. */
  readonly points: readonly (readonly [keyCount: number, cost: number])[];
}

/** How Strata's costs grow with its data, beside those of the machine. */
export async function measureScale(options: ScaleOptions): Promise<void> {
  const machine = describeMachine();
  const results: RunResult[] = [];
  for (const keyCount of options.keys) {
    console.error(`${keyCount.toLocaleString('en-US')} keys`);
    results.push(await runRounds(planOf(options, keyCount), { log: (line) => console.error(`  ${line}`) }));
  }
  const curves = costCurves(results);
  mkdirSync(options.output, { recursive: true });
  writeFileSync(path.join(options.output, `${options.name ?? 'scale'}.svg`), drawCurves(curves));
  const markdown = [
    ...machineLines(machine),
    `- ${options.value}-byte values, medians of ${options.rounds} rounds; the physical limit in brackets`,
    '',
    'What one key costs: a curve that is level is linear work (or, for a get, constant).',
    '',
    costTable(curves, options.keys),
  ].join('\n');
  writeReport(options.output, options.name ?? 'scale', markdown, { machine, results });
}

function planOf({ value, rounds, seconds, warmUp, timeout, data }: ScaleOptions, keyCount: number) {
  return {
    contestants: ['strata', 'limit'].map((engine) => ({ name: engine, engine })),
    keyCount,
    valueSizeBytes: value,
    cacheSizeBytes: DEFAULT_CACHE_SIZE,
    rounds,
    seconds,
    warmUpSeconds: warmUp,
    groups: ['load', 'open', 'read', 'compaction', 'open-hints', 'open-scan'],
    parentDirectory: data,
    timeoutSeconds: timeout,
  };
}

function costCurves(results: readonly RunResult[]): CostCurve[] {
  const curves = new Map<string, { workload: string; unit: string; contestant: string; points: [number, number][] }>();
  for (const { plan, series } of results) {
    for (const one of series) {
      const { unit, cost } = costOf(one, plan.keyCount, plan.valueSizeBytes);
      const id = `${one.contestant}\n${one.workload}`;
      const curve = curves.get(id) ?? { workload: one.workload, unit, contestant: one.contestant, points: [] };
      curve.points.push([plan.keyCount, cost]);
      curves.set(id, curve);
    }
  }
  return [...curves.values()];
}

/** A rate becomes microseconds for each operation, an opening microseconds for each key. */
function costOf({ unit, median }: Series, keyCount: number, valueSizeBytes: number): { unit: string; cost: number } {
  switch (unit) {
    case 'ms':
      return { unit: 'µs/key', cost: (median * 1000) / keyCount };
    case 'MB/s':
      return { unit: 'µs/key', cost: (16 + valueSizeBytes) / median };
    case 'B/key':
      return { unit, cost: median };
    default:
      return { unit: 'µs', cost: 1e6 / median };
  }
}

function costTable(curves: readonly CostCurve[], keyCounts: readonly number[]): string {
  const header = ['cost', 'unit', ...keyCounts.map((count) => `${count.toLocaleString('en-US')} keys`), 'last : first'];
  const rows = curves
    .filter(({ contestant }) => contestant === 'strata')
    .map((curve) => {
      const limit = curves.find(({ contestant, workload }) => contestant === 'limit' && workload === curve.workload);
      const cells = keyCounts.map((count) => {
        const cost = pointAt(curve, count);
        const least = limit === undefined ? undefined : pointAt(limit, count);
        const beside = least === undefined ? '' : ` (${formatQuantity(least)})`;
        return cost === undefined ? 'failed' : `${formatQuantity(cost)}${beside}`;
      });
      const [first, last] = [curve.points[0]?.[1], curve.points.at(-1)?.[1]];
      const growth = first === undefined || last === undefined ? '—' : formatQuantity(last / first);
      return [curve.workload, curve.unit, ...cells, growth];
    });
  return markdownTable(header, rows);
}

function pointAt({ points }: CostCurve, keyCount: number): number | undefined {
  return points.find(([count]) => count === keyCount)?.[1];
}
