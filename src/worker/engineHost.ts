/**
 * Where an engine runs, seen from the extension host: in a worker thread of it, or in a process of its own. Both run
 * `storeWorker.ts` and speak the same messages.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Transferable, Worker } from 'node:worker_threads';
import { releaseLockOfEnded } from '../engine/lock.ts';
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
  /** Told, in a sentence, what is not as it was asked for. */
  readonly warn: (message: string) => void;
}

/** What a process has written about its end is looked for in as many of its last characters. */
const MAX_ERROR_TEXT_LENGTH = 8000;

/** Where the system refuses a process, for want of memory or by its rules, a thread takes its place. */
export async function startEngineHost(request: EngineHostRequest): Promise<EngineHost> {
  if (request.kind === 'thread') return startThread(request);
  try {
    return processHost(await startProcess(request), request.directory);
  } catch (error) {
    const cause = causeInWords(error as Error);
    request.warn(`No process could be started for ${request.directory}${cause}. A thread takes its place.`);
    return startThread(request);
  }
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
        releaseLockOfEnded(nodeStorage, directory, { pid: process.pid, threadId });
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

async function startProcess({ workerUrl, directory }: EngineHostRequest): Promise<ChildProcess> {
  // On a desktop the extension host's program is Electron, which is told so to be Node. Options of Node that are meant
  // for whatever runs in a terminal could have it wait for a debugger.
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: undefined };
  const child = spawn(process.execPath, [fileURLToPath(workerUrl), `Strata ${directory}`], {
    env,
    // Structured cloning, as between threads.
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    windowsHide: true,
  });
  await once(child, 'spawn');
  return child;
}

function processHost(child: ChildProcess, directory: string): EngineHost {
  let errorText = '';
  child.stderr?.setEncoding('utf8');
  child.stderr?.on('error', () => undefined);
  child.stderr?.on('data', (text: string) => {
    errorText = (errorText + text).slice(-MAX_ERROR_TEXT_LENGTH);
  });
  let failure: Error | undefined;
  const ended = new Promise<Error | undefined>((resolve) => {
    child.on('error', (error) => {
      failure ??= error;
    });
    child.once('close', (code, signal) => {
      try {
        releaseLockOfEnded(nodeStorage, directory, { pid: child.pid as number, threadId: 0 });
      } catch (error) {
        failure ??= error as Error;
      }
      resolve(failure ?? endOf(errorText, code, signal));
    });
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

/** Why a process ended: the error that Node has written before, or how the system saw it. */
function endOf(errorText: string, code: number | null, signal: NodeJS.Signals | null): Error | undefined {
  const found = /^(?:(?:Uncaught )?\w*Error(?: \[\w+\])?|FATAL ERROR): (.*)$/m.exec(errorText);
  if (found !== null) {
    const error = new Error(found[1]);
    error.stack = errorText.slice(found.index);
    return error;
  }
  if (signal !== null) return new Error(signal);
  return code === 0 ? undefined : new Error(`exit code ${code}`);
}

/** In brackets behind a sentence. */
export function causeInWords(defect: Error | undefined): string {
  return defect === undefined ? '' : ` (${messageOf(defect)})`;
}
