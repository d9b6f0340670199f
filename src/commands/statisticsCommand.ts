import type { SegmentStatistics, StoreStatistics } from '../shared/keyValueStore.ts';
import { markdownText } from '../shared/markdownText.ts';
import { formatCount, formatDuration, formatShare, formatSize } from '../shared/quantities.ts';
import type { CommandContext } from './commandContext.ts';
import { markdownTable } from './reportDocuments.ts';
import { chooseStore } from './storeTarget.ts';

/** All numbers of a store, as a document. */
export async function showStatistics(context: CommandContext, target: unknown): Promise<void> {
  const chosen = await chooseStore(context, 'Show Statistics', target);
  if (chosen === undefined) return;
  const { entry, store } = chosen;
  const statistics = await store.statistics();
  const title = `Statistics of ${entry.name}`;
  const readOnlyReason = entry.openState?.readOnlyReason;
  const sections = [
    `# ${markdownText(title)}`,
    markdownText(entry.reference.place),
    ...(readOnlyReason === undefined ? [] : [markdownText(`Read-only. ${readOnlyReason}`)]),
    storeTable(statistics),
    '## Segments',
    segmentTable(statistics.segments),
  ];
  await context.reports.show(title, entry.id, `${sections.join('\n\n')}\n`);
}

function storeTable(statistics: StoreStatistics): string {
  return markdownTable(
    ['', ''],
    [
      ['Live keys', formatCount(statistics.keyCount)],
      ['On disk', formatSize(statistics.totalBytes)],
      ['Live', formatSize(statistics.liveBytes)],
      ['Dead', `${formatSize(statistics.deadBytes)} (${formatShare(statistics.deadShare)})`],
      ['Last sequence number', formatCount(statistics.lastSequence)],
      ['Durability', statistics.durability],
      ['Index in memory', `${formatSize(statistics.keydirBytes)}, ${bytesPerKey(statistics)}`],
      ['Opened by', `${statistics.openedBy}, in ${formatDuration(statistics.openDurationMs)}`],
      ['Cut off when opened', formatSize(statistics.tornTailBytes)],
    ],
  );
}

function bytesPerKey({ keydirBytes, keyCount }: StoreStatistics): string {
  return keyCount === 0 ? 'no keys' : `${Math.round(keydirBytes / keyCount)} B a key`;
}

function segmentTable(segments: readonly SegmentStatistics[]): string {
  const headings = ['File', 'State', 'Size', 'Live', 'Dead', 'Records', 'Tombstones', 'Hint file', 'Damaged ranges'];
  const rows = segments.map((segment) => [
    segment.fileName,
    segment.state,
    formatSize(segment.sizeBytes),
    formatSize(segment.liveBytes),
    formatSize(segment.deadBytes),
    formatCount(segment.recordCount),
    formatCount(segment.tombstoneCount),
    segment.hasHintFile ? 'yes' : 'no',
    formatCount(segment.damagedRangeCount),
  ]);
  return markdownTable(headings, rows);
}
