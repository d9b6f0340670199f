/** The segments that a compaction writes. */

import assert from 'node:assert/strict';
import { Store } from '../../src/engine/store.ts';
import { StrataError } from '../../src/engine/strataError.ts';
import { type DiskCall, type DiskImage, SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes } from '../support/storeModel.ts';

const OPTIONS = { ...QUIET_OPTIONS, maxSegmentSizeBytes: 2_500_000, durability: 'os' } as const;
const KEY_COUNT = 60;
/** Longer than a buffer of the compaction. */
const LARGE = 1_200_000;

function contentOf(index: number, version: number, size: number): Uint8Array {
  const value = new Uint8Array(size);
  for (let i = 0; i < value.length; i += 50) value[i] = index + version + i / 50;
  return value;
}

function longKey(index: number): Uint8Array {
  return new Uint8Array(60_000 + index).fill(index + 1);
}

/** Every third key has an older version, so that what stays does not stand where it stood. */
async function filled(keyOf: (index: number) => Uint8Array, sizeOf: (index: number) => number): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
  const put = (i: number, version: number) => store.put(keyOf(i), contentOf(i, version, sizeOf(i)));
  for (let i = 0; i < KEY_COUNT; i++) await put(i, 1);
  for (let i = 0; i < KEY_COUNT; i += 3) await put(i, 2);
  await store.close();
  return disk;
}

const FILES = [
  {
    what: 'segment',
    extension: '.seg',
    keyOf: (index: number) => keyBytes(`${index}`),
    sizeOf: (index: number) => (index % 25 === 7 ? LARGE : 100_000 + index),
  },
  // Keys make hint files large: each has several pieces.
  { what: 'hint file', extension: '.hint.tmp', keyOf: longKey, sizeOf: (index: number) => index },
];

function assertWhole(store: Store, keyOf: (index: number) => Uint8Array, sizeOf: (index: number) => number): void {
  for (let i = 0; i < KEY_COUNT; i++) {
    const found = store.get(keyOf(i));
    const expected = contentOf(i, i % 3 === 0 ? 2 : 1, sizeOf(i));
    assert.ok(found !== undefined && Buffer.compare(found, expected) === 0, `key ${i}`);
  }
}

describe('The outputs of a compaction', () => {
  for (const { what, extension, keyOf, sizeOf } of FILES) {
    it(`are removed when any write of a ${what} fails, and the store goes on`, async () => {
      const image = (await filled(keyOf, sizeOf)).image();
      let failures = 0;
      for (let nth = 0; ; nth++) {
        const disk = new SimulatedDisk(image);
        const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
        const namesWith = (end: string) => disk.list(STORE_DIRECTORY)?.filter((name) => name.endsWith(end)) ?? [];
        const filesBefore = namesWith('.seg').length;
        const segmentsBefore = store.stats().segments.length;
        const openBefore = disk.openFileCount;
        let writes = 0;
        disk.fault = ({ kind, path, length = 0 }) =>
          kind === 'write' && path.endsWith(extension) && writes++ === nth
            ? { code: 'ENOSPC', after: Math.floor(length / 2) }
            : undefined;
        const outcome = await store.compact().catch((error: unknown) => error);
        disk.fault = undefined;
        const isFailed = outcome instanceof Error;
        if (isFailed) {
          assert.ok(outcome instanceof StrataError && outcome.code === 'DISK_FULL', String(outcome));
          // The segment that was being written to may have been sealed, and a new one begun.
          const begun = store.stats().segments.length - segmentsBefore;
          if (extension === '.seg') assert.equal(disk.openFileCount - openBefore, begun, `write ${nth}`);
          assert.equal(namesWith('.seg').length - filesBefore, begun, `write ${nth}`);
        }
        assertWhole(store, keyOf, sizeOf);
        await store.compact();
        await store.close();
        assert.deepEqual(namesWith('.tmp'), [], `write ${nth}`);
        assert.equal(disk.openFileCount, 0, `write ${nth}`);
        const again = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
        assertWhole(again, keyOf, sizeOf);
        await again.close();
        if (writes <= nth) {
          assert.ok(nth > 4, `${nth} writes`);
          break;
        }
        failures += isFailed ? 1 : 0;
      }
      // A segment that the compaction sealed gets a hint file too; that one may fail, because it is a cache.
      assert.ok(failures > 4, `${failures} failures`);
    });
  }
});

interface DiskCalls {
  readonly words: string;
  readonly kind: DiskCall['kind'];
  readonly extension: string;
}

/** What fails first: calls are counted from 0, those of all outputs together and those of each file. */
const CAUSES: readonly (DiskCalls & { readonly fails: (nth: number, nthOfFile: number) => boolean })[] = [
  { words: 'a segment cannot be written', kind: 'write', extension: '.seg', fails: (nth) => nth === 4 },
  { words: 'a hint file cannot be written', kind: 'write', extension: '.hint.tmp', fails: (nth) => nth === 3 },
  { words: 'a hint file cannot be ended', kind: 'write', extension: '.hint.tmp', fails: (nth) => nth === 5 },
  // The first sync is that of the header. So each output still has its temporary file when all of them are removed.
  { words: 'no segment can be synced', kind: 'sync', extension: '.seg', fails: (_, nthOfFile) => nthOfFile > 0 },
  { words: 'a hint file cannot be synced', kind: 'sync', extension: '.hint.tmp', fails: (nth) => nth === 0 },
  { words: 'a hint file cannot be named', kind: 'rename', extension: '.hint.tmp', fails: (nth) => nth === 1 },
];

