import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { activateStrata } from './strata.ts';

describe('activation', () => {
  it('happens in the VS Code that the manifest asks for, or in a later one', async () => {
    await activateStrata();
    const extension = vscode.extensions.getExtension('strata.strata');
    assert.ok(extension?.isActive);
    const wanted = (extension.packageJSON as { engines: { vscode: string } }).engines.vscode.replace('^', '');
    assert.ok(isAtLeast(vscode.version, wanted), `${vscode.version} runs, ${wanted} is asked for`);
  });

  it('is in the extension host where the files are', () => {
    assert.equal(vscode.extensions.getExtension('strata.strata')?.extensionKind, vscode.ExtensionKind.Workspace);
  });
});

function isAtLeast(version: string, least: string): boolean {
  return version.localeCompare(least, 'en', { numeric: true }) >= 0;
}
