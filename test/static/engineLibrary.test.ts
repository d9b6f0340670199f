// What a program gets that takes the engine from `dist`: no VS Code, no source of this project, only the built files.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

const program = `
import { Store, StrataError } from 'strata/engine';

const store: Store = await Store.open('data', { durability: 'os', maxSegmentSizeBytes: 1_000_000 });
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
await store.put(bytes('a'), bytes('1'), { ttlMs: 60_000 });
await store.batch([{ type: 'put', key: bytes('b'), value: bytes('2') }, { type: 'del', key: bytes('a') }]);
// @ts-expect-error Keys are bytes.
assertRejects(() => store.get('b'));
const found: Uint8Array | undefined = store.get(bytes('b'));
const keys: string[] = [];
for (const [key] of store.entries({ gte: bytes('a') })) keys.push(new TextDecoder().decode(key));
await store.close();
console.log(JSON.stringify({ keys, value: new TextDecoder().decode(found) }));

function assertRejects(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    if (error instanceof StrataError) return;
  }
  throw new Error('A key that is no bytes was taken.');
}
`;

describe('engine library', () => {
  let directory: string;

  before(() => {
    run('esbuild.js');
    run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.engine.json');
    directory = mkdtempSync(path.join(tmpdir(), 'strata-library-'));
    writeFileSync(path.join(directory, 'package.json'), '{ "type": "module" }');
    writeFileSync(path.join(directory, 'program.ts'), program);
    mkdirSync(path.join(directory, 'node_modules'));
    symlinkSync(root, path.join(directory, 'node_modules/strata'), 'junction');
    symlinkSync(path.join(root, 'node_modules/@types'), path.join(directory, 'node_modules/@types'), 'junction');
  });

  after(() => rmSync(directory, { recursive: true, force: true }));

  it('has types for a strict program', () => {
    const options = [
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2024',
      '--types',
      'node',
    ];
    run('node_modules/typescript/bin/tsc', ...options, path.join(directory, 'program.ts'));
  });

  it('is packed with all that a program imports, and without the extension', () => {
    const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      shell: process.platform === 'win32',
    });
    const [{ files }] = JSON.parse(output) as [{ files: { path: string }[] }];
    const packed = files.map((file) => file.path);
    const { exports } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      exports: Record<string, string>;
    };
    const imported = Object.values(exports).map((target) => path.posix.normalize(target));
    const types = ['dist/engine.d.mts', 'dist/level.d.mts', 'dist/types/engine/index.d.ts'];
    for (const name of [...imported, ...types, 'LICENSE', 'README.md']) assert.ok(packed.includes(name), name);
    const others = packed.filter((name) => !/^(dist\/types\/|dist\/(engine|level)\.|[^/]+$)/.test(name));
    // Which is made by a build for production.
    const withoutNotices = others.filter((name) => name !== 'dist/THIRD-PARTY-NOTICES.txt');
    assert.deepEqual(withoutNotices, ['src/format/FORMAT.md']);
  });

  it('runs without VS Code', () => {
    const output = execFileSync(process.execPath, ['program.ts'], { cwd: directory, encoding: 'utf8' });
    assert.deepEqual(JSON.parse(output), { keys: ['b'], value: '2' });
  });

  function run(script: string, ...args: string[]): void {
    try {
      execFileSync(process.execPath, [path.join(root, script), ...args], {
        cwd: root,
        encoding: 'utf8',
        stdio: 'pipe',
      });
    } catch (error) {
      assert.fail(`${script}: ${(error as { stdout: string }).stdout}`);
    }
  }
});
