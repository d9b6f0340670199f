import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Store } from '../../src/engine/index.ts';
import { crc32 } from '../../src/format/crc32.ts';
import { decodeSnapshotHead } from '../../src/format/keydirSnapshot.ts';
import {
  FILE_HEADER,
  HINT_ENTRY,
  HINT_FIRST_ENTRY,
  HINT_SUMMARY,
  SNAPSHOT_ENTRY,
  SNAPSHOT_ENTRY_SIZE,
  SNAPSHOT_FIRST_SEGMENT,
  SNAPSHOT_FREE_ENTRY,
  SNAPSHOT_SEGMENT,
  SNAPSHOT_SEGMENT_SIZE,
} from '../../src/format/layout.ts';
import { readU32, writeU32 } from '../../src/format/littleEndian.ts';
import { Inspection } from '../../src/inspector/inspection.ts';
import { LocalFile } from '../../src/inspector/localFile.ts';
import { ScanThread } from '../../src/inspector/scanThread.ts';
import type { CrossCheck, CrossCheckProgress, ScanEvents, ScanHostEvents } from '../../src/shared/inspectorMessages.ts';
import type { IndexProgress } from '../../src/shared/inspectorRows.ts';
import { quietEvents } from './inspectionProbe.ts';

const encoder = new TextEncoder();

class CountedFile extends LocalFile {
  static reads = 0;

  override read(target: Uint8Array, offsetBytes: number): number {
    CountedFile.reads++;
    return super.read(target, offsetBytes);
  }
}

