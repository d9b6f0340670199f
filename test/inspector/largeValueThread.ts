/**
 * A program that asks a scanning thread, with the limits that threads have, of a segment with large values. It takes the
 * segment's path and prints the answers as JSON, or ends with the thread, as the extension host would.
 */

import { statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ScanThread } from '../../src/inspector/scanThread.ts';
import { parseFilter } from '../../src/shared/inspectorFilter.ts';
import type { FilterProgress, FindPattern } from '../../src/shared/inspectorMessages.ts';
import { quietEvents } from './inspectionProbe.ts';

const FILTERS = ['/rich-\\d+/', '/Absent\\d/', 'zürich', 'needle', 'value:\\xff\\xffa'] as const;
const PATTERNS = [
  { kind: 'regex', pattern: 'rich-\\d+', matchCase: true },
  { kind: 'text', pattern: 'zürich', matchCase: false },
] as const satisfies readonly FindPattern[];

export interface LargeValueAnswers {
  /** Rows that each filter keeps. */
  readonly kept: readonly number[];
  /** Where in its row each pattern is found. */
  readonly foundAtBytes: readonly (number | undefined)[];
  readonly exportedBytes: number;
}

async function answers(segmentPath: string): Promise<LargeValueAnswers> {
  let onFiltered: (progress: FilterProgress) => void = () => {};
  const filterProgress = (progress: FilterProgress) => {
    if (progress.done) onFiltered(progress);
  };
  const source = { kind: 'path', fileName: path.basename(segmentPath), path: segmentPath } as const;
  const worker = fileURLToPath(new URL('../../src/inspector/scanWorker.ts', import.meta.url));
  const thread = new ScanThread(worker, source, { ...quietEvents, filterProgress }, (error) => {
    throw error;
  });
  await thread.calls.open();
  const kept: number[] = [];
  for (const line of FILTERS) {
    const parsed = parseFilter(line);
    if (!parsed.ok) throw new Error(parsed.message);
    const filtered = new Promise<FilterProgress>((resolve) => (onFiltered = resolve));
    await thread.calls.setFilter(parsed.filter);
    kept.push((await filtered).matchCount);
  }
  const foundAtBytes: (number | undefined)[] = [];
  for (const pattern of PATTERNS) {
    const hit = await thread.calls.find({ pattern, view: 0, from: -1, direction: 'next' });
    foundAtBytes.push(hit?.matchOffsetBytes);
  }
  const target = `${segmentPath}.csv`;
  await thread.exportRows({ view: 0, format: 'csv', path: target });
  await thread.dispose();
  return { kept, foundAtBytes, exportedBytes: statSync(target).size };
}

if (process.argv[1] === import.meta.filename) console.log(JSON.stringify(await answers(process.argv[2] as string)));
