import type { RunResult } from '../runner.ts';
import { markdownTable } from './comparisonTable.ts';
import { formatQuantity, formatRatio } from './quantities.ts';

type Medians = (contestant: string, workload: string) => number | undefined;

interface Budget {
  readonly work: string;
  readonly required: string;
  /** Measured against what is required, 1 and more being enough; undefined when it was not measured. */
  readonly share: (medians: Medians, keyCount: number) => number | undefined;
  /** Absent: 1,000,000. */
  readonly keyCount?: number;
}

const VALUE_SIZE_BYTES = 100;
const PEERS = ['lmdb', 'classic-level', 'better-sqlite3', 'rocksdb-native', 'kvstorage'];

const BUDGETS: readonly Budget[] = [
  ...['bulk load, ascending keys', 'bulk load, random keys', 'get, all keys', 'durable put, 64 clients'].map(
    (workload) => timesBestPeer(workload, 2),
  ),
  timesBestPeer('scan, keys and values', 1),
  timesPeer('scan, keys', 'better-sqlite3'),
  timesPeer('scan, keys', 'lmdb'),
  shareOfLimit('get, all keys', 0.7),
  shareOfLimit('durable put, 1 client', 0.9),
  shareOfLimit('durable put, 64 clients', 0.5),
  shareOfLimit('compaction', 0.5),
  atMost('open after a clean close', 50, 'ms'),
  { ...atMost('open after a clean close', 500, 'ms'), keyCount: 10_000_000 },
  {
    work: 'open by scanning the log',
    required: '1.5 M records/s',
    share: (medians, keyCount) => {
      const milliseconds = medians('strata', 'open by scanning the log');
      return milliseconds === undefined ? undefined : keyCount / (milliseconds / 1000) / 1.5e6;
    },
  },
  { ...atMost("keydir beyond the keys' bytes", 48, 'B/key'), keyCount: 10_000_000 },
];

/** What the design asks for, and whether this run has it. Undefined when no budget is about these sizes. */
export function budgetTable({ plan, series }: RunResult): string | undefined {
  if (plan.valueSizeBytes !== VALUE_SIZE_BYTES) return undefined;
  const medians: Medians = (contestant, workload) =>
    series.find((one) => one.contestant === contestant && one.workload === workload)?.median;
  const rows = BUDGETS.filter(({ keyCount = 1_000_000 }) => keyCount === plan.keyCount).flatMap((budget) => {
    const share = budget.share(medians, plan.keyCount);
    if (share === undefined) return [];
    return [[budget.work, budget.required, formatRatio(share), share >= 1 ? 'met' : '**missed**']];
  });
  return rows.length === 0 ? undefined : markdownTable(['budget', 'required', 'measured : required', ''], rows);
}

function timesBestPeer(workload: string, factor: number): Budget {
  return {
    work: workload,
    required: factor === 1 ? 'ahead of the best peer' : `${factor} x the best peer`,
    share: (medians) => {
      const own = medians('strata', workload);
      const best = Math.max(...PEERS.map((peer) => medians(peer, workload) ?? 0));
      return own === undefined || best === 0 ? undefined : own / best / factor;
    },
  };
}

function timesPeer(workload: string, peer: string): Budget {
  return {
    work: workload,
    required: peer === 'lmdb' ? 'ahead of lmdb (the stretch)' : `ahead of ${peer}`,
    share: (medians) => ratio(medians('strata', workload), medians(peer, workload)),
  };
}

function shareOfLimit(workload: string, factor: number): Budget {
  return {
    work: workload,
    required: `${factor} of the physical limit`,
    share: (medians) => ratio(medians('strata', workload), medians('limit', workload), factor),
  };
}

function atMost(workload: string, most: number, unit: string): Budget {
  return {
    work: workload,
    required: `at most ${formatQuantity(most)} ${unit}`,
    share: (medians) => ratio(most, medians('strata', workload)),
  };
}

function ratio(own: number | undefined, other: number | undefined, factor = 1): number | undefined {
  return own === undefined || other === undefined ? undefined : own / other / factor;
}
