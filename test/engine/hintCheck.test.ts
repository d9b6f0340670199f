/** Verifying compares hint files with their segments, record by record. */

import assert from 'node:assert/strict';
import { Store } from '../../src/engine/store.ts';
import { crc32 } from '../../src/format/crc32.ts';
import { decodeHintFile, type HintEntry, type HintSummary } from '../../src/format/hintFile.ts';
import { hintFileBytes } from '../support/hintFileBytes.ts';
import { SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes } from '../support/storeModel.ts';

const HINT_NAME = '000000000001.hint';
const HINT_PATH = `${STORE_DIRECTORY}/${HINT_NAME}`;
const VALUE = new Uint8Array(8);
const OPTIONS = { ...QUIET_OPTIONS, now: () => 1_000_000 };

/** What the first segment holds: single records, a tombstone, and a batch, whose frame has no entry. */
async function closedStore(): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  const store = await Store.open(STORE_DIRECTORY, { ...OPTIONS, maxSegmentSizeBytes: 4096 }, disk);
  await store.put(keyBytes('a'), VALUE);
  await store.put(keyBytes('b'), VALUE, { ttlMs: 60_000 });
  await store.batch([
    { type: 'put', key: keyBytes('c'), value: VALUE },
    { type: 'del', key: keyBytes('a') },
  ]);
  await store.put(keyBytes('d'), VALUE);
  // Begins the next segment.
  await store.put(keyBytes('e'), new Uint8Array(4096));
  await store.close();
  return disk;
}

function readHint(disk: SimulatedDisk): { summary: HintSummary; entries: HintEntry[] } {
  const entries: HintEntry[] = [];
  const result = decodeHintFile(disk.readFile(HINT_PATH) as Uint8Array, crc32, {
    entry: ({ operation, offsetBytes, valueLength, sequence, expiryMs, key }) =>
      entries.push({ operation, offsetBytes, valueLength, sequence, expiryMs, key: key.slice() }),
  });
  assert.ok(result.ok);
  return { summary: result.summary, entries };
}

/** What verify says of a store whose first hint file somebody has made anew; `$0` stands for the first entry's offset. */
async function problemsWith(
  change: (entries: HintEntry[]) => readonly HintEntry[],
  changeSummary: (summary: HintSummary) => HintSummary = (summary) => summary,
): Promise<string[]> {
  const disk = await closedStore();
  const { summary, entries } = readHint(disk);
  const offsets = entries.map(({ offsetBytes }) => offsetBytes);
  const bytes = hintFileBytes(changeSummary(summary), (encoder) => {
    for (const entry of change(entries)) encoder.add(entry);
  });
  const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
  disk.replaceFile(HINT_PATH, bytes);
  const { problems } = await store.verify();
  await store.close();
  assert.ok(problems.every(({ fileName }) => fileName === HINT_NAME));
  return problems.map(({ message }) =>
    message.replace(/offset (\d+)/, (_, offset) => `offset $${offsets.indexOf(Number(offset))}`),
  );
}

const withEntry = (index: number, change: Partial<HintEntry>) => (entries: HintEntry[]) =>
  entries.with(index, { ...(entries[index] as HintEntry), ...change });

describe('Verifying a hint file', () => {
  it('finds nothing in one that the store has written, nor in one that says the same', async () => {
    const disk = await closedStore();
    assert.equal(readHint(disk).entries.length, 5);
    const store = await Store.open(STORE_DIRECTORY, OPTIONS, disk);
    assert.deepEqual((await store.verify()).problems, []);
    await store.close();
    assert.deepEqual(await problemsWith((entries) => entries), []);
  });

  it('names each entry that differs from its record, whatever it is that differs', async () => {
    const differs = ['the entry for offset $1 differs from the record'];
    assert.deepEqual(await problemsWith(withEntry(1, { sequence: 1000 })), differs);
    assert.deepEqual(await problemsWith(withEntry(1, { expiryMs: 5 })), differs);
    assert.deepEqual(await problemsWith(withEntry(1, { valueLength: 7 })), differs);
    assert.deepEqual(await problemsWith(withEntry(1, { key: keyBytes('x') })), differs);
    assert.deepEqual(await problemsWith(withEntry(3, { operation: 1 })), [
      'the entry for offset $3 differs from the record',
    ]);
  });

  it('names records without entry: the first, one in between, the last, all', async () => {
    const lacks = (index: number) => `the record at offset $${index} of 000000000001.seg has no entry`;
    assert.deepEqual(await problemsWith((entries) => entries.slice(1)), [lacks(0)]);
    assert.deepEqual(await problemsWith((entries) => entries.toSpliced(2, 1)), [lacks(2)]);
    assert.deepEqual(await problemsWith((entries) => entries.slice(0, 4)), [lacks(4)]);
    assert.deepEqual(await problemsWith(() => []), [0, 1, 2, 3, 4].map(lacks));
  });

  it('names entries without record, and goes on with those that have one', async () => {
    const elsewhere = (index: number) => (entries: HintEntry[]) => {
      const entry = entries[index] as HintEntry;
      return entries.toSpliced(index, 0, { ...entry, offsetBytes: entry.offsetBytes - 1 });
    };
    const hasNoRecord = ['the entry for offset $-1 has no record'];
    assert.deepEqual(await problemsWith(elsewhere(1)), hasNoRecord);
    assert.deepEqual(await problemsWith(elsewhere(4)), hasNoRecord);
    assert.deepEqual(
      await problemsWith((entries) => {
        const last = entries.at(-1) as HintEntry;
        return [...entries, { ...last, offsetBytes: last.offsetBytes + 1, valueLength: last.valueLength - 1 }];
      }),
      hasNoRecord,
    );
  });

  it('names a file of another segment, and compares nothing then', async () => {
    const foreign = (summary: HintSummary) => ({ ...summary, segmentHeaderChecksum: 1 });
    assert.deepEqual(await problemsWith((entries) => entries.slice(1), foreign), ['it belongs to another segment']);
  });
});
