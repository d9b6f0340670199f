/**
 * What the inspector asks of whoever keeps the open stores. Without it, or without a store for a file, everything
 * works but the states of records and the ways from a record to its key.
 */

import type * as vscode from 'vscode';
import type { KeyValueStore } from '../shared/keyValueStore.ts';
import type { RecordStateSource } from '../shared/recordState.ts';

export interface StoreOfFile {
  /** The open store that the segment file belongs to. */
  storeOf(file: vscode.Uri): (KeyValueStore & RecordStateSource) | undefined;
  /** Stores were opened or closed, or their data changed. */
  readonly onDidChange: vscode.Event<void>;
  /** Shows a key in the tree. */
  revealKey(file: vscode.Uri, key: Uint8Array): Promise<void>;
  /** Shows every version of a key. */
  showHistory(file: vscode.Uri, key: Uint8Array): Promise<void>;
  /** Shows the next record of a key after the one with this sequence number. */
  goToNext(file: vscode.Uri, key: Uint8Array, sequence: number): Promise<void>;
  /** Does what a person asked for, as the name says to the log. Never rejects: the person is told what went wrong. */
  reportingErrors(name: string, run: () => Promise<void>): Promise<void>;
}
