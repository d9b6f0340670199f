/** Strata keydir snapshots for the inspector: head, segment table, a row for each entry and one for each other column. */

import { SNAPSHOT_NAME } from '../../format/fileName.ts';
import {
  SNAPSHOT_COLUMNS,
  type SnapshotColumn,
  type SnapshotHead,
  snapshotLayout,
} from '../../format/keydirSnapshot.ts';
import {
  FILE_HEADER_SIZE,
  FILE_KIND,
  KEY_UNIT,
  SNAPSHOT,
  SNAPSHOT_ENTRY,
  SNAPSHOT_ENTRY_SIZE,
  SNAPSHOT_FIRST_SEGMENT,
  SNAPSHOT_FREE_ENTRY,
  SNAPSHOT_SEGMENT,
  SNAPSHOT_SEGMENT_SIZE,
} from '../../format/layout.ts';
import { readU16, readU32, readU64 } from '../../format/littleEndian.ts';
import type { CrossCheck } from '../../shared/inspectorMessages.ts';
import type { FileFact, RecordField } from '../../shared/inspectorRows.ts';
import { formatCount, formatCountOf, formatOffset, formatSize } from '../../shared/quantities.ts';
import { printableKey } from '../byteText.ts';
import type {
  CrossCheckContext,
  FileStart,
  LogFile,
  LogFormat,
  LogRecord,
  LogScan,
  RowPlace,
  ScanStart,
} from '../logFormat.ts';
import { type ChecksumMemory, type EntryReader, type EntryReading, EntryScan } from './entryScan.ts';
import { type FieldSpan, fieldsWithin, fileChecksumFields, formatChecksum, toFields } from './fieldSpans.ts';
import { checkSnapshot } from './snapshotCheck.ts';
import { headerFacts, headerFieldSpans, isStrataFile } from './strataFileHeader.ts';
import { openSegment, readHeader } from './strataHint.ts';

export const strataSnapshot: LogFormat = {
  id: 'strata.snapshot',
  name: 'Strata keydir snapshot',
  detect: ({ fileName, head }) => isStrataFile(head, FILE_KIND.snapshot) || fileName === SNAPSHOT_NAME,
  open: (start) => new SnapshotFile(start),
};

const OPERATIONS = ['header', 'summary', 'segment', 'entry', 'free', 'padding', 'column', 'checksum'] as const;
const [, SUMMARY, SEGMENT, ENTRY, FREE, PADDING, COLUMN, CHECKSUM] = OPERATIONS.map((_, index) => index) as number[];
/** Of a column's elements, the first so many are shown as fields. */
const ELEMENTS_SHOWN = 64;
const KEY_TEXT_BYTES = 120;
/** Keys of neighbouring entries stand near each other; so much of the key area is kept at hand. */
const KEY_PAGE_BYTES = 0x2_0000;
/** The field of an entry that names its key. */
const KEY_REFERENCE = { start: SNAPSHOT_ENTRY.key, sizeBytes: SNAPSHOT_ENTRY.sequence - SNAPSHOT_ENTRY.key };
/** Longest key with its length. */
const MAX_KEY_BYTES = 2 + 0xffff;

interface Part {
  readonly operation: number;
  readonly name: SnapshotColumn | 'padding';
  readonly offsetBytes: number;
  readonly endBytes: number;
  /** Bytes without the padding behind them. */
  readonly usedBytes: number;
}

class SnapshotFile implements LogFile, EntryReader {
  readonly facts: readonly FileFact[];
  readonly columns = ['operation', 'sequence', 'key', 'value', 'checksum'] as const;
  readonly operations = OPERATIONS;
  readonly filterOperations = OPERATIONS.slice(1);
  readonly checksumOperation = CHECKSUM as number;
  readonly #memory: ChecksumMemory = { computedChecksum: undefined };
  readonly #start: FileStart;
  readonly #segmentsEnd: number;
  readonly #parts: readonly Part[];
  readonly #entries: { readonly offsetBytes: number; readonly endBytes: number };
  readonly #keyAreaBytes: number;
  #keyPage: { readonly offsetBytes: number; readonly bytes: Uint8Array } | undefined;

