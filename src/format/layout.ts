/**
 * Named sizes and offsets of the on-disk format, version 1. `FORMAT.md` beside this file is the specification;
 * the two change in one commit. Every offset is a sum of named sizes.
 */

const U8 = 1;
const U16 = 2;
const U32 = 4;
const U64 = 8;

/** First bytes of every file: 0x93 "STRATA" 0x0A. A non-ASCII first byte and a line feed betray text-mode copies. */
export const MAGIC = Uint8Array.of(0x93, 0x53, 0x54, 0x52, 0x41, 0x54, 0x41, 0x0a);

/** The only format version so far. A file of another version is refused. */
export const FORMAT_VERSION = 1;

export const FILE_KIND = { segment: 1, hint: 2, snapshot: 3, manifest: 4 } as const;
export type FileKind = (typeof FILE_KIND)[keyof typeof FILE_KIND];

/** Header of every file. */
export const FILE_HEADER = {
  magic: 0,
  kind: MAGIC.length,
  version: MAGIC.length + U8,
  flags: MAGIC.length + U8 + U8,
  id: MAGIC.length + U8 + U8 + U16,
  created: MAGIC.length + U8 + U8 + U16 + U32,
  reserved: MAGIC.length + U8 + U8 + U16 + U32 + U64,
  checksum: MAGIC.length + U8 + U8 + U16 + U32 + U64 + U32,
} as const;
export const FILE_HEADER_SIZE = FILE_HEADER.checksum + U32;

/** Header of every record; the key follows it, then the value. */
export const RECORD = {
  checksum: 0,
  keyLength: U32,
  valueLength: U32 + U16,
  operation: U32 + U16 + U32,
  flags: U32 + U16 + U32 + U8,
  sequence: U32 + U16 + U32 + U8 + U8,
  timestamp: U32 + U16 + U32 + U8 + U8 + U64,
  expiry: U32 + U16 + U32 + U8 + U8 + U64 + U64,
} as const;
export const RECORD_HEADER_SIZE = RECORD.expiry + U64;

export const OPERATION = { put: 1, del: 2, batch: 3 } as const;
export type Operation = (typeof OPERATION)[keyof typeof OPERATION];

/**
 * Record flags.
 * - `inBatch`: the record belongs to the batch frame before it.
 * - `afterSync`: when this record was written, every byte before it in the file had been synced. Damage before a
 *   record with this flag is therefore never what a crash left of unsynced writes.
 */
export const RECORD_FLAG = { inBatch: 1, afterSync: 2 } as const;
export const KNOWN_RECORD_FLAGS = RECORD_FLAG.inBatch | RECORD_FLAG.afterSync;

/** Value of a batch frame: how many records follow as one atomic unit, and their bytes. */
export const BATCH_FRAME = { recordCount: 0, bodySize: U32 } as const;
export const BATCH_FRAME_VALUE_SIZE = BATCH_FRAME.bodySize + U32;
export const BATCH_FRAME_SIZE = RECORD_HEADER_SIZE + BATCH_FRAME_VALUE_SIZE;

/** Entry of a hint file; the key follows it. */
export const HINT_ENTRY = {
  keyLength: 0,
  operation: U16,
  reserved: U16 + U8,
  valueLength: U16 + U8 + U8,
  offset: U16 + U8 + U8 + U32,
  sequence: U16 + U8 + U8 + U32 + U32,
  expiry: U16 + U8 + U8 + U32 + U32 + U64,
} as const;
export const HINT_ENTRY_HEADER_SIZE = HINT_ENTRY.expiry + U64;

/** Fields between the header of a hint file and its first entry. */
export const HINT_SUMMARY = {
  segmentSize: FILE_HEADER_SIZE,
  segmentHeaderChecksum: FILE_HEADER_SIZE + U64,
  entryCount: FILE_HEADER_SIZE + U64 + U32,
  entriesSize: FILE_HEADER_SIZE + U64 + U32 + U32,
} as const;
export const HINT_FIRST_ENTRY = HINT_SUMMARY.entriesSize + U64;
/** CRC-32 of everything before it, at the end of hint files, snapshots and manifests. */
export const FILE_CHECKSUM_SIZE = U32;

