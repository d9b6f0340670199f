/** The header that starts every Strata file, explained. */

import { decodeFileHeader, type FileHeaderProblem } from '../../format/fileHeader.ts';
import { FILE_HEADER, FILE_HEADER_SIZE, FILE_KIND, type FileKind, FORMAT_VERSION, MAGIC } from '../../format/layout.ts';
import { readU16, readU32, readU64 } from '../../format/littleEndian.ts';
import type { FileFact } from '../../shared/inspectorRows.ts';
import { formatCount, formatUtc } from '../../shared/quantities.ts';
import type { FileStart } from '../logFormat.ts';
import { nodeCrc32 } from '../nodeCrc32.ts';
import { type FieldSpan, formatChecksum } from './fieldSpans.ts';

/** What the table shows of the row that the header is. */
export const HEADER_NOTE = 'file header';

const PROBLEM_SENTENCES: Readonly<Record<FileHeaderProblem, string>> = {
  'too-short': `The file is shorter than its header of ${FILE_HEADER_SIZE} bytes.`,
  'bad-magic': 'The file does not start with the magic number of a Strata file.',
  'bad-checksum': 'The checksum of the file header does not match its bytes.',
  'unknown-version': 'The file was written in a format version that this version of Strata does not know.',
  'unknown-flags': 'The file header has flags that this version of Strata does not know.',
  'unknown-kind': 'The file header names a kind of file that this version of Strata does not know.',
  'impossible-value': 'The file header holds a value that no writer writes.',
};

const KIND_NAMES: Readonly<Record<FileKind, string>> = {
  [FILE_KIND.segment]: 'segment',
  [FILE_KIND.hint]: 'hint file',
  [FILE_KIND.snapshot]: 'keydir snapshot',
  [FILE_KIND.manifest]: 'manifest',
};

export interface HeaderFinding {
  readonly problem: FileHeaderProblem | undefined;
  /** One sentence when there is a problem. */
  readonly message: string;
}

export function checkStrataHeader(head: Uint8Array): HeaderFinding {
  const result = decodeFileHeader(head, nodeCrc32);
  if (result.ok) return { problem: undefined, message: '' };
  const version = result.version === undefined ? '' : ` It says version ${result.version}.`;
  const suffix = result.problem === 'unknown-version' ? version : '';
  return { problem: result.problem, message: PROBLEM_SENTENCES[result.problem] + suffix };
}

/** Whether the first bytes say that this is a Strata file of that kind, in whatever version. */
export function isStrataFile(head: Uint8Array, kind: FileKind): boolean {
  if (head.length <= FILE_HEADER.kind || head[FILE_HEADER.kind] !== kind) return false;
  return MAGIC.every((byte, index) => head[index] === byte);
}

/** Version and creation time, or the header's problem. */
export function headerFacts(start: FileStart): FileFact[] {
  const result = decodeFileHeader(start.head, nodeCrc32);
  if (!result.ok) {
    return [
      {
        label: 'header',
        value: result.problem.replace('-', ' '),
        tone: 'bad',
        detail: checkStrataHeader(start.head).message,
      },
    ];
  }
  const { version, createdMs } = result.header;
  return [
    { label: 'version', value: String(version), tone: 'plain' },
    { label: 'created', value: formatUtc(createdMs), tone: 'plain' },
  ];
}

/** A warning where the file's name says another id than its header; nothing where they agree, or one is not known. */
export function misnamedFacts(idOfHeader: number, idOfName: number | undefined, detail: string): FileFact[] {
  if (idOfName === undefined || idOfName === idOfHeader) return [];
  return [{ label: 'name', value: `says id ${idOfName}`, tone: 'warning', detail }];
}

export function headerFieldSpans(bytes: Uint8Array): FieldSpan[] {
  const checksum = readU32(bytes, FILE_HEADER.checksum);
  const computed = nodeCrc32(bytes, 0, FILE_HEADER.checksum, 0);
  const version = bytes[FILE_HEADER.version] as number;
  const kind = bytes[FILE_HEADER.kind] as FileKind;
  const createdMs = readU64(bytes, FILE_HEADER.created);
  const magicOk = MAGIC.every((byte, index) => bytes[index] === byte);
  return [
    {
      name: 'magic',
      at: FILE_HEADER.magic,
      end: FILE_HEADER.kind,
      colourGroup: 7,
      type: 'bytes',
      value: '\\x93STRATA\\n',
      meaning: magicOk ? 'the first bytes of every Strata file' : 'not the magic number of a Strata file',
      problem: !magicOk,
    },
    {
      name: 'kind',
      at: FILE_HEADER.kind,
      end: FILE_HEADER.version,
      colourGroup: 1,
      value: String(kind),
      meaning: KIND_NAMES[kind] ?? 'unknown',
    },
    {
      name: 'version',
      at: FILE_HEADER.version,
      end: FILE_HEADER.flags,
      colourGroup: 6,
      value: String(version),
      meaning: version === FORMAT_VERSION ? '' : `this version of Strata knows only version ${FORMAT_VERSION}`,
      problem: version !== FORMAT_VERSION,
    },
    {
      name: 'flags',
      at: FILE_HEADER.flags,
      end: FILE_HEADER.id,
      colourGroup: 8,
      type: 'flags',
      value: `0x${readU16(bytes, FILE_HEADER.flags).toString(16)}`,
      meaning: 'none defined',
    },
    {
      name: 'id',
      at: FILE_HEADER.id,
      end: FILE_HEADER.created,
      colourGroup: 3,
      value: formatCount(readU32(bytes, FILE_HEADER.id)),
      meaning: 'segment id; salts the checksum of every record',
    },
    {
      name: 'created',
      at: FILE_HEADER.created,
      end: FILE_HEADER.reserved,
      colourGroup: 5,
      type: 'time',
      value: formatCount(createdMs),
      meaning: 'milliseconds since 1970',
      timeMs: createdMs,
    },
    {
      name: 'reserved',
      at: FILE_HEADER.reserved,
      end: FILE_HEADER.checksum,
      colourGroup: 9,
      value: String(readU32(bytes, FILE_HEADER.reserved)),
      meaning: 'zero',
    },
    {
      name: 'checksum',
      at: FILE_HEADER.checksum,
      end: FILE_HEADER_SIZE,
      colourGroup: 0,
      type: 'checksum',
      value: formatChecksum(checksum),
      meaning: checksum === computed ? 'valid' : `computed ${formatChecksum(computed)}`,
      problem: checksum !== computed,
      covers: { offsetBytes: 0, sizeBytes: FILE_HEADER.checksum },
    },
  ];
}
