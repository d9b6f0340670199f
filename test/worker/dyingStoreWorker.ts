/** The store's thread or process, with a defect: it dies when it is asked to verify. */

import { parentPort } from 'node:worker_threads';
import '../../src/worker/storeWorker.ts';

(parentPort ?? process).on('message', (message: { readonly m?: string }) => {
  if (message.m === 'verify') throw new Error('a defect of the worker');
});
