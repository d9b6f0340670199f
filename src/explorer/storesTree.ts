/** The view "Stores": each store with its state, and its segment files. */

import * as vscode from 'vscode';
import type { SegmentStatistics } from '../shared/keyValueStore.ts';
import { markdownText } from '../shared/markdownText.ts';
import { formatCount, formatCountOf, formatShare, formatSize } from '../shared/quantities.ts';
import { RootRefresh } from './rootRefresh.ts';
import type { OpenState, StoreEntry } from './storeEntry.ts';
import { StoreError } from './storeError.ts';
import type { StoreRegistry } from './storeRegistry.ts';
import type { SegmentNode, SegmentsNode, StoreNode, StoresTreeNode } from './treeNode.ts';

export const STORES_VIEW = 'strata.stores';

export class StoresTree implements vscode.TreeDataProvider<StoresTreeNode>, vscode.Disposable {
  readonly #registry: StoreRegistry;
  readonly #changed = new vscode.EventEmitter<StoresTreeNode | undefined>();
  readonly #roots = new RootRefresh(() => this.#changed.fire(undefined));
  readonly #subscription: vscode.Disposable;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(registry: StoreRegistry) {
    this.#registry = registry;
    this.#subscription = registry.onDidChange(() => this.#roots.changed());
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#roots.dispose();
    this.#changed.dispose();
  }

  async getChildren(node?: StoresTreeNode): Promise<StoresTreeNode[]> {
    if (node === undefined) {
      await this.#registry.listed();
      this.#roots.asked();
      return this.#registry.entries.map((entry) => ({ kind: 'store', entry }));
    }
    if (node.kind === 'store') return hasSegments(node.entry) ? [{ kind: 'segments', entry: node.entry }] : [];
    if (node.kind === 'segments') {
      const segments = node.entry.openState?.statistics.segments ?? [];
      return newestFirst(segments).map((segment) => ({ kind: 'segment', entry: node.entry, segment }));
    }
    return [];
  }

  getParent(node: StoresTreeNode): StoresTreeNode | undefined {
    if (node.kind === 'segment') return { kind: 'segments', entry: node.entry };
    return node.kind === 'store' ? undefined : { kind: 'store', entry: node.entry };
  }

  getTreeItem(node: StoresTreeNode): vscode.TreeItem {
    if (node.kind === 'store') return storeItem(node);
    if (node.kind === 'segments') return segmentsItem(node);
    return segmentItem(node);
  }
}

/** Text such as `140,213 keys · 38% dead · fsync`, also for the status bar's tooltip. */
export function describeOpenStore({ statistics, readOnlyReason }: OpenState): string {
  const parts = [formatCountOf(statistics.keyCount, 'key'), `${formatShare(statistics.deadShare)} dead`];
  parts.push(readOnlyReason === undefined ? statistics.durability : 'read-only');
  if (statistics.behindReason !== undefined) parts.push('not up to date');
  return parts.join(' · ');
}

/** A store that is not open has no children, so that nothing but a click or a command opens it. */
function storeItem(node: StoreNode): vscode.TreeItem {
  const { entry } = node;
  const { state } = entry;
  const { Collapsed, None } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(entry.name, hasSegments(entry) ? Collapsed : None);
  item.id = `store:${entry.id}`;
  item.contextValue = `store ${state.kind}${state.kind === 'open' ? (entry.isWritable ? ' write' : ' readonly') : ''}`;
  item.description = describeState(entry);
  item.iconPath = new vscode.ThemeIcon(...storeIcon(entry));
  item.tooltip = storeTooltip(entry);
  if (state.kind !== 'open') item.command = { command: 'strata.openStore', title: 'Open Store', arguments: [node] };
  item.accessibilityInformation = { label: `Store ${entry.name}, ${item.description}` };
  return item;
}

function describeState({ reference, state }: StoreEntry): string {
  if (state.kind === 'open') return describeOpenStore(state.open);
  if (state.kind === 'opening') return 'opening …';
  if (state.kind === 'closed') return `closed · ${reference.summary}`;
  // It could be opened, and stopped later.
  const hasStopped = StoreError.codeOf(state.error) === 'STORE_CLOSED';
  return hasStopped ? state.error.message : `cannot be opened: ${state.error.message}`;
}

function storeIcon(entry: StoreEntry): [string, vscode.ThemeColor?] {
  if (entry.state.kind === 'failed') return ['error', new vscode.ThemeColor('list.errorForeground')];
  if (entry.state.kind === 'opening') return ['loading~spin'];
  if (entry.state.kind === 'closed') return ['database', new vscode.ThemeColor('disabledForeground')];
  return [entry.isWritable ? 'database' : 'lock'];
}

