/** The webview's page: nothing but its script and style may run, and everything else arrives as messages. */

import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

/** Where the webview's bundle is. */
export function inspectorMedia(extensionUri: vscode.Uri): vscode.Uri {
  return vscode.Uri.joinPath(extensionUri, 'dist', 'media');
}

export function inspectorPage(webview: vscode.Webview, extensionUri: vscode.Uri, title: string): string {
  const media = inspectorMedia(extensionUri);
  const script = webview.asWebviewUri(vscode.Uri.joinPath(media, 'inspector.js'));
  const style = webview.asWebviewUri(vscode.Uri.joinPath(media, 'inspector.css'));
  const nonce = randomBytes(16).toString('base64');
  const policy = [
    "default-src 'none'",
    // What the script imports when it first needs it has its nonce.
    `script-src 'nonce-${nonce}'`,
    // Row positions and column widths are set as style attributes by script, which this does not concern.
    `style-src ${webview.cspSource} 'nonce-${nonce}'`,
    // The icons, which the style sheet holds.
    'img-src data:',
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <link rel="stylesheet" href="${style}">
  <title>${escapeHtml(title)}</title>
</head>
<body>
  <main id="inspector"></main>
  <script type="module" nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}

/** In place of the editor, when the file cannot be read at all. */
export function inspectorProblemPage(message: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="default-src 'none'">
  <title>Strata Inspector</title>
</head>
<body>
  <main>
    <h1>This file is not shown</h1>
    <p role="alert">${escapeHtml(message)}</p>
  </main>
</body>
</html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
