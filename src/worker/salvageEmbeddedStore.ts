import { fileURLToPath } from 'node:url';
import type { SalvageEmbeddedStore } from '../shared/embeddedStore.ts';
import { causeInWords, startEngineHost } from './engineHost.ts';
import { placeFor } from './placement.ts';
import { connect } from './requestChannel.ts';
import { StoreRequestError } from './requestError.ts';
import type { StoreNotifications, StoreRequests } from './storeProtocol.ts';

/** The only task of its thread or process. */
const TASK_ID = 1;

/**
 * Makes the function that salvages, each time in a thread or process that ends with it. `workerUrl` and `warn` are as
 * for opening stores.
 */
export function embeddedStoreSalvager(
  workerUrl: URL,
  warn: (message: string) => void = () => {},
): SalvageEmbeddedStore {
  return async (sourceUri, targetUri, { ownProcess, ...options }, task = {}) => {
    const [source, target] = [fileURLToPath(sourceUri), fileURLToPath(targetUri)];
    const { signal, onProgress } = task;
    requireWanted(signal);
    const kind = placeFor(source, ownProcess);
    const host = await startEngineHost({ kind, workerUrl, directory: target, warn });
    const channel = connect<StoreRequests, StoreNotifications>(
      { progress: (_taskId, done, total) => onProgress?.({ done, total }), versions: () => {}, changed: () => {} },
      host,
    );
    void host.ended.then((defect) => {
      const message = `The ${host.kind} of the salvage ended unexpectedly${causeInWords(defect)}.`;
      channel.$close(new StoreRequestError('WORKER_EXITED', message));
    });
    const cancel = () => void channel.cancel.asEvent(TASK_ID);
    signal?.addEventListener('abort', cancel);
    try {
      // While the host started there was nobody to hear of it.
      requireWanted(signal);
      return await channel.salvage(TASK_ID, { source, target, options });
    } finally {
      signal?.removeEventListener('abort', cancel);
      await host.end();
    }
  };
}

function requireWanted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new StoreRequestError('ABORTED', 'The salvage was cancelled.');
}
