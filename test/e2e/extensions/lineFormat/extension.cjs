const path = require('node:path');
const vscode = require('vscode');

exports.activate = async (context) => {
  const strata = await vscode.extensions.getExtension('strata.strata').activate();
  const register = (fileName) => strata.registerLogFormats(path.join(__dirname, fileName));
  context.subscriptions.push(...['oddFormat.cjs', 'lineFormat.cjs'].map(register));
};