/** Manifest: fields after the header, then one entry a segment, then the file checksum. */
export const MANIFEST = {
  generation: FILE_HEADER_SIZE,
  nextSegmentId: FILE_HEADER_SIZE + U64,
  segmentCount: FILE_HEADER_SIZE + U64 + U32,
  sequenceFloor: FILE_HEADER_SIZE + U64 + U32 + U32,
} as const;
export const MANIFEST_FIRST_ENTRY = MANIFEST.sequenceFloor + U64;
export const MANIFEST_ENTRY = {
  segmentId: 0,
  state: U32,
  durableSize: U32 + U32,
  minSequence: U32 + U32 + U64,
  maxSequence: U32 + U32 + U64 + U64,
} as const;
export const MANIFEST_ENTRY_SIZE = MANIFEST_ENTRY.maxSequence + U64;
export const SEGMENT_STATE = { unsealed: 0, sealed: 1 } as const;

/** Keydir snapshot: fields after the header, then the segment table, then the columns, then the file checksum. */
export const SNAPSHOT = {
  segmentCount: FILE_HEADER_SIZE,
  entryCount: FILE_HEADER_SIZE + U32,
  freeCount: FILE_HEADER_SIZE + U32 + U32,
  keyUnits: FILE_HEADER_SIZE + U32 + U32 + U32,
  tableSlots: FILE_HEADER_SIZE + U32 + U32 + U32 + U32,
  hashSeed: FILE_HEADER_SIZE + U32 + U32 + U32 + U32 + U32,
  lastSequence: FILE_HEADER_SIZE + U32 + U32 + U32 + U32 + U32 + U32,
  shardBits: FILE_HEADER_SIZE + U32 + U32 + U32 + U32 + U32 + U32 + U64,
  hasExpiries: FILE_HEADER_SIZE + U32 + U32 + U32 + U32 + U32 + U32 + U64 + U8,
  hasOrder: FILE_HEADER_SIZE + U32 + U32 + U32 + U32 + U32 + U32 + U64 + U8 + U8,
  reserved: FILE_HEADER_SIZE + U32 + U32 + U32 + U32 + U32 + U32 + U64 + U8 + U8 + U8,
} as const;
export const SNAPSHOT_FIRST_SEGMENT = SNAPSHOT.reserved + U8 + U32;
export const SNAPSHOT_SEGMENT = {
  segmentId: 0,
  recordCount: U32,
  tombstoneCount: U32 + U32,
  liveCount: U32 + U32 + U32,
  coveredSize: U32 + U32 + U32 + U32,
  liveBytes: U32 + U32 + U32 + U32 + U64,
  minSequence: U32 + U32 + U32 + U32 + U64 + U64,
  maxSequence: U32 + U32 + U32 + U32 + U64 + U64 + U64,
} as const;
export const SNAPSHOT_SEGMENT_SIZE = SNAPSHOT_SEGMENT.maxSequence + U64;
/** An entry of the snapshot's entry column. */
export const SNAPSHOT_ENTRY = {
  hash: 0,
  segment: U32,
  offset: U32 + U32,
  valueLength: U32 + U32 + U32,
  key: U32 + U32 + U32 + U32,
  sequence: U32 + U32 + U32 + U32 + U32,
} as const;
export const SNAPSHOT_ENTRY_SIZE = SNAPSHOT_ENTRY.sequence + U64;
/** A slot of the snapshot's hash table: the entry's number plus 1 below, five bits of its key's hash above. */
export const TABLE_ENTRY_BITS = 27;
/** The five bits of the hash are those from this one on. */
export const TABLE_TAG_SHIFT = 19;
/** In an entry's segment: the entry is free. */
export const SNAPSHOT_FREE_ENTRY = 0xffff_ffff;
/** Keys stand in the snapshot's key area at multiples of this, each after its length in two bytes. */
export const KEY_UNIT = U32;
/** Columns start at multiples of this, so that a reader can lay typed arrays over the file's bytes. */
export const COLUMN_ALIGNMENT = U64;

/** Keys have 1 to this many bytes. */
export const MAX_KEY_SIZE = 0xffff;
/** Values have 0 to this many bytes: 256 MiB. */
export const MAX_VALUE_SIZE = 0x1000_0000;
/** Records of one batch together have at most this many bytes: 1 GiB. */
export const MAX_BATCH_BODY_SIZE = 0x4000_0000;
/** A record starts below this offset, so that 32 bits hold it. */
export const MAX_RECORD_OFFSET = 0xffff_ffff;
export const MAX_SEGMENT_ID = 0xffff_ffff;
/** Sequence numbers and times are whole numbers up to 2^53 - 1; larger ones in a file are damage. */
export const MAX_U53 = Number.MAX_SAFE_INTEGER;
