/** Strata hint files for the inspector. */

import { decodeFileHeader } from '../../format/fileHeader.ts';
import { HINT_EXTENSION, parseHintFileName } from '../../format/fileName.ts';
import { HintEntryView, readHintEntry } from '../../format/hintFile.ts';
import {
  FILE_HEADER_SIZE,
  FILE_KIND,
  HINT_ENTRY,
  HINT_ENTRY_HEADER_SIZE,
  HINT_FIRST_ENTRY,
  HINT_SUMMARY,
  MAX_VALUE_SIZE,
  OPERATION,
} from '../../format/layout.ts';
import { readU16, readU32, readU64 } from '../../format/littleEndian.ts';
import type { CrossCheck } from '../../shared/inspectorMessages.ts';
import type { FileFact, RecordField } from '../../shared/inspectorRows.ts';
import { formatCount, formatCountOf, formatOffset } from '../../shared/quantities.ts';
import { printableKey, withCut } from '../byteText.ts';
import {
  type CrossCheckContext,
  type FileStart,
  HEAD_SIZE_BYTES,
  type LogFile,
  type LogFormat,
  type LogRecord,
  type LogScan,
  type RowPlace,
  type ScanStart,
} from '../logFormat.ts';
import { nodeCrc32 } from '../nodeCrc32.ts';
import { type RangedFile, readBytes } from '../rangedFile.ts';
import { type ChecksumMemory, type EntryReader, type EntryReading, EntryScan } from './entryScan.ts';
import { type FieldSpan, fieldsWithin, fileChecksumFields, formatChecksum, toFields } from './fieldSpans.ts';
import { checkSegmentOfHint } from './hintCheck.ts';
import {
  checkStrataHeader,
  HEADER_NOTE,
  headerFacts,
  headerFieldSpans,
  isStrataFile,
  misnamedFacts,
} from './strataFileHeader.ts';
import { strataSegment } from './strataSegment.ts';

export const strataHint: LogFormat = {
  id: 'strata.hint',
  name: 'Strata hint file',
  detect: ({ fileName, head }) => isStrataFile(head, FILE_KIND.hint) || fileName.endsWith(HINT_EXTENSION),
  open: (start) => new HintFile(start),
};

const OPERATIONS = ['header', 'put', 'del', 'summary', 'checksum'] as const;
const SUMMARY = OPERATIONS.indexOf('summary');
const CHECKSUM = OPERATIONS.indexOf('checksum');
const FIELD_TEXT_BYTES = 200;

class HintFile implements LogFile, EntryReader {
  readonly facts;
  readonly columns = ['operation', 'sequence', 'expiry', 'key', 'value', 'checksum'] as const;
  readonly operations = OPERATIONS;
  readonly filterOperations = OPERATIONS.slice(1);
  readonly checksumOperation = CHECKSUM;
  readonly #memory: ChecksumMemory = { computedChecksum: undefined };
  readonly #head: Uint8Array;
  readonly #segmentId: number;
  readonly #misnamed: readonly FileFact[];
  readonly #entry = new HintEntryView();

