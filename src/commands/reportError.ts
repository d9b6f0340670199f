/** How commands fail: in the log with everything, and before the person's eyes with a sentence and a code. */

import * as vscode from 'vscode';
import { StoreError } from '../explorer/storeError.ts';
import { notify } from '../messages.ts';
import { messageOf } from '../shared/messageOf.ts';

/** Runs a command; a failure is reported, a cancellation is not. */
export async function reportingErrors(log: vscode.LogOutputChannel, title: string, run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (StoreError.codeOf(error) === 'ABORTED') {
      log.info(`${title}: ${(error as Error).message}`);
      vscode.window.setStatusBarMessage(`Strata: ${(error as Error).message}`, 5000);
      return;
    }
    showError(log, title, error);
  }
}

/** Does not wait for the person to close the message. */
export function showError(log: vscode.LogOutputChannel, title: string, error: unknown): void {
  log.error(`${title}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  const code = StoreError.codeOf(error);
  const message = messageOf(error);
  const showLog = 'Show Log';
  void notify('error', code === undefined ? message : `${message} [${code}]`, showLog).then((answer) => {
    if (answer === showLog) log.show();
  });
}
