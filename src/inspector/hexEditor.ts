/** Hands a place of a file over to the hex editor, an extension of its own. */

import * as vscode from 'vscode';
import { notify } from '../messages.ts';

const EXTENSION_ID = 'ms-vscode.hexeditor';
const VIEW_TYPE = 'hexEditor.hexedit';

/**
 * The hex editor takes no offset from other extensions: neither its URI nor `selection` says where it begins, and its
 * command asks in a box, which closes when the editor that is still loading takes the focus. So the file is opened, and
 * a button opens the box and puts the offset on the clipboard for it.
 */
export async function openInHexEditor(file: vscode.Uri, offsetBytes: number): Promise<void> {
  if (vscode.extensions.getExtension(EXTENSION_ID) === undefined) {
    await offerHexEditor();
    return;
  }
  const offset = `0x${offsetBytes.toString(16)}`;
  await vscode.commands.executeCommand('vscode.openWith', file, VIEW_TYPE);
  const goThere = 'Copy Offset and Go There';
  const answer = await notify(
    'information',
    `The record starts at ${offset}. The hex editor asks for the offset itself: paste it there.`,
    goThere,
  );
  if (answer !== goThere) return;
  await vscode.env.clipboard.writeText(offset);
  await vscode.commands.executeCommand('hexEditor.goToOffset');
}

async function offerHexEditor(): Promise<void> {
  const look = 'Show Extension';
  const answer = await notify(
    'information',
    `The hex editor is an extension that is not installed here: ${EXTENSION_ID}.`,
    look,
  );
  if (answer === look) await vscode.commands.executeCommand('workbench.extensions.search', `@id:${EXTENSION_ID}`);
}
