/** Reports of commands as documents, shown as rendered Markdown. */

import * as vscode from 'vscode';
import { markdownText } from '../shared/markdownText.ts';

export const REPORT_SCHEME = 'strata-report';

export class ReportDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #texts = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changed.event;

  dispose(): void {
    this.#changed.dispose();
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? 'This report was made in an earlier session. Run the command again.\n';
  }

  /** Shows a report on something, `subject` being its id; a later one of the same title on it takes its place. */
  async show(title: string, subject: string, markdown: string): Promise<void> {
    const path = `/${title.replaceAll('/', '\u2215')}.md`;
    const uri = vscode.Uri.from({ scheme: REPORT_SCHEME, path, query: subject });
    this.#texts.set(uri.toString(), markdown);
    this.#changed.fire(uri);
    // The preview comes with an extension of VS Code's own, which can be disabled. Whether its command exists yet says
    // nothing: it does only once something has activated the extension, and running the command does.
    if (vscode.extensions.getExtension('vscode.markdown-language-features') !== undefined) {
      await vscode.commands.executeCommand('markdown.showPreview', uri);
    } else {
      const document = await vscode.workspace.openTextDocument(uri);
      await vscode.window.showTextDocument(document, { preview: true });
    }
  }
}

export function markdownTable(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) =>
    `| ${cells.map((cell) => markdownText(String(cell))).join(' | ')} |`;
  return [line(headings), `|${' --- |'.repeat(headings.length)}`, ...rows.map(line)].join('\n');
}
