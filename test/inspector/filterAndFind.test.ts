import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { exportedMessage, exportFailedMessage } from '../../src/inspector/exportMessage.ts';
import { strataSegment } from '../../src/inspector/formats/strataSegment.ts';
import type { LogFormat } from '../../src/inspector/logFormat.ts';
import { parseFilter, readFilter } from '../../src/shared/inspectorFilter.ts';
import type { ExportFormat, ExportResult, FindPattern, RowPage, ViewId } from '../../src/shared/inspectorMessages.ts';
import type { RecordState } from '../../src/shared/recordState.ts';
import { hintOfSegment } from './hintOfSegment.ts';
import { openWhole, type Probe, probe, startFilter } from './inspectionProbe.ts';
import { SegmentBuilder, segmentOf } from './segmentBuilder.ts';

/** Applies a filter line, waits until all is filtered, and returns the numbers of the rows that it shows. */
async function rowsOf(subject: Probe, line: string): Promise<number[]> {
  const parsed = parseFilter(line);
  assert.ok(parsed.ok, `${line}: ${parsed.ok ? '' : parsed.message}`);
  const filtered = subject.filtered();
  const view = await subject.inspection.setFilter(parsed.filter);
  const { matchCount } = await filtered;
  const { rows } = await subject.inspection.rows({ view, first: 0, count: 1000 });
  assert.equal(rows.length, Math.min(1000, matchCount));
  return rows.map(({ row }) => row);
}

/** Applies a filter line and returns the view before anything has been filtered. */
/** The rows of a view once there are some. */
async function eventualRows({ inspection }: Probe, view: ViewId): Promise<RowPage> {
  for (;;) {
    const page = await inspection.rows({ view, first: 0, count: 100 });
    if (page.rows.length > 0) return page;
    await nextTurn();
  }
}

function find(
  subject: Probe,
  pattern: Partial<FindPattern>,
  from: number,
  direction: 'next' | 'previous',
  view: ViewId = 0,
) {
  const whole: FindPattern = { kind: 'text', pattern: '', matchCase: false, ...pattern };
  return subject.inspection.find({ pattern: whole, view, from, direction });
}

/** Goes from match to match, as somebody does who keeps pressing a key; each as row, place in the row, and length. */
async function walkMatches(
  subject: Probe,
  pattern: Partial<FindPattern>,
  direction: 'next' | 'previous',
  count: number,
): Promise<readonly (readonly [row: number, at: number, sizeBytes: number])[]> {
  const whole: FindPattern = { kind: 'text', pattern: '', matchCase: false, ...pattern };
  const places: [number, number, number][] = [];
  let from = {};
  let position = -1;
  for (let i = 0; i < count; i++) {
    const hit = await subject.inspection.find({ pattern: whole, view: 0, from: position, direction, ...from });
    assert.ok(hit !== undefined);
    places.push([hit.row, hit.matchOffsetBytes, hit.matchSizeBytes]);
    position = hit.position;
    from = { fromMatch: { rowOffsetBytes: hit.offsetBytes, matchOffsetBytes: hit.matchOffsetBytes } };
  }
  return places;
}

async function subjectOf(bytes: Uint8Array): Promise<Probe> {
  const subject = probe(bytes);
  await openWhole(subject);
  return subject;
}

function exportAs(format: ExportFormat, file: string, { inspection }: Probe, view: ViewId = 0): Promise<ExportResult> {
  return inspection.exportRows({ view, format, path: file, partialPath: `${file}.partial` });
}

/** From now on every read takes as long as one of a slow disk. */
function slowDown({ file }: Probe): void {
  const read = file.read.bind(file);
  file.read = (target, offsetBytes) => {
    for (const start = performance.now(); performance.now() < start + 40; );
    return read(target, offsetBytes);
  };
}

/** Nothing tells the rows of a file before it has been read. */
function withoutQuickRows(format: LogFormat): LogFormat {
  return {
    ...format,
    open: (start) => Object.defineProperty(format.open(start), 'quickRows', { value: () => [].values() }),
  };
}

