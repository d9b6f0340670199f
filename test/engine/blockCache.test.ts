import assert from 'node:assert/strict';
import { BlockCache } from '../../src/engine/blockCache.ts';
import { Segment } from '../../src/engine/segment.ts';
import { soleFileStorage } from '../support/soleFileStorage.ts';

const BLOCK_SIZE = 65_536;
/** Reads that cost as much as a block. */
const READS = 32;

describe('Block cache', () => {
  const bytes = Uint8Array.from({ length: 4 * BLOCK_SIZE - 1 }, (_, i) => i % 251);
  let segment: Segment;

  beforeEach(() => {
    const file = soleFileStorage('segment', bytes).open('/segment', 'read');
    segment = new Segment({ id: 1, slot: 0, file, state: 'sealed', sizeBytes: bytes.length });
  });

  function readUntilCached(cache: BlockCache, offsetBytes: number): void {
    for (let i = 0; i < READS; i++) cache.find(segment, offsetBytes + i, 1);
  }

  it('takes a block in once as much was spent on single reads of it, and not before', () => {
    const cache = new BlockCache(10 * BLOCK_SIZE);
    for (let i = 1; i < READS; i++) assert.equal(cache.find(segment, BLOCK_SIZE + i, 100), undefined);
    assert.equal(cache.usedBytes, 0);
    assert.deepEqual(cache.find(segment, BLOCK_SIZE, 100), bytes.subarray(BLOCK_SIZE, 2 * BLOCK_SIZE));
    assert.equal(cache.usedBytes, BLOCK_SIZE);
    assert.equal(cache.find(segment, 2 * BLOCK_SIZE, 100), undefined, 'each block is counted by itself');
  });

  it('holds no more than its capacity, and nothing without one', () => {
    const cache = new BlockCache(2 * BLOCK_SIZE - 1);
    readUntilCached(cache, 0);
    readUntilCached(cache, BLOCK_SIZE);
    assert.equal(cache.usedBytes, BLOCK_SIZE);
    assert.equal(cache.find(segment, BLOCK_SIZE, 1), undefined);
    const none = new BlockCache(0);
    readUntilCached(none, 2 * BLOCK_SIZE);
    assert.equal(none.usedBytes, 0);
  });

  it('leaves out records across two blocks, and the block that is not complete', () => {
    const cache = new BlockCache(10 * BLOCK_SIZE);
    readUntilCached(cache, 0);
    assert.equal(cache.find(segment, BLOCK_SIZE - 1, 2), undefined);
    readUntilCached(cache, 3 * BLOCK_SIZE);
    assert.equal(cache.find(segment, 3 * BLOCK_SIZE, 1), undefined);
  });

  it('gives its memory back with the segment, and counts from the beginning then', () => {
    const cache = new BlockCache(10 * BLOCK_SIZE);
    readUntilCached(cache, 0);
    cache.drop(segment);
    assert.equal(cache.usedBytes, 0);
    assert.equal(cache.find(segment, 0, 1), undefined);
  });

  it('holds what was written last in blocks that it uses over and over', () => {
    const cache = new BlockCache(2 * BLOCK_SIZE);
    for (let at = 64; at < bytes.length; at += BLOCK_SIZE) {
      cache.append(segment, at, bytes.subarray(at, at + BLOCK_SIZE));
    }
    assert.equal(cache.usedBytes, 2 * BLOCK_SIZE);
    assert.equal(BlockCache.peek(segment, 0), undefined);
    const last = BlockCache.peek(segment, 2 * BLOCK_SIZE);
    assert.deepEqual(last, bytes.subarray(2 * BLOCK_SIZE, 3 * BLOCK_SIZE));
  });
});
