/** Entry of the scanning thread: one file, looked at until the editor closes. */

import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { createBirpc } from 'birpc';
import type { ScanHostCalls, ScanHostEvents } from '../shared/inspectorMessages.ts';
import { formatsWith } from './furtherFormats.ts';
import { Inspection } from './inspection.ts';
import { LocalFile } from './localFile.ts';
import { MemoryFile, type RangedFile } from './rangedFile.ts';
import type { ScanTask } from './scanThread.ts';

/** Changes by other processes are noticed within this time; the host's file watcher usually tells sooner. */
const LOOK_EVERY_MS = 1000;

const port = parentPort;
if (port === null) throw new Error('The scanning thread runs only as a worker thread.');

const { source, formatModules } = workerData as ScanTask;
const memoryFile = source.kind === 'bytes' ? new MemoryFile(source.bytes) : undefined;
const file = source.kind === 'bytes' ? (memoryFile as MemoryFile) : new LocalFile(source.path);

const calls: ScanHostCalls = {
  open: () => inspection.open(),
  look: () => inspection.look(),
  readOn: () => inspection.readOn(),
  rows: (request) => inspection.rows(request),
  detail: (place) => inspection.detail(place),
  peek: (target) => inspection.peek(target),
  bytes: (range) => inspection.bytes(range),
  overview: () => inspection.overview(),
  setFilter: (filter) => inspection.setFilter(filter),
  cancelFilter: () => inspection.cancelFilter(),
  sort: (request) => inspection.sort(request),
  cancelSort: () => inspection.cancelSort(),
  locate: (target, view) => inspection.locate(target, view),
  adjacentDamage: (row, direction) => inspection.adjacentDamage(row, direction),
  find: (request) => inspection.find(request),
  cancelFind: () => inspection.cancelFind(),
  crossCheck: () => inspection.crossCheck(),
  cancelCrossCheck: () => inspection.cancelCrossCheck(),
  leave: () => inspection.leave(),
  refresh: () => inspection.refresh(),
  exportRows: (request) => inspection.exportRows(request),
  cancelExport: () => inspection.cancelExport(),
  replaceBytes(bytes) {
    memoryFile?.replace(bytes);
    // As for a local file, what fails then ends the thread, so that the editor says so.
    setImmediate(() => inspection.refresh());
  },
};

const host = createBirpc<ScanHostEvents, ScanHostCalls>(calls, {
  post: (message) => port.postMessage(message),
  on: (receive) => port.on('message', receive),
  // A store that is busy answers late; that is no error.
  timeout: -1,
  bind: 'functions',
});

const inspection = new Inspection({
  file,
  fileName: source.fileName,
  formats: formatsWith(formatModules, (message) => void host.formatProblem.asEvent(message)),
  // Files beside a local one can be read too; those of other file systems are out of reach here.
  ...(source.kind === 'path' ? { openBeside: (name: string) => openBeside(source.path, name) } : {}),
  events: {
    unreadable: (message) => void host.unreadable.asEvent(message),
    indexProgress: (progress) => void host.indexProgress.asEvent(progress),
    filterProgress: (progress) => void host.filterProgress.asEvent(progress),
    sortProgress: (progress) => void host.sortProgress.asEvent(progress),
    findProgress: (progress) => void host.findProgress.asEvent(progress),
    fileChanged: (change, summary) => void host.fileChanged.asEvent(change, summary),
    exportProgress: (share) => void host.exportProgress.asEvent(share),
    crossCheckProgress: (progress) => void host.crossCheckProgress.asEvent(progress),
    recordStates: (offsetsBytes) => host.recordStates(offsetsBytes),
  },
});

function openBeside(filePath: string, fileName: string): RangedFile | undefined {
  try {
    return new LocalFile(path.join(path.dirname(filePath), fileName));
  } catch {
    return undefined;
  }
}

setInterval(() => inspection.refresh(), LOOK_EVERY_MS);
