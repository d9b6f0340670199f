/**
 * Memory for the keys and values that reads return. Small ones share a slab of 8 KiB, as Node's small Buffers do: a typed
 * array of its own costs several times as much to make as its bytes to copy.
 */

const SLAB_SIZE = 8192;
const MAX_SHARED_SIZE = SLAB_SIZE / 4;
/** Below this, a loop copies faster than `set`, which needs a view of the source first. */
const LOOP_BELOW = 160;

let slab = new ArrayBuffer(SLAB_SIZE);
let slabEnd = 0;

/** A copy of `source[start, end)`. */
export function copyBytes(source: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  if (length > MAX_SHARED_SIZE) return source.slice(start, end);
  const copy = allocate(length);
  if (length < LOOP_BELOW) for (let i = 0; i < length; i++) copy[i] = source[start + i] as number;
  else copy.set(source.subarray(start, end));
  return copy;
}

function allocate(length: number): Uint8Array {
  if (slabEnd + length > SLAB_SIZE) {
    slab = new ArrayBuffer(SLAB_SIZE);
    slabEnd = 0;
  }
  const bytes = new Uint8Array(slab, slabEnd, length);
  slabEnd += length;
  return bytes;
}
