import { notify } from '../messages.ts';
import type { CompactionReport } from '../shared/keyValueStore.ts';
import { formatCountOf, formatDuration, formatSize } from '../shared/quantities.ts';
import type { CommandContext } from './commandContext.ts';
import { chooseWritableStore, requireCapability } from './storeTarget.ts';
import { runStoreTask } from './storeTask.ts';

/** Rewrites live records and drops dead ones; says how many bytes that freed. */
export async function compact(context: CommandContext, target: unknown): Promise<void> {
  const chosen = await chooseWritableStore(context, 'Compact', target);
  if (chosen === undefined) return;
  requireCapability(chosen, 'compact');
  const { entry, store } = chosen;
  const report = await runStoreTask(chosen, 'Compacting', (options) => store.compact(options));
  const message = `Compacted ${entry.name}: ${describeCompaction(report)}.`;
  context.log.info(message);
  // Not awaited: the command is done although the message still stands there.
  void notify('information', message);
}

function describeCompaction(report: CompactionReport): string {
  const { bytesBefore, bytesAfter, segmentsBefore, segmentsAfter, recordsDropped, durationMs } = report;
  const freedBytes = bytesBefore - bytesAfter;
  const freed = freedBytes > 0 ? `${formatSize(freedBytes)} freed` : 'nothing to free';
  return [
    `${formatSize(bytesBefore)} before, ${formatSize(bytesAfter)} after (${freed})`,
    `${segmentsBefore} → ${formatCountOf(segmentsAfter, 'segment')}`,
    `${formatCountOf(recordsDropped, 'dead record')} dropped in ${formatDuration(durationMs)}`,
  ].join(', ');
}
