import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { OpenEmbeddedStore } from '../shared/embeddedStore.ts';
import { StoreClient } from './storeClient.ts';
import type { OpenRequest } from './storeProtocol.ts';

/** Less than by default: the extension host has other work for its memory, and several stores may be open in it. */
const CACHE_SIZE = 64 * 1024 * 1024;

/**
 * Makes the function that opens stores, each in a worker thread of its own: its memory goes when it is closed, a
 * crash takes no other store along, and a compaction of one never delays reads of another. A thread costs a few tens
 * of milliseconds and some megabytes, and people have a handful of stores open.
 *
 * `workerUrl` is the bundle of `storeWorker.ts`.
 */
export function embeddedStoreOpener(workerUrl: URL): OpenEmbeddedStore {
  return async (directoryUri, { readOnly, expect, salvage, durability, maxSegmentSizeBytes }) => {
    const request: OpenRequest = {
      directory: fileURLToPath(directoryUri),
      directoryUri,
      options: {
        readOnly,
        salvage,
        durability,
        maxSegmentSizeBytes,
        cacheSizeBytes: CACHE_SIZE,
        createIfMissing: expect === 'new',
        errorIfExists: expect === 'new',
      },
    };
    const worker = new Worker(workerUrl, { name: `Strata ${request.directory}` });
    const client = new StoreClient(worker, request);
    await client.open(request);
    return client;
  };
}
