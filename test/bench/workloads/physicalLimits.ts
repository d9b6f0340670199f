/**
 * What the machine itself needs for each workload: the same bytes moved by the fewest and plainest calls, with the
 * same checksum, and nothing else. No store can be faster without doing less (a cache, a mapped file).
 */

import { closeSync, fdatasyncSync, fstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { RECORD_HEADER_SIZE } from '../../../src/format/layout.ts';
import { KEY_SIZE_BYTES, KEYS_PER_PREFIX, Random } from '../dataSet.ts';
import { type Bench, secondsSince } from '../measurement.ts';
import { BATCH_SIZE } from './load.ts';
import { HOT_KEY_COUNT } from './reads.ts';
import { CLIENTS, DELETED_EVERY, DURABLE_CLIENTS } from './writes.ts';
import { MAX_SCAN_LENGTH, MIXES } from './ycsb.ts';

const SEQUENTIAL_READ_BYTES = 1024 * 1024;
/** What Strata's keydir snapshot and hint files hold for each key: the key, and where its record is. */
const SNAPSHOT_ENTRY_SIZE_BYTES = KEY_SIZE_BYTES + 40;
const HINT_ENTRY_SIZE_BYTES = KEY_SIZE_BYTES + 24;
/** Between two looks at the clock. */
const MAX_CALLS_PER_ROUND = 256;
const DATA_FILE = 'raw.log';

interface OpenFiles {
  readonly data: number;
  readonly appended: number;
}

export async function runPhysicalLimits(bench: Bench): Promise<void> {
  const limits = new PhysicalLimits(bench);
  switch (bench.job.group) {
    case 'load-ordered':
      return limits.load('bulk load, ascending keys');
    case 'load':
      return limits.load('bulk load, random keys');
    case 'open':
      return limits.readIndex('open after a clean close', SNAPSHOT_ENTRY_SIZE_BYTES);
    case 'read':
      return limits.read();
    case 'durable':
      return limits.durable();
    case 'ycsb':
      return limits.ycsb();
    case 'write':
      return limits.write();
    case 'compaction':
      return limits.copy();
    case 'open-hints':
      return limits.readIndex('open by hint files', HINT_ENTRY_SIZE_BYTES);
    case 'open-scan':
      return limits.scanLog();
    default:
      throw new Error(`No physical limit is defined for ${bench.job.group}.`);
  }
}

class PhysicalLimits {
  readonly #bench: Bench;
  readonly #recordSize: number;
  readonly #record: Buffer;
  readonly #random = new Random(41);

  constructor(bench: Bench) {
    this.#bench = bench;
    this.#recordSize = RECORD_HEADER_SIZE + KEY_SIZE_BYTES + bench.data.valueSizeBytes;
    this.#record = Buffer.alloc(this.#recordSize);
    bench.data.writeValue(1, 1, this.#record.subarray(-bench.data.valueSizeBytes));
  }

  /** Records copied into one buffer, a checksum each, and one write for each batch. */
  load(workload: string): void {
    const { keyCount } = this.#bench.job;
    const fd = openSync(this.#dataFile, 'w');
    const startMs = performance.now();
    for (let count = 0; count < keyCount; count += BATCH_SIZE) this.#append(fd, Math.min(BATCH_SIZE, keyCount - count));
    this.#bench.report(workload, 'ops/s', keyCount, secondsSince(startMs));
    closeSync(fd);
    this.#bench.state = { indexCount: keyCount, deletedEvery: 0 };
  }

  read(): void {
    const { indexCount } = this.#bench.state;
    this.#sequentialRead(() => undefined);
    for (const name of ['get, all keys', 'get, value valid until the next call', 'getMany, 100 keys each']) {
      this.#readRecords(name, indexCount);
    }
    this.#readRecords('get, 10,000 hot keys', Math.min(HOT_KEY_COUNT, indexCount));
    this.#randomMemory('get, missing keys');
    this.#copyKeys('scan, keys');
    const seconds = this.#sequentialRead(() => undefined);
    this.#bench.report('scan, keys and values', 'entries/s', indexCount, seconds);
    const span = Buffer.alloc(KEYS_PER_PREFIX * this.#recordSize);
    const { count, seconds: prefixSeconds } = this.#repeat((files) => {
      this.#readAt(files.data, span, this.#random.below(Math.max(1, indexCount - KEYS_PER_PREFIX)));
    });
    this.#bench.report('scan, prefix of 500 keys', 'entries/s', count * KEYS_PER_PREFIX, prefixSeconds);
  }

  /** One write of what all clients have, and one fdatasync. */
  durable(): void {
    const putOf =
      (clients: number) =>
      ({ appended }: OpenFiles) => {
        this.#append(appended, clients);
        fdatasyncSync(appended);
      };
    this.#repeat(putOf(1), this.#bench.job.warmUpSeconds);
    for (const clients of DURABLE_CLIENTS) {
      const { count, seconds } = this.#repeat(putOf(clients));
      const workload = `durable put, ${clients} ${clients === 1 ? 'client' : 'clients'}`;
      this.#bench.report(workload, 'ops/s', count * clients, seconds);
    }
  }

  write(): void {
    this.#repeat(({ appended }) => this.#append(appended, CLIENTS), this.#bench.job.warmUpSeconds);
    for (const name of ['put, new keys', 'overwrite']) {
      const { count, seconds } = this.#repeat(({ appended }) => this.#append(appended, CLIENTS));
      this.#bench.report(name, 'ops/s', count * CLIENTS, seconds);
    }
    const tombstone = Buffer.alloc((RECORD_HEADER_SIZE + KEY_SIZE_BYTES) * CLIENTS);
    const { count, seconds } = this.#repeat(({ appended }) => {
      crc32(tombstone);
      writeSync(appended, tombstone);
    });
    this.#bench.report('delete', 'ops/s', count * CLIENTS, seconds);
    this.#bench.state = { ...this.#bench.state, deletedEvery: DELETED_EVERY };
  }

  /** Reads one by one, writes coalesced by as many as there are clients. */
  ycsb(): void {
    const { indexCount } = this.#bench.state;
    for (const mix of MIXES) {
      const span = Buffer.alloc(this.#recordSize * (mix.main === 'scan' ? MAX_SCAN_LENGTH / 2 : 1));
      let pending = 0;
      const { count, seconds } = this.#repeat(({ data, appended }) => {
        const isWrite = this.#random.fraction() < mix.otherShare && mix.other !== 'read';
        if (!isWrite || mix.other === 'modify') {
          this.#readAt(data, span, this.#random.below(indexCount - MAX_SCAN_LENGTH));
        }
        if (!isWrite || ++pending < CLIENTS) return;
        this.#append(appended, pending);
        pending = 0;
      });
      this.#bench.report(mix.name, 'ops/s', count, seconds);
    }
  }

  /** The live bytes, read and written once, and synced: what was copied is about to be deleted. */
  copy(): void {
    const copy = openSync(`${this.#dataFile}.copy`, 'w');
    const recordCount = this.#statDataFile().size / this.#recordSize;
    const copySeconds = this.#sequentialRead((piece) => void writeSync(copy, piece));
    const startMs = performance.now();
    fdatasyncSync(copy);
    const seconds = copySeconds + secondsSince(startMs);
    closeSync(copy);
    rmSync(`${this.#dataFile}.copy`);
    const liveBytes = recordCount * (KEY_SIZE_BYTES + this.#bench.data.valueSizeBytes);
    this.#bench.report('compaction', 'MB/s', liveBytes / 1e6, seconds);
  }

  readIndex(workload: string, entrySizeBytes: number): void {
    const sizeBytes = this.#bench.liveCount * entrySizeBytes;
    const seconds = this.#sequentialRead((piece) => void crc32(piece), sizeBytes);
    this.#bench.reportValue(workload, 'ms', seconds * 1000);
  }

  scanLog(): void {
    const seconds = this.#sequentialRead((piece) => void crc32(piece));
    this.#bench.reportValue('open by scanning the log', 'ms', seconds * 1000);
  }

  get #dataFile(): string {
    return path.join(this.#bench.job.directory, DATA_FILE);
  }

  #statDataFile(): { readonly size: number } {
    const fd = openSync(this.#dataFile, 'r');
    try {
      return fstatSync(fd);
    } finally {
      closeSync(fd);
    }
  }

  #append(fd: number, recordCount: number): void {
    const group = Buffer.allocUnsafe(recordCount * this.#recordSize);
    for (let start = 0; start < group.length; start += this.#recordSize) {
      this.#record.copy(group, start);
      crc32(this.#record);
    }
    writeSync(fd, group);
  }

  #readAt(fd: number, target: Buffer, recordNumber: number): void {
    readSync(fd, target, 0, target.length, recordNumber * this.#recordSize);
  }

  #readRecords(workload: string, indexCount: number): void {
    const target = Buffer.alloc(this.#recordSize);
    const { count, seconds } = this.#repeat(({ data }) => this.#readAt(data, target, this.#random.below(indexCount)));
    this.#bench.report(workload, 'ops/s', count, seconds);
  }

  /** Calls back until the time is over. What is appended goes to a file of its own. */
  #repeat(
    operate: (files: OpenFiles) => void,
    wantedSeconds = this.#bench.job.seconds,
  ): { readonly count: number; readonly seconds: number } {
    const files = { data: openSync(this.#dataFile, 'r'), appended: openSync(`${this.#dataFile}.appended`, 'w') };
    let count = 0;
    let callsPerRound = 1;
    const startMs = performance.now();
    for (let seconds = 0; seconds < wantedSeconds; seconds = secondsSince(startMs)) {
      for (let call = 0; call < callsPerRound; call++) operate(files);
      count += callsPerRound;
      callsPerRound = Math.min(callsPerRound * 2, MAX_CALLS_PER_ROUND);
    }
    const seconds = secondsSince(startMs);
    for (const fd of Object.values(files)) closeSync(fd);
    return { count, seconds };
  }

  #sequentialRead(use: (piece: Buffer) => void, sizeBytes = Number.POSITIVE_INFINITY): number {
    const fd = openSync(this.#dataFile, 'r');
    const piece = Buffer.alloc(SEQUENTIAL_READ_BYTES);
    const startMs = performance.now();
    for (let position = 0; position < sizeBytes; ) {
      const length = readSync(fd, piece, 0, Math.min(piece.length, sizeBytes - position), position);
      if (length === 0) break;
      use(piece.subarray(0, length));
      position += length;
    }
    const seconds = secondsSince(startMs);
    closeSync(fd);
    return seconds;
  }

  /** One cache line of a table of four bytes a key, twice as large as need be. */
  #randomMemory(workload: string): void {
    const table = new Int32Array(this.#bench.state.indexCount * 2).fill(-1);
    let found = 0;
    const { count, seconds } = this.#repeat(() => {
      if (table[this.#random.below(table.length)] !== -1) found++;
    });
    this.#bench.expect(workload, 'what was found', found, 0);
    this.#bench.report(workload, 'ops/s', count, seconds);
  }

  #copyKeys(workload: string): void {
    const keys = Buffer.alloc(this.#bench.state.indexCount * KEY_SIZE_BYTES, 1);
    const target = Buffer.alloc(64 * 1024);
    const startMs = performance.now();
    for (let start = 0; start < keys.length; start += target.length) keys.copy(target, 0, start, start + target.length);
    this.#bench.report(workload, 'entries/s', this.#bench.state.indexCount, secondsSince(startMs));
  }
}