  constructor(start: FileStart) {
    this.#start = start;
    const counts = start.head.length < SNAPSHOT_FIRST_SEGMENT ? undefined : readCounts(start.head);
    const tableEnd = SNAPSHOT_FIRST_SEGMENT + (counts?.segments.length ?? 0) * SNAPSHOT_SEGMENT_SIZE;
    this.#segmentsEnd = tableEnd;
    this.#parts = counts === undefined ? [] : partsOf(counts, tableEnd);
    const layout = counts === undefined ? undefined : snapshotLayout(counts);
    const entries = layout?.columns.entries ?? { offsetBytes: 0, sizeBytes: 0 };
    this.#entries = { offsetBytes: entries.offsetBytes, endBytes: entries.offsetBytes + entries.sizeBytes };
    this.#keyAreaBytes = layout?.columns.keyArea.offsetBytes ?? 0;
    this.facts = [
      ...headerFacts(start),
      ...(counts === undefined
        ? []
        : [{ label: 'keys', value: formatCount(counts.entryCount - counts.freeCount), tone: 'plain' as const }]),
    ];
  }

  scan(start: ScanStart): LogScan {
    return new EntryScan(start, this, this.#memory);
  }

  read(record: LogRecord, bytes: Uint8Array, at: number, offsetBytes: number): EntryReading {
    if (offsetBytes < FILE_HEADER_SIZE) return readHeader(record, this.#start.head);
    if (offsetBytes < SNAPSHOT_FIRST_SEGMENT) return this.#readSummary(record);
    if (offsetBytes < this.#segmentsEnd) return readSegment(record, bytes, at);
    if (offsetBytes >= this.#entries.offsetBytes && offsetBytes < this.#entries.endBytes) {
      return this.#readEntry(record, bytes, at);
    }
    const part = this.#parts.find((candidate) => candidate.offsetBytes === offsetBytes);
    if (part === undefined)
      return {
        kind: 'damage',
        reason: 'wrong length',
        message: 'the counts of the head leave no room for these bytes',
      };
    record.kind = 'header';
    record.operation = part.operation;
    record.note = `${part.name}, ${formatSize(part.usedBytes)}`;
    return { kind: 'entry', sizeBytes: part.endBytes - part.offsetBytes };
  }

  describe(row: RowPlace, bytes: Uint8Array): RecordField[] {
    const { offsetBytes } = row;
    if (offsetBytes < FILE_HEADER_SIZE) return fieldsWithin(bytes, FILE_HEADER_SIZE, headerFieldSpans);
    if (offsetBytes < SNAPSHOT_FIRST_SEGMENT)
      return fieldsWithin(bytes, SNAPSHOT_FIRST_SEGMENT - FILE_HEADER_SIZE, summarySpans);
    if (row.kind === 'damage') return [];
    if (offsetBytes < this.#segmentsEnd) return toFields(segmentSpans(bytes));
    if (offsetBytes >= this.#entries.offsetBytes && offsetBytes < this.#entries.endBytes) {
      return toFields(this.#entrySpans(bytes));
    }
    const part = this.#parts.find((candidate) => candidate.offsetBytes === offsetBytes);
    if (part === undefined) return fileChecksumFields(bytes, this.#memory.computedChecksum);
    return toFields(elementSpans(part, bytes));
  }

  crossCheck(context: CrossCheckContext): Promise<CrossCheck> {
    return checkSnapshot(this, ENTRY as number, openSegment, context);
  }

  guess(): undefined {
    return undefined;
  }

  #readEntry(record: LogRecord, bytes: Uint8Array, at: number): EntryReading {
    if (at + SNAPSHOT_ENTRY_SIZE > bytes.length) return { kind: 'more', wantBytes: SNAPSHOT_ENTRY_SIZE };
    const segment = readU32(bytes, at + SNAPSHOT_ENTRY.segment);
    const isFree = segment === SNAPSHOT_FREE_ENTRY;
    record.operation = (isFree ? FREE : ENTRY) as number;
    if (isFree) return { kind: 'entry', sizeBytes: SNAPSHOT_ENTRY_SIZE };
    const valueLength = readU32(bytes, at + SNAPSHOT_ENTRY.valueLength);
    const recordOffset = readU32(bytes, at + SNAPSHOT_ENTRY.offset);
    record.entryPlace = { segmentIndex: segment, offsetBytes: recordOffset, valueLength };
    record.sequence = readU64(bytes, at + SNAPSHOT_ENTRY.sequence);
    record.note = () =>
      `segment table ${segment}, at ${formatOffset(recordOffset)}, value ${formatCountOf(valueLength, 'byte')}`;
    const key = this.#keyAt(readU32(bytes, at + SNAPSHOT_ENTRY.key));
    record.bytes = key;
    record.recordStart = 0;
    record.keyLength = key.length;
    record.keyReference = KEY_REFERENCE;
    return { kind: 'entry', sizeBytes: SNAPSHOT_ENTRY_SIZE };
  }

  /** The key at a unit of the key area; what does not lie within the file is left out. */
  #keyAt(unit: number): Uint8Array {
    const offsetBytes = this.#keyAreaBytes + unit * KEY_UNIT;
    let page = this.#keyPage;
    if (
      page === undefined ||
      offsetBytes < page.offsetBytes ||
      offsetBytes + MAX_KEY_BYTES > page.offsetBytes + KEY_PAGE_BYTES
    ) {
      page = { offsetBytes, bytes: this.#start.read(offsetBytes, KEY_PAGE_BYTES) };
      this.#keyPage = page;
    }
    const at = offsetBytes - page.offsetBytes;
    if (at + 2 > page.bytes.length) return page.bytes.subarray(0, 0);
    return page.bytes.subarray(at + 2, at + 2 + readU16(page.bytes, at));
  }

  #entrySpans(bytes: Uint8Array): FieldSpan[] {
    if (bytes.length < SNAPSHOT_ENTRY_SIZE) return [];
    const segment = readU32(bytes, SNAPSHOT_ENTRY.segment);
    const unit = readU32(bytes, SNAPSHOT_ENTRY.key);
    const isFree = segment === SNAPSHOT_FREE_ENTRY;
    const key = isFree ? '' : printableKey(this.#keyAt(unit), KEY_TEXT_BYTES).text;
    return [
      {
        name: 'hash',
        at: SNAPSHOT_ENTRY.hash,
        end: SNAPSHOT_ENTRY.segment,
        colourGroup: 0,
        type: 'checksum',
        value: formatChecksum(readU32(bytes, SNAPSHOT_ENTRY.hash)),
        meaning: 'of the key',
      },
      {
        name: 'segment',
        at: SNAPSHOT_ENTRY.segment,
        end: SNAPSHOT_ENTRY.offset,
        colourGroup: 3,
        value: formatCount(segment),
        meaning: isFree ? 'the entry is free' : 'place in the segment table',
      },
      {
        name: 'offset',
        at: SNAPSHOT_ENTRY.offset,
        end: SNAPSHOT_ENTRY.valueLength,
        colourGroup: 7,
        value: formatOffset(readU32(bytes, SNAPSHOT_ENTRY.offset)),
        meaning: 'of the record in that segment',
      },
      {
        name: 'value length',
        at: SNAPSHOT_ENTRY.valueLength,
        end: SNAPSHOT_ENTRY.key,
        colourGroup: 2,
        value: formatCount(readU32(bytes, SNAPSHOT_ENTRY.valueLength)),
        meaning: 'bytes',
      },
      {
        name: 'key',
        at: SNAPSHOT_ENTRY.key,
        end: SNAPSHOT_ENTRY.sequence,
        colourGroup: 6,
        value: `unit ${formatCount(unit)}`,
        meaning: key,
      },
      {
        name: 'sequence',
        at: SNAPSHOT_ENTRY.sequence,
        end: SNAPSHOT_ENTRY_SIZE,
        colourGroup: 4,
        value: formatCount(readU64(bytes, SNAPSHOT_ENTRY.sequence)),
      },
    ];
  }

  #readSummary(record: LogRecord): EntryReading {
    const { head } = this.#start;
    record.kind = 'header';
    record.operation = SUMMARY as number;
    const entries = formatCountOf(readU32(head, SNAPSHOT.entryCount), 'entry', 'entries');
    record.note = `${entries}, ${formatCount(readU32(head, SNAPSHOT.freeCount))} of them free; ${formatCountOf(readU32(head, SNAPSHOT.segmentCount), 'segment')}`;
    return { kind: 'entry', sizeBytes: SNAPSHOT_FIRST_SEGMENT - FILE_HEADER_SIZE };
  }
}

/** The counts of the head; what is not a count of something in this file is left out. */
function readCounts(head: Uint8Array): SnapshotHead {
  return {
    createdMs: 0,
    segments: { length: readU32(head, SNAPSHOT.segmentCount) } as SnapshotHead['segments'],
    entryCount: readU32(head, SNAPSHOT.entryCount),
    freeCount: readU32(head, SNAPSHOT.freeCount),
    keyUnits: readU32(head, SNAPSHOT.keyUnits),
    tableSlots: readU32(head, SNAPSHOT.tableSlots),
    hashSeed: readU32(head, SNAPSHOT.hashSeed),
    lastSequence: readU64(head, SNAPSHOT.lastSequence),
    shardBits: Math.min(16, head[SNAPSHOT.shardBits] as number),
    hasExpiries: head[SNAPSHOT.hasExpiries] === 1,
    hasOrder: head[SNAPSHOT.hasOrder] === 1,
  };
}

function partsOf(counts: SnapshotHead, tableEnd: number): Part[] {
  const layout = snapshotLayout(counts);
  const names = SNAPSHOT_COLUMNS.filter((name) => layout.columns[name].sizeBytes > 0);
  const parts: Part[] = names.flatMap((name, index): Part[] => {
    const { offsetBytes, sizeBytes } = layout.columns[name];
    const next = names[index + 1];
    const endBytes = next === undefined ? layout.checksumOffsetBytes : layout.columns[next].offsetBytes;
    // The entries are rows of their own; what is left of their column is the padding behind them.
    if (name === 'entries') return paddingPart(offsetBytes + sizeBytes, endBytes);
    return [{ operation: COLUMN as number, name, offsetBytes, endBytes, usedBytes: sizeBytes }];
  });
  const firstBytes = layout.columns[names[0] ?? 'entries'].offsetBytes;
  return [...paddingPart(tableEnd, firstBytes), ...parts];
}

function paddingPart(offsetBytes: number, endBytes: number): Part[] {
  const usedBytes = endBytes - offsetBytes;
  return usedBytes === 0 ? [] : [{ operation: PADDING as number, name: 'padding', offsetBytes, endBytes, usedBytes }];
}

function readF64(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat64(at, true);
}

function readSegment(record: LogRecord, bytes: Uint8Array, at: number): EntryReading {
  if (at + SNAPSHOT_SEGMENT_SIZE > bytes.length) return { kind: 'more', wantBytes: SNAPSHOT_SEGMENT_SIZE };
  record.operation = SEGMENT as number;
  const id = readU32(bytes, at + SNAPSHOT_SEGMENT.segmentId);
  const covered = formatSize(readU64(bytes, at + SNAPSHOT_SEGMENT.coveredSize));
  const records = formatCountOf(readU32(bytes, at + SNAPSHOT_SEGMENT.recordCount), 'record');
  const live = formatCount(readU32(bytes, at + SNAPSHOT_SEGMENT.liveCount));
  record.note = `segment ${id}, ${covered} covered, ${records}, ${live} live`;
  return { kind: 'entry', sizeBytes: SNAPSHOT_SEGMENT_SIZE };
}

function summarySpans(bytes: Uint8Array): FieldSpan[] {
  const at = (offset: number) => offset - FILE_HEADER_SIZE;
  const u32 = (name: string, start: number, end: number, colourGroup: number, meaning = ''): FieldSpan => ({
    name,
    at: at(start),
    end: at(end),
    colourGroup,
    value: formatCount(readU32(bytes, at(start))),
    meaning,
  });
  const u8 = (name: string, start: number, colourGroup: number, meaning: string): FieldSpan => ({
    name,
    at: at(start),
    end: at(start) + 1,
    colourGroup,
    value: String(bytes[at(start)]),
    meaning,
  });
  return [
    u32('segment count', SNAPSHOT.segmentCount, SNAPSHOT.entryCount, 3),
    u32('entry count', SNAPSHOT.entryCount, SNAPSHOT.freeCount, 1, 'free entries included'),
    u32('free entries', SNAPSHOT.freeCount, SNAPSHOT.keyUnits, 2),
    u32('key units', SNAPSHOT.keyUnits, SNAPSHOT.tableSlots, 6, 'of four bytes each'),
    u32('table slots', SNAPSHOT.tableSlots, SNAPSHOT.hashSeed, 5, 'of all shards together'),
    u32('hash seed', SNAPSHOT.hashSeed, SNAPSHOT.lastSequence, 0),
    {
      name: 'last sequence',
      at: at(SNAPSHOT.lastSequence),
      end: at(SNAPSHOT.shardBits),
      colourGroup: 4,
      value: formatCount(readU64(bytes, at(SNAPSHOT.lastSequence))),
      meaning: 'none of the covered records has a larger one',
    },
    u8('shard bits', SNAPSHOT.shardBits, 7, 'the table has 2 to the power of this many shards'),
    u8('has expiries', SNAPSHOT.hasExpiries, 8, '1: there is an expiry column'),
    u8('has order', SNAPSHOT.hasOrder, 10, '1: there is an order column'),
    {
      name: 'reserved',
      at: at(SNAPSHOT.reserved),
      end: at(SNAPSHOT_FIRST_SEGMENT),
      colourGroup: 9,
      type: 'bytes',
      value: '0',
      meaning: 'zeros',
    },
  ];
}

function segmentSpans(bytes: Uint8Array): FieldSpan[] {
  const u32 = (name: string, at: number, colourGroup: number, meaning = ''): FieldSpan => ({
    name,
    at,
    end: at + 4,
    colourGroup,
    value: formatCount(readU32(bytes, at)),
    meaning,
  });
  const u64 = (name: string, at: number, colourGroup: number, meaning = ''): FieldSpan => ({
    name,
    at,
    end: at + 8,
    colourGroup,
    value: formatCount(readU64(bytes, at)),
    meaning,
  });
  return [
    u32('segment id', SNAPSHOT_SEGMENT.segmentId, 3),
    u32('record count', SNAPSHOT_SEGMENT.recordCount, 1, 'puts and dels in the covered bytes'),
    u32('tombstone count', SNAPSHOT_SEGMENT.tombstoneCount, 2, 'dels among them'),
    u32('live count', SNAPSHOT_SEGMENT.liveCount, 6, 'entries that name this segment'),
    u64('covered size', SNAPSHOT_SEGMENT.coveredSize, 0, 'the snapshot knows the records up to here'),
    u64('live bytes', SNAPSHOT_SEGMENT.liveBytes, 7),
    u64('min sequence', SNAPSHOT_SEGMENT.minSequence, 4),
    u64('max sequence', SNAPSHOT_SEGMENT.maxSequence, 5),
  ];
}

/** The first elements of a column. */
function elementSpans(part: Part, bytes: Uint8Array): FieldSpan[] {
  // What of the key area no entry refers to means nothing, so it cannot be walked key by key.
  if (part.name === 'keyArea' || part.name === 'padding') return [];
  const elementBytes = part.name === 'expiries' ? 8 : 4;
  const count = Math.min(ELEMENTS_SHOWN, Math.floor(Math.min(part.usedBytes, bytes.length) / elementBytes));
  return Array.from({ length: count }, (_, index) => {
    const at = index * elementBytes;
    const value = formatCount(elementBytes === 8 ? readF64(bytes, at) : readU32(bytes, at));
    return { name: `[${index}]`, at, end: at + elementBytes, colourGroup: index % 8, value };
  });
}
