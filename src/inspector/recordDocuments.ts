/** Values of records as read-only text documents, so that VS Code can show and compare them. */

import * as vscode from 'vscode';
import type { RecordField, RowDetail } from '../shared/inspectorRows.ts';
import { formatCountOf } from '../shared/quantities.ts';
import { recordName, recordText } from './recordText.ts';
import { rowName } from './rowName.ts';

/** A scheme of its own, because VS Code does not ask content providers for files that it takes for binary. */
const RECORD_SCHEME = 'strata-record';
/** Longer values are cut: the text editor is no place for them, and the inspector shows all their bytes. */
const MAX_TEXT_BYTES = 0x100_0000;

/** Reads bytes of the file under inspection. */
export type ReadBytes = (range: { offsetBytes: number; sizeBytes: number }) => Promise<Uint8Array>;

export class RecordDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #texts = new Map<string, string>();
  /** Needed again, whether or not an editor shows it. */
  #kept: string | undefined;
  readonly #subscriptions: vscode.Disposable[];

  constructor() {
    this.#subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(RECORD_SCHEME, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#forget(uri.toString())),
    ];
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? 'This record was shown by an editor that is closed. Open it again there.';
  }

  /** Makes a document of the value of a record and returns its URI. */
  async create(file: vscode.Uri, detail: RowDetail, read: ReadBytes): Promise<vscode.Uri> {
    const valueField = fieldOf(detail, 'value');
    const value = await readBytesOf(valueField, detail, read);
    const key = await readField(detail, 'key', read);
    const { text, extension } = await recordText(value);
    const rest = (valueField?.sizeBytes ?? 0) - value.length;
    const uri = vscode.Uri.from({
      scheme: RECORD_SCHEME,
      path: `/${rowName(detail.row)}/${recordName(key)}${extension}`,
      query: `${file.toString()}#${detail.row.offsetBytes}`,
    });
    // Two values that differ only behind this must not look the same.
    this.#texts.set(uri.toString(), rest === 0 ? text : `${text}\n\nCut here: ${formatCountOf(rest, 'more byte')}.\n`);
    return uri;
  }

  /** Keeps the text of a document that was created, until another one is kept. */
  keep(document: vscode.Uri): void {
    const before = this.#kept;
    this.#kept = document.toString();
    const isShown = vscode.workspace.textDocuments.some(({ uri }) => uri.toString() === before);
    if (before !== undefined && !isShown) this.#forget(before);
  }

  #forget(document: string): void {
    if (document !== this.#kept) this.#texts.delete(document);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}

/** The bytes of a record's key or value; empty when it has none. */
export async function readField(detail: RowDetail, role: RecordField['role'], read: ReadBytes): Promise<Uint8Array> {
  return readBytesOf(fieldOf(detail, role), detail, read);
}

function fieldOf({ fields }: RowDetail, role: RecordField['role']): RecordField | undefined {
  return fields.find((field) => field.role === role);
}

async function readBytesOf(field: RecordField | undefined, { row }: RowDetail, read: ReadBytes): Promise<Uint8Array> {
  if (field === undefined) return new Uint8Array(0);
  const sizeBytes = Math.min(field.sizeBytes, MAX_TEXT_BYTES);
  return read({ offsetBytes: row.offsetBytes + field.offsetBytes, sizeBytes });
}
