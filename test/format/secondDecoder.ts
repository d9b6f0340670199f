/**
 * A second decoder of the format, written from FORMAT.md alone. It shares nothing with src/format, not even a
 * constant, so that a mistake in one of them, or in the page, makes the two disagree. It is plain and slow: whole
 * files in memory, checks in the order of the page.
 */

const HEADER_BYTES = 32;
const RECORD_BYTES = 36;
const MAX_EXACT = 2n ** 53n - 1n;

export interface ReadRecord {
  readonly offset: number;
  readonly size: number;
  readonly operation: 'put' | 'del' | 'batch';
  readonly flags: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly expiry: number;
  readonly key: string;
  readonly value: string;
}

export interface ReadDamage {
  readonly offset: number;
  readonly size: number;
  readonly reason: string;
  readonly reachesEnd: boolean;
}

export interface ReadBatch {
  readonly frameOffset: number;
  readonly end: number;
  readonly complete: boolean;
}

export interface ReadSegment {
  /** In the order of the file; `membership` is 'none', 'member' or 'orphan'. */
  readonly records: readonly (ReadRecord & { readonly membership: string })[];
  readonly damages: readonly ReadDamage[];
  readonly batches: readonly ReadBatch[];
}

export interface ReadHeader {
  readonly kind: number;
  readonly id: number;
  readonly created: number;
  readonly checksum: number;
}

