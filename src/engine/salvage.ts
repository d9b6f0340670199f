/** Copies everything readable of a damaged store into a new one. */

import type { BatchOperation, FileDamage, StoreOptions, TaskOptions } from './api.ts';
import { Pacer } from './pacer.ts';
import type { Storage } from './storage.ts';
import { Store } from './store.ts';
import { StrataError } from './strataError.ts';

const BATCH_BYTES = 4 * 1024 * 1024;

export interface SalvageReport {
  readonly keysCopied: number;
  /** Keys whose newest record was sound when the log was scanned but could not be read afterwards. */
  readonly keysLost: number;
  /** What could not be decoded. A key whose newest record lay there has its older value now, or is gone. */
  readonly damage: readonly FileDamage[];
}

/**
 * The source is opened read-only and stays as it is; `target` must hold no store yet. Keys keep their expiry.
 * Sequence numbers and times of writing start anew.
 */
export async function salvageStore(
  source: string,
  target: string,
  options: StoreOptions & TaskOptions = {},
  storage?: Storage,
): Promise<SalvageReport> {
  const { signal, onProgress, ...storeOptions } = options;
  const damaged = await Store.open(source, { readOnly: true, salvage: true }, storage);
  try {
    const copy = await Store.open(target, { ...storeOptions, errorIfExists: true }, storage);
    try {
      const pacer = new Pacer('Salvage', signal);
      const total = damaged.stats().liveBytes;
      const counts = await copyEntries(damaged, copy, pacer, (done) => onProgress?.({ done, total }));
      return { ...counts, damage: damaged.recovery.damage };
    } finally {
      await copy.close();
    }
  } finally {
    await damaged.close();
  }
}

async function copyEntries(
  source: Store,
  target: Store,
  pacer: Pacer,
  progress: (doneBytes: number) => void,
): Promise<{ keysCopied: number; keysLost: number }> {
  let batch: BatchOperation[] = [];
  let batchBytes = 0;
  let doneBytes = 0;
  let keysCopied = 0;
  let keysLost = 0;
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await target.batch(batch);
    keysCopied += batch.length;
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
  return { keysCopied, keysLost };
}

function readSound(source: Store, key: Uint8Array): Uint8Array | undefined {
  try {
    return source.get(key);
  } catch (error) {
    if (error instanceof StrataError && (error.code === 'STORE_DAMAGED' || error.code === 'IO_ERROR')) return undefined;
    throw error;
  }
}
