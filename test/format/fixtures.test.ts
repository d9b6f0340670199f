import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Store, type StoreOptions, StrataError } from '../../src/engine/index.ts';
import { CREATED_MS } from '../support/segmentBytes.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/v1/', import.meta.url));
const NOW_MS = CREATED_MS + 10_000;
const IN_2100_MS = Date.UTC(2100, 0, 1);

/** Key, value, whether it expires in 2100 (at most the few milliseconds of the clock's looks later). */
type Expected = readonly [key: string, value: string, expires?: true];

const CLOSED: readonly Expected[] = [
  ['batch/a', '1'],
  ['batch/b', 'x'.repeat(100), true],
  ['country/ch/zürich', '{"population":341730}'],
  ['empty', ''],
  ['expiring', 'in 2100', true],
  ['k'.repeat(300), 'long key'],
  ['last', 'one'],
  ['overwritten', 'new'],
  ['\\xff00c328', '\\x8000ff'],
];
const WITHOUT_FIRST_RECORD = CLOSED.filter(([key]) => !key.startsWith('country'));
const BEFORE: readonly Expected[] = [['before', 'kept']];

/** Text, or \x and hexadecimal digits for what is no text. */
function bytesOf(text: string): Buffer {
  return text.startsWith('\\x') ? Buffer.from(text.slice(2), 'hex') : Buffer.from(text, 'utf8');
}

