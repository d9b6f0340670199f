/** An inspection of bytes in memory, with its events recorded. */

import assert from 'node:assert/strict';
import { Inspection } from '../../src/inspector/inspection.ts';
import type { LogFormat } from '../../src/inspector/logFormat.ts';
import { MemoryFile, type RangedFile } from '../../src/inspector/rangedFile.ts';
import { parseFilter } from '../../src/shared/inspectorFilter.ts';
import type {
  FileChange,
  FilterProgress,
  ScanEvents,
  ScanHostEvents,
  ViewId,
} from '../../src/shared/inspectorMessages.ts';
import type { IndexProgress } from '../../src/shared/inspectorRows.ts';
import type { RecordState } from '../../src/shared/recordState.ts';

/** A file in memory that can grow, shrink and go away. */
export class GrowingFile implements RangedFile {
  bytes: Uint8Array;
  #sizeBytes: number;
  gone = false;
  /** Reads longer than this come back short, as reads of real files may. */
  readonly longestReadBytes: number;

  constructor(bytes: Uint8Array, longestReadBytes = Number.POSITIVE_INFINITY) {
    this.bytes = bytes;
    this.#sizeBytes = bytes.length;
    this.longestReadBytes = longestReadBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  read(target: Uint8Array, offsetBytes: number): number {
    const part = this.bytes.subarray(offsetBytes, offsetBytes + target.length);
    target.set(part);
    return part.length;
  }

  refresh(): 'same' | 'grew' | 'shrank' | 'gone' {
    if (this.gone) return 'gone';
    const before = this.#sizeBytes;
    this.#sizeBytes = this.bytes.length;
    if (this.#sizeBytes === before) return 'same';
    return this.#sizeBytes > before ? 'grew' : 'shrank';
  }

  close(): void {}
}

export interface Probe {
  readonly inspection: Inspection;
  readonly file: GrowingFile;
  readonly changes: FileChange[];
  readonly filterReports: FilterProgress[];
  readonly indexReports: IndexProgress[];
  readonly failures: string[];
  readonly findReports: Parameters<ScanEvents['findProgress']>[0][];
  /** Resolves with the next report that says that the index is done. */
  indexed(): Promise<IndexProgress>;
  filtered(): Promise<FilterProgress>;
}

export interface ProbeOptions {
  readonly fileName?: string;
  readonly formats?: Iterable<LogFormat>;
  /** Files of the same directory. Absent: none can be reached. */
  readonly beside?: Readonly<Record<string, Uint8Array>>;
  /** Called with every report on the index, before anything else of it happens. */
  readonly onIndexReport?: (progress: IndexProgress) => void;
  readonly states?: (offsetsBytes: readonly number[]) => RecordState[] | Promise<RecordState[]>;
}

/** For inspections of whose reports only some matter. */
export const quietEvents: ScanHostEvents = {
  formatProblem: () => {},
  unreadable: () => {},
  indexProgress: () => {},
  filterProgress: () => {},
  sortProgress: () => {},
  findProgress: () => {},
  exportProgress: () => {},
  crossCheckProgress: () => {},
  fileChanged: () => {},
  recordStates: async (offsets) => offsets.map(() => 'unknown' as const),
};

export function probe(bytes: Uint8Array, options: ProbeOptions = {}): Probe {
  const file = new GrowingFile(bytes);
  const changes: FileChange[] = [];
  const filterReports: FilterProgress[] = [];
  const indexReports: IndexProgress[] = [];
  const findReports: Probe['findReports'] = [];
  const failures: string[] = [];
  let onIndexed: (progress: IndexProgress) => void = () => {};
  let onFiltered: (progress: FilterProgress) => void = () => {};
  const events: ScanEvents = {
    ...quietEvents,
    unreadable: (message) => failures.push(message),
    indexProgress: (progress) => {
      indexReports.push(progress);
      options.onIndexReport?.(progress);
      if (progress.done) onIndexed(progress);
    },
    filterProgress: (progress) => {
      filterReports.push(progress);
      if (progress.done) onFiltered(progress);
    },
    findProgress: (progress) => findReports.push(progress),
    fileChanged: (change) => changes.push(change),
    recordStates: async (offsets) => options.states?.(offsets) ?? offsets.map(() => 'unknown'),
  };
  const { fileName = '000000000007.seg', formats, beside } = options;
  const openBeside = (name: string) => {
    const bytesBeside = beside?.[name];
    return bytesBeside === undefined ? undefined : new MemoryFile(bytesBeside);
  };
  const inspection = new Inspection({
    file,
    fileName,
    events,
    ...(beside === undefined ? {} : { openBeside }),
    ...(formats === undefined ? {} : { formats }),
  });
  return {
    inspection,
    file,
    changes,
    filterReports,
    indexReports,
    failures,
    findReports,
    indexed: () => new Promise((resolve) => (onIndexed = resolve)),
    filtered: () => new Promise((resolve) => (onFiltered = resolve)),
  };
}

/** The filter that somebody types. Resolves once it runs. */
export async function startFilter({ inspection }: Pick<Probe, 'inspection'>, line: string): Promise<ViewId> {
  const parsed = parseFilter(line);
  assert.ok(parsed.ok);
  return inspection.setFilter(parsed.filter);
}

/** Opens the file and waits until all of it is indexed. */
export async function openWhole(subject: Probe): Promise<IndexProgress> {
  const indexed = subject.indexed();
  subject.inspection.start();
  return indexed;
}
