/** Composition root: makes the features and hands them to each other. */

import type * as vscode from 'vscode';
import { registerInspector } from './inspector/registerInspector.ts';

export function activate(context: vscode.ExtensionContext): void {
  registerInspector(context);
}
