/** What the pointer shows of a key. */

import * as vscode from 'vscode';
import { formatHexDump } from '../shared/hexDump.ts';
import { formatKey } from '../shared/keyText.ts';
import type { KeyEntry, KeyValueStore } from '../shared/keyValueStore.ts';
import { markdownText } from '../shared/markdownText.ts';
import { formatCount, formatOffset, formatSize, formatTime, formatTimeLeft } from '../shared/quantities.ts';
import { findEntry } from './findEntry.ts';
import { decodeStart } from './valuePreview.ts';
import { showValue } from './values/valueText.ts';

const MAX_TEXT_BYTES = 1024;
const MAX_BINARY_BYTES = 128;

/** All text of the store is escaped: a value cannot add links or markup. Undefined when the key is gone. */
export async function keyTooltip(store: KeyValueStore, key: Uint8Array): Promise<vscode.MarkdownString | undefined> {
  const entry = await findEntry(store, key, MAX_TEXT_BYTES);
  if (entry === undefined) return undefined;
  const tooltip = new vscode.MarkdownString();
  tooltip.appendMarkdown(`**${markdownText(formatKey(key))}**\n`);
  appendValue(tooltip, entry);
  for (const [name, text] of factsOf(entry)) tooltip.appendMarkdown(`\n\n${name}: ${markdownText(text)}`);
  return tooltip;
}

function factsOf(entry: KeyEntry): [string, string][] {
  const facts: [string, string][] = [['Value', formatSize(entry.valueSizeBytes)]];
  if (entry.timestampMs > 0) facts.push(['Written', formatTime(entry.timestampMs)]);
  facts.push(['Expires', expiryText(entry.expiryMs)], ['Sequence number', formatCount(entry.sequence)]);
  const { location } = entry;
  if (location !== undefined) {
    const place = `segment ${location.segmentId}, offset ${formatOffset(location.offsetBytes)}`;
    facts.push(['Record', `${place}, ${formatSize(location.sizeBytes)}`]);
  }
  return facts;
}

function expiryText(expiryMs: number): string {
  if (expiryMs === 0) return 'never';
  return `${formatTime(expiryMs)} (in ${formatTimeLeft(expiryMs - Date.now())})`;
}

function appendValue(tooltip: vscode.MarkdownString, entry: KeyEntry): void {
  const preview = entry.valuePreview ?? new Uint8Array(0);
  if (entry.valueSizeBytes === 0) return;
  const isWhole = preview.length === entry.valueSizeBytes;
  const text = decodeStart(preview, entry.valueSizeBytes);
  if (text === undefined) {
    tooltip.appendCodeblock(formatHexDump(preview.subarray(0, MAX_BINARY_BYTES)), 'text');
    return;
  }
  const shown = isWhole ? showValue(preview, 'json') : undefined;
  if (shown?.view === 'json') tooltip.appendCodeblock(shown.text, 'json');
  else tooltip.appendCodeblock(isWhole ? text : `${text}…`, 'text');
}
