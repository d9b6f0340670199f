import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { Store } from '../../src/engine/index.ts';
import { everyByteChange, everyTruncation } from '../support/byteMutations.ts';
import { exampleHintFile, exampleManifest, exampleSegment } from '../support/formatExample.ts';
import { CREATED_MS } from '../support/segmentBytes.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';
import {
  assertHeadersAgree,
  assertHintFilesAgree,
  assertManifestsAgree,
  assertSegmentsAgree,
  assertSnapshotsAgree,
} from './decodersAgree.ts';
import { crc, readManifest, readSegment, toHex } from './secondDecoder.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/v1/', import.meta.url));

function readBytes(...parts: string[]): Uint8Array {
  return new Uint8Array(readFileSync(path.join(...parts)));
}

/** Compares the two decoders on every file of a store; returns how many there were. */
function compareFiles(directory: string): number {
  const names = readdirSync(directory).filter((name) => !name.startsWith('LOCK'));
  for (const name of names) {
    const bytes = readBytes(directory, name);
    assertHeadersAgree(bytes);
    if (name.endsWith('.seg')) assertSegmentsAgree(bytes, Number(name.slice(0, 12)));
    else if (name.endsWith('.hint')) assertHintFilesAgree(bytes);
    else if (name === 'MANIFEST') assertManifestsAgree(bytes);
    else if (name === 'KEYDIR') assertSnapshotsAgree(bytes);
    else assert.fail(`what is ${name}?`);
  }
  return names.length;
}

interface Version {
  readonly operation: string;
  readonly sequence: number;
  readonly expiry: number;
  readonly value: string;
}

/** The newest record of every key, by the rules of the page: only live segments, only complete batches. */
function replay(directory: string): Map<string, Version> {
  const manifest = readManifest(readBytes(directory, 'MANIFEST'));
  assert.ok(typeof manifest !== 'string', String(manifest));
  const newest = new Map<string, Version>();
  for (const { id, sealed, durableSize } of manifest.segments) {
    const bytes = readBytes(directory, `${String(id).padStart(12, '0')}.seg`);
    if (sealed) assert.equal(bytes.length, durableSize);
    const { records, damages, batches } = readSegment(bytes, id);
    assert.deepEqual(damages, []);
    assert.ok(batches.every((batch) => batch.complete));
    for (const record of records) {
      if (record.operation === 'batch' || (newest.get(record.key)?.sequence ?? 0) > record.sequence) continue;
      newest.set(record.key, record);
    }
  }
  return newest;
}

describe('the second decoder', () => {
  it('has a checksum of its own that is right', () => {
    assert.equal(crc(new TextEncoder().encode('123456789')), 0xcbf43926);
  });

  const stores = readdirSync(FIXTURES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of stores) {
    it(`agrees on the frozen store ${name}`, () => {
      assert.ok(compareFiles(path.join(FIXTURES, name)) >= 2);
    });
  }

  it('agrees on the snapshots of the frozen stores with what the log says', () => {
    let snapshots = 0;
    for (const name of ['closed', 'compacted', 'partly-compacted']) {
      const directory = path.join(FIXTURES, name);
      assert.ok(existsSync(path.join(directory, 'KEYDIR')));
      compareSnapshotWithLog(directory);
      snapshots++;
    }
    assert.equal(snapshots, 3);
  });

  it('agrees on every cut and every changed byte of a segment, a hint file and a manifest', function () {
    this.timeout(60_000);
    const checks: [Uint8Array, (bytes: Uint8Array) => void][] = [
      [exampleSegment(), (bytes) => assertSegmentsAgree(bytes, 1)],
      [exampleHintFile(), assertHintFilesAgree],
      [exampleManifest(), assertManifestsAgree],
    ];
    for (const [original, check] of checks) {
      for (const bytes of everyTruncation(original)) check(bytes);
      for (const { bytes } of everyByteChange(original)) {
        check(bytes);
        assertHeadersAgree(bytes);
      }
    }
  });
});

