/**
 * Where an engine runs, seen from the extension host: in a worker thread of it, or in a process of its own. Both run
 * `storeWorker.ts` and speak the same messages.
 */

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Transferable, Worker } from 'node:worker_threads';
import { releaseLockOfEndedThread } from '../engine/lock.ts';
import { nodeStorage } from '../engine/nodeStorage.ts';
import { messageOf } from '../shared/messageOf.ts';
import type { MessageEndpoint } from './requestChannel.ts';

export interface EngineHost extends MessageEndpoint {
  readonly kind: EngineHostKind;
  /** Resolves once it has ended, to the defect that ended it, if one did. */
  readonly ended: Promise<Error | undefined>;
  /** Ends it at once, whatever it does. Resolves once it has ended. */
  end(): Promise<void>;
}

export type EngineHostKind = 'thread' | 'process';

export interface EngineHostRequest {
  readonly kind: EngineHostKind;
  /** `storeWorker.ts` or its bundle. */
  readonly workerUrl: URL;
  /** Whose lock it may take. */
  readonly directory: string;
}

/** What a process has written about its end is looked for in as many of its last characters. */
const MAX_ERROR_TEXT_LENGTH = 8000;

export function startEngineHost(request: EngineHostRequest): EngineHost {
  return request.kind === 'thread' ? startThread(request) : startProcess(request);
}

function startThread({ workerUrl, directory }: EngineHostRequest): EngineHost {
  const worker = new Worker(workerUrl, { name: `Strata ${directory}` });
  const { threadId } = worker;
  let defect: Error | undefined;
  worker.once('error', (error) => {
    defect = error instanceof Error ? error : new Error(String(error));
  });
  // A message that cannot be read is an answer that never comes: better no thread than a request that waits for ever.
  worker.once('messageerror', (error) => {
    defect = error;
    void worker.terminate();
  });
  const ended = new Promise<Error | undefined>((resolve) => {
    worker.once('exit', () => {
      try {
        // It would stay locked for as long as this process lives.
        releaseLockOfEndedThread(nodeStorage, directory, threadId);
      } catch (error) {
        defect ??= error as Error;
      }
      resolve(defect);
    });
  });
  return {
    kind: 'thread',
    ended,
    postMessage(message: unknown, transfer?: readonly Transferable[]) {
      // Not with an empty list: Node walks over whatever it gets, and that alone takes longer than a small message.
      if (transfer === undefined) worker.postMessage(message);
      else worker.postMessage(message, transfer);
    },
    on: (event, listener) => worker.on(event, listener),
    off: (event, listener) => worker.off(event, listener),
    end: async () => void (await worker.terminate()),
  };
}

function startProcess({ workerUrl, directory }: EngineHostRequest): EngineHost {
  const child = fork(fileURLToPath(workerUrl), [`Strata ${directory}`], {
    // Structured cloning, as between threads.
    serialization: 'advanced',
    // Not those of the extension host, which may wait for a debugger.
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // On a desktop the extension host's program is Electron, which is told so to be Node.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  });
  let errorText = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errorText = (errorText + text).slice(-MAX_ERROR_TEXT_LENGTH);
  });
  const ended = new Promise<Error | undefined>((resolve) => {
    // It could not be started, or a message could not be read.
    child.once('error', (error) => {
      resolve(error);
      child.kill('SIGKILL');
    });
    child.once('close', () => resolve(thrownError(errorText)));
  });
  return {
    kind: 'process',
    ended,
    postMessage(message: unknown) {
      // What cannot be sent any more gets its answer from the process's end.
      child.send(message as object, () => undefined);
    },
    on: (event, listener) => child.on(event, listener),
    off: (event, listener) => child.off(event, listener),
    async end() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The error that Node has written before it ended a process because of it. */
function thrownError(text: string): Error | undefined {
  const found = /^(?:Uncaught )?\w*Error(?: \[\w+\])?: (.*)$/m.exec(text);
  if (found === null) return undefined;
  const error = new Error(found[1]);
  error.stack = text.slice(found.index);
  return error;
}

/** In brackets behind a sentence. */
export function causeInWords(defect: Error | undefined): string {
  return defect === undefined ? '' : ` (${messageOf(defect)})`;
}
