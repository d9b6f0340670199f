/** Strata segments for the inspector. Decoding is `src/format`'s; here are names, meanings and colours. */

import { segmentSalt } from '../../format/crc32.ts';
import { decodeFileHeader } from '../../format/fileHeader.ts';
import { parseSegmentFileName, SEGMENT_EXTENSION } from '../../format/fileName.ts';
import {
  BATCH_FRAME,
  FILE_HEADER_SIZE,
  FILE_KIND,
  OPERATION,
  RECORD,
  RECORD_FLAG,
  RECORD_HEADER_SIZE,
} from '../../format/layout.ts';
import { checkRecordFields, computeRecordChecksum, decodeRecordHeader, RecordView } from '../../format/record.ts';
import {
  type BatchMembership,
  type SegmentDamage,
  SegmentScanner,
  type SegmentSink,
} from '../../format/segmentScanner.ts';
import { damageReason } from '../../shared/damageReason.ts';
import type { CrossCheck } from '../../shared/inspectorMessages.ts';
import type { RecordField } from '../../shared/inspectorRows.ts';
import { formatCount, formatCountOf } from '../../shared/quantities.ts';
import { printableKey, printableValue, withCut } from '../byteText.ts';
import {
  type CrossCheckContext,
  type FileContext,
  type FileStart,
  type LogDamage,
  type LogFile,
  type LogFormat,
  LogRecord,
  type LogScan,
  type LogSink,
  NONE,
  type QuickRows,
  type RowPlace,
  type ScanStart,
} from '../logFormat.ts';
import { nodeCrc32 } from '../nodeCrc32.ts';
import { type FieldSpan, fieldsWithin, formatChecksum, toFields } from './fieldSpans.ts';
import { checkHintOfSegment } from './hintCheck.ts';
import { hintRowsOf } from './hintRows.ts';
import { LengthRows } from './lengthRows.ts';
import {
  checkStrataHeader,
  HEADER_NOTE,
  headerFacts,
  headerFieldSpans,
  isStrataFile,
  misnamedFacts,
} from './strataFileHeader.ts';

export const strataSegment: LogFormat = {
  id: 'strata.segment',
  name: 'Strata segment',
  detect: ({ fileName, head }) => isStrataFile(head, FILE_KIND.segment) || fileName.endsWith(SEGMENT_EXTENSION),
  open: (start) => new SegmentFile(start),
};

/** Index in `OPERATION_NAMES`: the format's operation, with 0 for the file header. */
const OPERATION_NAMES = ['header', 'put', 'del', 'batch'] as const;
/** Field values longer than this are cut in the field table; the byte view shows all. */
const FIELD_TEXT_BYTES = 200;

class SegmentFile implements LogFile {
  readonly facts;
  readonly columns = ['operation', 'sequence', 'time', 'expiry', 'key', 'value', 'checksum', 'state'] as const;
  readonly operations = OPERATION_NAMES;
  readonly filterOperations = OPERATION_NAMES.slice(1);
  readonly groupNames = { one: 'batch', many: 'batches' };
  readonly canStartAnywhere = true;
  readonly segmentId: number;
  readonly #salt: number;
  readonly #start: FileStart;

  constructor(start: FileStart) {
    this.#start = start;
    const header = decodeFileHeader(start.head, nodeCrc32);
    const idOfName = parseSegmentFileName(start.fileName);
    this.segmentId = header.ok ? header.header.id : (idOfName ?? 0);
    this.#salt = segmentSalt(this.segmentId);
    this.facts = [
      { label: 'id', value: String(this.segmentId), tone: 'plain' as const },
      ...headerFacts(start),
      ...misnamedFacts(
        this.segmentId,
        idOfName,
        'The id in the file name is not the id in the file header. The header decides how records are checked.',
      ),
    ];
  }