  constructor(start: FileStart) {
    this.#head = start.head;
    const header = decodeFileHeader(start.head, nodeCrc32);
    const idOfName = parseHintFileName(start.fileName);
    this.#segmentId = header.ok ? header.header.id : (idOfName ?? 0);
    this.#misnamed = misnamedFacts(
      this.#segmentId,
      idOfName,
      'The id in the file name is not the id in the file header. No store uses such a hint file.',
    );
    this.facts = [
      { label: 'of segment', value: String(this.#segmentId), tone: 'plain' as const },
      ...headerFacts(start),
      ...this.#misnamed,
    ];
  }

  scan(start: ScanStart): LogScan {
    return new EntryScan(start, this, this.#memory);
  }

  read(record: LogRecord, bytes: Uint8Array, at: number, offsetBytes: number): EntryReading {
    if (offsetBytes < FILE_HEADER_SIZE) return readHeader(record, this.#head);
    if (offsetBytes < HINT_FIRST_ENTRY) return this.#readSummary(record, bytes, at);
    return this.#readEntry(record, bytes, at);
  }

  describe(row: RowPlace, bytes: Uint8Array): RecordField[] {
    if (row.offsetBytes < FILE_HEADER_SIZE) return fieldsWithin(bytes, FILE_HEADER_SIZE, headerFieldSpans);
    if (row.offsetBytes < HINT_FIRST_ENTRY)
      return fieldsWithin(bytes, HINT_FIRST_ENTRY - FILE_HEADER_SIZE, summarySpans);
    if (row.sizeBytes === 4) return fileChecksumFields(bytes, this.#memory.computedChecksum);
    return row.kind === 'damage' || bytes.length < HINT_ENTRY_HEADER_SIZE ? [] : toFields(entrySpans(bytes));
  }

  async crossCheck(context: CrossCheckContext): Promise<CrossCheck> {
    if (this.#misnamed.length > 0) {
      const problem = `The header names segment ${this.#segmentId}, the file's name another one: no store uses this file.`;
      return { label: 'segment', outcome: 'differs', summary: 'another one', problems: [problem] };
    }
    return checkSegmentOfHint(this.#segmentId, this, openSegment, context);
  }

  guess(): undefined {
    return undefined;
  }

  #readSummary(record: LogRecord, bytes: Uint8Array, at: number): EntryReading {
    const sizeBytes = HINT_FIRST_ENTRY - FILE_HEADER_SIZE;
    if (at + sizeBytes > bytes.length) return { kind: 'more', wantBytes: sizeBytes };
    record.kind = 'header';
    record.operation = SUMMARY;
    const entryCount = readU32(bytes, at + HINT_SUMMARY.entryCount - FILE_HEADER_SIZE);
    const segmentSizeBytes = readU64(bytes, at + HINT_SUMMARY.segmentSize - FILE_HEADER_SIZE);
    record.note = `${formatCountOf(entryCount, 'entry', 'entries')} of segment ${this.#segmentId}, which has ${formatCountOf(segmentSizeBytes, 'byte')}`;
    return { kind: 'entry', sizeBytes };
  }

  #readEntry(record: LogRecord, bytes: Uint8Array, at: number): EntryReading {
    if (at + HINT_ENTRY_HEADER_SIZE > bytes.length) return { kind: 'more', wantBytes: HINT_ENTRY_HEADER_SIZE };
    const keyLength = readU16(bytes, at + HINT_ENTRY.keyLength);
    const sizeBytes = HINT_ENTRY_HEADER_SIZE + keyLength;
    if (at + sizeBytes > bytes.length) return { kind: 'more', wantBytes: sizeBytes };
    const entry = this.#entry;
    readHintEntry(bytes, at, entry);
    const { operation, valueLength, offsetBytes: recordOffset } = entry;
    if (
      keyLength === 0 ||
      (operation !== OPERATION.put && operation !== OPERATION.del) ||
      valueLength > MAX_VALUE_SIZE
    ) {
      return { kind: 'damage', reason: 'impossible entry', message: 'these are not the bytes of an entry' };
    }
    record.operation = operation;
    record.sequence = entry.sequence;
    record.expiryMs = entry.expiryMs;
    record.keyStart = at + HINT_ENTRY_HEADER_SIZE;
    record.keyLength = keyLength;
    const hasValue = operation === OPERATION.put;
    record.note = () =>
      `at ${formatOffset(recordOffset)}${hasValue ? `, value ${formatCountOf(valueLength, 'byte')}` : ''}`;
    return { kind: 'entry', sizeBytes };
  }
}

export function openSegment(file: RangedFile, fileName: string): LogFile {
  const read = (offsetBytes: number, sizeBytes: number) => readBytes(file, offsetBytes, sizeBytes);
  return strataSegment.open({ fileName, head: read(0, HEAD_SIZE_BYTES), sizeBytes: file.sizeBytes, read });
}

/** The file header as an entry, for every file that is made of entries. */
export function readHeader(record: LogRecord, head: Uint8Array): EntryReading {
  const { problem, message } = checkStrataHeader(head);
  if (problem !== undefined) return { kind: 'damage', reason: 'bad file header', message };
  record.kind = 'header';
  record.note = HEADER_NOTE;
  return { kind: 'entry', sizeBytes: FILE_HEADER_SIZE };
}

function summarySpans(bytes: Uint8Array): FieldSpan[] {
  const at = (offset: number) => offset - FILE_HEADER_SIZE;
  const checksum = readU32(bytes, at(HINT_SUMMARY.segmentHeaderChecksum));
  return [
    {
      name: 'segment size',
      at: at(HINT_SUMMARY.segmentSize),
      end: at(HINT_SUMMARY.segmentHeaderChecksum),
      colourGroup: 2,
      value: formatCount(readU64(bytes, at(HINT_SUMMARY.segmentSize))),
      meaning: 'bytes of the segment',
    },
    {
      name: 'segment check',
      at: at(HINT_SUMMARY.segmentHeaderChecksum),
      end: at(HINT_SUMMARY.entryCount),
      colourGroup: 0,
      type: 'checksum',
      value: formatChecksum(checksum),
      meaning: "checksum of the segment's file header: ties the hint file to that very segment",
    },
    {
      name: 'entry count',
      at: at(HINT_SUMMARY.entryCount),
      end: at(HINT_SUMMARY.entriesSize),
      colourGroup: 4,
      value: formatCount(readU32(bytes, at(HINT_SUMMARY.entryCount))),
    },
    {
      name: 'entries size',
      at: at(HINT_SUMMARY.entriesSize),
      end: at(HINT_FIRST_ENTRY),
      colourGroup: 1,
      value: formatCount(readU64(bytes, at(HINT_SUMMARY.entriesSize))),
      meaning: 'bytes of all entries',
    },
  ];
}

function entrySpans(bytes: Uint8Array): FieldSpan[] {
  const entry = new HintEntryView();
  readHintEntry(bytes, 0, entry);
  const { operation, key, valueLength, offsetBytes, sequence, expiryMs } = entry;
  const keyText = printableKey(key, FIELD_TEXT_BYTES);
  return [
    {
      name: 'key length',
      at: HINT_ENTRY.keyLength,
      end: HINT_ENTRY.operation,
      colourGroup: 1,
      value: formatCount(readU16(bytes, 0)),
      meaning: 'bytes',
    },
    {
      name: 'operation',
      at: HINT_ENTRY.operation,
      end: HINT_ENTRY.reserved,
      colourGroup: 3,
      value: String(operation),
      meaning: OPERATIONS[operation] ?? 'unknown',
    },
    {
      name: 'reserved',
      at: HINT_ENTRY.reserved,
      end: HINT_ENTRY.valueLength,
      colourGroup: 9,
      value: String(bytes[HINT_ENTRY.reserved]),
      meaning: 'zero',
    },
    {
      name: 'value length',
      at: HINT_ENTRY.valueLength,
      end: HINT_ENTRY.offset,
      colourGroup: 2,
      value: formatCount(valueLength),
      meaning: 'bytes',
    },
    {
      name: 'offset',
      at: HINT_ENTRY.offset,
      end: HINT_ENTRY.sequence,
      colourGroup: 7,
      value: formatOffset(offsetBytes),
      meaning: 'of the record in the segment',
    },
    { name: 'sequence', at: HINT_ENTRY.sequence, end: HINT_ENTRY.expiry, colourGroup: 4, value: formatCount(sequence) },
    {
      name: 'expiry',
      at: HINT_ENTRY.expiry,
      end: HINT_ENTRY_HEADER_SIZE,
      colourGroup: 10,
      type: 'time',
      value: formatCount(expiryMs),
      meaning: expiryMs === 0 ? 'never' : '',
      ...(expiryMs === 0 ? {} : { timeMs: expiryMs }),
    },
    {
      name: 'key',
      role: 'key',
      at: HINT_ENTRY_HEADER_SIZE,
      end: HINT_ENTRY_HEADER_SIZE + key.length,
      colourGroup: 6,
      type: 'bytes',
      value: withCut(keyText),
    },
  ];
}