describe('filter', () => {
  const builder = new SegmentBuilder();
  builder.add({ key: 'CH/ZH/Zurich', value: '{"lat":47.37}', timestampMs: 1_700_000_000_000 }); // row 1
  builder.add({ key: 'CH/ZH/Uster', value: '{"lat":47.35}', timestampMs: 1_700_000_100_000 });
  builder.add({ key: 'CH/ZH/Zurich', timestampMs: 1_700_000_200_000 });
  const damaged = builder.add({ key: 'AT/W/Wien', value: 'x'.repeat(500), timestampMs: 1_700_000_300_000 });
  builder.add({ key: 'DE/BE/Berlin', value: 'ch/zh', timestampMs: 1_700_000_400_000 });
  builder.batch([{ key: 'FR/P/Paris', value: 'p' }]); // rows 6 and 7
  const bytes = builder.bytes();
  bytes[damaged + 60] = (bytes[damaged + 60] as number) ^ 1;
  const states: Record<number, RecordState> = {};
  const stateAt = (offset: number) => states[offset] ?? (offset === 0 ? 'unknown' : 'superseded');
  const subject = probe(bytes, { states: (offsets) => offsets.map(stateAt) });

  before(async () => {
    await openWhole(subject);
    const { rows } = await subject.inspection.rows({ view: 0, first: 0, count: 10 });
    for (const [row, state] of [
      [1, 'deleted'],
      [2, 'live'],
      [3, 'tombstone'],
      [5, 'expired'],
      [6, 'unknown'],
    ] as const) {
      states[rows[row]?.offsetBytes ?? 0] = state;
    }
  });

  it('tells wrong checksums from bytes for which none was computed', async () => {
    const mixed = new SegmentBuilder();
    mixed.add({ key: 'sound', value: 'v' }); // row 1
    const wrong = mixed.add({ key: 'wrong', value: 'v' });
    mixed.add({ key: 'sound', value: 'v' });
    mixed.raw(new Uint8Array(300)); // row 4
    mixed.add({ key: 'sound', value: 'v' });
    const torn = mixed.add({ key: 'torn', value: 'v' });
    const cut = mixed.bytes().slice(0, torn + 30);
    cut[wrong + 38] = (cut[wrong + 38] as number) ^ 1;
    const mixedSubject = await subjectOf(cut);
    const rows = (line: string) => rowsOf(mixedSubject, line);
    assert.deepEqual(await rows('checksum:invalid'), [2]);
    assert.deepEqual(await rows('checksum:none'), [0, 4, 6]);
    assert.deepEqual(await rows('checksum:valid'), [1, 3, 5]);
    assert.deepEqual(await rows('op:damage checksum:none'), [4, 6]);
  });

  it('reports nothing of a view before its caller has had time to learn the id', async () => {
    const small = probe(bytes);
    await openWhole(small);
    const done = small.filtered();
    const parsed = parseFilter('key:ch/zh');
    assert.ok(parsed.ok);
    const view = await small.inspection.setFilter(parsed.filter);
    // The answer goes to another thread, which takes a few turns of the queue of promises.
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    assert.equal(small.filterReports.length, 0);
    const report = await done;
    assert.deepEqual([report.view, report.matchCount], [view, 3]);
  });

  for (const [line, expected] of [
    ['zurich', [1, 3]],
    ['Zurich', [1, 3]],
    ['ZURICH', []],
    ['ch/zh', [1, 2, 3, 5]],
    ['key:ch/zh', [1, 2, 3]],
    ['value:ch/zh', [5]],
    ['prefix:CH/ZH/U', [2]],
    ['prefix:ch/zh/u', []],
    ['key:/^ch.*h$/', [1, 3]],
    ['key:/^Ch.*h$/', []],
    ['/^(DE|FR)/', [5, 7]],
    ['key:/uster$/', [2]],
    ['"lat" "47.35"', [2]],
    ['op:del', [3]],
    ['op:del,batch', [3, 6]],
    ['op:damage', [4]],
    ['op:put', [1, 2, 4, 5, 7]],
    ['op:damage seq:4', [4]],
    ['op:damage seq:5', []],
    ['op:del,damage', [3, 4]],
    ['checksum:invalid', [4]],
    ['checksum:valid op:put', [1, 2, 5, 7]],
    ['seq:2..3', [2, 3]],
    ['seq:>4', [5, 6, 7]],
    ['seq:1', [1]],
    ['seq:4', [4]],
    ['seq:3..5', [3, 4, 5]],
    ['key:wien', [4]],
    ['wien', [4]],
    ['prefix:AT/', [4]],
    ['key:/^AT.*n$/', [4]],
    ['key:wien state:live', []],
    ['key:wien state:damaged', [4]],
    ['key:wien checksum:valid', []],
    ['key:wien size:<500', []],
    ['value:xxx', []],
    ['xxx', []],
    ['time:1700000100000..1700000200000', [2, 3]],
    ['time:1700000300000', [4]],
    ['size:>500', [4]],
    ['state:live', [2]],
    ['state:superseded', [7]],
    ['state:deleted', [1]],
    ['state:expired', [5]],
    ['state:tombstone', [3]],
    ['state:deleted,expired key:berlin', [5]],
    ['state:damaged', [4]],
    ['state:live,damaged', [2, 4]],
    ['state:live op:del', []],
  ] as const) {
    it(`shows the right rows for ${line}`, async () => {
      assert.deepEqual(await rowsOf(subject, line), [...expected]);
    });
  }

  it('asks nothing of damage that does not look like a record', async () => {
    const unlike = new SegmentBuilder();
    unlike.add({ key: 'a', value: 'v' });
    unlike.raw(new Uint8Array(300)); // row 2
    const headless = unlike.add({ key: 'b', value: 'v' });
    unlike.add({ key: 'c', value: 'v' }); // row 4
    const torn = unlike.add({ key: 'd', value: 'v' }); // row 5
    const cut = unlike.bytes().slice(0, torn + 10);
    cut.fill(0xee, headless, headless + 36);
    const unlikeSubject = await subjectOf(cut);
    const damaged = await rowsOf(unlikeSubject, 'state:damaged');
    assert.ok(damaged.length >= 2);
    assert.deepEqual(await rowsOf(unlikeSubject, 'op:damage'), damaged);
    for (const line of ['seq:0..99', 'time:>=0000000000', 'key:/./', 'op:put']) {
      const rows = await rowsOf(unlikeSubject, line);
      assert.deepEqual(
        rows.filter((row) => damaged.includes(row)),
        [],
        line,
      );
      assert.equal(rows.length, 2, line);
    }
  });

  describe('of keys and values that are bytes', () => {
    const bytesOf = (...parts: (string | number)[]) =>
      Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))));
    const binary = new SegmentBuilder();
    binary.add({ key: bytesOf(0, 0xff, 'Ab'), value: 'v' }); // row 1
    binary.add({ key: bytesOf('x', 0, 0xff, 'É'), value: 'v' });
    binary.add({ key: 'C:\\temp', value: 'v' });
    binary.add({ key: 'xFF', value: bytesOf('v', 0xfe, 'Ab') });
    binary.add({ key: 'a b', value: 'v' }); // row 5
    binary.add({ key: bytesOf(0xdf, 'a'), value: 'é' });
    let binarySubject: Probe;
    before(async () => {
      binarySubject = await subjectOf(binary.bytes());
    });

    for (const [line, expected] of [
      ['key:\\xFF', [1, 2]],
      ['key:\\xff', [1, 2]],
      ['key:"\\xFF"', [1, 2]],
      ['key:\\xFFab', [1]],
      ['key:\\xFFAb', [1]],
      ['key:\\xFFAB', []],
      ['key:\\xFFé', [2]],
      ['key:\\xFFÉ', [2]],
      ['key:xff', [4]],
      ['key:\\x41', [1]],
      ['key:\\x61', [5, 6]],
      ['key:\\xFF\\xC3\\x89', [2]],
      // A byte is no letter, though a letter of Latin-1 has its number.
      ['key:\\xFFa', [1]],
      ['key:\\xDFA', []],
      ['prefix:\\x00', [1]],
      ['prefix:\\x00\\xFFA', [1]],
      ['prefix:\\x00\\xFFa', []],
      ['key:c:\\\\T', []],
      ['key:c:\\\\t', [3]],
      ['prefix:C:\\\\', [3]],
      ['prefix:"C:\\\\"', [3]],
      ['key:"a b"', [5]],
      ['key:a\\x20b', [5]],
      ['value:\\xFEab', [4]],
      ['\\xFEab', [4]],
      ['\\xC3\\xA9', [6]],
      ['key:/C:\\\\t/', [3]],
      ['key:"/a\\sb/"', [5]],
    ] as const) {
      it(`shows the right rows for ${line}`, async () => {
        assert.deepEqual(await rowsOf(binarySubject, line), [...expected]);
      });
    }

    it('knows a quote within quotes', async () => {
      const quoted = new SegmentBuilder();
      quoted.add({ key: 'say "hi" \\', value: 'v' });
      quoted.add({ key: 'say hi', value: 'v' });
      const quotedSubject = await subjectOf(quoted.bytes());
      assert.deepEqual(await rowsOf(quotedSubject, 'key:"y \\"hi\\" \\\\"'), [1]);
    });

    for (const line of ['key:\\xF', 'prefix:a\\', 'value:\\n', 'C:\\temp']) {
      it(`refuses a backslash that starts no escape: ${line}`, () => {
        const parsed = parseFilter(line);
        assert.ok(!parsed.ok);
        assert.match(parsed.message, /starts no escape: type \\\\ for a backslash, \\xNN for a byte/);
      });
    }
  });

  it('takes neither for valid nor for invalid what has no checksum', async () => {
    const mixed = new SegmentBuilder();
    mixed.add({ key: 'sound', value: 'v' });
    mixed.raw(new Uint8Array(100));
    mixed.add({ key: 'between', value: 'v' });
    const flipped = mixed.add({ key: 'flipped', value: 'v' });
    mixed.add({ key: 'behind', value: 'v' });
    mixed.raw(Uint8Array.of(1, 2, 3));
    const bytes = mixed.bytes();
    bytes[flipped + 40] = (bytes[flipped + 40] as number) ^ 1;
    const subject = await subjectOf(bytes);
    const { rows } = await subject.inspection.rows({ view: 0, first: 0, count: 10 });
    assert.deepEqual(
      rows.map((row) => (row.kind === 'damage' ? row.reason : row.kind)),
      ['header', 'record', 'zeros', 'record', 'bad checksum', 'record', 'torn tail'],
    );
    assert.deepEqual(await rowsOf(subject, 'checksum:valid'), [1, 3, 5]);
    assert.deepEqual(await rowsOf(subject, 'checksum:invalid'), [4]);
    const hint = probe(hintOfSegment(segmentOf(3, (index) => ({ key: `${index}`, value: 'v' })).bytes()), {
      fileName: '000000000007.hint',
    });
    await openWhole(hint);
    // Header, summary and three entries come before the checksum of the file.
    assert.deepEqual(await rowsOf(hint, 'checksum:valid'), [5]);
    assert.deepEqual(await rowsOf(hint, 'checksum:invalid'), []);
  });

  for (const line of ['state:alive', 'seq:x', 'size:', 'key:/(/', 'checksum:maybe', 'time:tomorrow']) {
    it(`says what is wrong with ${line}`, async () => {
      const parsed = await readFilter(line);
      assert.equal(parsed.ok, false);
    });
  }

  it('stays when another one is refused', async () => {
    const expected = await rowsOf(subject, 'op:put');
    const filtered = subject.filtered();
    const view = await startFilter(subject, 'op:put');
    await assert.rejects(startFilter(subject, 'key:/(/'), /not a regular expression/);
    assert.equal((await filtered).done, true);
    const { rows } = await subject.inspection.rows({ view, first: 0, count: 1000 });
    assert.deepEqual(
      rows.map(({ row }) => row),
      expected,
    );
  });

  it('shows the first matches while it still runs, and what it had found when it is cancelled', async () => {
    const large = probe(segmentOf(60_000, (index) => ({ key: `k${index}`, value: 'v'.repeat(100) })).bytes());
    await openWhole(large);
    const parsed = parseFilter('op:put');
    assert.ok(parsed.ok);
    const filtered = large.filtered();
    const view = await large.inspection.setFilter(parsed.filter);
    const early = await large.inspection.rows({ view, first: 0, count: 10 });
    large.inspection.cancelFilter();
    const end = await filtered;
    assert.ok(early.rowCount < 60_000);
    assert.equal(early.rows.length, Math.min(10, early.rowCount));
    assert.equal(end.cancelled, true);
    assert.ok(end.matchCount < 60_000);
  });

  it('keeps rows in their order where some are too large to be looked through at once', async () => {
    const builder = new SegmentBuilder();
    const large = new Uint8Array(0x5_0000).fill(0xe9);
    for (let index = 0; index < 40; index++) {
      const ending = Buffer.from(index % 3 === 0 ? 'Zürich' : 'Bern');
      const value = index % 4 === 1 ? Buffer.concat([large, ending]) : ending;
      builder.add({ key: `k${index}`, value });
    }
    const bytes = builder.bytes();
    const last = bytes.length - 2;
    bytes[last] = (bytes[last] as number) ^ 1;
    const mixed = probe(bytes, { states: (offsets) => offsets.map((_, at) => (at % 2 === 0 ? 'live' : 'superseded')) });
    await openWhole(mixed);
    const wanted = Array.from({ length: 39 }, (_, index) => index + 1).filter((row) => row % 3 === 1);
    for (const line of ['zürich', '/z.rich$/', 'value:rich', '\\xc3\\xbcrich']) {
      assert.deepEqual(await rowsOf(mixed, line), wanted, line);
    }
    assert.deepEqual(await rowsOf(mixed, '/z.rich/ state:live,superseded'), wanted);
    assert.deepEqual(await rowsOf(mixed, 'prefix:k1 /z.rich$/'), [13, 16, 19]);
    assert.deepEqual(await rowsOf(mixed, 'k39'), [40]);
  });

  it('goes through a large value in steps, between which rows are shown and it can be stopped', async () => {
    const value = new Uint8Array(24 * 2 ** 20).fill(0x61);
    const large = probe(segmentOf(2, () => ({ key: 'k', value })).bytes());
    await openWhole(large);
    for (const line of ['/(?:ab|aac){2}/', 'value:a\\xff', 'ää']) {
      const filtered = large.filtered();
      const view = await startFilter(large, line);
      await nextTurn();
      await large.inspection.rows({ view: 0, first: 0, count: 3 });
      large.inspection.cancelFilter();
      const end = await filtered;
      assert.deepEqual([end.view, end.cancelled, end.matchCount], [view, true, 0], line);
      assert.ok(end.scannedBytes < 30 * 2 ** 20, `${end.scannedBytes} bytes`);
    }
  });

  it('pages through more matches than its index holds', async () => {
    const large = probe(
      segmentOf(150_000, (index) => ({ key: `k${index}`, value: index % 2 === 0 ? 'even' : 'odd' })).bytes(),
    );
    await openWhole(large);
    const filtered = large.filtered();
    const parsed = parseFilter('value:even');
    assert.ok(parsed.ok);
    const view = await large.inspection.setFilter(parsed.filter);
    assert.equal((await filtered).matchCount, 75_000);
    const { rows } = await large.inspection.rows({ view, first: 70_001, count: 3 });
    assert.deepEqual(
      rows.map(({ cells }) => cells?.key?.text),
      ['k140002', 'k140004', 'k140006'],
    );
    assert.equal((await large.inspection.locate({ kind: 'row', row: 140_003 }, view))?.position, 70_001);
  });

  it('goes on with what is appended', async () => {
    const growing = segmentOf(10, (index) => ({ key: `k${index}`, value: 'v' }));
    const subjectThatGrows = probe(growing.bytes());
    await openWhole(subjectThatGrows);
    assert.deepEqual(await rowsOf(subjectThatGrows, 'key:k9'), [10]);
    growing.add({ key: 'other', value: 'v' });
    growing.add({ key: 'k99', value: 'v' });
    subjectThatGrows.file.bytes = growing.bytes();
    const again = subjectThatGrows.filtered();
    const indexed = subjectThatGrows.indexed();
    subjectThatGrows.inspection.refresh();
    await indexed;
    const { view, matchCount } = await again;
    assert.equal(matchCount, 2);
    const { rows } = await subjectThatGrows.inspection.rows({ view, first: 0, count: 5 });
    assert.deepEqual(
      rows.map(({ row }) => row),
      [10, 12],
    );
  });

  it('begins again when the torn tail that it has seen becomes whole while it runs', async () => {
    const COUNT = 10_000;
    const growing = segmentOf(COUNT, (index) => ({ key: `k${index}`, value: 'v'.repeat(500) }));
    growing.add({ key: 'torn', value: 'v' });
    const cut = growing.sizeBytes - 5;
    growing.add({ key: 'last', value: 'v' });
    const whole = growing.bytes();
    const running = await subjectOf(whole.slice(0, cut));
    slowDown(running);
    const view = await startFilter(running, 'op:put');
    while (running.filterReports.length === 0) await nextTurn();
    assert.equal(running.filterReports.at(-1)?.done, false);
    running.file.bytes = whole;
    running.inspection.refresh();
    const isDone = () => {
      const { done, sizeBytes } = running.filterReports.at(-1) ?? {};
      return done === true && sizeBytes === whole.length;
    };
    while (!isDone()) await nextTurn();
    assert.equal(running.filterReports.at(-1)?.matchCount, COUNT + 2);
    const { rows } = await running.inspection.rows({ view, first: COUNT - 1, count: 5 });
    assert.deepEqual(
      rows.map(({ row, kind, cells }) => [row, kind, cells?.key?.text]),
      [
        [COUNT, 'record', `k${COUNT - 1}`],
        [COUNT + 1, 'record', 'torn'],
        [COUNT + 2, 'record', 'last'],
      ],
    );
  });

  it('reports on a view only once its caller knows it, however small the file', async () => {
    const tiny = probe(segmentOf(1, () => ({ key: 'k', value: 'v' })).bytes());
    await openWhole(tiny);
    const parsed = parseFilter('k');
    assert.ok(parsed.ok);
    const filtered = tiny.filtered();
    const view = await tiny.inspection.setFilter(parsed.filter);
    assert.deepEqual(tiny.filterReports, []);
    assert.deepEqual([(await filtered).view, (await filtered).matchCount], [view, 1]);
  });

  it('refuses pages of a filter that is no longer there', async () => {
    const view = await subject.inspection.setFilter(undefined);
    await assert.rejects(
      async () => subject.inspection.rows({ view: view + 99, first: 0, count: 1 }),
      /filter has changed/,
    );
  });
});

