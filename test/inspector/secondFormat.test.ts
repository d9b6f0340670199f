// The editor knows a file only through its format: this one has nothing in common with Strata's.
import assert from 'node:assert/strict';
import {
  type LogFile,
  type LogFormat,
  LogRecord,
  type LogScan,
  type LogSink,
  type ScanStart,
} from '../../src/inspector/logFormat.ts';
import { parseFilter } from '../../src/shared/inspectorFilter.ts';
import { openWhole, probe } from './inspectionProbe.ts';

const NEWLINE = 0x0a;
const EQUALS = 0x3d;

/** Text lines `key=value`; a line without `=` is damage. */
const lineFormat: LogFormat = {
  id: 'test.lines',
  name: 'Lines',
  detect: ({ fileName }) => fileName.endsWith('.lines'),
  open: (): LogFile => ({
    facts: [{ label: 'kind', value: 'text', tone: 'plain' }],
    columns: ['operation', 'key', 'value'],
    operations: ['set'],
    scan: (start) => new LineScan(start),
    describe: ({ sizeBytes }, bytes) => {
      const equals = bytes.indexOf(EQUALS);
      const field = (name: string, offsetBytes: number, endBytes: number, colourGroup: number) => ({
        ...{ name, offsetBytes, sizeBytes: endBytes - offsetBytes, colourGroup, meaning: '', problem: false },
        ...{ type: 'bytes' as const, value: Buffer.from(bytes.subarray(offsetBytes, endBytes)).toString() },
      });
      return [field('key', 0, equals, 0), field('value', equals + 1, sizeBytes - 1, 1)];
    },
    guess: () => undefined,
  }),
};

class LineScan implements LogScan {
  wantOffsetBytes: number;
  wantBytes = 1;
  #sizeBytes: number;

  constructor({ offsetBytes, fileSizeBytes }: ScanStart) {
    this.wantOffsetBytes = offsetBytes;
    this.#sizeBytes = fileSizeBytes;
  }

  get done(): boolean {
    return this.wantOffsetBytes >= this.#sizeBytes;
  }

  truncate(sizeBytes: number): void {
    this.#sizeBytes = Math.min(this.#sizeBytes, sizeBytes);
  }

  feed(bytes: Uint8Array, sink: LogSink): void {
    const base = this.wantOffsetBytes;
    for (let at = 0; at < bytes.length; ) {
      const newline = bytes.indexOf(NEWLINE, at);
      const atEnd = base + bytes.length >= this.#sizeBytes;
      if (newline < 0 && !atEnd) {
        this.wantBytes = Math.min(this.#sizeBytes - this.wantOffsetBytes, 2 * (bytes.length - at) + 1);
        return;
      }
      const end = newline < 0 ? bytes.length : newline + 1;
      this.#line(bytes, at, end, base + at, sink);
      at = end;
      this.wantOffsetBytes = base + end;
      this.wantBytes = 1;
    }
  }

  #line(bytes: Uint8Array, start: number, end: number, offsetBytes: number, sink: LogSink): void {
    const equals = bytes.subarray(start, end).indexOf(EQUALS);
    const sizeBytes = end - start;
    if (equals < 0) {
      sink.damage({ offsetBytes, sizeBytes, reason: 'no sign', message: 'a line without =', reachesEnd: false });
      return;
    }
    const record = Object.assign(new LogRecord(), { offsetBytes, sizeBytes, bytes, recordStart: start });
    Object.assign(record, { keyStart: start, keyLength: equals });
    Object.assign(record, { valueStart: start + equals + 1, valueLength: end - start - equals - 2 });
    sink.record(record);
  }
}

describe('a second log format', () => {
  const text = Array.from({ length: 5000 }, (_, index) =>
    index === 2500 ? 'oops\n' : `name${index}=value ${index}\n`,
  );
  const subject = probe(new TextEncoder().encode(text.join('')), { fileName: 'some.lines', formats: [lineFormat] });

  it('is indexed, paged, described, filtered and searched without the editor knowing of it', async () => {
    const progress = await openWhole(subject);
    assert.deepEqual([progress.rowCount, progress.recordCount, progress.damage.ranges], [5000, 4999, 1]);
    const { inspection } = subject;
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
        ['key', 'name7'],
        ['value', 'value 7'],
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
    assert.throws(() => probe(new Uint8Array(10), { fileName: 'other.txt', formats: [lineFormat] }), /known format/);
  });
});