const REFUSALS: readonly DiskCalls[] = [
  { words: 'a temporary hint file not closed', kind: 'close', extension: '.hint.tmp' },
  { words: 'a temporary hint file not removed', kind: 'remove', extension: '.hint.tmp' },
  { words: 'a hint file not removed', kind: 'remove', extension: '.hint' },
  { words: 'a segment not closed', kind: 'close', extension: '.seg' },
  { words: 'a segment not removed', kind: 'remove', extension: '.seg' },
];

/** The disk is full at the cause; what is refused after that fails with another code. */
async function failAndRefuse(
  image: DiskImage,
  cause: (typeof CAUSES)[number],
  refusal: DiskCalls,
  isLasting: boolean,
): Promise<void> {
  const disk = new SimulatedDisk(image);
  const store = await Store.open(STORE_DIRECTORY, { ...OPTIONS, maxSegmentSizeBytes: 1_300_000 }, disk);
  const names = () => new Set(disk.list(STORE_DIRECTORY));
  const before = names();
  const openBefore = disk.openFileCount;
  const isOutput = (path: string) => !before.has(path.slice(STORE_DIRECTORY.length + 1));
  const calls = new Map<string, number>();
  let callsOfAll = 0;
  let hasFailed = false;
  const refused: string[] = [];
  disk.fault = ({ kind, path }) => {
    if (kind === 'list') return undefined;
    if (kind === cause.kind && path.endsWith(cause.extension) && isOutput(path)) {
      const callsOfFile = calls.get(path) ?? 0;
      calls.set(path, callsOfFile + 1);
      if (cause.fails(callsOfAll++, callsOfFile)) {
        hasFailed = true;
        return { code: 'ENOSPC' };
      }
    }
    const mayRefuse = hasFailed && (isLasting || refused.length === 0);
    if (!mayRefuse || kind !== refusal.kind || !path.endsWith(refusal.extension)) return undefined;
    if (!isOutput(path) || !names().has(path.slice(STORE_DIRECTORY.length + 1))) return undefined;
    refused.push(path);
    return { code: 'EIO' };
  };
  const segmentIds = store.stats().segments.map(({ segmentId }) => segmentId);
  const outcome = await store.compact({ segmentIds }).catch((error: unknown) => error);
  disk.fault = undefined;
  assert.ok(hasFailed);
  assert.ok(outcome instanceof StrataError && outcome.code === 'DISK_FULL', String(outcome));
  const left = [...names()].filter((name) => !before.has(name));
  assert.deepEqual(
    left.map((name) => disk.join(STORE_DIRECTORY, name)),
    refusal.kind === 'remove' ? refused : [],
  );
  assert.equal(disk.openFileCount, openBefore);
  assertWhole(store, longKey, (index) => index);
  await store.compact();
  await store.close();
  assert.equal(disk.openFileCount, 0);
  const again = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
  assertWhole(again, longKey, (index) => index);
  assert.deepEqual(
    [...names()].filter((name) => name.endsWith('.tmp')),
    [],
  );
  await again.close();
}

describe('The outputs of a compaction where removing them fails too', () => {
  let image: DiskImage;

  before(async () => {
    const disk = await filled(longKey, (index) => index);
    const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
    // Seals the segment that was written to, so that the compactions below make no files but their outputs.
    await store.compact();
    await store.close();
    // It would be open until all of it has been loaded.
    disk.remove(disk.join(STORE_DIRECTORY, 'KEYDIR'));
    image = disk.image();
  });

  for (const cause of CAUSES) {
    it(`are removed but for what is refused, and the first error is told: ${cause.words}`, async () => {
      for (const refusal of REFUSALS) {
        for (const isLasting of [false, true]) {
          try {
            await failAndRefuse(image, cause, refusal, isLasting);
          } catch (problem) {
            const words = `${refusal.words}, ${isLasting ? 'each time' : 'once'}`;
            throw new Error(`${words}: ${(problem as Error).message}`, { cause: problem });
          }
        }
      }
    });
  }
});

describe('The inputs of a compaction', () => {
  for (const kind of ['close', 'remove'] as const) {
    it(`are given up where a file refuses to be ${kind === 'close' ? 'closed' : 'removed'}, and the compaction counts`, async () => {
      const disk = await filled(longKey, (index) => index);
      const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
      const inputs = store.stats().segments.map(({ fileName }) => disk.join(STORE_DIRECTORY, fileName));
      const refused: string[] = [];
      disk.fault = (call) => {
        if (call.kind !== kind || refused.length > 0 || !inputs.includes(call.path)) return undefined;
        refused.push(call.path);
        return { code: 'EIO' };
      };
      const { segmentsBefore } = await store.compact();
      disk.fault = undefined;
      assert.equal(refused.length, 1);
      assert.ok(segmentsBefore > 1);
      const left = (disk.list(STORE_DIRECTORY) ?? []).map((name) => disk.join(STORE_DIRECTORY, name));
      assert.deepEqual(
        inputs.filter((path) => left.includes(path)),
        kind === 'remove' ? refused : [],
      );
      assertWhole(store, longKey, (index) => index);
      await store.put(keyBytes('more'), keyBytes('of it'));
      await store.close();
      assert.equal(disk.openFileCount, 0);
    });
  }
});
