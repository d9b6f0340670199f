import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { KEY_SIZE_BYTES } from '../dataSet.ts';
import type { BenchStore } from '../engines/benchEngine.ts';
import type { Bench } from '../measurement.ts';
import { processMemoryBytes } from './processMemory.ts';
import { getAtRandom } from './reads.ts';
import { verifySample } from './verifySample.ts';

const JUST_AFTER_COUNT = 10_000;

/** In a process of its own, so that nothing is compiled or cached yet; and the memory that the open store takes. */
export async function openClean(bench: Bench): Promise<void> {
  await open(bench, 'open after a clean close', true);
}

/** Without the keydir snapshot. */
export async function openByHints(bench: Bench): Promise<void> {
  removeFiles(bench.job.directory, /^KEYDIR$/);
  await open(bench, 'open by hint files', false);
}

/** Without the snapshot and hint files: the log alone. */
export async function openByScan(bench: Bench): Promise<void> {
  removeFiles(bench.job.directory, /^KEYDIR$|\.hint$/);
  await open(bench, 'open by scanning the log', false);
}

async function open(bench: Bench, workload: string, withMemory: boolean): Promise<void> {
  const memoryBefore = withMemory ? processMemoryBytes() : 0;
  const startMs = performance.now();
  const store = await bench.open();
  const elapsedMs = performance.now() - startMs;
  bench.reportValue(workload, 'ms', elapsedMs);
  if (withMemory) {
    // What an engine reads only when it is first asked for it, is paid here.
    await getAtRandom(bench, store, 'get, 10,000 keys just after opening', {
      indexCount: bench.state.indexCount,
      maxCount: JUST_AFTER_COUNT,
    });
    await countKeys(bench, store, workload);
    const memoryBytes = processMemoryBytes() - memoryBefore;
    bench.reportValue('memory of the open store', 'B/key', memoryBytes / bench.liveCount);
    const keyMemoryBytes = store.keyMemoryBytes?.();
    if (keyMemoryBytes !== undefined) {
      const overhead = keyMemoryBytes / bench.liveCount - KEY_SIZE_BYTES;
      bench.reportValue("keydir beyond the keys' bytes", 'B/key', overhead);
    }
  }
  await countKeys(bench, store, workload);
  await verifySample(bench, store, workload);
  await store.close();
}

async function countKeys(bench: Bench, store: BenchStore, workload: string): Promise<void> {
  let count = 0;
  await store.scanKeys({}, () => {
    count++;
  });
  bench.expect(workload, 'the number of keys', count, bench.liveCount);
}

function removeFiles(directory: string, names: RegExp): void {
  for (const name of readdirSync(directory)) if (names.test(name)) rmSync(path.join(directory, name));
}
