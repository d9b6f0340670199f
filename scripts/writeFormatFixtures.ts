/**
 * Writes the frozen stores of a format version: `node scripts/writeFormatFixtures.ts <new directory>`. It was run
 * once for test/fixtures/v1, and no test runs it: a later version of the format gets a folder of its own, and the
 * stores of version 1 must open for ever.
 */

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Store, type StoreOptions } from '../src/engine/index.ts';
import { crc32 } from '../src/format/crc32.ts';
import { encodeManifest, type ManifestSegment } from '../src/format/manifest.ts';
import { buildSegment, CREATED_MS, type Planned, toBytes } from '../test/support/segmentBytes.ts';

const FAR_FUTURE_MS = Date.UTC(2100, 0, 1) - CREATED_MS;

const root = path.resolve(process.argv[2] ?? '');
if (process.argv[2] === undefined || existsSync(root)) throw new Error('name a directory that does not exist yet');
mkdirSync(root, { recursive: true });

await writeClosed('closed');
await writeCompacted('compacted');
await writePartlyCompacted('partly-compacted');
await writeCrashed('crashed');
copyWithout('closed', 'without-caches', ['KEYDIR', '000000000001.hint', '000000000002.hint']);
copyWithout('closed', 'damaged-caches', []);
change('damaged-caches', 'KEYDIR', 200);
change('damaged-caches', '000000000001.hint', 70);
copyWithout('closed', 'damaged-sealed-segment', ['KEYDIR', '000000000001.hint']);
change('damaged-sealed-segment', '000000000001.seg', 70);
copyWithout('closed', 'without-manifest', ['MANIFEST']);
copyWithout('closed', 'later-version', []);
change('later-version', 'MANIFEST', 9);

const FIRST: Planned = { key: 'before', value: 'kept', sequence: 1, flags: 2 };
writePlanned('torn-tail', [FIRST, { key: 'torn', value: 'x'.repeat(100), sequence: 2 }], { cutBytes: 30 });
writePlanned('torn-backup', [FIRST, { key: 'backup', value: backup(), sequence: 2 }], { cutBytes: 5 });
writePlanned('incomplete-batch', [FIRST, { batch: batchOf(3) }], { cutBytes: 1 });
writePlanned('lost-middle', [FIRST, { raw: new Uint8Array(64) }, { key: 'whole', value: 'unsynced', sequence: 3 }]);
const SYNCED: Planned = { key: 'synced', value: 'later', sequence: 3, flags: 2 };
writePlanned('damage-before-synced', [FIRST, { raw: new Uint8Array(64) }, SYNCED]);
writePlanned('unknown-operation', [FIRST, { key: 'new', value: 'v', sequence: 2, operation: 4 as 1 }]);
writePlanned('unknown-flags', [FIRST, { key: 'new', value: 'v', sequence: 2, flags: 0x40 }]);

/** A clock that moves by one millisecond at each look, so that every run writes the same times. */
function clock(): () => number {
  let ms = CREATED_MS;
  return () => ms++;
}

async function open(name: string, options: StoreOptions = {}): Promise<Store> {
  return Store.open(path.join(root, name), { durability: 'fsync', maxSegmentSizeBytes: 600, now: clock(), ...options });
}

/** Two sealed segments and an active one. */
async function fill(store: Store): Promise<void> {
  await store.put(toBytes('country/ch/zürich'), toBytes('{"population":341730}'));
  await store.put(toBytes('overwritten'), toBytes('old'));
  await store.put(toBytes('deleted'), toBytes('gone'));
  await store.put(Uint8Array.of(0xff, 0x00, 0xc3, 0x28), Uint8Array.of(0x80, 0x00, 0xff));
  await store.put(toBytes('empty'), new Uint8Array(0));
  await store.put(toBytes('expired'), toBytes('over'), { ttlMs: 1000 });
  await store.put(toBytes('expiring'), toBytes('in 2100'), { ttlMs: FAR_FUTURE_MS });
  await store.batch([
    { type: 'put', key: toBytes('batch/a'), value: toBytes('1') },
    { type: 'put', key: toBytes('overwritten'), value: toBytes('new') },
    { type: 'del', key: toBytes('deleted') },
    { type: 'put', key: toBytes('batch/b'), value: toBytes('x'.repeat(100)), ttlMs: FAR_FUTURE_MS },
  ]);
  await store.put(new Uint8Array(300).fill(0x6b), toBytes('long key'));
  await store.del(toBytes('never there'));
  await store.put(toBytes('last'), toBytes('one'));
}

async function writeClosed(name: string): Promise<void> {
  const store = await open(name);
  await fill(store);
  // Makes the ordered view, so that the snapshot has one.
  store.count();
  await store.close();
}

async function writeCompacted(name: string): Promise<void> {
  const store = await open(name);
  await fill(store);
  await store.compact();
  await store.del(toBytes('empty'));
  await store.put(toBytes('last'), toBytes('after compaction'));
  await store.close();
}

/** Segment 2 holds a tombstone whose put stands in segment 1, so the tombstone stays. */
async function writePartlyCompacted(name: string): Promise<void> {
  const store = await open(name);
  await fill(store);
  await store.compact({ segmentIds: [2] });
  await store.close();
}

/** The files as they are while the store is open, without the lock. */
async function writeCrashed(name: string): Promise<void> {
  const live = `${name}.live`;
  const store = await open(live);
  await fill(store);
  cpSync(path.join(root, live), path.join(root, name), { recursive: true });
  rmSync(path.join(root, name, 'LOCK'));
  await store.close();
  rmSync(path.join(root, live), { recursive: true });
}

function copyWithout(from: string, to: string, without: readonly string[]): void {
  cpSync(path.join(root, from), path.join(root, to), { recursive: true });
  for (const name of without) rmSync(path.join(root, to, name));
}

/** Flips the upper and the lower bit of one byte. */
function change(store: string, file: string, at: number): void {
  const name = path.join(root, store, file);
  const bytes = readFileSync(name);
  bytes[at] = (bytes[at] as number) ^ 0x81;
  writeFileSync(name, bytes);
}

function batchOf(count: number) {
  return Array.from({ length: count }, (_, index) => ({ key: `batch ${index}`, value: 'v', sequence: 2 + index }));
}

/** A segment 1 of another store, whose first record says that everything before it was synced. */
function backup(): Uint8Array {
  return buildSegment(1, [FIRST, { key: 'of the backup', value: 'not ours', sequence: 9, flags: 2 }]).bytes;
}

/** A store whose only segment is unsealed and holds these items; its header was durable, the rest not known to be. */
function writePlanned(name: string, plan: readonly Planned[], { cutBytes = 0 } = {}): void {
  mkdirSync(path.join(root, name));
  const segment = path.join(root, name, '000000000001.seg');
  const { bytes } = buildSegment(1, plan);
  writeFileSync(segment, bytes);
  truncateSync(segment, bytes.length - cutBytes);
  const entry: ManifestSegment = {
    segmentId: 1,
    state: 'unsealed',
    durableSizeBytes: 32,
    minSequence: 0,
    maxSequence: 0,
  };
  const manifest = { generation: 1, nextSegmentId: 2, sequenceFloor: 0, segments: [entry], createdMs: CREATED_MS };
  writeFileSync(path.join(root, name, 'MANIFEST'), encodeManifest(manifest, crc32));
}
