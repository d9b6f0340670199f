const vscode = require('vscode');

/** The editor that was opened last. */
let webview;

function show(text) {
  webview.html = `<!DOCTYPE html><html lang="en"><body><h1>${text}</h1></body></html>`;
}

exports.activate = (context) => {
  const editor = {
    openCustomDocument: (uri) => ({ uri, dispose() {} }),
    resolveCustomEditor: ({ uri }, panel) => {
      webview = panel.webview;
      show(`bytes of ${uri.path.slice(uri.path.lastIndexOf('/') + 1)}`);
    },
  };
  context.subscriptions.push(
    vscode.window.registerCustomEditorProvider('hexEditor.hexedit', editor),
    vscode.commands.registerCommand('hexEditor.goToOffset', () => {
      const input = vscode.window.createInputBox();
      input.placeholder = 'Enter offset to go to';
      input.onDidAccept(() => {
        show(`at ${input.value}`);
        input.hide();
      });
      input.show();
    }),
  );
};
