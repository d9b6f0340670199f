/** Compares a file with those it belongs to. One comparison runs at a time. */

import type { CrossCheck, ScanEvents } from '../shared/inspectorMessages.ts';
import { TimeSlice } from '../worker/timeSlice.ts';
import type { FileVersions } from './fileVersions.ts';
import type { FileContext } from './logFormat.ts';
import { ReportInterval } from './reportInterval.ts';

export class CrossCheckRun {
  readonly #versions: FileVersions;
  readonly #files: FileContext;
  readonly #events: Pick<ScanEvents, 'crossCheckProgress'>;
  #abort: AbortController | undefined;

  constructor(versions: FileVersions, files: FileContext, events: Pick<ScanEvents, 'crossCheckProgress'>) {
    this.#versions = versions;
    this.#files = files;
    this.#events = events;
  }

  /** Undefined: the file belongs to none. Throws when it changes or is closed meanwhile, or another check begins. */
  async check(): Promise<CrossCheck | undefined> {
    const version = this.#versions.current;
    const abort = new AbortController();
    this.#abort = abort;
    const slice = new TimeSlice(1);
    const report = new ReportInterval(true);
    const checkWanted = () => {
      this.#versions.check(version);
      if (this.#abort !== abort) throw new Error('The check has begun anew.');
    };
    const check = version.logFile.crossCheck?.({
      ...this.#files,
      pause: () => {
        checkWanted();
        return slice.isOver() ? slice.next().then(checkWanted) : undefined;
      },
      progress: (progress) => {
        if (report.isOver()) this.#events.crossCheckProgress(progress);
      },
      signal: abort.signal,
    });
    try {
      return await check;
    } finally {
      // Whatever came of it, also of reading a file that was closed meanwhile, is about another file.
      checkWanted();
    }
  }

  /** What it knows by then becomes its answer. */
  cancel(): void {
    this.#abort?.abort();
  }
}
