/**
 * Memory for the keys and values that reads return. Small ones share a slab of 8 KiB, as Node's small Buffers do: a typed
 * array of its own costs several times as much to make as its bytes to copy. Like Node's, slabs cannot be transferred
 * to another thread: that would take the bytes of other keys and values along.
 */

import { markAsUntransferable } from 'node:worker_threads';

const SLAB_SIZE = 8192;
const MAX_SHARED_SIZE = SLAB_SIZE / 4;
/** Below this, a loop copies faster than `set`, which needs a view of the source first. */
const LOOP_BELOW = 48;

let slab = newSlab();
let slabEnd = 0;

function newSlab(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SLAB_SIZE);
  markAsUntransferable(bytes.buffer);
  return bytes;
}

/** A copy of `source[start, end)`. */
export function copyBytes(source: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  if (length > MAX_SHARED_SIZE) return source.slice(start, end);
  const at = fillSlab(source, start, end);
  return new Uint8Array(slab.buffer, at, length);
}

/** Copies of `source[start, middle)` and `source[middle, end)`, for less than one after the other. */
export function copyAdjacent(source: Uint8Array, start: number, middle: number, end: number): [Uint8Array, Uint8Array] {
  if (end - start > MAX_SHARED_SIZE) return [copyBytes(source, start, middle), copyBytes(source, middle, end)];
  const at = fillSlab(source, start, end);
  return [
    new Uint8Array(slab.buffer, at, middle - start),
    new Uint8Array(slab.buffer, at + middle - start, end - middle),
  ];
}

/** Copies `source[start, end)` to the slab and returns where it stands there. */
function fillSlab(source: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (slabEnd + length > SLAB_SIZE) {
    slab = newSlab();
    slabEnd = 0;
  }
  const at = slabEnd;
  slabEnd += length;
  if (length < LOOP_BELOW) for (let i = 0; i < length; i++) slab[at + i] = source[start + i] as number;
  else slab.set(source.subarray(start, end), at);
  return at;
}