describe('frozen stores of format version 1', () => {
  const directories = temporaryDirectories();

  function copyOf(name: string): string {
    const directory = path.join(directories.make(), name);
    cpSync(path.join(FIXTURES, name), directory, { recursive: true });
    return directory;
  }

  async function open(directory: string, options: StoreOptions = {}): Promise<Store> {
    return Store.open(directory, { createIfMissing: false, now: () => NOW_MS, ...options });
  }

  function checkContents(store: Store, expected: readonly Expected[]): void {
    const found = [...store.entries()].map(([key, value]) => [Buffer.from(key), Buffer.from(value)]);
    assert.deepEqual(
      found,
      expected.map(([key, value]) => [bytesOf(key), bytesOf(value)]),
    );
    for (const [key, value, expires] of expected) {
      assert.deepEqual(Buffer.from(store.get(bytesOf(key)) as Uint8Array), bytesOf(value));
      const expiryMs = store.info(bytesOf(key))?.expiryMs ?? -1;
      if (expires === true) assert.ok(expiryMs >= IN_2100_MS && expiryMs < IN_2100_MS + 1000, `${key}: ${expiryMs}`);
      else assert.equal(expiryMs, 0);
    }
    for (const absent of ['deleted', 'expired', 'never there', 'torn', 'of the backup']) {
      assert.equal(store.get(bytesOf(absent)), undefined);
    }
  }

  /** Opens a copy read-only and for writing, writes to it, and opens it again. */
  async function checkStore(
    name: string,
    expected: readonly Expected[],
    recovery: Partial<Store['recovery']>,
  ): Promise<void> {
    const directory = copyOf(name);
    const before = filesOf(directory);
    const reader = await open(directory, { readOnly: true });
    checkContents(reader, expected);
    await reader.close();
    assert.deepEqual(filesOf(directory), before, 'reading changed a file');
    const store = await open(directory);
    for (const [field, value] of Object.entries(recovery)) {
      assert.deepEqual(store.recovery[field as keyof Store['recovery']], value, field);
    }
    checkContents(store, expected);
    const verified = await store.verify();
    assert.deepEqual(
      verified.problems.filter((problem) => !/snapshot|KEYDIR|hint/.test(problem.fileName)),
      [],
    );
    const lastSequence = store.stats().lastSequence;
    await store.put(bytesOf('zzz'), bytesOf('written now'));
    assert.equal(store.stats().lastSequence, lastSequence + 1);
    await store.close();
    const again = await open(directory);
    checkContents(
      again,
      [...expected, ['zzz', 'written now'] as const].sort(([a], [b]) => Buffer.compare(bytesOf(a), bytesOf(b))),
    );
    assert.deepEqual((await again.verify()).problems, []);
    await again.close();
  }

  async function checkRefused(
    name: string,
    code: StrataError['code'],
    damage: readonly { fileName: string; offsetBytes: number; sizeBytes: number; reason: string }[] | undefined,
  ): Promise<void> {
    const directory = copyOf(name);
    const before = filesOf(directory);
    for (const readOnly of [true, false]) {
      await assert.rejects(open(directory, { readOnly }), (error) => {
        assert.ok(error instanceof StrataError);
        assert.equal(error.code, code);
        if (damage !== undefined) assert.deepEqual(error.damage, damage);
        return true;
      });
    }
    assert.deepEqual(filesOf(directory), before, 'a refused store was changed');
  }

  async function checkSalvaged(name: string, expected: readonly Expected[]): Promise<void> {
    const store = await open(copyOf(name), { salvage: true });
    checkContents(store, expected);
    await store.close();
  }

  const intact = { tornTailBytes: 0, tornTailRecordCount: 0, damage: [], ignoredCaches: [] };

  it('closed: opens by its snapshot', () => checkStore('closed', CLOSED, { ...intact, openedBy: 'snapshot' }));

  it('closed without its snapshot: opens by its hint files', async () => {
    const directory = copyOf('closed');
    rmSync(path.join(directory, 'KEYDIR'));
    const store = await open(directory);
    assert.equal(store.recovery.openedBy, 'hints');
    checkContents(store, CLOSED);
    await store.close();
  });

  it('closed with one hint file: opens by that and a scan', async () => {
    const directory = copyOf('closed');
    rmSync(path.join(directory, 'KEYDIR'));
    rmSync(path.join(directory, '000000000001.hint'));
    const store = await open(directory);
    assert.equal(store.recovery.openedBy, 'mixed');
    checkContents(store, CLOSED);
    await store.close();
  });

  it('without-caches: opens by a scan', () => checkStore('without-caches', CLOSED, { ...intact, openedBy: 'scan' }));

  it('damaged-caches: opens without them, and says so', () =>
    checkStore('damaged-caches', CLOSED, {
      ...intact,
      ignoredCaches: [
        { fileName: 'KEYDIR', reason: 'impossible-entry' },
        { fileName: '000000000001.hint', reason: 'bad-file-checksum' },
      ],
    }));

  it('crashed: opens whole', () => checkStore('crashed', CLOSED, intact));

  const compacted = CLOSED.filter(([key]) => key !== 'empty').map(
    ([key, value, expires]): Expected => (key === 'last' ? [key, 'after compaction'] : [key, value, expires as true]),
  );
  it('compacted: opens by its snapshot', () => checkStore('compacted', compacted, { ...intact, openedBy: 'snapshot' }));

  it('partly-compacted: the deleted key stays deleted, by every way of opening', async () => {
    await checkStore('partly-compacted', CLOSED, { ...intact, openedBy: 'snapshot' });
    const directory = copyOf('partly-compacted');
    for (const name of readdirSync(directory)) {
      if (name === 'KEYDIR' || name.endsWith('.hint')) rmSync(path.join(directory, name));
    }
    const store = await open(directory);
    assert.equal(store.recovery.openedBy, 'scan');
    checkContents(store, CLOSED);
    const history = await store.history(bytesOf('deleted'));
    assert.deepEqual(
      history.map(({ operation, sequence }) => [operation, sequence]),
      [
        ['del', 10],
        ['put', 3],
      ],
    );
    await store.close();
  });

  it('damaged-sealed-segment: is refused with the range, and salvaged without it', async () => {
    const damage = { fileName: '000000000001.seg', offsetBytes: 32, sizeBytes: 75, reason: 'bad-checksum' };
    await checkRefused('damaged-sealed-segment', 'STORE_DAMAGED', [damage]);
    await checkSalvaged('damaged-sealed-segment', WITHOUT_FIRST_RECORD);
  });

  it('without-manifest: is refused, and salvaged whole', async () => {
    await checkRefused('without-manifest', 'STORE_DAMAGED', [
      { fileName: 'MANIFEST', offsetBytes: 0, sizeBytes: 0, reason: 'missing' },
    ]);
    await checkSalvaged('without-manifest', CLOSED);
  });

  it('later-version: is refused as such', () => checkRefused('later-version', 'UNSUPPORTED_VERSION', undefined));

  it('torn-tail: ends before the torn record', () =>
    checkStore('torn-tail', BEFORE, { ...intact, openedBy: 'scan', tornTailBytes: 36 + 4 + 100 - 30 }));

  it('torn-backup: no record of the backup is taken for the store’s', () =>
    checkStore('torn-backup', BEFORE, { ...intact, tornTailBytes: 36 + 6 + (32 + 46 + 57) - 5 }));

  it('incomplete-batch: none of it happened', () =>
    checkStore('incomplete-batch', BEFORE, { ...intact, tornTailBytes: 44 + 3 * 44 - 1 }));

  it('lost-middle: the record behind the hole was never promised', () =>
    checkStore('lost-middle', BEFORE, { ...intact, tornTailBytes: 64 + 36 + 13, tornTailRecordCount: 1 }));

  it('damage-before-synced: is refused, and salvaged with the record behind the damage', async () => {
    const damage = { fileName: '000000000001.seg', offsetBytes: 78, sizeBytes: 64, reason: 'zeros' };
    await checkRefused('damage-before-synced', 'STORE_DAMAGED', [damage]);
    await checkSalvaged('damage-before-synced', [...BEFORE, ['synced', 'later']]);
  });

  for (const reason of ['unknown-operation', 'unknown-flags']) {
    it(`${reason}: is refused, not cut off as a torn tail`, async () => {
      const damage = { fileName: '000000000001.seg', offsetBytes: 78, sizeBytes: 40, reason };
      await checkRefused(reason, 'STORE_DAMAGED', [damage]);
      await checkSalvaged(reason, BEFORE);
    });
  }

  it('have a test each', () => {
    const source = readFileSync(fileURLToPath(import.meta.url), 'utf8');
    for (const entry of readdirSync(FIXTURES, { withFileTypes: true })) {
      if (entry.isDirectory()) assert.match(source, new RegExp(`'${entry.name}'`), entry.name);
    }
  });
});

/** Names and contents, without the lock that an opening for writing leaves for a moment. */
function filesOf(directory: string): Record<string, string> {
  assert.ok(existsSync(directory));
  const names = readdirSync(directory).filter((name) => !name.startsWith('LOCK'));
  return Object.fromEntries(names.map((name) => [name, readFileSync(path.join(directory, name), 'hex')]));
}
