import type { Bench } from '../measurement.ts';
import { compactionWorkload } from './compaction.ts';
import { loadAtRandom, loadInOrder } from './load.ts';
import { openByHints, openByScan, openClean } from './opening.ts';
import { readWorkloads } from './reads.ts';
import { durableWorkloads, writeWorkloads } from './writes.ts';
import { ycsbWorkloads } from './ycsb.ts';

export interface WorkloadGroup {
  /** Of engines; the group says nothing about others. */
  readonly onlyFor?: readonly string[];
  readonly name: string;
  readonly run: (bench: Bench) => Promise<void>;
  /** Starts from an empty directory. */
  readonly startsEmpty: boolean;
}

/** In the order in which they follow each other on a data directory; each runs in a process of its own. */
export const WORKLOAD_GROUPS: readonly WorkloadGroup[] = [
  { name: 'load-ordered', run: loadInOrder, startsEmpty: true },
  { name: 'load', run: loadAtRandom, startsEmpty: true },
  { name: 'open', run: openClean, startsEmpty: false },
  { name: 'read', run: readWorkloads, startsEmpty: false },
  { name: 'durable', run: durableWorkloads, startsEmpty: false },
  { name: 'ycsb', run: ycsbWorkloads, startsEmpty: false },
  { name: 'write', run: writeWorkloads, startsEmpty: false },
  { name: 'compaction', run: compactionWorkload, startsEmpty: false },
  { name: 'open-hints', run: openByHints, startsEmpty: false, onlyFor: ['strata', 'limit'] },
  { name: 'open-scan', run: openByScan, startsEmpty: false, onlyFor: ['strata', 'limit'] },
];
