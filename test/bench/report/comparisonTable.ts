import type { RunResult, Series } from '../runner.ts';
import { formatQuantity, formatRatio } from './quantities.ts';

/** Of these a smaller figure is the better one. */
const SMALLER_IS_BETTER = new Set(['ms', 'B/key', 'µs']);

/** One row for each workload, one column for each contestant, and Strata against the best peer and the limit. */
export function comparisonTable(result: RunResult): string {
  const contestants = result.plan.contestants.map(({ name }) => name);
  const workloads = [...new Set(result.series.map(({ workload }) => workload))];
  const hasPeers = contestants.includes('strata') && contestants.length > 1;
  const header = ['workload', 'unit', ...contestants, ...(hasPeers ? ['Strata : best peer', 'Strata : limit'] : [])];
  const rows = workloads.map((workload) => {
    const series = result.series.filter((candidate) => candidate.workload === workload);
    const cells = contestants.map((name) => {
      const found = series.find(({ contestant }) => contestant === name);
      return found === undefined ? missingCell(result, name, series[0]?.group) : formatQuantity(found.median);
    });
    return [workload, series[0]?.unit ?? '', ...cells, ...(hasPeers ? ratios(series) : [])];
  });
  return markdownTable(header, rows);
}

export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const alignment = header.map((_, column) => (column < 1 ? '---' : '---:'));
  return [header, alignment, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function ratios(series: readonly Series[]): string[] {
  const strata = series.find(({ contestant }) => contestant === 'strata');
  const limit = series.find(({ contestant }) => contestant === 'limit');
  const peers = series.filter(({ contestant }) => contestant !== 'strata' && contestant !== 'limit');
  if (strata === undefined) return ['—', '—'];
  const best = peers.toSorted((a, b) => goodness(b) - goodness(a))[0];
  return [best, limit].map((other) => (other === undefined ? '—' : formatRatio(goodness(strata) / goodness(other))));
}

function goodness({ unit, median }: Series): number {
  return SMALLER_IS_BETTER.has(unit) ? 1 / median : median;
}

/** An empty cell says why, where there is a reason. */
function missingCell({ failures }: RunResult, contestant: string, group: string | undefined): string {
  const failure = failures.find((candidate) => candidate.contestant === contestant && candidate.group === group);
  if (failure === undefined) return '—';
  return failure.message.startsWith('not finished') ? failure.message : 'failed';
}
