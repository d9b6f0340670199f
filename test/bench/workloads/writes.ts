import { Random, shuffled } from '../dataSet.ts';
import type { BenchStore } from '../engines/benchEngine.ts';
import { type Bench, secondsSince } from '../measurement.ts';
import { OperationChunk } from '../operationChunk.ts';
import { runClients } from './clients.ts';
import { verifySample } from './verifySample.ts';

const CHUNK_SIZE = 8192;
export const CLIENTS = 64;
export const DURABLE_CLIENTS = [1, 16, 64, 256] as const;
/** Between two looks at the clock: some engines need milliseconds for each. */
const DURABLE_PUTS_PER_CLIENT = 32;
const MIN_DURABLE_PUTS = 1024;
/** One of so many keys is deleted. */
export const DELETED_EVERY = 10;

export async function writeWorkloads(bench: Bench): Promise<void> {
  const store = await bench.open();
  // What opening has put off until somebody writes is paid here.
  if (bench.wants('put, 8,192 keys just after opening')) {
    await putNew(bench, store, { workload: 'put, 8,192 keys just after opening', clients: CLIENTS, seconds: 0 });
  }
  await warmUp(bench, store);
  if (bench.wants('put, new keys')) await putNew(bench, store, { workload: 'put, new keys', clients: CLIENTS });
  if (bench.wants('overwrite')) await overwrite(bench, store, { workload: 'overwrite', clients: CLIENTS });
  if (bench.wants('delete')) await deleteSome(bench, store);
  await verifySample(bench, store, 'puts, overwrites and deletes');
  await store.close();
}

/** Few clients, too, go on for a while before the clock is stopped, as the physical limit beside them does. */
function durableChunkSize(clients: number): number {
  return Math.max(MIN_DURABLE_PUTS, clients * DURABLE_PUTS_PER_CLIENT);
}

/** Each write is on the disk when it resolves. */
export async function durableWorkloads(bench: Bench): Promise<void> {
  const store = await bench.open(true);
  const [fewest] = DURABLE_CLIENTS;
  await warmUp(bench, store, fewest, durableChunkSize(fewest));
  for (const clients of DURABLE_CLIENTS) {
    const workload = `durable put, ${clients} ${clients === 1 ? 'client' : 'clients'}`;
    if (bench.wants(workload)) await putNew(bench, store, { workload, clients, size: durableChunkSize(clients) });
  }
  await verifySample(bench, store, 'durable puts');
  await store.close();
}

/** Brings into memory what an engine needs to write, and has its code compiled, as in a process that runs for a while. */
async function warmUp(bench: Bench, store: BenchStore, clients = CLIENTS, size = CHUNK_SIZE): Promise<void> {
  const seconds = bench.job.warmUpSeconds;
  if (seconds > 0) await overwrite(bench, store, { clients, size, seconds });
}

interface Puts {
  /** Absent: they are not measured. */
  readonly workload?: string;
  readonly clients: number;
  /** Of a chunk. */
  readonly size?: number;
  /** Absent: as long as every workload. */
  readonly seconds?: number;
}

/** Keys that come after all others in number, in an order that is random in each chunk. */
async function putNew(bench: Bench, store: BenchStore, { workload, clients, size = CHUNK_SIZE, seconds }: Puts) {
  const chunk = new OperationChunk(bench.data, size, true);
  const order = shuffled(chunk.size);
  await writeChunks(bench, workload, {
    clients,
    chunk,
    seconds,
    fill: () => {
      const { indexCount } = bench.state;
      for (let position = 0; position < chunk.size; position++) {
        chunk.setEntry(position, indexCount + order(position), 0);
      }
      bench.state = { ...bench.state, indexCount: indexCount + chunk.size };
    },
    operate: (position) => store.put(chunk.key(position), chunk.value(position)),
  });
}

async function overwrite(bench: Bench, store: BenchStore, { workload, clients, size = CHUNK_SIZE, seconds }: Puts) {
  // Not the keys of the measured ones.
  const random = new Random(workload === undefined ? 22 : 21);
  const chunk = new OperationChunk(bench.data, size, true);
  let version = 1;
  await writeChunks(bench, workload, {
    clients,
    chunk,
    seconds,
    fill: () => {
      for (let position = 0; position < chunk.size; position++) {
        chunk.setEntry(position, random.below(bench.state.indexCount), version);
      }
      version++;
    },
    operate: (position) => store.put(chunk.key(position), chunk.value(position)),
  });
}

async function deleteSome(bench: Bench, store: BenchStore): Promise<void> {
  const total = Math.ceil(bench.state.indexCount / DELETED_EVERY);
  const order = shuffled(total);
  const chunk = new OperationChunk(bench.data, CHUNK_SIZE, false);
  let elapsedSeconds = 0;
  for (let start = 0; start < total; start += chunk.size) {
    const count = Math.min(chunk.size, total - start);
    for (let position = 0; position < count; position++)
      chunk.setKey(position, order(start + position) * DELETED_EVERY);
    const startMs = performance.now();
    await runClients(count, CLIENTS, (position) => store.del(chunk.key(position)));
    elapsedSeconds += secondsSince(startMs);
  }
  bench.state = { ...bench.state, deletedEvery: DELETED_EVERY };
  bench.report('delete', 'ops/s', total, elapsedSeconds);
}

interface ChunkedWrites {
  readonly clients: number;
  readonly chunk: OperationChunk;
  readonly seconds?: number | undefined;
  readonly fill: () => void;
  readonly operate: (position: number) => Promise<unknown> | undefined;
}

/** Chunk after chunk until the time is over; a chunk is always written to its end. */
async function writeChunks(bench: Bench, workload: string | undefined, writes: ChunkedWrites): Promise<void> {
  const { clients, chunk, fill, operate, seconds: wantedSeconds = bench.job.seconds } = writes;
  let total = 0;
  let seconds = 0;
  do {
    fill();
    const startMs = performance.now();
    await runClients(chunk.size, clients, operate);
    seconds += secondsSince(startMs);
    total += chunk.size;
  } while (seconds < wantedSeconds);
  if (workload !== undefined) bench.report(workload, 'ops/s', total, seconds);
}
