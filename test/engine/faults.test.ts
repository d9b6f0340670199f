/** Errors of the disk at every call of a history: nothing is acknowledged that is not so, and nothing is lost. */

import assert from 'node:assert/strict';
import type { Durability } from '../../src/engine/api.ts';
import { Store } from '../../src/engine/store.ts';
import { StrataError } from '../../src/engine/strataError.ts';
import { everyCrash, hardestCrash } from '../support/crashStates.ts';
import { type DiskCall, type DiskFault, SimulatedDisk } from '../support/simulatedDisk.ts';
import { fingerprint, QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes, StoreModel } from '../support/storeModel.ts';

const SMALL_SEGMENTS = 200;
const NOW_MS = 1_700_000_000_000;
const VALUE = Uint8Array.from({ length: 40 }, (_, i) => i);

function openStore(disk: SimulatedDisk, durability: Durability): Promise<Store> {
  const options = { ...QUIET_OPTIONS, durability, maxSegmentSizeBytes: SMALL_SEGMENTS, now: () => NOW_MS };
  return Store.open(STORE_DIRECTORY, options, disk);
}

/** A key of its own for each call, so that what is there after a fault says which calls counted. */
interface Outcome {
  readonly key: string;
  result: 'acknowledged' | 'failed' | 'pending';
}

/** Writes, rotates, syncs, compacts, checkpoints and closes; goes on after whatever fails. */
async function runHistory(disk: SimulatedDisk, durability: Durability): Promise<HistoryOutcome> {
  const calls: Outcome[] = [];
  let durableCount = 0;
  const isDurableAtOnce = durability === 'fsync' || durability === 'dsync';
  const attempt = async (action: () => Promise<unknown>): Promise<boolean> => {
    try {
      await action();
      return true;
    } catch (error) {
      assert.ok(error instanceof StrataError, `not a StrataError: ${(error as Error).stack}`);
      return false;
    }
  };
  const write = async (store: Store, key: string) => {
    const outcome: Outcome = { key, result: 'pending' };
    calls.push(outcome);
    const succeeded = await attempt(() => store.put(keyBytes(key), VALUE));
    outcome.result = succeeded ? 'acknowledged' : 'failed';
    if (succeeded && isDurableAtOnce) durableCount = calls.length;
  };
  const makeDurable = async (action: () => Promise<unknown>) => {
    const count = calls.length;
    if (await attempt(action)) durableCount = Math.max(durableCount, count);
  };

  let store: Store | undefined;
  for (let round = 0; round < 2; round++) {
    await attempt(async () => {
      store = await openStore(disk, durability);
    });
    if (store === undefined) break;
    const open = store;
    store = undefined;
    for (let i = 0; i < 4; i++) await write(open, `${round} ${i}`);
    await Promise.all([write(open, `${round} together 1`), write(open, `${round} together 2`)]);
    await makeDurable(() => open.sync());
    await attempt(() => open.compact());
    await write(open, `${round} after the compaction`);
    await attempt(() => open.checkpoint(`/checkpoint-${round}`));
    await attempt(() => open.verify());
    await makeDurable(() => open.close());
  }
  return { calls, durableCount };
}

interface HistoryOutcome {
  readonly calls: readonly Outcome[];
  readonly durableCount: number;
}

/** After a crash in which nothing arrived that was not synced, what was acknowledged as durable is there. */
async function checkNothingIsLost(disk: SimulatedDisk, outcome: HistoryOutcome, durability: Durability): Promise<void> {
  disk.fault = undefined;
  const after = new SimulatedDisk(hardestCrash(disk.freeze()).image);
  const store = await openStore(after, durability);
  const { calls, durableCount } = outcome;
  for (const { key } of calls.slice(0, durableCount).filter(({ result }) => result === 'acknowledged')) {
    assert.deepEqual(store.get(keyBytes(key)), VALUE, `"${key}" was acknowledged as durable and is lost`);
  }
  const written = new Set(calls.map(({ key }) => key));
  for (const key of store.keys()) assert.ok(written.has(Buffer.from(key).toString('latin1')), 'a key nobody wrote');
  const report = await store.verify();
  assert.deepEqual(report.problems, []);
  await store.put(keyBytes('afterwards'), VALUE);
  await store.close();
}

const DURABILITIES: readonly Durability[] = ['fsync', 'dsync', 'os', { intervalMs: 1_000_000 }];

interface FaultKind {
  readonly name: string;
  readonly hits: (call: DiskCall) => boolean;
  readonly fault: (call: DiskCall) => DiskFault;
}

const error = (code: string) => () => ({ code });
const FAULTS: readonly FaultKind[] = [
  { name: 'EIO at any call', hits: ({ kind }) => kind !== 'close', fault: error('EIO') },
  { name: 'EMFILE when a file is opened', hits: ({ kind }) => kind === 'open', fault: error('EMFILE') },
  {
    name: 'ENOSPC in the middle of a write',
    hits: ({ kind }) => kind === 'write',
    fault: ({ length = 0 }) => ({ code: 'ENOSPC', after: Math.floor(length / 2) }),
  },
  {
    name: 'ENOSPC when something is created',
    hits: ({ kind }) => kind === 'open' || kind === 'link',
    fault: error('ENOSPC'),
  },
  { name: 'a failing sync', hits: ({ kind }) => kind === 'sync', fault: error('EIO') },
  { name: 'a failing rename', hits: ({ kind }) => kind === 'rename', fault: error('EPERM') },
  { name: 'a failing sync of the directory', hits: ({ kind }) => kind === 'syncDirectory', fault: error('EIO') },
];

