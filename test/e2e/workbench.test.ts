// The kit itself, on what every VS Code has: when these fail, the other browser tests say nothing about Strata.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { workbenchFixture } from './workbenchFixture.ts';

describe('workbench kit', () => {
  const fixture = workbenchFixture(async (directory) => {
    await mkdir(path.join(directory, 'folder/inner'), { recursive: true });
    await writeFile(path.join(directory, 'folder/inner/note.md'), '# A heading\n\nsome text\n');
    await writeFile(path.join(directory, 'folder/other.txt'), 'keeps the two folders apart');
  });

  it('expands rows of a tree and opens a file', async () => {
    const { workbench, directory } = fixture;
    const files = workbench.view(path.basename(directory));
    await files.expand('folder');
    await files.row('inner').waitFor();
    await files.expand('inner');
    await files.select('note.md');
    assert.match(await workbench.editorText(), /# A heading/);
    assert.deepEqual(await files.rows(), ['folder', '  inner', '    note.md', '  other.txt']);
  });

  it('runs a command and answers its input box', async () => {
    const { workbench } = fixture;
    await workbench.runCommand('Go to Line/Column...');
    await workbench.answer(/line/i, ':3');
    await workbench.statusBarItem('Ln 3, Col 1').waitFor();
  });

  it('reads a webview', async () => {
    const { workbench } = fixture;
    await workbench.runCommand('Markdown: Open Preview');
    await workbench.webview().getByRole('heading', { name: 'A heading' }).waitFor();
    await workbench.screenshot('kit-webview');
  });

  it('switches the theme', async () => {
    const { workbench } = fixture;
    for (const theme of ['Dark High Contrast', 'Light Modern', 'Dark Modern'] as const) await workbench.setTheme(theme);
  });

  it('survives a reload', async () => {
    const { workbench } = fixture;
    await workbench.reload();
    await workbench.tab('note.md').first().waitFor();
  });
});
