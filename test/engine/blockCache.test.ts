import assert from 'node:assert/strict';
import { BlockCache } from '../../src/engine/blockCache.ts';
import { Segment } from '../../src/engine/segment.ts';
import type { StorageFile } from '../../src/engine/storage.ts';
import { FILE_HEADER_SIZE } from '../../src/format/layout.ts';
import { soleFileStorage } from '../support/soleFileStorage.ts';

const BLOCK_SIZE = 4096;
const BLOCKS = 40;

describe('Block cache', () => {
  const bytes = Uint8Array.from({ length: BLOCKS * BLOCK_SIZE - 1 }, (_, i) => (i * 31 + (i >>> 8)) % 251);
  let file: StorageFile;
  let reads: number;
  /** What reading ends with. */
  let error: Error | undefined;
  let segment: Segment;

  beforeEach(() => {
    file = soleFileStorage('segment', bytes).open('/segment', 'read');
    const read = file.read.bind(file);
    reads = 0;
    error = undefined;
    file.read = (...place) => {
      reads++;
      if (error !== undefined) throw error;
      return read(...place);
    };
    segment = newSegment(0);
  });

  function newSegment(slot: number): Segment {
    return new Segment({ id: slot + 1, slot, file, state: 'sealed', sizeBytes: bytes.length });
  }

  /** The bytes that the cache has found, or undefined. */
  function find(cache: BlockCache, offsetBytes: number, sizeBytes: number, options = { mayRead: true, of: segment }) {
    if (!cache.find(options.of, offsetBytes, sizeBytes, options.mayRead)) return undefined;
    return cache.bytes.slice(cache.start, cache.start + sizeBytes);
  }

  /** What the second read finds: the first one only counts. */
  function findAgain(
    cache: BlockCache,
    offsetBytes: number,
    sizeBytes: number,
    options = { mayRead: true, of: segment },
  ) {
    find(cache, offsetBytes, sizeBytes, options);
    return find(cache, offsetBytes, sizeBytes, options);
  }

  const peek = (cache: BlockCache, offsetBytes: number, sizeBytes = 1) =>
    find(cache, offsetBytes, sizeBytes, { mayRead: false, of: segment });

  const part = (offsetBytes: number, sizeBytes: number) => bytes.slice(offsetBytes, offsetBytes + sizeBytes);

  it('takes a block in with the second read while there is room, and reads it from memory then', () => {
    const cache = new BlockCache(10 * BLOCK_SIZE);
    assert.equal(find(cache, BLOCK_SIZE, 100), undefined);
    assert.equal(reads, 0);
    assert.equal(cache.usedBytes, 0, 'no memory for a block that is read once');
    assert.equal(peek(cache, BLOCK_SIZE, 100), undefined);
    assert.equal(reads, 0);
    assert.deepEqual(find(cache, BLOCK_SIZE + 7, 100), part(BLOCK_SIZE + 7, 100));
    assert.equal(cache.usedBytes, BLOCK_SIZE);
    assert.deepEqual(find(cache, 2 * BLOCK_SIZE - 100, 100), part(2 * BLOCK_SIZE - 100, 100));
    assert.deepEqual(peek(cache, BLOCK_SIZE, BLOCK_SIZE), part(BLOCK_SIZE, BLOCK_SIZE));
    assert.equal(reads, 1);
    assert.equal(peek(cache, 2 * BLOCK_SIZE), undefined, 'the next block was not asked for');
  });

  it('puts together a record that stands in several blocks', () => {
    const cache = new BlockCache(20 * BLOCK_SIZE);
    for (const [offsetBytes, sizeBytes] of [
      [BLOCK_SIZE - 1, 2],
      [3 * BLOCK_SIZE - 50, BLOCK_SIZE + 100],
      [6 * BLOCK_SIZE, 2 * BLOCK_SIZE],
    ] as const) {
      assert.deepEqual(findAgain(cache, offsetBytes, sizeBytes), part(offsetBytes, sizeBytes));
    }
    assert.equal(reads, 2 + 3 + 2);
    assert.equal(peek(cache, 6 * BLOCK_SIZE, 3 * BLOCK_SIZE), undefined, 'not all of its blocks are there');
  });

  it('says how much of a record that it only knows the beginning of is sure to be there', () => {
    const cache = new BlockCache(10 * BLOCK_SIZE);
    assert.equal(cache.findStart(segment, BLOCK_SIZE - 10), false);
    findAgain(cache, 0, 1);
    assert.equal(cache.findStart(segment, BLOCK_SIZE - 10), true);
    assert.equal(BlockCache.bytesFrom(BLOCK_SIZE - 10), 10);
    assert.deepEqual(cache.bytes.slice(cache.start, cache.start + 10), part(BLOCK_SIZE - 10, 10));
    assert.equal(BlockCache.bytesFrom(BLOCK_SIZE), BLOCK_SIZE);
  });

  it('leaves out what is too long, and the block that is not complete', () => {
    const cache = new BlockCache(BLOCKS * BLOCK_SIZE);
    assert.equal(findAgain(cache, 0, 65_537), undefined);
    assert.equal(reads, 0);
    assert.deepEqual(findAgain(cache, 0, 65_536), part(0, 65_536));
    assert.equal(findAgain(cache, (BLOCKS - 1) * BLOCK_SIZE, 1), undefined);
    assert.equal(findAgain(cache, (BLOCKS - 1) * BLOCK_SIZE - 1, 2), undefined);
  });

  it('holds no more than its capacity, and nothing without one', () => {
    // Half of the frames are for what is written.
    const cache = new BlockCache(8 * BLOCK_SIZE - 1);
    for (let number = 0; number < 20; number++) findAgain(cache, number * BLOCK_SIZE, 1);
    assert.equal(cache.usedBytes, 4 * BLOCK_SIZE);
    const none = new BlockCache(BLOCK_SIZE - 1);
    const other = newSegment(1);
    assert.equal(findAgain(none, 0, 1, { mayRead: true, of: other }), undefined);
    none.append(other, 0, part(0, BLOCK_SIZE));
    assert.equal(none.usedBytes, 0);
  });

  it('keeps what it holds when everything is read equally often', () => {
    const cache = new BlockCache(8 * BLOCK_SIZE);
    for (let round = 0; round < 100; round++) {
      for (let number = 0; number < 20; number++) find(cache, number * BLOCK_SIZE, 1);
    }
    for (let number = 0; number < 4; number++) assert.ok(peek(cache, number * BLOCK_SIZE), `block ${number}`);
    assert.equal(reads, 4);
  });

  it('takes in what has come to be read more often than what it holds, and keeps that through a scan', () => {
    const cache = new BlockCache(8 * BLOCK_SIZE);
    for (let number = 0; number < 20; number++) findAgain(cache, number * BLOCK_SIZE, 1);
    const hot = [7, 11, 13, 17];
    for (let round = 0; round < 40; round++) for (const number of hot) find(cache, number * BLOCK_SIZE + round, 1);
    for (const number of hot) {
      assert.deepEqual(peek(cache, number * BLOCK_SIZE, 100), part(number * BLOCK_SIZE, 100), `block ${number}`);
    }
    assert.equal(cache.usedBytes, 4 * BLOCK_SIZE);
    for (let number = 0; number < BLOCKS - 1; number++) find(cache, number * BLOCK_SIZE, 1);
    for (const number of hot) assert.ok(peek(cache, number * BLOCK_SIZE), `block ${number} after a scan`);
  });

  it('forgets what was read often long ago', () => {
    const cache = new BlockCache(8 * BLOCK_SIZE);
    for (let i = 0; i < 4 * 1000; i++) find(cache, (i % 4) * BLOCK_SIZE, 1);
    // 255 times is as often as a counter tells; without forgetting, nothing could ever lead them.
    for (let i = 0; i < 4 * 1000; i++) find(cache, (4 + (i % 4)) * BLOCK_SIZE, 1);
    for (let number = 4; number < 8; number++) assert.ok(peek(cache, number * BLOCK_SIZE), `block ${number}`);
  });

  it('gives its memory back with the segment, and counts from the beginning then', () => {
    const cache = new BlockCache(8 * BLOCK_SIZE);
    const other = newSegment(1);
    for (let i = 0; i < 100; i++) for (let number = 0; number < 4; number++) find(cache, number * BLOCK_SIZE, 1);
    assert.equal(findAgain(cache, 0, 1, { mayRead: true, of: other }), undefined, 'there is no room');
    cache.append(segment, 20 * BLOCK_SIZE, part(20 * BLOCK_SIZE, BLOCK_SIZE));
    assert.equal(cache.usedBytes, 5 * BLOCK_SIZE);
    cache.drop(segment);
    assert.equal(cache.usedBytes, 0);
    assert.equal(peek(cache, 0), undefined);
    for (let number = 0; number < 4; number++) {
      assert.ok(findAgain(cache, number * BLOCK_SIZE, 1, { mayRead: true, of: other }), `block ${number} of the other`);
    }
    cache.drop(newSegment(2));
    assert.equal(cache.usedBytes, 4 * BLOCK_SIZE);
  });

  it('holds what was written last in blocks that it uses over and over', () => {
    const cache = new BlockCache(8 * BLOCK_SIZE);
    findAgain(cache, 0, 1);
    // In pieces that are no blocks, from the first record on.
    for (let at = FILE_HEADER_SIZE; at < bytes.length; at += 1000)
      cache.append(segment, at, bytes.subarray(at, at + 1000));
    assert.equal(cache.usedBytes, 5 * BLOCK_SIZE, 'four of them, and the one that was read');
    assert.equal(peek(cache, (BLOCKS - 5) * BLOCK_SIZE), undefined);
    const written = (BLOCKS - 4) * BLOCK_SIZE;
    assert.deepEqual(peek(cache, written, 4 * BLOCK_SIZE - 1), part(written, 4 * BLOCK_SIZE - 1));
    assert.equal(reads, 1);
  });

  it('takes no block in whose beginning it has not seen written', () => {
    const cache = new BlockCache(8 * BLOCK_SIZE);
    cache.append(segment, 100, part(100, BLOCK_SIZE));
    assert.equal(peek(cache, 100), undefined);
    assert.deepEqual(peek(cache, BLOCK_SIZE, 100), part(BLOCK_SIZE, 100));
    cache.append(segment, FILE_HEADER_SIZE, part(FILE_HEADER_SIZE, 10));
    assert.deepEqual(peek(cache, FILE_HEADER_SIZE, 10), part(FILE_HEADER_SIZE, 10));
  });

  it('goes back to what it was when a block cannot be read', () => {
    const cache = new BlockCache(8 * BLOCK_SIZE);
    error = new Error('EIO');
    for (let number = 0; number < 10; number++) assert.throws(() => findAgain(cache, number * BLOCK_SIZE, 1), /EIO/);
    assert.equal(cache.usedBytes, 0);
    error = undefined;
    for (let number = 0; number < 4; number++) {
      assert.deepEqual(find(cache, number * BLOCK_SIZE, 9), part(number * BLOCK_SIZE, 9));
    }
  });
});
