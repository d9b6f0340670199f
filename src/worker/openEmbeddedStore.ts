import { fileURLToPath } from 'node:url';
import type { OpenEmbeddedStore } from '../shared/embeddedStore.ts';
import { startEngineHost } from './engineHost.ts';
import { placeFor } from './placement.ts';
import { StoreClient } from './storeClient.ts';
import type { OpenRequest } from './storeProtocol.ts';

/** Less than by default: the machine has other work for its memory, and several stores may be open. */
const CACHE_SIZE = 64 * 1024 * 1024;

/**
 * Makes the function that opens stores, each in a thread or process of its own: its memory goes when it is closed, a
 * crash takes no other store along, and a compaction of one never delays reads of another. A thread costs a few tens
 * of milliseconds and some megabytes, and people have a handful of stores open.
 *
 * `workerUrl` is the bundle of `storeWorker.ts`; `warn` is as for `startEngineHost`.
 */
export function embeddedStoreOpener(workerUrl: URL, warn: (message: string) => void = () => {}): OpenEmbeddedStore {
  return async (directoryUri, { readOnly, expect, salvage, durability, maxSegmentSizeBytes, ownProcess }) => {
    const directory = fileURLToPath(directoryUri);
    const request: OpenRequest = {
      directory,
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
    const kind = placeFor(directory, ownProcess);
    const client = new StoreClient(await startEngineHost({ kind, workerUrl, directory, warn }), request);
    await client.open(request);
    return client;
  };
}
