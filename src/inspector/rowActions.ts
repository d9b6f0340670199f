/** What a person can do with one row: open it elsewhere, compare it, follow it to its key. */

import * as vscode from 'vscode';
import { notify } from '../messages.ts';
import type { RowAction } from '../shared/inspectorMessages.ts';
import type { RowDetail } from '../shared/inspectorRows.ts';
import { NOT_SUPERSEDED } from '../shared/notSuperseded.ts';
import { openInHexEditor } from './hexEditor.ts';
import type { InspectorEditor } from './inspectorEditor.ts';
import { type RecordDocuments, readField } from './recordDocuments.ts';
import { rowName } from './rowName.ts';
import type { StoreOfFile } from './storeOfFile.ts';

const SELECTED_SHOWN_MS = 8000;

export interface RowActionContext {
  readonly editor: InspectorEditor;
  readonly detail: RowDetail;
  readonly stores: StoreOfFile | undefined;
  readonly documents: RecordDocuments;
  readonly comparison: Comparison;
  /** Opens a segment of the same directory at a record. */
  readonly openSegment: (beside: vscode.Uri, segmentId: number, offsetBytes: number) => Promise<void>;
}

/** The record that was chosen to be compared with another one, of the same file or of another. */
export interface Comparison {
  selected: { readonly document: vscode.Uri; readonly label: string } | undefined;
}

export async function runRowAction(action: RowAction, context: RowActionContext): Promise<void> {
  const { editor, detail } = context;
  switch (action) {
    case 'openInHexEditor':
      return openInHexEditor(editor.uri, detail.row.offsetBytes);
    case 'openValue':
      return void (await vscode.window.showTextDocument(await makeDocument(context), { preview: true }));
    case 'selectForCompare':
      return selectForCompare(context);
    case 'compareWithSelected':
      return compareWithSelected(context);
    default:
      return followKey(action, context);
  }
}

/** Says so: nothing else that is in sight changes. */
async function selectForCompare(context: RowActionContext): Promise<void> {
  const selected = { document: await makeDocument(context), label: labelOf(context) };
  context.comparison.selected = selected;
  context.documents.keep(selected.document);
  await vscode.commands.executeCommand('setContext', 'strata.inspector.hasCompareSelection', true);
  // An icon is what a key with `$(name)` in it would be shown as.
  const label = selected.label.replaceAll('$(', '$ (');
  const message = `$(check) Selected ${label} for comparison. Choose "Compare with selected" on another record.`;
  vscode.window.setStatusBarMessage(message, SELECTED_SHOWN_MS);
}

async function compareWithSelected(context: RowActionContext): Promise<void> {
  const { selected } = context.comparison;
  if (selected === undefined) {
    void notify('information', 'First select a record to compare with, in this or another segment.');
    return;
  }
  const title = `${selected.label} ↔ ${labelOf(context)}`;
  await vscode.commands.executeCommand('vscode.diff', selected.document, await makeDocument(context), title);
}

function makeDocument({ editor, detail, documents }: RowActionContext): Promise<vscode.Uri> {
  return documents.create(editor.uri, detail, (range) => editor.calls.bytes(range));
}

function labelOf({ detail }: RowActionContext): string {
  const { row } = detail;
  return `${row.cells?.key?.text ?? row.kind} ${rowName(row)}`;
}

/** From a record to its key in the store. */
async function followKey(
  action: 'revealKey' | 'showHistory' | 'goToNext' | 'goToNewest',
  { editor, detail, stores, openSegment }: RowActionContext,
): Promise<void> {
  const store = stores?.storeOf(editor.uri);
  const key = await readField(detail, 'key', (range) => editor.calls.bytes(range));
  if (stores === undefined || store === undefined || key.length === 0) {
    void notify('information', 'No open store knows this record. Open its store in the Strata view.');
    return;
  }
  if (action === 'revealKey') return stores.revealKey(editor.uri, key);
  if (action === 'showHistory') return stores.showHistory(editor.uri, key);
  const { row } = detail;
  if (action === 'goToNext') {
    const state = await editor.recordState(row.offsetBytes);
    if (row.cells?.sequence === undefined || state === 'live' || state === 'tombstone' || state === 'expired')
      return void notify('information', NOT_SUPERSEDED);
    return stores.goToNext(editor.uri, key, row.cells.sequence);
  }
  const newest = await store.newestRecord(key);
  if (newest === undefined) void notify('information', 'The store holds no record of this key any more.');
  else await openSegment(editor.uri, newest.segmentId, newest.offsetBytes);
}
