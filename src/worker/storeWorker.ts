/** Entry point of the worker thread or process: one store, served to whoever started it. */

import { parentPort } from 'node:worker_threads';
import { connect, type MessageEndpoint } from './requestChannel.ts';
import type { StoreNotifications, StoreRequests } from './storeProtocol.ts';
import { StoreServer } from './storeServer.ts';

const server = new StoreServer({
  progress: (taskId, done, total) => void client.progress.asEvent(taskId, done, total),
  versions: (taskId, versions) => void client.versions.asEvent(taskId, versions),
  changed: (kinds) => void client.changed.asEvent(kinds),
});
const client = connect<StoreNotifications, StoreRequests>(server, parentPort ?? parentProcess());

function parentProcess(): MessageEndpoint {
  if (process.send === undefined)
    throw new Error('storeWorker runs in a thread or process that startEngineHost starts.');
  if (process.argv[2] !== undefined) process.title = process.argv[2];
  // The other side is gone. What it has begun to close is closed; else this ends at once, as a thread would: to close a
  // large store takes seconds, for which the next window would find it locked.
  process.once('disconnect', () => exitAfter(server.closing ?? Promise.resolve()));
  // A system that shuts down, and a terminal, tell all processes.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => exitAfter(server.close()));
  return {
    postMessage: (message) => void process.send?.(message, () => undefined),
    on: (event, listener) => process.on(event, listener),
    off: (event, listener) => process.off(event, listener),
  };
}

function exitAfter(closing: Promise<void>): void {
  // Where closing fails, there is left what a crash leaves. A client that has asked for it too gets its answer before.
  void closing.catch(() => undefined).then(() => setImmediate(() => process.exit()));
}