describe('find', () => {
  const COUNT = 12_000;
  const builder = new SegmentBuilder();
  for (let index = 0; index < COUNT; index++) {
    builder.add({
      key: `key-${index}`,
      value: index % 1000 === 0 ? 'Needle' : Uint8Array.of(0x4b, 0x30 + (index % 3), index & 0xff),
    });
  }
  const subject = probe(builder.bytes());
  before(() => openWhole(subject));

  it('goes to the next and the previous match, and round the ends', async () => {
    const next = await find(subject, { pattern: 'needle' }, 1, 'next');
    assert.deepEqual([next?.row, next?.where, next?.wrapped], [1001, 'value', false]);
    const previous = await find(subject, { pattern: 'needle' }, 1001, 'previous');
    assert.deepEqual([previous?.row, previous?.wrapped], [1, false]);
    const around = await find(subject, { pattern: 'needle' }, 1, 'previous');
    assert.deepEqual([around?.row, around?.wrapped], [11_001, true]);
    const first = await find(subject, { pattern: 'needle' }, 11_001, 'next');
    assert.deepEqual([first?.row, first?.wrapped], [1, true]);
  });

  it('says where in the record the match is', async () => {
    const hit = await find(subject, { pattern: 'Needle', matchCase: true }, -1, 'next');
    const bytes = await subject.inspection.bytes({
      offsetBytes: (hit?.offsetBytes ?? 0) + (hit?.matchOffsetBytes ?? 0),
      sizeBytes: hit?.matchSizeBytes ?? 0,
    });
    assert.equal(Buffer.from(bytes).toString(), 'Needle');
  });

  it('minds case when asked, and knows regular expressions and bytes with wildcards', async () => {
    assert.equal(await find(subject, { pattern: 'needle', matchCase: true }, -1, 'next'), undefined);
    assert.equal((await find(subject, { kind: 'regex', pattern: '^key-7\\d{3}$' }, -1, 'next'))?.row, 7001);
    assert.equal((await find(subject, { kind: 'hex', pattern: '4b 3? 07' }, -1, 'next'))?.row, 8);
    assert.equal((await find(subject, { kind: 'hex', pattern: '4B31??' }, -1, 'next'))?.row, 2);
    await assert.rejects(find(subject, { kind: 'hex', pattern: '4' }, -1, 'next'), /two digits/);
    await assert.rejects(find(subject, { kind: 'regex', pattern: '(' }, -1, 'next'));
  });

  it('stops when it is cancelled', async () => {
    const searching = find(subject, { pattern: 'nowhere at all' }, -1, 'next');
    subject.inspection.cancelFind();
    assert.equal(await searching, undefined);
  });
});

