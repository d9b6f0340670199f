import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { releaseLockOfEndedThread } from '../engine/lock.ts';
import { nodeStorage } from '../engine/nodeStorage.ts';
import type { SalvageEmbeddedStore } from '../shared/embeddedStore.ts';
import { messageOf } from '../shared/messageOf.ts';
import { connect } from './requestChannel.ts';
import { StoreRequestError } from './requestError.ts';
import type { StoreNotifications, StoreRequests } from './storeProtocol.ts';

/** The only task of its thread. */
const TASK_ID = 1;

/** Makes the function that salvages, each time in a thread that ends with it. `workerUrl` is as for opening stores. */
export function embeddedStoreSalvager(workerUrl: URL): SalvageEmbeddedStore {
  return async (sourceUri, targetUri, options, task = {}) => {
    const [source, target] = [fileURLToPath(sourceUri), fileURLToPath(targetUri)];
    const { signal, onProgress } = task;
    if (signal?.aborted === true) throw new StoreRequestError('ABORTED', 'The salvage was cancelled.');
    const worker = new Worker(workerUrl, { name: `Strata salvage ${source}` });
    const channel = connect<StoreRequests, StoreNotifications>(
      { progress: (_taskId, done, total) => onProgress?.({ done, total }), versions: () => {}, changed: () => {} },
      worker,
    );
    const { threadId } = worker;
    let cause = '';
    worker.once('error', (error) => {
      cause = ` (${messageOf(error)})`;
    });
    worker.once('exit', () => {
      channel.$close(new StoreRequestError('WORKER_EXITED', `The thread of the salvage ended unexpectedly${cause}.`));
      releaseLockOfEndedThread(nodeStorage, target, threadId);
    });
    const cancel = () => void channel.cancel.asEvent(TASK_ID);
    signal?.addEventListener('abort', cancel);
    try {
      return await channel.salvage(TASK_ID, { source, target, options });
    } finally {
      signal?.removeEventListener('abort', cancel);
      await worker.terminate();
    }
  };
}
