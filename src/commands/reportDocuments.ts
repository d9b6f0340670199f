/** Reports of commands as documents, shown as rendered Markdown. */

import * as vscode from 'vscode';

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

  /** Shows a report; a later one of the same title takes its place. */
  async show(title: string, markdown: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: REPORT_SCHEME, path: `/${title.replaceAll('/', '\u2215')}.md` });
    this.#texts.set(uri.toString(), markdown);
    this.#changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    const commands = await vscode.commands.getCommands(true);
    // The preview comes with an extension of VS Code's own, which can be disabled.
    if (commands.includes('markdown.showPreview')) await vscode.commands.executeCommand('markdown.showPreview', uri);
    else await vscode.window.showTextDocument(document, { preview: true });
  }
}

/** Any text as Markdown that shows just it, on one line. */
export function markdownText(text: string): string {
  return new vscode.MarkdownString().appendText(text.replaceAll(/\s+/g, ' ')).value.replaceAll('|', '\\|');
}

export function markdownTable(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) =>
    `| ${cells.map((cell) => markdownText(String(cell))).join(' | ')} |`;
  return [line(headings), `|${' --- |'.repeat(headings.length)}`, ...rows.map(line)].join('\n');
}