describe('random stores', () => {
  const directories = temporaryDirectories();

  const key = fc.oneof(
    fc.constantFrom('a', 'b', 'c', 'dd', 'dde').map((text) => new TextEncoder().encode(text)),
    fc.uint8Array({ minLength: 1, maxLength: 6 }),
  );
  const put = fc.record({
    type: fc.constant('put' as const),
    key,
    value: fc.uint8Array({ maxLength: 60 }),
    ttlMs: fc.option(fc.constantFrom(5, 100_000), { nil: undefined, freq: 3 }),
  });
  const del = fc.record({ type: fc.constant('del' as const), key });
  const step = fc.oneof(
    { weight: 8, arbitrary: put },
    { weight: 3, arbitrary: del },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant('batch' as const),
        operations: fc.array(fc.oneof(put, del), { minLength: 1, maxLength: 6 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('compact' as const) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('reopen' as const) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('order' as const) }) },
  );

  it('hold, for both decoders and the engine, what was written', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 500 }), async (steps, maximum) => {
        const directory = directories.make();
        let nowMs = CREATED_MS;
        const options = { durability: 'os', maxSegmentSizeBytes: maximum, now: () => nowMs } as const;
        const model = new Map<string, { value: string; expiry: number }>();
        const apply = (operation: {
          type: string;
          key: Uint8Array;
          value?: Uint8Array;
          ttlMs?: number | undefined;
        }) => {
          const { type, value, ttlMs } = operation;
          if (type === 'del') model.delete(toHex(operation.key));
          else {
            const expiry = ttlMs === undefined ? 0 : nowMs + ttlMs;
            model.set(toHex(operation.key), { value: toHex(value as Uint8Array), expiry });
          }
        };
        let store = await Store.open(directory, options);
        for (const each of steps) {
          nowMs++;
          if (each.type === 'put') await store.put(each.key, each.value, ttlOf(each.ttlMs));
          else if (each.type === 'del') await store.del(each.key);
          else if (each.type === 'batch') {
            await store.batch(
              each.operations.map((one) => (one.type === 'put' ? { ...one, ...ttlOf(one.ttlMs) } : one)) as never,
            );
          } else if (each.type === 'compact') await store.compact();
          else if (each.type === 'order') store.count();
          else {
            await store.close();
            store = await Store.open(directory, options);
          }
          if (each.type === 'batch') each.operations.forEach(apply);
          else if (each.type === 'put' || each.type === 'del') apply(each);
        }
        const entries = [...store.entries()].map(([k, v]) => [toHex(k), toHex(v)] as const);
        await store.close();
        const live = [...model].filter(([, { expiry }]) => expiry === 0 || expiry > nowMs);
        const expected = live.map(([k, { value }]) => [k, value] as const).sort(([a], [b]) => (a < b ? -1 : 1));
        assert.deepEqual(entries, expected);
        assert.ok(compareFiles(directory) >= 3);
        const replayed = [...replay(directory)]
          .filter(([, { operation, expiry }]) => operation === 'put' && (expiry === 0 || expiry > nowMs))
          .map(([k, { value }]) => [k, value] as const)
          .sort(([a], [b]) => (a < b ? -1 : 1));
        assert.deepEqual(replayed, expected);
        compareSnapshotWithLog(directory);
      }),
      { numRuns: 60 },
    );
  });
});

function ttlOf(ttlMs: number | undefined): { ttlMs?: number } {
  return ttlMs === undefined ? {} : { ttlMs };
}

/** Every entry of the snapshot is its key's newest record, and none that has not expired is missing. */
function compareSnapshotWithLog(directory: string): void {
  const snapshot = assertSnapshotsAgree(readBytes(directory, 'KEYDIR'));
  assert.ok(typeof snapshot !== 'string', String(snapshot));
  const newest = replay(directory);
  for (const { key, sequence, expiry } of snapshot.entries) {
    const version = newest.get(key);
    assert.deepEqual([version?.operation, version?.sequence, version?.expiry], ['put', sequence, expiry]);
  }
  const known = new Set(snapshot.entries.map((entry) => entry.key));
  for (const [key, { operation, expiry }] of newest) {
    if (operation === 'put' && expiry === 0) assert.ok(known.has(key), key);
  }
}
