/** Strata manifests for the inspector. */

import { MANIFEST_NAME } from '../../format/fileName.ts';
import {
  FILE_HEADER_SIZE,
  FILE_KIND,
  MANIFEST,
  MANIFEST_ENTRY,
  MANIFEST_ENTRY_SIZE,
  MANIFEST_FIRST_ENTRY,
  SEGMENT_STATE,
} from '../../format/layout.ts';
import { readU32, readU64 } from '../../format/littleEndian.ts';
import type { RecordField } from '../../shared/inspectorRows.ts';
import { formatCount, formatCountOf } from '../../shared/quantities.ts';
import type { FileStart, LogFile, LogFormat, LogRecord, LogScan, RowPlace, ScanStart } from '../logFormat.ts';
import { type ChecksumMemory, type EntryReader, type EntryReading, EntryScan } from './entryScan.ts';
import { type FieldSpan, fieldsWithin, fileChecksumFields, toFields } from './fieldSpans.ts';
import { headerFacts, headerFieldSpans, isStrataFile } from './strataFileHeader.ts';
import { readHeader } from './strataHint.ts';

export const strataManifest: LogFormat = {
  id: 'strata.manifest',
  name: 'Strata manifest',
  detect: ({ fileName, head }) => isStrataFile(head, FILE_KIND.manifest) || fileName === MANIFEST_NAME,
  open: (start) => new ManifestFile(start),
};

const OPERATIONS = ['header', 'summary', 'segment', 'checksum'] as const;
const SUMMARY = OPERATIONS.indexOf('summary');
const SEGMENT = OPERATIONS.indexOf('segment');
const CHECKSUM = OPERATIONS.indexOf('checksum');

class ManifestFile implements LogFile, EntryReader {
  readonly facts;
  readonly columns = ['operation', 'value', 'checksum'] as const;
  readonly operations = OPERATIONS;
  readonly filterOperations = OPERATIONS.slice(1);
  readonly checksumOperation = CHECKSUM;
  readonly #memory: ChecksumMemory = { computedChecksum: undefined };
  readonly #head: Uint8Array;

  constructor(start: FileStart) {
    this.#head = start.head;
    this.facts = headerFacts(start);
  }