describe('work for rows that nobody sees any more', () => {
  const bytes = segmentOf(10_000, (index) => ({ key: `key-${index}`, value: 'v'.repeat(2000) })).bytes();
  const nowhere = { pattern: 'nowhere at all' };

  /** Begins some work, ends it when it has read a little, and tells how much is read from then on. */
  async function readsBehind(
    begin: (subject: Probe) => unknown,
    end: (subject: Probe) => unknown,
    subject: Probe,
  ): Promise<number> {
    slowDown(subject);
    let reads = 0;
    const read = subject.file.read.bind(subject.file);
    subject.file.read = (target, offsetBytes) => {
      reads++;
      return read(target, offsetBytes);
    };
    void begin(subject);
    while (reads < 3) await nextTurn();
    void end(subject);
    const before = reads;
    for (let turn = 0; turn < 30; turn++) await nextTurn();
    return reads - before;
  }

  const works = [
    ['a filter', (subject: Probe) => startFilter(subject, 'key:nowhere')],
    ['a search', (subject: Probe) => find(subject, nowhere, -1, 'next')],
    ['a search backwards', (subject: Probe) => find(subject, nowhere, 9000, 'previous')],
    ['an order', ({ inspection }: Probe) => inspection.sort({ view: 0, order: { column: 'key', descending: false } })],
  ] as const;
  for (const [what, begin] of works) {
    it(`ends when they are left: ${what}`, async () => {
      const subject = await subjectOf(bytes);
      assert.ok((await readsBehind(begin, () => {}, subject)) > 10, 'it would go on');
      const left = await subjectOf(bytes);
      assert.equal(await readsBehind(begin, ({ inspection }) => inspection.leave(), left), 0);
    });
  }

  it('ends when the filter is cleared', async () => {
    const clear = ({ inspection }: Probe) => inspection.setFilter(undefined);
    assert.equal(await readsBehind(works[0][1], clear, await subjectOf(bytes)), 0);
  });

  it('ends when another filter follows', async () => {
    const subject = await subjectOf(bytes);
    const replace = () => {
      subject.filterReports.length = 0;
      return startFilter(subject, 'key:other');
    };
    assert.ok((await readsBehind(works[0][1], replace, subject)) > 10);
    const views = new Set(subject.filterReports.map(({ view }) => view));
    assert.deepEqual([...views], [2]);
  });

  it('ends when a search is followed by one that is refused', async () => {
    const refused = (subject: Probe) => assert.rejects(find(subject, { kind: 'regex', pattern: '(' }, -1, 'next'));
    assert.equal(await readsBehind(works[1][1], refused, await subjectOf(bytes)), 0);
  });

  it('goes on for an export', async () => {
    const subject = await subjectOf(bytes);
    const directory = mkdtempSync(path.join(tmpdir(), 'strata-export-'));
    try {
      const exporting = exportAs('jsonl', path.join(directory, 'rows'), subject, await startFilter(subject, 'key-999'));
      subject.inspection.leave();
      assert.equal((await exporting).rowCount, 11);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

describe('a file that is replaced while it is read', () => {
  const COUNT = 20_000;
  const value = 'v'.repeat(200);
  const before = segmentOf(COUNT, (index) => ({ key: `before-${index}`, value })).bytes();
  const after = segmentOf(100, (index) => ({ key: `after-${index}`, value })).bytes();

  async function slowSubject(): Promise<Probe> {
    const subject = await subjectOf(before);
    slowDown(subject);
    return subject;
  }

  function replace({ file, inspection }: Probe): void {
    file.bytes = after;
    inspection.refresh();
  }

  for (const direction of ['next', 'previous'] as const) {
    it(`ends a search and says so: ${direction}`, async () => {
      const subject = await slowSubject();
      const searching = find(subject, { pattern: 'after-1' }, 5, direction);
      replace(subject);
      await assert.rejects(searching, /The file has changed .* Try again/);
    });
  }

  it('ends a search that waits for a filter', async () => {
    const subject = await slowSubject();
    const view = await startFilter(subject, 'op:put');
    const searching = find(subject, { pattern: 'before-1999' }, 5, 'previous', view);
    await nextTurn();
    replace(subject);
    await assert.rejects(searching, /The file has changed .* Try again/);
  });

  for (const [what, change] of [
    ['noticed', replace],
    ['only noticed at the end', ({ file }: Probe) => void Object.assign(file, { bytes: after })],
  ] as const) {
    it(`ends an export, which leaves no file, when it is ${what}`, async () => {
      const subject = await slowSubject();
      const directory = mkdtempSync(path.join(tmpdir(), 'strata-export-'));
      try {
        const exporting = exportAs('csv', path.join(directory, 'rows'), subject);
        change(subject);
        await assert.rejects(exporting, /The file has changed .* Try again/);
        assert.deepEqual(readdirSync(directory), []);
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    });
  }

  it('shows a page of one file only', async () => {
    const subject = await slowSubject();
    const asked = subject.inspection.rows({ view: 0, first: 1, count: 5000 });
    replace(subject);
    const { rows } = await asked;
    assert.equal(rows.length, 100);
    assert.ok(rows.every(({ cells }) => cells?.key?.text.startsWith('after-')));
  });
});

describe('a file that cannot be read to its end', () => {
  const bytes = segmentOf(20_000, (index) => ({ key: `key-${index}`, value: 'v'.repeat(200) })).bytes();

  it('says so and keeps what is known; who waits for the rest hears of it', async () => {
    const subject = probe(bytes, { formats: [withoutQuickRows(strataSegment)] });
    const { file, inspection } = subject;
    const read = file.read.bind(file);
    file.read = (target, offsetBytes) => {
      if (offsetBytes + target.length > 0x20_0000) throw new Error('EIO: i/o error, read');
      return read(target, offsetBytes);
    };
    inspection.start();
    const searching = find(subject, { pattern: 'nowhere' }, -1, 'previous');
    await assert.rejects(searching, /EIO/);
    assert.deepEqual(subject.failures, ['The file could not be read to its end: EIO: i/o error, read']);
    const { rows } = await inspection.rows({ view: 0, first: 1, count: 1 });
    assert.equal(rows[0]?.cells?.key?.text, 'key-0');
    inspection.start();
    await nextTurn();
    await nextTurn();
    assert.equal(subject.failures.length, 2, 'whoever opens it again hears it too');
  });

  it('is read on when somebody tries again, and a filter with it', async () => {
    const subject = probe(bytes, { formats: [withoutQuickRows(strataSegment)] });
    const { file, inspection } = subject;
    const read = file.read.bind(file);
    let isBroken = true;
    file.read = (target, offsetBytes) => {
      if (isBroken && offsetBytes + target.length > 0x20_0000) throw new Error('EIO: i/o error, read');
      return read(target, offsetBytes);
    };
    inspection.start();
    const view = await startFilter(subject, 'key:key-19999');
    await assert.rejects(find(subject, { pattern: 'nowhere' }, -1, 'previous'), /EIO/);
    assert.deepEqual((await inspection.rows({ view, first: 0, count: 1 })).rows, []);
    inspection.readOn();
    await nextTurn();
    await nextTurn();
    assert.equal(subject.failures.length, 2, 'it still cannot be read');
    isBroken = false;
    inspection.readOn();
    const hit = await find(subject, { pattern: 'key-19999' }, -1, 'previous');
    assert.equal(hit?.row, 20_000);
    const { rows } = await eventualRows(subject, view);
    assert.deepEqual(
      rows.map(({ cells }) => cells?.key?.text),
      ['key-19999'],
    );
    inspection.readOn();
    assert.equal(subject.failures.length, 2);
  });
});

describe('find in a view that is not all known', () => {
  const COUNT = 20_000;
  const NEEDLE_ROW = COUNT - 1;
  const NEEDLE_KEY = `key-${NEEDLE_ROW - 1}`;
  const bytes = segmentOf(COUNT, (index) => ({
    key: `key-${index}`,
    value: `${index + 1 === NEEDLE_ROW ? 'needle' : 'hay'} ${'v'.repeat(200)}`,
  })).bytes();
  const needle = { pattern: 'needle' };

  /** The key of the row that a view shows at a position. */
  async function keyAt(subject: Probe, view: ViewId, position = -1): Promise<string | undefined> {
    const { rows } = await subject.inspection.rows({ view, first: position, count: 1 });
    return rows[0]?.cells?.key?.text;
  }

  for (const [direction, from, wrapped] of [
    ['next', 1, false],
    ['next', NEEDLE_ROW, true],
    ['previous', 1, true],
    ['previous', -1, false],
  ] as const) {
    for (const [what, options] of [
      ['lengths of records tell', {}],
      ['the index knows', { formats: [withoutQuickRows(strataSegment)] }],
    ] as const) {
      it(`finds what is not among the rows that ${what}: ${direction} from ${from}`, async () => {
        const subject = probe(bytes, options);
        subject.inspection.start();
        const hit = await find(subject, needle, from, direction);
        assert.deepEqual([hit?.position, hit?.row, hit?.wrapped], [NEEDLE_ROW, NEEDLE_ROW, wrapped]);
        assert.equal(await keyAt(subject, 0, hit?.position), NEEDLE_KEY, 'the row is there when the hit is told');
        assert.ok((subject.indexReports.at(-1)?.rowCount ?? 0) > NEEDLE_ROW, 'and whoever asked knows that it is');
      });
    }

    it(`finds what a filter that runs has not come to: ${direction} from ${from}`, async () => {
      const subject = await subjectOf(bytes);
      const view = await startFilter(subject, 'op:put');
      const hit = await find(subject, needle, Math.min(from, NEEDLE_ROW - 1), direction, view);
      assert.deepEqual([hit?.position, hit?.row, hit?.wrapped], [NEEDLE_ROW - 1, NEEDLE_ROW, wrapped]);
      assert.equal(await keyAt(subject, view, hit?.position), NEEDLE_KEY);
      assert.ok((subject.filterReports.at(-1)?.matchCount ?? 0) >= NEEDLE_ROW);
    });
  }

  it('tells at once what stands among the rows that are known', async () => {
    const subject = probe(bytes);
    slowDown(subject);
    let isIndexed = false;
    void subject.indexed().then(() => (isIndexed = true));
    subject.inspection.start();
    const key9 = { kind: 'regex', pattern: '^key-9$' } as const;
    assert.equal((await find(subject, key9, 1, 'next'))?.row, 10);
    assert.equal((await find(subject, key9, 20, 'previous'))?.row, 10);
    assert.equal(isIndexed, false);
  });

  it('leaves out what a filter that was stopped does not show', async () => {
    const subject = await subjectOf(bytes);
    const view = await startFilter(subject, 'op:put');
    const forwards = find(subject, needle, 1, 'next', view);
    subject.inspection.cancelFilter();
    assert.equal(await forwards, undefined);
    assert.equal(await find(subject, needle, 1, 'previous', view), undefined);
  });

  it('reports on its progress while it waits', async () => {
    const subject = await subjectOf(bytes);
    slowDown(subject);
    const view = await startFilter(subject, 'needle');
    assert.equal((await find(subject, needle, -1, 'previous', view))?.position, 0);
    assert.ok(subject.findReports.length > 0);
  });

  it('stops at once when it is cancelled while it waits', async () => {
    const subject = await subjectOf(bytes);
    const searching = find(subject, needle, 0, 'previous', await startFilter(subject, 'needle'));
    subject.inspection.cancelFind();
    assert.equal(await searching, undefined);
    assert.deepEqual(subject.filterReports, []);
  });

  for (const direction of ['next', 'previous'] as const) {
    it(`tells the place among the rows that are shown, whatever numbers damage gives them: ${direction}`, async () => {
      const sound = await subjectOf(bytes);
      const { rows } = await sound.inspection.rows({ view: 0, first: 100, count: 2 });
      // Two records that the hint file tells are one damaged range.
      const damaged = bytes.slice();
      for (const { offsetBytes } of rows) damaged[offsetBytes + 60] = 0;
      let shown: Promise<string | undefined> | undefined;
      const subject = probe(damaged, {
        beside: { '000000000007.hint': hintOfSegment(bytes) },
        onIndexReport: ({ quick }) => {
          if (quick?.state !== 'shown') return;
          shown ??= find(subject, needle, 1, direction).then((hit) => keyAt(subject, 0, hit?.position));
        },
      });
      assert.equal((await openWhole(subject)).quick?.state, 'differed');
      assert.equal(await shown, NEEDLE_KEY);
    });
  }
});

describe('export', () => {
  const COUNT = 20_000;
  const bytes = segmentOf(COUNT, (index) => ({
    key: `key-${index}`,
    value: `${index % 1000 === 999 ? 'needle' : 'hay'} ${'v'.repeat(200)}`,
  })).bytes();

  /** Exports as JSON Lines; the numbers of the rows written, none when there is no file. */
  async function exported(
    subject: Probe,
    view: ViewId,
    meanwhile = () => {},
  ): Promise<{ readonly result: ExportResult; readonly rows: readonly number[] }> {
    const directory = mkdtempSync(path.join(tmpdir(), 'strata-export-'));
    try {
      const file = path.join(directory, 'rows.jsonl');
      const exporting = exportAs('jsonl', file, subject, view);
      meanwhile();
      const result = await exporting.finally(() => assert.equal(existsSync(`${file}.partial`), false));
      if (!existsSync(file)) return { result, rows: [] };
      const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
      return { result, rows: lines.map((line) => JSON.parse(line).row) };
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }

  it('writes all rows while only the beginning of the file is known', async () => {
    const subject = probe(bytes);
    subject.inspection.start();
    const { result, rows } = await exported(subject, 0);
    assert.deepEqual(result, { rowCount: COUNT, cancelled: false });
    assert.equal(rows.at(-1), COUNT);
  });

  it('writes all rows of a filter that still runs', async () => {
    const subject = await subjectOf(bytes);
    const { result, rows } = await exported(subject, await startFilter(subject, 'needle'));
    assert.deepEqual(result, { rowCount: 20, cancelled: false });
    assert.deepEqual(
      rows,
      Array.from({ length: 20 }, (_, at) => 1000 * (at + 1)),
    );
  });

  it('writes what is shown of a filter that was stopped', async () => {
    const subject = await subjectOf(bytes);
    const view = await startFilter(subject, 'op:put');
    const filtered = subject.filtered();
    slowDown(subject);
    while ((await subject.inspection.rows({ view, first: 0, count: 1 })).rowCount === 0) await nextTurn();
    subject.inspection.cancelFilter();
    const { matchCount } = await filtered;
    assert.ok(matchCount > 0 && matchCount < COUNT, `${matchCount} rows`);
    assert.equal((await exported(subject, view)).result.rowCount, matchCount);
  });

  it('leaves no file when it is cancelled while the filter runs', async () => {
    const subject = await subjectOf(bytes);
    const view = await startFilter(subject, 'needle');
    const { result, rows } = await exported(subject, view, () => subject.inspection.cancelExport());
    assert.deepEqual([result.cancelled, rows], [true, []]);
  });

  it('asks for another export when the filter or the order has changed', async () => {
    const subject = await subjectOf(bytes);
    const view = await startFilter(subject, 'needle');
    const waiting = exported(subject, view, () => void subject.inspection.setFilter(undefined));
    await assert.rejects(waiting, /filter .* has changed.* Export again/);
    await assert.rejects(exported(subject, view), /filter .* has changed.* Export again/);
    assert.equal(exportFailedMessage(new Error('Why.')), 'No records were exported. Why.');
  });

  it('says when the order keeps only its first rows', async () => {
    const large = probe(segmentOf(400, (index) => ({ key: `${index}`.padEnd(60_000, 'k'), value: '' })).bytes());
    await openWhole(large);
    const sorted = await large.inspection.sort({ view: 0, order: { column: 'key', descending: false } });
    assert.ok(sorted !== undefined && sorted.rowCount < sorted.sortedRows);
    const { result } = await exported(large, sorted.view);
    assert.deepEqual(result, { rowCount: sorted.rowCount, cancelled: false, firstRows: sorted.rowCount });
    const whole = await large.inspection.sort({ view: 0, order: { column: 'row', descending: true } });
    assert.equal((await exported(large, whole?.view ?? -1)).result.firstRows, undefined);
    assert.equal(
      exportedMessage({ rowCount: 199_999, cancelled: false, firstRows: 200_000 }, '/tmp/rows.csv'),
      'Exported 199,999 records to /tmp/rows.csv: the first 200,000 rows of the order; the table keeps no more.',
    );
    assert.equal(exportedMessage({ rowCount: 1, cancelled: false }, '/x'), 'Exported 1 record to /x.');
  });

  it('leaves out a value that is too large, says so, and goes on', async () => {
    const builder = new SegmentBuilder();
    builder.add({ key: 'small', value: 'v' });
    builder.add({ key: 'large', value: new Uint8Array(0x100_0001) });
    builder.add({ key: 'largest', value: new Uint8Array(0x100_0000).fill(0x61) });
    const subject = await subjectOf(builder.bytes());
    const directory = mkdtempSync(path.join(tmpdir(), 'strata-export-'));
    try {
      const file = path.join(directory, 'rows.jsonl');
      const result = await exportAs('jsonl', file, subject);
      assert.deepEqual(result, { rowCount: 3, cancelled: false, omittedValues: 1 });
      const rows = readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      assert.deepEqual([rows[1].key, rows[1].value, rows[1].valueBase64], ['large', undefined, undefined]);
      assert.match(rows[1].valueOmitted, /The value has 16.* exported up to 16/);
      assert.equal(rows[2].value.length, 0x100_0000);
      assert.match(
        exportedMessage(result, 'x'),
        /Exported 3 records to x\. 1 value too large to export was left out: valueOmitted says which/,
      );
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('writes the rows of a view as JSON Lines and as CSV', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'strata-export-'));
    try {
      const builder = new SegmentBuilder();
      builder.add({ key: 'a', value: 'plain, with "quotes"\nand a line' });
      builder.add({ key: Uint8Array.of(0xff, 0x01), value: Uint8Array.of(0xfe) });
      builder.add({ key: 'a' });
      builder.add({ key: '\\xFF\n', value: 'a key that looks escaped' });
      const subject = probe(builder.bytes());
      await openWhole(subject);
      const lines = path.join(directory, 'rows.jsonl');
      assert.deepEqual(await exportAs('jsonl', lines, subject), {
        rowCount: 4,
        cancelled: false,
      });
      const rows = readFileSync(lines, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      assert.equal(rows[0].value, 'plain, with "quotes"\nand a line');
      assert.deepEqual([rows[1].key, rows[1].keyBase64, rows[1].valueBase64], [undefined, '/wE=', '/g==']);
      assert.equal(rows[2].operation, 'del');
      assert.deepEqual([rows[3].key, rows[3].keyBase64], ['\\xFF\n', undefined]);
      const table = path.join(directory, 'rows.csv');
      await exportAs('csv', table, subject);
      const text = readFileSync(table, 'utf8');
      assert.match(text, /^row,offsetBytes,/);
      assert.match(text, /"plain, with ""quotes""\nand a line"/);
      assert.equal(existsSync(`${table}.partial`), false);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

describe('several matches in one record', () => {
  const HEAD_BYTES = 36;
  const builder = new SegmentBuilder();
  builder.add({ key: 'aXa', value: 'no' });
  builder.add({ key: 'none', value: 'no' });
  builder.add({ key: 'Xkey', value: 'X1XX2' });
  builder.raw(Uint8Array.from([...new Uint8Array(40), 0x58, ...new Uint8Array(9), 0x58, ...new Uint8Array(40)]));
  builder.add({ key: 'last', value: '€X€' });
  const subject = probe(builder.bytes());
  before(() => openWhole(subject));

  const ALL = [
    [1, HEAD_BYTES + 1, 1],
    [3, HEAD_BYTES, 1],
    [3, HEAD_BYTES + 4, 1],
    [3, HEAD_BYTES + 6, 1],
    [3, HEAD_BYTES + 7, 1],
    [4, 40, 1],
    [4, 50, 1],
    [5, HEAD_BYTES + 4 + 3, 1],
  ];

  for (const pattern of [
    { kind: 'text', pattern: 'X', matchCase: true },
    { kind: 'text', pattern: 'x', matchCase: false },
    { kind: 'hex', pattern: '58' },
    { kind: 'hex', pattern: '5? ' },
    { kind: 'regex', pattern: 'X', matchCase: true },
    { kind: 'regex', pattern: 'X(?:)' },
  ] as const) {
    it(`are gone to one after the other, both ways and round the ends: ${pattern.kind} ${pattern.pattern}`, async () => {
      const around = [...ALL, ...ALL.slice(0, 3)];
      assert.deepEqual(await walkMatches(subject, pattern, 'next', around.length), around);
      const back = ALL.toReversed();
      assert.deepEqual(await walkMatches(subject, pattern, 'previous', around.length), [...back, ...back.slice(0, 3)]);
    });
  }

  it('do not overlap, and empty ones are not gone to one after the other', async () => {
    const two = await walkMatches(subject, { pattern: 'xx' }, 'next', 2);
    assert.deepEqual(two, [
      [3, HEAD_BYTES + 6, 2],
      [3, HEAD_BYTES + 6, 2],
    ]);
    const maybe = await walkMatches(subject, { kind: 'regex', pattern: 'X*' }, 'next', 3);
    assert.deepEqual(maybe, [
      [1, HEAD_BYTES, 0],
      [1, HEAD_BYTES + 1, 1],
      [1, HEAD_BYTES + 3, 0],
    ]);
  });

  it('are gone on from in the row that had the match, also when its position is another one now', async () => {
    const pattern: FindPattern = { kind: 'text', pattern: 'X', matchCase: true };
    const { rows } = await subject.inspection.rows({ view: 0, first: 3, count: 1 });
    const rowOffsetBytes = rows[0]?.offsetBytes as number;
    const fromMatch = { rowOffsetBytes, matchOffsetBytes: HEAD_BYTES + 4 };
    for (const [direction, at] of [
      ['next', HEAD_BYTES + 6],
      ['previous', HEAD_BYTES],
    ] as const) {
      const hit = await subject.inspection.find({ pattern, view: 0, from: 1, fromMatch, direction });
      assert.deepEqual([hit?.row, hit?.matchOffsetBytes], [3, at]);
    }
    const noRow = { ...fromMatch, rowOffsetBytes: rowOffsetBytes + 1 };
    const hit = await subject.inspection.find({ pattern, view: 0, from: 3, fromMatch: noRow, direction: 'next' });
    assert.deepEqual([hit?.row, hit?.matchOffsetBytes], [4, 40]);
  });

  it('count from another match of the row only when that is said', async () => {
    const hit = await find(subject, { pattern: 'X' }, 3, 'next');
    assert.equal(hit?.row, 4);
  });
});

describe('find in large records', () => {
  const HEAD_BYTES = 37;
  const LARGE_BYTES = 0x5_0000;
  const builder = new SegmentBuilder();
  const filler = 'a'.repeat(LARGE_BYTES);
  builder.add({ key: 'k', value: 'xyx' });
  builder.add({ key: 'k', value: `${filler}xy` });
  builder.add({ key: 'k', value: filler });
  builder.add({ key: 'k', value: 'xy' });
  builder.add({ key: 'k', value: 'none' });
  builder.add({ key: 'k', value: `xy${filler}xy${filler}${filler}${filler}` });
  builder.add({ key: 'k', value: 'xy' });
  builder.add({ key: 'k', value: filler });
  const ALL = [
    [1, HEAD_BYTES, 2],
    [2, HEAD_BYTES + LARGE_BYTES, 2],
    [4, HEAD_BYTES, 2],
    [6, HEAD_BYTES, 2],
    [6, HEAD_BYTES + LARGE_BYTES + 2, 2],
    [7, HEAD_BYTES, 2],
  ];

  for (const pattern of [
    { kind: 'text', pattern: 'xy', matchCase: true },
    { kind: 'text', pattern: 'xY', matchCase: false },
    { kind: 'hex', pattern: '78 ?9' },
    { kind: 'regex', pattern: 'xy' },
    { kind: 'regex', pattern: '(?<!z)xy' },
  ] as const) {
    it(`goes from match to match, both ways and round the ends: ${pattern.kind} ${pattern.pattern}`, async () => {
      const subject = await subjectOf(builder.bytes());
      const around = [...ALL, ...ALL.slice(0, 2)];
      assert.deepEqual(await walkMatches(subject, pattern, 'next', around.length), around);
      const back = ALL.toReversed();
      assert.deepEqual(await walkMatches(subject, pattern, 'previous', around.length), [...back, ...back.slice(0, 2)]);
    });
  }

  it('goes through the rows of an order too', async () => {
    const { inspection } = await subjectOf(builder.bytes());
    const sorted = await inspection.sort({ view: 0, order: { column: 'row', descending: true } });
    assert.ok(sorted !== undefined);
    const pattern: FindPattern = { kind: 'regex', pattern: 'xy', matchCase: true };
    const rows: (number | undefined)[] = [];
    for (let from = -1; rows.length < 5; ) {
      const hit = await inspection.find({ pattern, view: sorted.view, from, direction: 'next' });
      assert.ok(hit !== undefined);
      rows.push(hit.row);
      from = hit.position;
    }
    assert.deepEqual(rows, [7, 6, 4, 2, 1]);
  });

  it('goes on within one without reading it again', async () => {
    const subject = await subjectOf(builder.bytes());
    const pattern: FindPattern = { kind: 'regex', pattern: 'a.*b|a', matchCase: true };
    let hit = await subject.inspection.find({ pattern, view: 0, from: 2, direction: 'next' });
    const read = subject.file.read.bind(subject.file);
    let reads = 0;
    subject.file.read = (target, offsetBytes) => {
      reads++;
      return read(target, offsetBytes);
    };
    for (const [direction, at] of [
      ['next', 1],
      ['next', 2],
      ['previous', 1],
    ] as const) {
      assert.ok(hit !== undefined);
      const { position, offsetBytes, matchOffsetBytes } = hit;
      const fromMatch = { rowOffsetBytes: offsetBytes, matchOffsetBytes };
      hit = await subject.inspection.find({ pattern, view: 0, from: position, fromMatch, direction });
      assert.deepEqual([hit?.row, hit?.matchOffsetBytes, hit?.matchSizeBytes], [3, HEAD_BYTES + at, 1]);
    }
    assert.equal(reads, 0);
    subject.inspection.cancelFind();
    const fromMatch = { rowOffsetBytes: hit?.offsetBytes ?? 0, matchOffsetBytes: HEAD_BYTES };
    await subject.inspection.find({ pattern, view: 0, from: 3, fromMatch, direction: 'next' });
    assert.ok(reads > 0);
  });

  it('can be stopped within one', async () => {
    const large = new SegmentBuilder();
    large.add({ key: 'k', value: 'a'.repeat(0x40_0000) });
    const subject = await subjectOf(large.bytes());
    for (const [kind, pattern, direction] of [
      ['regex', 'a.*b|a', 'previous'],
      ['hex', '6? 6? 6? 6? 6? 6? 6? 7?', 'next'],
    ] as const) {
      const searching = find(subject, { kind, pattern, matchCase: true }, -1, direction);
      for (let turn = 0; turn < 2; turn++) await nextTurn();
      subject.inspection.cancelFind();
      assert.equal(await searching, undefined, kind);
    }
  });
});

describe('a match where a buffer ends', () => {
  /** What filters and searches read at a time. */
  const BUFFER_BYTES = 0x10_0000;
  const NEEDLE = 'needle';
  /** Of a record before its value, with a key of one byte. */
  const HEAD_BYTES = 37;
  const FILLER = { key: 'k', value: 'x'.repeat(1000 - HEAD_BYTES) };

  for (let before = 0; before <= NEEDLE.length; before++) {
    it(`is found with ${before} of its ${NEEDLE.length} bytes before the end`, async () => {
      const builder = new SegmentBuilder();
      while (builder.sizeBytes < BUFFER_BYTES - 2000) builder.add(FILLER);
      const start = builder.sizeBytes;
      const needleAt = BUFFER_BYTES - before;
      const row = (start - 32) / 1000 + 1;
      builder.add({ key: 'k', value: 'x'.repeat(needleAt - start - HEAD_BYTES) + NEEDLE });
      for (let i = 0; i < 10; i++) builder.add(FILLER);
      const subject = await subjectOf(builder.bytes());
      assert.deepEqual(await rowsOf(subject, `value:${NEEDLE}`), [row]);
      assert.deepEqual(await rowsOf(subject, `value:/e+dle/`), [row]);
      for (const [kind, pattern] of [
        ['text', NEEDLE],
        ['regex', 'ne+d'],
        ['hex', '6E ?? 65 64'],
      ] as const) {
        for (const direction of ['next', 'previous'] as const) {
          const hit = await find(subject, { kind, pattern }, direction === 'next' ? -1 : row + 5, direction);
          assert.equal(hit?.row, row, `${kind}, ${direction}`);
          assert.equal(hit.offsetBytes + (hit.matchOffsetBytes ?? 0), needleAt, `${kind}, ${direction}`);
        }
      }
    });
  }

  it('is found where a block of rows ends', async () => {
    // As many rows are searched at a time on the way back.
    const BLOCK_ROWS = 4096;
    const atBorders = [BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1, 2 * BLOCK_ROWS, 2 * BLOCK_ROWS + 1];
    const value = (row: number) => (atBorders.includes(row) ? NEEDLE : 'hay');
    const subject = await subjectOf(segmentOf(10_000, (index) => ({ key: 'k', value: value(index + 1) })).bytes());
    assert.deepEqual(await rowsOf(subject, NEEDLE), atBorders);
    const forward: (number | undefined)[] = [];
    for (let from = -1; forward.length < atBorders.length; from = forward.at(-1) ?? Number.NaN) {
      forward.push((await find(subject, { pattern: NEEDLE }, from, 'next'))?.row);
    }
    assert.deepEqual(forward, atBorders);
    const backward: (number | undefined)[] = [];
    for (let from = 10_001; backward.length < atBorders.length; from = backward.at(-1) ?? Number.NaN) {
      backward.push((await find(subject, { pattern: NEEDLE }, from, 'previous'))?.row);
    }
    assert.deepEqual(backward, atBorders.toReversed());
  });
});
