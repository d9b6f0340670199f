/**
 * Decides what to compact, as a pure function of statistics. The triggers and thresholds follow Bitcask's merge
 * policy: a merge starts when some segment is bad enough, and then takes every segment that is worth rewriting.
 */

export interface CompactionPolicy {
  /** Start when a segment's dead share reaches this, 0 to 1. Default 0.6. */
  readonly triggerDeadShare: number;
  /** Start when a segment has this many dead bytes. Default 512 MiB. */
  readonly triggerDeadBytes: number;
  /** Once started, take segments of at least this dead share. Default 0.4. */
  readonly includeDeadShare: number;
  /** Once started, take segments with at least this many dead bytes. Default 128 MiB. */
  readonly includeDeadBytes: number;
  /** Once started, take segments smaller than this, so that many small ones become few. Default 10 MiB. */
  readonly includeSmallerThanBytes: number;
  /** Start when there are this many segments smaller than `includeSmallerThanBytes`. Default 16. */
  readonly triggerSmallCount: number;
  /** Compact only in these hours of the local day, `from` included, `to` excluded; they may span midnight. */
  readonly hours?: { readonly from: number; readonly to: number };
}

export const DEFAULT_COMPACTION_POLICY: CompactionPolicy = {
  triggerDeadShare: 0.6,
  triggerDeadBytes: 512 * 1024 * 1024,
  includeDeadShare: 0.4,
  includeDeadBytes: 128 * 1024 * 1024,
  includeSmallerThanBytes: 10 * 1024 * 1024,
  triggerSmallCount: 16,
};

export interface SealedSegmentStats {
  readonly segmentId: number;
  /** Bytes of all records. */
  readonly recordBytes: number;
  /** Bytes of records that are no key's newest, tombstones included. */
  readonly deadBytes: number;
  /** Those of tombstones that the last compaction had to keep and, alone, would keep again: no reason to start one. */
  readonly neededBytes?: number;
}

/** Ids of the sealed segments to compact now, ascending; empty when nothing is worth it. */
export function planCompaction(
  segments: readonly SealedSegmentStats[],
  policy: CompactionPolicy,
  hourOfDay: number,
): number[] {
  if (!isAllowedHour(policy, hourOfDay)) return [];
  const small = segments.filter((segment) => segment.recordBytes < policy.includeSmallerThanBytes);
  const triggered =
    small.length >= policy.triggerSmallCount ||
    segments.some((segment) => {
      const deadBytes = segment.deadBytes - (segment.neededBytes ?? 0);
      return shareOf(segment, deadBytes) >= policy.triggerDeadShare || deadBytes >= policy.triggerDeadBytes;
    });
  if (!triggered) return [];
  return segments
    .filter((segment) => isWorthIt(segment, policy))
    .map((segment) => segment.segmentId)
    .sort((a, b) => a - b);
}

function isWorthIt(segment: SealedSegmentStats, policy: CompactionPolicy): boolean {
  return (
    shareOf(segment, segment.deadBytes) >= policy.includeDeadShare ||
    segment.deadBytes >= policy.includeDeadBytes ||
    segment.recordBytes < policy.includeSmallerThanBytes
  );
}

function shareOf({ recordBytes }: SealedSegmentStats, bytes: number): number {
  return recordBytes === 0 ? 0 : bytes / recordBytes;
}

function isAllowedHour(policy: CompactionPolicy, hour: number): boolean {
  const { hours } = policy;
  if (hours === undefined) return true;
  return hours.from <= hours.to ? hour >= hours.from && hour < hours.to : hour >= hours.from || hour < hours.to;
}