let faultCount = 0;

describe('Faults of the disk', function () {
  this.timeout(0);

  for (const kind of FAULTS) {
    for (const durability of DURABILITIES) {
      for (const lasts of [false, true]) {
        const words = `${kind.name}, ${lasts ? 'from then on' : 'once'} (${typeof durability === 'string' ? durability : 'interval'})`;
        it(words, async () => {
          const counting = new SimulatedDisk();
          const indexes: number[] = [];
          counting.fault = (call) => {
            if (kind.hits(call)) indexes.push(call.index);
            return undefined;
          };
          const untroubled = await runHistory(counting, durability);
          assert.ok(untroubled.calls.every(({ result }) => result === 'acknowledged'));
          for (const first of indexes) await checkFault(kind, first, lasts, durability);
        });
      }
    }
  }

  it('short reads and writes of any length change nothing', async () => {
    for (const durability of DURABILITIES) {
      for (const shortTo of [1, 2, 7, 31, 33]) {
        const disk = new SimulatedDisk();
        disk.fault = ({ kind, length = 0 }) =>
          (kind === 'read' || kind === 'write') && length > shortTo ? { shortTo } : undefined;
        const outcome = await runHistory(disk, durability);
        assert.ok(outcome.calls.every(({ result }) => result === 'acknowledged'));
        await checkNothingIsLost(disk, outcome, durability);
        faultCount++;
      }
    }
  });

  after(() => console.log(`      ${faultCount} histories with faults`));
});

async function checkFault(kind: FaultKind, first: number, lasts: boolean, durability: Durability): Promise<void> {
  const disk = new SimulatedDisk();
  disk.fault = (call) => {
    const isDue = lasts ? call.index >= first : call.index === first;
    return isDue && kind.hits(call) ? kind.fault(call) : undefined;
  };
  faultCount++;
  try {
    const outcome = await runHistory(disk, durability);
    await checkNothingIsLost(disk, outcome, durability);
  } catch (problem) {
    throw new Error(`with the fault at call ${first}: ${(problem as Error).message}`, { cause: problem });
  }
}

describe('A failed sync', () => {
  for (const durability of ['fsync', 'os', { intervalMs: 1_000_000 }] as const) {
    const words = typeof durability === 'string' ? durability : 'interval';
    it(`is final until the store is reopened (${words})`, async () => {
      const disk = new SimulatedDisk();
      const store = await openStore(disk, durability);
      await store.put(keyBytes('before'), VALUE);
      disk.fault = ({ kind }) => (kind === 'sync' ? { code: 'EIO' } : undefined);
      await assert.rejects(
        store.put(keyBytes('during'), VALUE).then(() => store.sync()),
        { code: 'STORE_FAILED' },
      );
      disk.fault = undefined;
      await assert.rejects(store.put(keyBytes('after'), VALUE), { code: 'STORE_FAILED' });
      await assert.rejects(store.del(keyBytes('before')), { code: 'STORE_FAILED' });
      await assert.rejects(store.batch([{ type: 'del', key: keyBytes('before') }]), { code: 'STORE_FAILED' });
      await assert.rejects(store.sync(), { code: 'STORE_FAILED' });
      await assert.rejects(store.compact(), { code: 'STORE_FAILED' });
      assert.deepEqual(store.get(keyBytes('before')), VALUE, 'what was there can still be read');
      await store.close().catch(() => undefined);
      assert.equal(disk.openFileCount, 0);
      const reopened = await openStore(disk, durability);
      await reopened.put(keyBytes('after'), VALUE);
      assert.deepEqual(reopened.get(keyBytes('after')), VALUE);
      await reopened.close();
    });
  }

  it('while a segment is being sealed makes a later sync fail, for the kernel has dropped the pages', async () => {
    const disk = new SimulatedDisk();
    const store = await openStore(disk, 'os');
    let failedOnce = false;
    disk.fault = ({ kind, path }) => {
      if (failedOnce || kind !== 'sync' || !path.endsWith('000000000001.seg')) return undefined;
      failedOnce = true;
      return { code: 'EIO' };
    };
    const written = [0, 1, 2].map((i) => store.put(keyBytes(`${i}`), VALUE));
    await assert.rejects(
      Promise.all(written).then(() => store.sync()),
      { code: 'STORE_FAILED' },
    );
    assert.ok(failedOnce);
    await assert.rejects(store.close(), { code: 'STORE_FAILED' });
    assert.equal(disk.openFileCount, 0);
  });
});

