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

interface TextQuestion extends Pick<vscode.InputBoxOptions, 'value' | 'valueSelection' | 'ignoreFocusOut'> {
  readonly title: string;
  readonly prompt: string;
  readonly placeHolder: string;
  /** What is wrong with the text, or worth knowing of it; undefined: nothing. */
  validateInput(typed: string): Remark | Thenable<Remark>;
}

type Remark = string | vscode.InputBoxValidationMessage | undefined;

/**
 * An input box. Undefined when the person backed out. VS Code's `showInputBox` remarks on a text only when it has been
 * changed; this box does so also on the text that it begins with, but for errors: nobody has made one yet.
 */
export function askForText(question: TextQuestion): Promise<string | undefined> {
  const box = newBox(question);
  const check = async (isFirst = false) => {
    const typed = box.value;
    const remark = await remarkOn(question, typed);
    const isError = remark?.severity === vscode.InputBoxValidationSeverity.Error;
    // A later check has the last word.
    if (typed === box.value && !(isFirst && isError)) box.validationMessage = remark;
    return { typed, isError };
  };
  return new Promise((resolve, reject) => {
    const close = () => box.dispose();
    const accept = async () => {
      const { typed, isError } = await check();
      if (isError) return;
      resolve(typed);
      close();
    };
    // What cannot be checked is checked again when it is accepted.
    box.onDidChangeValue(() => void check().catch(() => undefined));
    box.onDidAccept(() =>
      accept().catch((error) => {
        reject(error);
        close();
      }),
    );
    box.onDidHide(() => {
      resolve(undefined);
      close();
    });
    box.show();
    void check(true).catch(() => undefined);
  });
}

function newBox({ title, prompt, placeHolder, value, valueSelection, ignoreFocusOut }: TextQuestion): vscode.InputBox {
  const box = vscode.window.createInputBox();
  box.title = title;
  box.prompt = withoutLinks(prompt);
  box.placeholder = placeHolder;
  box.value = value ?? '';
  box.valueSelection = valueSelection;
  box.ignoreFocusOut = ignoreFocusOut === true;
  return box;
}

async function remarkOn(question: TextQuestion, typed: string): Promise<vscode.InputBoxValidationMessage | undefined> {
  const remark = await question.validateInput(typed);
  if (remark === undefined || remark === '') return undefined;
  if (typeof remark === 'object') return { ...remark, message: withoutLinks(remark.message) };
  return { message: withoutLinks(remark), severity: vscode.InputBoxValidationSeverity.Error };
}
