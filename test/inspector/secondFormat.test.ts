// The editor knows a file only through its format: this one has nothing in common with Strata's.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { formatsWith, type LogFormatModule } from '../../src/inspector/furtherFormats.ts';
import { LogRecord, NONE } from '../../src/inspector/logFormat.ts';
import { ScanThread } from '../../src/inspector/scanThread.ts';
import { parseFilter } from '../../src/shared/inspectorFilter.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';
import { openWhole, probe, quietEvents } from './inspectionProbe.ts';
import { segmentOf } from './segmentBuilder.ts';

/** The module that an extension gives the inspector in the browser tests too. */
const MODULE = path.join(import.meta.dirname, '../e2e/extensions/lineFormat/lineFormat.cjs');
const makeFormats: LogFormatModule = createRequire(import.meta.url)(MODULE);
const formats = makeFormats({ LogRecord, NONE });

describe('a second log format', () => {
  const temporary = temporaryDirectories();
  const text = Array.from({ length: 5000 }, (_, index) =>
    index === 2500 ? 'oops\n' : `name${index}=value ${index}\n`,
  );
  const subject = probe(new TextEncoder().encode(text.join('')), { fileName: 'some.lines', formats });

  it('is indexed, paged, described, filtered and searched without the editor knowing of it', async () => {
    const progress = await openWhole(subject);
    assert.deepEqual([progress.rowCount, progress.recordCount, progress.damage.ranges], [5000, 4999, 1]);
    const { inspection } = subject;
    const { filterOperations, groupNames } = (await inspection.open()).summary;
    assert.deepEqual(filterOperations, ['set', 'unset']);
    assert.deepEqual(groupNames, { one: 'group', many: 'groups' });
    const { rows } = await inspection.rows({ view: 0, first: 2499, count: 3 });
    assert.deepEqual(
      rows.map((row) => (row.kind === 'damage' ? row.reason : row.cells.value?.text)),
      ['value 2499', 'no sign', 'value 2501'],
    );
    const [seventh] = (await inspection.rows({ view: 0, first: 7, count: 1 })).rows;
    assert.ok(seventh !== undefined);
    const detail = await inspection.detail(seventh);
    assert.deepEqual(
      detail?.fields.map(({ name, value }) => [name, value]),
      [
        ['name', 'name7'],
        ['content', 'value 7'],
      ],
    );
    const filtered = subject.filtered();
    const parsed = parseFilter('key:/^name49..$/');
    assert.ok(parsed.ok);
    await inspection.setFilter(parsed.filter);
    assert.equal((await filtered).matchCount, 100);
    const pattern = { kind: 'text' as const, pattern: 'value 4321', matchCase: true };
    assert.equal((await inspection.find({ pattern, view: 0, from: -1, direction: 'next' }))?.row, 4321);
  });

  it('is not opened when no format knows the file', () => {
    assert.throws(() => probe(new Uint8Array(10), { fileName: 'other.txt', formats }), /known format/);
  });

  const BROKEN = [
    { what: 'that throws', source: 'throw new Error("Cannot begin")', problem: /cannot be loaded: Cannot begin/ },
    { what: 'that makes nothing', source: 'module.exports = () => {}', problem: /cannot be loaded: .* not iterable/ },
    { what: 'with an empty place', source: 'module.exports = () => [null]', problem: /cannot be loaded: .* null/ },
    {
      what: 'whose format throws when it is asked',
      source: 'module.exports = () => [{ name: "Odd", detect() { throw new Error("Cannot tell"); } }]',
      problem: /The log format Odd of .* cannot tell whether a file is its own: Cannot tell/,
    },
    {
      what: 'whose format cannot be asked',
      source: 'module.exports = () => [{ name: "Odd" }]',
      problem: /The log format Odd of .* is not a function/,
    },
  ];

  for (const { what, source, problem } of BROKEN) {
    it(`is passed over in a module ${what}, and that is told`, async () => {
      const broken = path.join(temporary.make(), 'broken.cjs');
      writeFileSync(broken, source);
      const problems: string[] = [];
      const further = formatsWith([broken, MODULE], (message) => problems.push(message));
      const segment = segmentOf(3, (index) => ({ key: `key/${index}`, value: '' })).bytes();
      assert.equal((await openWhole(probe(segment, { formats: further }))).recordCount, 3);
      assert.deepEqual(problems, [], 'own formats come first');
      const lines = new TextEncoder().encode('a=1\n');
      assert.equal((await openWhole(probe(lines, { fileName: 'some.lines', formats: further }))).recordCount, 1);
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', problem);
      assert.ok((problems[0] ?? '').includes(broken));
      // It may be of the format that could not be asked.
      assert.throws(() => probe(lines, { fileName: 'other.txt', formats: further }), problem);
    });
  }

  it('is asked after another one of its module has failed', async () => {
    const odd = path.join(temporary.make(), 'odd.cjs');
    const first = '{ name: "Odd", detect() { throw new Error("Cannot tell"); } }';
    writeFileSync(odd, `module.exports = (strata) => [${first}, ...require(${JSON.stringify(MODULE)})(strata)];`);
    const lines = new TextEncoder().encode('a=1\n');
    const further = formatsWith([odd], () => {});
    assert.equal((await openWhole(probe(lines, { fileName: 'some.lines', formats: further }))).recordCount, 1);
  });

  it('is read by the thread of an editor that was told of its module', async () => {
    const source = { kind: 'bytes', fileName: 'some.lines', bytes: new TextEncoder().encode('a=1\n-a\n') } as const;
    const worker = path.join(import.meta.dirname, '../../src/inspector/scanWorker.ts');
    const none = path.join(import.meta.dirname, 'none.cjs');
    const problems: string[] = [];
    const events = { ...quietEvents, formatProblem: (message: string) => problems.push(message) };
    const thread = new ScanThread(worker, source, events, assert.ifError, [none, MODULE]);
    const { formatName, operations } = (await thread.calls.open()).summary;
    assert.deepEqual([formatName, operations], ['Lines', ['set', 'unset']]);
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', /none\.cjs cannot be loaded: Cannot find module/);
    await thread.dispose();
  });
});
