/** Long work on a store: progress and a button to cancel, one task of a kind on a store at a time. */

import { setTimeout as sleep } from 'node:timers/promises';
import type * as vscode from 'vscode';
import { StoreError } from '../explorer/storeError.ts';
import { notifyProgress } from '../messages.ts';
import type { TaskOptions } from '../shared/keyValueStore.ts';
import { formatSize } from '../shared/quantities.ts';
import type { StoreTarget } from './storeTarget.ts';

const running = new WeakMap<object, Set<string>>();

/** `verb` stands before the store's name: `Compacting`. Rejects with code `ABORTED` when it is cancelled. */
export async function runStoreTask<T>(
  { entry, store }: StoreTarget,
  verb: string,
  task: (options: TaskOptions) => Promise<T>,
): Promise<T> {
  const verbs = running.get(store) ?? new Set();
  if (verbs.has(verb)) {
    throw new StoreError('BUSY', `${verb} ${entry.name} is under way already. Wait for it, or cancel it.`);
  }
  running.set(store, verbs.add(verb));
  try {
    return await runWithProgress(`${verb} ${entry.name}`, task);
  } finally {
    verbs.delete(verb);
  }
}

export async function runWithProgress<T>(title: string, task: (options: TaskOptions) => Promise<T>): Promise<T> {
  return notifyProgress(title, (progress, token) => {
    const abort = new AbortController();
    token.onCancellationRequested(() => abort.abort());
    return task({ signal: abort.signal, onProgress: percentReporter(progress) });
  });
}

/** Work that is over sooner than this shows no progress. */
const QUICK_MS = 400;

/** As `runWithProgress`, for what is usually over at once. */
export async function runWhenSlow<T>(title: string, task: (options: TaskOptions) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  let tell: TaskOptions['onProgress'];
  const work = task({ signal: abort.signal, onProgress: (progress) => tell?.(progress) });
  const ended = work.then(
    () => true,
    () => true,
  );
  if (!(await Promise.race([ended, sleep(QUICK_MS, false)]))) {
    await runWithProgress(title, async ({ signal, onProgress }) => {
      signal?.addEventListener('abort', () => abort.abort());
      tell = onProgress;
      await ended;
    });
  }
  return work;
}

/** VS Code wants steps in per cent; stores say how much is done of how much. */
function percentReporter(
  progress: vscode.Progress<{ increment: number; message: string }>,
): NonNullable<TaskOptions['onProgress']> {
  let reported = 0;
  return ({ done, total }) => {
    const percent = total === 0 ? 100 : Math.min(100, (done / total) * 100);
    progress.report({
      increment: Math.max(0, percent - reported),
      message: `${formatSize(done)} of ${formatSize(total)}`,
    });
    reported = Math.max(reported, percent);
  };
}
