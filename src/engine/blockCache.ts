/**
 * Blocks of segment files in memory. A record whose blocks are all there is read without a system call.
 *
 * Blocks are small, because keys that are read often stand all over a log: a block holds the neighbours of a record,
 * and little else that nobody asked for. While there is room, one comes in with the second read of it: memory that is
 * new to the process costs more than reading the record, and many blocks are read only once. Once the capacity is used
 * up, it has to have been read more often of late than the one that it pushes out; so reading everything once, or
 * everything equally often, pushes out next to nothing. Every block of a file has a counter for that, in the cache or
 * not, as in TinyLFU (Einziger, Friedman and Manes, 2017), whose sketch would save memory that is not missed here: 5
 * bytes for each block. A block leaves with its segment, too.
 *
 * What was written last is there too, in a few blocks that are used over and over: new memory for all that is written
 * would cost more than the writing.
 */

import { FILE_HEADER_SIZE } from '../format/layout.ts';
import type { Segment } from './segment.ts';
import { BLOCK_BITS, BLOCK_SIZE, MAX_USES, SegmentBlocks } from './segmentBlocks.ts';
import { readFully } from './storage.ts';

const BLOCK_MASK = BLOCK_SIZE - 1;
/** So many times as often as the block it pushes out: with less, blocks that are read equally often change places. */
const LEAD = 2;
/** 8 MiB of what was written last. */
const MAX_WRITTEN_BLOCKS = 2048;
/** Longer records are not put together from their blocks: reading them costs less than that for each byte. */
const MAX_RECORD_SIZE = 64 * 1024;
/** Blocks share typed arrays of 256 KiB. */
const SLAB_BITS = 6;
const SLAB_MASK = (1 << SLAB_BITS) - 1;
/** After so many reads for each block of the capacity all counters are halved, so that they tell of late reads. */
const READS_PER_AGE = 10;
const NO_BYTES = new Uint8Array(0);

/** Frames are places for one block each, by number; those for what is written come first. */
export class BlockCache {
  /** Where `find` and `findStart` have left the record: in `bytes` from `start`, until the next call. */
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  readonly #frameCount: number;
  readonly #writtenFrameCount: number;
  /** Of blocks that are read, the first that was never used. */
  #freshFrame: number;
  /** Of segments that are gone. */
  readonly #freeFrames: number[] = [];
  #slabs: (Uint8Array | undefined)[] = [];
  /** By frame: whose block it holds, and which. */
  #owners: (Segment | undefined)[] = [];
  #numbers = new Uint32Array(0);
  readonly #segments = new Set<Segment>();
  #usedFrameCount = 0;
  #writtenHand = 0;
  #sweepHand: number;
  #readsUntilAge: number;
  /** A record that stands in more than one block, put together. */
  #joined = NO_BYTES;

  constructor(capacityBytes: number) {
    this.#frameCount = Math.floor(capacityBytes / BLOCK_SIZE);
    this.#writtenFrameCount = Math.min(MAX_WRITTEN_BLOCKS, this.#frameCount >>> 1);
    this.#freshFrame = this.#writtenFrameCount;
    this.#sweepHand = this.#writtenFrameCount;
    this.#readsUntilAge = READS_PER_AGE * this.#frameCount;
  }

  /** Bytes of the blocks that are there. */
  get usedBytes(): number {
    return this.#usedFrameCount * BLOCK_SIZE;
  }

