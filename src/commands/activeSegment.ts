import * as vscode from 'vscode';

/** The file that the segment editor in front shows; undefined when something else is in front. */
export function activeSegment(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputCustom && input.viewType === 'strata.inspector' ? input.uri : undefined;
}
