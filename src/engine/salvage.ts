/** Copies everything readable of a damaged store, or of one segment file, into a new store. */

import type { BatchOperation, FileDamage, StoreOptions, TaskOptions } from './api.ts';
import { emptyDirectory } from './emptyDirectory.ts';
import { nodeStorage } from './nodeStorage.ts';
import { Pacer } from './pacer.ts';
import { SalvageSource } from './salvageSource.ts';
import type { Storage } from './storage.ts';
import { Store } from './store.ts';
import { storeDirectory } from './storeDirectory.ts';
import { StrataError, storageError } from './strataError.ts';

const BATCH_BYTES = 4 * 1024 * 1024;

export interface SalvageReport {
  /** Sound records that were found in the log, superseded ones and tombstones included. */
  readonly recordsRead: number;
  readonly keysCopied: number;
  readonly bytesCopied: number;
  /** Keys whose newest record was sound when the log was scanned but could not be read afterwards. */
  readonly keysLost: number;
  /** What could not be decoded. A key whose newest record lay there has its older value now, or is gone. */
  readonly damage: readonly FileDamage[];
}

/**
 * `damagedStore` is the directory of a store, or a segment file, which needs no store around it. It stays as it is, and
 * every valid record in it counts: also those of incomplete batches, and those behind a torn tail.
 *
 * `newDirectory` must be an empty directory, or none yet. It is as before when this rejects, but for the directory
 * itself. Keys keep their expiry. Sequence numbers and times of writing start anew.
 */
export async function salvageStore(
  damagedStore: string,
  newDirectory: string,
  options: StoreOptions & TaskOptions = {},
  storage: Storage = nodeStorage,
): Promise<SalvageReport> {
  const source = storeDirectory(storage, damagedStore);
  const target = storeDirectory(storage, newDirectory);
  const { signal, onProgress, ...storeOptions } = options;
  const pacer = new Pacer('Salvage', signal, 'What had been copied was removed.');
  pacer.check();
  requireEmpty(storage, target);
  const damaged = await openDamaged(source, storage);
  try {
    pacer.check();
    const copy = await makeTarget(target, storeOptions, storage);
    try {
      const total = damaged.stats().liveBytes;
      const counts = await copyEntries(damaged, copy, pacer, (done) => onProgress?.({ done, total }));
      await copy.close();
      return { recordsRead: recordCount(damaged), ...counts, damage: damaged.recovery.damage };
    } catch (error) {
      await copy.close().catch(() => {});
      // It was empty, so all that is in it now is of the copy.
      emptyDirectory(storage, target);
      throw error;
    }
  } finally {
    await damaged.close();
  }
}

async function openDamaged(source: string, storage: Storage): Promise<Store> {
  try {
    const view = new SalvageSource(storage, source);
    return await Store.open(source, { readOnly: true, salvage: true }, view);
  } catch (error) {
    throw storageError(error, `opening ${source} to salvage it`);
  }
}

async function makeTarget(target: string, options: StoreOptions, storage: Storage): Promise<Store> {
  try {
    return await Store.open(target, { ...options, errorIfExists: true }, storage);
  } catch (error) {
    // Unless somebody else has made a store there meanwhile, what is in it is of this attempt.
    const { code } = storageError(error, `making a store in ${target}`);
    if (code !== 'STORE_EXISTS' && code !== 'STORE_LOCKED') emptyDirectory(storage, target);
    throw error;
  }
}

function requireEmpty(storage: Storage, target: string): void {
  let names: string[] | undefined;
  try {
    names = storage.list(target);
  } catch (error) {
    throw storageError(error, `looking into ${target}`);
  }
  if (names === undefined || names.length === 0) return;
  throw new StrataError(
    'TARGET_NOT_EMPTY',
    `The folder ${target} is not empty. Salvage writes only into a new or an empty folder; choose another one.`,
  );
}

function recordCount(store: Store): number {
  return store.stats().segments.reduce((sum, segment) => sum + segment.recordCount, 0);
}

async function copyEntries(
  source: Store,
  target: Store,
  pacer: Pacer,
  progress: (doneBytes: number) => void,
): Promise<Pick<SalvageReport, 'keysCopied' | 'keysLost' | 'bytesCopied'>> {
  let batch: BatchOperation[] = [];
  let batchBytes = 0;
  let doneBytes = 0;
  let bytesCopied = 0;
  let keysCopied = 0;
  let keysLost = 0;
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await target.batch(batch);
    keysCopied += batch.length;
    bytesCopied += batchBytes;
    batch = [];
    batchBytes = 0;
    progress(doneBytes);
    await pacer.pause();
  };
  for (const { key, expiryMs, location } of source.keyInfos()) {
    doneBytes += location.sizeBytes;
    const value = readSound(source, key);
    if (value === undefined) {
      keysLost++;
      continue;
    }
    batch.push({ type: 'put', key, value, ...(expiryMs === 0 ? {} : { expiryMs }) });
    batchBytes += location.sizeBytes;
    if (batchBytes >= BATCH_BYTES) await flush();
  }
  await flush();
  return { keysCopied, keysLost, bytesCopied };
}

function readSound(source: Store, key: Uint8Array): Uint8Array | undefined {
  try {
    return source.get(key);
  } catch (error) {
    if (error instanceof StrataError && (error.code === 'STORE_DAMAGED' || error.code === 'IO_ERROR')) return undefined;
    throw error;
  }
}
