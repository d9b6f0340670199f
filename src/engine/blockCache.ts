/**
 * Blocks of segment files in memory. A read that finds its block needs no system call.
 *
 * A block comes in when so many records were read from it that reading it whole would have cost no more, until the
 * capacity is used up; it leaves with its segment. Nothing is pushed out for something else: a store that outgrows the
 * cache would only push out what it needs next, and the operating system's page cache, a system call away, does that
 * work better.
 *
 * What was written last is there too, in a few blocks that are used over and over: new memory for all that is written
 * would cost more than the writing.
 */

import { FILE_HEADER_SIZE } from '../format/layout.ts';
import type { Segment } from './segment.ts';
import { readFully } from './storage.ts';

const BLOCK_BITS = 16;
/** 64 KiB. */
const BLOCK_SIZE = 1 << BLOCK_BITS;
const BLOCK_MASK = BLOCK_SIZE - 1;
/**
 * So many reads of small records cost as much as reading a block: the bytes are cheap, the new memory for them is not.
 * Waiting until that much was spent never costs more than twice what knowing the future would (as with renting skis).
 */
const READS_PER_BLOCK = 32;
/** 8 MiB of what was written last. */
const MAX_WRITTEN_BLOCKS = 128;

interface WrittenBlock {
  readonly segment: Segment;
  readonly number: number;
}

export class BlockCache {
  readonly #capacityBytes: number;
  #usedBytes = 0;
  /** Blocks that came in by being written, oldest first. */
  #written: WrittenBlock[] = [];

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Index in its block of the byte at `offsetBytes` of a file. */
  static indexOf(offsetBytes: number): number {
    return offsetBytes & BLOCK_MASK;
  }

  /** The block that holds the byte at `offsetBytes`, if it is there already. */
  static peek(segment: Segment, offsetBytes: number): Uint8Array | undefined {
    return segment.blocks[offsetBytes >>> BLOCK_BITS];
  }

  /** The block that holds all of a record, read now if that is worth while and there is room; otherwise undefined. */
  find(segment: Segment, offsetBytes: number, sizeBytes: number): Uint8Array | undefined {
    const number = offsetBytes >>> BLOCK_BITS;
    if ((offsetBytes + sizeBytes - 1) >>> BLOCK_BITS !== number) return undefined;
    const block = segment.blocks[number];
    if (block !== undefined) return block;
    if (this.#usedBytes + BLOCK_SIZE > this.#capacityBytes || (number + 1) * BLOCK_SIZE > segment.sizeBytes)
      return undefined;
    const misses = countMiss(segment.blockMisses, number);
    if (misses < READS_PER_BLOCK) return undefined;
    const read = new Uint8Array(BLOCK_SIZE);
    if (readFully(segment.file, read, 0, BLOCK_SIZE, number * BLOCK_SIZE) < BLOCK_SIZE) return undefined;
    this.#keep(segment, number, read);
    return read;
  }

  /** Takes in what was just written. A block is begun only with its first byte, so that it has no gaps. */
  append(segment: Segment, offsetBytes: number, bytes: Uint8Array): void {
    const end = offsetBytes + bytes.length;
    for (let at = offsetBytes; at < end; ) {
      const number = Math.floor(at / BLOCK_SIZE);
      const blockEnd = (number + 1) * BLOCK_SIZE;
      const isBegin = at === number * BLOCK_SIZE || at === FILE_HEADER_SIZE;
      if (isBegin && segment.blocks[number] === undefined) this.#begin(segment, number);
      const stop = Math.min(end, blockEnd);
      segment.blocks[number]?.set(bytes.subarray(at - offsetBytes, stop - offsetBytes), at & BLOCK_MASK);
      at = stop;
    }
  }

  /** The segment is closed: its blocks are free. */
  drop(segment: Segment): void {
    this.#written = this.#written.filter((written) => written.segment !== segment);
    for (const block of segment.blocks) if (block !== undefined) this.#usedBytes -= BLOCK_SIZE;
    segment.blocks.length = 0;
    segment.blockMisses.length = 0;
  }

  /** A block for what is being written: a new one, or the oldest of them. */
  #begin(segment: Segment, number: number): void {
    if (this.#written.length >= MAX_WRITTEN_BLOCKS || this.#usedBytes + BLOCK_SIZE > this.#capacityBytes) {
      const oldest = this.#written.shift();
      const block = oldest?.segment.blocks[oldest.number];
      if (oldest === undefined || block === undefined) return;
      oldest.segment.blocks[oldest.number] = undefined;
      this.#usedBytes -= BLOCK_SIZE;
      this.#keep(segment, number, block);
    } else {
      this.#keep(segment, number, new Uint8Array(BLOCK_SIZE));
    }
    this.#written.push({ segment, number });
  }

  #keep(segment: Segment, number: number, block: Uint8Array): void {
    while (segment.blocks.length < number) segment.blocks.push(undefined);
    segment.blocks[number] = block;
    this.#usedBytes += BLOCK_SIZE;
  }
}

function countMiss(misses: number[], number: number): number {
  while (misses.length <= number) misses.push(0);
  const count = (misses[number] as number) + 1;
  misses[number] = count;
  return count;
}
