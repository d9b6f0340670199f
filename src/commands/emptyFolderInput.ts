/** Asks for a folder that a command may fill: a new one, or one that is empty. */

import { isAbsolute } from 'node:path';
import * as vscode from 'vscode';

interface EmptyFolderRequest {
  readonly title: string;
  readonly proposal: vscode.Uri;
  /** Why this folder will not do, beyond what is asked of every one. */
  refuse(folder: vscode.Uri): string | undefined;
}

const BROWSE: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('folder-opened'),
  tooltip: 'Choose a folder',
};

/** A path can be typed, because a dialog for folders shows only those that exist. Undefined: the person backed out. */
export function askForEmptyFolder(request: EmptyFolderRequest): Promise<vscode.Uri | undefined> {
  const input = vscode.window.createInputBox();
  input.title = request.title;
  input.prompt = 'A new or empty folder for the new store';
  input.value = request.proposal.fsPath;
  input.ignoreFocusOut = true;
  input.buttons = [BROWSE];
  const check = async () => {
    const { value } = input;
    const message = await problemOf(value, request);
    // A later check has the last word.
    if (value === input.value) input.validationMessage = message;
    return message;
  };
  return new Promise((resolve) => {
    let browsing = false;
    input.onDidChangeValue(() => void check());
    input.onDidTriggerButton(async () => {
      // The dialog hides the box, which comes back when the dialog is closed.
      browsing = true;
      const [folder] = (await vscode.window.showOpenDialog({ canSelectFiles: false, canSelectFolders: true })) ?? [];
      browsing = false;
      if (folder !== undefined) input.value = folder.fsPath;
      input.show();
      await check();
    });
    input.onDidAccept(async () => {
      if ((await check()) !== undefined) return;
      resolve(vscode.Uri.file(trimmed(input.value)));
      input.dispose();
    });
    input.onDidHide(() => {
      if (browsing) return;
      resolve(undefined);
      input.dispose();
    });
    input.show();
    void check();
  });
}

async function problemOf(typed: string, { refuse }: EmptyFolderRequest): Promise<string | undefined> {
  const path = trimmed(typed);
  if (path === '') return 'Type the path of a folder.';
  if (!isAbsolute(path)) return 'Type the whole path, from the root.';
  const folder = vscode.Uri.file(path);
  const refusal = refuse(folder);
  if (refusal !== undefined) return refusal;
  let type: vscode.FileType;
  try {
    ({ type } = await vscode.workspace.fs.stat(folder));
  } catch {
    return undefined;
  }
  if ((type & vscode.FileType.Directory) === 0) return 'That is a file. Choose a new or an empty folder.';
  const { length } = await vscode.workspace.fs.readDirectory(folder);
  return length === 0 ? undefined : 'That folder is not empty. Choose a new or an empty one; nothing is overwritten.';
}

function trimmed(path: string): string {
  return path.trim().replace(/(.)[/\\]+$/, '$1');
}
