/** Where an export is written to. */

import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import type { ExportRequest, ExportResult } from '../shared/inspectorMessages.ts';

/** What goes to another file system goes there in one piece, which is held in memory. */
const MAX_ELSEWHERE_BYTES = 0x400_0000;

export type WriteExport = (to: Pick<ExportRequest, 'path' | 'maxSizeBytes'>) => Promise<ExportResult>;

/**
 * Piece by piece where the target is a local file; into any other file system by way of a file in `storage`, a local
 * folder of the extension's, up to 64 MiB.
 * Throws a sentence when the file system cannot be written to, or the rows take more.
 */
export async function exportTo(target: vscode.Uri, storage: vscode.Uri, write: WriteExport): Promise<ExportResult> {
  if (target.scheme === 'file') return write({ path: target.fsPath });
  const { fs } = vscode.workspace;
  if (fs.isWritableFileSystem(target.scheme) === false) throw new Error(`${target.scheme}: is read-only.`);
  await fs.createDirectory(storage);
  const copy = vscode.Uri.joinPath(storage, `export-${randomUUID()}`);
  const result = await write({ path: copy.fsPath, maxSizeBytes: MAX_ELSEWHERE_BYTES });
  if (result.cancelled) return result;
  try {
    await fs.writeFile(target, await fs.readFile(copy));
  } finally {
    await fs.delete(copy);
  }
  return result;
}

/** As people know it. */
export function nameOfTarget(target: vscode.Uri): string {
  return target.scheme === 'file' ? target.fsPath : target.toString(true);
}
