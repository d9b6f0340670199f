// `npm run package`: the extension as a VSIX, with its contents and size on the terminal, and a limit to its size.
import { globSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { createVSIX, listFiles, PackageManager } from '@vscode/vsce';

const limitBytes = 1024 * 1024;
const root = path.resolve(import.meta.dirname, '..');
const { name, version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Record<string, string>;
const vsixFile = path.join(root, `${name}-${version}.vsix`);

for (const older of globSync(`${name}-*.vsix`, { cwd: root })) rmSync(path.join(root, older));
// Everything is bundled, so that no node_modules go along. `vscode:prepublish` builds for production first.
await createVSIX({ cwd: root, packagePath: vsixFile, dependencies: false, rewriteRelativeLinks: false });

const files = await listFiles({ cwd: root, packageManager: PackageManager.None });
for (const file of files.toSorted()) console.log(`${kibibytes(path.join(root, file))}  ${file}`);
console.log(`${kibibytes(vsixFile)}  ${path.basename(vsixFile)} (packed)`);

const sizeBytes = statSync(vsixFile).size;
if (sizeBytes > limitBytes) {
  console.error(`The VSIX has ${sizeBytes} bytes; it may have ${limitBytes}. See what has grown in the list above.`);
  process.exitCode = 1;
}

function kibibytes(file: string): string {
  return `${(statSync(file).size / 1024).toFixed(1).padStart(8)} KiB`;
}