describe('A full disk', () => {
  it('in the middle of a group brings none of its records back after a crash', async () => {
    const disk = new SimulatedDisk();
    const store = await Store.open(STORE_DIRECTORY, { ...QUIET_OPTIONS, now: () => NOW_MS }, disk);
    await store.put(keyBytes('first'), VALUE);
    const expected = fingerprint(store);
    const roomForOne = 36 + 'second'.length + VALUE.length + 3;
    disk.fault = ({ kind }) => (kind === 'write' ? { code: 'ENOSPC', after: roomForOne } : undefined);
    const puts = ['second', 'third'].map((key) => store.put(keyBytes(key), VALUE));
    for (const put of puts) await assert.rejects(put, { code: 'DISK_FULL' });
    disk.fault = undefined;
    for (const { image, description } of everyCrash(disk.freeze())) {
      const crashed = await openStore(new SimulatedDisk(image), 'fsync');
      assert.equal(fingerprint(crashed), expected, description);
      await crashed.close();
    }
    await store.close();
  });

  for (const durability of DURABILITIES) {
    const words = typeof durability === 'string' ? durability : 'interval';
    it(`at each byte of a write loses nothing, and the store goes on when there is space again (${words})`, async () => {
      const recordSize = 36 + 'second'.length + VALUE.length;
      for (let room = 0; room < recordSize; room++) {
        const disk = new SimulatedDisk();
        const store = await openStore(disk, durability);
        await store.put(keyBytes('first'), VALUE);
        disk.fault = ({ kind, path }) =>
          kind === 'write' && path.endsWith('.seg') ? { code: 'ENOSPC', after: room } : undefined;
        await assert.rejects(store.put(keyBytes('second'), VALUE), { code: 'DISK_FULL' });
        disk.fault = undefined;
        await store.put(keyBytes('third'), VALUE);
        const expected = new StoreModel()
          .with([{ type: 'put', key: 'first', value: VALUE }], NOW_MS)
          .with([{ type: 'put', key: 'third', value: VALUE }], NOW_MS)
          .fingerprint(NOW_MS);
        assert.equal(fingerprint(store), expected);
        assert.deepEqual((await store.verify()).problems, []);
        await store.close();
        const reopened = await openStore(disk, durability);
        assert.equal(fingerprint(reopened), expected, `with room for ${room} bytes`);
        await reopened.close();
      }
    });

    it(`at every write of a history, for a while, only fails what it hits (${words})`, async () => {
      const counting = new SimulatedDisk();
      let writes = 0;
      counting.fault = ({ kind }) => {
        if (kind === 'write') writes++;
        return undefined;
      };
      await (await openStore(counting, durability)).close();
      const writesOfOpening = writes;
      for (let nth = writesOfOpening; nth < writesOfOpening + 40; nth++) await fillFor(durability, nth);
    });
  }
});

/** The nth write finds the disk full; everything after it has room again. No reopening is needed. */
async function fillFor(durability: Durability, nth: number): Promise<void> {
  const disk = new SimulatedDisk();
  const store = await openStore(disk, durability);
  let writes = 0;
  disk.fault = ({ kind, length = 0 }) =>
    kind === 'write' && writes++ === nth ? { code: 'ENOSPC', after: Math.floor(length / 3) } : undefined;
  let model = new StoreModel();
  for (let i = 0; i < 12; i++) {
    try {
      await store.put(keyBytes(`${i}`), VALUE);
      model = model.with([{ type: 'put', key: `${i}`, value: VALUE }], NOW_MS);
    } catch (problem) {
      assert.equal((problem as StrataError).code, 'DISK_FULL', `write ${nth}: ${(problem as Error).message}`);
    }
  }
  assert.equal(fingerprint(store), model.fingerprint(NOW_MS));
  disk.fault = undefined;
  await store.close();
  const reopened = await openStore(disk, durability);
  assert.equal(fingerprint(reopened), model.fingerprint(NOW_MS), `with a full disk at write ${nth}`);
  await reopened.close();
}

describe('A fault while a compaction points the keydir at the new places', () => {
  it('loses no key, neither at the next compaction nor at the next opening', async () => {
    for (let nth = 0; nth < 60; nth++) {
      const disk = new SimulatedDisk();
      const store = await openStore(disk, 'fsync');
      let model = new StoreModel();
      for (let i = 0; i < 8; i++) {
        await store.put(keyBytes(`${i}`), VALUE);
        model = model.with([{ type: 'put', key: `${i}`, value: VALUE }], NOW_MS);
      }
      let reads = 0;
      disk.fault = ({ kind }) => (kind === 'read' && reads++ === nth ? { code: 'EIO' } : undefined);
      await store.compact().catch(() => undefined);
      disk.fault = undefined;
      assert.equal(fingerprint(store), model.fingerprint(NOW_MS));
      await store.compact().catch(() => undefined);
      assert.equal(
        fingerprint(store),
        model.fingerprint(NOW_MS),
        `after a fault at read ${nth} and a second compaction`,
      );
      await store.close().catch(() => undefined);
      const reopened = await openStore(disk, 'fsync');
      assert.equal(fingerprint(reopened), model.fingerprint(NOW_MS), `reopened after a fault at read ${nth}`);
      assert.deepEqual((await reopened.verify()).problems, []);
      await reopened.close();
    }
  });
});
