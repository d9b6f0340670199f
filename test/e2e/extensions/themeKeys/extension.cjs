const { commands, ConfigurationTarget, workspace } = require('vscode');

exports.activate = ({ subscriptions }) => {
  const set = (theme) =>
    workspace.getConfiguration('workbench').update('colorTheme', theme, ConfigurationTarget.Global);
  subscriptions.push(commands.registerCommand('themeKeys.set', set));
};