function storeTooltip({ name, reference, state }: StoreEntry): vscode.MarkdownString {
  const tooltip = new vscode.MarkdownString();
  const place = reference.place === name ? '' : ` — ${markdownText(reference.place)}`;
  tooltip.appendMarkdown(`**${markdownText(name)}**${place}`);
  const add = (text: string) => tooltip.appendMarkdown(`\n\n${markdownText(text)}`);
  if (state.kind === 'failed') add(state.error.message);
  if (state.kind === 'closed') add('Closed. Select it to open it.');
  if (state.kind !== 'open') return tooltip;
  const { statistics, readOnlyReason } = state.open;
  if (readOnlyReason !== undefined) add(`Read-only. ${readOnlyReason}`);
  if (statistics.behindReason !== undefined) add(`Not up to date. ${statistics.behindReason}`);
  add(`${formatCountOf(statistics.keyCount, 'key')}, ${formatSize(statistics.totalBytes)} on disk`);
  add(`${formatSize(statistics.liveBytes)} live, ${formatSize(statistics.deadBytes)} dead`);
  add(`Durability ${statistics.durability}, last sequence number ${formatCount(statistics.lastSequence)}`);
  if (statistics.tornTailBytes > 0) {
    add(
      `The last write was incomplete when the store was opened: ${formatSize(statistics.tornTailBytes)} were cut off.`,
    );
  }
  return tooltip;
}

function segmentsItem({ entry }: SegmentsNode): vscode.TreeItem {
  const item = new vscode.TreeItem('segments', vscode.TreeItemCollapsibleState.Expanded);
  const statistics = entry.openState?.statistics;
  item.id = `segments:${entry.id}`;
  item.contextValue = 'segments';
  item.iconPath = new vscode.ThemeIcon('layers');
  if (statistics !== undefined) {
    item.description = `${formatCountOf(statistics.segments.length, 'file')} · ${formatSize(statistics.totalBytes)}`;
  }
  return item;
}

function segmentItem({ entry, segment }: SegmentNode): vscode.TreeItem {
  const item = new vscode.TreeItem(segment.fileName, vscode.TreeItemCollapsibleState.None);
  item.id = `segment:${entry.id}:${segment.segmentId}`;
  item.contextValue = `segment ${segment.state}`;
  item.description = describeSegment(segment);
  item.iconPath = new vscode.ThemeIcon(...segmentIcon(segment));
  item.tooltip = segmentTooltip(segment);
  item.command = { command: 'vscode.open', title: 'Open Segment', arguments: [vscode.Uri.parse(segment.uri, true)] };
  item.accessibilityInformation = { label: `Segment ${segment.segmentId}, ${listSegmentWords(segment)}` };
  return item;
}

/** What matters first, because a narrow sidebar cuts the rest: damage, the dead share as a bar to compare, the size. */
function describeSegment(segment: SegmentStatistics): string {
  const { damaged, size, dead, state, hint } = segmentWords(segment);
  return [damaged, `${shareBar(deadShare(segment))} ${size}`, dead, state, hint].filter(Boolean).join(' · ');
}

function segmentWords(segment: SegmentStatistics) {
  const { damagedRangeCount, state, sizeBytes, hasHintFile } = segment;
  return {
    state,
    size: formatSize(sizeBytes),
    dead: `${formatShare(deadShare(segment))} dead`,
    hint: hasHintFile ? 'hint' : '',
    damaged: damagedRangeCount > 0 ? `! ${formatCountOf(damagedRangeCount, 'damaged range')}` : '',
  };
}

function listSegmentWords(segment: SegmentStatistics): string {
  return Object.values(segmentWords(segment)).filter(Boolean).join(', ');
}

function deadShare({ liveBytes, deadBytes }: SegmentStatistics): number {
  const recordBytes = liveBytes + deadBytes;
  return recordBytes === 0 ? 0 : deadBytes / recordBytes;
}

function shareBar(share: number): string {
  const cells = 5;
  const filled = share > 0 ? Math.max(1, Math.round(share * cells)) : 0;
  return '█'.repeat(filled) + '░'.repeat(cells - filled);
}

function segmentIcon(segment: SegmentStatistics): [string, vscode.ThemeColor?] {
  if (segment.damagedRangeCount > 0) return ['warning', new vscode.ThemeColor('list.warningForeground')];
  return segment.state === 'active' ? ['edit'] : ['file-binary'];
}

function segmentTooltip(segment: SegmentStatistics): vscode.MarkdownString {
  const rows = [
    `${segment.fileName} (${listSegmentWords(segment)})`,
    `${formatCountOf(segment.recordCount, 'record')}, ${formatCountOf(segment.tombstoneCount, 'tombstone')}`,
    `${formatSize(segment.liveBytes)} live, ${formatSize(segment.deadBytes)} dead`,
  ];
  const tooltip = new vscode.MarkdownString();
  return tooltip.appendMarkdown(rows.map(markdownText).join('\n\n'));
}

function hasSegments(entry: StoreEntry): boolean {
  return entry.store?.capabilities.segments === true;
}

function newestFirst(segments: readonly SegmentStatistics[]): SegmentStatistics[] {
  return [...segments].sort((a, b) => b.segmentId - a.segmentId);
}
