/** The status bar's item: the open store, or how many there are. Hidden while none is open. */

import * as vscode from 'vscode';
import { markdownText } from '../shared/markdownText.ts';
import { formatCountOf, formatShare } from '../shared/quantities.ts';
import type { OpenState, StoreEntry } from './storeEntry.ts';
import type { StoreRegistry } from './storeRegistry.ts';
import { describeOpenStore } from './storesTree.ts';

export class StatusBar implements vscode.Disposable {
  readonly #registry: StoreRegistry;
  readonly #item = vscode.window.createStatusBarItem('strata.status', vscode.StatusBarAlignment.Left, 0);
  readonly #subscription: vscode.Disposable;

  constructor(registry: StoreRegistry) {
    this.#registry = registry;
    this.#item.name = 'Strata';
    this.#item.command = { command: 'strata.showStatistics', title: 'Show Statistics' };
    this.#subscription = registry.onDidChange(() => this.#update());
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#item.dispose();
  }

  #update(): void {
    const entries = this.#registry.openEntries;
    const open = entries.flatMap(({ openState }) => openState ?? []);
    const [entry] = entries;
    if (entry === undefined) {
      this.#item.hide();
      return;
    }
    const name = entries.length === 1 ? entry.name : formatCountOf(entries.length, 'store');
    const keyCount = sum(open, ({ statistics }) => statistics.keyCount);
    const deadBytes = sum(open, ({ statistics }) => statistics.deadBytes);
    const liveBytes = sum(open, ({ statistics }) => statistics.liveBytes);
    const deadShare = deadBytes === 0 ? 0 : deadBytes / (deadBytes + liveBytes);
    this.#item.text = `$(database) ${name}: ${formatCountOf(keyCount, 'key')}, ${formatShare(deadShare)} dead`;
    this.#item.tooltip = tooltip(entries);
    this.#item.show();
  }
}

function sum(states: readonly OpenState[], amount: (state: OpenState) => number): number {
  return states.reduce((total, state) => total + amount(state), 0);
}

function tooltip(entries: readonly StoreEntry[]): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  for (const { name, openState } of entries) {
    if (openState === undefined) continue;
    text.appendMarkdown(`**${markdownText(name)}** ${markdownText(describeOpenStore(openState))}\n\n`);
  }
  return text;
}
