import * as vscode from 'vscode';

const SHOWN_MS = 5000;

/** Says that something small was done, without asking for attention. */
export function showDone(message: string): void {
  vscode.window.setStatusBarMessage(`$(check) ${message.replaceAll('$(', '$ (')}`, SHOWN_MS);
}
