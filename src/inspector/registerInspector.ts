/** What the inspector adds to VS Code: the editor and its commands. */

import * as vscode from 'vscode';
import { askForText, notify } from '../messages.ts';
import type { ViewCommand } from '../shared/inspectorMessages.ts';
import { INSPECTOR_VIEW_TYPE, InspectorProvider } from './inspectorProvider.ts';
import { PLACE_PROMPT, parsePlace } from './placeInput.ts';
import type { StoreOfFile } from './storeOfFile.ts';

export interface Inspector {
  /** Opens a segment at the record that holds a byte. */
  revealRecord(uri: vscode.Uri, offsetBytes: number): Promise<void>;
  /** Teaches the inspector the formats that a module makes, which exports a `LogFormatModule`. */
  registerLogFormats(modulePath: string): vscode.Disposable;
}

/** Commands that the webview carries out. */
const VIEW_COMMANDS: Readonly<Record<string, ViewCommand>> = {
  'strata.inspector.find': 'find',
  'strata.inspector.findNext': 'findNext',
  'strata.inspector.findPrevious': 'findPrevious',
  'strata.inspector.filter': 'filter',
  'strata.inspector.nextDamage': 'nextDamage',
  'strata.inspector.previousDamage': 'previousDamage',
  'strata.inspector.toggleFollow': 'toggleFollow',
  'strata.inspector.showShortcuts': 'showHelp',
  'strata.inspector.exportRows': 'exportRows',
};

export function registerInspector(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  stores?: StoreOfFile,
): Inspector {
  const provider = new InspectorProvider(context, log, stores);
  context.subscriptions.push(
    provider,
    vscode.window.registerCustomEditorProvider(INSPECTOR_VIEW_TYPE, provider, {
      supportsMultipleEditorsPerDocument: true,
    }),
    vscode.commands.registerCommand('strata.goToOffset', () => goToPlace(provider)),
    ...Object.entries(VIEW_COMMANDS).map(([id, command]) =>
      vscode.commands.registerCommand(id, () => provider.activeEditor?.command(command)),
    ),
  );
  return {
    revealRecord: (uri, offsetBytes) => provider.reveal(uri, offsetBytes),
    registerLogFormats: (modulePath) => provider.registerLogFormats(modulePath),
  };
}

async function goToPlace(provider: InspectorProvider): Promise<void> {
  const editor = provider.activeEditor;
  if (editor === undefined) {
    void notify('information', 'Open a segment first: its editor is where an offset is gone to.');
    return;
  }
  const input = await askForText({
    title: 'Go to Offset',
    prompt: PLACE_PROMPT,
    placeHolder: '0x4F1A20',
    ignoreFocusOut: true,
    validateInput: (text) => {
      const parsed = parsePlace(text);
      return text.trim() === '' || parsed.ok ? undefined : parsed.message;
    },
  });
  const parsed = input === undefined ? undefined : parsePlace(input);
  if (parsed?.ok === true) editor.goTo(parsed.target);
}
