/** Verify and replay compare whole keydirs, and the store is used meanwhile. */

import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { TaskOptions } from '../../src/engine/api.ts';
import { Store } from '../../src/engine/store.ts';
import { SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes } from '../support/storeModel.ts';

type OnProgress = NonNullable<TaskOptions['onProgress']>;

/** Comparing so many takes longer than a slice of work. */
/** So many that comparing them takes several slices, also once the code is compiled. */
const KEY_COUNT = 500_000;
const BATCH = 10_000;
const START_MS = 1_000_000;
const TTL_MS = 60_000;
const VALUE = new Uint8Array(8);

describe('comparing keydirs of a store in use', () => {
  let nowMs = START_MS;
  let store: Store;

  beforeEach(async () => {
    nowMs = START_MS;
    const options = { ...QUIET_OPTIONS, durability: 'os', now: () => nowMs } as const;
    store = await Store.open(STORE_DIRECTORY, options, new SimulatedDisk());
    for (let first = 0; first < KEY_COUNT; first += BATCH) {
      // The last keys are looked at last, so that their time can be over by then.
      const ttl = first + BATCH === KEY_COUNT ? { ttlMs: TTL_MS } : {};
      await store.batch(
        Array.from({ length: BATCH }, (_, at) => ({
          type: 'put' as const,
          key: keyBytes(`key/${first + at}`),
          value: VALUE,
          ...ttl,
        })),
      );
    }
  });

  afterEach(async () => store.close());

  /** Runs a task, and once it has read the log, until it ends, puts, deletes and lets keys expire. */
  async function inUse<T>(run: (task: TaskOptions) => Promise<T>) {
    let isReading = true;
    let isOver = false;
    const onProgress: OnProgress = ({ done, total }) => {
      if (done === total) isReading = false;
    };
    const running = run({ onProgress }).finally(() => {
      isOver = true;
    });
    let rounds = 0;
    while (!isOver) {
      await turn();
      if (isReading || isOver) continue;
      nowMs += TTL_MS;
      assert.equal(store.get(keyBytes(`key/${KEY_COUNT - 1}`)), undefined);
      await store.put(keyBytes(`key/${rounds}`), VALUE);
      await store.del(keyBytes(`key/${1000 + rounds}`));
      await store.put(keyBytes(`new/${rounds}`), VALUE);
      rounds++;
    }
    return { report: await running, rounds };
  }

  it('verify finds nothing wrong, and reads and writes have their turn', async () => {
    const { report, rounds } = await inUse((task) => store.verify(task));
    assert.deepEqual(report.problems, []);
    assert.ok(rounds > 0, 'somebody read and wrote while keydirs were compared');
  });

  it('replay finds no difference, and leaves what was written meanwhile', async () => {
    const { report, rounds } = await inUse((task) => store.replay(task));
    assert.deepEqual(report.differences, []);
    assert.ok(rounds > 0, 'somebody read and wrote while keydirs were compared');
    assert.deepEqual(store.get(keyBytes('new/0')), VALUE);
    assert.equal(store.get(keyBytes('key/1000')), undefined);
    assert.equal(store.get(keyBytes(`key/${KEY_COUNT - 1}`)), undefined);
  });

  it('a compaction that is asked for meanwhile waits until verify is done', async () => {
    for (let index = 0; index < KEY_COUNT; index += 2) void store.del(keyBytes(`key/${index}`));
    await store.sync();
    const ended: string[] = [];
    const [report] = await Promise.all([
      store.verify().finally(() => ended.push('verify')),
      store.compact().finally(() => ended.push('compact')),
    ]);
    assert.deepEqual(report.problems, []);
    assert.deepEqual(ended, ['verify', 'compact']);
    assert.deepEqual((await store.replay()).differences, []);
  });

  it('verify can be stopped', async () => {
    const abort = new AbortController();
    const onProgress: OnProgress = ({ done, total }) => {
      if (done === total) abort.abort();
    };
    await assert.rejects(store.verify({ signal: abort.signal, onProgress }), { code: 'ABORTED' });
  });
});
