/** What one column of the overview strip stands for. */

import type { Overview } from '../../src/shared/inspectorRows.ts';

export interface OverviewColumn {
  readonly damagedBytes: number;
  /** Of the bytes of records, 0 to 1; undefined when it is not known, or no record is there. */
  readonly liveShare: number | undefined;
}

/**
 * The blocks from `first` to `last`. A record counts where it starts: blocks in the middle of a large one have no bytes of
 * their own, and take after the last block before them that has.
 */
export function overviewColumn(overview: Overview, first: number, last: number): OverviewColumn {
  const { recordBytes, damagedBytes, liveBytes } = overview;
  const damaged = sum(damagedBytes, first, last);
  let from = first;
  if (sum(recordBytes, first, last) === 0) while (from > 0 && recordBytes[from] === 0) from--;
  const to = from < first ? from : last;
  const records = sum(recordBytes, from, to);
  const isKnown = liveBytes !== undefined && records > 0;
  return { damagedBytes: damaged, liveShare: isKnown ? Math.min(1, sum(liveBytes, from, to) / records) : undefined };
}

function sum(blocks: Float64Array, first: number, last: number): number {
  let total = 0;
  for (let at = first; at <= last; at++) total += blocks[at] ?? 0;
  return total;
}
