/** The header that starts every file of a store. Specification: FORMAT.md, "File header". */

import type { Crc32 } from './crc32.ts';
import { FILE_HEADER, FILE_HEADER_SIZE, FILE_KIND, type FileKind, FORMAT_VERSION, MAGIC, MAX_U53 } from './layout.ts';
import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from './littleEndian.ts';

export interface FileHeader {
  readonly kind: FileKind;
  readonly version: number;
  /** Segment id for segments and hint files, 0 for others. */
  readonly id: number;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly createdMs: number;
  readonly checksum: number;
}

export type FileHeaderProblem =
  | 'too-short'
  | 'bad-magic'
  | 'bad-checksum'
  | 'unknown-version'
  | 'unknown-flags'
  | 'unknown-kind'
  | 'impossible-value';

export type FileHeaderResult =
  | { readonly ok: true; readonly header: FileHeader }
  | { readonly ok: false; readonly problem: FileHeaderProblem; readonly version?: number };

export function encodeFileHeader(
  fields: { readonly kind: FileKind; readonly id: number; readonly createdMs: number },
  crc32: Crc32,
): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER_SIZE);
  bytes.set(MAGIC, FILE_HEADER.magic);
  bytes[FILE_HEADER.kind] = fields.kind;
  bytes[FILE_HEADER.version] = FORMAT_VERSION;
  writeU16(bytes, FILE_HEADER.flags, 0);
  writeU32(bytes, FILE_HEADER.id, fields.id);
  writeU64(bytes, FILE_HEADER.created, fields.createdMs);
  writeU32(bytes, FILE_HEADER.checksum, crc32(bytes, 0, FILE_HEADER.checksum, 0));
  return bytes;
}

/**
 * Decodes the header at the start of `bytes`. Never throws.
 *
 * The version is looked at before the checksum: a later version may move everything but magic, kind and version,
 * and "unknown version" is the more useful answer.
 */
export function decodeFileHeader(bytes: Uint8Array, crc32: Crc32): FileHeaderResult {
  for (let i = 0; i < Math.min(MAGIC.length, bytes.length); i++) {
    if (bytes[i] !== MAGIC[i]) return { ok: false, problem: 'bad-magic' };
  }
  if (bytes.length < FILE_HEADER_SIZE) return { ok: false, problem: 'too-short' };
  const version = bytes[FILE_HEADER.version] as number;
  if (version !== FORMAT_VERSION) return { ok: false, problem: 'unknown-version', version };
  const checksum = readU32(bytes, FILE_HEADER.checksum);
  if (checksum !== crc32(bytes, 0, FILE_HEADER.checksum, 0)) return { ok: false, problem: 'bad-checksum', version };
  if (readU16(bytes, FILE_HEADER.flags) !== 0 || readU32(bytes, FILE_HEADER.reserved) !== 0) {
    return { ok: false, problem: 'unknown-flags', version };
  }
  const kind = bytes[FILE_HEADER.kind] as FileKind;
  if (!Object.values(FILE_KIND).includes(kind)) return { ok: false, problem: 'unknown-kind', version };
  const createdMs = readU64(bytes, FILE_HEADER.created);
  if (createdMs > MAX_U53) return { ok: false, problem: 'impossible-value', version };
  return { ok: true, header: { kind, version, id: readU32(bytes, FILE_HEADER.id), createdMs, checksum } };
}
