/** What the commands work with. Made once, in the composition root. */

import type * as vscode from 'vscode';
import type { EmbeddedStoreProvider } from '../explorer/embeddedStoreProvider.ts';
import type { KeyFilters } from '../explorer/keyFilters.ts';
import type { KeysTree } from '../explorer/keysTree.ts';
import type { SegmentStores } from '../explorer/segmentStores.ts';
import type { StoreRegistry } from '../explorer/storeRegistry.ts';
import type { KeysTreeNode } from '../explorer/treeNode.ts';
import type { ReportDocuments } from './reportDocuments.ts';

export interface CommandContext {
  readonly registry: StoreRegistry;
  readonly embeddedStores: EmbeddedStoreProvider;
  readonly segmentStores: SegmentStores;
  readonly filters: KeyFilters;
  readonly keysTree: KeysTree;
  readonly keysView: vscode.TreeView<KeysTreeNode>;
  readonly reports: ReportDocuments;
  readonly log: vscode.LogOutputChannel;
  /** Opens a segment at the record that holds a byte. */
  readonly revealRecord: (segment: vscode.Uri, offsetBytes: number) => Promise<void>;
}
