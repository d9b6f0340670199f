import type { Durability, FileDamage, RecoveryReport, StoreStats } from '../engine/api.ts';
import type { StoreStatistics } from '../shared/keyValueStore.ts';

/** The engine's statistics as its clients see them: segments with their URIs and what is known of their damage. */
export function describeStatistics(
  stats: StoreStats,
  recovery: RecoveryReport,
  context: {
    readonly directoryUri: string;
    readonly damage: readonly FileDamage[];
    /** Who writes a store that is open read-only here, in words. */
    readonly writerHolder: string | undefined;
    /** Why it cannot follow that writer. */
    readonly followFailure: Error | undefined;
  },
): StoreStatistics {
  const { segments, durability, ...figures } = stats;
  const base = context.directoryUri.endsWith('/') ? context.directoryUri : `${context.directoryUri}/`;
  return {
    ...figures,
    durability: describeDurability(durability),
    segments: segments.map(({ liveCount: _, minSequence: _min, maxSequence: _max, ...segment }) => ({
      ...segment,
      uri: base + encodeURIComponent(segment.fileName),
      damagedRangeCount: context.damage.filter(({ fileName }) => fileName === segment.fileName).length,
    })),
    ...(context.writerHolder === undefined
      ? {}
      : { readOnlyReason: `It is open for writing by ${context.writerHolder}.` }),
    ...(context.followFailure === undefined ? {} : { behindReason: context.followFailure.message }),
    openedBy: recovery.openedBy,
    openDurationMs: recovery.durationMs,
    tornTailBytes: recovery.tornTailBytes,
  };
}

function describeDurability(durability: Durability): string {
  return typeof durability === 'string' ? durability : `every ${durability.intervalMs} ms`;
}
