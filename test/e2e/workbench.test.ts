// The kit itself, on what every VS Code has: when these fail, the other browser tests say nothing about Strata.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Workbench } from './workbench.ts';

describe('workbench kit', () => {
  let directory: string;
  let workbench: Workbench;

  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'strata-e2e-kit-'));
    await mkdir(path.join(directory, 'folder/inner'), { recursive: true });
    await writeFile(path.join(directory, 'folder/inner/note.md'), '# A heading\n\nsome text\n');
    await writeFile(path.join(directory, 'folder/other.txt'), 'keeps the two folders apart');
    workbench = await Workbench.open({ workspace: directory });
  });

  after(async () => {
    await workbench?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  it('expands rows of a tree and opens a file', async () => {
    const files = workbench.view(path.basename(directory));
    await files.expand('folder');
    await files.row('inner').waitFor();
    await files.expand('inner');
    await files.select('note.md');
    assert.match(await workbench.editorText(), /# A heading/);
    assert.deepEqual(await files.rows(), ['folder', '  inner', '    note.md', '  other.txt']);
  });

  it('runs a command and answers its input box', async () => {
    await workbench.runCommand('Go to Line/Column...');
    await workbench.answer(':3');
    await workbench.statusBarItem('Ln 3, Col 1').waitFor();
  });

  it('reads a webview', async () => {
    await workbench.runCommand('Markdown: Open Preview');
    await workbench.webview().getByRole('heading', { name: 'A heading' }).waitFor();
    await workbench.screenshot('kit-webview');
  });

  it('switches the theme', async () => {
    for (const theme of ['Dark High Contrast', 'Light Modern', 'Dark Modern'] as const) await workbench.setTheme(theme);
  });

  it('survives a reload', async () => {
    await workbench.reload();
    await workbench.tab('note.md').first().waitFor();
  });
});