/** Plain bit by bit, without a table. */
export function crc(bytes: Uint8Array, seed = 0): number {
  let register = (seed ^ 0xffffffff) >>> 0;
  for (const byte of bytes) {
    register ^= byte;
    for (let bit = 0; bit < 8; bit++) register = register & 1 ? (register >>> 1) ^ 0xedb88320 : register >>> 1;
  }
  return (register ^ 0xffffffff) >>> 0;
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

// File header

export function readHeader(bytes: Uint8Array): ReadHeader | string {
  const magic = [0x93, 0x53, 0x54, 0x52, 0x41, 0x54, 0x41, 0x0a];
  if (magic.some((byte, at) => at < bytes.length && bytes[at] !== byte)) return 'bad-magic';
  if (bytes.length < HEADER_BYTES) return 'too-short';
  const view = viewOf(bytes);
  if (view.getUint8(9) !== 1) return 'unknown-version';
  const checksum = view.getUint32(28, true);
  if (crc(bytes.subarray(0, 28)) !== checksum) return 'bad-checksum';
  if (view.getUint16(10, true) !== 0 || view.getUint32(24, true) !== 0) return 'unknown-flags';
  const kind = view.getUint8(8);
  if (kind < 1 || kind > 4) return 'unknown-kind';
  const created = view.getBigUint64(16, true);
  if (created > MAX_EXACT) return 'impossible-value';
  return { kind, id: view.getUint32(12, true), created: Number(created), checksum };
}

// Segment

/** Reads the records of a segment whose file header has been looked at. */
export function readSegment(bytes: Uint8Array, segmentId: number): ReadSegment {
  return new SegmentReading(bytes, segmentId).read();
}

interface OpenBatch {
  readonly frameOffset: number;
  readonly end: number;
  readonly promised: number;
  seen: number;
  broken: boolean;
}

class SegmentReading {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #salt: number;
  readonly #size: number;
  readonly #records: (ReadRecord & { membership: string })[] = [];
  readonly #damages: ReadDamage[] = [];
  readonly #batches: ReadBatch[] = [];
  #batch: OpenBatch | undefined;
  #budget: number;

  constructor(bytes: Uint8Array, segmentId: number) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#size = bytes.length;
    const id = new Uint8Array(4);
    viewOf(id).setUint32(0, segmentId, true);
    this.#salt = crc(id);
    this.#budget = Math.max(2 ** 28, 16 * bytes.length);
  }

  read(): ReadSegment {
    let p = HEADER_BYTES;
    while (p < this.#size) p = this.#step(p);
    this.#closeBatch(false);
    return { records: this.#records, damages: this.#damages, batches: this.#batches };
  }

  #step(p: number): number {
    const problem = this.#problemAt(p);
    if (problem === undefined) return this.#take(p);
    if (this.#batch !== undefined) this.#batch.broken = true;
    if (problem === 'unknown-operation' || problem === 'unknown-flags') {
      const size = this.#sizeAt(p);
      this.#damages.push({ offset: p, size, reason: problem, reachesEnd: false });
      return p + size;
    }
    const q = this.#searchFrom(p + 1);
    if (q === 'search-limit') {
      this.#damages.push({ offset: p, size: this.#size - p, reason: q, reachesEnd: false });
      return this.#size;
    }
    this.#damages.push({ offset: p, size: q - p, reason: problem, reachesEnd: q === this.#size });
    return q;
  }

  #sizeAt(p: number): number {
    return RECORD_BYTES + this.#view.getUint16(p + 4, true) + this.#view.getUint32(p + 6, true);
  }

  #problemAt(p: number): string | undefined {
    const view = this.#view;
    if (this.#size - p < RECORD_BYTES) return 'short-header';
    if (this.#bytes.subarray(p, p + RECORD_BYTES).every((byte) => byte === 0)) return 'zeros';
    const valueLength = view.getUint32(p + 6, true);
    if (valueLength > 2 ** 28) return 'impossible-length';
    const end = p + this.#sizeAt(p);
    if (end > this.#size) return 'short-body';
    if (p > 0xffffffff) return 'impossible-value';
    const checksum = (crc(this.#bytes.subarray(p + 4, end), this.#salt) ^ p) >>> 0;
    if (view.getUint32(p, true) !== checksum) return 'bad-checksum';
    return this.#fieldProblemAt(p);
  }

  #fieldProblemAt(p: number): string | undefined {
    const view = this.#view;
    const keyLength = view.getUint16(p + 4, true);
    const valueLength = view.getUint32(p + 6, true);
    const operation = view.getUint8(p + 10);
    const flags = view.getUint8(p + 11);
    const sequence = view.getBigUint64(p + 12, true);
    const expiry = view.getBigUint64(p + 28, true);
    if (![1, 2, 3].includes(operation)) return 'unknown-operation';
    if (flags > 3) return 'unknown-flags';
    if (sequence === 0n || sequence > MAX_EXACT) return 'impossible-value';
    if (view.getBigUint64(p + 20, true) > MAX_EXACT || expiry > MAX_EXACT) return 'impossible-value';
    if (operation === 1) return keyLength === 0 ? 'impossible-length' : undefined;
    if (expiry !== 0n) return 'impossible-value';
    if (operation === 2) return keyLength === 0 || valueLength !== 0 ? 'impossible-length' : undefined;
    if (keyLength !== 0 || valueLength !== 8) return 'impossible-length';
    if ((flags & 1) !== 0) return 'impossible-value';
    const count = view.getUint32(p + 36, true);
    const body = view.getUint32(p + 40, true);
    return count === 0 || body > 2 ** 30 || body < 37 * count ? 'impossible-length' : undefined;
  }

  /** The next valid record, the file's end, or 'search-limit'. */
  #searchFrom(start: number): number | 'search-limit' {
    for (let q = start; q + RECORD_BYTES <= this.#size; q++) {
      if (!this.#looksLikeRecord(q)) continue;
      const cost = this.#sizeAt(q);
      if (cost > this.#budget) return 'search-limit';
      this.#budget -= cost;
      if (this.#problemAt(q) === undefined) return q;
    }
    return this.#size;
  }

  #looksLikeRecord(q: number): boolean {
    const view = this.#view;
    const operation = view.getUint8(q + 10);
    if (operation < 1 || operation > 3 || view.getUint8(q + 11) > 3) return false;
    if (view.getUint32(q + 6, true) > 2 ** 28) return false;
    for (const at of [12, 20, 28]) if (view.getBigUint64(q + at, true) > MAX_EXACT) return false;
    if ((view.getUint16(q + 4, true) === 0) !== (operation === 3)) return false;
    return q + this.#sizeAt(q) <= this.#size;
  }

  #take(p: number): number {
    const view = this.#view;
    const size = this.#sizeAt(p);
    const keyEnd = p + RECORD_BYTES + view.getUint16(p + 4, true);
    const operation = (['put', 'del', 'batch'] as const)[view.getUint8(p + 10) - 1] as ReadRecord['operation'];
    const flags = view.getUint8(p + 11);
    const inBatch = (flags & 1) !== 0;
    if (this.#batch !== undefined && (!inBatch || p >= this.#batch.end)) this.#closeBatch(false);
    const membership = !inBatch ? 'none' : this.#batch === undefined ? 'orphan' : 'member';
    this.#records.push({
      offset: p,
      size,
      operation,
      flags,
      sequence: Number(view.getBigUint64(p + 12, true)),
      timestamp: Number(view.getBigUint64(p + 20, true)),
      expiry: Number(view.getBigUint64(p + 28, true)),
      key: toHex(this.#bytes.subarray(p + RECORD_BYTES, keyEnd)),
      value: toHex(this.#bytes.subarray(keyEnd, p + size)),
      membership,
    });
    const end = p + size;
    if (operation === 'batch') {
      const promised = view.getUint32(p + 36, true);
      this.#batch = { frameOffset: p, end: end + view.getUint32(p + 40, true), promised, seen: 0, broken: false };
    } else if (this.#batch !== undefined) {
      this.#batch.seen++;
      if (end >= this.#batch.end) this.#closeBatch(end === this.#batch.end);
    }
    return end;
  }

  #closeBatch(endsExactly: boolean): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    const complete = endsExactly && batch.seen === batch.promised && !batch.broken;
    this.#batches.push({ frameOffset: batch.frameOffset, end: batch.end, complete });
  }
}

// Manifest

export interface ReadManifest {
  readonly generation: number;
  readonly nextSegmentId: number;
  readonly sequenceFloor: number;
  readonly created: number;
  readonly segments: readonly {
    readonly id: number;
    readonly sealed: boolean;
    readonly durableSize: number;
    readonly minSequence: number;
    readonly maxSequence: number;
  }[];
}

export function readManifest(bytes: Uint8Array): ReadManifest | string {
  const header = readHeader(bytes);
  if (typeof header === 'string') return header;
  if (header.kind !== 4) return 'wrong-kind';
  if (bytes.length < 60) return 'too-short';
  const view = viewOf(bytes);
  const count = view.getUint32(44, true);
  if (bytes.length !== 60 + 32 * count) return 'wrong-length';
  if (!fileChecksumIsRight(bytes)) return 'bad-file-checksum';
  const nextSegmentId = view.getUint32(40, true);
  const big = [view.getBigUint64(32, true), view.getBigUint64(48, true)];
  const segments = [];
  let previous = 0;
  for (let at = 56; at < 56 + 32 * count; at += 32) {
    const id = view.getUint32(at, true);
    const state = view.getUint32(at + 4, true);
    const [durable, min, max] = [8, 16, 24].map((field) => view.getBigUint64(at + field, true)) as [
      bigint,
      bigint,
      bigint,
    ];
    big.push(durable, max);
    if (state > 1 || id <= previous || id >= nextSegmentId || min > max) return 'impossible-entry';
    if (state === 1 && durable < 32n) return 'impossible-entry';
    previous = id;
    const sealed = state === 1;
    segments.push({ id, sealed, durableSize: Number(durable), minSequence: Number(min), maxSequence: Number(max) });
  }
  if (big.some((value) => value > MAX_EXACT)) return 'impossible-entry';
  const [generation, sequenceFloor] = big.map(Number) as [number, number];
  return { generation, nextSegmentId, sequenceFloor, created: header.created, segments };
}

function fileChecksumIsRight(bytes: Uint8Array): boolean {
  const end = bytes.length - 4;
  return viewOf(bytes).getUint32(end, true) === crc(bytes.subarray(0, end));
}

// Hint file

export interface ReadHintFile {
  readonly segmentId: number;
  readonly segmentSize: number;
  readonly segmentHeaderChecksum: number;
  readonly entries: readonly {
    readonly operation: 'put' | 'del';
    readonly offset: number;
    readonly valueLength: number;
    readonly sequence: number;
    readonly expiry: number;
    readonly key: string;
  }[];
}

export function readHintFile(bytes: Uint8Array): ReadHintFile | string {
  const header = readHeader(bytes);
  if (typeof header === 'string') return header;
  if (header.kind !== 2) return 'wrong-kind';
  if (bytes.length < 60) return 'too-short';
  const view = viewOf(bytes);
  const end = bytes.length - 4;
  if (56n + view.getBigUint64(48, true) !== BigInt(end)) return 'wrong-length';
  if (!fileChecksumIsRight(bytes)) return 'bad-file-checksum';
  const segmentSize = view.getBigUint64(32, true);
  const entries = [];
  for (let at = 56; at < end; ) {
    const entry = readHintEntry(bytes, at, end, segmentSize);
    if (entry === undefined) return 'impossible-entry';
    entries.push(entry);
    at += 28 + entry.key.length / 2;
  }
  if (entries.length !== view.getUint32(44, true)) return 'impossible-entry';
  const segmentHeaderChecksum = view.getUint32(40, true);
  return { segmentId: header.id, segmentSize: Number(segmentSize), segmentHeaderChecksum, entries };
}

function readHintEntry(bytes: Uint8Array, at: number, end: number, segmentSize: bigint) {
  if (at + 28 > end) return undefined;
  const view = viewOf(bytes);
  const keyLength = view.getUint16(at, true);
  const operation = view.getUint8(at + 2);
  const valueLength = view.getUint32(at + 4, true);
  const offset = view.getUint32(at + 8, true);
  const sequence = view.getBigUint64(at + 12, true);
  const expiry = view.getBigUint64(at + 20, true);
  if (keyLength === 0 || at + 28 + keyLength > end) return undefined;
  if ((operation !== 1 && operation !== 2) || view.getUint8(at + 3) !== 0 || valueLength > 2 ** 28) return undefined;
  if (operation === 2 && (valueLength !== 0 || expiry !== 0n)) return undefined;
  if (sequence === 0n || sequence > MAX_EXACT || expiry > MAX_EXACT) return undefined;
  if (offset < 32 || BigInt(offset + 36 + keyLength + valueLength) > segmentSize) return undefined;
  return {
    operation: operation === 1 ? ('put' as const) : ('del' as const),
    offset,
    valueLength,
    sequence: Number(sequence),
    expiry: Number(expiry),
    key: toHex(bytes.subarray(at + 28, at + 28 + keyLength)),
  };
}

// Keydir snapshot

export interface ReadSnapshotSegment {
  readonly id: number;
  readonly recordCount: number;
  readonly tombstoneCount: number;
  readonly liveCount: number;
  readonly coveredSize: number;
  readonly liveBytes: number;
  readonly minSequence: number;
  readonly maxSequence: number;
}

export interface ReadSnapshotEntry {
  readonly key: string;
  readonly segmentId: number;
  readonly offset: number;
  readonly valueLength: number;
  readonly sequence: number;
  readonly expiry: number;
}

export interface ReadSnapshot {
  readonly created: number;
  readonly lastSequence: number;
  readonly segments: readonly ReadSnapshotSegment[];
  /** Of the entries that are not free, by ascending key. */
  readonly entries: readonly ReadSnapshotEntry[];
  readonly hasOrder: boolean;
}

export function readSnapshot(bytes: Uint8Array): ReadSnapshot | string {
  const header = readHeader(bytes);
  if (typeof header === 'string') return header;
  if (header.kind !== 3) return 'wrong-kind';
  if (bytes.length < 72) return 'too-short';
  const columns = placeColumns(bytes);
  if (columns === undefined) return 'wrong-length';
  if (!headIsPossible(bytes)) return 'impossible-entry';
  if (!fileChecksumIsRight(bytes)) return 'bad-file-checksum';
  const segments = readSnapshotSegments(bytes);
  const entries = tableIsPossible(bytes, columns) ? readSnapshotEntries(bytes, columns, segments) : undefined;
  if (entries === undefined) return 'impossible-entry';
  const view = viewOf(bytes);
  return {
    created: header.created,
    lastSequence: Number(view.getBigUint64(56, true)),
    segments,
    entries: [...entries.values()].sort((a, b) => (a.key < b.key ? -1 : 1)),
    hasOrder: view.getUint8(66) === 1,
  };
}

interface Columns {
  readonly entryCount: number;
  readonly starts: ReadonlyMap<string, number>;
}

/** Offsets of the columns, or undefined when they do not fill the file exactly. */
function placeColumns(bytes: Uint8Array): Columns | undefined {
  const view = viewOf(bytes);
  const segmentCount = view.getUint32(32, true);
  const entryCount = view.getUint32(36, true);
  const freeCount = view.getUint32(40, true);
  const shards = 2 ** Math.min(16, view.getUint8(64));
  const sizes: [string, number][] = [
    ['entries', 28 * entryCount],
    ['expiries', view.getUint8(65) === 1 ? 8 * entryCount : 0],
    ['shard sizes', 4 * shards],
    ['shard counts', 4 * shards],
    ['table', 4 * view.getUint32(48, true)],
    ['order', view.getUint8(66) === 1 ? 4 * (entryCount - freeCount) : 0],
    ['key area', 4 * view.getUint32(44, true)],
  ];
  const starts = new Map<string, number>();
  let at = Math.ceil((72 + 48 * segmentCount) / 8) * 8;
  for (const [name, size] of sizes) {
    starts.set(name, at);
    at = Math.ceil((at + size) / 8) * 8;
  }
  return at + 4 === bytes.length ? { entryCount, starts } : undefined;
}

function headIsPossible(bytes: Uint8Array): boolean {
  const view = viewOf(bytes);
  if (view.getUint32(40, true) > view.getUint32(36, true) || view.getBigUint64(56, true) > MAX_EXACT) return false;
  if (view.getUint8(64) > 16 || view.getUint8(65) > 1 || view.getUint8(66) > 1) return false;
  if (bytes.subarray(67, 72).some((byte) => byte !== 0)) return false;
  const segments = readSnapshotSegments(bytes);
  return segments.every((segment, index) => {
    if (segments.findIndex(({ id }) => id === segment.id) !== index) return false;
    if (segment.id === 0 || segment.coveredSize < 32 || segment.liveBytes > segment.coveredSize) return false;
    if (segment.coveredSize > Number(MAX_EXACT) || segment.maxSequence > Number(MAX_EXACT)) return false;
    return (
      segment.liveCount + segment.tombstoneCount <= segment.recordCount && segment.minSequence <= segment.maxSequence
    );
  });
}

function readSnapshotSegments(bytes: Uint8Array): ReadSnapshotSegment[] {
  const view = viewOf(bytes);
  return Array.from({ length: view.getUint32(32, true) }, (_, index) => {
    const at = 72 + 48 * index;
    const [coveredSize, liveBytes, minSequence, maxSequence] = [16, 24, 32, 40].map((field) =>
      Number(view.getBigUint64(at + field, true)),
    ) as [number, number, number, number];
    return {
      id: view.getUint32(at, true),
      recordCount: view.getUint32(at + 4, true),
      tombstoneCount: view.getUint32(at + 8, true),
      liveCount: view.getUint32(at + 12, true),
      coveredSize,
      liveBytes,
      minSequence,
      maxSequence,
    };
  });
}

/** By entry number; undefined when a reference leads nowhere, or the table or the order contradicts the columns. */
function readSnapshotEntries(
  bytes: Uint8Array,
  { entryCount, starts }: Columns,
  segments: readonly ReadSnapshotSegment[],
): Map<number, ReadSnapshotEntry> | undefined {
  const view = viewOf(bytes);
  const u32 = (column: string, index: number) => view.getUint32((starts.get(column) as number) + 4 * index, true);
  const keyUnits = view.getUint32(44, true);
  const entries = new Map<number, ReadSnapshotEntry>();
  for (let entry = 0; entry < entryCount; entry++) {
    const at = (starts.get('entries') as number) + 28 * entry;
    const segmentIndex = view.getUint32(at + 4, true);
    const unit = view.getUint32(at + 16, true);
    if (unit >= keyUnits) return undefined;
    if (segmentIndex === 0xffffffff) continue;
    const segment = segments[segmentIndex];
    if (segment === undefined) return undefined;
    const keyAt = (starts.get('key area') as number) + 4 * unit;
    const key = bytes.subarray(keyAt + 2, keyAt + 2 + view.getUint16(keyAt, true));
    const h = view.getUint32(at, true);
    if (h !== hash(key, view.getUint32(52, true)) || !findInTable(bytes, u32, h, entry)) return undefined;
    const expiryAt = (starts.get('expiries') as number) + 8 * entry;
    entries.set(entry, {
      key: toHex(key),
      segmentId: segment.id,
      offset: view.getUint32(at + 8, true),
      valueLength: view.getUint32(at + 12, true),
      sequence: Number(view.getBigUint64(at + 20, true)),
      expiry: view.getUint8(65) === 1 ? view.getFloat64(expiryAt, true) : 0,
    });
  }
  if (entryCount - entries.size !== view.getUint32(40, true)) return undefined;
  return view.getUint8(66) === 0 || orderIsRight(entries, u32) ? entries : undefined;
}

/** The shards fill the table, have the sizes and as many used slots as they may, and name entries that there are. */
function tableIsPossible(bytes: Uint8Array, { entryCount, starts }: Columns): boolean {
  const view = viewOf(bytes);
  const u32 = (column: string, index: number) => view.getUint32((starts.get(column) as number) + 4 * index, true);
  const slots = view.getUint32(48, true);
  let first = 0;
  for (let shard = 0; shard < 2 ** view.getUint8(64); shard++) {
    const size = u32('shard sizes', shard);
    const count = u32('shard counts', shard);
    if (first + size > slots || (size === 0 ? count !== 0 : count >= size || !Number.isInteger(Math.log2(size)))) {
      return false;
    }
    let used = 0;
    for (let slot = first; slot < first + size; slot++) {
      const stored = u32('table', slot);
      if (stored !== 0) used++;
      if (stored !== 0 && (stored % 2 ** 27 === 0 || stored % 2 ** 27 > entryCount)) return false;
    }
    if (used !== count) return false;
    first += size;
  }
  return first === slots;
}

function findInTable(
  bytes: Uint8Array,
  u32: (column: string, index: number) => number,
  h: number,
  entry: number,
): boolean {
  const shardBits = viewOf(bytes).getUint8(64);
  const shard = shardBits === 0 ? 0 : h >>> (32 - shardBits);
  let first = 0;
  for (let before = 0; before < shard; before++) first += u32('shard sizes', before);
  const slots = u32('shard sizes', shard);
  for (let step = 0; step < slots; step++) {
    const stored = u32('table', first + ((h + step) % slots));
    if (stored === ((h >>> 19) % 32) * 2 ** 27 + entry + 1) return true;
    if (stored === 0) return false;
  }
  return false;
}

function orderIsRight(
  entries: ReadonlyMap<number, ReadSnapshotEntry>,
  u32: (column: string, index: number) => number,
): boolean {
  const keys: string[] = [];
  for (let index = 0; index < entries.size; index++) {
    const entry = entries.get(u32('order', index));
    if (entry === undefined) return false;
    keys.push(entry.key);
  }
  return keys.every((key, index) => index === 0 || (keys[index - 1] as string) < key);
}

/** The hash of the page, in BigInt so that it owes nothing to the 32-bit operators of the other one. */
export function hash(key: Uint8Array, seed: number): number {
  const word = 0xffffffffn;
  const rotl = (x: bigint, by: bigint) => ((x << by) | (x >> (32n - by))) & word;
  let v0 = BigInt(seed);
  let v1 = v0 ^ word;
  let v2 = v0 ^ 0x6c796765n;
  let v3 = v1 ^ 0x74656462n;
  const round = () => {
    v0 = (v0 + v1) & word;
    v1 = rotl(v1, 5n) ^ v0;
    v0 = rotl(v0, 16n);
    v2 = (v2 + v3) & word;
    v3 = rotl(v3, 8n) ^ v2;
    v0 = (v0 + v3) & word;
    v3 = rotl(v3, 7n) ^ v0;
    v2 = (v2 + v1) & word;
    v1 = rotl(v1, 13n) ^ v2;
    v2 = rotl(v2, 16n);
  };
  const whole = key.length - (key.length % 4);
  const padded = new Uint8Array(whole + 4);
  padded.set(key);
  padded[whole + 3] = key.length % 256;
  for (let at = 0; at <= whole; at += 4) {
    const w = BigInt(viewOf(padded).getUint32(at, true));
    v3 ^= w;
    round();
    v0 ^= w;
  }
  v2 ^= 0xffn;
  for (let finish = 0; finish < 3; finish++) round();
  return Number(v1 ^ v3);
}
