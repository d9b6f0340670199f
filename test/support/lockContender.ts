/**
 * Opens a store again and again, in a process or worker thread of its own, beside others that do the same. While it
 * has the store open it holds a file that only one can create: it ends with an error when two are in at once.
 */

import { closeSync, openSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { Store } from '../../src/engine/store.ts';

async function contend(directory: string, rounds: number): Promise<number> {
  let wins = 0;
  for (let round = 0; round < rounds; round++) {
    let store: Store;
    try {
      store = await Store.open(directory, { compaction: 'manual' });
    } catch (error) {
      if ((error as { code?: string }).code !== 'STORE_LOCKED') throw error;
      await new Promise((resolve) => setTimeout(resolve, 1));
      continue;
    }
    const witness = path.join(directory, 'WITNESS');
    closeSync(openSync(witness, 'wx'));
    await store.put(new TextEncoder().encode(`${process.pid} ${round}`), new Uint8Array(10));
    unlinkSync(witness);
    await store.close();
    wins++;
  }
  return wins;
}

if (parentPort === null) {
  const [, , directory = '', rounds = '0'] = process.argv;
  process.stdout.write(`${await contend(directory, Number(rounds))}\n`);
} else {
  const { directory, rounds } = workerData as { directory: string; rounds: number };
  parentPort.postMessage(await contend(directory, rounds));
}