  scan(start: ScanStart): LogScan {
    return new SegmentScan(start, this.segmentId, this.#start.head);
  }

  describe(row: RowPlace, bytes: Uint8Array): RecordField[] {
    if (row.offsetBytes < FILE_HEADER_SIZE) return fieldsWithin(bytes, FILE_HEADER_SIZE, headerFieldSpans);
    const view = new RecordView();
    const problem = decodeRecordHeader(view, bytes, 0);
    if (problem === 'short-header' || problem === 'zeros') return [];
    view.offsetBytes = row.offsetBytes;
    return toFields(recordFieldSpans(view, bytes, row, this.#salt));
  }

  *quickRows(context: FileContext): Generator<QuickRows> {
    // What another version means by its bytes is not guessed.
    if (checkStrataHeader(this.#start.head).problem === 'unknown-version') return;
    const hint = hintRowsOf(this.segmentId, context);
    if (hint !== undefined) yield hint;
    yield new LengthRows(context.file, (start) => this.scan(start));
  }

  crossCheck(context: CrossCheckContext): Promise<CrossCheck> {
    return checkHintOfSegment(this.segmentId, context);
  }

  guess(bytes: Uint8Array, damage: LogDamage): LogRecord | undefined {
    const view = new RecordView();
    if (damage.offsetBytes < FILE_HEADER_SIZE || decodeRecordHeader(view, bytes, 0) !== undefined) return undefined;
    if (checkRecordFields(view) !== undefined || view.sizeBytes > damage.sizeBytes) return undefined;
    view.offsetBytes = damage.offsetBytes;
    const record = new LogRecord();
    fillRecord(record, view);
    record.storedChecksum = view.checksum;
    record.computedChecksum = damage.computedChecksum ?? NONE;
    return record;
  }
}

function recordFieldSpans(view: RecordView, bytes: Uint8Array, row: RowPlace, salt: number): FieldSpan[] {
  const whole = view.sizeBytes <= bytes.length && view.sizeBytes <= row.sizeBytes;
  const computed = whole ? computeRecordChecksum(view, salt, nodeCrc32) : undefined;
  const valueAt = RECORD_HEADER_SIZE + view.keyLength;
  const operation = operationName(view.operation);
  const spans: FieldSpan[] = [
    {
      name: 'checksum',
      at: RECORD.checksum,
      end: RECORD.keyLength,
      colourGroup: 0,
      type: 'checksum',
      value: formatChecksum(view.checksum),
      ...checksumMeaning(view, computed),
    },
    {
      name: 'key length',
      at: RECORD.keyLength,
      end: RECORD.valueLength,
      colourGroup: 1,
      value: formatCount(view.keyLength),
      meaning: 'bytes',
    },
    {
      name: 'value length',
      at: RECORD.valueLength,
      end: RECORD.operation,
      colourGroup: 2,
      value: formatCount(view.valueLength),
      meaning: 'bytes',
      problem: view.sizeBytes > row.sizeBytes,
    },
    {
      name: 'operation',
      at: RECORD.operation,
      end: RECORD.flags,
      colourGroup: 3,
      value: String(view.operation),
      meaning: operation ?? 'unknown',
      problem: operation === undefined,
    },
    {
      name: 'flags',
      at: RECORD.flags,
      end: RECORD.sequence,
      colourGroup: 8,
      type: 'flags',
      value: `0x${view.flags.toString(16).padStart(2, '0')}`,
      meaning: flagNames(view.flags),
    },
    {
      name: 'sequence',
      at: RECORD.sequence,
      end: RECORD.timestamp,
      colourGroup: 4,
      value: formatCount(view.sequence),
      meaning: 'the highest sequence of a key wins',
    },
    {
      name: 'time',
      at: RECORD.timestamp,
      end: RECORD.expiry,
      colourGroup: 5,
      type: 'time',
      value: formatCount(view.timestampMs),
      meaning: 'milliseconds since 1970',
      timeMs: view.timestampMs,
    },
    {
      name: 'expiry',
      at: RECORD.expiry,
      end: RECORD_HEADER_SIZE,
      colourGroup: 10,
      type: 'time',
      value: formatCount(view.expiryMs),
      meaning: view.expiryMs === 0 ? 'never' : 'milliseconds since 1970',
      ...(view.expiryMs === 0 ? {} : { timeMs: view.expiryMs }),
    },
  ];
  if (view.keyLength > 0 && valueAt <= row.sizeBytes) {
    const key = printableKey(bytes.subarray(RECORD_HEADER_SIZE, valueAt), FIELD_TEXT_BYTES);
    spans.push({
      name: 'key',
      role: 'key',
      at: RECORD_HEADER_SIZE,
      end: valueAt,
      colourGroup: 6,
      type: 'bytes',
      value: withCut(key),
      meaning: key.escaped ? 'escaped where bytes are not UTF-8, or characters cannot be seen' : '',
    });
  }
  if (view.sizeBytes > row.sizeBytes) return spans;
  if (view.operation === OPERATION.batch && view.valueLength === BATCH_FRAME.bodySize + 4)
    spans.push(...batchFieldSpans(view, valueAt));
  else if (view.valueLength > 0)
    spans.push({
      name: 'value',
      role: 'value',
      at: valueAt,
      end: view.sizeBytes,
      colourGroup: 7,
      type: 'bytes',
      value: withCut(printableValue(bytes.subarray(valueAt, view.sizeBytes), FIELD_TEXT_BYTES)),
    });
  return spans;
}

function operationName(operation: number): string | undefined {
  return operation === 0 ? undefined : OPERATION_NAMES[operation];
}

function batchFieldSpans(view: RecordView, valueAt: number): FieldSpan[] {
  return [
    {
      name: 'record count',
      at: valueAt + BATCH_FRAME.recordCount,
      end: valueAt + BATCH_FRAME.bodySize,
      colourGroup: 6,
      value: formatCount(view.batchRecordCount),
      meaning: 'records that follow as one atomic batch',
    },
    {
      name: 'body size',
      at: valueAt + BATCH_FRAME.bodySize,
      end: view.sizeBytes,
      colourGroup: 7,
      value: formatCount(view.batchBodySizeBytes),
      meaning: 'bytes of those records together',
    },
  ];
}

function checksumMeaning(
  view: RecordView,
  computed: number | undefined,
): Pick<FieldSpan, 'meaning' | 'problem' | 'covers'> {
  const covers = { offsetBytes: RECORD.keyLength, sizeBytes: view.sizeBytes - RECORD.keyLength };
  const range = `+${RECORD.keyLength} to +${formatCount(view.sizeBytes - 1)}, salted with the segment id and the offset`;
  if (computed === undefined) return { meaning: `CRC-32 of ${range}; not all of it is shown here`, covers };
  if (computed === view.checksum) return { meaning: `valid; CRC-32 of ${range}`, covers };
  return { meaning: `computed ${formatChecksum(computed)}; CRC-32 of ${range}`, problem: true, covers };
}

function flagNames(flags: number): string {
  const names = [
    ...((flags & RECORD_FLAG.inBatch) === 0 ? [] : ['in batch: belongs to the batch frame before it']),
    ...((flags & RECORD_FLAG.afterSync) === 0
      ? []
      : ['after sync: every byte before it had been synced when it was written']),
  ];
  const unknown = flags & ~(RECORD_FLAG.inBatch | RECORD_FLAG.afterSync);
  if (unknown !== 0) names.push(`unknown bits 0x${unknown.toString(16)}`);
  return names.length === 0 ? 'none' : names.join('; ');
}

function fillRecord(record: LogRecord, view: RecordView): void {
  const { start, keyLength } = view;
  record.kind = 'record';
  record.offsetBytes = view.offsetBytes;
  record.sizeBytes = view.sizeBytes;
  record.operation = view.operation;
  record.sequence = view.sequence;
  record.timestampMs = view.timestampMs;
  record.expiryMs = view.expiryMs;
  record.bytes = view.bytes;
  record.recordStart = start;
  record.keyStart = start + RECORD_HEADER_SIZE;
  record.keyLength = keyLength;
  record.valueStart = record.keyStart + keyLength;
  // A delete has none, as opposed to a put of an empty one.
  record.valueLength = view.operation === OPERATION.del ? NONE : view.valueLength;
  record.storedChecksum = view.checksum;
  record.computedChecksum = view.checksum;
  record.note = '';
  record.groupRole = 'none';
  record.groupStartBytes = NONE;
  record.groupEndBytes = NONE;
}

/** The file header as a first row, then what `SegmentScanner` finds. */
class SegmentScan implements LogScan, SegmentSink {
  readonly #scanner: SegmentScanner;
  readonly #record = new LogRecord();
  readonly #head: Uint8Array;
  #fileSizeBytes: number;
  #headerPending: boolean;
  #refused = false;
  #group: { readonly startBytes: number; readonly endBytes: number } | undefined;
  #sink: LogSink | undefined;

  constructor(start: ScanStart, segmentId: number, head: Uint8Array) {
    const { offsetBytes, fileSizeBytes, isAnywhere: startsAnywhere = false } = start;
    this.#head = head;
    this.#fileSizeBytes = fileSizeBytes;
    this.#group = start.group;
    this.#headerPending = offsetBytes < FILE_HEADER_SIZE && fileSizeBytes > 0;
    const startOffsetBytes = Math.max(offsetBytes, FILE_HEADER_SIZE);
    this.#scanner = new SegmentScanner({
      ...{ segmentId, fileSizeBytes, crc32: nodeCrc32, startOffsetBytes },
      startsAnywhere: startsAnywhere && startOffsetBytes > FILE_HEADER_SIZE,
    });
  }

  get done(): boolean {
    return !this.#headerPending && (this.#refused || this.#scanner.done);
  }

  get wantOffsetBytes(): number {
    return this.#headerPending ? 0 : this.#scanner.wantOffsetBytes;
  }

  get wantBytes(): number {
    return this.#headerPending ? Math.min(FILE_HEADER_SIZE, this.#fileSizeBytes) : this.#scanner.wantBytes;
  }

  truncate(sizeBytes: number): void {
    this.#fileSizeBytes = Math.min(this.#fileSizeBytes, sizeBytes);
    this.#scanner.truncate(sizeBytes);
  }

  feed(bytes: Uint8Array, sink: LogSink): void {
    this.#sink = sink;
    if (this.#headerPending) this.#feedHeader(bytes, sink);
    else this.#scanner.feed(bytes, this);
  }

  #feedHeader(bytes: Uint8Array, sink: LogSink): void {
    this.#headerPending = false;
    const { problem, message } = checkStrataHeader(this.#head);
    const sizeBytes = Math.min(FILE_HEADER_SIZE, this.#fileSizeBytes);
    if (problem !== undefined) {
      // What another version means by its bytes is not guessed: the file is one range that is not decoded.
      this.#refused = problem === 'unknown-version' || this.#fileSizeBytes < FILE_HEADER_SIZE;
      const reason = problem === 'unknown-version' ? 'unknown version' : 'bad file header';
      sink.damage({
        offsetBytes: 0,
        sizeBytes: this.#refused ? this.#fileSizeBytes : sizeBytes,
        reason,
        message,
        reachesEnd: this.#refused,
      });
      return;
    }
    const record = this.#record;
    Object.assign(record, new LogRecord());
    record.kind = 'header';
    record.note = HEADER_NOTE;
    record.sizeBytes = sizeBytes;
    record.bytes = bytes;
    sink.record(record);
    if (bytes.length > sizeBytes) this.#scanner.feed(bytes.subarray(sizeBytes), this);
  }

  record(view: RecordView, membership: BatchMembership): void {
    const record = this.#record;
    fillRecord(record, view);
    if (view.operation === OPERATION.batch) {
      this.#group = {
        startBytes: view.offsetBytes,
        endBytes: view.offsetBytes + view.sizeBytes + view.batchBodySizeBytes,
      };
      record.note = `${formatCountOf(view.batchRecordCount, 'record')}, ${formatCountOf(view.batchBodySizeBytes, 'byte')}`;
      this.#mark('frame');
    } else if (membership !== 'none') {
      // A scan that resumed inside a batch has not seen its frame; the start it was given has.
      if (this.#group !== undefined && view.offsetBytes >= this.#group.endBytes) this.#group = undefined;
      this.#mark(this.#group === undefined ? 'orphan' : 'member');
    } else {
      this.#group = undefined;
    }
    this.#sink?.record(record);
  }

  #mark(role: 'frame' | 'member' | 'orphan'): void {
    this.#record.groupRole = role;
    this.#record.groupStartBytes = this.#group?.startBytes ?? NONE;
    this.#record.groupEndBytes = this.#group?.endBytes ?? NONE;
  }

  damage(damage: SegmentDamage): void {
    const { offsetBytes, sizeBytes, reachesEnd, storedChecksum, computedChecksum } = damage;
    this.#sink?.damage({
      offsetBytes,
      sizeBytes,
      reachesEnd,
      reason: damageReason(damage),
      message: damageMessage(damage),
      ...(storedChecksum === undefined ? {} : { storedChecksum }),
      ...(computedChecksum === undefined ? {} : { computedChecksum }),
    });
  }

  batchEnd(batch: {
    readonly frameOffsetBytes: number;
    readonly endOffsetBytes: number;
    readonly complete: boolean;
  }): void {
    this.#sink?.groupEnd({
      startBytes: batch.frameOffsetBytes,
      endBytes: batch.endOffsetBytes,
      complete: batch.complete,
    });
  }
}

function damageMessage(damage: SegmentDamage): string {
  const range = formatCountOf(damage.sizeBytes, 'byte');
  switch (damage.reason) {
    case 'bad-checksum':
      return `${range}: checksum ${formatChecksum(damage.storedChecksum ?? 0)} stored, ${formatChecksum(damage.computedChecksum ?? 0)} computed`;
    case 'short-header':
      return `${range}: less than a record header, as a crash in the middle of a write leaves it`;
    case 'short-body':
      return damage.reachesEnd
        ? `${range}: the record's lengths reach past the end of the file, as a crash in the middle of a write leaves it`
        : `${range}: the record's lengths reach past the end of the file`;
    case 'zeros':
      return `${range}: zeros where a record header should be`;
    case 'impossible-length':
      return `${range}: the lengths are not those of any record`;
    case 'impossible-value':
      return `${range}: a field holds a value that no writer writes`;
    case 'unknown-operation':
      return `${range}: the checksum is right, but the operation is not known to this version of Strata`;
    case 'unknown-flags':
      return `${range}: the checksum is right, but the flags are not known to this version of Strata`;
    case 'search-limit':
      return `${range}: no valid record was found within the search limit; the rest was not read`;
  }
}
