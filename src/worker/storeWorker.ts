/** Entry point of the worker thread: one store, served to the thread that started it. */

import { parentPort } from 'node:worker_threads';
import { connect } from './requestChannel.ts';
import type { StoreNotifications, StoreRequests } from './storeProtocol.ts';
import { StoreServer } from './storeServer.ts';

if (parentPort === null) throw new Error('storeWorker runs in a worker thread; start it with embeddedStoreOpener.');

const server = new StoreServer({
  progress: (taskId, done, total) => void client.progress.asEvent(taskId, done, total),
  versions: (taskId, versions) => void client.versions.asEvent(taskId, versions),
  changed: (kinds) => void client.changed.asEvent(kinds),
});
const client = connect<StoreNotifications, StoreRequests>(server, parentPort);
