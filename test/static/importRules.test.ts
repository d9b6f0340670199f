// The layers hold only while the linter's rules fire, and a rule whose pattern matches nothing is silent. So every
// rule is shown a breach, and beside it the import, or the statement, that it must let through.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** A file, and the statements that it may and may not contain. */
const layers: { file: string; allowed: string[]; refused: string[] }[] = [
  {
    file: 'src/format/record.ts',
    allowed: [`import { a } from './layout.ts';`, `import type { A } from './layout.ts';`],
    refused: [
      `import { crc32 } from 'node:zlib';`,
      `import { a } from '../engine/store.ts';`,
      `import type { A } from '../shared/keyValueStore.ts';`,
      `export { a } from '../worker/storeClient.ts';`,
      `import { a } from 'vscode';`,
      `import { a } from 'birpc';`,
      `const a = await import('../engine/store.ts');`,
    ],
  },
  {
    file: 'src/shared/keyValueStore.ts',
    allowed: [
      `import type { A } from '../format/record.ts';`,
      `import { a } from './other.ts';`,
      `import { a } from 're2js';`,
    ],
    refused: [
      `import { a } from '../format/record.ts';`,
      `import { type A } from '../format/record.ts';`,
      `export { a } from '../format/record.ts';`,
      `const a = await import('../format/record.ts');`,
      `import type { A } from '../engine/api.ts';`,
      `import type { A } from 'vscode';`,
    ],
  },
  {
    file: 'src/engine/store.ts',
    allowed: [
      `import { a } from '../format/record.ts';`,
      `import { b } from './nodeStorage.ts';`,
      `import 'node:zlib';`,
    ],
    refused: [
      `import { a } from 'node:fs';`,
      `import type { A } from 'node:fs/promises';`,
      `import { a } from '../shared/keyValueStore.ts';`,
      `import { a } from 'vscode';`,
      `import { a } from 'lmdb';`,
    ],
  },
  {
    file: 'src/engine/nodeStorage.ts',
    allowed: [`import { a } from 'node:fs';`, `import { b } from './api.ts';`],
    refused: [`import { a } from '../worker/storeClient.ts';`, `import { a } from 'vscode';`],
  },
  {
    file: 'src/level/index.ts',
    allowed: [`import { a } from '../engine/store.ts';`, `import { b } from 'abstract-level';`],
    refused: [`import { a } from '../format/record.ts';`, `import { a } from '../worker/storeClient.ts';`],
  },
  {
    file: 'src/worker/storeClient.ts',
    allowed: [
      `import { a } from '../engine/store.ts';`,
      `import type { B } from '../shared/keyValueStore.ts';`,
      `import { c } from 'birpc';`,
      `import { d } from 'node:worker_threads';`,
    ],
    refused: [
      `import { a } from '../explorer/tree.ts';`,
      `import { a } from '../extension.ts';`,
      `import { a } from 'vscode';`,
      `import { a } from 'node:fs';`,
    ],
  },
  ...['explorer', 'inspector', 'commands'].map((feature) => ({
    file: `src/${feature}/feature.ts`,
    allowed: [
      `import { a } from '../worker/storeClient.ts';`,
      `import { b } from '../format/record.ts';`,
      `import { c } from '../shared/keyValueStore.ts';`,
      `import { d } from 'vscode';`,
      `const a = await vscode.window.showQuickPick([]);`,
      `const b = showInputBox();`,
    ],
    refused: [
      `import { a } from '../engine/store.ts';`,
      `import type { A } from '../engine/api.ts';`,
      `import { a } from '../level/index.ts';`,
      `import { a } from '../worker/storeWorker.ts';`,
      `import { a } from '../extension.ts';`,
      `import { a } from 'node:fs';`,
      `void vscode.window.showErrorMessage('[a](command:b)');`,
      `void vscode.window['showErrorMessage']('[a](command:b)');`,
      `const show = window.showInputBox;`,
      `await vscode.window.withProgress({ title }, run);`,
    ],
  })),
  {
    file: 'src/messages.ts',
    allowed: [`void vscode.window.showErrorMessage('a');`],
    refused: [],
  },
  {
    file: 'media/segmentEditor/main.ts',
    allowed: [
      `import { a } from '../../src/shared/inspectorProtocol.ts';`,
      `import { b } from '../../src/format/record.ts';`,
      `import { c } from './rows.ts';`,
      `import { d } from '@tanstack/virtual-core';`,
    ],
    refused: [
      `import { a } from '../../src/inspector/segmentEditor.ts';`,
      `import type { A } from '../../src/engine/api.ts';`,
      `import { a } from 'vscode';`,
      `import { a } from 'node:path';`,
    ],
  },
];

describe('import rules', () => {
  const refusedLines = lint(layers);

  for (const { file, allowed, refused } of layers) {
    it(`${file} may import what its layer may`, () => {
      for (const statement of allowed) assert.ok(!refusedLines.has(`${file}: ${statement}`), statement);
    });
    if (refused.length === 0) continue;
    it(`${file} may import nothing else`, () => {
      for (const statement of refused) assert.ok(refusedLines.has(`${file}: ${statement}`), statement);
    });
  }
});

/** The lines that the import rules of the project's own configuration refuse, each as `file: line`. */
function lint(files: typeof layers): Set<string> {
  const directory = mkdtempSync(path.join(tmpdir(), 'strata-import-rules-'));
  try {
    for (const { file, allowed, refused } of files) {
      mkdirSync(path.join(directory, path.dirname(file)), { recursive: true });
      writeFileSync(path.join(directory, file), `${[...allowed, ...refused].join('\n')}\n`);
    }
    const configuration = JSON.parse(readFileSync(path.join(root, 'biome.json'), 'utf8'));
    writeFileSync(path.join(directory, 'biome.json'), JSON.stringify({ ...configuration, vcs: { enabled: false } }));
    mkdirSync(path.join(directory, 'test/static'), { recursive: true });
    for (const plugin of globSync('test/static/*.grit', { cwd: root })) {
      copyFileSync(path.join(root, plugin), path.join(directory, plugin));
    }
    return refusals(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function refusals(directory: string): Set<string> {
  const report = JSON.parse(runBiome(directory)) as {
    diagnostics: { category: string; location: { path: string; start: { line: number } } }[];
  };
  const lines = new Set<string>();
  for (const { category, location } of report.diagnostics) {
    if (category !== 'plugin' && category !== 'lint/style/noRestrictedImports') continue;
    const text = readFileSync(path.join(directory, location.path), 'utf8').split('\n')[location.start.line - 1];
    lines.add(`${location.path}: ${text}`);
  }
  return lines;
}

function runBiome(directory: string): string {
  const biome = path.join(root, 'node_modules/@biomejs/biome/bin/biome');
  try {
    return execFileSync(
      process.execPath,
      [biome, 'lint', '--reporter=json', '--max-diagnostics=none', 'src', 'media'],
      {
        cwd: directory,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
  } catch (error) {
    // Biome ends with 1 when it has found something, which is what is wanted here.
    return (error as { stdout: string }).stdout;
  }
}
