const path = require('node:path');
const vscode = require('vscode');

exports.activate = async (context) => {
  const strata = await vscode.extensions.getExtension('strata.strata').activate();
  context.subscriptions.push(strata.registerLogFormats(path.join(__dirname, 'lineFormat.cjs')));
};
