// Bundles: one per runtime. `node esbuild.js [--watch] [--production]`
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import esbuild from 'esbuild';

const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');

/** @type {esbuild.BuildOptions} */
const common = {
  bundle: true,
  logLevel: 'warning',
  minify: production,
  sourcemap: production ? false : 'linked',
  sourcesContent: false,
  legalComments: 'none',
};

/** The Node of the oldest VS Code that `engines.vscode` admits. */
const nodeTarget = 'node22.15';

/** Some packages hide their CommonJS imports in a wrapper that no bundler sees through; their ESM sources do not. */
const mainFields = ['module', 'main'];

/** Node bundles: source and result. Loaded by the extension host, by `new Worker`, or by any Node program. */
const nodeBundles = [
  { source: 'src/extension.ts', bundle: 'dist/extension.cjs' },
  { source: 'src/worker/storeWorker.ts', bundle: 'dist/storeWorker.cjs' },
  { source: 'src/inspector/scanWorker.ts', bundle: 'dist/scanWorker.cjs' },
  { source: 'src/engine/index.ts', bundle: 'dist/engine.mjs' },
  { source: 'src/level/index.ts', bundle: 'dist/level.mjs', external: ['abstract-level'] },
];

/**
 * Every module that imports all of a CommonJS package gets a copy of its exports, property by property. VS Code's interface
 * has hundreds of them and most modules import it: that was a quarter of the time that loading the extension takes. A
 * module between them, which hands all on, is copied to once.
 * @type {esbuild.Plugin}
 */
const oneVscode = {
  name: 'one vscode',
  setup(build) {
    const namespace = 'one-vscode';
    build.onResolve({ filter: /^vscode$/ }, ({ importer }) =>
      importer === namespace ? { path: 'vscode', external: true } : { path: namespace, namespace },
    );
    build.onLoad({ filter: /.*/, namespace }, () => ({ contents: "export * from 'vscode';" }));
  },
};

/** @returns {esbuild.BuildOptions[]} */
function bundles() {
  const node = nodeBundles.map(({ source, bundle, external }) => ({
    ...common,
    entryPoints: [source],
    outfile: bundle,
    platform: /** @type {const} */ ('node'),
    mainFields,
    target: nodeTarget,
    format: bundle.endsWith('.mjs') ? /** @type {const} */ ('esm') : /** @type {const} */ ('cjs'),
    external: external ?? [],
    plugins: [oneVscode],
  }));
  return [...node, webviewBundle(), ...(production ? [] : [hostTestBundle()])];
}

/** `media/<name>/main.ts` becomes `dist/media/<name>.js` and, where it imports style sheets, `dist/media/<name>.css`. */
function webviewBundle() {
  const sources = globSync('media/*/main.ts').sort();
  return {
    ...common,
    entryPoints: Object.fromEntries(sources.map((source) => [path.basename(path.dirname(source)), source])),
    outdir: 'dist/media',
    platform: /** @type {const} */ ('browser'),
    target: 'chrome130',
    format: /** @type {const} */ ('esm'),
    // What is imported where it is needed is a file of its own, loaded then.
    splitting: true,
    chunkNames: '[name]',
    // Whatever a style sheet names is in it: a page waits for each file that it loads.
    loader: { '.svg': /** @type {const} */ ('dataurl') },
  };
}

/** The tests that run inside VS Code, one file each, found by glob; their `index.cjs` loads its neighbours. */
function hostTestBundle() {
  return {
    ...common,
    entryPoints: globSync(['test/host/index.ts', 'test/host/**/*.test.ts']).sort(),
    outdir: 'out/host',
    outbase: 'test/host',
    outExtension: { '.js': '.cjs' },
    platform: /** @type {const} */ ('node'),
    mainFields,
    target: nodeTarget,
    format: /** @type {const} */ ('cjs'),
    external: ['vscode', 'mocha'],
  };
}

/**
 * A library finds its types beside it: `dist/engine.d.mts` leads to what `tsconfig.engine.json` has written.
 * @param {string} source
 * @param {string} bundle
 */
async function writeTypesBeside(source, bundle) {
  if (!bundle.endsWith('.mjs')) return;
  const declarations = source.replace(/^src\//, './types/').replace(/\.ts$/, '.js');
  await writeFile(bundle.replace(/\.mjs$/, '.d.mts'), `export * from '${declarations}';\n`);
}

/**
 * The licences of the libraries that are in the bundles, which their authors ask to go along with every copy.
 * @param {string[]} sources
 */
async function writeNotices(sources) {
  const packages = new Set(sources.flatMap((source) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(source) ?? []));
  const notices = [...packages].sort().map((directory) => {
    const { name, version, license } = JSON.parse(readFileSync(`${directory}/package.json`, 'utf8'));
    const file = readdirSync(directory).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? `License: ${license}` : readFileSync(`${directory}/${file}`, 'utf8').trim();
    return `${name} ${version}\n\n${text}\n`;
  });
  await writeFile('dist/THIRD-PARTY-NOTICES.txt', notices.join(`\n${'-'.repeat(80)}\n\n`));
}

/**
 * A webview is shown once all that its page names has come: its script is one file, but for what it imports when needed.
 * What such a part shares with the rest would become a third file, that both wait for.
 * @param {esbuild.Metafile} metafile
 */
function checkScriptsAreWhole({ outputs }) {
  for (const [name, { entryPoint, imports }] of Object.entries(outputs)) {
    const waitsFor = imports.find(({ kind, external }) => kind === 'import-statement' && external !== true);
    if (entryPoint?.startsWith('media/') && waitsFor !== undefined)
      throw new Error(`${name} waits for ${waitsFor.path}`);
  }
}

// A package must hold nothing of an earlier build.
if (production) await rm('dist', { recursive: true, force: true });
// Tests are found in their folder: one whose source is gone must not run any more.
await rm('out/host', { recursive: true, force: true });
if (watch) {
  const contexts = await Promise.all(bundles().map((options) => esbuild.context({ ...options, logLevel: 'info' })));
  await Promise.all(contexts.map((context) => context.watch()));
} else {
  const results = await Promise.all(bundles().map((options) => esbuild.build({ ...options, metafile: true })));
  for (const { metafile } of results) checkScriptsAreWhole(metafile);
  await Promise.all(nodeBundles.map(({ source, bundle }) => writeTypesBeside(source, bundle)));
  if (production) await writeNotices(results.flatMap(({ metafile }) => Object.keys(metafile.inputs)));
}