  scan(start: ScanStart): LogScan {
    return new EntryScan(start, this, this.#memory);
  }

  read(record: LogRecord, bytes: Uint8Array, at: number, offsetBytes: number): EntryReading {
    if (offsetBytes < FILE_HEADER_SIZE) return readHeader(record, this.#head);
    const isSummary = offsetBytes < MANIFEST_FIRST_ENTRY;
    const sizeBytes = isSummary ? MANIFEST_FIRST_ENTRY - FILE_HEADER_SIZE : MANIFEST_ENTRY_SIZE;
    if (at + sizeBytes > bytes.length) return { kind: 'more', wantBytes: sizeBytes };
    record.kind = isSummary ? 'header' : 'record';
    record.operation = isSummary ? SUMMARY : SEGMENT;
    record.note = isSummary ? summaryNote(bytes, at - FILE_HEADER_SIZE) : segmentNote(bytes, at);
    return { kind: 'entry', sizeBytes };
  }

  describe(row: RowPlace, bytes: Uint8Array): RecordField[] {
    if (row.offsetBytes < FILE_HEADER_SIZE) return fieldsWithin(bytes, FILE_HEADER_SIZE, headerFieldSpans);
    if (row.offsetBytes < MANIFEST_FIRST_ENTRY)
      return fieldsWithin(bytes, MANIFEST_FIRST_ENTRY - FILE_HEADER_SIZE, summarySpans);
    if (row.sizeBytes === 4) return fileChecksumFields(bytes, this.#memory.computedChecksum);
    return row.kind === 'damage' || bytes.length < MANIFEST_ENTRY_SIZE ? [] : toFields(segmentSpans(bytes));
  }

  guess(): undefined {
    return undefined;
  }
}

function summaryNote(bytes: Uint8Array, base: number): string {
  const generation = formatCount(readU64(bytes, base + MANIFEST.generation));
  const segments = formatCountOf(readU32(bytes, base + MANIFEST.segmentCount), 'segment');
  return `generation ${generation}, ${segments}, next segment ${readU32(bytes, base + MANIFEST.nextSegmentId)}`;
}

function segmentNote(bytes: Uint8Array, at: number): string {
  const id = readU32(bytes, at + MANIFEST_ENTRY.segmentId);
  const durable = formatCountOf(readU64(bytes, at + MANIFEST_ENTRY.durableSize), 'durable byte');
  return `segment ${id}, ${stateName(readU32(bytes, at + MANIFEST_ENTRY.state))}, ${durable}, ${sequencesNote(bytes, at)}`;
}

/** The manifest is not written again for every record of an unsealed segment, so it does not say. */
function sequencesNote(bytes: Uint8Array, at: number): string {
  const isSealed = readU32(bytes, at + MANIFEST_ENTRY.state) === SEGMENT_STATE.sealed;
  const high = readU64(bytes, at + MANIFEST_ENTRY.maxSequence);
  if (high === 0) return isSealed ? 'no records' : 'sequences not known before it is sealed';
  return `sequences ${formatCount(readU64(bytes, at + MANIFEST_ENTRY.minSequence))} to ${formatCount(high)}`;
}

function stateName(state: number): string {
  return Object.entries(SEGMENT_STATE).find(([, value]) => value === state)?.[0] ?? 'unknown state';
}

function summarySpans(bytes: Uint8Array): FieldSpan[] {
  const base = FILE_HEADER_SIZE;
  const at = (offset: number) => offset - base;
  return [
    {
      name: 'generation',
      at: at(MANIFEST.generation),
      end: at(MANIFEST.nextSegmentId),
      colourGroup: 4,
      value: formatCount(readU64(bytes, at(MANIFEST.generation))),
      meaning: 'counts the manifests of the store',
    },
    {
      name: 'next segment',
      at: at(MANIFEST.nextSegmentId),
      end: at(MANIFEST.segmentCount),
      colourGroup: 3,
      value: String(readU32(bytes, at(MANIFEST.nextSegmentId))),
      meaning: 'no segment ever had this id or a larger one',
    },
    {
      name: 'segment count',
      at: at(MANIFEST.segmentCount),
      end: at(MANIFEST.sequenceFloor),
      colourGroup: 1,
      value: formatCount(readU32(bytes, at(MANIFEST.segmentCount))),
    },
    {
      name: 'sequence floor',
      at: at(MANIFEST.sequenceFloor),
      end: at(MANIFEST_FIRST_ENTRY),
      colourGroup: 5,
      value: formatCount(readU64(bytes, at(MANIFEST.sequenceFloor))),
      meaning: 'the next record gets a larger sequence number',
    },
  ];
}

function segmentSpans(bytes: Uint8Array): FieldSpan[] {
  const state = readU32(bytes, MANIFEST_ENTRY.state);
  return [
    {
      name: 'segment id',
      at: MANIFEST_ENTRY.segmentId,
      end: MANIFEST_ENTRY.state,
      colourGroup: 3,
      value: String(readU32(bytes, MANIFEST_ENTRY.segmentId)),
    },
    {
      name: 'state',
      at: MANIFEST_ENTRY.state,
      end: MANIFEST_ENTRY.durableSize,
      colourGroup: 1,
      value: String(state),
      meaning: stateName(state),
    },
    {
      name: 'durable size',
      at: MANIFEST_ENTRY.durableSize,
      end: MANIFEST_ENTRY.minSequence,
      colourGroup: 2,
      value: formatCount(readU64(bytes, MANIFEST_ENTRY.durableSize)),
      meaning: 'bytes that were synced when this manifest was written',
    },
    {
      name: 'min sequence',
      at: MANIFEST_ENTRY.minSequence,
      end: MANIFEST_ENTRY.maxSequence,
      colourGroup: 4,
      value: formatCount(readU64(bytes, MANIFEST_ENTRY.minSequence)),
    },
    {
      name: 'max sequence',
      at: MANIFEST_ENTRY.maxSequence,
      end: MANIFEST_ENTRY_SIZE,
      colourGroup: 5,
      value: formatCount(readU64(bytes, MANIFEST_ENTRY.maxSequence)),
    },
  ];
}
