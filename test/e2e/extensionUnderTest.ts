import path from 'node:path';
import type { ExtensionSource } from '../support/vscodeHost.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** The checkout, or the VSIX that STRATA_E2E_VSIX names: the same tests must pass with both. */
export const extensionUnderTest: { readonly source: ExtensionSource; readonly artifactsDirectory: string } = choose();

function choose() {
  const vsixFile = process.env['STRATA_E2E_VSIX'];
  if (vsixFile !== undefined && vsixFile !== '') {
    return {
      source: { vsixFile: path.resolve(root, vsixFile) },
      artifactsDirectory: path.join(root, 'test-artifacts/vsix'),
    };
  }
  return { source: { developmentDirectory: root }, artifactsDirectory: path.join(root, 'test-artifacts/development') };
}