describe('hint files, snapshots and manifests under inspection', () => {
  let directory: string;

  beforeEach(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'strata-cross-check-'));
    const store = await Store.open(directory, { durability: 'os', maxSegmentSizeBytes: 20_000 });
    for (let index = 0; index < 900; index++) {
      await store.put(encoder.encode(`key/${index % 300}`), encoder.encode(`value ${index}`));
      if (index % 50 === 7) await store.del(encoder.encode(`key/${index % 40}`));
    }
    await store.close();
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  function inspect(
    fileName: string,
    crossCheckProgress: ScanEvents['crossCheckProgress'] = () => {},
  ): Promise<{ inspection: Inspection; progress: IndexProgress }> {
    return new Promise((resolve) => {
      const events: ScanEvents = {
        ...quietEvents,
        crossCheckProgress,
        indexProgress: (progress) => {
          if (progress.done) resolve({ inspection, progress });
        },
      };
      const inspection = new Inspection({
        file: new LocalFile(path.join(directory, fileName)),
        fileName,
        events,
        openBeside: (name) =>
          existsSync(path.join(directory, name)) ? new CountedFile(path.join(directory, name)) : undefined,
      });
      inspection.start();
    });
  }

  /** What the scanning thread says of a file that another file system gave it whole. */
  async function crossCheckOfBytes(fileName: string, bytes: Uint8Array): Promise<CrossCheck | undefined> {
    let onDone = () => {};
    const done = new Promise<void>((resolve) => (onDone = resolve));
    const events: ScanHostEvents = { ...quietEvents, indexProgress: (progress) => progress.done && onDone() };
    const worker = path.join(import.meta.dirname, '../../src/inspector/scanWorker.ts');
    const thread = new ScanThread(worker, { kind: 'bytes', fileName, bytes }, events, assert.ifError);
    try {
      await thread.calls.open();
      await done;
      return await thread.calls.crossCheck();
    } finally {
      await thread.dispose();
    }
  }

  /** Writes a hint file back after a change, with its checksum made right again. */
  function changeHint(change: (bytes: Uint8Array) => void): void {
    const file = path.join(directory, '000000000001.hint');
    const bytes = new Uint8Array(readFileSync(file));
    change(bytes);
    writeU32(bytes, bytes.length - 4, crc32(bytes, 0, bytes.length - 4, 0));
    writeFileSync(file, bytes);
  }

  /** Changes the first live entry of the snapshot, with the checksum made right again; returns where the entry starts. */
  function changeEntry(change: (bytes: Uint8Array, at: number) => void): number {
    const file = path.join(directory, 'KEYDIR');
    const bytes = new Uint8Array(readFileSync(file));
    const decoded = decodeSnapshotHead(bytes, bytes.length, crc32);
    assert.ok(decoded.ok);
    let at = decoded.layout.columns.entries.offsetBytes;
    while (readU32(bytes, at + SNAPSHOT_ENTRY.segment) === SNAPSHOT_FREE_ENTRY) at += SNAPSHOT_ENTRY_SIZE;
    change(bytes, at);
    writeU32(bytes, bytes.length - 4, crc32(bytes, 0, bytes.length - 4, 0));
    writeFileSync(file, bytes);
    return at;
  }

  async function checkOfSnapshot(): Promise<CrossCheck | undefined> {
    const { inspection, progress } = await inspect('KEYDIR');
    assert.equal(progress.damage.ranges, 0, 'the checksum is right');
    const check = await inspection.crossCheck();
    inspection.close();
    return check;
  }

  async function problemsOfSnapshot(): Promise<readonly string[]> {
    return (await checkOfSnapshot())?.problems ?? [];
  }

  const hex = (offsetBytes: number) => `0x${offsetBytes.toString(16).toUpperCase().padStart(8, '0')}`;

  it('reads records that stand together at once when it compares the entries of a snapshot with them', async () => {
    const entries = 300 - 18;
    CountedFile.reads = 0;
    const check = await checkOfSnapshot();
    assert.equal(check?.outcome, 'agrees');
    assert.ok(CountedFile.reads < entries / 5, `${CountedFile.reads} reads`);
  });

  it('names the record that a snapshot has no entry for', async () => {
    let place = { segment: -1, offset: -1 };
    changeEntry((bytes, at) => {
      const segmentIndex = readU32(bytes, at + SNAPSHOT_ENTRY.segment);
      const segmentAt = SNAPSHOT_FIRST_SEGMENT + segmentIndex * SNAPSHOT_SEGMENT_SIZE;
      place = {
        segment: readU32(bytes, segmentAt + SNAPSHOT_SEGMENT.segmentId),
        offset: readU32(bytes, at + SNAPSHOT_ENTRY.offset),
      };
      writeU32(bytes, at + SNAPSHOT_ENTRY.segment, SNAPSHOT_FREE_ENTRY);
      // Also where the counts agree with what is there.
      const liveCountAt = segmentAt + SNAPSHOT_SEGMENT.liveCount;
      writeU32(bytes, liveCountAt, readU32(bytes, liveCountAt) - 1);
    });
    assert.deepEqual(await problemsOfSnapshot(), [
      `The record at ${hex(place.offset)} of segment ${place.segment} has no entry.`,
    ]);
  });

  it('names a wrong offset in a snapshot: where it points, and the record that no entry points at', async () => {
    let offset = -1;
    const at = changeEntry((bytes, entry) => {
      offset = readU32(bytes, entry + SNAPSHOT_ENTRY.offset);
      writeU32(bytes, entry + SNAPSHOT_ENTRY.offset, offset + 1);
    });
    const problems = await problemsOfSnapshot();
    assert.equal(problems.length, 2);
    assert.match(
      problems[0] ?? '',
      new RegExp(`^The entry at ${hex(at)} points at ${hex(offset + 1)} of segment \\d+, where no valid put`),
    );
    assert.match(problems[1] ?? '', new RegExp(`^The record at ${hex(offset)} of segment \\d+ has no entry`));
  });

  it('does not believe the length that an entry of a snapshot claims, nor make memory for it', async () => {
    const at = changeEntry((bytes, entry) => writeU32(bytes, entry + SNAPSHOT_ENTRY.valueLength, 0xffff_ff00));
    const memory = process.memoryUsage().arrayBuffers;
    const problems = await problemsOfSnapshot();
    assert.ok(process.memoryUsage().arrayBuffers - memory < 0x1000_0000);
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', new RegExp(`^The entry at ${hex(at)} points at .* no valid put of that length`));
  });

  it('tells what is wrong with the entries before it looks for records that have none', async () => {
    const reports: CrossCheckProgress[] = [];
    const report = (progress: CrossCheckProgress) => void reports.push(progress);
    const sound = await inspect('KEYDIR', report);
    const agreed = await sound.inspection.crossCheck();
    sound.inspection.close();
    assert.deepEqual(reports[0], {
      known: {
        label: 'segments',
        outcome: 'agrees',
        summary: 'entries agree',
        problems: [],
        notLookedAt: 'Records that have no entry are still being looked for.',
      },
      activity: 'Looking for records that have no entry',
      share: 0,
    });
    assert.deepEqual(agreed, { label: 'segments', outcome: 'agrees', summary: 'agree', problems: [] });

    reports.length = 0;
    changeEntry((bytes, at) =>
      writeU32(bytes, at + SNAPSHOT_ENTRY.offset, readU32(bytes, at + SNAPSHOT_ENTRY.offset) + 1),
    );
    const wrong = await inspect('KEYDIR', report);
    const differs = await wrong.inspection.crossCheck();
    wrong.inspection.close();
    const known = reports[0]?.known;
    assert.equal(known?.summary, 'at least 1 difference');
    assert.match(known?.problems[0] ?? '', /where no valid put of that length starts/);
    assert.match(known?.notLookedAt ?? '', /still being looked for/);
    assert.equal(known?.problems.length, 1);
    assert.equal(differs?.notLookedAt, undefined);
    assert.equal(differs?.summary, '2 differences');
    assert.deepEqual(differs?.problems[0], known?.problems[0]);
  });

  it('ends with what it knows when the search for records without an entry is stopped', async () => {
    const { inspection } = await inspect('KEYDIR', () => inspection.cancelCrossCheck());
    const stopped = await inspection.crossCheck();
    assert.deepEqual([stopped?.outcome, stopped?.summary], ['agrees', 'entries agree']);
    assert.match(stopped?.notLookedAt ?? '', /the search for them was stopped\.$/);
    inspection.close();
  });

  it('is given up for the next check, and not for one that was stopped before it', async () => {
    const { inspection } = await inspect('KEYDIR');
    const first = assert.rejects(inspection.crossCheck(), /begun anew/);
    inspection.cancelCrossCheck();
    const next = await inspection.crossCheck();
    await first;
    assert.equal(next?.summary, 'agree');
    inspection.close();
  });

  it('does not say that all agrees where damage keeps it from knowing', async () => {
    const file = path.join(directory, '000000000001.seg');
    const bytes = readFileSync(file);
    // The value of an early put of a key that was overwritten later.
    const at = bytes.indexOf('value 3');
    assert.ok(at > 0);
    bytes[at] = (bytes[at] as number) ^ 1;
    writeFileSync(file, bytes);
    const check = await checkOfSnapshot();
    assert.deepEqual([check?.outcome, check?.summary], ['agrees', 'entries agree']);
    assert.match(check?.notLookedAt ?? '', /^Not all records that have no entry are known: what is damaged/);
  });

  it('decodes every file of a store to its last byte, without damage', async () => {
    for (const fileName of ['000000000001.seg', '000000000001.hint', 'KEYDIR', 'MANIFEST']) {
      const { inspection, progress } = await inspect(fileName);
      assert.equal(progress.damage.ranges, 0, fileName);
      const { rows } = await inspection.rows({ view: 0, first: 0, count: 5000 });
      let end = 0;
      for (const row of rows) {
        assert.equal(row.offsetBytes, end, fileName);
        end += row.sizeBytes;
      }
      assert.equal(end, progress.sizeBytes, fileName);
      inspection.close();
    }
  });

  it('finds that the files of a sound store agree', async () => {
    for (const [fileName, label] of [
      ['000000000001.seg', 'hint'],
      ['000000000001.hint', 'segment'],
      ['KEYDIR', 'segments'],
    ] as const) {
      const { inspection } = await inspect(fileName);
      const check = await inspection.crossCheck();
      assert.deepEqual([check?.label, check?.outcome, check?.problems], [label, 'agrees', []], fileName);
      inspection.close();
    }
  });

  it('names a wrong offset: an entry without record, and a record without entry', async () => {
    changeHint((bytes) => {
      const at = HINT_FIRST_ENTRY + HINT_ENTRY.offset;
      writeU32(bytes, at, readU32(bytes, at) + 1);
    });
    const { inspection, progress } = await inspect('000000000001.hint');
    assert.equal(progress.damage.ranges, 0);
    const check = await inspection.crossCheck();
    assert.equal(check?.outcome, 'differs');
    assert.match(check?.problems.join('\n') ?? '', /record at 0x00000020 has no entry/);
    assert.match(check?.problems.join('\n') ?? '', /points at 0x00000021, where no record starts/);
    inspection.close();
  });

  it('says of a hint file under the name of another segment that no store uses it', async () => {
    copyFileSync(path.join(directory, '000000000001.hint'), path.join(directory, '000000000077.hint'));
    const { inspection } = await inspect('000000000077.hint');
    const check = await inspection.crossCheck();
    assert.deepEqual([check?.outcome, check?.summary], ['differs', 'another one']);
    assert.match(check?.problems[0] ?? '', /names segment 1, .*no store uses this file/);
    const { facts } = (await inspection.look()).summary;
    assert.equal(facts.find(({ label }) => label === 'name')?.value, 'says id 77');
    inspection.close();
  });

  it('names a value length that is not that of the record', async () => {
    changeHint((bytes) => writeU32(bytes, HINT_FIRST_ENTRY + HINT_ENTRY.valueLength, 3));
    const { inspection } = await inspect('000000000001.hint');
    assert.match((await inspection.crossCheck())?.problems.join() ?? '', /another value length/);
    inspection.close();
  });

  it('shows a flipped bit of a hint file as a wrong file checksum', async () => {
    const file = path.join(directory, '000000000001.hint');
    const bytes = readFileSync(file);
    bytes[bytes.length - 6] = (bytes[bytes.length - 6] as number) ^ 1;
    writeFileSync(file, bytes);
    const { inspection, progress } = await inspect('000000000001.hint');
    assert.deepEqual(progress.damage, { ranges: 1, bytes: 4 });
    inspection.close();
  });

  it('says first of a damaged hint file that it is, and nothing of records behind the damage', async () => {
    const file = path.join(directory, '000000000001.hint');
    const bytes = readFileSync(file);
    bytes.fill(0xee, HINT_FIRST_ENTRY + 100, HINT_FIRST_ENTRY + 200);
    writeFileSync(file, bytes);
    const { inspection } = await inspect('000000000001.hint');
    const check = await inspection.crossCheck();
    assert.match(check?.problems[0] ?? '', /^The hint file is damaged; what follows/);
    assert.ok(
      check?.problems.every((problem) => !problem.includes('no entry')),
      check?.problems.join(' '),
    );
    inspection.close();
  });

  it('says why a hint file cannot be read, and shows no fields of a header that is cut off', async () => {
    const file = path.join(directory, '000000000001.hint');
    const sound = readFileSync(file);
    const checkOf = async (bytes: Uint8Array, fields: number) => {
      writeFileSync(file, bytes);
      const { inspection } = await inspect('000000000001.hint');
      const check = await inspection.crossCheck();
      const detail = await inspection.detail({ row: 0, offsetBytes: 0 });
      assert.equal(detail?.fields.length, fields);
      inspection.close();
      return [check?.summary, check?.problems.join(' ')];
    };
    const reason = (text: string) => `A store will not believe the hint file: ${text}.`;
    const newer = Buffer.from(sound);
    newer[FILE_HEADER.version] = 2;
    writeU32(newer, FILE_HEADER.checksum, crc32(newer, 0, FILE_HEADER.checksum, 0));
    assert.deepEqual(await checkOf(newer, 8), ['unknown version', reason('its version is not known here')]);
    for (const sizeBytes of [3, 4, 9, 20]) {
      assert.deepEqual(await checkOf(sound.subarray(0, sizeBytes), 0), ['damaged', reason('it is too short')]);
    }
  });

  it('finds a key in a snapshot where an entry refers to it, once in each row', async () => {
    const { inspection } = await inspect('KEYDIR');
    const pattern = { kind: 'regex', pattern: '[ky]', matchCase: true } as const;
    for (const direction of ['next', 'previous'] as const) {
      const hit = await inspection.find({ pattern, view: 0, from: -1, direction });
      assert.ok(hit);
      assert.deepEqual(
        [hit.where, hit.matchOffsetBytes, hit.matchSizeBytes],
        ['key', SNAPSHOT_ENTRY.key, SNAPSHOT_ENTRY.sequence - SNAPSHOT_ENTRY.key],
      );
      const fromMatch = { rowOffsetBytes: hit.offsetBytes, matchOffsetBytes: hit.matchOffsetBytes };
      const other = await inspection.find({ pattern, view: 0, from: hit.position, fromMatch, direction });
      assert.equal(other?.row, hit.row + (direction === 'next' ? 1 : -1));
    }
    inspection.close();
  });

  it('says of a segment whose hint file is damaged that it is, wherever the damage is', async () => {
    const file = path.join(directory, '000000000001.hint');
    const sound = readFileSync(file);
    const summaryOf = async () => {
      const { inspection } = await inspect('000000000001.seg');
      const check = await inspection.crossCheck();
      inspection.close();
      return check;
    };
    for (const [at, problem] of [
      [sound.length - 6, /the checksum of the file is not that of its bytes/],
      [sound.length - 1, /the checksum of the file is not that of its bytes/],
      [HINT_FIRST_ENTRY + HINT_ENTRY.operation, /an entry says what cannot be/],
      [HINT_SUMMARY.entriesSize, /its length is not the one that it says/],
      [0, /its header/],
    ] as const) {
      const bytes = Buffer.from(sound);
      bytes[at] = (bytes[at] as number) ^ 4;
      writeFileSync(file, bytes);
      const check = await summaryOf();
      assert.deepEqual([check?.outcome, check?.summary], ['differs', 'damaged'], `byte ${at}`);
      assert.match(check?.problems.join() ?? '', problem);
    }
    writeFileSync(file, sound.subarray(0, 40));
    assert.equal((await summaryOf())?.summary, 'damaged');
  });

  it('gives way while it reads a hint file, and ends when the check is no longer wanted', async () => {
    const { inspection } = await inspect('000000000001.seg');
    const check = inspection.crossCheck();
    inspection.close();
    await assert.rejects(Promise.resolve(check), /The file has changed/);
  });

  it('says that it has not looked where files beside the one cannot be reached', async () => {
    for (const [fileName, label, sentence] of [
      ['000000000001.seg', 'hint', /^The hint file was not looked for: /],
      ['000000000001.hint', 'segment', /^The segment was not looked for: /],
      ['KEYDIR', 'segments', /^The segments were not looked for: /],
    ] as const) {
      const check = await crossCheckOfBytes(fileName, readFileSync(path.join(directory, fileName)));
      assert.deepEqual([check?.label, check?.outcome, check?.summary], [label, 'unchecked', 'not checked']);
      assert.match(check?.problems.join() ?? '', sentence);
      assert.match(check?.problems.join() ?? '', /cannot be reached in this file system/);
    }
  });

  it('still says what a snapshot contradicts in itself where no segment can be reached', async () => {
    const bytes = readFileSync(path.join(directory, 'KEYDIR'));
    const liveCountAt = SNAPSHOT_FIRST_SEGMENT + SNAPSHOT_SEGMENT.liveCount;
    writeU32(bytes, liveCountAt, readU32(bytes, liveCountAt) + 1);
    const check = await crossCheckOfBytes('KEYDIR', bytes);
    assert.equal(check?.outcome, 'differs');
    assert.match(check?.problems.join() ?? '', /Segment 1 should have/);
    assert.match(check?.problems.join() ?? '', /The snapshot is damaged/, 'its checksum is wrong now');
    assert.doesNotMatch(check?.problems.join() ?? '', /There is no/);
    assert.equal(check?.summary, 'at least 2 differences');
    assert.match(check?.notLookedAt ?? '', /^The segments were not looked for: /);
  });

  it('says that a segment has no hint file, and that a snapshot lacks a segment', async () => {
    rmSync(path.join(directory, '000000000002.seg'));
    rmSync(path.join(directory, '000000000001.hint'));
    const segment = await inspect('000000000001.seg');
    assert.equal((await segment.inspection.crossCheck())?.outcome, 'missing');
    segment.inspection.close();
    const snapshot = await inspect('KEYDIR');
    const check = await snapshot.inspection.crossCheck();
    assert.match(check?.problems.join() ?? '', /no 000000000002\.seg/);
    assert.equal(check?.summary, 'at least 1 difference');
    assert.match(check?.notLookedAt ?? '', /^Records that have no entry were not looked for: /);
    snapshot.inspection.close();
  });

  it('says of a manifest which sequence numbers each segment has, as far as it knows', async () => {
    // After a clean close the last segment is still being written.
    const { inspection } = await inspect('MANIFEST');
    const { rows } = await inspection.rows({ view: 0, first: 0, count: 5000 });
    const notes = rows.flatMap(({ cells }) => (cells?.operation === 'segment' ? [cells.note] : []));
    assert.ok(notes.length > 2);
    assert.match(notes[0] ?? '', /^segment 1, sealed, [\d,]+ durable bytes, sequences 1 to \d+$/);
    assert.match(notes.at(-1) ?? '', /, unsealed, .*, sequences not known before it is sealed$/);
    inspection.close();
  });

  it('resolves the keys of snapshot entries', async () => {
    const { inspection } = await inspect('KEYDIR');
    const { rows } = await inspection.rows({ view: 0, first: 0, count: 5000 });
    const keys = rows.filter(({ cells }) => cells?.operation === 'entry').map(({ cells }) => cells?.key?.text);
    assert.ok(keys.length > 250);
    assert.ok(keys.every((key) => key?.startsWith('key/')));
    inspection.close();
  });
});
