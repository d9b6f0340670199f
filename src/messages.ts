/**
 * What is said to a person in notifications, progress and input boxes. All of it goes through here, which the linter
 * sees to, because VS Code makes links of some texts and anybody's keys are in them: see `withoutLinks`.
 */

import * as vscode from 'vscode';
import { withoutLinks } from './shared/plainText.ts';

export type Severity = 'information' | 'warning' | 'error';

/** A notification. Gives the button that was pressed; undefined when it was closed. */
export function notify(severity: Severity, message: string, ...buttons: string[]): Thenable<string | undefined> {
  return SHOW[severity](withoutLinks(message), ...buttons);
}

/** A dialog, which has to be answered. It makes no links. */
export function ask(
  severity: Severity,
  message: string,
  detail: string,
  ...buttons: string[]
): Thenable<string | undefined> {
  return SHOW[severity](message, { modal: true, detail }, ...buttons);
}

const SHOW = {
  information: vscode.window.showInformationMessage,
  warning: vscode.window.showWarningMessage,
  error: vscode.window.showErrorMessage,
} as const;

type Progress = vscode.Progress<{ increment?: number; message?: string }>;

/** A notification with a bar and a button to cancel, for as long as `run` takes. */
export function notifyProgress<T>(
  title: string,
  run: (progress: Progress, cancellation: vscode.CancellationToken) => Thenable<T>,
): Thenable<T> {
  const location = vscode.ProgressLocation.Notification;
  return vscode.window.withProgress({ location, title: withoutLinks(title), cancellable: true }, run);
}

interface TextQuestion extends vscode.InputBoxOptions {
  readonly prompt: string;
  /** What is wrong with the text, or worth knowing of it; undefined: nothing. */
  validateInput(typed: string): Remark | Thenable<Remark>;
}

type Remark = string | vscode.InputBoxValidationMessage | undefined;

/** An input box. Undefined when the person backed out. */
export function askForText(question: TextQuestion): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    ...question,
    prompt: withoutLinks(question.prompt),
    validateInput: async (typed) => {
      const remark = await question.validateInput(typed);
      if (typeof remark === 'object') return { ...remark, message: withoutLinks(remark.message) };
      return remark && withoutLinks(remark);
    },
  });
}
