/** The extension host's end of a scanning thread. */

import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { type BirpcReturn, createBirpc } from 'birpc';
import type { ExportRequest, ExportResult, ScanHostCalls, ScanHostEvents } from '../shared/inspectorMessages.ts';
import { removePartialExport } from './exportFile.ts';

export type ScanSource =
  | { readonly kind: 'path'; readonly fileName: string; readonly path: string }
  /** For files of other file systems, which cannot be read by ranges. */
  | { readonly kind: 'bytes'; readonly fileName: string; readonly bytes: Uint8Array };

/** What a thread is started with. */
export interface ScanTask {
  readonly source: ScanSource;
  /** Paths of the modules with further log formats. */
  readonly formatModules: readonly string[];
}

/** A thread's heap beyond this is a defect; better the one editor fails than the machine. Read buffers do not count. */
const MAX_HEAP_MB = 256;

const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: 'This file is gone: a compaction may have replaced it, or somebody has deleted it.',
  EACCES: 'This file may not be read: its permissions do not allow it.',
};

function inWords(error: NodeJS.ErrnoException): Error {
  const sentence = SENTENCES[error.code ?? ''];
  return sentence === undefined ? error : new Error(sentence, { cause: error });
}

export class ScanThread {
  readonly calls: BirpcReturn<ScanHostCalls, ScanHostEvents>;
  readonly #worker: Worker;
  readonly #ended: Promise<unknown>;
  #closed = false;
  #failure: Error | undefined;

  /** `onFailure` is called once when the thread ends by itself; every call still open has been rejected then. */
  constructor(
    workerPath: string,
    source: ScanSource,
    events: ScanHostEvents,
    onFailure: (error: Error) => void,
    formatModules: readonly string[] = [],
  ) {
    const task: ScanTask = { source, formatModules };
    const worker = new Worker(workerPath, {
      workerData: task,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
      name: 'strata inspector',
    });
    this.#worker = worker;
    this.#ended = new Promise((resolve) => worker.once('exit', resolve));
    this.calls = createBirpc<ScanHostCalls, ScanHostEvents>(events, {
      post: (message) => worker.postMessage(message),
      on: (receive) => worker.on('message', receive),
      // Long searches are no failure: a thread that has ended rejects its calls through `$close`.
      timeout: -1,
      bind: 'functions',
      // A webview may load, and ask, only after the thread has ended: it is to hear why, and not that a channel is closed.
      onRequest: async (_request, next) => {
        if (this.#failure !== undefined) throw this.#failure;
        await next();
      },
    });
    const fail = (cause: Error) => {
      if (this.#closed) return;
      this.#closed = true;
      const error = inWords(cause);
      this.#failure = error;
      this.calls.$rejectPendingCalls(({ reject }) => reject(error));
      onFailure(error);
    };
    worker.on('error', fail);
    worker.on('exit', () => fail(new Error('The thread that reads the file has ended.')));
  }

  /** Leaves nothing behind when the thread ends before it has written all, for whatever reason it does. */
  async exportRows(request: Omit<ExportRequest, 'partialPath'>): Promise<ExportResult> {
    const partialPath = `${request.path}.${randomUUID()}.partial`;
    try {
      return await this.calls.exportRows({ ...request, partialPath });
    } catch (error) {
      if (this.#closed) {
        await this.#ended;
        removePartialExport(partialPath);
      }
      throw error;
    }
  }

  async dispose(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.calls.$close(new Error('The editor was closed.'));
    }
    await this.#worker.terminate();
  }
}
