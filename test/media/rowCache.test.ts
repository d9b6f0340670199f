import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { Host } from '../../media/inspector/hostConnection.ts';
import { RowCache } from '../../media/inspector/rowCache.ts';
import type { InspectorRow } from '../../src/shared/inspectorRows.ts';
import type { RecordState } from '../../src/shared/recordState.ts';

const ROW_COUNT = 250;

function rowAt(row: number): InspectorRow {
  return { kind: 'record', row, offsetBytes: row * 10, sizeBytes: 10, cells: { operation: 'put' } };
}

/** A host whose store answers when it is told to. */
class SlowStore {
  readonly asked: { readonly offsets: readonly number[]; readonly answer: (state: RecordState) => void }[] = [];

  readonly host = {
    rows: async ({ first, count }: { readonly first: number; readonly count: number }) => ({
      rows: Array.from({ length: Math.min(count, ROW_COUNT - first) }, (_, at) => rowAt(first + at)),
    }),
    recordStates: (offsets: readonly number[]) =>
      new Promise<RecordState[]>((resolve) => {
        this.asked.push({ offsets, answer: (state) => resolve(offsets.map(() => state)) });
      }),
  } as unknown as Host;

  async answerAll(state: RecordState): Promise<void> {
    for (const { answer } of this.asked.splice(0)) answer(state);
    await turn();
  }
}

describe('the rows that the table has', () => {
  async function filled() {
    const store = new SlowStore();
    const cache = new RowCache(store.host, () => {});
    cache.setRowCount(ROW_COUNT);
    cache.want(0, 120);
    await turn();
    await store.answerAll('live');
    return { store, cache };
  }

  it('are not asked for where they have come by themselves', async () => {
    const asked: number[] = [];
    const page = (first: number) => ({
      view: 0,
      first,
      rows: Array.from({ length: 100 }, (_, at) => ({ ...rowAt(first + at), sizeBytes: 1e6, offsetBytes: at * 1e6 })),
      rowCount: ROW_COUNT,
    });
    const rows = async ({ first }: { readonly first: number }) => {
      asked.push(first);
      return page(first);
    };
    const cache = new RowCache({ ...new SlowStore().host, rows } as unknown as Host, () => {});
    cache.take(page(0));
    cache.setRowCount(ROW_COUNT);
    cache.want(0, 20);
    await turn();
    assert.deepEqual(asked, []);
    assert.equal(cache.row(99)?.row, 99);
    cache.want(90, 110);
    await turn();
    assert.deepEqual(asked, [100]);
  });

  it('are asked for again once there are more than have come by themselves', async () => {
    const rows = async () => ({ rows: [rowAt(0), rowAt(1)] });
    const cache = new RowCache({ ...new SlowStore().host, rows } as unknown as Host, () => {});
    cache.take({ view: 0, first: 0, rows: [rowAt(0)], rowCount: 1 });
    cache.setRowCount(1);
    cache.want(0, 1);
    await turn();
    assert.equal(cache.row(1), undefined);
    cache.setRowCount(2);
    await turn();
    assert.deepEqual(cache.row(1), rowAt(1));
  });

  it('are not those of another view that come by themselves', async () => {
    const cache = new RowCache(new SlowStore().host, () => {});
    cache.reset(7);
    cache.take({ view: 0, first: 0, rows: [rowAt(0)], rowCount: 1 });
    assert.equal(cache.row(0), undefined);
  });

  it('keep their states until the store has told new ones', async () => {
    const { store, cache } = await filled();
    assert.equal(cache.state(rowAt(50)), 'live');
    cache.refreshStates();
    await turn();
    assert.equal(cache.state(rowAt(50)), 'live');
    await store.answerAll('superseded');
    assert.equal(cache.state(rowAt(50)), 'superseded');
  });

  it('have their states asked for again only when they are looked at, and once', async () => {
    const { store, cache } = await filled();
    cache.want(0, 30);
    cache.refreshStates();
    cache.want(0, 30);
    assert.deepEqual(
      store.asked.map(({ offsets }) => offsets[0]),
      [0],
    );
    await store.answerAll('deleted');
    assert.equal(cache.state(rowAt(110)), 'live');
    cache.want(90, 120);
    await store.answerAll('deleted');
    assert.equal(cache.state(rowAt(110)), 'deleted');
  });

  it('are asked for again when there are fewer of them than there should be, or none came', async () => {
    const { store } = await filled();
    const answers: (readonly InspectorRow[] | undefined)[] = [[], undefined, [rowAt(0)]];
    const asked: number[] = [];
    let onAll = () => {};
    const all = new Promise<void>((resolve) => {
      onAll = resolve;
    });
    const rows = async ({ first }: { readonly first: number }) => {
      asked.push(first);
      const answer = answers[asked.length - 1];
      if (answer === undefined) throw new Error('The view has changed.');
      return { rows: answer };
    };
    const cache = new RowCache({ ...store.host, rows } as unknown as Host, () => {
      if (cache.row(0) !== undefined) onAll();
    });
    cache.setRowCount(1);
    cache.want(0, 20);
    await all;
    assert.deepEqual(asked, [0, 0, 0]);
    assert.deepEqual(cache.row(0), rowAt(0));
  });

  for (const [where, distanceBytes, expected] of [
    ['close together', 1000, [100, 200, 0]],
    ['far apart', 1_000_000, [100]],
  ] as const) {
    it(`are ${expected.length === 1 ? 'not ' : ''}there before they are scrolled to when they lie ${where}`, async () => {
      const asked: number[] = [];
      const rows = async ({ first, count }: { readonly first: number; readonly count: number }) => {
        asked.push(first);
        const rowsThere = Array.from({ length: count }, (_, at) => rowAt(first + at));
        return { rows: rowsThere.map((row) => ({ ...row, offsetBytes: row.row * distanceBytes })) };
      };
      const cache = new RowCache({ ...new SlowStore().host, rows } as unknown as Host, () => {});
      cache.setRowCount(1000);
      cache.want(120, 150);
      await turn();
      assert.deepEqual(asked, expected);
      assert.equal(cache.row(250) !== undefined, expected.length > 1);
    });
  }

  it('are forgotten in the order in which they were last looked at', async () => {
    const asked: number[] = [];
    const rows = async ({ first, count }: { readonly first: number; readonly count: number }) => {
      asked.push(first);
      return {
        rows: Array.from({ length: count }, (_, at) => ({ ...rowAt(first + at), offsetBytes: (first + at) * 1e6 })),
      };
    };
    const cache = new RowCache({ ...new SlowStore().host, rows } as unknown as Host, () => {});
    cache.setRowCount(10_000);
    const pages = Array.from({ length: 100 }, (_, page) => page * 100);
    for (const first of pages) {
      cache.want(first, first + 20);
      await turn();
      // Somebody comes back to the first rows all the time.
      cache.want(0, 20);
    }
    assert.deepEqual(asked, pages);
    const kept = pages.filter((first) => cache.row(first) !== undefined);
    assert.deepEqual(kept, [0, ...pages.slice(-59)]);
  });

  it('have no states of another file', async () => {
    const { cache } = await filled();
    cache.forgetFile();
    assert.equal(cache.state(rowAt(50)), undefined);
  });
});
