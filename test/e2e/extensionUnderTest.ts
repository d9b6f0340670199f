import path from 'node:path';
import type { ExtensionSource } from '../support/vscodeHost.ts';

interface ExtensionUnderTest {
  readonly source: ExtensionSource;
  readonly artifactsDirectory: string;
  readonly readmePicturesDirectory: string;
}

const root = path.resolve(import.meta.dirname, '../..');

/** The checkout, or the VSIX that STRATA_E2E_VSIX names: the same tests must pass with both. */
export const extensionUnderTest: ExtensionUnderTest = choose();

function choose(): ExtensionUnderTest {
  const vsixFile = process.env['STRATA_E2E_VSIX'];
  const isPackaged = vsixFile !== undefined && vsixFile !== '';
  return {
    source: isPackaged ? { vsixFile: path.resolve(root, vsixFile) } : { developmentDirectory: root },
    artifactsDirectory: path.join(root, 'test-artifacts', isPackaged ? 'vsix' : 'development'),
    readmePicturesDirectory: path.join(root, 'media/screenshots'),
  };
}
