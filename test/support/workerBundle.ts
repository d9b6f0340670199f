import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';

const bundles = new Map<string, URL>();

/**
 * One file of an entry point and all that it imports, as the extension has them: a thread or process starts several
 * times as fast from it as from the sources, and tests start many.
 */
export function workerBundle(source: URL): URL {
  const known = bundles.get(source.href);
  if (known !== undefined) return known;
  const directory = mkdtempSync(path.join(tmpdir(), 'strata bundle-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const outfile = path.join(directory, 'worker.cjs');
  buildSync({
    entryPoints: [fileURLToPath(source)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
    logLevel: 'warning',
  });
  const bundle = pathToFileURL(outfile);
  bundles.set(source.href, bundle);
  return bundle;
}
