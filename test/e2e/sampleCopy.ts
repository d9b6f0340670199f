import { rmSync } from 'node:fs';
import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureSampleWorkspace } from '../support/sampleWorkspace.ts';

let written: Promise<string> | undefined;

/** Fills a folder with the sample workspace, which is written once for all suites of this process and then copied. */
export async function copySample(directory: string): Promise<void> {
  written ??= write();
  await cp(path.join(await written, 'sample'), directory, { recursive: true });
}

async function write(): Promise<string> {
  const temporary = await mkdtemp(path.join(tmpdir(), 'strata-sample-'));
  process.once('exit', () => rmSync(temporary, { recursive: true, force: true }));
  await ensureSampleWorkspace(path.join(temporary, 'sample'));
  return temporary;
}
