import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { MeasuredPhase } from '../host/phaseDelay.ts';
import type { RunResult } from '../runner.ts';
import type { Machine } from './machine.ts';

export interface Results {
  readonly machine: Machine;
  readonly results: readonly RunResult[];
  readonly phases?: readonly MeasuredPhase[];
  /** The same while VS Code looks for ports to forward. */
  readonly phasesSearchingPorts?: readonly MeasuredPhase[];
}

/** Writes `<name>.md` and `<name>.json`, and the Markdown to the terminal too. */
export function writeReport(directory: string, name: string, markdown: string, results: Results): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, `${name}.md`), `${markdown}\n`);
  writeFileSync(path.join(directory, `${name}.json`), `${JSON.stringify(results, null, 2)}\n`);
  console.log(`\n${markdown}\n\nWritten: ${path.join(directory, name)}.md and .json`);
}

/** What `writeReport` has written under that name, if anything. */
export function readResults(directory: string, name: string): Results | undefined {
  const file = path.join(directory, `${name}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : undefined;
}
