/** Replay and verify: both read the whole log and report what they found. */

import { notify } from '../messages.ts';
import { damageReason } from '../shared/damageReason.ts';
import { formatKey } from '../shared/keyText.ts';
import type { DamageReport, ReplayReport, VerifyReport } from '../shared/keyValueStore.ts';
import { markdownText } from '../shared/markdownText.ts';
import { formatCount, formatCountOf, formatDuration, formatOffset, formatSize } from '../shared/quantities.ts';
import type { CommandContext } from './commandContext.ts';
import { markdownTable } from './reportDocuments.ts';
import { chooseStore, requireCapability } from './storeTarget.ts';
import { runStoreTask } from './storeTask.ts';

/** Rebuilds the index from the log alone and reports what it found. */
export async function replay(context: CommandContext, target: unknown): Promise<void> {
  const chosen = await chooseStore(context, 'Replay', target);
  if (chosen === undefined) return;
  requireCapability(chosen, 'replay');
  const { entry, store } = chosen;
  const report = await runStoreTask(chosen, 'Replaying', (options) => store.replay(options));
  const isSound = report.differences.length === 0 && report.damage.length === 0;
  const found = `${formatCountOf(report.recordCount, 'record')}, ${formatCountOf(report.keyCount, 'key')}`;
  const verdict = isSound ? 'the index agrees with the log' : problemCount(report);
  const summary = `Replayed ${entry.name}: ${found}, ${verdict}, in ${formatDuration(report.durationMs)}.`;
  await offerReport(context, {
    summary,
    isSound,
    title: `Replay of ${entry.name}`,
    subject: entry.id,
    body: replayBody(report),
  });
}

/** Checks every file of the store, its caches included. */
export async function verify(context: CommandContext, target: unknown): Promise<void> {
  const chosen = await chooseStore(context, 'Verify', target);
  if (chosen === undefined) return;
  requireCapability(chosen, 'verify');
  const { entry, store } = chosen;
  const report = await runStoreTask(chosen, 'Verifying', (options) => store.verify(options));
  const verdict = report.ok ? 'no problem found' : `${formatCountOf(report.problems.length, 'problem')} found`;
  const read = `${formatCountOf(report.recordCount, 'record')} in ${formatCountOf(report.segmentCount, 'segment')}`;
  const summary = `Verified ${entry.name}: ${read}, ${verdict}, in ${formatDuration(report.durationMs)}.`;
  await offerReport(context, {
    summary,
    isSound: report.ok,
    title: `Verification of ${entry.name}`,
    subject: entry.id,
    body: verifyBody(report),
  });
}

interface Report {
  readonly summary: string;
  readonly isSound: boolean;
  readonly title: string;
  /** Id of the store. */
  readonly subject: string;
  readonly body: string;
}

/** A sound store needs no report; a problem is shown at once. */
async function offerReport({ log, reports }: CommandContext, report: Report): Promise<void> {
  const show = () => reports.show(report.title, report.subject, `# ${markdownText(report.title)}\n\n${report.body}\n`);
  if (!report.isSound) {
    log.warn(report.summary);
    void notify('warning', report.summary);
    await show();
    return;
  }
  log.info(report.summary);
  const showReport = 'Show Report';
  void notify('information', report.summary, showReport).then((answer) => {
    if (answer === showReport) void show();
  });
}

function problemCount({ differences, damage }: ReplayReport): string {
  const parts = [];
  if (differences.length > 0) parts.push(formatCountOf(differences.length, 'difference'));
  if (damage.length > 0) parts.push(formatCountOf(damage.length, 'damaged range'));
  return parts.join(' and ');
}

function replayBody(report: ReplayReport): string {
  const facts = markdownTable(
    ['', ''],
    [
      ['Segments', formatCount(report.segmentCount)],
      ['Bytes read', formatSize(report.bytesRead)],
      ['Records', formatCount(report.recordCount)],
      ['Puts', formatCount(report.putCount)],
      ['Tombstones', formatCount(report.tombstoneCount)],
      ['Batches', formatCount(report.batchCount)],
      ['Live keys', formatCount(report.keyCount)],
      ['Time', formatDuration(report.durationMs)],
    ],
  );
  const differences = report.differences.map(({ key, kind }) => [formatKey(key), DIFFERENCE_WORDS[kind]]);
  const agreement =
    differences.length === 0
      ? 'The index in memory agrees with the log.'
      : `## Differences\n\n${markdownTable(['Key', 'What differs'], differences)}`;
  return [facts, agreement, damageSection(report.damage)].join('\n\n');
}

const DIFFERENCE_WORDS = {
  missing: 'in the log, but not in the index',
  extra: 'in the index, but not in the log',
  different: 'the index points at another record',
} as const;

function verifyBody(report: VerifyReport): string {
  const facts = markdownTable(
    ['', ''],
    [
      ['Segments', formatCount(report.segmentCount)],
      ['Bytes read', formatSize(report.bytesRead)],
      ['Records', formatCount(report.recordCount)],
      ['Time', formatDuration(report.durationMs)],
    ],
  );
  const problems = report.problems.map(({ fileName, message, offsetBytes }) => [
    fileName,
    offsetBytes === undefined ? '' : formatOffset(offsetBytes),
    message,
  ]);
  const verdict =
    problems.length === 0
      ? 'Every file agrees with the log.'
      : `## Problems\n\n${markdownTable(['File', 'Offset', 'Problem'], problems)}`;
  return [facts, verdict].join('\n\n');
}

export function damageSection(damage: readonly DamageReport[]): string {
  if (damage.length === 0) return 'No damage.';
  const rows = damage.map((range) => [
    range.fileName,
    formatOffset(range.offsetBytes),
    formatSize(range.sizeBytes),
    damageReason(range),
  ]);
  return `## Damage\n\n${markdownTable(['File', 'Offset', 'Size', 'Reason'], rows)}`;
}
