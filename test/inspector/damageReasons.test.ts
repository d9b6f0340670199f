/** Every kind of damage is a row with its reason in words, its bytes, and the next valid record behind it. */

import assert from 'node:assert/strict';
import { FILE_HEADER, RECORD } from '../../src/format/layout.ts';
import type { InspectorRow } from '../../src/shared/inspectorRows.ts';
import { openWhole, probe } from './inspectionProbe.ts';
import { SegmentBuilder } from './segmentBuilder.ts';

/** Longer than any value may be. */
const IMPOSSIBLE_LENGTH = 0xffff_fff0;
/** Possible, but further than the file reaches. */
const TOO_LONG = 1_000_000;

interface Damage {
  readonly what: string;
  readonly reason: string;
  readonly message: RegExp;
  /** Puts the damage into the file; returns where it begins. */
  readonly put: (builder: SegmentBuilder) => number;
  /** Changes the bytes of the record that `put` has added. */
  readonly change?: (record: DataView) => void;
}

const DAMAGES: readonly Damage[] = [
  {
    what: 'a flipped bit',
    reason: 'bad checksum',
    message: /^41 bytes: checksum [0-9A-F]{8} stored, [0-9A-F]{8} computed$/,
    put: (builder) => builder.add({ key: 'key', value: 'is' }),
    change: (record) => record.setUint8(record.byteLength - 1, 0),
  },
  {
    what: 'zeros, as a file system leaves them behind a crash',
    reason: 'zeros',
    message: /^300 bytes: zeros where a record header should be$/,
    put: (builder) => builder.raw(new Uint8Array(300)),
  },
  {
    what: 'a length that no record has',
    reason: 'impossible length',
    message: /^41 bytes: the lengths are not those of any record$/,
    put: (builder) => builder.add({ key: 'key', value: 'is' }),
    change: (record) => record.setUint32(RECORD.valueLength, IMPOSSIBLE_LENGTH, true),
  },
  {
    what: 'a length that reaches past the end of the file',
    reason: 'impossible length',
    message: /^41 bytes: the record's lengths reach past the end of the file$/,
    put: (builder) => builder.add({ key: 'key', value: 'is' }),
    change: (record) => record.setUint32(RECORD.valueLength, TOO_LONG, true),
  },
  {
    what: 'flags of a later version',
    reason: 'unknown flags',
    message: /^41 bytes: the checksum is right, but the flags are not known to this version of Strata$/,
    put: (builder) => builder.add({ key: 'key', value: 'is' }, 0x80),
  },
  {
    what: 'an operation of a later version',
    reason: 'unknown operation',
    message: /^41 bytes: the checksum is right, but the operation is not known to this version of Strata$/,
    put: (builder) => builder.add({ key: 'key', value: 'is', operation: 9 }),
  },
  {
    what: 'text',
    reason: 'impossible length',
    message: /^500 bytes: the lengths are not those of any record$/,
    put: (builder) => builder.raw(new Uint8Array(500).fill(0x61)),
  },
];

describe('a damaged range', () => {
  for (const damage of DAMAGES) {
    it(`is a row that names ${damage.what}, shows its bytes, and is followed by the next valid record`, async () => {
      const builder = new SegmentBuilder();
      builder.add({ key: 'before', value: 'v' });
      const start = damage.put(builder);
      const end = builder.sizeBytes;
      builder.add({ key: 'after', value: 'v' });
      const bytes = builder.bytes();
      damage.change?.(new DataView(bytes.buffer, start, end - start));
      const { rows, detail } = await inspect(bytes, 2);
      assert.deepEqual(
        rows.map(({ kind, cells }) => [kind, kind === 'record' ? cells.key?.text : undefined]),
        [
          ['header', undefined],
          ['record', 'before'],
          ['damage', undefined],
          ['record', 'after'],
        ],
      );
      const row = rows[2];
      assert.ok(row?.kind === 'damage');
      assert.deepEqual([row.reason, row.offsetBytes, row.sizeBytes], [damage.reason, start, end - start]);
      assert.match(row.message, damage.message);
      assert.deepEqual(detail?.bytes, bytes.slice(start, end));
    });
  }

  it('is the whole file when it has a later version: what another version means by its bytes is not guessed', async () => {
    const builder = new SegmentBuilder();
    builder.add({ key: 'key', value: 'value' });
    const bytes = builder.bytes();
    bytes[FILE_HEADER.version] = 2;
    const { rows, detail } = await inspect(bytes, 0);
    const [row] = rows;
    assert.ok(row?.kind === 'damage' && rows.length === 1);
    assert.deepEqual([row.reason, row.offsetBytes, row.sizeBytes], ['unknown version', 0, bytes.length]);
    assert.match(row.message, /written in a format version that this version of Strata does not know/);
    assert.deepEqual(detail?.bytes, bytes);
  });

  for (const [what, sizeBytes] of [
    ['record header', 20],
    ['value', 38],
  ] as const) {
    it(`at the end of the file is a torn tail when a ${what} is cut`, async () => {
      const builder = new SegmentBuilder();
      const start = builder.add({ key: 'key', value: 'value' });
      const bytes = builder.bytes().slice(0, start + sizeBytes);
      const { rows, detail } = await inspect(bytes, 1);
      const row = rows[1];
      assert.ok(row?.kind === 'damage');
      assert.deepEqual([row.reason, row.offsetBytes, row.sizeBytes], ['torn tail', start, sizeBytes]);
      assert.match(row.message, /as a crash in the middle of a write leaves it$/);
      assert.deepEqual(detail?.bytes, bytes.slice(start));
    });
  }
});

async function inspect(bytes: Uint8Array, damagedRow: number) {
  const subject = probe(bytes);
  const { rowCount } = await openWhole(subject);
  const { rows } = await subject.inspection.rows({ view: 0, first: 0, count: 10 });
  assert.equal(rows.length, rowCount);
  return { rows, detail: await subject.inspection.detail(rows[damagedRow] as InspectorRow) };
}
