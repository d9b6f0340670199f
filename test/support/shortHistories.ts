/** Short histories whose crash states are explored exhaustively: one for each thing that a store does to its files. */

import type { Durability } from '../../src/engine/api.ts';
import type { History, HistoryStep } from './storeHistory.ts';
import type { Mutation } from './storeModel.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const put = (key: string, value: string, ttlMs?: number): Mutation =>
  ttlMs === undefined ? { type: 'put', key, value: bytes(value) } : { type: 'put', key, value: bytes(value), ttlMs };
const del = (key: string): Mutation => ({ type: 'del', key });
const write = (...calls: Mutation[][]): HistoryStep => ({ do: 'write', calls });

const LARGE_SEGMENTS = 1_000_000;
/** Room for one small record. */
const SMALL_SEGMENTS = 80;

interface ShortHistory {
  readonly name: string;
  readonly maxSegmentSizeBytes: number;
  readonly steps: readonly HistoryStep[];
}

const HISTORIES: readonly ShortHistory[] = [
  { name: 'creation', maxSegmentSizeBytes: LARGE_SEGMENTS, steps: [] },
  {
    name: 'put, overwrite, delete',
    maxSegmentSizeBytes: LARGE_SEGMENTS,
    steps: [write([put('a', '1')], [put('a', '22')]), write([del('a')])],
  },
  {
    name: 'batch over several sectors',
    maxSegmentSizeBytes: LARGE_SEGMENTS,
    steps: [write([put('a', '1')]), write([put('a', '2'.repeat(470)), del('b'), put('c', '3'.repeat(40))])],
  },
  {
    name: 'rotation',
    maxSegmentSizeBytes: SMALL_SEGMENTS,
    steps: [write([put('a', '1')], [put('b', '2')], [put('a', '3')], [del('b')])],
  },
  {
    name: 'compaction of all',
    maxSegmentSizeBytes: SMALL_SEGMENTS,
    steps: [write([put('a', '1')], [put('b', '2')], [del('a')]), { do: 'compact' }],
  },
  {
    name: 'compaction of the segment with the tombstone',
    maxSegmentSizeBytes: SMALL_SEGMENTS,
    steps: [write([put('a', '1')], [del('a')], [put('c', '3')]), { do: 'compact', mask: 2 }],
  },
  {
    name: 'compaction of the segment with the dead record',
    maxSegmentSizeBytes: SMALL_SEGMENTS,
    steps: [write([put('a', '1')], [put('a', '2')], [put('c', '3')]), { do: 'compact', mask: 1 }, write([del('a')])],
  },
  {
    name: 'expiry and compaction',
    maxSegmentSizeBytes: SMALL_SEGMENTS,
    steps: [
      write([put('a', '1')], [put('a', '2', 10)], [put('c', '3')]),
      { do: 'wait', ms: 20 },
      { do: 'compact', mask: 2 },
    ],
  },
  {
    name: 'reopening by snapshot',
    maxSegmentSizeBytes: LARGE_SEGMENTS,
    steps: [write([put('a', '1')]), { do: 'reopen', by: 'snapshot' }, write([put('b', '2')], [del('a')])],
  },
  {
    name: 'reopening by hint files',
    maxSegmentSizeBytes: SMALL_SEGMENTS,
    steps: [write([put('a', '1')], [del('a')]), { do: 'reopen', by: 'hints' }, write([put('b', '2')])],
  },
  {
    name: 'reopening by scan',
    maxSegmentSizeBytes: SMALL_SEGMENTS,
    steps: [write([put('a', '1')], [put('b', '2')]), { do: 'reopen', by: 'scan' }, write([del('a')])],
  },
  {
    name: 'checkpoint',
    maxSegmentSizeBytes: LARGE_SEGMENTS,
    steps: [write([put('a', '1')]), { do: 'checkpoint' }, write([put('a', '2')])],
  },
];

export const DURABILITIES: readonly Durability[] = ['fsync', 'dsync', 'os', { intervalMs: 1_000_000 }];

/** Every short history with each of these durabilities. */
export function* shortHistories(
  durabilities: readonly Durability[],
): Generator<{ readonly name: string; readonly history: History }> {
  for (const { name, maxSegmentSizeBytes, steps } of HISTORIES) {
    for (const durability of durabilities) {
      const words = typeof durability === 'string' ? durability : 'interval';
      yield { name: `${name} (${words})`, history: { durability, maxSegmentSizeBytes, steps } };
    }
  }
}
