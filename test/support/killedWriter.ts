/**
 * A program that writes to a store until it is killed. It takes a directory, a durability and a round number, and
 * prints one line for each call before it is made ("try N") and after it was acknowledged ("ack N").
 *
 * Call N of a round puts or deletes one of a few keys, or writes a batch of three: see `callOf`.
 */

import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BatchOperation, Durability } from '../../src/engine/api.ts';
import { Store } from '../../src/engine/store.ts';

const CONCURRENT_CLIENTS = 4;

const utf8 = (text: string) => new TextEncoder().encode(text);

/** What call `number` of a client does: each client has keys of its own, so that its calls alone decide about them. */
export function callOf(client: number, round: number, number: number): BatchOperation[] {
  const value = utf8(`${round}.${number} `.repeat(1 + (number % 40)));
  const put = (name: string): BatchOperation => ({ type: 'put', key: utf8(`${client} ${name}`), value });
  if (number % 5 === 4) return [{ type: 'del', key: utf8(`${client} ${number % 7}`) }];
  if (number % 6 === 5) return [put('batch 1'), put('batch 2'), put('batch 3')];
  return [put(`${number % 7}`)];
}

/** Said when this returns, even to a slow listener: a stream would keep the line for itself and die with it. */
function say(line: string): void {
  const bytes = utf8(`${line}\n`);
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(1, bytes, done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

async function writeForEver(store: Store, client: number, round: number): Promise<never> {
  for (let number = 0; ; number++) {
    say(`try ${client} ${number}`);
    await store.batch(callOf(client, round, number));
    say(`ack ${client} ${number}`);
  }
}

async function main(directory: string, durability: Durability, round: number): Promise<void> {
  const store = await Store.open(directory, { durability, maxSegmentSizeBytes: 4096, compaction: 'manual' });
  say('open');
  const clients = Array.from({ length: CONCURRENT_CLIENTS }, (_, client) => writeForEver(store, client, round));
  for (;;) {
    await Promise.race([store.compact(), ...clients]);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , directory = '', durability = 'fsync', round = '0'] = process.argv;
  await main(directory, durability === 'interval' ? { intervalMs: 5 } : (durability as Durability), Number(round));
}