  /** Whether all of a record is there, or comes in now, if it may and that is worth while. */
  find(segment: Segment, offsetBytes: number, sizeBytes: number, mayRead: boolean): boolean {
    const first = offsetBytes >>> BLOCK_BITS;
    const last = (offsetBytes + sizeBytes - 1) >>> BLOCK_BITS;
    if (last >= segment.blocks.uses.length && !this.#cover(segment, last)) return false;
    if (first !== last) return sizeBytes <= MAX_RECORD_SIZE && this.#join(segment, offsetBytes, sizeBytes, mayRead);
    const frame = this.#demand(segment, first, mayRead);
    if (frame < 0) return false;
    this.#pointTo(frame, offsetBytes & BLOCK_MASK);
    return true;
  }

  /**
   * Whether the block that a record begins in is there. The record may end outside of it: only the first
   * `bytesFrom(offsetBytes)` bytes are of its file.
   */
  findStart(segment: Segment, offsetBytes: number): boolean {
    const frame = (segment.blocks.frames[offsetBytes >>> BLOCK_BITS] ?? 0) - 1;
    if (frame < 0) return false;
    this.#pointTo(frame, offsetBytes & BLOCK_MASK);
    return true;
  }

  /** From an offset of a file to the end of the block that it is in. */
  static bytesFrom(offsetBytes: number): number {
    return BLOCK_SIZE - (offsetBytes & BLOCK_MASK);
  }

  /** Takes in what was just written. A block is begun only with its first byte, so that it has no gaps. */
  append(segment: Segment, offsetBytes: number, bytes: Uint8Array): void {
    const end = offsetBytes + bytes.length;
    const last = (end - 1) >>> BLOCK_BITS;
    if (last >= segment.blocks.uses.length && !this.#cover(segment, last)) return;
    for (let at = offsetBytes; at < end; ) {
      const number = at >>> BLOCK_BITS;
      const stop = Math.min(end, (number + 1) * BLOCK_SIZE);
      const isBegin = at === number * BLOCK_SIZE || at === FILE_HEADER_SIZE;
      let frame = (segment.blocks.frames[number] as number) - 1;
      if (frame < 0 && isBegin) frame = this.#beginWritten(segment, number);
      if (frame >= 0) {
        this.#pointTo(frame, at & BLOCK_MASK);
        this.bytes.set(bytes.subarray(at - offsetBytes, stop - offsetBytes), this.start);
      }
      at = stop;
    }
  }

  /** The segment is closed: its blocks are free. */
  drop(segment: Segment): void {
    if (!this.#segments.delete(segment)) return;
    const { frames } = segment.blocks;
    for (let number = 0; number < frames.length; number++) {
      const frame = (frames[number] as number) - 1;
      if (frame < 0) continue;
      this.#evict(frame);
      if (frame >= this.#writtenFrameCount) this.#freeFrames.push(frame);
    }
    segment.blocks = new SegmentBlocks();
  }

  #cover(segment: Segment, number: number): boolean {
    if (this.#frameCount === 0) return false;
    if (this.#owners.length === 0) this.#makeFrames();
    segment.blocks.grow(segment.sizeBytes, number + 1);
    this.#segments.add(segment);
    return true;
  }

  /** Not before they are needed: it is memory that opening a store would wait for. */
  #makeFrames(): void {
    this.#slabs = new Array<undefined>(Math.ceil(this.#frameCount / (SLAB_MASK + 1))).fill(undefined);
    this.#owners = new Array<undefined>(this.#frameCount).fill(undefined);
    this.#numbers = new Uint32Array(this.#frameCount);
  }

  /** Counts a read of a block; the frame that holds it, or -1. */
  #demand(segment: Segment, number: number, mayRead: boolean): number {
    const { frames, uses } = segment.blocks;
    const count = uses[number] as number;
    if (count < MAX_USES) uses[number] = count + 1;
    if (--this.#readsUntilAge === 0) this.#age();
    const frame = (frames[number] as number) - 1;
    return frame < 0 && mayRead && count > 0 ? this.#readIn(segment, number) : frame;
  }

  #readIn(segment: Segment, number: number): number {
    if ((number + 1) * BLOCK_SIZE > segment.sizeBytes) return -1;
    const frame = this.#frameFor(segment.blocks.uses[number] as number);
    if (frame < 0) return -1;
    this.#pointTo(frame, 0);
    let got = 0;
    try {
      got = readFully(segment.file, this.bytes, this.start, BLOCK_SIZE, number * BLOCK_SIZE);
    } finally {
      if (got < BLOCK_SIZE) this.#freeFrames.push(frame);
    }
    if (got < BLOCK_SIZE) return -1;
    this.#assign(frame, segment, number);
    return frame;
  }

  /** A frame that nobody needs as much as a block that was read `uses` times; -1 if none is found at once. */
  #frameFor(uses: number): number {
    const free = this.#freeFrames.pop();
    if (free !== undefined) return free;
    if (this.#freshFrame < this.#frameCount) return this.#freshFrame++;
    // One after the other, as the hand of a clock: a block that is read often will come again, and find another.
    const frame = this.#sweepHand++;
    if (this.#sweepHand === this.#frameCount) this.#sweepHand = this.#writtenFrameCount;
    const blocks = this.#owners[frame]?.blocks;
    if (blocks === undefined || uses <= (blocks.uses[this.#numbers[frame] as number] as number) * LEAD + 1) return -1;
    this.#evict(frame);
    return frame;
  }

  /** A frame for a block that is being written: that of the oldest of them. */
  #beginWritten(segment: Segment, number: number): number {
    if (this.#writtenFrameCount === 0) return -1;
    const frame = this.#writtenHand++;
    if (this.#writtenHand === this.#writtenFrameCount) this.#writtenHand = 0;
    this.#evict(frame);
    this.#assign(frame, segment, number);
    return frame;
  }

  #assign(frame: number, segment: Segment, number: number): void {
    this.#owners[frame] = segment;
    this.#numbers[frame] = number;
    segment.blocks.frames[number] = frame + 1;
    this.#usedFrameCount++;
  }

  #evict(frame: number): void {
    const owner = this.#owners[frame];
    if (owner === undefined) return;
    owner.blocks.frames[this.#numbers[frame] as number] = 0;
    this.#owners[frame] = undefined;
    this.#usedFrameCount--;
  }

  #pointTo(frame: number, index: number): void {
    const slab = frame >>> SLAB_BITS;
    this.bytes = this.#slabs[slab] ?? this.#newSlab(slab);
    this.start = ((frame & SLAB_MASK) << BLOCK_BITS) + index;
  }

  #newSlab(slab: number): Uint8Array {
    const firstFrame = slab << SLAB_BITS;
    const bytes = new Uint8Array(Math.min(SLAB_MASK + 1, this.#frameCount - firstFrame) * BLOCK_SIZE);
    this.#slabs[slab] = bytes;
    return bytes;
  }

  #join(segment: Segment, offsetBytes: number, sizeBytes: number, mayRead: boolean): boolean {
    const end = offsetBytes + sizeBytes;
    const last = (end - 1) >>> BLOCK_BITS;
    let isWhole = true;
    for (let number = offsetBytes >>> BLOCK_BITS; number <= last; number++) {
      if (this.#demand(segment, number, mayRead) < 0) isWhole = false;
    }
    if (!isWhole) return false;
    if (this.#joined.length === 0) this.#joined = new Uint8Array(MAX_RECORD_SIZE);
    for (let at = offsetBytes; at < end; ) {
      const frame = (segment.blocks.frames[at >>> BLOCK_BITS] as number) - 1;
      // A block that came in for this record may have pushed out another one of it.
      if (frame < 0) return false;
      this.#pointTo(frame, at & BLOCK_MASK);
      const length = Math.min(end - at, BlockCache.bytesFrom(at));
      this.#joined.set(this.bytes.subarray(this.start, this.start + length), at - offsetBytes);
      at += length;
    }
    this.bytes = this.#joined;
    this.start = 0;
    return true;
  }

  #age(): void {
    this.#readsUntilAge = READS_PER_AGE * this.#frameCount;
    for (const { blocks } of this.#segments) {
      // Four counters at a time.
      const words = new Uint32Array(blocks.uses.buffer);
      for (let i = 0; i < words.length; i++) words[i] = ((words[i] as number) >>> 1) & 0x7f7f7f7f;
    }
  }
}
