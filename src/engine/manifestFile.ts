/** Reads and replaces the manifest. Replacing it is the one step that decides which segments are live. */

import { MANIFEST_NAME } from '../format/fileName.ts';
import { decodeManifest, encodeManifest, type Manifest } from '../format/manifest.ts';
import { crc32 } from './checksum.ts';
import { replaceFile, type Storage } from './storage.ts';
import { StrataError } from './strataError.ts';

/** The manifest, or undefined when there is none. Throws `STORE_DAMAGED` or `UNSUPPORTED_VERSION`. */
export function readManifest(storage: Storage, directory: string): Manifest | undefined {
  const bytes = storage.readFile(storage.join(directory, MANIFEST_NAME));
  if (bytes === undefined) return undefined;
  const result = decodeManifest(bytes, crc32);
  if (result.ok) return result.manifest;
  if (result.problem === 'unknown-version' || result.problem === 'unknown-flags') {
    throw new StrataError(
      'UNSUPPORTED_VERSION',
      `The store ${directory} was written by a version of Strata that this one does not know. Use the newer version to open it.`,
    );
  }
  throw new StrataError(
    'STORE_DAMAGED',
    `The file ${MANIFEST_NAME} of the store ${directory} is damaged (${result.problem}). Open it with the option salvage, or copy its readable records into a new store.`,
    { damage: [{ fileName: MANIFEST_NAME, offsetBytes: 0, sizeBytes: bytes.length, reason: result.problem }] },
  );
}

export function writeManifest(storage: Storage, directory: string, manifest: Manifest): void {
  replaceFile(storage, directory, MANIFEST_NAME, [encodeManifest(manifest, crc32)]);
}
